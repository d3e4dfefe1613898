/* SPDX-License-Identifier: MIT */
/* Every operation of the library: see operations.h. */
#include "harness/internal/operations.h"

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
static char attachment[65], source[600];

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
    snprintf(source, sizeof source, "%s/source", member_project());
    write_text(source, "what is attached");
    need(w1, society_attach(w1, source, &stored));
    snprintf(attachment, sizeof attachment, "%s", member_text(stored, "hash"));
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

static bool has_message(society *s, const char *id)
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

static bool is_task(society *s, const char *id, const char *key, const char *value)
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

static bool is_held(society *s, const char *holder, const char *pattern)
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

    if (society_attachment_open(s, attachment, &fd) < 0)
        return false;
    close(fd);
    return true;
}

static bool is_registered(society *s, const char *agent, const char *words)
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

/* ---- The operations ---- */

static int free_list(int result, society_list *list)
{
    if (result >= 0)
        society_list_free(list);
    return result;
}

static int free_text(int result, char *text)
{
    if (result >= 0)
        society_free(text);
    return result;
}

#define WITH_LIST(name, call)           \
    static int run_##name(society *s)   \
    {                                   \
        society_list *list = NULL;      \
        int result = (call);            \
        return free_list(result, list); \
    }
#define WITH_TEXT(name, call)           \
    static int run_##name(society *s)   \
    {                                   \
        char *text = NULL;              \
        int result = (call);            \
        return free_text(result, text); \
    }
#define PLAIN(name, call)             \
    static int run_##name(society *s) \
    {                                 \
        return (call);                \
    }
#define SEE(name, condition)           \
    static bool see_##name(society *s) \
    {                                  \
        return (condition);            \
    }
#define CHANGE(name, id, change, fields) \
    PLAIN(name, society_task_change(s, id, change, fields, SOCIETY_NO_TOKEN))

static int run_open(society *s)
{
    society *other;
    int result = society_new(&other);

    (void)s;
    if (result == 0) {
        result = society_open(other, member_project());
        if (result == 0)
            result = society_identify(other, "w1");
        society_close(other);
    }
    return result;
}

static int run_init(society *s)
{
    society *other = NULL;
    char path[600];
    int result = society_new(&other);

    (void)s;
    snprintf(path, sizeof path, "%s/inner", member_project());
    mkdir(path, 0700); /* it may be there */
    if (result == 0)
        result = society_init(other, path, "inner", 0);
    society_close(other);
    return result;
}

static bool see_init(society *s)
{
    char path[600];

    (void)s;
    snprintf(path, sizeof path, "%s/inner/.society-agent/project.json", member_project());
    bool made = file_exists(path);
    if (made)
        unlink(path);
    return made;
}

WITH_TEXT(send, society_send(s, "{\"to\":\"lead\",\"id\":\"new\",\"content\":\"x\"}", &text))
SEE(send, has_message(s, "new"))
WITH_LIST(send_lines, society_send_lines(s,
                                         "{\"to\":\"lead\",\"id\":\"n1\",\"content\":1}\n"
                                         "{\"to\":\"lead\",\"id\":\"n2\",\"content\":2}\n",
                                         &list))
SEE(send_lines, has_message(s, "n1") && has_message(s, "n2"))

static int count_unread(society *s)
{
    society_list *list = NULL;
    int result = society_inbox(s, SOCIETY_INBOX_UNREAD, NULL, &list);

    return free_list(result, list);
}

static int read_tail(society *s, int64_t from, uint32_t flags, bool commit, int expected)
{
    society_tail *tail;
    const char *record;
    int count = 0;
    int result = society_tail_open(s, "messages", from, flags, &tail);

    if (result < 0)
        return result;
    while ((result = society_tail_next(tail, &record, NULL)) == 1)
        count++;
    if (result == 0 && count != expected)
        result = -EPROTO; /* which no call of the library gives */
    if (result == 0 && commit)
        result = society_tail_commit(tail);
    society_tail_close(tail);
    return result;
}

/* The third message, or, when the cursor is stored but not told so, none. */
static int run_tail(society *s)
{
    int unread = count_unread(s);

    return unread < 0 ? unread
                      : read_tail(s, SOCIETY_FROM_CURSOR, SOCIETY_TAIL_RECEIPTS, true, unread);
}

static bool see_tail(society *s)
{
    return count_unread(s) == 0;
}

static int run_tail_all(society *s)
{
    return read_tail(s, SOCIETY_FROM_START, SOCIETY_TAIL_EVERYONE, false, 3);
}

static int run_tail_presence(society *s)
{
    society_tail *tail;
    const char *record;
    int result = society_tail_open(s, "presence", 0, 0, &tail);

    if (result < 0)
        return result;
    while ((result = society_tail_next(tail, &record, NULL)) == 1)
        continue;
    society_tail_close(tail);
    return result;
}

WITH_LIST(inbox, society_inbox(s, 0, NULL, &list))
WITH_TEXT(message_get, society_message_get(s, "m1", &text))
PLAIN(mark_delivered, society_mark_delivered(s, "m3"))
SEE(mark_delivered, see_tail(s))
PLAIN(acknowledge, society_acknowledge(s, "m1"))
SEE(acknowledge, society_acknowledge(s, "m1") == 0)
WITH_TEXT(attach, (write_text(source, "another"), society_attach(s, source, &text)))

static int run_attachment_open(society *s)
{
    int32_t fd;
    int result = society_attachment_open(s, attachment, &fd);

    if (result == 0)
        close(fd);
    return result;
}

PLAIN(register, society_register(s, "{\"role\":\"other\"}"))
SEE(register, is_registered(s, "w1", "\"role\":\"other\""))
PLAIN(set_status, society_set_status(s, "busy", "a note"))
SEE(set_status, is_registered(s, "w1", "\"busy\""))
PLAIN(leave, society_leave(s))
SEE(leave, !is_registered(s, "w1", "\"tester\""))

static int run_join(society *s)
{
    int result = society_join(s);

    if (result == 0 && society_online(s, "w1") == 0)
        die("joined, and not online");
    return result < 0 ? result : society_part(s);
}

PLAIN(online, society_online(s, "lead"))
WITH_LIST(agents, society_agents(s, &list))
WITH_TEXT(agent_get, society_agent_get(s, "lead", &text))
WITH_TEXT(status, society_status(s, &text))
WITH_LIST(check, society_check(s, 0, &list))
WITH_LIST(repair, society_check(s, SOCIETY_CHECK_REPAIR, &list))
#define COMPACT(log) \
    WITH_LIST(compact_##log, society_compact(s, #log, SOCIETY_COMPACT_FORCE, &list))
COMPACT(messages)
COMPACT(deliveries)
COMPACT(registry)
COMPACT(tasks)
COMPACT(ownership)
WITH_LIST(compact_retain, society_compact(s, NULL, SOCIETY_COMPACT_RETAIN, &list))

WITH_TEXT(create, society_task_create(s, "{\"title\":\"N\",\"id\":\"new\"}", &text))
SEE(create, is_task(s, "new", "title", "\"N\""))
#define TWO_TASKS \
    "{\"title\":\"N\",\"id\":\"n1\",\"dependsOn\":[\"n2\"]}\n{\"title\":\"N\",\"id\":\"n2\"}\n"
WITH_LIST(create_lines, society_task_create_lines(s, TWO_TASKS, &list))
SEE(create_lines, is_task(s, "n1", "title", "\"N\"") && is_task(s, "n2", "title", "\"N\""))
WITH_LIST(tasks, society_tasks(s, SOCIETY_TASKS_READY, NULL, &list))
WITH_TEXT(task_get, society_task_get(s, "t4", &text))
WITH_TEXT(claim, society_task_claim(s, "t1", 0, &text))
SEE(claim, is_task(s, "t1", "holder", "\"w1\""))
WITH_TEXT(claim_best, society_task_claim(s, NULL, 5000, &text))
WITH_LIST(claim_several, society_task_claim_several(s, 2, 0, 0, &list))
/* Who has the state may choose under the lock. */
WITH_TEXT(claim_known, (society_task_get(s, "-", NULL), society_task_claim(s, NULL, 0, &text)))
WITH_TEXT(claim_wait, society_task_claim_wait(s, "t1", 0, 1000, &text))
CHANGE(renew, "t2", "renew", "{\"leaseMs\":1234}")
SEE(renew, is_task(s, "t2", "leaseMs", "1234"))
CHANGE(release, "t2", "release", NULL)
SEE(release, is_task(s, "t2", "state", "\"open\""))
CHANGE(submit, "t2", "submit", "{\"result\":[1]}")
SEE(submit, is_task(s, "t2", "state", "\"review\""))
CHANGE(complete, "t2", "complete", "{\"result\":[2]}")
SEE(complete, is_task(s, "t2", "state", "\"done\""))
CHANGE(fail, "t2", "fail", "{\"reason\":\"r\"}")
SEE(fail, is_task(s, "t2", "state", "\"failed\""))
CHANGE(note, "t2", "note", "{\"text\":\"a note\"}")
SEE(note, !is_task(s, "t2", "notes", "[]"))
CHANGE(block, "t2", "block", "{\"reason\":\"r\"}")
SEE(block, is_task(s, "t2", "state", "\"blocked\""))
CHANGE(cancel, "t2", "cancel", NULL)
SEE(cancel, is_task(s, "t2", "state", "\"cancelled\""))
CHANGE(reopen, "t4", "reopen", NULL)
SEE(reopen, is_task(s, "t4", "state", "\"open\""))
CHANGE(assign, "t1", "assign", "{\"to\":\"w2\"}")
SEE(assign, is_task(s, "t1", "assignee", "\"w2\""))
CHANGE(depend, "t5", "depend", "{\"remove\":[\"t1\"]}")
SEE(depend, is_task(s, "t5", "dependsOn", "[]"))
CHANGE(edit, "t1", "edit", "{\"fields\":{\"title\":\"E\"}}")
SEE(edit, is_task(s, "t1", "title", "\"E\""))
PLAIN(renew_all, society_renew(s, NULL))
WITH_TEXT(acquire, society_own_acquire(s, "[\"c\",\"d/*\"]", 0, NULL, 0, &text))
SEE(acquire, is_held(s, "w1", "d/*"))
PLAIN(own_release, society_own_release(s, NULL))
SEE(own_release, !is_held(s, "w1", "a/**"))
PLAIN(own_renew, society_own_renew(s, NULL, 777))
PLAIN(handover, society_own_handover(s, "a/**", "w2"))
SEE(handover, is_held(s, "w2", "a/**"))
WITH_LIST(own_check, society_own_check(s, "[\"a/x\",\"b\"]", &list))
WITH_LIST(own_list, society_own_list(s, &list))

/* It waits, and is told that the time is over. */
static int run_own_wait(society *s)
{
    int result = society_own_acquire(s, "[\"b\"]", 0, NULL, 1, NULL);

    if (result == 0)
        die("held by two");
    return result == SOCIETY_E_TIMEOUT ? 0 : result;
}

static int run_mutex(society *s)
{
    society_mutex *mutex;
    int result = society_mutex_lock(s, "gate", 0, &mutex);

    if (result == 0)
        society_mutex_unlock(mutex);
    return result;
}

const struct operation operations[] = {
    {"open", run_open, NULL, 0},
    {"init", run_init, see_init, 0},
    {"send", run_send, see_send, 0},
    {"send_lines", run_send_lines, see_send_lines, 0},
    {"tail", run_tail, see_tail, 0},
    {"tail_all", run_tail_all, NULL, 0},
    {"tail_presence", run_tail_presence, NULL, 0},
    {"inbox", run_inbox, NULL, 0},
    {"message_get", run_message_get, NULL, 0},
    {"mark_delivered", run_mark_delivered, see_mark_delivered, 0},
    {"acknowledge", run_acknowledge, see_acknowledge, 0},
    {"attach", run_attach, NULL, 0},
    {"attachment_open", run_attachment_open, NULL, 0},
    {"register", run_register, see_register, 0},
    {"set_status", run_set_status, see_set_status, 0},
    {"leave", run_leave, see_leave, 0},
    {"join", run_join, NULL, 0},
    {"online", run_online, NULL, 0},
    {"agents", run_agents, NULL, 0},
    {"agent_get", run_agent_get, NULL, 0},
    {"status", run_status, NULL, 0},
    {"check", run_check, NULL, 0},
    {"repair", run_repair, NULL, 0},
    {"compact messages", run_compact_messages, NULL, 0},
    {"compact deliveries", run_compact_deliveries, NULL, 0},
    {"compact registry", run_compact_registry, NULL, 0},
    {"compact tasks", run_compact_tasks, NULL, 0},
    {"compact ownership", run_compact_ownership, NULL, 0},
    {"compact retain", run_compact_retain, NULL, 0},
    {"task_create", run_create, see_create, SOCIETY_E_HELD},
    {"task_create_lines", run_create_lines, see_create_lines, SOCIETY_E_HELD},
    {"tasks", run_tasks, NULL, 0},
    {"task_get", run_task_get, NULL, 0},
    {"claim", run_claim, see_claim, SOCIETY_E_HELD},
    {"claim best", run_claim_best, NULL, SOCIETY_E_NOT_FOUND},
    {"claim several", run_claim_several, NULL, SOCIETY_E_NOT_FOUND},
    {"claim known", run_claim_known, NULL, SOCIETY_E_NOT_FOUND},
    {"claim wait", run_claim_wait, see_claim, SOCIETY_E_TIMEOUT},
    {"task renew", run_renew, see_renew, 0},
    {"task release", run_release, see_release, SOCIETY_E_HELD},
    {"task submit", run_submit, see_submit, SOCIETY_E_HELD},
    {"task complete", run_complete, see_complete, SOCIETY_E_HELD},
    {"task fail", run_fail, see_fail, SOCIETY_E_HELD},
    {"task note", run_note, see_note, 0},
    {"task block", run_block, see_block, SOCIETY_E_HELD},
    {"task cancel", run_cancel, see_cancel, SOCIETY_E_HELD},
    {"task reopen", run_reopen, see_reopen, SOCIETY_E_HELD},
    {"task assign", run_assign, see_assign, 0},
    {"task depend", run_depend, see_depend, 0},
    {"task edit", run_edit, see_edit, 0},
    {"renew", run_renew_all, NULL, 0},
    {"own_acquire", run_acquire, see_acquire, 0},
    {"own_acquire wait", run_own_wait, NULL, 0},
    {"own_release", run_own_release, see_own_release, SOCIETY_E_NOT_FOUND},
    {"own_renew", run_own_renew, NULL, 0},
    {"own_handover", run_handover, see_handover, SOCIETY_E_NOT_FOUND},
    {"own_check", run_own_check, NULL, 0},
    {"own_list", run_own_list, NULL, 0},
    {"mutex", run_mutex, NULL, 0},
    {NULL, NULL, NULL, 0},
};
