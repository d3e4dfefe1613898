/* SPDX-License-Identifier: MIT */
/*
 * Conflicts of eight branches and their base, every pair, in a repository of 2,000 files, beside a `git merge-tree --write-tree` for
 * each of the 36 merges. `merges`: the branches. `conflicts`: the working copies, which are read, too.
 */
#include <stdlib.h>

#include "bench/bench.h"
#include "harness/die.h"

static void shell(const char *command)
{
    if (system(command) != 0)
        die("%s", command);
}

static void make_repository(void)
{
    shell("git init -q -b main repo && cd repo && git config user.name b && git config user.email "
          "b@example.org && "
          "for d in $(seq 50); do mkdir d$d; for f in $(seq 40); do seq $f 200 >d$d/f$f; done; "
          "done && "
          "git add . && git commit -qm first && society-init >/dev/null && society-worktree add "
          "--count 8 >/dev/null");
    /* Each changes 20 files of its own, and one that all change. */
    shell("for s in $(seq 8); do cd repo-agent-0$s && for f in $(seq 20); do sed -i \"50s/.*/$s/\" "
          "d$s/f$f; done && "
          "sed -i \"60s/.*/$s/\" d50/f1 && git commit -qam work && cd ..; done");
}

static int64_t measure(const char *command)
{
    int64_t began = now_ns();
    shell(command);
    return now_ns() - began;
}

#define BRANCHES "$(seq -f agent/dev/agent-0%.0f/work 8) main"
#define GIT_PER_PAIR                                                          \
    "cd repo && set -- " BRANCHES " && while test $# -gt 1; do a=$1; shift; " \
    "for b; do git merge-tree --write-tree $a $b >/dev/null; done; done; true"

int main(void)
{
    int rounds = setting("ROUNDS", 7);
    make_repository();
    for (int round = 0; round < rounds; round++) {
        report("merges", "floor", round, measure(GIT_PER_PAIR));
        report("merges", "library", round,
               measure("cd repo && ! society-worktree conflicts " BRANCHES " >/dev/null"));
        report("conflicts", "floor", round, measure(GIT_PER_PAIR));
        report("conflicts", "library", round,
               measure("cd repo && ! society-worktree conflicts >/dev/null"));
    }
    return 0;
}
