/* SPDX-License-Identifier: MIT */
/*
 * Names. Characters are compared by their bytes, never by <ctype.h>, which asks the locale.
 */
#include "path.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alphanumeric(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_plain(char c)
{
    return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
}

bool soc_is_word(const char *text, size_t length)
{
    if (length == 0 || length > SOC_ID_MAX)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!is_plain(text[i]))
            return false;
    }
    return true;
}

bool soc_is_id(const char *text, size_t length)
{
    return soc_is_word(text, length) && is_alphanumeric(text[0]);
}

static bool is_same(const char *text, size_t length, const char *word)
{
    return length == strlen(word) && memcmp(text, word, length) == 0;
}

bool soc_is_agent_id(const char *text, size_t length)
{
    return soc_is_id(text, length) && !is_same(text, length, "all") &&
           !is_same(text, length, "broadcast");
}

const char *soc_find_slot(const char *text, size_t *ret_length)
{
    static const char prefix[] = "agent-";
    size_t length = sizeof(prefix) - 1;

    for (const char *found = strstr(text, prefix); found; found = strstr(found + 1, prefix)) {
        if (!is_digit(found[length]))
            continue;
        while (is_digit(found[length]))
            length++;
        *ret_length = length;
        return found;
    }
    return NULL;
}

void soc_path_encode(struct soc_strbuf *out, const char *text)
{
    for (const char *c = text; *c; c++) {
        if (is_plain(*c))
            soc_strbuf_add_char(out, *c);
        else
            soc_strbuf_add_format(out, "%%%02X", (unsigned)(unsigned char)*c);
    }
}

void soc_path_join(struct soc_strbuf *out, const char *directory, const char *name)
{
    size_t length = strlen(directory);

    soc_strbuf_add(out, directory, length);
    if (length > 0 && directory[length - 1] != '/')
        soc_strbuf_add_char(out, '/');
    soc_strbuf_add_string(out, name);
}

const char *soc_path_base(const char *path, size_t *ret_length)
{
    size_t end = strlen(path);
    size_t begin;

    while (end > 0 && path[end - 1] == '/')
        end--;
    for (begin = end; begin > 0 && path[begin - 1] != '/'; begin--)
        continue;
    *ret_length = end - begin;
    return path + begin;
}
