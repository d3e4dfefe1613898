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

# An add that was killed: the worktree is there, and does not know whose it is.
society-worktree add reviewer >/dev/null
rm .git/worktrees/app-reviewer/society-agent
echo work >"$T/app-reviewer/work"
ok "add completes it" society-worktree add reviewer
is "$(cat .git/worktrees/app-reviewer/society-agent)" reviewer "by its name"
is "$(cat "$T/app-reviewer/work")" work "and leaves what is in it"

# Slots of a bare repository that are older than its society.
git clone -q --bare "$T/app" "$T/bare.git" && cd "$T/bare.git" || exit 1
society-worktree add agent-01 >/dev/null
git worktree add -q "$T/bare-main" main && cd "$T/bare-main" && society-init >/dev/null
status_is 3 "a slot that is older than the society" society-status --dir "$T/bare-agent-01"
ok "learns of it" society-worktree add agent-01
is "$(env -C "$T/bare-agent-01" society-agent --json list >/dev/null && cat "$T/bare.git/worktrees/bare-agent-01/society-dir")" "$T/bare-main/.society-agent" \
    "when it is added again"

done_testing
