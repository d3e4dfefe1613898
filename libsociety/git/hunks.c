/* SPDX-License-Identifier: MIT */
/*
 * Both sides are compared with the ancestor, without context. Changes whose lines of the ancestor
 * overlap or touch are what a merge cannot tell apart; those that are the same on both sides it can.
 */
#include "hunks.h"

#include <stdlib.h>
#include <string.h>

struct hunk {
    int old_first, old_count; /* lines of the ancestor */
    int first, count;         /* of this side */
};

struct hunks {
    struct hunk *items;
    size_t count;
};

static int add_hunk(const git_diff_delta *delta, const git_diff_hunk *hunk, void *context)
{
    struct hunks *hunks = context;
    (void)delta;
    struct hunk *items = realloc(hunks->items, (hunks->count + 1) * sizeof *items);
    if (!items)
        return -1;
    hunks->items = items;
    items[hunks->count++] = (struct hunk){
        /* Of no lines, git names the line before. */
        .old_first = hunk->old_start + (hunk->old_lines == 0),
        .old_count = hunk->old_lines,
        .first = hunk->new_start + (hunk->new_lines == 0),
        .count = hunk->new_lines,
    };
    return 0;
}

static int read_hunks(const git_blob *ancestor, const git_blob *side, struct hunks *hunks)
{
    git_diff_options options;
    git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
    options.context_lines = 0;
    options.interhunk_lines = 0;
    options.flags = GIT_DIFF_INDENT_HEURISTIC;
    /* Without an ancestor the whole file is one change. */
    return git_diff_blobs(ancestor, NULL, side, NULL, &options, NULL, NULL, add_hunk, NULL, hunks);
}

static bool meet(const struct hunk *x, const struct hunk *y)
{
    return x->old_first <= y->old_first + y->old_count &&
           y->old_first <= x->old_first + x->old_count;
}

/* The lines of a file from `first` on, `count` of them. */
static const char *lines_of(const git_blob *blob, int first, int count, size_t *ret_length)
{
    const char *text = git_blob_rawcontent(blob);
    const char *end = text + git_blob_rawsize(blob);
    const char *at = text;
    for (int i = 1; i < first && at < end; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline ? newline + 1 : end;
    }
    const char *from = at;
    for (int i = 0; i < count && at < end; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline ? newline + 1 : end;
    }
    *ret_length = (size_t)(at - from);
    return from;
}

static bool same_change(const git_blob *a, const struct hunk *x, const git_blob *b,
                        const struct hunk *y)
{
    size_t x_length, y_length;
    if (x->old_first != y->old_first || x->old_count != y->old_count)
        return false;
    const char *x_text = lines_of(a, x->first, x->count, &x_length);
    const char *y_text = lines_of(b, y->first, y->count, &y_length);
    return x_length == y_length && memcmp(x_text, y_text, x_length) == 0;
}

/* The ranges of `mine` that meet one of `theirs` and are not the same there. */
static soc_json *ranges(const struct hunks *mine, const git_blob *mine_blob,
                        const struct hunks *theirs, const git_blob *their_blob)
{
    soc_json *list = soc_json_new_array();
    for (size_t i = 0; list && i < mine->count; i++) {
        const struct hunk *x = &mine->items[i];
        bool meets = false;
        for (size_t j = 0; !meets && j < theirs->count; j++)
            meets = meet(x, &theirs->items[j]) &&
                    !same_change(mine_blob, x, their_blob, &theirs->items[j]);
        if (!meets)
            continue;
        soc_json *range = soc_json_new_array();
        soc_json_append(range, soc_json_new_integer(x->first));
        soc_json_append(range, soc_json_new_integer(x->first + x->count - 1));
        soc_json_append(list, range);
    }
    return list;
}

soc_json *soc_hunks_meet(const git_blob *ancestor, const git_blob *a, const git_blob *b)
{
    struct hunks of_a = {0};
    struct hunks of_b = {0};
    soc_json *lines = NULL;
    if (read_hunks(ancestor, a, &of_a) == 0 && read_hunks(ancestor, b, &of_b) == 0) {
        soc_json *a_ranges = ranges(&of_a, a, &of_b, b);
        soc_json *b_ranges = ranges(&of_b, b, &of_a, a);
        if (soc_json_count(a_ranges) > 0 || soc_json_count(b_ranges) > 0) {
            lines = soc_json_new_object();
            soc_json_set(lines, "a", a_ranges);
            soc_json_set(lines, "b", b_ranges);
        } else {
            soc_json_free(a_ranges);
            soc_json_free(b_ranges);
        }
    }
    free(of_a.items);
    free(of_b.items);
    return lines;
}
