/* SPDX-License-Identifier: MIT */
/* Every operation of the library: see operations.h. */
#include "harness/internal/operations.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/die.h"
#include "harness/files.h"
#include "harness/internal/operations_society.h"
#include "harness/member.h"
#include "harness/tasks.h"

#include <society/ownership.h>
#include <society/task.h>
#include <society/wait.h>

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
WITH_TEXT(attach,
          (write_text(operations_source, "another"), society_attach(s, operations_source, &text)))

static int run_attachment_open(society *s)
{
    int32_t fd;
    int result = society_attachment_open(s, operations_attachment, &fd);

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

/* A wait: of its first look, and of what it had. 0 is no success: nothing else would come. */
static int had(int result)
{
    return result == 0 ? SOCIETY_E_TIMEOUT : result;
}

static int take(int begun, society_wait *wait)
{
    char *text = NULL;

    if (begun < 0)
        return begun;
    int result = society_wait_take(wait, &text);
    society_wait_close(wait);
    return had(free_text(result, text));
}

static int run_wait_own(society *s)
{
    society_wait *wait = NULL;
    int begun = society_own_wait(s, "[\"c\"]", 0, NULL, &wait);

    return take(begun, wait);
}

SEE(wait_own, is_held(s, "w1", "c"))

/* Its place in the queue is given up. */
static int run_wait_own_queued(society *s)
{
    society_wait *wait = NULL;
    int begun = society_own_wait(s, "[\"b\"]", 0, NULL, &wait);
    int result = take(begun, wait);

    if (result > 0)
        die("held by two");
    return result == SOCIETY_E_TIMEOUT ? 0 : result;
}

static int run_wait_task(society *s)
{
    society_wait *wait = NULL;
    int begun = society_task_wait(s, "t1", 0, 0, &wait);

    return take(begun, wait);
}

static int run_wait_mutex(society *s)
{
    society_wait *wait = NULL;
    society_mutex *mutex;
    int result = society_mutex_wait(s, "gate", &wait);

    if (result < 0)
        return result;
    result = society_wait_mutex(wait, &mutex);
    society_wait_close(wait);
    if (result == 1)
        society_mutex_unlock(mutex);
    return had(result);
}

WITH_TEXT(claim_own, society_task_claim_with(s, "t6", SOCIETY_CLAIM_OWN, 0, 0, &text))
SEE(claim_own, is_task(s, "t6", "holder", "\"w1\"") && is_held(s, "w1", "e/**"))
WITH_TEXT(claim_resume, society_task_claim_with(s, NULL, SOCIETY_CLAIM_RESUME, 4321, 0, &text))
SEE(claim_resume, is_task(s, "t2", "leaseMs", "4321"))

/* Of a reservation that is known by its token. */
static int run_own_change(society *s)
{
    society_list *list = NULL;
    int result = society_own_list(s, &list);
    int64_t token = SOCIETY_NO_TOKEN;

    if (result < 0)
        return result;
    for (int64_t i = 0; i < society_list_count(list); i++)
        if (strstr(society_list_item(list, i), "\"a/**\""))
            token = json_number(society_list_item(list, i), "token");
    society_list_free(list);
    return society_own_change(s, token, "handover", "{\"to\":\"w2\"}");
}

static int run_tail_wait(society *s)
{
    society_tail *tail;
    int result = society_tail_open(s, "messages", SOCIETY_FROM_START, 0, &tail);

    if (result < 0)
        return result;
    result = society_tail_wait(tail, 1000);
    society_tail_close(tail);
    return had(result);
}

const struct operation operations[] = {
    {"open", run_open, NULL, 0},
    {"init", run_init, see_init, 0},
    {"send", run_send, see_send, 0},
    {"send_lines", run_send_lines, see_send_lines, 0},
    {"tail", run_tail, see_tail, 0},
    {"tail_all", run_tail_all, NULL, 0},
    {"tail_presence", run_tail_presence, NULL, 0},
    {"tail_wait", run_tail_wait, NULL, 0},
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
    {"claim with paths", run_claim_own, see_claim_own, SOCIETY_E_HELD},
    {"claim again", run_claim_resume, see_claim_resume, SOCIETY_E_NOT_FOUND},
    {"task_wait", run_wait_task, see_claim, SOCIETY_E_TIMEOUT},
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
    {"own_change", run_own_change, see_handover, SOCIETY_E_FENCED},
    {"own_wait", run_wait_own, see_wait_own, 0},
    {"own_wait queued", run_wait_own_queued, NULL, 0},
    {"own_check", run_own_check, NULL, 0},
    {"own_list", run_own_list, NULL, 0},
    {"mutex", run_mutex, NULL, 0},
    {"mutex_wait", run_wait_mutex, NULL, 0},
    {NULL, NULL, NULL, 0},
};
