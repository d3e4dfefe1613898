/* SPDX-License-Identifier: MIT */
/* Durable positions: see cursor.h. */
#include "cursor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "record.h"

#define FILE_MAX 4096
#define NAME_MAX_BYTES (sizeof "cursors/.json" + SOC_ID_MAX)

static void make_name(char out[NAME_MAX_BYTES], const char *agent)
{
    snprintf(out, NAME_MAX_BYTES, "cursors/%s.json", agent);
}

static int fail_field(const char *name, const char *field, struct soc_error *error)
{
    return soc_fail(error, SOCIETY_E_CORRUPT, "%s: field %s is missing or not what it should be",
                    name, field);
}

static int parse(const char *name, const struct soc_strbuf *text, struct soc_cursor *cursor,
                 struct soc_error *error)
{
    struct soc_error why = {0};
    SOC_AUTO_JSON soc_json *json = soc_json_parse(text->data ? text->data : "", text->length, &why);
    if (!json)
        return soc_fail(error, why.code == -ENOMEM ? -ENOMEM : SOCIETY_E_CORRUPT, "%s: %s", name,
                        why.text);
    const char *log = soc_json_get_string(json, "log");
    const char *check = soc_json_get_string(json, "check");
    const char *last = soc_json_get_string(json, "last");
    if (!log || strcmp(log, "messages") != 0)
        return fail_field(name, "log", error);
    if (!soc_json_get_integer(json, "position", &cursor->position) || cursor->position < 0)
        return fail_field(name, "position", error);
    if (!check || strlen(check) != 8)
        return fail_field(name, "check", error);
    memcpy(cursor->check, check, sizeof cursor->check);
    snprintf(cursor->last, sizeof cursor->last, "%s",
             last && strlen(last) <= SOC_ID_MAX ? last : "");
    return 0;
}

int soc_cursor_load(const struct soc_dir *dir, const char *agent, struct soc_cursor *ret_cursor,
                    struct soc_error *error)
{
    char name[NAME_MAX_BYTES];
    make_name(name, agent);
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    int result = soc_fs_read(dir, name, FILE_MAX, &text, error);
    if (result < 0)
        return result == SOCIETY_E_TOO_BIG ? fail_field(name, "log", error) : result;
    struct soc_cursor cursor;
    result = parse(name, &text, &cursor, error);
    if (result == 0)
        *ret_cursor = cursor;
    return result;
}

int soc_cursor_store(const struct soc_dir *dir, const char *agent, const struct soc_cursor *cursor,
                     struct soc_error *error)
{
    char name[NAME_MAX_BYTES];
    make_name(name, agent);
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    soc_strbuf_add_string(&text, "{\"agent\":");
    soc_json_quote(&text, agent, strlen(agent));
    soc_record_string(&text, "log", "messages");
    soc_record_integer(&text, "position", cursor->position);
    soc_record_string(&text, "last", cursor->last);
    soc_record_string(&text, "check", cursor->check);
    soc_strbuf_add_string(&text, "}\n");
    if (text.failed)
        return soc_fail_memory(error);
    int result = soc_fs_mkdir(dir, "cursors", error);
    return result < 0 ? result : soc_fs_replace(dir, name, text.data, text.length, false, error);
}

int soc_cursor_open_reader(const struct soc_cursor *cursor, const struct soc_dir *dir,
                           struct soc_reader *reader, struct soc_error *error)
{
    char check[9];
    int result = soc_reader_open(reader, dir, "messages", cursor->position, error);
    if (result < 0)
        return result;
    result = soc_reader_check(reader, reader->position, check, error);
    /* A position that was deleted with the history before it reads on at the oldest record, and one
     * that has become the start of a segment has no bytes before it; anything else must match. */
    if (result == 0 && (reader->incident[0] == '\0' || reader->passed_over) &&
        reader->position == cursor->position && reader->position != reader->segment.base &&
        strcmp(check, cursor->check) != 0)
        result = soc_reader_restart(reader, "is not what the agent's cursor was made from", error);
    if (result < 0)
        soc_reader_close(reader);
    else if (cursor->last[0] != '\0')
        soc_reader_know(reader, cursor->last);
    return result;
}

int soc_cursor_begin(const struct soc_dir *dir, const char *agent, struct soc_reader *reader,
                     struct soc_error *error)
{
    struct soc_cursor cursor;
    struct soc_error why = {0};
    int result = soc_cursor_load(dir, agent, &cursor, &why);
    if (result == 0)
        return soc_cursor_open_reader(&cursor, dir, reader, error);
    if (result != -ENOENT && result != SOCIETY_E_CORRUPT) {
        *error = why;
        return result;
    }
    bool damaged = result == SOCIETY_E_CORRUPT;
    result = soc_reader_open(reader, dir, "messages", SOC_READ_FROM_START, error);
    if (result == 0 && damaged)
        snprintf(reader->incident, sizeof reader->incident, "%.200s; reading begins at the start",
                 why.text);
    return result;
}

bool soc_cursor_is_behind(const struct soc_cursor *cursor, const struct soc_dir *dir,
                          const char *agent, const struct soc_reader *reader)
{
    struct soc_cursor stored;
    char check[9];
    if (soc_cursor_load(dir, agent, &stored, NULL) < 0 || stored.position <= cursor->position)
        return false;
    if (reader->archived && stored.position >= reader->limit)
        return true;
    return stored.position >= reader->segment.base &&
           soc_reader_check(reader, stored.position, check, NULL) == 0 &&
           strcmp(check, stored.check) == 0;
}
