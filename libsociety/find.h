/* SPDX-License-Identifier: MIT */
/*
 * Finding one message by its id.
 */
#ifndef SOC_FIND_H
#define SOC_FIND_H

#include "handle.h"
#include "scan.h"

struct soc_found {
    struct soc_strbuf text; /* the record */
    soc_json *json;
    int64_t position;
    bool addressed; /* to the handle's agent */
};

/* Looks in the present segment first, then in the archived ones: 1 found, 0 not; errors of reading.
 */
int soc_find_message(struct society *s, const char *id, struct soc_found *ret_found);
void soc_found_free(struct soc_found *found);
#define SOC_AUTO_FOUND SOC_CLEANUP(soc_found_free)

#endif
