/* SPDX-License-Identifier: MIT */
/*
 * Patterns of paths, as file ownership uses them: relative to the project's root, `/` between
 * components. `?` is one character, `*` any number of them, `[…]` one of a set (ranges; after `!`
 * or `^` one not of the set; `]` as the first is itself); none of them ever matches `/`, all of
 * them match a leading dot. `**` as a whole component is any number of components, also none; as
 * the last it is everything beneath what stands before it, which itself is not matched. Elsewhere
 * `**` is `*`. A backslash takes the next character as it is. Characters are code points of
 * UTF-8; in a path, a byte that belongs to none counts as a character of its own. No component of
 * a path is empty.
 */
#ifndef SOC_GLOB_H
#define SOC_GLOB_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "strbuf.h"

#define SOC_GLOB_MAX 1024 /* bytes of a pattern */

/* Adds the normal form of a pattern to `out`: no `.` components, no doubled or trailing slashes
 * (a directory, written with a slash or dot at its end, means everything beneath it, and `.` the
 * whole project), no repeated `**`, no backslash before a character that needs none; sets stay
 * as they are written, but for `!`. SOCIETY_E_INVALID, and nothing added: empty, absolute, a
 * `..` component, an open bracket, a range backwards, a named class like `[:alpha:]`, a trailing
 * backslash, a control character or invalid UTF-8, too long. */
int soc_glob_normalise(const char *pattern, struct soc_strbuf *out, struct soc_error *error);

/* Adds the pattern that matches this path alone: its special characters behind backslashes. It is
 * still to be normalised when the path may not be. */
void soc_glob_quote(const char *path, struct soc_strbuf *out);

/*
 * Both questions are about normal patterns; of any other text the answer means nothing, but it is
 * given. A pattern that is too long is not looked at, and the answer is the safe one: true.
 *
 * `fold`, for a file system that ignores case: ASCII letters of either case are equal, exactly.
 * Beyond ASCII such file systems also see one name in spellings of different lengths (a composed
 * letter or its parts, one letter or two), each by its own tables. So there a character that a
 * pattern or path names stands for any text of its component with some character beyond ASCII in
 * it, or for any text at all when ASCII alone may be the same (U+212A, the Kelvin sign, and the
 * letter k): what can't be decided is a match. Ideographs from U+3400 to U+9FFF have one spelling
 * and stand for themselves. `?` and `[!…]` stay one character.
 */

/* Whether a path, as it stands, is matched. */
bool soc_glob_matches(const char *pattern, const char *path, bool fold);

/* Whether some path could be matched by both: decided on the patterns, exactly, by walking the
 * product of their automata (J. Hopcroft, J. Ullman, "Introduction to Automata Theory", 3.2). */
bool soc_glob_intersects(const char *left, const char *right, bool fold);

#endif
