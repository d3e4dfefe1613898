#!/bin/bash
# SPDX-License-Identifier: MIT
#
# society-guard watch sees every write in a tree of 10,000 directories while 100 files a second change, and in a burst of as many as
# can be written; with events lost on the way in the long run.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
. "$SOCIETY_SRC/tests/harness/slots.sh" || exit 1

seconds=5 burst=3000
if [ -n "${SOCIETY_LONG-}" ]; then
    seconds=60 burst=60000
fi
society-worktree add --count 2 >/dev/null 2>&1
society-own -a agent-01 acquire '**/owned-*' >/dev/null
slot=$T/app-agent-02
mkdir -p "$slot"/tree/{0..9}/{0..9}/{0..9}/{0..9}
is "$(find "$slot/tree" -mindepth 4 -type d | wc -l)" 10000 "a tree of 10,000 directories"

spawn society-guard watch --json >>"$T/seen" 2>"$T/said"
watcher=$pid
ok "is watched" wait_for 120 grep -q watching "$T/said"
diag "$(cat "$T/said")"

# write NUMBER: to a file of its own, in some directory; every second one is another's.
write() {
    local n=$((($1 * 7919) % 10000)) kind=free
    printf -v n %04d "$n"
    [ $(($1 % 2)) = 0 ] || kind=owned
    echo "$1" >"$slot/tree/${n:0:1}/${n:1:1}/${n:2:1}/${n:3:1}/$kind-$1"
}
# all_seen FIRST END: whether every one of these is among the reports; how many are not.
missing() {
    comm -23 <(for ((i = $1 | 1; i < $2; i += 2)); do echo "owned-$i"; done | sort) \
        <(grep -o 'owned-[0-9]*",' "$T/seen" | tr -d '",' | sort -u) | wc -l
}
all_seen() {
    [ "$(missing "$1" "$2")" = 0 ]
}

# 100 a second: each when it is its turn.
began=${EPOCHREALTIME/./}
total=$((seconds * 100))
for ((i = 0; i < total; i++)); do
    while [ $((${EPOCHREALTIME/./} - began)) -lt $((i * 10000)) ]; do
        read -r -t 0.005 <> <(:)
    done
    write "$i"
done
diag "$total files in $(((${EPOCHREALTIME/./} - began) / 1000)) ms"
wait_for 60 all_seen 0 "$total"
is "$(missing 0 "$total")" 0 "every write is seen while 100 files a second change"
is "$(grep -c '"path":"[^"]*free-' "$T/seen")" 0 "and nothing else is reported"
jq -r '[.file, .timestamp] | @tsv' "$T/seen" | while IFS=$'\t' read -r file at; do
    echo $(($(date -d "$at" +%s%3N) - $(date -r "$file" +%s%3N)))
done | sort -n | awk '{ at[NR] = $1 } END { print "# reported after: median " at[int((NR + 1) / 2)] " ms, 99 of 100 within " at[int(NR * 0.99)] " ms" }'

for ((i = total; i < total + burst; i++)); do
    write "$i"
done
wait_for 300 all_seen "$total" $((total + burst))
is "$(missing "$total" $((total + burst)))" 0 "and every one of $burst that are written at once"

# The watch stands still for as long as it takes to lose events.
if [ -n "${SOCIETY_LONG-}" ]; then
    first=$((total + burst)) last=$((total + burst + $(cat /proc/sys/fs/inotify/max_queued_events)))
    kill -STOP "$watcher"
    for ((i = first; i < last; i++)); do
        write "$i"
    done
    kill -CONT "$watcher"
    wait_for 300 all_seen "$first" "$last"
    is "$(missing "$first" "$last")" 0 "every one of those that it could not look at"
    like "$(cat "$T/said")" "events were lost" "of which events were lost"
fi
kill "$watcher"
wait "$watcher"
is $? 0 "it ends when it is told to"

done_testing
