/* SPDX-License-Identifier: MIT */
/*
 * Members taken out of an object's text: a foreign writer's field must not stand beside one of ours
 * of the same name.
 */
#include <string.h>

#include "json.h"
#include "peek.h"

/* Whether one of the keys may be there. One that is written with escapes has a \u. */
static bool may_have(const struct soc_strbuf *text, const char *const *keys)
{
    if (memmem(text->data, text->length, "\\u", 2))
        return true;
    for (; *keys; keys++)
        if (memmem(text->data, text->length, *keys, strlen(*keys)))
            return true;
    return false;
}

/* Whether the key is one of them: 1, 0; -1 no memory. */
static int is_one_of(struct soc_slice key, const char *const *keys)
{
    SOC_AUTO_JSON soc_json *decoded = NULL;
    struct soc_slice plain = soc_slice_plain(key);
    if (!plain.data) {
        decoded = soc_json_parse(key.data, key.length, NULL);
        const char *name = soc_json_string(decoded);
        if (!name)
            return -1;
        plain = (struct soc_slice){name, strlen(name)};
    }
    for (; *keys; keys++)
        if (plain.length == strlen(*keys) && memcmp(plain.data, *keys, plain.length) == 0)
            return 1;
    return 0;
}

void soc_json_drop(struct soc_strbuf *text, const char *const *keys)
{
    struct soc_strbuf out = SOC_STRBUF_INIT;
    struct soc_slice key;
    struct soc_slice value;
    size_t cursor = 0;
    int dropped = 0;
    if (text->failed || !may_have(text, keys))
        return;
    soc_strbuf_add_char(&out, '{');
    while (dropped >= 0 && soc_peek_member(text->data, text->length, &cursor, &key, &value)) {
        dropped = is_one_of(key, keys);
        if (dropped != 0)
            continue;
        if (out.length > 1)
            soc_strbuf_add_char(&out, ',');
        soc_strbuf_add(&out, key.data, key.length);
        soc_strbuf_add_char(&out, ':');
        soc_strbuf_add(&out, value.data, value.length);
    }
    soc_strbuf_add_char(&out, '}');
    if (dropped < 0) {
        soc_strbuf_free(&out);
        out.failed = true;
    }
    soc_strbuf_free(text);
    *text = out;
}
