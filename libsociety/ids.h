/* SPDX-License-Identifier: MIT */
/*
 * A set of ids, small where they are numbered: ids that continue each other (`t1`, `t2`, `t3`) are
 * one range. As text an item is an id, or a range "t1:500": its first id and its last number.
 */
#ifndef SOC_IDS_H
#define SOC_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "path.h"

#define SOC_IDS_TEXT_SIZE (SOC_ID_MAX + 24)

struct soc_id_range {
    char *prefix;  /* what stands before the number */
    int64_t first; /* -1: there is no number */
    int64_t last;
};

struct soc_ids {
    struct soc_id_range *items; /* ascending and apart once they are settled */
    size_t count;
    size_t capacity;
    bool unsettled;
};

void soc_ids_free(struct soc_ids *ids);
#define SOC_AUTO_IDS SOC_CLEANUP(soc_ids_free)

/* Adds an item. 0; -EINVAL it is neither id nor range; -ENOMEM. */
int soc_ids_add(struct soc_ids *ids, const char *item);
/* Adds all of another set. 0; -ENOMEM. */
int soc_ids_add_all(struct soc_ids *ids, const struct soc_ids *others);
/* To be called between adding and asking. */
void soc_ids_settle(struct soc_ids *ids);

bool soc_ids_has(const struct soc_ids *ids, const char *id);
/* An item as text. */
void soc_ids_text(const struct soc_id_range *item, char out[SOC_IDS_TEXT_SIZE]);

#endif
