/* SPDX-License-Identifier: MIT */
/* Agents that hold paths and wait for them: see owners.h. */
#include "harness/owners.h"

#include <errno.h>
#include <signal.h>
#include <society/agent.h>
#include <society/ownership.h>
#include <society/tail.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/die.h"
#include "harness/unit.h"

pid_t owner_start(int (*work)(int), int argument)
{
    pid_t pid = fork();

    if (pid < 0)
        die("fork");
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(work(argument));
}

int owner_end(pid_t pid)
{
    int status = 0;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void owner_kill(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(owner_end(pid), 128 + SIGKILL);
}

int owner_acquire(society *s, const char *patterns, int32_t timeout_ms)
{
    return society_own_acquire(s, patterns, 0, NULL, timeout_ms, NULL);
}

const char *owner_live(society *s)
{
    static char text[4096];
    society_list *list;
    size_t length = 0;

    text[0] = '\0';
    assert_true(society_own_list(s, &list) >= 0);
    for (int64_t i = 0; i < society_list_count(list); i++) {
        const char *item = society_list_item(list, i);
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s:%s%s", i ? " " : "",
                                   member_text(item, "holder"), member_field(item, "paths"),
                                   *member_field(item, "waiting") ? "?" : "");
    }
    society_list_free(list);
    return text;
}

void owner_await(society *s, const char *wanted)
{
    society_tail *tail;
    const char *record;

    assert_int_equal(society_tail_open(s, "ownership", SOCIETY_FROM_START, 0, &tail), 0);
    while (strcmp(owner_live(s), wanted) != 0) {
        if (society_tail_wait(tail, OWNER_DEADLINE_MS) != 1)
            fail_msg("it is \"%s\", and never became \"%s\"", owner_live(s), wanted);
        society_tail_next(tail, &record, NULL);
    }
    society_tail_close(tail);
}

int owner_hold_a(int present)
{
    society *s = member_open("w1");

    if ((present && society_join(s) < 0) || owner_acquire(s, "[\"a\"]", 0) < 0)
        return 1;
    for (;;)
        pause();
}

static void ignore_signal(int signal)
{
    (void)signal;
}

int owner_wait_for_a(int number)
{
    char agent[16];
    struct sigaction action = {.sa_handler = ignore_signal};

    sigaction(SIGUSR1, &action, NULL);
    snprintf(agent, sizeof agent, "w%d", number);
    society *s = member_open(agent);
    int result = owner_acquire(s, "[\"a\"]", OWNER_DEADLINE_MS);
    bool held = result == 0 && society_own_release(s, NULL) == 1;
    society_close(s);
    return held ? 0 : result == -EINTR ? 4 : 1;
}
