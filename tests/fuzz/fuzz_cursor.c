/* SPDX-License-Identifier: MIT */
/*
 * An agent's cursor with any content over a log that may not be the one that it was made from: nothing that is not behind a
 * sound cursor is ever left out, and what is stored is loaded again.
 */
#include <society/message.h>
#include <society/tail.h>
#include <unistd.h>

#include "cursor.h"
#include "fuzz/fuzz.h"
#include "harness/files.h"
#include "harness/member.h"

enum { MESSAGES = 5 };

static struct soc_dir dir;

static void clean_up(void)
{
    soc_dir_close(&dir);
    member_teardown(NULL);
}

static void begin(void)
{
    char id[3] = "m0";

    member_setup(NULL);
    atexit(clean_up);
    must(soc_dir_open(&dir, member_path(""), NULL) == 0);
    society *s = member_open("w2");
    for (int i = 0; i < MESSAGES; i++, id[1]++)
        member_send(s, "w1", id);
    society_close(s);
}

/* How many messages come, from the cursor on. */
static int count_messages(void)
{
    society *s = member_open("w1");
    society_tail *tail;
    const char *record;
    int count = 0;

    must(society_tail_open(s, "messages", SOCIETY_FROM_CURSOR, 0, &tail) == 0);
    while (society_tail_next(tail, &record, NULL) == 1)
        count++;
    society_close(s);
    return count;
}

static void check_round(const struct soc_cursor *cursor)
{
    struct soc_cursor again;

    must(soc_cursor_store(&dir, "w1", cursor, NULL) == 0);
    must(soc_cursor_load(&dir, "w1", &again, NULL) == 0);
    must(again.position == cursor->position && strcmp(again.last, cursor->last) == 0 &&
         strcmp(again.check, cursor->check) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool begun;
    struct soc_cursor cursor;
    struct soc_error error = {0};
    struct soc_reader reader;

    if (!begun)
        begin();
    begun = true;
    write_file(member_path("cursors/w1.json"), size ? data : (const uint8_t *)"", size);
    int result = soc_cursor_load(&dir, "w1", &cursor, &error);
    int count = count_messages();
    must(count <= MESSAGES);
    if (result < 0) {
        must(result == SOCIETY_E_CORRUPT && strstr(error.text, "cursors/w1.json"));
        must(count == MESSAGES);
        return 0;
    }
    must(soc_cursor_open_reader(&cursor, &dir, &reader, &error) == 0);
    /* Either it was made from this log, or everything comes again but the one that it names. */
    if (reader.incident[0] != '\0')
        must(count >= MESSAGES - (cursor.last[0] == 'm'));
    soc_reader_close(&reader);
    check_round(&cursor);
    return 0;
}
