#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Conflicts before they happen: said to people, to programs and, while they work, to the agents themselves. Nothing in the
# repository or in a working copy is touched by it.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
. "$SOCIETY_SRC/tests/harness/slots.sh" || exit 1

society-worktree add --count 3 >/dev/null
traces() {
    find .git ../app-agent-0? -type f -not -name messages.jsonl -printf '%p %s %T@ %i\n' | sort
}

ok "nothing conflicts yet" society-worktree conflicts
sed -i 's/^10$/ten/' ../app-agent-01/numbers
sed -i 's/^10$/zehn/; s/^20$/zwanzig/' ../app-agent-02/numbers
echo both >../app-agent-01/new && echo another >../app-agent-02/new
git -C ../app-agent-02 add numbers
before=$(traces)
run society-worktree conflicts
is $status 1 "a conflict between uncommitted changes"
is "$(cat "$T/out")" "agent-01 and agent-02
  new (add agent-01:1 agent-02:1)
  numbers (content agent-01:10 agent-02:10)" "with paths and lines"
is "$(traces)" "$before" "no file, index or object was written"
is "$(society-worktree conflicts --json | jq -c '[.a, .b, .base, (.paths[] | [.path, .kind, .lines.a, .lines.b])]')" \
    '["agent-01","agent-02",false,["new","add",[[1,1]],[[1,1]]],["numbers","content",[[10,10]],[[10,10]]]]' "as JSON"
ok "only those that are named" society-worktree conflicts agent-01 agent-03
sed -i 's/^20$/twenty/' numbers && commit . twenty
like "$(society-worktree conflicts)" "agent-02 and its base main" "with the base"
like "$(society-worktree conflicts agent-02 main)" "numbers \(content agent-02:20 main:20\)" "with any branch"
status_is 1 "what is neither slot nor commit" society-worktree conflicts nothing

# A slot that others stand against comes last.
git reset -q --hard HEAD^
sed -i 's/^20$/vingt/' ../app-agent-03/numbers
is "$(society-worktree order | grep -v '^ ' | xargs)" "agent-01 agent-03 agent-02: conflicts" "order"
is "$(society-worktree order --json | jq -r .name | xargs)" "agent-01 agent-03 agent-02" "as JSON"
like "$(society-worktree order --base agent/dev/agent-01/work)" agent-01 "on another base"

# Watching.
git -C ../app-agent-02 checkout -q HEAD -- . && rm ../app-agent-0[12]/new && git -C ../app-agent-03 checkout -q .
ok "nothing conflicts" society-worktree conflicts
spawn society-worktree conflicts --watch >"$T/watched" 2>"$T/errors"
watching=$pid
told() { society-inbox --agent "$1" --json | jq -r '.data.paths[].path' | xargs; }
is_told() { [ "$(told "$1")" = "$2" ]; }
# The watch is there when it sees the first change, however often that takes.
first_change() { sed -i "s/^10$/zehn/" ../app-agent-02/numbers && grep -q 'agent-01 and agent-02' "$T/watched"; }
ok "a conflict is seen as it comes" wait_for 20 first_change
ok "one agent is told" wait_for 20 is_told agent-01 numbers
ok "and the other" is_told agent-02 numbers
is "$(told agent-03)" "" "and no third"
mkdir -p ../app-agent-01/deep/er ../app-agent-02/deep/er
echo one >../app-agent-01/deep/er/x && echo two >../app-agent-02/deep/er/x
ok "in new directories too" wait_for 20 is_told agent-01 "numbers deep/er/x numbers"
git -C ../app-agent-01 add -A && git -C ../app-agent-01 commit -qm 'the same conflicts, committed'
echo three >../app-agent-03/deep && ok "a new one" wait_for 20 grep -q agent-03 "$T/watched"
is "$(society-inbox --agent agent-02 --json | wc -l)" "$(society-inbox --agent agent-02 --json | jq -c .data | sort -u | wc -l)" \
    "nothing is told twice"
society-worktree add agent-04 >/dev/null
sed -i 's/^10$/diez/' ../app-agent-04/numbers
ok "a slot that is new" wait_for 20 grep -q 'agent-01 and agent-04' "$T/watched"
is "$(jq -r 'select(.subject == "merge conflict") | .from' .society-agent/messages.jsonl | sort -u)" society-worktree "the watch says who it is"
ok "it is still running" kill -0 "$watching"
empty "$(cat "$T/errors")" "and has nothing to complain of"

done_testing
