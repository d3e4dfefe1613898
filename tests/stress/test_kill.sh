# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Senders, watchers and compactors that are killed at random moments (kill.c). What a sender printed is in the log, once; a watcher
# that is started again misses nothing and repeats only what was not committed.
#
# KILLS and SEED change the number of kills and the choices. Every 2,000 kills it begins anew, with the next seed.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
. "$SOCIETY_SRC/tests/stress/logs.sh" || exit 1

kills=${KILLS:-$([ -n "${SOCIETY_LONG:-}" ] && echo 100000 || echo 2000)}
seed=${SEED:-$RANDOM$RANDOM}

# batch LINES BYTES: messages for both watchers.
batch() {
    for number in $(seq 1 "$1"); do
        printf '{"to":"w%d","content":"%d%*s"}\n' $((number % 2 + 1)) "$number" $((number % $2)) ''
    done
}

is_repaired() {
    society-doctor --repair >/dev/null
    problems >problems
    ! grep -qv '"malformed: ' problems
}

# What a kill can leave is a torn line, a temporary file, an archive without its seal. Most of it the next process mends.
check_files() {
    local torn interrupted
    interrupted=$(find $society -name '.*.tmp' | wc -l)
    [ "$1" -lt 1000 ] || ok "kills came in the middle of a rotation or a commit ($interrupted)" test "$interrupted" -gt 0
    diag "left behind: $(problems | jq -r '.[2]' | sed 's/[0-9a-f-]\{8,\}/N/g' | sort | uniq -c | sort -rn | head -n 5 | paste -sd';')"
    # Nobody is left who could be writing one; younger than a minute, they would not be taken for what a crash left.
    find $society -name '.*.tmp' -exec touch -d '5 minutes ago' {} +
    ok "after --repair society-doctor finds nothing but torn lines" wait_for 60 is_repaired
    diag "$(grep -v '"malformed: ' problems | head -n 20)"
    torn=$(grep -c '"malformed: ' problems)
    ok "$torn torn lines are no more than the kills" test "$torn" -le "$1"
}

check_senders() {
    society-watch -j --everyone --all-history --timeout 0 >log
    jq -r .id log | sort >logged
    empty "$(uniq -d logged | head)" "no message is in the log twice"
    cat ids-* | grep -xE '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}' | sort >printed
    ok "senders printed ids ($(wc -l <printed))" test -s printed
    empty "$(uniq -d printed | head)" "no id was printed twice"
    empty "$(comm -23 printed logged | head)" "every id that was printed is in the log"
    diag "$(comm -13 printed logged | wc -l) messages were written by senders killed before they could say so"
}

is_caught_up() {
    society-status -j | jq -e '[.agents[] | select(.agentId == "w1" or .agentId == "w2").unread] == [0, 0]'
}

# check_watcher AGENT: all that it printed in all of its runs, a line that was cut short not counted.
check_watcher() {
    grep -av ' torn$' "out-$1" >whole
    is "$(jq -c . whole | wc -l)" "$(wc -l <whole)" "$1 printed whole records"
    jq -r "select(.to == \"$1\" or .to == \"all\").id" log | sort >want
    jq -r 'select(.id).id' whole | sort >got
    empty "$(comm -23 want <(uniq got) | head)" "$1 printed every message addressed to it ($(wc -l <want))"
    empty "$(comm -13 want <(uniq got) | head)" "$1 printed no other"
    # Each run goes upwards from the cursor that it found.
    jq -r '[.cursor // -1, .position // -1] | @csv' whole |
        awk -F, '$1 >= 0 { least = $1; next } $2 < least { print NR ": " $2 " < " least } { least = $2 + 1 }' >wrong
    empty "$(head wrong)" "$1 repeated only what was not committed ($(uniq -d got | wc -l))"
    is "$(society-inbox -a "$1" --unread -j | wc -l)" 0 "$1 has nothing unread"
}

# round KILLS SEED
round() {
    local watchers=()
    mkdir "${T:?}/round" && cd "$T/round" || exit 1
    society-init >/dev/null
    echo '{"version":1,"rotateBytes":1048576}' >$society/project.json
    batch 10 2000 >small
    batch 300 2000 >large
    diag "SEED=$2 KILLS=$1"
    "$SOCIETY_BUILD/tests/stress/kill" "$1" "$2" >complaints 2>counts
    is "$?" 0 "$1 kills"
    diag "$(cat counts)"
    empty "$(head -n 20 complaints)" "nothing ended badly but by SIGKILL"
    check_files "$1"
    check_senders
    for watcher in w1 w2; do
        spawn society-watch -a $watcher -j >>out-$watcher
        watchers+=("$pid")
    done
    ok "the watchers catch up" wait_for 60 is_caught_up
    kill -KILL "${watchers[@]}"
    wait "${watchers[@]}" 2>/dev/null
    check_watcher w1
    check_watcher w2
    cd "$T" && rm -rf "$T/round"
}

# In the long run it has twice the time of others.
[ -z "${SOCIETY_SECONDS:-}" ] || SOCIETY_SECONDS=$((SOCIETY_SECONDS * 2))
wanted=$kills
while [ "$kills" -gt 0 ] && { [ "$kills" = "$wanted" ] || ! is_late; }; do
    round $((kills < 2000 ? kills : 2000)) "$seed"
    kills=$((kills - 2000))
    seed=$((seed + 1))
done
diag "$((wanted - (kills > 0 ? kills : 0))) kills"
[ "$kills" -le 0 ] || skip "$kills of $wanted kills" "the time of this test was over (HOURS)"
done_testing
