# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Many writers at once: 16 processes with 500 society-send each; with four foreign writers among them, who take no lock; and both
# while the log is rotated and four watchers follow it.
#
# PROCESSES and SENDS change the numbers.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
. "$SOCIETY_SRC/tests/stress/logs.sh" || exit 1

processes=${PROCESSES:-16}
sends=${SENDS:-500}
total=$((processes * sends))
watchers='watcher-1 watcher-2 watcher-3 watcher-4'
crowd=$SOCIETY_BUILD/tests/stress/crowd
# shellcheck disable=SC2086 # words
set -- $watchers all

line() {
    printf '{"type":"message","from":"foreign","to":"%s","content":"%s"}\n' "$1" "$2"
}

# foreign NAME OPEN: appends a line for each that it reads, which keeps it in step with the senders. OPEN: `each` opens the log for
# every line, `once` keeps it open.
foreign() {
    local number=0 to log=$society/messages.jsonl receivers=(watcher-1 watcher-2 watcher-3 watcher-4 all)
    [ "$2" = each ] || exec 9>>"$log"
    while read -r _; do
        number=$((number + 1))
        to=${receivers[number % 5]}
        if [ "$2" = each ]; then
            line "$to" "$1-$number" >>"$log"
        else
            line "$to" "$1-$number" >&9
        fi
        line "$to" "$1-$number" >>"written-$1"
    done
}

# mix RECEIVER…: the senders, and foreign writers who share what the senders print as their beat. Sets $status to the senders'.
mix() {
    local foreigners=()
    mkfifo beat
    exec 8<>beat
    for name in f1 f2 f3; do
        foreign $name each <beat 8>&- &
        foreigners+=($!)
    done
    foreign f4 once <beat 8>&- &
    foreigners+=($!)
    "$crowd" "$processes" "$sends" "$@" 8>&- | tee ids >beat
    status=${PIPESTATUS[0]}
    exec 8>&-
    wait "${foreigners[@]}"
    cat written-f? | jq -r .content | sort >foreign
}

# check_log NAME: each id once, each foreign line once, nothing else, nothing malformed.
check_log() {
    log_lines messages >lines
    is "$(wc -l <ids)" "$total" "$1: every sender printed an id"
    empty "$(repeats <ids)" "$1: no id was given twice"
    jq -r 'select(.from != "foreign").id' lines | sort >logged
    sort ids >printed
    empty "$(differ printed logged)" "$1: every id is in the log once"
    jq -r 'select(.from == "foreign").content' lines | sort >appended
    empty "$(differ foreign appended)" "$1: every foreign line is in the log once ($(wc -l <foreign))"
    is "$(malformed messages)" 0 "$1: nothing is malformed"
    empty "$(problems)" "$1: society-doctor finds nothing"
}

enter() {
    mkdir "${T:?}/$1"
    cd "$T/$1" || exit 1
    society-init >/dev/null
    : >foreign
}

# ---- Only ours

enter ours
ok "ours: $total senders" sh -c "$crowd $processes $sends \"\$@\" >ids" sh "$@"
is "$(wc -l <$society/messages.jsonl)" "$total" "ours: $total lines"
check_log ours

# ---- With foreign writers

enter foreign
mix "$@"
is "$status" 0 "foreign: $total senders"
check_log foreign

# ---- With rotation and watchers

# compact_until FILE: society-compact over and over.
compact_until() {
    until [ -e "$1" ]; do
        society-compact >/dev/null || echo failed >>compact-failed
    done
}
cursor_is() {
    [ -n "$2" ] && [ "$(jq .position "$society/cursors/$1.json")" = "$2" ]
}

enter rotated
echo '{"version":1,"rotateBytes":262144}' >$society/project.json
for watcher in $watchers; do
    spawn society-watch -a "$watcher" -j >"out-$watcher"
    declare "pid_${watcher#watcher-}=$pid"
done
compact_until stop &
compactor=$!
mix "$@"
is "$status" 0 "rotated: $total senders"
touch stop
wait "$compactor"
ok "rotated: compaction never failed" test ! -e compact-failed
society-doctor --repair >repaired
check_log rotated
archives=$(($(segments messages | wc -l) - 1))
ok "rotated: the log was rotated ($archives times)" test "$archives" -ge $((total * 200 / 262144))
late_lines messages | jq -r 'select(.from == "foreign").content' | sort -u >late
diag "$(wc -l <late) late lines were carried over"

end=$(society-status -j | jq '.logs[] | select(.log == "messages").end')
# without_late: drops the contents of late lines, which a reader may give before it learns that they are late.
without_late() {
    awk 'NR == FNR { late[$0]; next } !($0 in late)' late -
}
for watcher in $watchers; do
    ok "rotated: $watcher reaches the end" wait_for 60 cursor_is "$watcher" "$end"
    jq -r "select(.to == \"$watcher\" or .to == \"all\").content" lines >want
    jq -r .content "out-$watcher" >got
    sort want >want-sorted
    sort got >got-sorted
    empty "$(repeats <got)" "rotated: $watcher printed nothing twice"
    empty "$(differ want-sorted got-sorted)" "rotated: $watcher printed its $(wc -l <want) messages"
    without_late <want >want-ordered
    without_late <got >got-ordered
    ok "rotated: $watcher printed them in the order of the log" cmp want-ordered got-ordered
    id=pid_${watcher#watcher-}
    ok "rotated: $watcher is still there" kill -0 "${!id}"
done
done_testing
