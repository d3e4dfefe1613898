#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What `make demo` shows: a supervisor and two workers in a directory of their own. Every command is printed and run, what must
# come is waited for, and whatever does not happen ends the demo with status 1. Needs the tools on PATH.

set -eu

unset SOCIETY_DIR SOCIETY_AGENT SOCIETY_AGENT_ID AMEIDE_AGENT_ID
bold='' dim='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR-}" ] && [ "${TERM-dumb}" != dumb ]; then
    bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[m'
fi

watchers=()
directory=$(mktemp -d "${TMPDIR:-/tmp}/society-demo.XXXXXX")
clean_up() {
    for pid in ${watchers[@]+"${watchers[@]}"}; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    cd / && rm -rf "$directory"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$directory/shop" && cd "$directory/shop"

failed() {
    echo "demo: $1" >&2
    exit 1
}

heading() {
    printf '\n%s%s%s\n' "$bold" "$1" "$plain"
}

# Prints a command as one would type it, and runs it.
run() {
    printf '%s$ %s%s\n' "$dim" "$1" "$plain"
    eval "$1"
}

# The same for one that must print $2.
run_to_see() {
    printf '%s$ %s%s\n' "$dim" "$1" "$plain"
    eval "timeout 10 $1" >"$directory/seen" || failed "$1 failed"
    cat "$directory/seen"
    grep -q -e "$2" "$directory/seen" || failed "\"$2\" is not there"
}

# The same for one that must be refused, and say $2.
run_to_refuse() {
    printf '%s$ %s%s\n' "$dim" "$1" "$plain"
    ! eval "timeout 10 $1" >"$directory/seen" 2>&1 || failed "$1 was not refused"
    cat "$directory/seen"
    grep -q -e "$2" "$directory/seen" || failed "\"$2\" is not there"
}

# Starts a program in the background; what it prints is read from file descriptor $1.
start() {
    printf '%s$ %s &%s\n' "$dim" "$2" "$plain"
    mkfifo "$directory/pipe-$1"
    eval "exec $2" >"$directory/pipe-$1" &
    watchers[$1]=$!
    eval "exec $1<\"\$directory/pipe-$1\""
}

# Ends the program of file descriptor $1 with a signal.
stop() {
    run "kill -$2 ${watchers[$1]}"
    wait "${watchers[$1]}" 2>/dev/null || true
    unset "watchers[$1]"
    eval "exec $1<&-"
}

# Passes on what comes from file descriptor $1, up to the line that has $2 in it, which is then in $line.
expect() {
    while IFS= read -r -t 10 -u "$1" line; do
        printf '%s\n' "$line"
        [[ $line != *"$2"* ]] || return 0
    done
    failed "\"$2\" did not come"
}

# The demo's own look at the files: that what it shows is so.
check() {
    eval "$1" >/dev/null 2>&1 || failed "not so: $1"
}

is_online() {
    society-agent show "$1" --json | grep -q '"online":true'
}

printf '%slibsociety: several agents in one project, without losing messages%s\n' "$bold" "$plain"

heading '1. A society is a directory'
run 'society-init'

heading '2. A supervisor and two workers; frontend-001 goes away again'
start 3 'society-watch --log presence'
start 4 'society-watch --agent supervisor-001 --join'
expect 3 'supervisor-001 [presence] online=true'
start 5 'society-watch --agent backend-001 --join'
expect 3 'backend-001 [presence] online=true'
run 'society-agent -a supervisor-001 register --role supervisor'
run 'society-agent -a backend-001 register --role backend-developer --capability api'
start 6 'society-watch --agent frontend-001 --join --count 1'
expect 3 'frontend-001 [presence] online=true'
run 'society-agent -a frontend-001 register --role frontend-developer'
# A watch prints nothing before it has joined: now all of them have.
run 'society-send -a supervisor-001 backend-001 frontend-001 "Good morning"'
expect 5 'Good morning'
expect 6 'Good morning'
expect 3 'frontend-001 [presence] online=false'
run 'society-agent list'
check 'is_online supervisor-001 && is_online backend-001 && ! is_online frontend-001'

heading '3. They talk: a message is a line of JSON'
run "society-send -a supervisor-001 --stdin <<'END'
{\"type\":\"task_assign\",\"from\":\"supervisor-001\",\"to\":\"backend-001\",\"task\":{\"id\":\"t1\",\"desc\":\"Implement auth\"},\"timestamp\":\"2026-02-10T10:00:00Z\"}
END"
echo 'backend-001 sees'
expect 5 'Implement auth'
run "society-send -a backend-001 --stdin <<'END'
{\"type\":\"task_complete\",\"from\":\"backend-001\",\"to\":\"supervisor-001\",\"task\":\"t1\",\"status\":\"success\",\"timestamp\":\"2026-02-10T10:15:00Z\"}
{\"type\":\"message\",\"from\":\"backend-001\",\"to\":\"frontend-001\",\"content\":\"Auth API ready at /api/auth\",\"timestamp\":\"2026-02-10T10:16:00Z\"}
END"
echo 'supervisor-001 sees'
expect 4 'task=t1 status=success'

heading '4. frontend-001 comes back and reads on from its cursor'
run_to_see 'society-watch --agent frontend-001 --count 1' 'Auth API ready at /api/auth'
run 'society-send -a supervisor-001 role:frontend-developer "Demo at noon"'
run_to_see 'society-watch --agent frontend-001 --count 1' 'Demo at noon'
run 'cat .society-agent/cursors/frontend-001.json'
check "! society-inbox -a frontend-001 --unread | grep ."

heading '5. A program without the library takes part: echo is enough'
run "echo '{\"agentId\":\"backend-001\",\"role\":\"backend-developer\",\"vsCodePid\":4711,\"workspace\":\"/project/backend\",\"capabilities\":[\"api\"],\"timestamp\":\"2026-02-10T09:59:00Z\"}' >>.society-agent/registry.jsonl"
run "echo '{\"id\":\"msg-1\",\"from\":\"user\",\"to\":\"backend-dev\",\"type\":\"task_assign\",\"content\":\"Build a REST API\",\"timestamp\":\"2026-02-10T12:26:10.006Z\",\"delivered\":false}' >>.society-agent/messages.jsonl"
run_to_see 'society-watch --agent backend-dev --count 1' 'user.*backend-dev.*Build a REST API'
run_to_see 'society-agent show backend-001' '^workspace: /project/backend$'

heading '6. backend-001 is killed, and everyone knows at once'
killed=$(date +%s%3N)
stop 5 KILL
expect 3 'backend-001 [presence] online=false'
echo "That was $(($(date -d "${line%% *}" +%s%3N) - killed)) ms after the kill."
run 'society-agent list'
check '! is_online backend-001'
run 'society-send -a supervisor-001 --ack backend-001 "Are you there?"'
start 7 'society-watch --agent backend-001 --join'
expect 7 'Are you there?'

heading '7. A task has one holder and its files one owner; both are free when that one dies'
run 'society-task -a supervisor-001 add "Implement auth" --path "src/auth/**"'
run 'society-task -a backend-001 claim t1 --own'
run_to_refuse 'society-task -a frontend-001 claim t1' 'backend-001'
run_to_refuse 'society-own -a frontend-001 check src/auth/login.c' 'backend-001'
stop 7 KILL
run_to_see 'society-task -a frontend-001 claim --own --wait 10' 't1'
run_to_see 'society-own -a supervisor-001 list' 'frontend-001'
run 'society-task -a frontend-001 complete t1 "{\"commit\":\"4f2a\"}"'
run_to_see 'society-task list' '^t1.*done'

heading '8. The whole society'
run 'society-status'
run 'society-doctor'
if command -v jq >/dev/null; then
    run_to_see 'jq -r "\"\(.from) to \(.to): \(.content // .task)\"" .society-agent/messages.jsonl' 'Good morning'
    # shellcheck disable=SC2016 # expanded by check
    check '[ $(wc -l <"$directory/seen") -eq $(wc -l <.society-agent/messages.jsonl) ]'
fi

printf '\n%sEverything above happened.%s\n' "$bold" "$plain"
