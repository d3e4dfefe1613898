/* SPDX-License-Identifier: MIT */
/*
 * What an issue says and a task does not is dropped, but for its kind, which becomes a label, and its free texts, which become
 * notes. A dependency on an issue that was deleted or is not in the file is no obstacle, so it is dropped too.
 */
#include "task_beads.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "compose.h"
#include "tool.h"

__attribute__((format(printf, 4, 5))) static _Noreturn void refuse(const struct beads *b, int line,
                                                                   const char *field,
                                                                   const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    tool_fail(STATUS_SYSTEM, "%s: line %d: field %s: %s", b->file, line, field,
              text ? text : "out of memory");
}

/* ---- Names ---- */

static int is_word_character(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Fills in `ours`; 0: it can't be made an id. */
static int translate(struct beads_name *name)
{
    size_t length = strlen(name->name);
    if (length == 0 || length >= sizeof name->ours || !is_word_character(name->name[0]))
        return 0;
    for (size_t i = 0; i <= length; i++) {
        char c = name->name[i];
        int stays = c == '\0' || c == '.' || c == '_' || is_word_character(c);
        name->ours[i] = (char)(stays ? c : '-');
    }
    return 1;
}

static void add_name(struct beads *b, struct beads_names *names, struct beads_name name)
{
    if (!translate(&name))
        refuse(b, name.line, names->field, "'%s' can't be made an id", name.name);
    if (names->count == names->room) {
        names->room = names->room ? 2 * names->room : 64;
        names->items = realloc(names->items, names->room * sizeof *names->items);
        if (!names->items)
            tool_fail(STATUS_SYSTEM, "out of memory");
    }
    names->items[names->count++] = name;
}

int beads_is_issue(json_value *line)
{
    return json_member(line, "issue_type") || json_member(line, "status");
}

int beads_is_deleted(json_value *issue)
{
    return strcmp(json_member_text(issue, "status", ""), "tombstone") == 0;
}

void beads_gather(struct beads *b, json_value *line, int number)
{
    int issue = beads_is_issue(line);
    int deleted = issue && beads_is_deleted(line);
    const char *id = json_member_text(line, "id", NULL);
    const char *assignee = json_member_text(line, "assignee", "");
    b->issues.field = "id";
    b->people.field = "assignee";
    if (issue && !id)
        refuse(b, number, "id", "is missing");
    /* Ids of ours are judged by the library; here they only must not be hit by others. */
    if (id &&
        (issue || (*id && strlen(id) < sizeof b->issues.items->ours && is_word_character(*id))))
        add_name(b, &b->issues,
                 (struct beads_name){.name = id, .line = number, .deleted = deleted});
    if (issue && !deleted && *assignee)
        add_name(b, &b->people, (struct beads_name){.name = assignee, .line = number});
}

static int by_ours(const void *a, const void *b)
{
    const struct beads_name *one = a, *other = b;
    int order = strcmp(one->ours, other->ours);
    return order ? order : one->line - other->line;
}

static void settle(struct beads *b, struct beads_names *names)
{
    if (names->count > 0)
        qsort(names->items, names->count, sizeof *names->items, by_ours);
    for (size_t i = 1; i < names->count; i++) {
        const struct beads_name *one = &names->items[i - 1], *other = &names->items[i];
        if (strcmp(one->ours, other->ours) == 0 && strcmp(one->name, other->name) != 0)
            refuse(b, other->line, names->field, "'%s' and '%s' of line %d would both become '%s'",
                   other->name, one->name, one->line, one->ours);
    }
}

void beads_settle(struct beads *b)
{
    settle(b, &b->issues);
    settle(b, &b->people);
}

/* Sorted by what they became, names can be found by translating once more. */
static const struct beads_name *find(const struct beads_names *names, const char *name)
{
    struct beads_name wanted = {.name = name};
    size_t low = 0, high = names->count;
    if (!translate(&wanted))
        return NULL;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(names->items[middle].ours, wanted.ours) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    int found = low < names->count && strcmp(names->items[low].name, name) == 0;
    return found ? &names->items[low] : NULL;
}

void beads_free(struct beads *b)
{
    free(b->issues.items);
    free(b->people.items);
}

/* ---- Issues ---- */

/* RFC 3339 with any offset becomes UTC with milliseconds. */
static void write_time(const struct beads *b, struct compose *c, const char *ours,
                       json_value *issue, const char *field, int line)
{
    char text[sizeof "2026-01-01T00:00:00.000Z"];
    const char *given = json_member_text(issue, field, NULL);
    struct tm local = {0}, utc;
    if (!given)
        return;
    const char *rest = strptime(given, "%Y-%m-%dT%H:%M:%S", &local);
    int milliseconds = 0, digits = 0, hours = 0, minutes = 0, used = 0;
    if (rest && *rest == '.')
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, digits++)
            milliseconds = digits < 3 ? milliseconds * 10 + (*rest - '0') : milliseconds;
    for (; digits > 0 && digits < 3; digits++)
        milliseconds *= 10;
    int zulu = rest && strcmp(rest, "Z") == 0;
    if (!rest ||
        (!zulu && (sscanf(rest, "%*1[+-]%2d:%2d%n", &hours, &minutes, &used) != 2 || rest[used])))
        refuse(b, line, field, "'%s' is no time as in RFC 3339", given);
    int offset = (hours * 60 + minutes) * 60;
    time_t then = timegm(&local) - (*rest == '-' ? -offset : offset);
    size_t length =
        gmtime_r(&then, &utc) ? strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc) : 0;
    if (length == 0)
        refuse(b, line, field, "'%s' is no time as in RFC 3339", given);
    snprintf(text + length, sizeof text - length, ".%03dZ", milliseconds);
    compose_text(c, ours, text);
}

static void write_state(const struct beads *b, struct compose *c, json_value *issue, int line)
{
    const char *status = json_member_text(issue, "status", "open");
    if (strcmp(status, "closed") == 0) {
        compose_text(c, "state", "done");
        compose_text(c, "result", json_member_text(issue, "close_reason", NULL));
    } else if (strcmp(status, "blocked") == 0) {
        compose_text(c, "state", "blocked");
        compose_text(c, "reason", "was blocked when it was imported");
    } else if (strcmp(status, "open") != 0 && strcmp(status, "deferred") != 0 &&
               strcmp(status, "in_progress") != 0) {
        refuse(b, line, "status",
               "'%s' is none of open, in_progress, blocked, deferred, closed, tombstone", status);
    }
}

static void write_labels(const struct beads *b, struct compose *c, json_value *issue, int line)
{
    struct texts labels = {0};
    json_value *given = json_member(issue, "labels");
    const char *kind = json_member_text(issue, "issue_type", NULL);
    for (size_t i = 0; i < json_count(given); i++) {
        const char *label = json_text(json_element(given, i));
        if (!label)
            refuse(b, line, "labels", "must be texts");
        texts_add(&labels, label);
        if (kind && strcmp(label, kind) == 0)
            kind = NULL;
    }
    if (kind)
        texts_add(&labels, kind);
    compose_list(c, "labels", labels.items, labels.count);
    texts_free(&labels);
}

/* The task that a dependency means; NULL: it is none of this file's any more. */
static const char *target_of(const struct beads *b, json_value *dependency, json_value *issue,
                             int line)
{
    const char *on = json_member_text(dependency, "depends_on_id", NULL);
    const char *id = json_member_text(issue, "id", "");
    if (!on)
        refuse(b, line, "dependencies", "one has no depends_on_id");
    if (strcmp(json_member_text(dependency, "issue_id", id), id) != 0)
        refuse(b, line, "dependencies", "one is of another issue");
    const struct beads_name *found = find(&b->issues, on);
    return found && !found->deleted ? found->ours : NULL;
}

static void write_dependencies(const struct beads *b, struct compose *c, json_value *issue,
                               int line)
{
    struct texts needs = {0};
    const char *parent = NULL;
    json_value *dependencies = json_member(issue, "dependencies");
    for (size_t i = 0; i < json_count(dependencies); i++) {
        json_value *dependency = json_element(dependencies, i);
        const char *kind = json_member_text(dependency, "type", "");
        const char *target = target_of(b, dependency, issue, line);
        if (target && strcmp(kind, "blocks") == 0)
            texts_add(&needs, target);
        if (target && strcmp(kind, "parent-child") == 0)
            parent = target;
    }
    compose_list(c, "dependsOn", needs.items, needs.count);
    compose_text(c, "parent", parent);
    texts_free(&needs);
}

/* Texts that have no field with us. */
static void write_notes(const struct beads *b, struct compose *c, json_value *issue, int line)
{
    static const char *const fields[] = {"design", "notes"};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        tool_fail(STATUS_SYSTEM, "out of memory");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct compose note;
        const char *given = json_member_text(issue, fields[i], "");
        if (*given == '\0')
            continue;
        compose_begin(&note);
        compose_text(&note, "from", b->agent);
        compose_text(&note, "text", given);
        write_time(b, &note, "timestamp", issue, "updated_at", line);
        char *object = compose_end(&note);
        fprintf(out, "%c%s", ftell(out) > 0 ? ',' : '[', object);
        free(object);
    }
    if (fclose(out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    if (size > 0) {
        char *list = NULL;
        if (asprintf(&list, "%s]", text) < 0)
            tool_fail(STATUS_SYSTEM, "out of memory");
        compose_json(c, "notes", list);
        free(list);
    }
    free(text);
}

/* What has another type than beads gives it would be lost without a word. */
static void check_types(const struct beads *b, json_value *issue, int line)
{
    static const char *const texts[] = {"title",        "description", "acceptance_criteria",
                                        "status",       "issue_type",  "assignee",
                                        "close_reason", "design",      "notes",
                                        "created_at",   "updated_at",  "closed_at"};
    static const char *const lists[] = {"labels", "dependencies"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (json_member(issue, texts[i]) && !json_member_text(issue, texts[i], NULL))
            refuse(b, line, texts[i], "must be a text");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (json_member(issue, lists[i]) && !json_is_list(json_member(issue, lists[i])))
            refuse(b, line, lists[i], "must be a list");
    if (json_member(issue, "priority") && json_member_number(issue, "priority", -1) < 0)
        refuse(b, line, "priority", "must be a whole number from 0 to 4");
}

void beads_write(const struct beads *b, json_value *issue, int number, FILE *out)
{
    struct compose c;
    const struct beads_name *id = find(&b->issues, json_member_text(issue, "id", ""));
    const struct beads_name *assignee = find(&b->people, json_member_text(issue, "assignee", ""));
    int closed = strcmp(json_member_text(issue, "status", ""), "closed") == 0;
    check_types(b, issue, number);
    compose_begin(&c);
    compose_text(&c, "id", id ? id->ours : NULL);
    compose_text(&c, "title", json_member_text(issue, "title", NULL));
    compose_text(&c, "description", json_member_text(issue, "description", NULL));
    compose_text(&c, "acceptance", json_member_text(issue, "acceptance_criteria", NULL));
    /* beads leaves out what is zero, and zero is its most urgent. */
    compose_number(&c, "priority", json_member_number(issue, "priority", 0));
    compose_text(&c, "assignee", assignee ? assignee->ours : NULL);
    write_state(b, &c, issue, number);
    write_labels(b, &c, issue, number);
    write_dependencies(b, &c, issue, number);
    write_notes(b, &c, issue, number);
    write_time(b, &c, "createdAt", issue, "created_at", number);
    write_time(b, &c, "updatedAt", issue,
               closed && json_member(issue, "closed_at") ? "closed_at" : "updated_at", number);
    char *task = compose_end(&c);
    fputs(task, out);
    free(task);
}
