/* SPDX-License-Identifier: MIT */
/* Counting completions: see task_work.h. An object's members stand in the order in which they were
 * set, so taking one out and setting it again makes it the last, and the first is the one to go. */
#include "task_work.h"

#include <stdint.h>
#include <string.h>

#include "path.h"
#include "record.h"

static const char *const kinds[] = {"labels", "paths"};

#define KINDS (sizeof kinds / sizeof kinds[0])

/* Sets a member as the last one, and lets the first go if there are more than `most`. */
static int set_last(soc_json *object, const char *key, soc_json *value, size_t most)
{
    const char *first;
    const soc_json *ignored;
    soc_json_remove(object, key);
    int result = soc_json_set(object, key, value);
    if (result == 0 && soc_json_count(object) > most &&
        soc_json_next(object, NULL, &first, &ignored))
        result = soc_json_remove(object, first);
    return result;
}

static int count_text(soc_json *counts, const char *text)
{
    int64_t count = 0;
    if (strlen(text) > SOC_WORK_TEXT_MAX)
        return 0;
    soc_json_get_integer(counts, text, &count);
    return set_last(counts, text, soc_json_new_integer(count + 1), SOC_WORK_TEXTS);
}

/* The counts of one kind, made where there are none. */
static soc_json *counts_of(soc_json *done, const char *kind)
{
    const soc_json *known = soc_json_get(done, kind);
    if (known)
        return (soc_json *)(uintptr_t)known;
    soc_json *made = soc_json_new_object();
    return soc_json_set(done, kind, made) == 0 ? made : NULL;
}

static int count_kind(soc_json *done, const char *kind, const soc_json *texts)
{
    soc_json *counts = counts_of(done, kind);
    int result = counts ? 0 : -1;
    for (size_t i = 0; result == 0 && i < soc_json_count(texts); i++)
        result = count_text(counts, soc_json_string(soc_json_item(texts, i)));
    return result;
}

int soc_task_work_count(soc_json *work, const char *agent, const soc_json *task)
{
    const soc_json *known = soc_json_get(work, agent);
    SOC_AUTO_JSON soc_json *done =
        known ? soc_json_retain((soc_json *)(uintptr_t)known) : soc_json_new_object();
    int64_t tasks = 0;
    soc_json_get_integer(known, "tasks", &tasks);
    int result = done ? soc_json_set(done, "tasks", soc_json_new_integer(tasks + 1)) : -1;
    for (size_t i = 0; result == 0 && i < KINDS; i++)
        result = count_kind(done, kinds[i], soc_json_get(task, kinds[i]));
    return result == 0 ? set_last(work, agent, soc_json_retain(done), SOC_WORK_AGENTS) : result;
}

int64_t soc_task_work_likeness(const soc_json *done, const soc_json *task)
{
    int64_t sum = 0;
    for (size_t k = 0; k < KINDS; k++) {
        const soc_json *counts = soc_json_get(done, kinds[k]);
        const soc_json *texts = soc_json_get(task, kinds[k]);
        for (size_t i = 0; i < soc_json_count(texts); i++) {
            int64_t count = 0;
            if (soc_json_get_integer(counts, soc_json_string(soc_json_item(texts, i)), &count))
                sum += count;
        }
    }
    return sum;
}

/* ---- Compaction ---- */

int soc_task_work_dump(const soc_json *work, struct soc_strbuf *out)
{
    const char *agent;
    const soc_json *done;
    int result = 0;
    for (void *i = NULL; result == 0 && (i = soc_json_next(work, i, &agent, &done));) {
        SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
        size_t start = out->length;
        soc_json_dump(done, &text);
        soc_record_begin(out, "task_work_state");
        soc_record_string(out, "agent", agent);
        soc_record_raw(out, "completed", text.data ? text.data : "", text.length);
        out->failed |= text.failed;
        result = soc_record_end(out, start, NULL);
    }
    return result;
}

/* The counts of a record that are sound. */
static int copy_counts(soc_json *done, const char *kind, const soc_json *given)
{
    const char *text;
    const soc_json *value;
    int64_t count;
    soc_json *counts = counts_of(done, kind);
    int result = counts ? 0 : -1;
    if (soc_json_kind(given) != SOC_JSON_OBJECT)
        return result;
    for (void *i = NULL; result == 0 && (i = soc_json_next(given, i, &text, &value));)
        if (soc_json_integer(value, &count) && count > 0 && strlen(text) <= SOC_WORK_TEXT_MAX)
            result = set_last(counts, text, soc_json_new_integer(count), SOC_WORK_TEXTS);
    return result;
}

int soc_task_work_restore(soc_json *work, const soc_json *record)
{
    const char *agent = soc_json_get_string(record, "agent");
    const soc_json *given = soc_json_get(record, "completed");
    int64_t tasks;
    if (!agent || !soc_is_agent_id(agent, strlen(agent)) ||
        !soc_json_get_integer(given, "tasks", &tasks) || tasks < 1)
        return 0;
    SOC_AUTO_JSON soc_json *done = soc_json_new_object();
    int result = done ? soc_json_set(done, "tasks", soc_json_new_integer(tasks)) : -1;
    for (size_t i = 0; result == 0 && i < KINDS; i++)
        result = copy_counts(done, kinds[i], soc_json_get(given, kinds[i]));
    return result == 0 ? set_last(work, agent, soc_json_retain(done), SOC_WORK_AGENTS) : result;
}
