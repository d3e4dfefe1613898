/* SPDX-License-Identifier: MIT */
/*
 * Ids, states and numbers are checked by the library when it reads a log, and stand on our lines;
 * titles, notes, reasons and roles are anybody's words and are quoted or flattened.
 */
#include "mcp/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/foreign.h"

enum { WORD = 100, PAGE = 16000 };

json_value *view_fields(json_value *object, const char *const *names, size_t most, size_t *left)
{
    json_value *map = json_new_map();
    for (size_t i = 0; names[i]; i++) {
        json_value *value = json_member(object, names[i]);
        if (value && (!json_is_list(value) || json_count(value) > 0))
            json_put(map, names[i], foreign_copy(value, most, left));
    }
    return map;
}

/* " name value" of what is there; a text of somebody else's is flattened. */
static void write_word(FILE *out, json_value *object, const char *name, const char *label)
{
    json_value *value = json_member(object, name);
    if (!value || (json_is_list(value) && json_count(value) == 0))
        return;
    char *text = json_show(value);
    char *line = foreign_line(text, WORD);
    fputs(label, out);
    foreign_word(out, line);
    free(line);
    free(text);
}

static void quote_member(FILE *out, json_value *object, const char *name, const char *label)
{
    json_value *value = json_member(object, name);
    char *text = value ? json_show(value) : NULL;
    if (text && *text) {
        char *line = NULL;
        if (asprintf(&line, "%s%s", label, text) < 0)
            tool_fail(STATUS_SYSTEM, "out of memory");
        foreign_quote(out, line);
        free(line);
    }
    free(text);
}

static void write_task(FILE *out, json_value *task)
{
    write_word(out, task, "id", "\ntask ");
    write_word(out, task, "state", ", ");
    write_word(out, task, "priority", ", priority ");
    write_word(out, task, "holder", ", held by ");
    write_word(out, task, "token", ", token ");
    write_word(out, task, "assignee", ", assigned to ");
    write_word(out, task, "role", ", for role ");
    write_word(out, task, "dependsOn", ", after ");
    write_word(out, task, "paths", ", paths ");
    write_word(out, task, "createdBy", ", made by ");
    fputs(json_member(task, "createdBy") ? " (unverified)\n" : "\n", out);
}

static void write_part(FILE *out, json_value *task, const char *name, const char *label)
{
    char *text = json_show(json_member(task, name));
    if (*text)
        fprintf(out, "%s%s\n", label, text);
    free(text);
}

/* Everything that was written about a task, as one text. */
static char *text_of(json_value *task)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    json_value *notes = json_member(task, "notes");
    if (!out)
        tool_fail(STATUS_SYSTEM, "out of memory");
    write_part(out, task, "title", "");
    write_part(out, task, "description", "");
    write_part(out, task, "acceptance", "acceptance: ");
    write_part(out, task, "reason", "reason: ");
    write_part(out, task, "result", "result: ");
    for (size_t i = 0; i < json_count(notes); i++) {
        json_value *note = json_element(notes, i);
        fprintf(out, "note of %s: ", json_member_text(note, "from", "nobody"));
        write_part(out, note, "text", "");
    }
    if (fclose(out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    if (size > 0)
        text[size - 1] = '\0'; /* the end of the last line */
    return text;
}

static const char *const brief[] = {"id",        "title", "state",     "priority",
                                    "holder",    "token", "assignee",  "role",
                                    "dependsOn", "paths", "createdBy", NULL};

json_value *view_task(json_value *task, size_t *left, FILE *out)
{
    json_value *shown = view_fields(task, brief, WORD * 2, left);
    write_task(out, shown);
    quote_member(out, shown, "title", "");
    return shown;
}

json_value *view_whole_task(json_value *task, size_t offset, FILE *out)
{
    static const char *const all[] = {
        "id",          "title",     "state",     "priority", "holder",  "token",     "leaseMs",
        "assignee",    "role",      "dependsOn", "paths",    "labels",  "parent",    "description",
        "acceptance",  "result",    "reason",    "notes",    "retries", "createdBy", "submitter",
        "completedBy", "createdAt", "updatedAt", NULL};
    char *text = text_of(task);
    int fits = strlen(text) <= PAGE && offset == 0;
    size_t left = FOREIGN_ALL;
    json_value *shown = view_fields(task, fits ? all : brief, fits ? PAGE : WORD * 2, &left);
    write_task(out, shown);
    if (fits)
        foreign_quote(out, text);
    else
        foreign_page(shown, "text", text, offset, PAGE, "task_list, this id", out);
    free(text);
    return shown;
}

json_value *view_agent(json_value *agent, size_t *left, FILE *out)
{
    static const char *const names[] = {
        "agentId", "role",      "capabilities", "online", "status", "note", "lastSeen",
        "branch",  "workspace", "claims",       "owns",   "unread", NULL};
    json_value *shown = view_fields(agent, names, WORD, left);
    write_word(out, shown, "agentId", "  ");
    fputs(json_member_true(shown, "online") ? ", online" : ", offline", out);
    write_word(out, shown, "status", ", ");
    write_word(out, shown, "role", ", role ");
    write_word(out, shown, "claims", ", claims ");
    write_word(out, shown, "owns", ", owns ");
    fputc('\n', out);
    quote_member(out, shown, "note", "");
    return shown;
}

json_value *view_reservation(json_value *reservation, size_t *left, FILE *out)
{
    static const char *const names[] = {"path",   "paths", "mode",    "holder", "since",
                                        "reason", "task",  "waiting", NULL};
    json_value *shown = view_fields(reservation, names, WORD, left);
    write_word(out, shown, "paths", "  ");
    write_word(out, shown, "mode", ", ");
    write_word(out, shown, "holder",
               json_member_true(shown, "waiting") ? ", wanted by " : ", held by ");
    write_word(out, shown, "task", " for task ");
    write_word(out, shown, "since", " since ");
    fputc('\n', out);
    quote_member(out, shown, "reason", "");
    return shown;
}
