/* SPDX-License-Identifier: MIT */
/*
 * One of a crowd, in C: what stress.test.js does in JavaScript. Sends COUNT messages to everybody, and meanwhile receives those of
 * the PEERS others; claims and completes tasks until none is left; prints what it received and completed, one word a line.
 * Usage: member AGENT COUNT PEERS, in a society.
 */
#include <inttypes.h>
#include <society/message.h>
#include <society/tail.h>
#include <society/task.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEADLINE_MS 60000

static society *s;

static int check(int result)
{
    if (result >= 0)
        return result;
    fprintf(stderr, "%s: %s\n", society_agent(s), society_last_message(s));
    exit(1);
}

static void send_one(int number)
{
    char message[128];
    snprintf(message, sizeof message, "{\"to\":\"all\",\"content\":\"%s-%d\"}", society_agent(s),
             number);
    check(society_send(s, message, NULL));
}

/* Prints the content of what is there, and commits it. The number of messages. */
static int receive(society_tail *tail)
{
    const char *message;
    const char *content;
    char word[80];
    int count = 0;
    while (check(society_tail_next(tail, &message, NULL)) == 1) {
        content = strstr(message, "\"content\":\"");
        if (!content || sscanf(content, "\"content\":\"%79[^\"]\"", word) != 1)
            abort();
        printf("received %s\n", word);
        count++;
    }
    check(society_tail_commit(tail));
    return count;
}

static void work(void)
{
    char *claim;
    char id[65];
    int64_t token;
    int result;
    while ((result = society_task_claim(s, NULL, 0, &claim)) == 0) {
        if (sscanf(claim, "{\"task\":\"%64[^\"]\",\"token\":%" SCNd64, id, &token) != 2)
            abort();
        society_free(claim);
        check(society_task_change(s, id, "complete", NULL, token));
        printf("completed %s\n", id);
    }
    if (result != SOCIETY_E_NOT_FOUND)
        check(result);
}

int main(int argc, char **argv)
{
    society_tail *tail;
    int count = argc > 3 ? atoi(argv[2]) : 0;
    int awaited = argc > 3 ? atoi(argv[3]) * count : 0;
    if (argc < 4 || society_new(&s) < 0)
        return 2;
    check(society_open(s, NULL));
    check(society_identify(s, argv[1]));
    check(society_tail_open(s, "messages", SOCIETY_FROM_CURSOR, 0, &tail));
    for (int i = 0; i < count; i++) {
        send_one(i);
        awaited -= receive(tail);
    }
    work();
    while (awaited > 0 && check(society_tail_wait(tail, DEADLINE_MS)) == 1)
        awaited -= receive(tail);
    society_close(s);
    return awaited == 0 ? 0 : 1;
}
