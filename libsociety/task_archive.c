/* SPDX-License-Identifier: MIT */
/*
 * Finding tasks that compaction has left to the archive. Each archived segment begins with the
 * state as it was, so the task's own segment, folded alone, says all of it: the newest one in
 * which the id stands as a task of the state at its end.
 */
#include <errno.h>
#include <string.h>

#include "reader.h"
#include "task.h"

/* Calls `take` for each record from the position `base` up to `end`, until one gives something but
 * 0, which is the result. */
static int walk(struct society *s, int64_t base, int64_t end,
                int (*take)(void *argument, const struct soc_line *line), void *argument)
{
    struct soc_reader reader;
    struct soc_line line;
    int taken = 0;
    int result = soc_reader_open(&reader, &s->dir, "tasks", base, &s->error);
    if (result < 0)
        return result;
    while (taken == 0 && (result = soc_reader_next(&reader, &line, &s->error)) == 1 &&
           line.position < end)
        if (line.kind != SOC_LINE_MALFORMED)
            taken = take(argument, &line);
    soc_reader_close(&reader);
    return result < 0 ? result : taken;
}

/* Whether the id's bytes stand in the line. */
static int names(void *argument, const struct soc_line *line)
{
    return memmem(line->text, line->length, argument, strlen(argument)) != NULL;
}

static int fold(void *argument, const struct soc_line *line)
{
    SOC_AUTO_JSON soc_json *json = soc_json_parse(line->text, line->length, NULL);
    const char *type = soc_json_get_string(json, "type");
    struct soc_record record = {json, type ? type : "", line->position, line->end};
    int result = json ? soc_tasks_fold.apply(argument, &record) : 0;
    return result < 0 ? result : 0;
}

/* The tasks at the end of the segment from `base` to `end`; NULL: errors. */
static struct soc_tasks *fold_segment(struct society *s, int64_t base, int64_t end, int *ret_error)
{
    struct soc_tasks *tasks = soc_tasks_fold.make();
    int result = tasks ? walk(s, base, end, fold, tasks) : soc_fail_memory(&s->error);
    *ret_error = result;
    if (result >= 0)
        return tasks;
    if (tasks)
        soc_tasks_free(tasks);
    return NULL;
}

/* The task at the end of the segment from `base` to `end`, another reference to it. */
static int find_in(struct society *s, const char *id, int64_t base, int64_t end,
                   soc_json **ret_task)
{
    int result;
    struct soc_tasks *tasks = fold_segment(s, base, end, &result);
    if (!tasks)
        return result;
    const soc_json *task = soc_tasks_get(tasks, id);
    if (task)
        *ret_task = soc_json_retain((soc_json *)(uintptr_t)task);
    soc_tasks_free(tasks);
    return 0;
}

int soc_task_find_archived(struct society *s, const char *id, soc_json **ret_task)
{
    SOC_AUTO_FREE int64_t *bases = NULL;
    SOC_AUTO_STRBUF struct soc_strbuf quoted = SOC_STRBUF_INIT;
    size_t count = 0;
    int64_t end = s->tasks.reader.segment.base;
    soc_json_quote(&quoted, id, strlen(id));
    int result = soc_segment_archived(&s->dir, "tasks", &bases, &count, &s->error);
    if (result == 0 && quoted.failed)
        result = soc_fail_memory(&s->error);
    while (result == 0 && !*ret_task && count-- > 0) {
        if (bases[count] >= end) /* a rotation in its middle, or after our last look */
            continue;
        result = walk(s, bases[count], end, names, quoted.data);
        if (result == 1)
            result = find_in(s, id, bases[count], end, ret_task);
        end = bases[count];
    }
    return result;
}

/* Adds to `all`, by id, the tasks at the segment's end that are neither there nor among the live. */
static int gather(struct society *s, int64_t base, int64_t end, soc_json *all)
{
    int result;
    const char *id;
    const soc_json *task;
    const struct soc_tasks *live = s->tasks.data;
    struct soc_tasks *tasks = fold_segment(s, base, end, &result);
    for (void *i = NULL; tasks && result == 0 && (i = soc_json_next(tasks->tasks, i, &id, &task));)
        if (!soc_tasks_get(live, id) && !soc_json_get(all, id))
            result = soc_json_set(all, id, soc_json_retain((soc_json *)(uintptr_t)task));
    if (tasks)
        soc_tasks_free(tasks);
    return result;
}

soc_json *soc_task_archive(struct society *s, int *ret_error)
{
    SOC_AUTO_FREE int64_t *bases = NULL;
    SOC_AUTO_JSON soc_json *all = soc_json_new_object();
    size_t count = 0;
    int64_t end = s->tasks.reader.segment.base;
    int result = all ? soc_segment_archived(&s->dir, "tasks", &bases, &count, &s->error) : -ENOMEM;
    while (result == 0 && count-- > 0) {
        if (bases[count] >= end) /* a rotation in its middle, or after our last look */
            continue;
        result = gather(s, bases[count], end, all);
        end = bases[count];
    }
    *ret_error = result == -ENOMEM ? soc_fail_memory(&s->error) : result;
    return result < 0 ? NULL : soc_json_retain(all);
}
