/* SPDX-License-Identifier: MIT */
/*
 * Many senders at once: PROCESSES processes, each of which runs society-send COUNT times, one run after the other. Message K of
 * process P says "P-K" and goes to one of the receivers in turn. The ids that the senders print are this program's output.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/die.h"

extern char **environ;

struct crowd {
    int count;
    char **receivers;
    int receiver_count;
};

/* Whether the sender did its work. */
static int send_one(const struct crowd *crowd, int process, int number)
{
    char agent[32];
    char text[64];
    int status;
    pid_t pid;
    snprintf(agent, sizeof agent, "-asender-%d", process);
    snprintf(text, sizeof text, "%d-%d", process, number);
    char name[] = "society-send";
    char *to = crowd->receivers[(process + number) % crowd->receiver_count];
    char *arguments[] = {name, agent, to, text, NULL};
    if (posix_spawnp(&pid, name, NULL, NULL, arguments, environ) != 0)
        die("society-send");
    if (waitpid(pid, &status, 0) != pid)
        die("waitpid");
    return status == 0;
}

static int send_all(const struct crowd *crowd, int process)
{
    int failed = 0;
    for (int i = 1; i <= crowd->count; i++)
        failed += !send_one(crowd, process, i);
    if (failed > 0)
        fprintf(stderr, "process %d: %d of %d senders failed\n", process, failed, crowd->count);
    return failed > 0;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: crowd PROCESSES COUNT RECEIVER...\n");
        return 2;
    }
    int processes = atoi(argv[1]);
    struct crowd crowd = {atoi(argv[2]), argv + 3, argc - 3};
    int failed = 0;
    for (int i = 1; i <= processes; i++) {
        pid_t pid = fork();
        if (pid < 0)
            die("fork");
        if (pid == 0)
            _exit(send_all(&crowd, i));
    }
    for (int status; wait(&status) > 0;)
        failed |= status != 0;
    return failed;
}
