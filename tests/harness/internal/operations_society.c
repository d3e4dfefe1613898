/* SPDX-License-Identifier: MIT */
/* The society that the operations are tried on: see operations.h and operations_society.h. */
#include "harness/internal/operations_society.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/die.h"
#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/internal/operations.h"
#include "harness/member.h"

#include <society/ownership.h>
#include <society/task.h>

/* ---- The society ---- */

enum { FILES = 64 };

static struct kept {
    char *path;
    char *data;
    size_t length;
} files[FILES];
static int file_count;
char operations_attachment[65];
char operations_source[600];

static void need(society *s, int result)
{
    if (result < 0)
        die("%s: %s", society_error_name(result), society_last_message(s));
}

static void add_task(society *s, const char *id, const char *members)
{
    char text[256];

    snprintf(text, sizeof text, "{\"title\":\"T\",\"id\":\"%s\"%s}", id, members);
    need(s, society_task_create(s, text, NULL));
}

static void furnish_tasks(society *lead, society *w1)
{
    static const char *const open_ids[] = {"t1", "t2", "t3", "t4"};

    for (int i = 0; i < 4; i++)
        add_task(lead, open_ids[i], "");
    add_task(lead, "t5", ",\"dependsOn\":[\"t1\"],\"maxRetries\":1");
    need(w1, society_task_claim(w1, "t2", 0, NULL));
    need(lead, society_task_claim(lead, "t3", 0, NULL));
    need(w1, society_task_claim(w1, "t4", 0, NULL));
    need(w1, society_task_change(w1, "t4", "complete", "{\"result\":1}", SOCIETY_NO_TOKEN));
    add_task(lead, "t6", ",\"paths\":[\"e/**\"]");
    need(w1, society_compact(w1, "tasks", SOCIETY_COMPACT_FORCE, NULL));
}

static void furnish(society *lead, society *w1)
{
    char *stored;
    society_tail *tail;

    need(lead, society_register(lead, "{\"role\":\"lead\"}"));
    need(w1, society_register(w1, "{\"role\":\"tester\",\"capabilities\":[\"c\"]}"));
    member_send(lead, "w1", "m1");
    need(lead, society_compact(lead, "messages", SOCIETY_COMPACT_FORCE, NULL));
    member_send(lead, "w1", "m2");
    need(w1, society_tail_open(w1, "messages", SOCIETY_FROM_CURSOR, SOCIETY_TAIL_RECEIPTS, &tail));
    member_take(tail);
    need(w1, society_tail_commit(tail));
    society_tail_close(tail);
    member_send(lead, "w1", "m3");
    furnish_tasks(lead, w1);
    need(w1, society_own_acquire(w1, "[\"a/**\"]", 0, NULL, 0, NULL));
    need(lead, society_own_acquire(lead, "[\"b\"]", 0, NULL, 0, NULL));
    snprintf(operations_source, sizeof operations_source, "%s/source", member_project());
    write_text(operations_source, "what is attached");
    need(w1, society_attach(w1, operations_source, &stored));
    snprintf(operations_attachment, sizeof operations_attachment, "%s",
             member_text(stored, "hash"));
    society_free(stored);
}

static int keep_file(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)where;
    if (type != FTW_F || !S_ISREG(st->st_mode))
        return 0;
    if (file_count == FILES)
        die("too many files");
    struct kept *file = &files[file_count++];
    file->path = strdup(path);
    file->data = read_file(path, &file->length);
    return 0;
}

static int remove_file(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)where;
    if (type == FTW_F || type == FTW_SL)
        unlink(path);
    return 0;
}

void operations_restore(void)
{
    nftw(member_path(""), remove_file, 16, FTW_PHYS);
    for (int i = 0; i < file_count; i++) {
        write_file(files[i].path, files[i].data, files[i].length);
        chmod(files[i].path, 0600);
    }
}

int operations_setup(void **state)
{
    member_setup(state);
    faults_install();
    faults_skip_sync(true);
    if (getenv("SOCIETY_OPERATION_PLAIN")) /* claims make no lock files */
        write_text(member_path("project.json"), "{\"version\":1,\"lockFiles\":false}");
    society *lead = member_open("lead");
    society *w1 = member_open("w1");
    furnish(lead, w1);
    society_close(lead);
    society_close(w1);
    file_count = 0;
    nftw(member_path(""), keep_file, 16, FTW_PHYS);
    return 0;
}

int operations_teardown(void **state)
{
    faults_remove();
    for (int i = 0; i < file_count; i++) {
        free(files[i].path);
        free(files[i].data);
    }
    file_count = 0;
    return member_teardown(state);
}

/* ---- What must be there ---- */

bool has_message(society *s, const char *id)
{
    char *text = NULL;
    bool there = society_message_get(s, id, &text) == 0;

    society_free(text);
    return there;
}

/* A field of a task; "" where there is none. */
static const char *task_field_of(society *s, const char *id, const char *key)
{
    char *text = NULL;
    const char *value = "";

    if (society_task_get(s, id, &text) == 0)
        value = member_field(text, key);
    society_free(text);
    return value;
}

bool is_task(society *s, const char *id, const char *key, const char *value)
{
    return strcmp(task_field_of(s, id, key), value) == 0;
}

/* How many items of the list have all three texts; each NULL: any. */
static int count_items(society_list *list, const char *one, const char *two)
{
    int count = 0;

    for (int64_t i = 0; i < society_list_count(list); i++) {
        const char *item = society_list_item(list, i);
        count += strstr(item, one) && strstr(item, two);
    }
    society_list_free(list);
    return count;
}

bool is_held(society *s, const char *holder, const char *pattern)
{
    society_list *list = NULL;
    char one[64];
    char two[64];

    snprintf(one, sizeof one, "\"holder\":\"%s\"", holder);
    snprintf(two, sizeof two, "\"%s\"", pattern);
    return society_own_list(s, &list) >= 0 && count_items(list, one, two) > 0;
}

static bool opens_attachment(society *s)
{
    int32_t fd;

    if (society_attachment_open(s, operations_attachment, &fd) < 0)
        return false;
    close(fd);
    return true;
}

bool is_registered(society *s, const char *agent, const char *words)
{
    char *text = NULL;
    bool there = society_agent_get(s, agent, &text) == 0 && strstr(text, words);

    society_free(text);
    return there;
}

#define EXPECT(condition)                                                    \
    do {                                                                     \
        if (!(condition)) {                                                  \
            printf("# lost: %s: %s\n", #condition, society_last_message(s)); \
            kept = false;                                                    \
        }                                                                    \
    } while (0)

bool operations_kept(society *s)
{
    bool kept = true;

    EXPECT(has_message(s, "m1"));
    EXPECT(has_message(s, "m2"));
    EXPECT(has_message(s, "m3"));
    EXPECT(is_task(s, "t1", "title", "\"T\"") || is_task(s, "t1", "title", "\"E\""));
    EXPECT(!is_task(s, "t2", "state", ""));
    EXPECT(is_task(s, "t3", "holder", "\"lead\""));
    EXPECT(is_task(s, "t4", "result", "1") || is_task(s, "t4", "state", "\"open\""));
    EXPECT(is_task(s, "t5", "dependsOn", "[\"t1\"]") || is_task(s, "t5", "dependsOn", "[]"));
    EXPECT(is_held(s, "lead", "b"));
    EXPECT(opens_attachment(s));
    EXPECT(is_registered(s, "lead", "\"role\":\"lead\""));
    return kept;
}

bool operations_sound(society *s, int64_t torn)
{
    society_list *list = NULL;
    int64_t malformed = 0;

    if (society_check(s, SOCIETY_CHECK_REPAIR, NULL) < 0 || society_check(s, 0, &list) < 0) {
        printf("# society_check: %s\n", society_last_message(s));
        return false;
    }
    bool sound = true;
    for (int64_t i = 0; i < society_list_count(list); i++) {
        const char *item = society_list_item(list, i);
        malformed += strtoll(member_field(item, "malformed"), NULL, 10);
        for (const char *at = item; (at = strstr(at, "\"what\":\"")); at++) {
            if (strncmp(at + 8, "malformed: ", 11) == 0)
                continue;
            printf("# %.300s\n", at);
            sound = false;
        }
    }
    society_list_free(list);
    if (malformed > torn)
        printf("# %lld malformed lines\n", (long long)malformed);
    return sound && malformed <= torn;
}
