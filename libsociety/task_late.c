/* SPDX-License-Identifier: MIT */
/* Claims that are worked out later: see task_late.h. */
#include "task_late.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "task_bid.h"
#include "task_rules.h"
#include "task_state.h"

struct soc_late_claim {
    struct soc_late_claim *next;
    int64_t position;
    int64_t end;
    size_t length;
    char text[]; /* the record */
};

void soc_task_late_free(struct soc_task_late *late)
{
    while (late->first) {
        struct soc_late_claim *claim = late->first;
        late->first = claim->next;
        free(claim);
    }
    late->last = NULL;
}

static int put_off(struct soc_task_late *late, const struct soc_line *line)
{
    struct soc_late_claim *claim = malloc(sizeof *claim + line->length);
    if (!claim)
        return -ENOMEM;
    *claim = (struct soc_late_claim){
        .position = line->position, .end = line->end, .length = line->length};
    memcpy(claim->text, line->text, line->length);
    if (late->last)
        late->last->next = claim;
    else
        late->first = claim;
    late->last = claim;
    return 0;
}

int soc_task_late_take(struct soc_tasks *tasks, const struct soc_line *line)
{
    struct soc_task_glance glance;
    if (!soc_slice_is(line->peek.type, "task_claim") ||
        line->end - line->position > SOC_TASK_LINE_MAX || /* which is void */
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
    int result = 0;
    for (const struct soc_late_claim *claim = tasks->late.first; result >= 0 && claim;
         claim = claim->next) {
        SOC_AUTO_JSON soc_json *json = soc_json_parse(claim->text, claim->length, NULL);
        struct soc_record record = {json, "task_claim", claim->position, claim->end};
        result = json ? apply(tasks, &record) : -ENOMEM;
    }
    soc_task_late_free(&tasks->late); /* after a failure the state is begun anew */
    return result < 0 ? result : 0;
}
