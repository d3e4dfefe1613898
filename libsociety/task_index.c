/* SPDX-License-Identifier: MIT */
/* Arrays sorted by age: see task_index.h. Tasks come at the end and go at the front, mostly, and
 * moving 100,000 items for one in the middle is cheaper than reading a record. */
#include "task_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void soc_task_index_free(struct soc_task_index *index)
{
    for (size_t i = 0; i < SOC_PRIORITIES; i++)
        free(index->ready[i].items);
    free(index->claimed.items);
    *index = (struct soc_task_index){0};
}

int64_t soc_task_priority(const soc_json *task)
{
    int64_t priority;
    bool sound = soc_json_get_integer(task, "priority", &priority) && priority >= 0 &&
                 priority < SOC_PRIORITIES;
    return sound ? priority : 2;
}

static int64_t age_of(const soc_json *task)
{
    int64_t age = 0;
    soc_json_get_integer(task, "position", &age);
    return age;
}

/* Where the first item stands that is not older. */
static size_t find(const struct soc_ranks *ranks, int64_t age)
{
    size_t low = ranks->first;
    for (size_t high = ranks->end; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (ranks->items[middle].age < age)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Where the task stands; `end` if it does not. */
static size_t look_up(const struct soc_ranks *ranks, const soc_json *task)
{
    int64_t age = age_of(task);
    size_t at = find(ranks, age);
    /* Nobody but a forger gives two tasks one position. */
    while (at < ranks->end && ranks->items[at].age == age && ranks->items[at].task != task)
        at++;
    return at < ranks->end && ranks->items[at].task == task ? at : ranks->end;
}

static void take_at(struct soc_ranks *ranks, size_t at)
{
    if (at == ranks->first) {
        ranks->first++;
    } else {
        ranks->end--;
        memmove(ranks->items + at, ranks->items + at + 1, (ranks->end - at) * sizeof *ranks->items);
    }
}

static void take_out(struct soc_ranks *ranks, const soc_json *task)
{
    size_t at = look_up(ranks, task);
    if (at < ranks->end)
        take_at(ranks, at);
}

/* Room for one more at the end: what is free at the front, if that is half, else more. */
static int make_room(struct soc_ranks *ranks)
{
    size_t count = ranks->end - ranks->first;
    if (ranks->end < ranks->capacity)
        return 0;
    if (count > ranks->capacity / 2 || ranks->capacity == 0) {
        size_t capacity = ranks->capacity ? ranks->capacity * 2 : 16;
        struct soc_rank *items = realloc(ranks->items, capacity * sizeof *items);
        if (!items)
            return -ENOMEM;
        ranks->items = items;
        ranks->capacity = capacity;
    }
    memmove(ranks->items, ranks->items + ranks->first, count * sizeof *ranks->items);
    ranks->first = 0;
    ranks->end = count;
    return 0;
}

static int put_in(struct soc_ranks *ranks, const soc_json *task)
{
    struct soc_rank item = {.task = task, .age = age_of(task)};
    item.id = soc_json_get_string(task, "id");
    if (strlen(item.id) < sizeof item.short_id)
        memcpy(item.short_id, item.id, strlen(item.id) + 1);
    item.for_all = !soc_json_get(task, "assignee") && !soc_json_get(task, "role");
    item.fresh = !soc_json_get(task, "lastToken");
    if (ranks->first > 0 && ranks->end > ranks->first &&
        item.age < ranks->items[ranks->first].age) {
        ranks->items[--ranks->first] = item;
        return 0;
    }
    int result = make_room(ranks);
    if (result < 0)
        return result;
    size_t at = find(ranks, item.age);
    memmove(ranks->items + at + 1, ranks->items + at, (ranks->end - at) * sizeof item);
    ranks->items[at] = item;
    ranks->end++;
    return 0;
}

static bool is_claimed(const soc_json *task)
{
    const char *state = soc_json_get_string(task, "state");
    return state && strcmp(state, "claimed") == 0;
}

/* Most ids are short: then the task itself, which others' claims need not touch, stays out of the
 * caches. */
static bool has_id(const struct soc_rank *rank, const char *id)
{
    return strcmp(rank->short_id[0] ? rank->short_id : rank->id, id) == 0;
}

bool soc_task_index_accepts(const struct soc_rank *ready, const char *from, int64_t token,
                            int64_t position)
{
    int64_t last = -1;
    const char *assignee = ready->for_all ? NULL : soc_json_get_string(ready->task, "assignee");
    if (!ready->fresh)
        soc_json_get_integer(ready->task, "lastToken", &last);
    return token > last && token <= position &&
           (!assignee || strncmp(assignee, "role:", 5) == 0 || strcmp(assignee, from) == 0);
}

const struct soc_rank *soc_task_index_find(struct soc_task_index *index, const soc_json *tasks,
                                           const char *id, struct soc_ready_place *ret_place)
{
    struct soc_ranks *ready = index->ready;
    while (ready < index->ready + SOC_PRIORITIES - 1 && ready->first == ready->end)
        ready++;
    size_t at = ready->first;
    if (at == ready->end || !has_id(&ready->items[at], id)) {
        const soc_json *task = soc_json_get(tasks, id);
        if (!task)
            return NULL;
        ready = &index->ready[soc_task_priority(task)];
        at = look_up(ready, task);
    }
    *ret_place = (struct soc_ready_place){ready, at};
    return at < ready->end ? &ready->items[at] : NULL;
}

void soc_task_index_take(const struct soc_ready_place *place)
{
    take_at(place->ranks, place->at);
}

void soc_task_index_remove(struct soc_task_index *index, const soc_json *task)
{
    take_out(&index->ready[soc_task_priority(task)], task);
    if (is_claimed(task))
        take_out(&index->claimed, task);
}

int soc_task_index_add(struct soc_task_index *index, const soc_json *task, bool ready)
{
    if (ready)
        return put_in(&index->ready[soc_task_priority(task)], task);
    return is_claimed(task) ? put_in(&index->claimed, task) : 0;
}
