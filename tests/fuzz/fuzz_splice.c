/* SPDX-License-Identifier: MIT */
/*
 * Somebody's configuration file, any text: it is refused with a place in it, or the value is set
 * and everything that stood there is still there, in its order.
 *
 * The first byte says how the file is read: JSON, JSON with comments, TOML; its highest bit, whether
 * an element is added to a list of JSON instead.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/splice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VALUE "[\"new value\"]"

static const char *const path[] = {"servers", "society", "args", NULL};

static void must(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz_splice: %s\n", what);
    abort();
}

#define ADDED "{\"mark\":\"ours\"}"

static char *add(int kind, const char *text, struct splice_error *error)
{
    return jsonc_append(text, path, ADDED, "ours", kind == 1, error);
}

static char *set(int kind, const char *text, const char *value, struct splice_error *error)
{
    return kind == 2 ? toml_set(text, "servers.society", "args", value, error)
                     : jsonc_set(text, path, value, kind == 1, error);
}

/* What is refused has a place within the text. */
static void check_place(const char *text, const struct splice_error *error)
{
    int lines = 1;
    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    must(error->line >= 1 && error->line <= lines && error->column >= 1 && error->what[0],
         "a refusal without a place");
}

/* Without comments it is JSON for everybody. (A lone surrogate, or a number too large, is JSON for
 * some alone.) */
static void check_json(const char *text, const char *before)
{
    const char *why;
    int row, column;
    json_value *old = json_read_bytes(before, strlen(before), &why, &row, &column);
    json_value *new = json_read_bytes(text, strlen(text), &why, &row, &column);
    if (old)
        must(json_count(json_member(json_member(json_member(new, path[0]), path[1]), path[2])) == 1,
             "the value is not where it belongs");
    json_release(old);
    json_release(new);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct splice_error error = {0};
    if (size == 0)
        return 0;
    int adds = data[0] >= 128 && data[0] % 3 != 2;
    int kind = data[0] % 3;
    const char *value = adds ? ADDED : VALUE;
    char *text = malloc(size);
    must(text != NULL, "no memory");
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    char *result = adds ? add(kind, text, &error) : set(kind, text, VALUE, &error);
    if (result) {
        must(strstr(result, value) != NULL, "the value is missing");
        char *again = adds ? add(kind, result, &error) : set(kind, result, VALUE, &error);
        must(again && strcmp(again, result) == 0, "once more is not the same");
        if (kind == 0 && !adds)
            check_json(result, text);
        free(again);
    } else {
        check_place(text, &error);
    }
    free(result);
    free(text);
    return 0;
}
