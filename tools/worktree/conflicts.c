/* SPDX-License-Identifier: MIT */
/*
 * society-worktree conflicts and order: what would come of merging.
 *
 * With --watch the working copies and refs are followed, and when they have been quiet for a moment everything is merged again. A
 * conflict is new when its pair did not conflict in that path before; of those both agents are told, in one message for each pair.
 * One that has gone and comes back is new again.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <society/message.h>

#include "common/compose.h"
#include "common/output.h"
#include "worktree.h"

#define QUIET_MS 150
#define PATIENCE_MS 2000

/* ---- Names ---- */

/* The arguments from the second on as a JSON array; NULL: there are none. */
static char *names_of(const struct tool *t)
{
    char *text = NULL;
    size_t size = 0;
    if (t->count < 2)
        return NULL;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        tool_fail(STATUS_SYSTEM, "out of memory");
    for (int i = 1; i < t->count; i++) {
        fputc(i > 1 ? ',' : '[', out);
        output_quoted(out, t->arguments[i]);
    }
    fputc(']', out);
    if (fclose(out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    return text;
}

/* ---- For people ---- */

static void put_ranges(FILE *out, json_value *ranges, const char *name)
{
    for (size_t i = 0; i < json_count(ranges); i++) {
        json_value *range = json_element(ranges, i);
        int64_t first = json_number(json_element(range, 0), 0);
        int64_t last = json_number(json_element(range, 1), 0);
        fputs(i > 0 ? "," : " ", out);
        if (i == 0)
            fprintf(out, "%s:", name);
        if (last > first)
            fprintf(out, "%" PRId64 "-%" PRId64, first, last);
        else
            fprintf(out, "%" PRId64, first);
    }
}

/* `  src/a.c (content, agent-01:10-12 agent-02:10)` */
static void put_path(FILE *out, json_value *path, const char *a, const char *b)
{
    json_value *lines = json_member(path, "lines");
    fputs("  ", out);
    output_text(out, json_member_text(path, "path", ""));
    fprintf(out, " (%s", json_member_text(path, "kind", ""));
    put_ranges(out, json_member(lines, "a"), a);
    put_ranges(out, json_member(lines, "b"), b);
    fputs(")\n", out);
}

static void put_pair(FILE *out, json_value *pair)
{
    const char *a = json_member_text(pair, "a", "");
    const char *b = json_member_text(pair, "b", "");
    json_value *paths = json_member(pair, "paths");
    fprintf(out, "%s and %s%s\n", a, json_member_true(pair, "base") ? "its base " : "", b);
    for (size_t i = 0; i < json_count(paths); i++)
        put_path(out, json_element(paths, i), a, b);
}

static void print_pair(const struct worktree *w, json_value *pair)
{
    if (!w->t->json) {
        put_pair(stdout, pair);
        return;
    }
    char *text = json_compact(pair);
    output_json(text);
    free(text);
}

static json_value *look(struct worktree *w, const char *names)
{
    char *text = NULL;
    int result = society_git_conflicts(w->git, names, &text);
    if (result < 0)
        worktree_fail(w, result);
    json_value *pairs = json_read(text, NULL);
    society_free(text);
    if (!pairs)
        tool_fail(STATUS_SYSTEM, "out of memory");
    return pairs;
}

/* ---- Watching ---- */

/* Whether `pairs` has the conflict of this pair in this path. */
static int is_known(json_value *pairs, json_value *pair, const char *path)
{
    for (size_t i = 0; i < json_count(pairs); i++) {
        json_value *known = json_element(pairs, i);
        json_value *paths = json_member(known, "paths");
        if (strcmp(json_member_text(known, "a", ""), json_member_text(pair, "a", "")) != 0 ||
            strcmp(json_member_text(known, "b", ""), json_member_text(pair, "b", "")) != 0)
            continue;
        for (size_t j = 0; j < json_count(paths); j++)
            if (strcmp(json_member_text(json_element(paths, j), "path", ""), path) == 0)
                return 1;
    }
    return 0;
}

static int is_new(json_value *before, json_value *pair)
{
    json_value *paths = json_member(pair, "paths");
    for (size_t i = 0; i < json_count(paths); i++)
        if (!is_known(before, pair, json_member_text(json_element(paths, i), "path", "")))
            return 1;
    return 0;
}

/* To the agents of the slots that the pair is of; a base or a branch has none. */
static void tell(struct worktree *w, json_value *pair)
{
    const char *names[] = {json_member_text(pair, "a", ""), json_member_text(pair, "b", "")};
    struct texts to = {0};
    struct compose c;
    char *content = NULL;
    size_t size = 0;
    for (int i = 0; i < 2; i++)
        if (worktree_find(w, names[i]))
            texts_add(&to, names[i]);
    FILE *out = to.count > 0 ? open_memstream(&content, &size) : NULL;
    if (!out) {
        texts_free(&to);
        return;
    }
    fputs("These would conflict if they were merged now: ", out);
    put_pair(out, pair);
    if (fclose(out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    char *data = json_compact(pair);
    compose_begin(&c);
    compose_list(&c, "to", to.items, to.count);
    compose_text(&c, "type", "message");
    compose_text(&c, "priority", "queue");
    compose_text(&c, "subject", "merge conflict");
    compose_text(&c, "content", content);
    compose_json(&c, "data", data);
    char *message = compose_end(&c);
    int result = society_send(w->t->society, message, NULL);
    if (result < 0)
        tool_warn("the agents were not told: %s", tool_reason(w->t, result));
    free(message);
    free(data);
    free(content);
    texts_free(&to);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void take(struct worktree *w, society_git_watch *watch)
{
    int result = society_git_watch_take(watch);
    if (result < 0)
        worktree_fail(w, result);
}

/* Sleeps until something has changed and been quiet for a moment; while it never is, for no longer than PATIENCE_MS. */
static void wait_for_change(struct worktree *w, society_git_watch *watch)
{
    struct pollfd fd = {.fd = society_git_watch_fd(watch), .events = POLLIN};
    int64_t deadline = 0;
    for (;;) {
        int ready = poll(&fd, 1, deadline == 0 ? -1 : QUIET_MS);
        if (ready < 0 && errno != EINTR)
            tool_fail(STATUS_SYSTEM, "waiting for changes: %s", strerror(errno));
        if (ready == 0)
            return;
        if (ready < 0)
            continue;
        take(w, watch);
        if (deadline == 0)
            deadline = now_ms() + PATIENCE_MS;
        if (now_ms() >= deadline)
            return;
    }
}

static void identify(struct worktree *w)
{
    worktree_need_society(w);
    int result = society_identify(w->t->society, w->t->agent);
    if (result == SOCIETY_E_NO_AGENT)
        result = society_identify(w->t->society, "society-worktree");
    if (result < 0)
        tool_fail_result(w->t, result);
}

static int watch(struct worktree *w, const char *names)
{
    society_git_watch *following = NULL;
    json_value *before = NULL;
    identify(w);
    int result = society_git_watch_open(w->git, &following);
    if (result < 0)
        worktree_fail(w, result);
    for (;;) {
        take(w, following);
        json_value *pairs = look(w, names);
        worktree_forget_slots(w);
        for (size_t i = 0; i < json_count(pairs); i++) {
            json_value *pair = json_element(pairs, i);
            if (!is_new(before, pair))
                continue;
            tell(w, pair);
            print_pair(w, pair);
        }
        output_flush();
        json_release(before);
        before = pairs;
        wait_for_change(w, following);
    }
}

/* ---- The verbs ---- */

int worktree_conflicts(struct worktree *w)
{
    char *names = names_of(w->t);
    if (w->watch)
        return watch(w, names);
    json_value *pairs = look(w, names);
    int found = json_count(pairs) > 0;
    for (size_t i = 0; i < json_count(pairs); i++)
        print_pair(w, json_element(pairs, i));
    json_release(pairs);
    free(names);
    return found ? STATUS_NO : STATUS_DONE;
}

int worktree_order(struct worktree *w)
{
    char *text = NULL;
    char *names = names_of(w->t);
    int result = society_git_order(w->git, names, w->base, &text);
    if (result < 0)
        worktree_fail(w, result);
    json_value *steps = json_read(text, NULL);
    for (size_t i = 0; i < json_count(steps); i++) {
        json_value *step = json_element(steps, i);
        json_value *paths = json_member(step, "paths");
        if (w->t->json) {
            char *line = json_compact(step);
            output_json(line);
            free(line);
            continue;
        }
        output_text(stdout, json_member_text(step, "name", ""));
        fputs(json_count(paths) > 0 ? ": conflicts\n" : "\n", stdout);
        for (size_t j = 0; j < json_count(paths); j++)
            put_path(stdout, json_element(paths, j), "before", json_member_text(step, "name", ""));
    }
    json_release(steps);
    society_free(text);
    free(names);
    return STATUS_DONE;
}
