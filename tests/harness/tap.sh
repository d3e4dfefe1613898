# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A small TAP library for the shell tests. Source it, check things, end with done_testing:
#
#     . "$SOCIETY_SRC/tests/harness/tap.sh"
#     ok "a society is made" society-init "$T"
#     is "$(society-send bob hello | wc -l)" 1 "send prints one id"
#     done_testing
#
# $T is a directory of the test's own, removed at exit with everything that spawn started. A script that ends without
# done_testing has no plan, and tests/run counts it as failed. The functions run in the shell of the test, never in a
# subshell, so commands may set variables.

set -u

tap_number=0
tap_failed=0
status=0
pid=0
T=$(mktemp -d "${TMPDIR:-/tmp}/society-test.XXXXXX") || exit 1
T=$(cd "$T" && pwd -P)
tap_side=$(mktemp -d "${TMPDIR:-/tmp}/society-tap.XXXXXX") || exit 1

tap_cleanup() {
    local running
    running=$(jobs -p)
    if [ -n "$running" ]; then
        # shellcheck disable=SC2086 # a list of numbers
        kill -KILL $running 2>/dev/null
        wait 2>/dev/null
    fi
    cd /
    chmod -R u+rwX "$T" 2>/dev/null
    rm -rf "$T" "$tap_side"
}
trap tap_cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# diag TEXT…: lines for whoever reads a failure.
diag() {
    printf '%s\n' "$*" | sed 's/^/# /'
}

tap_result() {
    tap_number=$((tap_number + 1))
    if [ "$1" = 0 ]; then
        echo "ok $tap_number - $2"
    else
        tap_failed=$((tap_failed + 1))
        echo "not ok $tap_number - $2"
    fi
    return "$1"
}

# ok NAME COMMAND…: passes if the command succeeds; shows its output if not.
ok() {
    local name=$1 code=0
    shift
    "$@" >"$tap_side/output" 2>&1 || code=$?
    tap_result $((code != 0)) "$name" && return 0
    diag "status $code: $*"
    diag "$(head -n 60 "$tap_side/output")"
    return 1
}

# status_is WANT NAME COMMAND…: passes if the command exits with the status WANT.
status_is() {
    local want=$1 name=$2 code=0
    shift 2
    "$@" >"$tap_side/output" 2>&1 || code=$?
    tap_result $((code != want)) "$name" && return 0
    diag "status $code instead of $want: $*"
    diag "$(head -n 60 "$tap_side/output")"
    return 1
}

# is GOT WANT NAME: passes if the two texts are the same.
is() {
    [ "$1" = "$2" ]
    tap_result $? "$3" && return 0
    diag "got:  $1"
    diag "want: $2"
    return 1
}

# isnt GOT UNWANTED NAME: passes if the two texts differ.
isnt() {
    [ "$1" != "$2" ]
    tap_result $? "$3" && return 0
    diag "got what it must not be: $1"
    return 1
}

# like GOT PATTERN NAME: passes if the extended regular expression is found in the text.
like() {
    [[ $1 =~ $2 ]]
    tap_result $(($? != 0)) "$3" && return 0
    diag "got:      $1"
    diag "want in it: $2"
    return 1
}

# unlike GOT PATTERN NAME: passes if the extended regular expression is not found in the text.
unlike() {
    [[ ! $1 =~ $2 ]]
    tap_result $(($? != 0)) "$3" && return 0
    diag "got:          $1"
    diag "unwanted in it: $2"
    return 1
}

# empty GOT NAME: passes if the text is empty; shows it if not.
empty() {
    is "$1" "" "$2"
}

# run COMMAND…: runs it, with its status in $status and its output in the files $T/out and $T/err.
run() {
    status=0
    "$@" >"$T/out" 2>"$T/err" || status=$?
}

# skip NAME REASON: something that this machine cannot show.
skip() {
    tap_number=$((tap_number + 1))
    echo "ok $tap_number - $1 # SKIP $2"
}

# skip_all REASON: ends the test, which shows nothing here.
skip_all() {
    echo "1..0 # SKIP $*"
    exit 0
}

# wait_for SECONDS COMMAND…: repeats the command every 10 ms until it succeeds. Fails when the time is over.
wait_for() {
    local deadline=$((${EPOCHREALTIME/./} + $1 * 1000000))
    shift
    until "$@" >"$tap_side/waiting" 2>&1; do
        [ "${EPOCHREALTIME/./}" -lt "$deadline" ] || return 1
        sleep 0.01
    done
}

# spawn COMMAND…: starts it in the background, its process in $pid; it is killed when the test ends. Redirections of the call apply.
spawn() {
    "$@" </dev/null &
    pid=$!
}

# is_late: whether the time that the long run has for a loop (SOCIETY_SECONDS) is over, since the test began.
is_late() {
    [ -n "${SOCIETY_SECONDS:-}" ] && [ "$SECONDS" -ge "$SOCIETY_SECONDS" ]
}

# done_testing: states the plan and ends the test.
done_testing() {
    echo "1..$tap_number"
    exit $((tap_failed > 0))
}
