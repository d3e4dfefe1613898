/* SPDX-License-Identifier: MIT */
/* Which tasks stay: see task_keep.h. */
#include "task_keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "task_dump.h"
#include "task_work.h"

#define PIECE_MAX (128 << 10)
#define RECORD_LEAST 160 /* no `task_state` of a whole task is shorter */

struct keeping {
    const struct soc_tasks *tasks;
    soc_json *needed;    /* ids that live tasks depend on or have as their parents */
    int64_t from;        /* what ended here or later is kept */
    struct soc_ids done; /* what is not */
    struct soc_ids over;
};

/* ---- Choosing ---- */

static int compare_positions(const void *left, const void *right)
{
    const int64_t *a = left;
    const int64_t *b = right;
    return (*a < *b) - (*a > *b); /* the last one first */
}

static int64_t ended_at(const soc_json *task)
{
    int64_t position = -1;
    soc_json_get_integer(task, "ended", &position);
    return position;
}

/* Sets `from` to where the first ended of those that are kept for their youth. */
static int find_youth(struct keeping *keeping)
{
    const soc_json *all = keeping->tasks->tasks;
    const soc_json *task;
    const char *id;
    size_t count = 0;
    int64_t *ends = malloc((soc_json_count(all) + 1) * sizeof *ends);
    if (!ends)
        return -ENOMEM;
    for (void *i = NULL; (i = soc_json_next(all, i, &id, &task));)
        if (soc_task_is_over(task))
            ends[count++] = ended_at(task);
    keeping->from = INT64_MIN;
    if (count > SOC_TASKS_KEPT) {
        qsort(ends, count, sizeof *ends, compare_positions);
        keeping->from = ends[SOC_TASKS_KEPT - 1];
    }
    free(ends);
    return 0;
}

static int find_needed(struct keeping *keeping)
{
    const soc_json *task;
    const char *id;
    int result = 0;
    keeping->needed = soc_json_new_object();
    for (void *i = NULL; keeping->needed && result == 0 &&
                         (i = soc_json_next(keeping->tasks->tasks, i, &id, &task));) {
        const soc_json *depends = soc_json_get(task, "dependsOn");
        const char *on = soc_json_get_string(task, "parent");
        if (soc_task_is_over(task))
            continue;
        if (on)
            result = soc_json_set(keeping->needed, on, soc_json_new_null());
        for (size_t d = 0; result == 0 && d < soc_json_count(depends); d++)
            result = soc_json_set(keeping->needed, soc_json_string(soc_json_item(depends, d)),
                                  soc_json_new_null());
    }
    return keeping->needed && result == 0 ? 0 : -ENOMEM;
}

static bool is_kept(const struct keeping *keeping, const soc_json *task, const char *id)
{
    return !soc_task_is_over(task) || ended_at(task) >= keeping->from ||
           soc_json_get(keeping->needed, id);
}

/* The ids that are archived by now, and those that go there. */
static int find_archived(struct keeping *keeping)
{
    const soc_json *task;
    const char *id;
    int result = soc_ids_add_all(&keeping->done, &keeping->tasks->done);
    if (result == 0)
        result = soc_ids_add_all(&keeping->over, &keeping->tasks->over);
    for (void *i = NULL; result == 0 && (i = soc_json_next(keeping->tasks->tasks, i, &id, &task));)
        if (!is_kept(keeping, task, id))
            result = soc_ids_add(soc_task_is_done(task) ? &keeping->done : &keeping->over, id);
    soc_ids_settle(&keeping->done);
    soc_ids_settle(&keeping->over);
    return result;
}

/* ---- Writing ---- */

static int write_ids(const char *kind, const struct soc_ids *ids, int64_t created,
                     struct soc_strbuf *out)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < ids->count;) {
        SOC_AUTO_STRBUF struct soc_strbuf list = SOC_STRBUF_INIT;
        size_t start = out->length;
        for (; i < ids->count && list.length < PIECE_MAX; i++) {
            char text[SOC_IDS_TEXT_SIZE];
            soc_ids_text(&ids->items[i], text);
            soc_strbuf_add_char(&list, list.length == 0 ? '[' : ',');
            soc_json_quote(&list, text, strlen(text));
        }
        soc_strbuf_add_char(&list, ']');
        soc_record_begin(out, "task_archive_state");
        soc_record_integer(out, "created", created);
        soc_record_raw(out, kind, list.data ? list.data : "", list.length);
        out->failed |= list.failed;
        result = soc_record_end(out, start, NULL);
    }
    return result;
}

static int write_all(const struct keeping *keeping, struct soc_strbuf *out)
{
    const soc_json *task;
    const char *id;
    int64_t created = keeping->tasks->created;
    int result = write_ids("done", &keeping->done, created, out);
    if (result == 0)
        result = write_ids("over", &keeping->over, created, out);
    if (result == 0)
        result = soc_task_work_dump(keeping->tasks->work, out);
    for (void *i = NULL; result == 0 && (i = soc_json_next(keeping->tasks->tasks, i, &id, &task));)
        if (is_kept(keeping, task, id))
            result = soc_task_dump(task, out);
    return result;
}

int soc_tasks_dump(const struct soc_tasks *tasks, struct soc_strbuf *out)
{
    struct keeping keeping = {.tasks = tasks};
    int result = find_youth(&keeping);
    if (result == 0)
        result = find_needed(&keeping);
    if (result == 0)
        result = find_archived(&keeping);
    if (result == 0)
        result = write_all(&keeping, out);
    soc_json_free(keeping.needed);
    soc_ids_free(&keeping.done);
    soc_ids_free(&keeping.over);
    return result;
}

int64_t soc_tasks_dump_least(const struct soc_tasks *tasks)
{
    size_t ended = tasks->ended < SOC_TASKS_KEPT ? tasks->ended : SOC_TASKS_KEPT;
    size_t kept = soc_json_count(tasks->tasks) - tasks->ended + ended;
    return (int64_t)kept * RECORD_LEAST;
}

/* ---- Reading ---- */

static int restore_ids(struct soc_ids *ids, const soc_json *list)
{
    for (size_t i = 0; i < soc_json_count(list); i++) {
        const char *item = soc_json_string(soc_json_item(list, i));
        if (item && soc_ids_add(ids, item) == -ENOMEM) /* what is unsound wastes its own bytes */
            return -ENOMEM;
    }
    soc_ids_settle(ids);
    return 0;
}

int soc_tasks_restore_archive(struct soc_tasks *tasks, const soc_json *record)
{
    int64_t created;
    int result = restore_ids(&tasks->done, soc_json_get(record, "done"));
    if (soc_json_get_integer(record, "created", &created) && created > tasks->created &&
        created <= SOC_TASK_NUMBER_MAX)
        tasks->created = created;
    return result == 0 ? restore_ids(&tasks->over, soc_json_get(record, "over")) : result;
}
