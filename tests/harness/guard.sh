# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Two agents in one guarded repository: agent-01 owns `mine`, and agent-02 works in its slot. Source it after slots.sh.

seq 30 >mine
seq 30 >free
commit . files
sed -i s/^5$/five/ mine
commit . five
society-worktree add --count 2 >/dev/null 2>&1
society-own -a agent-01 acquire mine --reason 'half done' >/dev/null
SLOT=$T/app-agent-02

# as AGENT COMMAND...: in its slot.
as() {
    local agent=$1
    shift
    env -C "$T/app-$agent" "$@"
}

# handed over to agent-02, and back.
hand_over() {
    society-own -a agent-01 handover mine --to agent-02
}
hand_back() {
    society-own -a agent-02 handover mine --to agent-01
}
