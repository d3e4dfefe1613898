/* SPDX-License-Identifier: MIT */
/* Claims that are worked out later: see task_late.h. */
#include "task_late.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "task_bid.h"
#include "task_state.h"

struct soc_late_claim {
    size_t begin;
    size_t length;
    int64_t position;
    int64_t end;
};

void soc_task_late_free(struct soc_task_late *late)
{
    soc_strbuf_free(&late->text);
    free(late->claims);
    *late = (struct soc_task_late){0};
}

static int put_off(struct soc_task_late *late, const struct soc_line *line)
{
    if (late->count == late->capacity) {
        size_t capacity = late->capacity ? late->capacity * 2 : 16;
        struct soc_late_claim *grown = realloc(late->claims, capacity * sizeof *grown);
        if (!grown)
            return -ENOMEM;
        late->claims = grown;
        late->capacity = capacity;
    }
    size_t begin = late->text.length;
    soc_strbuf_add(&late->text, line->text, line->length);
    if (late->text.failed)
        return -ENOMEM;
    late->claims[late->count++] =
        (struct soc_late_claim){begin, line->length, line->position, line->end};
    return 0;
}

int soc_task_late_take(struct soc_tasks *tasks, const struct soc_line *line)
{
    struct soc_task_glance glance;
    if (!soc_slice_is(line->peek.type, "task_claim") ||
        !soc_task_bid_read(line->text, line->length, &glance) ||
        !soc_is_id(glance.task, strlen(glance.task)))
        return SOC_FOLD_DECODE;
    struct soc_ready_place place;
    const struct soc_rank *ready =
        soc_task_index_find(&tasks->index, tasks->tasks, glance.task, &place);
    if (!ready || !soc_task_index_accepts(ready, glance.from, glance.token, line->position))
        return SOC_FOLD_DECODE;
    int result = put_off(&tasks->late, line);
    if (result < 0)
        return result;
    soc_task_index_take(&place);
    return 1;
}

int soc_task_late_settle(struct soc_tasks *tasks,
                         int (*apply)(struct soc_tasks *, const struct soc_record *))
{
    struct soc_task_late *late = &tasks->late;
    int result = 0;
    for (size_t i = 0; result >= 0 && i < late->count; i++) {
        const struct soc_late_claim *claim = &late->claims[i];
        SOC_AUTO_JSON soc_json *json =
            soc_json_parse(late->text.data + claim->begin, claim->length, NULL);
        struct soc_record record = {json, "task_claim", claim->position, claim->end};
        result = json ? apply(tasks, &record) : -ENOMEM;
    }
    /* After a failure the state is begun anew. */
    late->count = 0;
    soc_strbuf_clear(&late->text);
    return result < 0 ? result : 0;
}
