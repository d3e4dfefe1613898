/* SPDX-License-Identifier: MIT */
/*
 * A crew: pipes for "I am ready" and "begin" (the gate opens when its last writing end is closed), shared memory for the rest.
 */
#include "bench/peers/crew.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"
#include "harness/die.h"

#define HEAR_MS 20000

static void close_pipe(int ends[2])
{
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
    ends[0] = ends[1] = -1;
}

struct crew *crew_start(int count, void (*work)(struct crew *crew, int number))
{
    struct crew *crew = calloc(1, sizeof *crew);
    if (!crew)
        die("calloc");
    crew->board =
        mmap(NULL, sizeof *crew->board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (crew->board == MAP_FAILED || count < 1 || count > CREW_MAX)
        die("a crew of %d", count);
    crew->count = count;
    if (pipe(crew->ready) < 0 || pipe(crew->gate) < 0 || pipe(crew->word) < 0)
        die("pipe");
    for (int i = 0; i < count; i++) {
        pid_t pid = fork();
        if (pid < 0)
            die("fork");
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            close(crew->gate[1]);
            work(crew, i);
            _exit(0);
        }
        crew->pids[i] = pid;
    }
    close(crew->ready[1]);
    crew->ready[1] = -1;
    return crew;
}

void crew_await_start(struct crew *crew)
{
    char byte = 0;
    if (write(crew->ready[1], &byte, 1) != 1 || read(crew->gate[0], &byte, 1) != 0)
        die("the gate");
}

void crew_go(struct crew *crew, int ms)
{
    char byte;
    for (int i = 0; i < crew->count; i++)
        if (read(crew->ready[0], &byte, 1) != 1)
            die("a process ended before the start");
    crew->board->began = now_ns();
    crew->board->deadline = crew->board->began + (int64_t)ms * 1000000;
    close(crew->gate[1]);
    crew->gate[1] = -1;
}

static void reap(struct crew *crew, int expected)
{
    for (int i = 0; i < crew->count; i++) {
        int status;
        if (waitpid(crew->pids[i], &status, 0) != crew->pids[i] || status != expected)
            die("process %d failed", i);
    }
    close_pipe(crew->ready);
    close_pipe(crew->gate);
    close_pipe(crew->word);
}

void crew_finish(struct crew *crew)
{
    reap(crew, 0);
}

void crew_kill(struct crew *crew)
{
    for (int i = 0; i < crew->count; i++)
        kill(crew->pids[i], SIGKILL);
    reap(crew, SIGKILL);
}

void crew_free(struct crew *crew)
{
    munmap(crew->board, sizeof *crew->board);
    free(crew);
}

void crew_tell(struct crew *crew, int64_t value)
{
    if (write(crew->word[1], &value, sizeof value) != sizeof value)
        die("write");
}

int64_t crew_hear(struct crew *crew)
{
    struct pollfd wanted = {crew->word[0], POLLIN, 0};
    int64_t value;
    if (poll(&wanted, 1, HEAR_MS) != 1 || read(crew->word[0], &value, sizeof value) != sizeof value)
        die("no word came");
    return value;
}

/* Below 32 exact; then 16 buckets for each power of two. */
static int bucket_of(int64_t value)
{
    int shift = 0;
    while (value >> shift >= 32)
        shift++;
    int bucket = shift * 16 + (int)(value >> shift);
    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

void crew_count(struct crew *crew, int64_t nanoseconds)
{
    __atomic_fetch_add(&crew->board->histogram[bucket_of(nanoseconds)], 1, __ATOMIC_RELAXED);
}

int64_t crew_percentile(const struct crew *crew, int percent)
{
    int64_t all = 0, seen = 0;
    for (int i = 0; i < BUCKETS; i++)
        all += crew->board->histogram[i];
    for (int i = 0; i < BUCKETS; i++) {
        seen += crew->board->histogram[i];
        if (seen * 100 >= all * percent) {
            int shift = i < 32 ? 0 : i / 16 - 1;
            return (int64_t)(i - shift * 16) << shift;
        }
    }
    return 0;
}
