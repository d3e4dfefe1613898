/* SPDX-License-Identifier: MIT */
/*
 * The staged files are looked at before the message is written, as people expect it. What counts
 * is the second look, at the moment when a branch or HEAD is to lead to commits that are new: no
 * way of making a commit goes past it, whatever hooks git runs for it and whatever it is told to
 * skip.
 *
 * A file that becomes as a protected branch has it already is nobody's new work, else nobody could
 * merge or rebase any more as long as somebody owns something. Nor is one that stays as it was
 * where the branch or HEAD led before, when a commit is amended.
 */
#include "guard/commit.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include <society/message.h>

#include "common/git.h"
#include "common/output.h"
#include "guard/changes.h"
#include "guard/owners.h"

enum { SHOWN = 10 };

/* ---- In words ---- */

/* A word for a shell. */
static void put_word(FILE *out, const char *text)
{
    fputc('\'', out);
    for (const char *at = text; *at; at++) {
        char one[2] = {*at, '\0'};
        fputs(*at == '\'' ? "'\\''" : one, out);
    }
    fputc('\'', out);
}

/* `  label: before 'path'after`, escaped for a terminal. */
static void put_hint(const char *label, const char *before, const char *word, const char *after)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        tool_fail(STATUS_SYSTEM, "out of memory");
    fprintf(out, "  %-9s %s", label, before);
    put_word(out, word);
    fputs(after, out);
    if (fclose(out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    output_text(stderr, text);
    fputc('\n', stderr);
    free(text);
}

static void explain(json_value *items, const char *leave_out)
{
    size_t count = json_count(items);
    tool_warn("refused: %zu %s another's, and this would commit %s", count,
              count == 1 ? "file is" : "files are", count == 1 ? "it" : "them");
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        fputs("  ", stderr);
        owners_describe(stderr, json_element(items, i));
        fputc('\n', stderr);
    }
    if (count > SHOWN)
        fprintf(stderr, "  and %zu more\n", count - SHOWN);
    json_value *first = json_element(items, 0);
    const char *path = json_member_text(first, "path", "");
    fputs("How to get on:\n", stderr);
    put_hint("ask", "society-send ", json_member_text(json_member(first, "owner"), "holder", ""),
             " 'May I change it?'");
    put_hint("wait", "society-own acquire ", path, " --wait 15m");
    put_hint("leave out", leave_out, path, "");
    fputs("  override  " GUARD_OVERRIDE "='the reason' git ...   (the owner is told)\n", stderr);
}

/* ---- The rule ---- */

static int is_known(json_value *items, const char *path)
{
    for (size_t i = 0; i < json_count(items); i++)
        if (strcmp(json_member_text(json_element(items, i), "path", ""), path) == 0)
            return 1;
    return 0;
}

/* Those of the changes that are to be refused, to be given to json_release(). `before`: where the
 * branch led; NULL: not to be considered. */
static json_value *find_refused(const struct guard *g, const struct changes *c, const char *before)
{
    json_value *refused = json_new_list();
    char *top = c->paths.count > 0 ? git_ask(".", "rev-parse", "--show-toplevel") : NULL;
    if (c->paths.count > 0 && !top) /* in a git directory: the files are the project's */
        top = guard_text("%s/..", society_dir(g->t->society));
    json_value *items = owners_find(g, top ? top : "", &c->paths);
    char *marks = calloc((size_t)c->paths.count + 1, 1);
    if (!marks)
        tool_fail(STATUS_SYSTEM, "out of memory");
    for (size_t i = 0; i < json_count(items); i++)
        marks[json_member_number(json_element(items, i), "index", 0)] = 1;
    if (before)
        changes_unmark_same(c, marks, before);
    changes_unmark_accepted(c, marks);
    for (size_t i = 0; i < json_count(items); i++) {
        json_value *item = json_element(items, i);
        if (marks[json_member_number(item, "index", 0)] &&
            !is_known(refused, json_member_text(item, "path", "")))
            json_add(refused, json_share(item));
    }
    free(marks);
    json_release(items);
    free(top);
    return refused;
}

int commit_staged(const struct guard *g)
{
    struct changes c = {0};
    changes_staged(&c);
    json_value *refused = find_refused(g, &c, NULL);
    int status = json_count(refused) > 0 && !g->override ? STATUS_NO : STATUS_DONE;
    if (status != STATUS_DONE)
        explain(refused, "git restore --staged ");
    json_release(refused);
    changes_free(&c);
    return status;
}

/* ---- Refs ---- */

/* `<old> <new> <ref>`. */
struct ref_line {
    char *before, *after, *ref;
};

static int next_line(char **rest, struct ref_line *line)
{
    char *text = strsep(rest, "\n");
    if (!text)
        return 0;
    line->before = strsep(&text, " ");
    line->after = text ? strsep(&text, " ") : NULL;
    line->ref = text;
    return 1;
}

static int is_tag(const struct ref_line *line)
{
    return strncmp(line->ref, "refs/tags/", 10) == 0;
}

/* Also a tag: what it leads to counts as known from then on. */
static int is_ours(const struct ref_line *line)
{
    return line->ref &&
           (strcmp(line->ref, "HEAD") == 0 || strncmp(line->ref, "refs/heads/", 11) == 0 ||
            is_tag(line)) &&
           line->after[strspn(line->after, "0")] != '\0' && strcmp(line->before, line->after) != 0;
}

int commit_concerns(const char *lines)
{
    char *text = guard_text("%s", lines);
    char *rest = text;
    struct ref_line line;
    int found = 0;
    while (!found && next_line(&rest, &line))
        found = is_ours(&line);
    free(text);
    return found;
}

/* One change of a branch, a tag or HEAD. The status of the hook. */
static int check_ref(const struct guard *g, const struct ref_line *line)
{
    struct changes c = {0};
    /* git gives zeros also where it does not mind what was before. */
    int unknown = line->before[strspn(line->before, "0")] == '\0';
    char *expression = guard_text("%s^{commit}", line->after);
    char *commit = git_ask(".", "rev-parse", "--quiet", "--verify", expression);
    if (commit || !is_tag(line)) /* a tag may be of anything */
        changes_new(&c, line->after);
    free(commit);
    free(expression);
    json_value *refused = find_refused(g, &c, unknown ? line->ref : line->before);
    int status = json_count(refused) > 0 && !g->override ? STATUS_NO : STATUS_DONE;
    if (status != STATUS_DONE)
        explain(refused, "git restore --source=HEAD --staged --worktree ");
    else if (json_count(refused) > 0)
        owners_override(g, refused, "commits");
    json_release(refused);
    changes_free(&c);
    return status;
}

int commit_refs(const struct guard *g, const char *lines)
{
    char *text = guard_text("%s", lines);
    char *rest = text;
    struct ref_line line;
    struct texts seen = {0};
    int status = STATUS_DONE;
    while (status == STATUS_DONE && next_line(&rest, &line)) {
        int known = 0;
        if (!is_ours(&line))
            continue;
        for (int i = 0; i < seen.count; i++) /* HEAD and its branch are told both */
            known |= strcmp(seen.items[i], line.after) == 0;
        if (!known)
            status = check_ref(g, &line);
        texts_add(&seen, line.after);
    }
    texts_free(&seen);
    free(text);
    return status;
}

/* ---- Pushes ---- */

static const char *find_protected(const struct texts *names, const char *ref)
{
    if (strncmp(ref, "refs/heads/", 11) != 0)
        return NULL;
    for (int i = 0; i < names->count; i++)
        if (fnmatch(names->items[i], ref + 11, 0) == 0)
            return ref + 11;
    return NULL;
}

static void record_push(const struct guard *g, const char *branch)
{
    struct compose c;
    char *content =
        guard_text("%s pushes to %s, which is protected: %s", g->agent, branch, g->override);
    compose_begin(&c);
    compose_text(&c, "to", "all");
    compose_text(&c, "type", "push_override");
    compose_text(&c, "priority", "interrupt");
    compose_text(&c, "content", content);
    char *message = compose_end(&c);
    int result = society_send(g->t->society, message, NULL);
    if (result < 0)
        tool_fail(STATUS_SYSTEM, "overriding could not be recorded: %s", tool_reason(g->t, result));
    free(message);
    free(content);
}

int commit_push(const struct guard *g, const char *lines)
{
    char *text = guard_text("%s", lines);
    char *rest = text;
    struct texts names = {0};
    int status = STATUS_DONE;
    changes_protected(&names);
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        strsep(&line, " "); /* <local ref> <local object> <remote ref> <remote object> */
        if (line)
            strsep(&line, " ");
        char *ref = line ? strsep(&line, " ") : NULL;
        const char *branch = ref && !g->person ? find_protected(&names, ref) : NULL;
        if (branch && g->override) {
            record_push(g, branch);
        } else if (branch) {
            tool_warn("refused: agents do not push to %s; push a branch of your own and ask for it "
                      "to be merged, or set " GUARD_OVERRIDE " to a reason (everybody is told)",
                      branch);
            status = STATUS_NO;
        }
    }
    texts_free(&names);
    free(text);
    return status;
}
