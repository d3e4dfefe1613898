/* SPDX-License-Identifier: MIT */
/*
 * A caller's message, checked field by field and made into a record. What the caller wrote is
 * carried over as it was written, so that no number and no escape changes on the way.
 */
#ifndef SOC_COMPOSE_H
#define SOC_COMPOSE_H

#include "draft.h"
#include "peek.h"

struct soc_composed {
    char id[SOC_ID_MAX + 1];
    struct soc_slice to; /* as it stands in the message that was given */
};

/* Adds the record for the JSON text `message` to `out`. What is said of one of several begins with
 * its number. 0; SOCIETY_E_INVALID; SOCIETY_E_TOO_BIG; -ENOMEM; errors of looking up what is replied to.
 * After an error `out` is as it was. */
int soc_compose(struct society *s, const char *message, size_t length,
                const struct soc_composing *of, struct soc_strbuf *out,
                struct soc_composed *ret_composed);

#endif
