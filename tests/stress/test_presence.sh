# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Presence is the kernel's word: a holder that dies is offline at once and whoever watches is told, one that is stopped stays, a
# second one is refused, and none of it depends on the process numbers that anyone sees.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
cd "$T" || exit 1
society-init >/dev/null
# Only holders count: registering is a short call, which else makes an agent online for a while.
echo '{"version":1,"onlineForSeconds":0}' >.society-agent/project.json
for agent in one two three four five; do
    society-agent -a $agent register --role tester
done

# The commands that are held wait for the end of this pipe, so that they end with the test.
mkfifo alive
exec 8<>alive
# holder AGENT [WRAPPER…]: a process that holds the agent, in $holder.
holder() {
    local agent=$1
    shift
    spawn "$@" society-agent -a "$agent" hold -- cat alive 8>&-
    holder=$pid
    wait_for 10 is_online "$agent" true
}
online() {
    society-agent list -j | jq -r "select(.agentId == \"$1\").online"
}
is_online() {
    [ "$(online "$1")" = "$2" ]
}
# die PID: SIGKILL, and its end.
die() {
    kill -KILL "$1"
    wait "$1" 2>/dev/null
}

# ---- Death is known at once

ok "a holder is online" holder one
die "$holder"
is "$(online one)" false "when the kill returns it is offline"
is "$(society-agent show one -j | jq .online)" false "show says so as well"
spawn society-watch -a one --join
watch=$pid
ok "society-watch --join is online" wait_for 10 is_online one true
die "$watch"
is "$(online one)" false "and offline when it was killed"

# told FILE AGENT ONLINE NUMBER: whether the file has so many such events.
told() {
    [ "$(jq -c "select(.type == \"presence\" and .agentId == \"$2\" and .online == $3)" "$1" | wc -l)" -ge "$4" ]
}
spawn society-watch --log presence -j >presence
spawn society-watch --log registry -j >registry
ok "somebody is there" holder witness
ok "the tail of presence is open" wait_for 10 told presence witness true 1
ok "the tail of the registry is open" wait_for 10 told registry witness true 1
# Looking every 5 s, as the safety net does, would be late nearly every time.
rounds=10
late=0
for round in $(seq 1 $rounds); do
    holder two
    die "$holder"
    for file in presence registry; do
        wait_for 1 told $file two false "$round" || late=$((late + 1))
    done
done
is "$late" 0 "$rounds deaths were told within a second, both by presence and by the registry"
for file in presence registry; do
    told $file two true $rounds
    is "$(jq -c 'select(.agentId == "two").online' $file | paste -sd' ')" \
        "$(for round in $(seq 1 $rounds); do echo true false; done | paste -sd' ')" "$file: each coming and each going once, in order"
done

# ---- Stopped is not dead

holder three
kill -STOP "$holder"
is_stopped() {
    grep -q '^State:.*stopped' "/proc/$1/status"
}
ok "a holder is stopped" wait_for 10 is_stopped "$holder"
is "$(online three)" true "it stays online"
status_is 1 "and nobody takes its place" society-agent -a three hold -- true
kill -CONT "$holder"
is "$(online three)" true "it goes on"

# ---- One at a time

run society-agent -a three hold -- touch ran
is "$status" 1 "a second holder is refused"
like "$(cat err)" "^society-agent: three is held by another live process \(pid $holder " "the message names the process that holds it"
ok "its command did not run" test ! -e ran
run society-watch -a three --join --timeout 0
is "$status" 1 "society-watch --join is refused"
like "$(cat err)" "pid $holder " "and names it too"
die "$holder"
status_is 0 "when it is dead another may" society-agent -a three hold -- touch ran
ok "and its command runs" test -e ran
is "$(online three)" false "a holder that ends is offline"

# ---- Process namespaces

if unshare --pid --fork --kill-child --mount-proc true 2>/dev/null; then
    ok "a holder in another pid namespace is online" holder four unshare --pid --fork --kill-child --mount-proc
    is "$(unshare --pid --fork --mount-proc society-agent list -j | jq -r 'select(.agentId == "four").online')" true "from a third one too"
    status_is 1 "it is held, seen from outside" society-agent -a four hold -- true
    die "$holder"
    # unshare's death kills the namespace's processes; when the last has gone is not ours to wait for.
    ok "when it is killed it is offline" wait_for 1 is_online four false
    ok "a holder out here" holder five
    is "$(unshare --pid --fork --mount-proc society-agent show five -j | jq .online)" true "is online from inside another namespace"
    run unshare --pid --fork --mount-proc society-agent -a five hold -- true
    is "$status" 1 "where a second one is refused as well"
    like "$(cat err)" "pid $holder " "with the holder's pid"
    die "$holder"
    is "$(unshare --pid --fork --mount-proc society-agent show five -j | jq .online)" false "and its death is seen"
else
    skip "pid namespaces" "unshare(1) is not permitted here"
fi
exec 8>&-
done_testing
