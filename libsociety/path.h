/* SPDX-License-Identifier: MIT */
/*
 * Names: what may be an agent, a role, a type; and names turned into file names. Plain functions of
 * text, no file touched.
 */
#ifndef SOC_PATH_H
#define SOC_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "strbuf.h"

#define SOC_ID_MAX 64

/* `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`: agent and task ids. */
bool soc_is_id(const char *text, size_t length);
/* An id that may name an agent: not `all`, not `broadcast`. */
bool soc_is_agent_id(const char *text, size_t length);
/* A word: 1 to 64 of `[A-Za-z0-9._-]`; message types, roles. */
bool soc_is_word(const char *text, size_t length);
/* The first `agent-<digits>` in `text`; its length through `ret_length`; NULL when there is none.
 */
const char *soc_find_slot(const char *text, size_t *ret_length);
/* Percent-encodes everything outside `[A-Za-z0-9._-]` (RFC 3986, upper-case digits). */
void soc_path_encode(struct soc_strbuf *out, const char *text);
/* "a/b" from "a" and "b". */
void soc_path_join(struct soc_strbuf *out, const char *directory, const char *name);
/* The last component: "c" of "/a/b/c" and of "/a/b/c/". Borrowed from `path`, with its length. */
const char *soc_path_base(const char *path, size_t *ret_length);

#endif
