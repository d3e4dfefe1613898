# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Leases and clocks: what short calls hold lasts for its lease as whoever wants it measures it, whatever the wall clock says; time
# namespaces, where the clocks since boot differ between those who share a directory; and process namespaces, where the same
# number names different processes.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
cd "$T" || exit 1
society-init >/dev/null
tasks() {
    society-task -a lead add T --id "$1" >/dev/null
}
# holder ID: who holds the task; empty: nobody.
holder() {
    society-task show "$1" -j | jq -r '.holder // empty'
}
# takes AGENT ID [WRAPPER…]: tries to claim, in another's time or processes.
takes() {
    local agent=$1 id=$2
    shift 2
    "$@" society-task -a "$agent" claim "$id" >/dev/null 2>&1
}

# ---- The boot clock of another time namespace

if unshare --time --boottime 1000000 --fork true 2>/dev/null; then
    tasks t1
    ok "a claim of a short call" society-task -a w1 claim t1 --lease 1h
    status_is 1 "is not to be had" society-task -a w2 claim t1
    # The note of when w2 first saw it was made by another clock: that is no time that has passed.
    status_is 1 "nor eleven days ahead, in a namespace of time" unshare --time --boottime 1000000 --monotonic 1000000 --fork society-task -a w2 claim t1
    status_is 1 "nor by one who comes new there" unshare --time --boottime 1000000 --fork society-task -a w3 claim t1
    is "$(holder t1)" w1 "the holder is who it was"
    tasks t2
    ok "a short lease" society-task -a w1 claim t2 --lease 1s
    takes w2 t2
    ok "ends by the clock of who waits for it, in another time" wait_for 20 takes w2 t2 unshare --time --boottime 5000 --fork
    is "$(holder t2)" w2 "who then holds it"
    status_is 1 "and the first one's completion is too late" society-task -a w1 complete t2
else
    skip "time namespaces" "unshare(1) --time is not permitted here"
fi

# ---- The wall clock

tasks t3
society-task -a w1 claim t3 --lease 1h >/dev/null
status_is 1 "a claim" society-task -a w2 claim t3
# The times in records and of files are for people: a claim is no older for them.
touch -d '2016-01-01' .society-agent/tasks.jsonl .society-agent/cursors/.leases-w2.json
status_is 1 "files from ten years ago make no lease end" society-task -a w2 claim t3
touch -d '2036-01-01' .society-agent/tasks.jsonl .society-agent/cursors/.leases-w2.json
status_is 1 "nor files from ten years ahead" society-task -a w2 claim t3
is "$(holder t3)" w1 "the holder is who it was"

# ---- Two process namespaces

inside() {
    unshare --pid --fork --kill-child --mount-proc "$@"
}
if inside true 2>/dev/null; then
    mkfifo alive
    exec 8<>alive
    tasks t4
    spawn unshare --pid --fork --kill-child --mount-proc society-agent -a w4 hold -- bash -c 'society-task -a w4 claim t4 >/dev/null; cat alive' 8>&-
    first=$pid
    is_held() {
        [ "$(holder "$1")" = "$2" ]
    }
    ok "a claim under presence in one process namespace" wait_for 10 is_held t4 w4
    status_is 1 "is not to be had from another" inside society-task -a w5 claim t4
    # Every process there has a small number, so another has the holder's.
    status_is 1 "nor from out here" society-task -a w6 claim t4
    kill -KILL "$first"
    wait "$first" 2>/dev/null
    ok "when its processes are dead, one in another namespace takes over" wait_for 10 takes w5 t4 inside
    is "$(holder t4)" w5 "and holds it"
    # Many at once, from both: one has it.
    tasks t5
    for agent in a b c d; do
        spawn inside society-task -a "in-$agent" claim t5 >"got-in-$agent" 2>/dev/null
        spawn society-task -a "out-$agent" claim t5 >"got-out-$agent" 2>/dev/null
    done
    wait
    is "$(cat got-* | wc -l)" 1 "eight from nine namespaces ask at once, and one gets it"
    like "$(cat got-*)" "^t5 " "the task that they asked for"
    winner=$(basename "$(find . -name 'got-*' -size +0)")
    is "$(holder t5)" "${winner#got-}" "and it is the holder, as everybody sees it"
    exec 8>&-
else
    skip "process namespaces" "unshare(1) --pid is not permitted here"
fi
done_testing
