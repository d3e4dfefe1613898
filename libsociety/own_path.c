/* SPDX-License-Identifier: MIT */
/*
 * Names turned into paths of the project: see own_path.h. Mostly by comparing text; the file system
 * is asked where the worktrees are, and what an absolute name is when its text does not begin as
 * the root's does (the way there may lead over a symbolic link). Links within the project are
 * taken as they are named.
 */
#include "own_path.h"

#include <errno.h>
#include <string.h>

#include "git.h"
#include "glob.h"
#include "sys.h"

/* ---- The root ---- */

void soc_own_root_free(struct soc_own_root *root)
{
    soc_strbuf_free(&root->path);
    soc_strbuf_free(&root->common);
    soc_strbuf_free(&root->inside);
}

/* Whether the directory's name with its letters in the other case finds it too. */
static bool ignores_case(const struct society *s, const char *path)
{
    SOC_AUTO_STRBUF struct soc_strbuf other = SOC_STRBUF_INIT;
    struct stat own;
    struct stat found;
    bool changed = false;
    soc_strbuf_add_string(&other, path);
    for (char *c = other.data ? strrchr(other.data, '/') : NULL; c && *c; c++) {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
        *c = (char)(letter ? *c ^ 0x20 : *c);
        changed |= letter;
    }
    return changed && soc_sys->fstat(s->dir.fd, &own) == 0 &&
           soc_sys->fstatat(AT_FDCWD, other.data, &found, 0) == 0 && own.st_ino == found.st_ino &&
           own.st_dev == found.st_dev;
}

static void find_repository(struct soc_own_root *root)
{
    struct soc_git git;
    if (soc_git_find(root->path.data, &git) != 1)
        return;
    SOC_AUTO_FREE char *common = soc_sys->realpath(git.common.data);
    if (common) {
        const char *inside = root->path.data + git.root.length;
        soc_strbuf_add_string(&root->common, common);
        soc_strbuf_add_string(&root->inside, inside + (*inside == '/'));
    }
    soc_git_free(&git);
}

int soc_own_root(struct society *s, struct soc_own_root *ret_root)
{
    struct soc_own_root root = {0};
    SOC_AUTO_FREE char *real = soc_sys->realpath(s->dir.path);
    if (!real)
        return errno == ENOENT ? soc_fail(&s->error, SOCIETY_E_GONE, "%s was removed", s->dir.path)
                               : soc_fail_errno(&s->error, "cannot find %s", s->dir.path);
    size_t length = (size_t)(strrchr(real, '/') - real);
    soc_strbuf_add(&root.path, real, length > 0 ? length : 1);
    if (!root.path.failed) {
        root.ignore_case = ignores_case(s, real);
        find_repository(&root);
    }
    if (root.path.failed || root.common.failed || root.inside.failed) {
        soc_own_root_free(&root);
        return soc_fail_memory(&s->error);
    }
    *ret_root = root;
    return 0;
}

/* ---- Text ---- */

/* What a caller gave, on its way to a path of the project. */
struct name {
    const struct soc_own_root *root;
    const char *given;
    bool pattern; /* `*`, `?`, `[` and `\` are special */
    struct soc_error *error;
};

static bool is_wild(const struct name *name, char c)
{
    return name->pattern && (c == '*' || c == '?' || c == '[');
}

/* Behind `directory` and its slash, in `text`; NULL: it lies elsewhere. In a pattern the
 * directory's letters may stand behind backslashes. */
static const char *strip(const struct name *name, const char *text, const char *directory)
{
    const char *at = text;
    for (const char *d = strcmp(directory, "/") == 0 ? "" : directory; *d; d++, at++) {
        if (name->pattern && *at == '\\' && at[1] == *d)
            at++;
        if (*at != *d)
            return NULL;
    }
    if (*at != '/' && *at != '\0')
        return NULL;
    return at + strspn(at, "/");
}

/* The components before the first that is special, without backslashes: as they are on disk. The
 * length of what was read through `ret_length`. */
static void literal_part(const struct name *name, const char *text, struct soc_strbuf *out,
                         size_t *ret_length)
{
    size_t kept = 0;
    *ret_length = 0;
    for (const char *at = text;; at++) {
        if (*at == '\0' || *at == '/') {
            kept = out->length;
            *ret_length = (size_t)(at - text);
        }
        if (*at == '\0' || is_wild(name, *at))
            break;
        if (name->pattern && *at == '\\' && at[1] != '\0')
            at++;
        soc_strbuf_add_char(out, *at);
    }
    if (out->failed || !out->data)
        return;
    out->length = kept;
    out->data[kept] = '\0';
}

static bool goes_up(const char *text)
{
    for (const char *at = text; at; at = strchr(at, '/')) {
        at += *at == '/';
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0'))
            return true;
    }
    return false;
}

/* ---- Where it lies ---- */

/* In a linked worktree of the project's repository: the rest behind its top directory. */
static const char *strip_worktree(const struct name *name, const char *text)
{
    SOC_AUTO_STRBUF struct soc_strbuf literal = SOC_STRBUF_INIT;
    struct soc_git git;
    size_t length;
    bool found = false;
    const char *rest = NULL;
    if (name->root->common.length == 0)
        return NULL;
    literal_part(name, text, &literal, &length);
    while (!found && !literal.failed && literal.length > 0 &&
           soc_git_find(literal.data, &git) == 1) {
        SOC_AUTO_STRBUF struct soc_strbuf origin = SOC_STRBUF_INIT;
        SOC_AUTO_FREE char *common =
            soc_git_origin(&git, &origin) ? soc_sys->realpath(origin.data) : NULL;
        found = common && strcmp(common, name->root->common.data) == 0;
        if (found)
            rest = strip(name, text, git.root.data);
        /* Another repository, such as a submodule, may lie within a worktree. */
        const char *slash = strrchr(git.root.data, '/');
        soc_strbuf_clear(&literal);
        soc_strbuf_add(&literal, git.root.data, slash ? (size_t)(slash - git.root.data) : 0);
        soc_git_free(&git);
    }
    if (rest && name->root->inside.length > 0)
        rest = strip(name, rest, name->root->inside.data);
    return rest;
}

static const char *strip_root(const struct name *name, const char *text)
{
    const char *rest = strip_worktree(name, text);
    return rest ? rest : strip(name, text, name->root->path.data);
}

/* Replaces the part of the text that exists as a directory by its real path. */
static void resolve(const struct name *name, const char *text, struct soc_strbuf *out)
{
    SOC_AUTO_STRBUF struct soc_strbuf literal = SOC_STRBUF_INIT;
    size_t end;
    literal_part(name, text, &literal, &end);
    while (!literal.failed && literal.length > 0) {
        SOC_AUTO_FREE char *real = soc_sys->realpath(literal.data);
        if (real && name->pattern)
            soc_glob_quote(real, out);
        else if (real)
            soc_strbuf_add_string(out, real);
        if (real)
            break;
        const char *slash = strrchr(literal.data, '/');
        literal.length = slash ? (size_t)(slash - literal.data) : 0;
        literal.data[literal.length] = '\0';
        while (end > 0 && text[--end] != '/')
            continue;
    }
    soc_strbuf_add_string(out, text + end);
}

/* What of the name lies behind the root, borrowed from `whole` or from what was given. */
static int find_rest(const struct name *name, struct soc_strbuf *whole, const char **ret_rest)
{
    if (goes_up(name->given))
        return soc_fail(name->error, SOCIETY_E_INVALID, "\"%s\" has a \"..\" component",
                        name->given);
    if (name->given[0] != '/')
        soc_path_join(whole, name->root->path.data, name->given);
    else
        soc_strbuf_add_string(whole, name->given);
    const char *rest = whole->failed ? NULL : strip_root(name, whole->data);
    if (!rest && !whole->failed && name->given[0] == '/') {
        soc_strbuf_clear(whole);
        resolve(name, name->given, whole);
        rest = whole->failed ? NULL : strip_root(name, whole->data);
    }
    if (whole->failed)
        return soc_fail_memory(name->error);
    if (!rest)
        return soc_fail(name->error, SOCIETY_E_INVALID, "\"%s\" lies outside the project, %s",
                        name->given, name->root->path.data);
    *ret_rest = rest;
    return 0;
}

int soc_own_pattern(const struct soc_own_root *root, const char *pattern, struct soc_strbuf *out,
                    struct soc_error *error)
{
    struct name name = {root, pattern, true, error};
    SOC_AUTO_STRBUF struct soc_strbuf whole = SOC_STRBUF_INIT;
    const char *rest = "";
    if (pattern[0] == '\0')
        return soc_fail(error, SOCIETY_E_INVALID, "the pattern is empty");
    int result = find_rest(&name, &whole, &rest);
    return result < 0 ? result : soc_glob_normalise(*rest ? rest : ".", out, error);
}

int soc_own_path(const struct soc_own_root *root, const char *path, struct soc_strbuf *out,
                 struct soc_error *error)
{
    struct name name = {root, path, false, error};
    SOC_AUTO_STRBUF struct soc_strbuf whole = SOC_STRBUF_INIT;
    const char *rest = "";
    size_t start = out->length;
    int result = find_rest(&name, &whole, &rest);
    while (result == 0 && *rest) {
        size_t length = strcspn(rest, "/");
        bool nothing = length == 0 || (length == 1 && *rest == '.');
        if (!nothing && out->length > start)
            soc_strbuf_add_char(out, '/');
        if (!nothing)
            soc_strbuf_add(out, rest, length);
        rest += length + (rest[length] == '/');
    }
    if (result == 0 && out->failed)
        result = soc_fail_memory(error);
    if (result == 0 && out->length == start)
        result = soc_fail(error, SOCIETY_E_INVALID, "\"%s\" names no file of the project", path);
    return result;
}

/* ---- Lists ---- */

typedef int convert(const struct soc_own_root *root, const char *text, struct soc_strbuf *out,
                    struct soc_error *error);

static int convert_all(struct society *s, const struct soc_own_root *root, const soc_json *given,
                       convert *one, soc_json *out)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < soc_json_count(given); i++) {
        SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
        const char *item = soc_json_string(soc_json_item(given, i));
        if (!item)
            return soc_fail(&s->error, SOCIETY_E_INVALID, "the list must be of strings");
        result = one(root, item, &text, &s->error);
        if (result == 0 && soc_json_append(out, soc_json_new_string(text.data, text.length)) < 0)
            result = soc_fail_memory(&s->error);
    }
    return result;
}

static soc_json *convert_list(struct society *s, const struct soc_own_root *root, const char *json,
                              convert *one, int *ret_error)
{
    struct soc_error why = {0};
    SOC_AUTO_JSON soc_json *given = soc_json_parse(json ? json : "", json ? strlen(json) : 0, &why);
    SOC_AUTO_JSON soc_json *out = soc_json_new_array();
    int result = 0;
    if (!out || (!given && why.code == -ENOMEM))
        result = soc_fail_memory(&s->error);
    else if (!given)
        result = soc_fail(&s->error, SOCIETY_E_INVALID, "the list: %s", why.text);
    else if (soc_json_kind(given) != SOC_JSON_ARRAY || soc_json_count(given) == 0)
        result = soc_fail(&s->error, SOCIETY_E_INVALID, "a list of strings is wanted, not empty");
    else
        result = convert_all(s, root, given, one, out);
    *ret_error = result;
    return result < 0 ? NULL : soc_json_retain(out);
}

soc_json *soc_own_patterns(struct society *s, const struct soc_own_root *root, const char *json,
                           int *ret_error)
{
    return convert_list(s, root, json, soc_own_pattern, ret_error);
}

soc_json *soc_own_paths(struct society *s, const struct soc_own_root *root, const char *json,
                        int *ret_error)
{
    return convert_list(s, root, json, soc_own_path, ret_error);
}
