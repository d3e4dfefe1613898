/* SPDX-License-Identifier: MIT */
/*
 * A worker: takes the best task, works on it in steps, and completes it, until nothing is left. After each step it leaves a
 * note, under its token, so that a note is also the proof that the task is still its own. When it dies, its presence ends
 * with it; the next worker, of the same name or another, takes the task over and goes on behind the last note.
 * Usage: claim_worker AGENT [crash], in a society; with `crash` it dies in the middle of its first task.
 */
#include <inttypes.h>
#include <signal.h>
#include <society/agent.h>
#include <society/task.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(society *s, int result)
{
    if (result >= 0)
        return;
    fprintf(stderr, "claim_worker: %s\n", society_last_message(s));
    exit(1);
}

/* How many steps were noted already, by whomever. A real program would parse the JSON. */
static int steps_done(society *s, const char *id)
{
    char *task;
    int done = 0;
    check(s, society_task_get(s, id, &task));
    for (const char *at = task; (at = strstr(at, "\"text\":\"step ")) != NULL; at++)
        done++;
    society_free(task);
    return done;
}

/* 0, or why the task could not be finished: SOCIETY_E_FENCED, another has it. */
static int work(society *s, const char *id, int64_t token, int crash)
{
    char note[32];
    int result = 0;
    for (int step = steps_done(s, id) + 1; step <= 3 && result >= 0; step++) {
        printf("%s: %s, step %d\n", society_agent(s), id, step);
        snprintf(note, sizeof note, "{\"text\":\"step %d\"}", step);
        result = society_task_change(s, id, "note", note, token);
        if (crash && step == 2)
            raise(SIGKILL);
        if (result >= 0) /* now and then, for whom only the lease counts */
            result = society_renew(s, NULL);
    }
    return result < 0 ? result : society_task_change(s, id, "complete", NULL, token);
}

int main(int argc, char **argv)
{
    char *claim;
    char id[65];
    int64_t token;
    society *s;
    int result;
    if (society_new(&s) < 0)
        abort();
    check(s, society_open(s, NULL));
    check(s, society_identify(s, argc > 1 ? argv[1] : NULL));
    check(s, society_join(s)); /* from here on our death is known at once */
    while ((result = society_task_claim(s, NULL, 0, &claim)) == 0) {
        if (sscanf(claim, "{\"task\":\"%64[^\"]\",\"token\":%" SCNd64, id, &token) != 2)
            abort();
        society_free(claim);
        result = work(s, id, token, argc > 2);
        if (result != SOCIETY_E_FENCED) /* then it is in good hands, and we take the next */
            check(s, result);
    }
    if (result != SOCIETY_E_NOT_FOUND) /* nothing is ready */
        check(s, result);
    society_close(s);
}
