/* SPDX-License-Identifier: MIT */
/*
 * Who wrote is not known to the kernel's events; whose the working tree is, is. A tree that is
 * nobody's alone may be the owner's place as well: there a write is reported if the owner has a
 * tree of its own.
 *
 * A file that is written and written is reported when that begins, and not again until it was
 * closed. The agents are told once for each file, as long as the reservation is the same.
 */
#include "guard/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <society/message.h>
#include <society/ownership.h>

#include "common/output.h"
#include "guard/ignore.h"
#include "guard/owners.h"

void batch_begin(struct batch *b)
{
    b->written = json_new_map();
    b->told = json_new_map();
}

void batch_end(struct batch *b)
{
    json_release(b->written);
    json_release(b->told);
    texts_free(&b->files);
    free(b->seen);
}

void batch_add(struct batch *b, int tree, int what, const char *path)
{
    int last = b->files.count - 1;
    if (last >= 0 && b->seen[last].what == what && strcmp(b->files.items[last], path) == 0)
        return;
    if (b->files.count == b->room) {
        b->room = b->room * 2 + 64;
        b->seen = realloc(b->seen, (size_t)b->room * sizeof *b->seen);
        if (!b->seen)
            tool_fail(STATUS_SYSTEM, "out of memory");
    }
    b->seen[b->files.count] = (struct sighting){tree, what};
    texts_add(&b->files, path);
}

/* ---- Judging ---- */

/* A shared reservation is no hindrance to whoever has one for the same pattern. */
static int shares(const struct guard *g, json_value *owner, const char *agent)
{
    society_list *list = NULL;
    int found = 0;
    if (!agent || strcmp(json_member_text(owner, "mode", ""), "shared") != 0 ||
        society_own_list(g->t->society, &list) < 0)
        return 0;
    for (int64_t i = 0; !found && i < society_list_count(list); i++) {
        json_value *own = json_read(society_list_item(list, i), NULL);
        found = strcmp(json_member_text(own, "holder", ""), agent) == 0 &&
                !json_member_true(own, "waiting") &&
                json_same(json_member(own, "paths"), json_member(owner, "paths"));
        json_release(own);
    }
    society_list_free(list);
    return found;
}

/* Whether a sighting is news: see above. */
static int is_news(struct batch *b, const char *file, int what)
{
    int open = json_has(b->written, file);
    if (what == CHANGE_WRITTEN && !open)
        json_put_flag(b->written, file, 1);
    else if (what != CHANGE_WRITTEN && open)
        json_drop(b->written, file);
    return !open || what == CHANGE_ADDED || what == CHANGE_REMOVED;
}

static int is_foreign(const struct guard *g, struct trees *t, const struct sighting *seen,
                      json_value *owner, const char *file)
{
    const char *rest = "";
    const char *agent = t->items[seen->tree].agent;
    const char *holder = json_member_text(owner, "holder", "");
    if (agent ? strcmp(agent, holder) == 0 : !trees_has(t, holder))
        return 0;
    trees_of(t, file, &rest);
    return !shares(g, owner, agent) && !ignore_has(&t->items[seen->tree], rest);
}

/* ---- Telling ---- */

static void put_time(char *out, size_t room)
{
    struct timespec now;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    size_t length = strftime(out, room, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(out + length, room - length, ".%03dZ", (int)(now.tv_nsec / 1000000));
}

static const char *const words[] = {"wrote", "wrote", "put there", "took away"};

static void print_one(const struct guard *g, const char *agent, json_value *item, const char *file,
                      int what)
{
    char now[40];
    put_time(now, sizeof now);
    if (g->t->json) {
        struct compose c;
        char *owner = json_compact(json_member(item, "owner"));
        compose_begin(&c);
        compose_text(&c, "type", "write");
        compose_text(&c, "what", words[what]);
        compose_text(&c, "path", json_member_text(item, "path", ""));
        compose_text(&c, "file", file);
        compose_json(&c, "writer", agent ? NULL : "null");
        compose_text(&c, "writer", agent);
        compose_json(&c, "owner", owner);
        compose_text(&c, "timestamp", now);
        char *text = compose_end(&c);
        output_json(text);
        free(text);
        free(owner);
        return;
    }
    printf("%s %s %s ", now, agent ? agent : "somebody", words[what]);
    output_text(stdout, file);
    fputs(": ", stdout);
    owners_describe(stdout, item);
    putchar('\n');
}

/* What one agent has done to files of one other, in a batch. */
struct letter {
    const char *agent; /* NULL: nobody knows */
    char *holder;
    struct texts paths;
};

static void send_letter(const struct guard *g, const struct letter *l)
{
    struct compose c;
    char *whole[2] = {l->holder, NULL};
    char *copy = l->agent ? guard_text("%s", l->agent) : NULL;
    whole[1] = copy;
    char *content = guard_text("%s has changed %s%s in its working tree, which %s owns.",
                               l->agent ? l->agent : "Somebody", l->paths.items[0],
                               l->paths.count > 1 ? " and others" : "", l->holder);
    compose_begin(&c);
    compose_list(&c, "paths", l->paths.items, l->paths.count);
    compose_text(&c, "writer", l->agent);
    compose_text(&c, "owner", l->holder);
    char *data = compose_end(&c);
    compose_begin(&c);
    compose_list(&c, "to", whole, copy ? 2 : 1);
    compose_text(&c, "type", "ownership_violation");
    compose_text(&c, "priority", "interrupt");
    compose_text(&c, "content", content);
    compose_json(&c, "data", data);
    char *message = compose_end(&c);
    int result = society_send(g->t->society, message, NULL);
    if (result < 0)
        tool_warn("the agents were not told: %s", tool_reason(g->t, result));
    free(message);
    free(data);
    free(content);
    free(copy);
}

enum { LETTERS = 64, PATHS = 100 };

struct letters_out {
    struct letter items[LETTERS];
    int count;
};

static void post(struct letters_out *out, const struct guard *g)
{
    for (int i = 0; i < out->count; i++) {
        send_letter(g, &out->items[i]);
        free(out->items[i].holder);
        texts_free(&out->items[i].paths);
    }
    out->count = 0;
}

static void write_letter(struct letters_out *out, const struct guard *g, const char *agent,
                         const char *holder, const char *path)
{
    struct letter *l = NULL;
    for (int i = 0; i < out->count && !l; i++)
        if (out->items[i].agent == agent && strcmp(out->items[i].holder, holder) == 0 &&
            out->items[i].paths.count < PATHS)
            l = &out->items[i];
    if (!l) {
        if (out->count == LETTERS)
            post(out, g);
        l = &out->items[out->count++];
        *l = (struct letter){.agent = agent, .holder = guard_text("%s", holder)};
    }
    texts_add(&l->paths, path);
}

/* Whether the agents do not know yet. */
static int is_untold(struct batch *b, json_value *item, const char *file)
{
    char *key = guard_text("%" PRId64 " %s",
                           json_member_number(json_member(item, "owner"), "token", 0), file);
    int untold = !json_has(b->told, key);
    if (untold)
        json_put_flag(b->told, key, 1);
    free(key);
    return untold;
}

void batch_report(struct batch *b, const struct guard *g, struct trees *t)
{
    static struct letters_out out;
    json_value *items = owners_find(g, "", &b->files);
    for (size_t i = 0; i < json_count(items); i++) {
        json_value *item = json_element(items, i);
        json_value *owner = json_member(item, "owner");
        int index = (int)json_member_number(item, "index", 0);
        const struct sighting *seen = &b->seen[index];
        const char *file = b->files.items[index];
        const char *agent = t->items[seen->tree].agent;
        if (!is_foreign(g, t, seen, owner, file) || !is_news(b, file, seen->what))
            continue;
        print_one(g, agent, item, file, seen->what);
        if (is_untold(b, item, file))
            write_letter(&out, g, agent, json_member_text(owner, "holder", ""),
                         json_member_text(item, "path", ""));
    }
    output_flush();
    post(&out, g);
    json_release(items);
    texts_free(&b->files);
}
