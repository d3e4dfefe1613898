#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Three agents at work in one repository, each in a slot of its own: 100 commits each at the same time, pushed, with nobody's work
# in anybody's else's. The repository is bare, and its worktree `main` has the society.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
. "$SOCIETY_SRC/tests/harness/slots.sh" || exit 1

commits=100
agents='agent-01 agent-02 agent-03'
head -c 1000000 /dev/urandom >big
commit . big
git init -q --bare "$T/upstream.git"
git push -q "$T/upstream.git" main main:dev
git clone -q --bare "$T/upstream.git" "$T/repo.git"
git -C "$T/repo.git" worktree add -q "$T/main" main
cd "$T/main" || exit 1
society-init >/dev/null

objects() { find "$T/repo.git/objects" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }'; }
before=$(objects)
is "$(society-worktree add --count 3 | xargs -n 1 basename | xargs)" "repo-agent-01 repo-agent-02 repo-agent-03" "three slots of a bare repository"
is "$(objects)" "$before" "the objects are shared: only working copies were added"
is "$(society-worktree list --json | jq '.bytes > 1000000 and .bytes < 1200000' | sort -u)" true "which is what list says"
if command -v society-guard >/dev/null; then
    ok "guarded" society-guard install
fi

work() {
    society-worktree exec "$1" -- bash -c '
        for ((i = 1; i <= '$commits'; i++)); do
            echo "$i" >>"work-of-$SOCIETY_AGENT"
            git add . && git commit -qm "$SOCIETY_AGENT $i" || exit 1
        done
        git push -q origin HEAD'
}
pids=
for agent in $agents; do
    work "$agent" >"$T/$agent.log" 2>&1 &
    pids="$pids $!"
done
failed=0
for pid in $pids; do
    wait "$pid" || failed=$((failed + 1))
done
is $failed 0 "all agents did their work, at the same time"
cat "$T"/agent-0?.log

for agent in $agents; do
    slot=$T/repo-$agent
    branch=agent/dev/$agent/work
    is "$(git -C "$slot" rev-list --count main..HEAD)" $commits "$agent has its commits"
    is "$(git -C "$T/upstream.git" rev-parse "$branch")" "$(git -C "$slot" rev-parse HEAD)" "and has pushed them"
    empty "$(git -C "$slot" status --porcelain)" "its status is clean"
    is "$(cd "$slot" && ls -d work-of-*)" "work-of-$agent" "and it holds nobody else's work"
    is "$(git -C "$slot" log --format=%s main..HEAD | sort -u | wc -l) $(git -C "$slot" log --format=%s main..HEAD | grep -vc "^$agent ")" \
        "$commits 0" "nor do its commits"
    is "$(cd "$slot" && society-status --json | jq -r .dir)" "$T/main/.society-agent" "it is in the society of the main worktree"
done
ok "nothing conflicts" society-worktree conflicts
ok "the repository is whole" git -C "$T/repo.git" fsck --no-dangling
is "$(society-worktree order --json | jq '.paths | length' | sort -u)" 0 "everything can be merged"

for branch in main dev; do
    if command -v society-guard >/dev/null; then
        status_is 1 "a push to $branch is refused" society-worktree exec agent-01 -- git push -q origin "HEAD:$branch"
    else
        skip "a push to $branch is refused" "there is no society-guard"
    fi
done

done_testing
