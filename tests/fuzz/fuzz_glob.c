/* SPDX-License-Identifier: MIT */
/*
 * Two patterns and a path: the normal form is one, a path that both match is one where they intersect, and ignoring case only
 * ever adds matches, where no set says what it excludes.
 */
#include "fuzz/fuzz.h"
#include "glob.h"

static bool normalise(const char *pattern, struct soc_strbuf *out)
{
    SOC_AUTO_STRBUF struct soc_strbuf again = SOC_STRBUF_INIT;
    struct soc_error error = {0};

    if (soc_glob_normalise(pattern, out, &error) < 0) {
        must(error.code == SOCIETY_E_INVALID && out->length == 0);
        return false;
    }
    must(out->length > 0 && out->length <= SOC_GLOB_MAX);
    must(soc_glob_normalise(out->data, &again, &error) == 0);
    must(strcmp(again.data, out->data) == 0);
    /* Every pattern can match something, but one of a set that excludes all. */
    must(soc_glob_intersects(out->data, "**", false) ==
         soc_glob_intersects(out->data, out->data, false));
    return true;
}

/* Relative, and none of its components empty. */
static bool is_path(const char *path)
{
    size_t length = strlen(path);

    return length > 0 && length <= SOC_GLOB_MAX && path[0] != '/' && path[length - 1] != '/' &&
           !strstr(path, "//");
}

static bool is_ascii(const char *text)
{
    while (*text > 0)
        text++;
    return *text == '\0';
}

static void check_pair(const char *left, const char *right, const char *path)
{
    for (int fold = 0; fold < 2; fold++) {
        bool meet = soc_glob_intersects(left, right, fold);
        must(meet == soc_glob_intersects(right, left, fold));
        /* A path beyond ASCII has many spellings there, and may match each by another. */
        if (is_path(path) && (!fold || is_ascii(path)) && soc_glob_matches(left, path, fold) &&
            soc_glob_matches(right, path, fold))
            must(meet);
    }
    if (!strstr(left, "[!") && !strstr(right, "[!") && soc_glob_intersects(left, right, false))
        must(soc_glob_intersects(left, right, true));
}

static void check_path(const char *pattern, const char *path)
{
    SOC_AUTO_STRBUF struct soc_strbuf quoted = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf normal = SOC_STRBUF_INIT;

    if (!is_path(path))
        return;
    if (!strstr(pattern, "[!") && soc_glob_matches(pattern, path, false))
        must(soc_glob_matches(pattern, path, true));
    soc_glob_quote(path, &quoted);
    if (soc_glob_normalise(quoted.data, &normal, NULL) < 0 || strstr(path, "./") ||
        strcmp(path, ".") == 0 || (strlen(path) > 1 && strcmp(path + strlen(path) - 2, "/.") == 0))
        return;
    must(soc_glob_matches(normal.data, path, false));
    must(soc_glob_intersects(normal.data, pattern, false) ==
         soc_glob_matches(pattern, path, false));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SOC_AUTO_STRBUF struct soc_strbuf left = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf right = SOC_STRBUF_INIT;
    struct feed feed = {data, size};
    char *first = feed_text(&feed, '\n');
    char *second = feed_text(&feed, '\n');
    char *path = feed_text(&feed, '\0');
    bool both = normalise(first, &left) && normalise(second, &right);

    soc_glob_matches(first, path,
                     true); /* of no normal form: an answer is given, whatever it means */
    soc_glob_intersects(first, second, true);
    if (both) {
        check_pair(left.data, right.data, path);
        check_path(left.data, path);
    }
    free(first);
    free(second);
    free(path);
    return 0;
}
