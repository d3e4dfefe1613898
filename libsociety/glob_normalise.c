/* SPDX-License-Identifier: MIT */
/*
 * The normal form of a pattern, made component by component: each is written out, looked at as it
 * then stands, and taken back when it says nothing (`.`, or nothing at all). So what hides behind a
 * backslash is seen for what it is.
 */
#include <string.h>

#include "glob.h"
#include "glob_scan.h"

/* What means something else than itself. */
static const char special[] = "*?[\\";

struct normalising {
    const char *pattern;
    const char *at;
    struct soc_strbuf component; /* the one that is read */
    struct soc_strbuf out;
    bool deep;      /* the last component of `out` is `**` */
    bool directory; /* the last component read said nothing, as behind a trailing slash */
    struct soc_error *error;
};

static void free_normalising(struct normalising *n)
{
    soc_strbuf_free(&n->component);
    soc_strbuf_free(&n->out);
}

static int invalid(const struct normalising *n, const char *at, const char *what)
{
    return soc_fail(n->error, SOCIETY_E_INVALID, "the pattern has %s at byte %zu: %s", what,
                    (size_t)(at - n->pattern), n->pattern);
}

static int check_text(const struct normalising *n)
{
    size_t length = strnlen(n->pattern, SOC_GLOB_MAX + 1);

    if (length == 0)
        return soc_fail(n->error, SOCIETY_E_INVALID, "the pattern is empty");
    if (length > SOC_GLOB_MAX)
        return soc_fail(n->error, SOCIETY_E_INVALID, "the pattern is longer than %d bytes",
                        SOC_GLOB_MAX);
    for (const char *at = n->pattern; *at;) {
        const char *begin = at;
        uint32_t c = soc_glob_take(&at);

        if (c >= SOC_GLOB_STRAY)
            return invalid(n, begin, "a byte that is not UTF-8");
        if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            return invalid(n, begin, "a control character");
    }
    return 0;
}

/* The length of a slash here, which a backslash doesn't change; 0: there is none. */
static size_t slash_length(const char *at)
{
    if (at[0] == '/')
        return 1;
    return at[0] == '\\' && at[1] == '/' ? 2 : 0;
}

static bool ends_component(const char *at)
{
    return *at == '\0' || slash_length(at) > 0;
}

static void add_stars(struct normalising *n, bool first)
{
    size_t stars = strspn(n->at, "*");

    n->at += stars;
    soc_strbuf_add_string(&n->component, first && stars == 2 && ends_component(n->at) ? "**" : "*");
}

static int add_set(struct normalising *n)
{
    const char *end = soc_glob_set_end(n->at);
    bool negated;
    const char *members = soc_glob_set_members(n->at, &negated);

    if (!end)
        return invalid(n, n->at, "an open bracket");
    for (const char *member = members; member < end - 1;) {
        const char *begin = member;
        struct soc_glob_range range = soc_glob_take_range(&member, end);

        if (range.first > range.last)
            return invalid(n, begin, "a range that runs backwards");
        /* In a shell this is a class of characters, not the characters of its name. */
        if (begin[0] == '[' && begin[1] == ':')
            return invalid(n, begin, "a named class of characters, which is not supported,");
    }
    soc_strbuf_add_string(&n->component, negated ? "[!" : "[");
    soc_strbuf_add(&n->component, members, (size_t)(end - members));
    n->at = end;
    return 0;
}

static int add_escaped(struct normalising *n)
{
    if (n->at[1] == '\0')
        return invalid(n, n->at, "a backslash with nothing behind it");
    if (strchr(special, n->at[1]))
        soc_strbuf_add_char(&n->component, '\\');
    soc_strbuf_add_char(&n->component, n->at[1]);
    n->at += 2;
    return 0;
}

static int read_component(struct normalising *n)
{
    const char *begin = n->at;
    int code = 0;

    while (code == 0 && !ends_component(n->at)) {
        switch (*n->at) {
        case '*': add_stars(n, n->at == begin); break;
        case '[': code = add_set(n); break;
        case '\\': code = add_escaped(n); break;
        default: soc_strbuf_add_char(&n->component, *n->at++); break;
        }
    }
    return code;
}

static int place_component(struct normalising *n, const char *begin)
{
    const char *text = n->component.data;

    n->directory = false;
    if (n->component.failed)
        return soc_fail_memory(n->error);
    if (n->component.length == 0 || strcmp(text, ".") == 0) {
        n->directory = true;
        return 0;
    }
    if (strcmp(text, "..") == 0)
        return invalid(n, begin, "a \"..\" component");
    if (n->deep && strcmp(text, "**") == 0)
        return 0;
    n->deep = strcmp(text, "**") == 0;
    if (n->out.length > 0)
        soc_strbuf_add_char(&n->out, '/');
    soc_strbuf_add(&n->out, text, n->component.length);
    return 0;
}

static int add_components(struct normalising *n)
{
    for (;;) {
        const char *begin = n->at;
        int code;

        soc_strbuf_clear(&n->component);
        code = read_component(n);
        if (code == 0)
            code = place_component(n, begin);
        if (code < 0 || *n->at == '\0')
            return code;
        n->at += slash_length(n->at);
    }
}

int soc_glob_normalise(const char *pattern, struct soc_strbuf *out, struct soc_error *error)
{
    SOC_CLEANUP(free_normalising)
    struct normalising n = {.pattern = pattern, .at = pattern, .error = error};
    int code = check_text(&n);

    if (code == 0 && slash_length(pattern) > 0)
        code = soc_fail(error, SOCIETY_E_INVALID, "the pattern is absolute: %s", pattern);
    if (code == 0)
        code = add_components(&n);
    if (code < 0)
        return code;
    if (n.directory && !n.deep)
        soc_strbuf_add_string(&n.out, n.out.length > 0 ? "/**" : "**");
    if (n.out.failed)
        return soc_fail_memory(error);
    if (n.out.length > SOC_GLOB_MAX)
        return soc_fail(error, SOCIETY_E_INVALID, "the pattern is longer than %d bytes",
                        SOC_GLOB_MAX);
    soc_strbuf_add(out, n.out.data, n.out.length);
    return out->failed ? soc_fail_memory(error) : 0;
}

void soc_glob_quote(const char *path, struct soc_strbuf *out)
{
    for (const char *at = path; *at; at++) {
        if (strchr(special, *at))
            soc_strbuf_add_char(out, '\\');
        soc_strbuf_add_char(out, *at);
    }
}
