/* SPDX-License-Identifier: MIT */
/* The lock files of reservations: see own_files.h. */
#include "own_files.h"

#include <string.h>

/* Removes a file that a crash left behind its release: its token was given, and is over. A
 * reservation that we have not read of yet has a later one. */
static void clear_leftover(struct society *s, const char *path)
{
    const struct soc_owns *owns = s->ownership.data;
    int64_t token = soc_lockfile_token(s, SOC_LOCKFILE_PATH, path);
    if (token >= 0 && token <= owns->last && soc_own_find(owns, token) == owns->count)
        soc_lockfile_remove(s, SOC_LOCKFILE_PATH, path, token);
}

int soc_own_files_make(struct society *s, const soc_json *paths, const char *session, int64_t token,
                       int64_t lease_ms, const soc_json *known)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < soc_json_count(paths); i++) {
        const char *path = soc_json_string(soc_json_item(paths, i));
        clear_leftover(s, path);
        result = soc_lockfile_make(s, SOC_LOCKFILE_PATH, path, session, token, lease_ms,
                                   soc_json_get_string(known, path));
    }
    if (result < 0)
        soc_own_files_remove(s, paths, token);
    return result;
}

int soc_own_files_give(struct society *s, const struct soc_own *own, int64_t lease_ms,
                       const char *giver)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < soc_json_count(own->paths); i++)
        result =
            soc_lockfile_give(s, SOC_LOCKFILE_PATH, soc_json_string(soc_json_item(own->paths, i)),
                              own->holder, own->session, own->token, lease_ms, giver);
    return result;
}

void soc_own_files_remove(struct society *s, const soc_json *paths, int64_t token)
{
    for (size_t i = 0; i < soc_json_count(paths); i++)
        soc_lockfile_remove(s, SOC_LOCKFILE_PATH, soc_json_string(soc_json_item(paths, i)), token);
}

void soc_own_files_remove_of(struct society *s, const soc_json *fields)
{
    int64_t token = -1;
    const char *mode = soc_json_get_string(fields, "mode");
    if (mode && strcmp(mode, "exclusive") == 0 && soc_json_get_integer(fields, "token", &token))
        soc_own_files_remove(s, soc_json_get(fields, "paths"), token);
}
