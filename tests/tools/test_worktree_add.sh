#!/bin/bash
# SPDX-License-Identifier: MIT
#
# An add that fails leaves nothing behind, whatever it had made; one that was killed is completed by the next.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
. "$SOCIETY_SRC/tests/harness/slots.sh" || exit 1

state() {
    git for-each-ref refs/heads
    git worktree list
    git config --local --list
    ls -A "$T" | grep -v '^\(out\|err\)$'
}
mkdir -p "$T/hooks"
printf '#!/bin/sh\nexit 1\n' >"$T/hooks/post-checkout"
chmod 755 "$T/hooks/post-checkout"
fails() { # ARGUMENT…: an add that fails, and what is left
    before=$(state)
    status_is 3 "add $* fails" society-worktree add "$@"
    is "$(state)" "$before" "and leaves nothing behind"
}
git config --global core.hooksPath "$T/hooks"
fails agent-08
fails agent-08 --path "$T/a/b/c"
fails agent-08 --clone --base main
git config --global --unset core.hooksPath
printf '* filter=broken\n' >.git/info/attributes
git config filter.broken.smudge false
git config filter.broken.required true
fails agent-08
rm .git/info/attributes
git branch agent/dev/agent-08/work
echo kept >"$T/app-agent-08"
status_is 1 "a file in its place" society-worktree add agent-08
is "$(cat "$T/app-agent-08")" kept "is left alone"
rm "$T/app-agent-08"
ok "a branch that is there is taken up" society-worktree add agent-08

# Within another working copy, whose status would show it.
before=$(state)
run society-worktree add inner --path "$T/app-agent-08/deep/inner"
is "$status" 1 "a place within another's working copy"
like "$(cat "$T/err")" "is within the working copy $T/app-agent-08" "is refused"
status_is 1 "and within the main one" society-worktree add inner --path inner
is "$(state)" "$before" "and nothing was made"
echo /inner/ >>.git/info/exclude
ok "but where it is ignored" society-worktree add inner --path inner
ok "it can be" test -e inner/numbers
society-worktree remove inner

# What is no ref's name would be another commit tomorrow.
society-worktree add on-commit --base HEAD~0 >/dev/null && society-worktree add on-head --base HEAD >/dev/null
is "$(slot_field on-commit base) $(slot_field on-head base)" "$(git rev-parse HEAD) main" "the base is kept as a commit, or a branch"
society-worktree remove on-commit && society-worktree remove on-head

# An add that was killed: the worktree is there, and does not know whose it is.
society-worktree add reviewer >/dev/null
rm .git/worktrees/app-reviewer/society-agent
echo work >"$T/app-reviewer/work"
ok "add completes it" society-worktree add reviewer
is "$(cat .git/worktrees/app-reviewer/society-agent)" reviewer "by its name"
is "$(cat "$T/app-reviewer/work")" work "and leaves what is in it"

# One that was killed at some point of git's work: as it leaves a worktree before its link, in the middle of its files, and before
# its last step; and all that a git that was killed with it has left.
reason() { echo "society: slot $1; society-worktree remove $1"; }
for slot in agent-11 tester; do # by the name of its folder one is a slot in any state
    branch=agent/dev/$slot/work dir=.git/worktrees/app-$slot
    mkdir -p "$dir" && reason $slot >"$dir/locked"
    ok "$slot: killed before anything is there" society-worktree add $slot
    is "$(git -C "$T/app-$slot" status --porcelain)$(slot_field $slot changed)" 0 "it is made"
    society-worktree remove $slot
    git worktree add -q --no-checkout --lock --reason "$(reason $slot)" "$T/app-$slot" $branch
    printf '%040d\n' 0 >"$dir/HEAD"
    ok "$slot: killed before it had a commit" society-worktree add $slot
    is "$(git -C "$T/app-$slot" status --porcelain)$(slot_field $slot changed)" 0 "it is made"
    society-worktree remove $slot
    git worktree add -q --no-checkout --lock --reason "$(reason $slot)" "$T/app-$slot" $branch
    printf half >"$T/app-$slot/numbers" && echo kept >"$T/app-$slot/free" && : >"$dir/index.lock"
    ok "$slot: killed in the middle of its files" society-worktree add $slot
    is "$(git -C "$T/app-$slot" status --porcelain)" "?? free" "they are all there, and what is not git's as it was"
    is "$(slot_field $slot slot)$(slot_field $slot locked)" "$slot$(reason $slot)" "it is a slot"
    ok "and can be removed" society-worktree remove $slot --force
done

# git goes on when only its parent was killed, and is waited for.
git worktree add -q --no-checkout --lock --reason "$(reason tester)" "$T/app-tester" agent/dev/tester/work
dir=$PWD/.git/worktrees/app-tester
mkfifo "$T/go"
bash -c 'exec 9>"$1/index.lock"; echo open >"$2"; read -r <"$2"; git -C "$3" read-tree --index-output="$1/index.new" HEAD; mv "$1/index.new" "$1/index"; rm "$1/index.lock"' \
    checkout "$dir" "$T/go" "$T/app-tester" &
read -r <"$T/go"
society-worktree add tester >"$T/added" 2>&1 &
adding=$!
is_waiting() { grep -q nanosleep "/proc/$adding/wchan" 2>/dev/null || [ "$(cut -d' ' -f3 "/proc/$adding/stat")" = S ]; }
wait_for 20 is_waiting
test -e "$dir/society-agent"
is $? 1 "a git that is at work is waited for"
echo >"$T/go"
wait "$adding"
is "$?$(cat "$dir/society-agent")" 0tester "and then the slot is there"
git -C "$T/app-tester" reset -q --hard && society-worktree remove tester

# A clone that was killed stands beside its place, and later in it without its files or its record.
mkdir -p "$T/.app-copy.society-adding/.git/objects"
ok "a clone that was killed" society-worktree add copy --clone
is "$(ls -A "$T" | grep adding)$(git -C "$T/app-copy" status --porcelain)" "" "is made anew"
rm .git/society/clones/copy "$T/app-copy/.git/index" "$T/app-copy/.git/society-agent" "$T/app-copy/src/main.c"
echo copy >"$T/app-copy/.git/society-adding" && printf half >"$T/app-copy/numbers" && : >"$T/app-copy/.git/index.lock"
ok "one that was killed in the middle of its files" society-worktree add copy --clone
is "$(git -C "$T/app-copy" status --porcelain)$(slot_field copy changed)" 0 "is made whole"
is "$(find "$T/app-copy/.git" -name society-adding -o -name index.lock)" "" "with nothing left of it"
rm .git/society/clones/copy
status_is 1 "a clone of somebody else's in its place" society-worktree add copy --clone
is "$(git -C "$T/app-copy" rev-parse --abbrev-ref HEAD)" agent/dev/copy/work "is left alone"

# Killed at whatever moment it is.
for wait in 0 0.01 0.02 0.04 0.06 0.08 0.1 0.15; do
    for how in --topic=w --clone; do
        timeout -s KILL "$wait" society-worktree add often $how >/dev/null 2>&1
        run society-worktree add often $how
        is "$status$(git -C "$T/app-often" status --porcelain 2>&1)$(slot_field often changed)" 00 "killed after $wait s ($how)"
        society-worktree remove often 2>/dev/null
    done
done

# Many at the same time, in a repository without a society.
git clone -q "$T/app" "$T/free" && cd "$T/free" || exit 1
for i in 1 2 3 4 5 6; do
    society-worktree add alice "bob-$i" >"$T/at-once-$i" 2>&1 || echo "failed" >>"$T/at-once-$i" &
done
wait
is "$(cat "$T"/at-once-? | grep -c failed)" 0 "adds at the same time do not disturb each other"
is "$(society-worktree list --json | jq -r .changed | xargs)" "0 0 0 0 0 0 0" "and all are there"
status_is 2 "a path with a newline" society-worktree add carol --path "$(printf '%s/new\nline' "$T")"
cd "$T/app" || exit 1

# Slots of a bare repository that are older than its society.
git clone -q --bare "$T/app" "$T/bare.git" && cd "$T/bare.git" || exit 1
society-worktree add agent-01 >/dev/null
git worktree add -q "$T/bare-main" main && cd "$T/bare-main" && society-init >/dev/null
status_is 3 "a slot that is older than the society" society-status --dir "$T/bare-agent-01"
ok "learns of it" society-worktree add agent-01
is "$(env -C "$T/bare-agent-01" society-agent --json list >/dev/null && cat "$T/bare.git/worktrees/bare-agent-01/society-dir")" "$T/bare-main/.society-agent" \
    "when it is added again"

done_testing
