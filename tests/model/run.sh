#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Checks the model of claims (claim.pml), whole and with one guard taken away at a time: the whole has no error, and where a guard
# is missing the checker must find one, else it would find none anywhere.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1

# check WANT NAME LIVE FLAG…: WANT none or some; FLAG…: of the model; LIVE: yes for liveness.
check() {
    local want=$1 name=$2 live=$3 compile=(-DSAFETY) options=(-m1000000) errors states
    shift 3
    if [ "$live" = yes ]; then
        compile=(-DNFAIR=4) options+=(-a -f)
        set -- -DLIVE -DRECORDS=5 "$@" # as many claims as workers, and a completion
    fi
    mkdir "$T/pan" && cd "$T/pan" || exit 1
    if ! { spin "$@" -a "$SOCIETY_SRC/tests/model/claim.pml" && gcc -O2 "${compile[@]}" -o pan pan.c; } >log 2>&1; then
        is "$(tail -n 20 log)" "" "$name: the model is built"
        done_testing
    fi
    local began=${EPOCHREALTIME/./}
    ./pan "${options[@]}" >out 2>&1
    errors=$(sed -n 's/.*errors: \([0-9]*\)$/\1/p' out)
    states=$(sed -n 's/ *\([0-9.e+]*\) states, stored.*/\1/p' out | head -n 1)
    diag "$name: $states states, depth $(sed -n 's/.*depth reached \([0-9]*\),.*/\1/p' out), $(((${EPOCHREALTIME/./} - began) / 1000)) ms;" \
        "$(sed -n 's/^pan:[0-9]*: //p' out | head -n 1)"
    if [ "$want" = none ]; then
        unlike "$(cat out)" 'max search depth too small|out of memory|Search not completed' "$name: every state was seen"
        is "$errors" 0 "$name: no error" || diag "$(tail -n 30 out)"
    else
        like "$errors" "^[1-9]" "$name: an error is found"
    fi
    cd "$T" && rm -rf "$T/pan"
}

check none "2 workers, 6 records" no -DWORKERS=2 -DRECORDS=6
check none "3 workers, 3 records" no
check none "2 workers without the lock, that look back" no -DWORKERS=2 -DRECORDS=5 -DNO_LOCK -DREAD_BACK
check some "without the lock" no -DNO_LOCK
check some "without the fence" no -DNO_FENCE
check some "without a look at renewals" no -DNO_RENEWAL_CHECK
check none "what the dead held is completed by others" yes
check some "without takeovers of the dead" yes -DNO_TAKEOVER
done_testing
