#!/bin/bash
# SPDX-License-Identifier: MIT
#
# society-guard watch: writes to others' files are reported, on the terminal and to both, whatever moves, comes and goes meanwhile.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
. "$SOCIETY_SRC/tests/harness/slots.sh" || exit 1
. "$SOCIETY_SRC/tests/harness/guard.sh" || exit 1
society-own -a agent-01 acquire 'deep/**' >/dev/null

# watch [OPTION…]: in the background; its lines in $T/seen. unwatch ends it.
watch() {
    : >"$T/seen"
    : >"$T/said"
    spawn society-guard watch "$@" >>"$T/seen" 2>"$T/said"
    watcher=$pid
    wait_for 60 grep -q '^society-guard: watching' "$T/said"
}
unwatch() {
    kill -TERM "$watcher"
    wait "$watcher"
}
# seen PATTERN: a line comes that has it.
seen() {
    wait_for 20 grep -q -e "$1" "$T/seen"
}
# settled: everything that was done so far has been seen. A write that is reported comes after it.
marks=0
settled() {
    marks=$((marks + 1))
    echo x >"$SLOT/deep-mark$marks"
    seen "deep-mark$marks"
}
society-own -a agent-01 acquire 'deep-mark*' >/dev/null

watch
like "$(cat "$T/said")" "watching [0-9]+ directories in 3 working trees" "it says when it is ready"
echo new >>"$SLOT/mine"
ok "a write is reported" seen "Z agent-02 wrote $SLOT/mine: mine is owned by agent-01 since"
echo more >>"$SLOT/mine"
second() { [ "$(grep -c "wrote $SLOT/mine" "$T/seen")" -ge 2 ]; }
ok "and another" wait_for 20 second
sed -i s/1/one/ "$SLOT/mine"
ok "a file that is put in its place" seen "agent-02 put there $SLOT/mine"
mv "$SLOT/mine" "$SLOT/other"
ok "one that is taken away" seen "agent-02 took away $SLOT/mine"
git -C "$SLOT" checkout -q mine
rm "$SLOT/other"
settled
is "$(society-inbox -a agent-01 --unread --json | jq -r 'select(.type == "ownership_violation" and .data.paths == ["mine"]) | .content')" \
    "agent-02 has changed mine in its working tree, which agent-01 owns." "the owner is told, once"
is "$(society-inbox -a agent-02 --unread --json | jq -c 'select(.data.paths == ["mine"]) | [.from, .type, .data.writer, .data.owner]')" \
    '["society-guard","ownership_violation","agent-02","agent-01"]' "and who wrote"

# Directories come, move and go.
mkdir -p "$SLOT/deep/a/b/c"
echo 1 >"$SLOT/deep/a/b/c/at-once"
ok "in directories that were just made" seen "$SLOT/deep/a/b/c/at-once"
echo 2 >"$SLOT/deep/a/b/c/later"
ok "and later in them" seen "$SLOT/deep/a/b/c/later"
mv "$SLOT/deep/a" "$SLOT/deep/moved"
echo 3 >"$SLOT/deep/moved/b/c/three"
ok "in one that was renamed, by its new name" seen "$SLOT/deep/moved/b/c/three"
mkdir "$SLOT/deep/a" && echo 4 >"$SLOT/deep/a/four"
ok "in one that has its old name" seen "$SLOT/deep/a/four"
mv "$SLOT/deep/moved" "$T/outside"
echo 5 >"$T/outside/b/c/five"
mv "$T/outside" "$SLOT/deep/back"
ok "what comes back has its files" seen "$SLOT/deep/back/b/c/five"
empty "$(grep -e "moved/b/c/five\|outside" "$T/seen")" "what is elsewhere is not followed"
rm -r "$SLOT/deep/a" && mkdir "$SLOT/deep/a" && echo 6 >"$SLOT/deep/a/six"
ok "in one that was removed and made again" seen "$SLOT/deep/a/six"
ln "$SLOT/free" "$SLOT/deep/hard"
ok "a hard link" seen "put there $SLOT/deep/hard"
ln -s free "$SLOT/deep/soft"
ok "a symbolic link" seen "put there $SLOT/deep/soft"

# What is not reported.
: >"$T/seen"
echo own >>"$T/app-agent-01/mine"
echo free >>"$SLOT/free"
touch "$SLOT/deep/x.o"
mkdir "$SLOT/deep/build"
echo 'build/' >>"$SLOT/.gitignore"
settled
mkdir -p "$SLOT/deep/build/x" "$SLOT/build/deep"
echo 1 >"$SLOT/deep/build/x/1"
settled
is "$(grep -cve 'deep-mark' "$T/seen")" 0 "the owner's own, nobody's, and what is ignored, by new rules, too"
cd "$T/app" || exit 1
echo 1 >>mine
ok "in the main worktree it is somebody, where the owner has a slot" seen "somebody wrote $T/app/mine"
society-own -a agent-77 acquire src >/dev/null
echo 1 >>src/main.c
settled
is "$(grep -c src/main.c "$T/seen")" 0 "and not where the owner may work in it"
git checkout -q -f

# A slot and a clone that come later.
society-worktree add agent-03 >/dev/null 2>&1
society-worktree add agent-04 --clone >/dev/null 2>&1
# again SLOT: writes until it is seen: when a new tree is looked for is the watch's own affair.
again() {
    echo x >>"$T/app-$1/mine"
    grep -q "$1 wrote $T/app-$1/mine" "$T/seen"
}
ok "a slot that is made later" wait_for 20 again agent-03
ok "and a clone" wait_for 20 again agent-04
git -C "$T/app-agent-03" checkout -q -f
society-worktree remove agent-03 --drop-ignored 2>/dev/null || society-worktree remove agent-03 --force 2>/dev/null
society-worktree add agent-03 >/dev/null 2>&1
lines=$(wc -l <"$T/seen")
once_more() {
    echo x >>"$T/app-agent-03/mine"
    tail -n "+$((lines + 1))" "$T/seen" | grep -q "agent-03 wrote"
}
ok "and a slot that is made again" wait_for 20 once_more
empty "$(grep -e 'agent-0[34] put there' "$T/seen")" "of which the files that git writes are no news"
echo 1 >>"$SLOT/free"
git -C "$SLOT" stash push -q 2>/dev/null
ok "git's stash" seen "git's stash has changed"

# Events are lost.
for i in $(seq 10); do mkdir "$SLOT/deep/lost$i"; done
settled
limit=$(cat /proc/sys/fs/inotify/max_queued_events)
kill -STOP "$watcher"
for ((i = 0; i < limit + 1000; i++)); do : >"$SLOT/lost.$((i % 7))"; done
for i in $(seq 10); do mkdir "$SLOT/deep/lost$i/new" && echo "$i" >"$SLOT/deep/lost$i/new/file"; done
kill -CONT "$watcher"
for i in $(seq 10); do
    seen "deep/lost$i/new/file" || break
done
ok "everything is looked through when events are lost" seen deep/lost10/new/file
like "$(cat "$T/said")" "events were lost" "and said to be"
echo 1 >"$SLOT/deep/lost3/new/after"
ok "new directories among it are followed" seen deep/lost3/new/after
unwatch
is $? 0 "it ends when it is told to"

# As JSON, and from a clone.
cd "$T/app-agent-04" || exit 1
watch --json
echo 1 >>"$SLOT/mine"
ok "--json" seen '"type":"write"'
is "$(grep '"mine"' "$T/seen" | head -n 1 | jq -c '[.what, .path, .file, .writer, .owner.holder, (.timestamp | length)]')" \
    "[\"wrote\",\"mine\",\"$SLOT/mine\",\"agent-02\",\"agent-01\",24]" "its fields"
unwatch
status_is 3 "without a society" env -C "$T" society-guard watch
status_is 2 "an argument too many" society-guard watch here

done_testing
