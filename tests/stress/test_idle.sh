# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What watching costs: 64 watchers use no processor time while nothing happens, and neither the memory nor the descriptors of a
# watcher grow with the messages that it has seen.
#
# WATCHERS, IDLE_SECONDS and IDLE_MESSAGES change the numbers.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
. "$SOCIETY_SRC/tests/stress/logs.sh" || exit 1

watchers=${WATCHERS:-64}
seconds=${IDLE_SECONDS:-10}
messages=${IDLE_MESSAGES:-$([ -n "${SOCIETY_LONG:-}" ] && echo 1000000 || echo 100000)}
cd "$T" || exit 1
society-init >/dev/null

# ---- Processor time

# ticks PID…: their time in user and kernel mode, in hundredths of a second.
ticks() {
    local fields total=0
    for process in "$@"; do
        # The name in parentheses may contain spaces.
        read -r -a fields <<<"$(sed 's/.*) //' "/proc/$process/stat")"
        total=$((total + fields[11] + fields[12]))
    done
    echo $total
}
# wakes PID…: how often they were run.
wakes() {
    for process in "$@"; do
        cat "/proc/$process/status"
    done | awk '/ctxt_switches/ { sum += $2 } END { print sum }'
}
all_have_lines() {
    for number in $(seq 1 "$watchers"); do
        [ "$(wc -l <"out-$number")" -ge "$1" ] || return 1
    done
}
sleepers() {
    for process in "${pids[@]}"; do
        grep -q '^State:.*sleeping' "/proc/$process/status" || return 1
    done
}

pids=()
for number in $(seq 1 "$watchers"); do
    spawn society-watch -a "agent-$number" -j >"out-$number"
    pids+=("$pid")
done
society-send -a alice all first >/dev/null
ok "$watchers watchers print a message" wait_for 30 all_have_lines 1
ok "and sleep" wait_for 30 sleepers
before=$(ticks "${pids[@]}") wakes_before=$(wakes "${pids[@]}")
sleep "$seconds" # the time that is measured
used=$(($(ticks "${pids[@]}") - before)) woken=$(($(wakes "${pids[@]}") - wakes_before))
diag "$used ticks, $woken wakes"
ok "in $seconds s all of them together use $used hundredths of a second" test "$used" -le 5
# The safety net looks once a second.
ok "and are woken $woken times" test "$woken" -le $((watchers * (seconds + 1) * 2))
society-send -a alice all second >/dev/null
ok "then each prints a new message" wait_for 30 all_have_lines 2
is "$(cat out-* | jq -r .content | sort | uniq -c | awk '{ print $2, $1 }' | paste -sd' ')" "first $watchers second $watchers" "each message once"
kill -KILL "${pids[@]}"
wait "${pids[@]}" 2>/dev/null

# ---- Memory and descriptors

memory() {
    awk '/^VmRSS:/ { print $2 }' "/proc/$1/status"
}
descriptors() {
    find "/proc/$1/fd" -mindepth 1 2>/dev/null | wc -l
}
# flood COUNT: so many messages to the watcher.
flood() {
    yes '{"to":"reader","content":"a message of the usual length, as agents send them to each other all day long"}' |
        head -n "$1" | society-send -a writer --stdin >/dev/null
}
has_read_all() {
    [ "$(jq .position $society/cursors/reader.json)" = "$(society-status -j | jq '.logs[] | select(.log == "messages").end')" ]
}

mkfifo printed
wc -l <printed >count &
counter=$!
spawn society-watch -a reader -j >printed
reader=$pid
flood $((messages / 10))
ok "a watcher reads $((messages / 10)) messages" wait_for 120 has_read_all
memory_before=$(memory "$reader") descriptors_before=$(descriptors "$reader")
flood $((messages - messages / 10))
ok "and the rest of $messages" wait_for 1200 has_read_all
memory_after=$(memory "$reader") descriptors_after=$(descriptors "$reader")
diag "memory $memory_before to $memory_after KiB, descriptors $descriptors_before to $descriptors_after"
ok "its memory stays (by $((memory_after - memory_before)) KiB)" test $((memory_after - memory_before)) -le 512
is "$descriptors_after" "$descriptors_before" "its descriptors stay"
ok "the log was rotated meanwhile" test "$(segments messages | wc -l)" -gt 1
kill -KILL "$reader"
wait "$reader" 2>/dev/null
wait "$counter"
is "$(cat count)" $((messages + 2)) "it printed every message"
done_testing
