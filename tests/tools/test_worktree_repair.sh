#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Working copies and repositories that were moved: seen, explained, and brought together again.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
. "$SOCIETY_SRC/tests/harness/slots.sh" || exit 1

society-worktree add agent-01 agent-02 >/dev/null
society-worktree add agent-03 --clone >/dev/null
echo kept >../app-agent-01/kept

# A worktree that was moved.
mv ../app-agent-01 ../elsewhere
like "$(society-worktree list --json | jq -r 'select(.slot == "agent-01") | .trouble')" "app-agent-01 is not there" "list names the trouble"
status_is 3 "exec goes nowhere" society-worktree exec agent-01 -- true
status_is 1 "remove does not give it up" society-worktree remove agent-01
ok "conflicts passes it over" society-worktree conflicts
ok "repair finds it beside" society-worktree repair
is "$(society-worktree open agent-01)" "$T/elsewhere" "and knows its new path"
is "$(cd ../elsewhere && cat kept && society-status --json | jq -r .dir)" "kept
$T/app/.society-agent" "in it everything is as it was"
mkdir "$T/far"
mv ../elsewhere ../far/away
status_is 1 "one that is not found" society-worktree repair
ok "repair with its path" society-worktree repair agent-01 ../far/away
is "$(git -C ../far/away status --porcelain)" "?? kept" "git knows it as well"

# A clone that was moved.
mv ../app-agent-03 ../clone
like "$(slot_field agent-03 trouble)" "is not there" "a clone"
ok "repair" society-worktree repair
is "$(society-worktree open agent-03)" "$T/clone" "is found too"

# The repository was moved, and the society with it.
cd "$T" || exit 1
mv app project
run society-status --dir "$T/project/.society-agent"
is $status 0 "the society is there"
run env -C "$T/app-agent-02" society-status
is $status 3 "from a worktree it is not found"
like "$(cat "$T/err")" "leads to $T/app/.git/worktrees/app-agent-02, which is not there.*society-worktree repair" "and says why and what helps"
run env -C "$T/clone" society-status
like "$(cat "$T/err")" "society-dir names $T/app/.society-agent, which is not there.*society-worktree repair" "nor from a clone"
run env -C "$T/app-agent-02" society-worktree list
is $status 3 "society-worktree says so too"
like "$(cat "$T/err")" "society-worktree repair" "with what helps"
cd project || exit 1
like "$(slot_field agent-02 trouble)" "its .git leads to $T/app/.git/worktrees/app-agent-02, which is not there" "list names the trouble"
ok "repair in the repository" society-worktree repair
is "$(cd ../app-agent-02 && society-status --json | jq -r .dir)" "$T/project/.society-agent" "the worktree finds it"
is "$(cd ../clone && society-status --json | jq -r .dir)" "$T/project/.society-agent" "the clone finds it"
is "$(cd ../clone && society-worktree list | wc -l)" 3 "and its repository"
is "$(society-worktree list --json | jq -r .trouble | sort -u)" null "nothing is wrong any more"

# A worktree that is gone for good: what was staged was in the repository.
echo staged >../app-agent-02/staged && git -C ../app-agent-02 add staged
rm -r ../app-agent-02
status_is 1 "remove of what is gone" society-worktree remove agent-02
ok "remove --force" society-worktree remove agent-02 --force
is "$(git show "$(git for-each-ref --format='%(refname)' refs/society/saved/agent-02):staged")" staged "keeps what was staged"
is "$(slot_field agent-02 slot)" "" "and gives it up"

done_testing
