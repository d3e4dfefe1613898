/* SPDX-License-Identifier: MIT */
/*
 * Two agents in one process, each with a handle of its own: one asks, the other answers, and the receipt shows it.
 * Usage: two_agents [DIRECTORY]. A society is made in the directory if there is none.
 */
#include <society/message.h>
#include <society/tail.h>
#include <stdio.h>
#include <stdlib.h>

/* Every call that fails leaves its reason in the handle, as a plain sentence. */
static void check(society *s, int result)
{
    if (result >= 0)
        return;
    fprintf(stderr, "two_agents: %s\n", society_last_message(s));
    exit(1);
}

/* A handle is one agent's view of the society. Two handles share nothing but the files. */
static society *join_as(const char *agent, const char *directory)
{
    society *s;
    if (society_new(&s) < 0)
        abort();
    check(s, society_init(s, directory, NULL, 0));
    check(s, society_identify(s, agent));
    return s;
}

/* Sleeps until a message is there, prints it, and only then moves the agent's cursor over it. */
static void print_next(society *s, society_tail *tail)
{
    const char *message;
    check(s, society_tail_wait(tail, 5000));
    int result = society_tail_next(tail, &message, NULL);
    check(s, result);
    printf("%s received\n    %s\n", society_agent(s), result == 1 ? message : "nothing");
    check(s, society_tail_commit(tail));
}

int main(int argc, char **argv)
{
    const char *directory = argc > 1 ? argv[1] : NULL;
    society *supervisor = join_as("supervisor-001", directory);
    society *backend = join_as("backend-001", directory);
    society_tail *questions;
    society_tail *answers;
    char *question, *seen;
    char reply[256];

    /* From the cursor on: what came while the agent was away is not lost. */
    check(backend, society_tail_open(backend, "messages", SOCIETY_FROM_CURSOR,
                                     SOCIETY_TAIL_RECEIPTS, &questions));
    check(supervisor, society_tail_open(supervisor, "messages", SOCIETY_FROM_CURSOR, 0, &answers));

    check(supervisor, society_send(supervisor,
                                   "{\"type\":\"question\",\"to\":\"backend-001\",\"content\":"
                                   "\"Which port?\",\"ackRequired\":true}",
                                   &question));
    print_next(backend, questions); /* and the receipt "delivered" */

    /* A program of its own would take the id from the message that it received. */
    snprintf(
        reply, sizeof reply,
        "{\"type\":\"answer\",\"to\":\"supervisor-001\",\"content\":\"8080\",\"replyTo\":\"%s\"}",
        question);
    check(backend, society_send(backend, reply, NULL));
    check(backend, society_acknowledge(backend, question));
    print_next(supervisor, answers); /* its thread is the question's id */

    check(supervisor, society_message_get(supervisor, question, &seen));
    printf("the question, with its receipts\n    %s\n", seen);

    society_free(seen);
    society_free(question);
    society_close(backend); /* and its tails */
    society_close(supervisor);
    return 0;
}
