/* SPDX-License-Identifier: MIT */
/*
 * All paths are asked for at once, since mostly nobody else owns any; only then one by one, to know
 * which.
 */
#include "guard/owners.h"

#include <stdlib.h>
#include <string.h>

#include <society/message.h>
#include <society/ownership.h>

#include "common/foreign.h"
#include "common/output.h"

enum { WORD = 200 };

/* A name as JSON has it. One that is no UTF-8 can be meant by a pattern all the same. */
static void put_path(FILE *out, const char *root, const char *path)
{
    char *whole = *path == '/' ? guard_text("%s", path) : guard_text("%s/%s", root, path);
    json_value *text = json_new_text(whole);
    for (char *at = whole; !text && *at; at++)
        if ((unsigned char)*at >= 0x80)
            *at = '?';
    output_quoted(out, whole);
    json_release(text);
    free(whole);
}

/* Asks for the paths from `first` to before `end`. As society_own_check(). */
static int ask(const struct guard *g, const char *root, const struct texts *paths, int first,
               int end, society_list **ret_owners)
{
    char *list = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&list, &size);
    if (!out)
        tool_fail(STATUS_SYSTEM, "out of memory");
    for (int i = first; i < end; i++) {
        fputc(i == first ? '[' : ',', out);
        put_path(out, root, paths->items[i]);
    }
    fputc(']', out);
    if (fclose(out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    int result = society_own_check(g->t->society, list, ret_owners);
    free(list);
    return result;
}

static void add_item(json_value *items, const struct texts *paths, int index, society_list *owners)
{
    json_value *found = json_read(society_list_item(owners, 0), NULL);
    json_value *item = json_new_map();
    /* As the caller knows it; a whole path is better named from the project's root. */
    json_value *name = *paths->items[index] == '/' ? NULL : json_new_text(paths->items[index]);
    json_put_number(item, "index", index);
    json_put(item, "path", name ? name : json_share(json_member(found, "path")));
    json_put(item, "owner", json_share(json_member(found, "owner")));
    json_add(items, item);
    json_release(found);
}

json_value *owners_find(const struct guard *g, const char *root, const struct texts *paths)
{
    json_value *items = json_new_list();
    int result = paths->count > 1 ? ask(g, root, paths, 0, paths->count, NULL) : paths->count;
    for (int i = 0; result != 0 && i < paths->count; i++) {
        society_list *owners = NULL;
        int one = ask(g, root, paths, i, i + 1, &owners);
        if (one < 0 && one != SOCIETY_E_INVALID) /* that is a path outside of the project */
            tool_fail(STATUS_SYSTEM, "who owns the files is not known: %s", tool_reason(g->t, one));
        if (one > 0)
            add_item(items, paths, i, owners);
        society_list_free(owners);
    }
    return items;
}

static void put_line(FILE *out, const char *before, const char *text, const char *after)
{
    char *line = text && *text ? foreign_line(text, WORD) : NULL;
    if (line)
        fprintf(out, "%s%s%s", before, line, after);
    free(line);
}

void owners_describe(FILE *out, json_value *item)
{
    json_value *owner = json_member(item, "owner");
    char *paths = json_show(json_member(owner, "paths"));
    put_line(out, "", json_member_text(item, "path", "?"), "");
    put_line(out, " is owned by ", json_member_text(owner, "holder", "?"), "");
    put_line(out, " since ", json_member_text(owner, "since", NULL), "");
    put_line(out, " (", paths, ")");
    put_line(out, " for task ", json_member_text(owner, "task", NULL), "");
    put_line(out, ": \"", json_member_text(owner, "reason", NULL), "\"");
    free(paths);
}

static int is_in(const struct texts *list, const char *text)
{
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->items[i], text) == 0)
            return 1;
    return 0;
}

void owners_override(const struct guard *g, json_value *items, const char *what)
{
    struct compose c;
    struct texts to = {0};
    struct texts paths = {0};
    for (size_t i = 0; i < json_count(items); i++) {
        json_value *item = json_element(items, i);
        const char *holder = json_member_text(json_member(item, "owner"), "holder", "");
        const char *path = json_member_text(item, "path", "");
        if (!is_in(&to, holder))
            texts_add(&to, holder);
        if (!is_in(&paths, path) && paths.count < 100)
            texts_add(&paths, path);
    }
    char *content = guard_text("%s %s %s%s, overriding your ownership: %s", g->agent, what,
                               paths.count > 0 ? paths.items[0] : "files",
                               paths.count > 1 ? " and others" : "", g->override);
    compose_begin(&c);
    compose_list(&c, "paths", paths.items, paths.count);
    compose_text(&c, "reason", g->override);
    char *data = compose_end(&c);
    compose_begin(&c);
    compose_list(&c, "to", to.items, to.count);
    compose_text(&c, "type", "ownership_override");
    compose_text(&c, "priority", "interrupt");
    compose_text(&c, "content", content);
    compose_json(&c, "data", data);
    char *message = compose_end(&c);
    int result = society_send(g->t->society, message, NULL);
    if (result < 0)
        tool_fail(STATUS_SYSTEM, "overriding could not be recorded: %s", tool_reason(g->t, result));
    free(message);
    free(data);
    free(content);
    texts_free(&to);
    texts_free(&paths);
}
