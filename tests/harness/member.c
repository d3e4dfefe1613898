/* SPDX-License-Identifier: MIT */
/*
 * Members of a society, for tests through the door. JSON is looked at as text: the library writes
 * it compact, and nothing in these tests stands in it twice.
 */
#include "harness/member.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/die.h"
#include "harness/tmp.h"

#define RING 8
#define DEADLINE_MS 10000

static char *project;
static char paths[RING][512];
static int next_path;
static char fields[RING][512];
static int next_field;
static char taken[65536];

int member_setup(void **state)
{
    society *s;

    (void)state;
    unsetenv("SOCIETY_DIR");
    unsetenv("SOCIETY_AGENT");
    unsetenv("SOCIETY_AGENT_ID");
    unsetenv("AMEIDE_AGENT_ID");
    project = tmp_make();
    if (society_new(&s) < 0 || society_init(s, project, "test", 0) < 0)
        die("cannot make a society");
    society_close(s);
    return 0;
}

int member_teardown(void **state)
{
    (void)state;
    tmp_remove(project);
    return 0;
}

const char *member_project(void)
{
    return project;
}

const char *member_path(const char *name)
{
    char *path = paths[next_path++ % RING];

    snprintf(path, sizeof(paths[0]), "%s/.society-agent%s%s", project, *name ? "/" : "", name);
    return path;
}

society *member_open(const char *agent)
{
    society *s;

    if (society_new(&s) < 0)
        die("society_new");
    if (society_open(s, project) < 0 || (agent && society_identify(s, agent) < 0))
        die("%s", society_last_message(s));
    return s;
}

void member_send(society *s, const char *to, const char *id)
{
    char text[512];

    snprintf(text, sizeof(text), "{\"to\":\"%s\",\"id\":\"%s\",\"content\":\"text of %s\"}", to, id,
             id);
    if (society_send(s, text, NULL) < 0)
        die("%s", society_last_message(s));
}

/* The end of the JSON value that begins at `at`. */
static const char *value_end(const char *at)
{
    bool inside = false;
    int depth = 0;

    for (; *at; at++) {
        if (inside && *at == '\\' && at[1])
            at++;
        else if (*at == '"')
            inside = !inside;
        else if (!inside && (*at == '{' || *at == '['))
            depth++;
        else if (!inside && depth > 0 && (*at == '}' || *at == ']'))
            depth--;
        else if (!inside && depth == 0 && (*at == ',' || *at == '}' || *at == ']'))
            break;
    }
    return at;
}

const char *member_field(const char *json, const char *key)
{
    char *out = fields[next_field++ % RING];
    char quoted[80];
    const char *at;

    snprintf(quoted, sizeof(quoted), "\"%s\":", key);
    at = strstr(json, quoted);
    *out = '\0';
    if (at) {
        at += strlen(quoted);
        snprintf(out, sizeof(fields[0]), "%.*s", (int)(value_end(at) - at), at);
    }
    return out;
}

const char *member_text(const char *json, const char *key)
{
    char *out;

    member_field(json, key);
    out = fields[(next_field + RING - 1) % RING];
    if (*out == '"') {
        memmove(out, out + 1, strlen(out));
        out[strlen(out) - 1] = '\0';
    }
    return out;
}

static void add_taken(const char *word)
{
    size_t length = strlen(taken);

    snprintf(taken + length, sizeof(taken) - length, "%s%s", length ? " " : "", word);
}

const char *member_take(society_tail *tail)
{
    const char *record;
    int result;
    char word[32];

    taken[0] = '\0';
    while ((result = society_tail_next(tail, &record, NULL)) == 1)
        add_taken(member_text(record, "id"));
    if (result < 0) {
        snprintf(word, sizeof(word), "error %s", society_error_name(result));
        add_taken(word);
    }
    return taken;
}

const char *member_await(society_tail *tail, int count)
{
    const char *record;

    taken[0] = '\0';
    for (int i = 0; i < count; i++) {
        if (society_tail_wait(tail, DEADLINE_MS) != 1 ||
            society_tail_next(tail, &record, NULL) != 1) {
            add_taken("nothing");
            break;
        }
        add_taken(member_text(record, "id"));
    }
    return taken;
}

bool member_await_presence(society_tail *tail, const char *agent, bool online)
{
    const char *record;

    while (society_tail_wait(tail, DEADLINE_MS) == 1)
        while (society_tail_next(tail, &record, NULL) == 1)
            if (strcmp(member_text(record, "agentId"), agent) == 0 &&
                strcmp(member_field(record, "online"), online ? "true" : "false") == 0)
                return true;
    return false;
}
