/* SPDX-License-Identifier: MIT */
/* Which fields a task has, of what kind, and who may give them: see task_fields.h. */
#include "task_fields.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "glob.h"

enum field_kind { TEXT, TEXTS, PRIORITY, COUNT, STATE, NOTES, FLAG, ANY };

static const struct field {
    const char *key;
    enum field_kind kind;
    enum soc_task_giver giver; /* the least */
} fields[] = {
    {"title", TEXT, SOC_TASK_EDITOR},
    {"description", TEXT, SOC_TASK_EDITOR},
    {"acceptance", TEXT, SOC_TASK_EDITOR},
    {"role", TEXT, SOC_TASK_EDITOR},
    {"parent", TEXT, SOC_TASK_EDITOR},
    {"labels", TEXTS, SOC_TASK_EDITOR},
    {"paths", TEXTS, SOC_TASK_EDITOR},
    {"priority", PRIORITY, SOC_TASK_EDITOR},
    {"maxRetries", COUNT, SOC_TASK_EDITOR},
    {"dependsOn", TEXTS, SOC_TASK_CREATOR}, /* edits go by task_depend */
    {"assignee", TEXT, SOC_TASK_CREATOR},
    {"state", STATE, SOC_TASK_CREATOR},
    {"result", ANY, SOC_TASK_CREATOR},
    {"reason", TEXT, SOC_TASK_CREATOR},
    {"retries", COUNT, SOC_TASK_CREATOR},
    {"notes", NOTES, SOC_TASK_CREATOR},
    {"createdBy", TEXT, SOC_TASK_CREATOR},
    {"createdAt", TEXT, SOC_TASK_CREATOR},
    {"completedBy", TEXT, SOC_TASK_CREATOR},
    {"updatedAt", TEXT, SOC_TASK_CREATOR},
    {"holder", TEXT, SOC_TASK_COMPACTION},
    {"claimedAt", TEXT, SOC_TASK_COMPACTION},
    {"session", TEXT, SOC_TASK_COMPACTION},
    {"submitter", TEXT, SOC_TASK_CREATOR},
    {"token", COUNT, SOC_TASK_COMPACTION},
    {"lastToken", COUNT, SOC_TASK_COMPACTION},
    {"leaseMs", COUNT, SOC_TASK_COMPACTION},
    {"renewed", COUNT, SOC_TASK_COMPACTION},
    {"position", COUNT, SOC_TASK_COMPACTION},
    {"ended", COUNT, SOC_TASK_COMPACTION},
    {"present", FLAG, SOC_TASK_COMPACTION},
    {"own", COUNT, SOC_TASK_COMPACTION},
};

static const struct field *find_field(const char *key)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (strcmp(key, fields[i].key) == 0)
            return &fields[i];
    return NULL;
}

static bool is_state_word(const char *word, enum soc_task_giver giver)
{
    static const char *const words[] = {"open",      "blocked", "done",   "failed",
                                        "cancelled", "review",  "claimed"};
    size_t count = giver == SOC_TASK_COMPACTION ? 7 : 6; /* a claim can't be brought along */
    for (size_t i = 0; word && i < count; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

static bool is_note(const soc_json *note)
{
    return soc_json_get_string(note, "text") && soc_json_get_string(note, "from");
}

static bool is_list(const soc_json *value, enum field_kind kind)
{
    bool sound = soc_json_kind(value) == SOC_JSON_ARRAY;
    for (size_t i = 0; sound && i < soc_json_count(value); i++) {
        const soc_json *item = soc_json_item(value, i);
        sound = kind == NOTES ? is_note(item) : soc_json_string(item) != NULL;
    }
    return sound;
}

static bool is_sound(enum field_kind kind, const soc_json *value, enum soc_task_giver giver)
{
    int64_t number = -1;
    bool integer = soc_json_integer(value, &number);
    bool absent = soc_json_kind(value) == SOC_JSON_NULL;
    switch (kind) {
    case TEXT: return absent || soc_json_string(value);
    case PRIORITY: return integer && number >= 0 && number <= 4;
    case COUNT: return (absent && giver == SOC_TASK_COMPACTION) || (integer && number >= 0);
    case STATE: return is_state_word(soc_json_string(value), giver);
    case FLAG: return absent || soc_json_kind(value) == SOC_JSON_BOOL;
    case TEXTS:
    case NOTES: return is_list(value, kind);
    case ANY: break;
    }
    return true;
}

/* null is what a field is that is absent. */
static int set_field(soc_json *task, const char *key, const soc_json *value)
{
    if (soc_json_kind(value) == SOC_JSON_NULL)
        return soc_json_remove(task, key);
    return soc_json_set(task, key, soc_json_share(value));
}

int soc_task_copy_fields(soc_json *task, const soc_json *given, enum soc_task_giver giver)
{
    const char *key;
    const soc_json *value;
    int result = 0;
    for (void *i = NULL; result == 0 && (i = soc_json_next(given, i, &key, &value));) {
        const struct field *field = find_field(key);
        if (field && giver >= field->giver && is_sound(field->kind, value, giver))
            result = set_field(task, key, value);
    }
    return result;
}

static int add_items(soc_json *task, const char *key, const soc_json *items)
{
    int result = 0;
    soc_json *list = (soc_json *)(uintptr_t)soc_json_get(task, key);
    if (!list || soc_json_kind(list) != SOC_JSON_ARRAY)
        return set_field(task, key, items);
    for (size_t i = 0; result == 0 && i < soc_json_count(items); i++)
        result = soc_json_append(list, soc_json_copy(soc_json_item(items, i)));
    return result;
}

int soc_task_add_fields(soc_json *task, const soc_json *given)
{
    const char *key;
    const soc_json *value;
    int result = 0;
    for (void *i = NULL; result == 0 && (i = soc_json_next(given, i, &key, &value));) {
        const struct field *field = find_field(key);
        if (!field || !is_sound(field->kind, value, SOC_TASK_COMPACTION))
            continue;
        bool list = field->kind == TEXTS || field->kind == NOTES;
        result = list ? add_items(task, key, value) : set_field(task, key, value);
    }
    return result;
}

const char *soc_task_unsound_field(const soc_json *given, enum soc_task_giver giver)
{
    const char *key;
    const soc_json *value;
    for (void *i = NULL; (i = soc_json_next(given, i, &key, &value));) {
        const struct field *field = find_field(key);
        if (field && (giver < field->giver || !is_sound(field->kind, value, giver)))
            return field->key;
    }
    return NULL;
}

/* A slash in front is for what lies in the project by its whole name, which only a claim can tell. */
int soc_task_check_paths(const soc_json *given, struct soc_error *error)
{
    const soc_json *paths = soc_json_get(given, "paths");
    for (size_t i = 0; i < soc_json_count(paths); i++) {
        const char *pattern = soc_json_string(soc_json_item(paths, i));
        SOC_AUTO_STRBUF struct soc_strbuf normal = SOC_STRBUF_INIT;
        struct soc_error why = {0};
        if (!pattern)
            continue;
        int result = soc_glob_normalise(pattern + strspn(pattern, "/"), &normal, &why);
        if (result < 0)
            return soc_fail(error, result, "field paths: %s", why.text);
    }
    return 0;
}

const char *soc_task_field_form(const char *key)
{
    const struct field *field = find_field(key);
    if (!field || field->giver == SOC_TASK_COMPACTION)
        return "can't be given";
    switch (field->kind) {
    case TEXT: return "must be a string";
    case TEXTS: return "must be a list of strings";
    case PRIORITY: return "must be a whole number from 0 to 4";
    case COUNT: return "must be a whole number, 0 or more";
    case STATE: return "must be one of open, blocked, review, done, failed, cancelled";
    case NOTES: return "must be a list of objects with from and text";
    case FLAG:
    case ANY: break;
    }
    return "is not what it should be";
}

bool soc_task_is_state(const char *word)
{
    return is_state_word(word, SOC_TASK_COMPACTION);
}

const char *soc_task_uneditable_field(const soc_json *given)
{
    const char *key;
    const soc_json *value;
    for (void *i = NULL; (i = soc_json_next(given, i, &key, &value));) {
        const struct field *field = find_field(key);
        if (!field || field->giver != SOC_TASK_EDITOR)
            return key;
    }
    return NULL;
}

void soc_task_editable_fields(struct soc_strbuf *out)
{
    const char *comma = "";
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (fields[i].giver != SOC_TASK_EDITOR)
            continue;
        soc_strbuf_add_string(out, comma);
        soc_strbuf_add_string(out, fields[i].key);
        comma = ", ";
    }
}
