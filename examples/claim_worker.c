/* SPDX-License-Identifier: MIT */
/*
 * A worker: takes the best task with its paths, works on it in three steps, leaves a note after each, and completes it, until
 * nothing is left. If it dies, others can have the task at once; started again, it goes on with its own, behind the last note.
 * Usage: claim_worker AGENT [crash], in a society; with `crash` it dies in the middle of its first task.
 */
#include <inttypes.h>
#include <signal.h>
#include <society/agent.h>
#include <society/task.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many steps were noted already, by whomever. A real program would parse the JSON. */
static int steps_done(society *s, const char *id)
{
    char *task = NULL;
    int result = society_task_get(s, id, &task);
    for (const char *at = task; at && (at = strstr(at, "\"text\":\"step ")) != NULL; at++)
        result++;
    society_free(task);
    return result;
}

/* The task is done, or another has it: 0. */
static int work(society *s, const char *id, int64_t token, int crash)
{
    char note[32];
    int result = steps_done(s, id);
    for (int step = result + 1; step <= 3 && result >= 0; step++) {
        printf("%s: %s, step %d\n", society_agent(s), id, step);
        snprintf(note, sizeof note, "{\"text\":\"step %d\"}", step);
        result = society_task_change(s, id, "note", note, token);
        if (crash && step == 2)
            raise(SIGKILL);
        if (result >= 0)
            result = society_renew(s, NULL);
    }
    if (result >= 0)
        result = society_task_change(s, id, "complete", NULL, token);
    return result == SOCIETY_E_FENCED ? 0 : result;
}

int main(int argc, char **argv)
{
    char *claim, id[65];
    int64_t token;
    society *s;
    if (society_new(&s) < 0)
        abort();
    int result = society_open(s, NULL);
    if (result == 0)
        result = society_identify(s, argc > 1 ? argv[1] : NULL);
    if (result == 0)
        result = society_join(s); /* from here on our death is known at once */
    while (result == 0) {
        result = society_task_claim_with(s, NULL, SOCIETY_CLAIM_OWN | SOCIETY_CLAIM_RESUME, 0, 0,
                                         &claim);
        if (result < 0)
            break;
        sscanf(claim, "{\"task\":\"%64[^\"]\",\"token\":%" SCNd64, id, &token);
        society_free(claim);
        result = work(s, id, token, argc > 2);
    }
    if (result != SOCIETY_E_NOT_FOUND) /* nothing is ready */
        fprintf(stderr, "claim_worker: %s\n", society_last_message(s));
    society_close(s);
    return result != SOCIETY_E_NOT_FOUND;
}
