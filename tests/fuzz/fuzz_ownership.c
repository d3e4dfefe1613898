/* SPDX-License-Identifier: MIT */
/* The fold of ownership: see fold.h. Nobody holds what another holds, and nobody waits for nothing. */
#include "fuzz/fold.h"
#include "own_rules.h"

static const char *const types[] = {
    "own_acquire",  "own_wait",    "own_release", "own_renew", "own_expire",
    "own_handover", "own_acquire", "own_wait",    "own_state", NULL};

static const char *const subjects[] = {"\"paths\":[\"a\"]",
                                       "\"paths\":[\"b\"]",
                                       "\"paths\":[\"a\",\"b\"]",
                                       "\"paths\":[\"a/**\"]",
                                       "\"paths\":[\"**\"]",
                                       "\"paths\":[\"?\"],\"mode\":\"shared\"",
                                       "\"paths\":[\"a\"],\"mode\":\"shared\"",
                                       "\"paths\":[\"[a-\"]",
                                       "\"paths\":[\"../a\"]",
                                       "\"paths\":\"a\"",
                                       "\"own\":{\"paths\":[\"a\"],\"holder\":\"w1\",\"token\":900,"
                                       "\"mode\":\"exclusive\",\"renewed\":900}",
                                       "\"note\":1",
                                       NULL};

static const char *const keys[] = {"token",    "takeover", "to",         "leaseMs",   "session",
                                   "presence", "mode",     "ignoreCase", "timestamp", "reason",
                                   "token",    "takeover", NULL};

static const char *const values[] = {"@",
                                     "@",
                                     "@",
                                     "[]",
                                     "null",
                                     "true",
                                     "-1",
                                     "1e400",
                                     "9007199254740992",
                                     "\"w0\"",
                                     "\"w2\"",
                                     "\"shared\"",
                                     "\"all\"",
                                     "\"2026-02-10T10:00:00.000Z\"",
                                     "[1100,1200,1200]",
                                     "{}",
                                     NULL};

static void check(const void *state)
{
    const struct soc_owns *owns = state;

    for (size_t i = 0; i < owns->count; i++) {
        const struct soc_own *own = &owns->items[i];
        must(own->holder && soc_json_count(own->paths) > 0);
        must(soc_own_find(owns, own->token) == i);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fold_words words = {&soc_own_fold, types, subjects, keys, values, check};

    return fold_run(&words, data, size);
}
