#!/bin/bash
# SPDX-License-Identifier: MIT
#
# flock, echo and tail -F, as a script does it; the command line is peer.h's. A send takes the lock by the flock command and echoes a
# line; a listener is `tail -F` before a handler that reads lines (stamp); a claim counts a file down under the lock. What the shell
# can't do is to survive a power cut.

set -eu
# shellcheck disable=SC2034 # what is sent
filling='Auth API ready at /api/auth; tests passed, coverage is above ninety per cent, and the branch is waiting for its review.'
programs=$SOCIETY_BUILD/tests/bench/peers

now() { # microseconds
    echo "${EPOCHREALTIME/[.,]/}"
}

# record TO: a line of 199 characters with the time at which it was made.
record() {
    local text="{\"type\":\"message\",\"from\":\"alice\",\"to\":\"$1\",\"sent\":${EPOCHREALTIME/[.,]/}000,\"content\":\"$filling"
    echo "${text:0:197}\"}"
}

send() { # TO
    (flock 9 && record "$1" >>log) 9>>lock
}

claim() {
    (
        flock 9
        read -r left <left
        ((left > 0)) || exit 1
        echo "$((left - 1))" >left
        echo "$1 $left" >>claims
    ) 9>>lock
}

append_worker() { # NUMBER BEGIN MS
    local began ended
    while (($(now) < $2)); do :; done
    ended=$(now)
    while ((ended < $2 + $3 * 1000)); do
        began=$ended
        send nobody
        ended=$(now)
        echo "$((ended - began)) $ended" >>"times.$1"
    done
}

measure_append() { # PROCESSES MS
    local begin=$(($(now) + 50000 + $1 * 5000)) i
    for ((i = 0; i < $1; i++)); do append_worker "$i" "$begin" "$2" & done
    wait
    cat times.* | sort -n | awk -v row="append-$1" -v begin="$begin" '
        { took[NR] = $1; if ($2 > ended) ended = $2 }
        END { printf "%s %d\n%s-p99 %d\n", row, (ended - begin) * 1000 / NR, row, took[int((NR * 99 + 99) / 100)] * 1000 }'
}

claim_worker() { # NUMBER BEGIN MS
    while (($(now) < $2)); do :; done
    while (($(now) < $2 + $3 * 1000)) && claim "$1"; do :; done
    now >"ended.$1"
}

measure_claim() { # PROCESSES TASKS MS
    local begin=$(($(now) + 50000 + $1 * 5000)) i
    echo "$2" >left
    : >claims
    for ((i = 0; i < $1; i++)); do claim_worker "$i" "$begin" "$3" & done
    wait
    echo "claim-$1 $((($(sort -n ended.* | tail -n 1) - begin) * 1000 / $(wc -l <claims)))"
}

# The handlers write to one FIFO, from which what they took is read.
measure_latency() { # LISTENERS COUNT
    local i latency began spacing=${SPACING_US:-5000} listeners=()
    : >log
    mkfifo took
    exec 8<>took
    for ((i = 0; i < $1; i++)); do
        "$programs/stamp" "agent-$i" < <(exec tail -n 0 -F log 2>/dev/null) >took &
        listeners+=("$!")
    done
    # tail has no way to say that it watches: ask each until it answers.
    for ((i = 0; i < $1; i++)); do
        until send "agent-$i" && read -r -t 0.2 latency <&8; do :; done
    done
    while read -r -t 0.2 latency <&8; do :; done
    for ((i = 0; i < $2; i++)); do
        read -r -t "0.$(printf %06d "$spacing")" latency <&8 || true
        began=$(now)
        send "agent-$((i % $1))"
        echo "$((($(now) - began) * 1000))" >>sends
        read -r -t 20 latency <&8
        echo "$latency" >>latencies
    done
    kill "${listeners[@]}"
    echo "end" >>log # tail finds nobody to write to, and ends
    sort -n latencies | awk -v row="latency-$1" '
        { took[NR] = $1 } END { printf "%s %d\n%s-p99 %d\n", row, took[int((NR + 1) / 2)], row, took[NR - int(NR / 100)] }'
    sort -n sends | awk -v row="latency-$1-send" '{ took[NR] = $1 } END { print row, took[int((NR + 1) / 2)] }'
}

fill() { # RECORDS
    awk -v n="$1" -v filling="$filling" 'BEGIN {
        for (i = 1; i <= n; i++)
            print substr("{\"type\":\"message\",\"from\":\"alice\",\"to\":\"" (i % 100 ? "nobody" : "reader") "\",\"sent\":" i \
                ",\"content\":\"" filling, 1, 197) "\"}"
    }' >log
}

# (grep ends at the first match when its output is /dev/null.)
read_history() {
    grep -F '"to":"reader"' log | wc -l
}

# timed ROW ROUNDS TIMES COMMAND...: nanoseconds for one of TIMES.
timed() {
    local row=$1 rounds=$2 times=$3 i began
    shift 3
    for ((; rounds > 0; rounds--)); do
        began=$(now)
        for ((i = 0; i < times; i++)); do "$@" >/dev/null; done
        echo "$row $((($(now) - began) * 1000 / times))"
    done
}

case $1 in
append) measure_append "$2" "$3" ;;
claim) measure_claim "$2" "$3" "$4" ;;
latency) measure_latency "$2" "$3" ;;
open)
    fill "$2"
    timed "open-$2" "$3" 20 tail -n 1 log
    ;;
history)
    fill "$(($2 * 1048576 / 200))"
    timed history "$3" 1 read_history
    ;;
cold)
    echo 1000 >left
    if [ "$2" = send ]; then
        exec "$programs/floor" spawn cold-send "$3" sh -c '(flock 9 && echo "{\"to\":\"nobody\",\"content\":\"ready\"}" >>log) 9>>lock'
    fi
    exec "$programs/floor" spawn cold-claim "$3" sh -c '(flock 9 && read -r n <left && echo $((n - 1)) >left && echo "$n" >>claims) 9>>lock'
    ;;
esac
