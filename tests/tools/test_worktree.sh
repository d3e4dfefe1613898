#!/bin/bash
# SPDX-License-Identifier: MIT
#
# society-worktree: slots are made, listed, entered, and known to every tool in them.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
. "$SOCIETY_SRC/tests/harness/slots.sh" || exit 1

is "$(society-worktree add agent-01)" "$T/app-agent-01" "add prints the path, beside the repository"
is "$(git -C ../app-agent-01 symbolic-ref --short HEAD)" agent/dev/agent-01/work "its branch is by the template"
is "$(society-worktree add agent-01 2>/dev/null)" "$T/app-agent-01" "add again prints it again"
is "$(society-worktree add reviewer --topic auth --base main)" "$T/app-reviewer" "any agent id is a slot"
is "$(slot_field reviewer branch)" agent/dev/reviewer/auth "--topic"
is "$(society-worktree add --count 2 2>/dev/null | tail -n 1)" "$T/app-agent-02" "--count"
is "$(society-worktree list | cut -f1 | xargs)" "agent-01 agent-02 reviewer" "list has all of them, by name"
is "$(society-worktree list --json | head -n 1 | jq -r 'keys_unsorted | .[0:9] | join(" ")')" \
    "slot path branch agent online ahead behind changed bytes" "list --json has the names that are promised"
status_is 2 "what is no agent id is refused" society-worktree add 'no slot'
status_is 3 "a base that is not there is refused" society-worktree add agent-09 --base nothing
status_is 1 "open of no slot" society-worktree open agent-09

# What is in it.
cd ../app-agent-01 || exit 1
is "$(society-status --json | jq -r .dir)" "$T/app/.society-agent" "the society is found from a worktree"
ok "and who is there" society-send reviewer hello
is "$(jq -r .from ../app/.society-agent/messages.jsonl)" agent-01 "the slot is the agent's id"
echo more >>numbers
echo new >new.txt
git commit -qam second
is "$(slot_field agent-01 ahead) $(slot_field agent-01 behind) $(slot_field agent-01 changed)" "1 0 1" "ahead, behind and changed"
echo x >../app/x && commit ../app third
is "$(slot_field agent-01 behind)" 1 "behind"
is "$(society-worktree changed | xargs)" "new.txt numbers" "changed names what was touched against the base"
is "$(society-worktree changed agent-02)" "" "and of another slot"
is "$(slot_field agent-01 online) $(slot_field agent-02 online)" "true false" "who is online"
test "$(slot_field agent-01 bytes)" -gt 4096
is $? 0 "the disk used"
is "$(society-worktree exec agent-02 -- sh -c 'echo "$PWD $SOCIETY_AGENT $AMEIDE_AGENT_ID $SOCIETY_DIR"')" \
    "$T/app-agent-02 agent-02 agent-02 $T/app/.society-agent" "exec runs a command as the agent, in its place"
status_is 7 "exec ends as the command does" society-worktree exec agent-02 -- sh -c 'exit 7'
status_is 127 "exec of what is no command" society-worktree exec agent-02 -- no-such-command
is "$(society-worktree open agent-02)" "$T/app-agent-02" "open prints the path"
like "$(cat ../app/.git/worktrees/app-agent-02/locked)" "society: slot agent-02" "worktrees are locked in git with a reason"
ok "git leaves a locked one alone" git worktree prune
status_is 128 "and does not remove it" git worktree remove ../app-agent-02

# Ownership by observation.
is "$(society-own acquire --changed --json | jq -c .paths)" '["new.txt","numbers"]' "society-own acquire --changed"
status_is 1 "what one has touched is another's no more" society-own --agent agent-02 check numbers
printf 'new\n' >"$(printf 'a\nb\t*')"
ok "also a name with control characters" society-own acquire --changed
status_is 1 "which is owned" society-own -a agent-02 check "$(printf 'a\nb\t*')"
ok "and no other" society-own -a agent-02 check "$(printf 'a\nb\tc')"
rm "$(printf 'a\nb\t*')"
status_is 1 "nothing touched, nothing acquired" env -C "$T/app-agent-02" society-own acquire --changed

# Clones.
cd ../app || exit 1
git remote add origin "$T/upstream.git"
is "$(society-worktree add agent-05 --clone)" "$T/app-agent-05" "a clone"
cd ../app-agent-05 || exit 1
test -d .git
is $? 0 "is a repository of its own"
is "$(git remote get-url origin)" "$T/upstream.git" "whose origin is the repository's"
is "$(society-status --json | jq -r .dir)" "$T/app/.society-agent" "the society is found from a clone"
is "$(society-agent status busy && society-agent list --online --json | jq -r 'select(.status == "busy") | .agentId')" agent-05 \
    "and the agent is the slot's"
is "$(society-init)" "$T/app/.society-agent" "society-init makes no second one"
is "$(society-worktree open agent-01)" "$T/app-agent-01" "the slots are those of the repository"
is "$(find .git/objects -type f -links 1 | grep -c .)" 0 "its objects are hard links"
status_is 1 "a file in a clone is the project's" society-own check numbers
ok "its own work is seen" test "$(echo y >y && society-worktree changed)" = y
is "$(slot_field agent-05 clone)" true "list says that it is a clone"

# Layouts.
cd ../app || exit 1
# shellcheck disable=SC2016
git config society.path '../agent<n>/<repo>'
git config society.branch 'work/<slot>'
is "$(society-worktree add agent-12)" "$T/agent12/app" "a directory for each agent, by configuration"
is "$(slot_field agent-12 branch)" work/agent-12 "and a branch"
is "$(cd ../agent12/app && society-send --agent agent-12 user hi >/dev/null && society-agent list --json | jq -r .agentId | tail -n 1)" \
    agent-12 "a slot's id does not hang on the name of its directory"
status_is 3 "a template that can't be filled in is refused" society-worktree add reviewer-x
git config society.path '../ameide-agent-0<n>'
is "$(society-worktree add agent-3)" "$T/ameide-agent-03" "another layout"
git config society.path '<what>'
status_is 3 "an unknown name in a template is refused" society-worktree add agent-4
is "$(society-worktree add agent-4 --path ../elsewhere)" "$T/elsewhere" "--path is from the working directory"
git worktree add -q -b by-hand ../team-agent-77
is "$(cd ../team-agent-77 && society-send agent-01 hi >/dev/null && jq -r .from "$T/app/.society-agent/messages.jsonl" | tail -n 1)" \
    agent-77 "a worktree made by hand whose name has agent-NN gives that id"
is "$(slot_field agent-77 path)" "$T/team-agent-77" "and is listed"
ok "add takes it over" society-worktree add agent-77
like "$(slot_field agent-77 locked)" "society: slot agent-77" "and locks it"

# gc and stash.
is "$(git config gc.auto) $(git config maintenance.auto)" "0 false" "git does no maintenance by itself"
ok "gc" society-worktree gc -- --quiet
spawn society-lock git-gc -- sh -c ": >'$T/held'; exec sleep 60"
wait_for 20 test -e "$T/held"
status_is 1 "and not two at once" society-worktree gc
kill "$pid"
wait "$pid"
cd ../app-agent-01 || exit 1
echo staged >>src/main.c
git add src/main.c
echo modified >>numbers
like "$(society-worktree stash push -m 'half a thought')" '^refs/society/stash/agent-01/' "stash push"
empty "$(git status --porcelain)" "leaves a clean working copy"
empty "$(git stash list)" "and nothing in the stash that all worktrees share"
like "$(society-worktree stash list)" 'half a thought' "stash list"
is "$(cd ../app-agent-02 && society-worktree stash list)" "" "of this slot alone"
status_is 1 "another slot pops nothing" env -C "$T/app-agent-02" society-worktree stash pop
status_is 1 "there is nothing more to stash" society-worktree stash push
ok "stash pop" society-worktree stash pop
is "$(git status --porcelain | sort | xargs)" "M numbers ?? new.txt M src/main.c" "gives everything back"
is "$(git diff --cached --name-only)" src/main.c "what was staged is staged"
is "$(society-worktree stash list)" "" "and is gone then"

# Many at once.
cd ../app || exit 1
git config society.path '../<repo>-<slot>'
pids=
for slot in one two three four; do
    society-worktree add "$slot" >"$T/$slot.out" 2>&1 &
    pids="$pids $!"
done
failed=0
for pid in $pids; do
    wait "$pid" || failed=$((failed + 1))
done
is $failed 0 "adds at the same time do not meet"
is "$(society-worktree list --json | jq -r .slot | grep -cE '^(one|two|three|four)$')" 4 "and all of them are there"

# Outside of a repository, and without a society.
mkdir "$T/plain"
cd "$T/plain" || exit 1
status_is 3 "no repository" society-worktree list
git init -q "$T/alone"
cd "$T/alone" || exit 1
status_is 3 "a repository without a commit" society-worktree add agent-01
echo a >a && commit . a
ok "a repository without a society" society-worktree add agent-01
is "$(slot_field agent-01 online)" null "nobody knows who is online there"
status_is 3 "a clone needs one" society-worktree add agent-02 --clone

done_testing
