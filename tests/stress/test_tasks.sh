# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A crowd that races for tasks: through the library (task_race.c) and through society-task, and both again while members of it are
# killed. Each task is claimed and completed exactly once, and what each process was told is what the log's fold says.
#
# PROCESSES, TASKS, KILLS (each round's) and SEED change the numbers and the choices.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
. "$SOCIETY_SRC/tests/stress/logs.sh" || exit 1

processes=${PROCESSES:-32}
tasks=${TASKS:-2000}
kills=${KILLS:-60}
seed=${SEED:-$RANDOM$RANDOM}
rounds=2 tool_workers=8 tool_tasks=120 tool_kills=20
if [ -n "${SOCIETY_LONG:-}" ]; then
    rounds=50 tool_workers=32 tool_tasks=2000 tool_kills=400
fi
diag "SEED=$seed"

# begin NAME: a society of its own.
begin() {
    mkdir "$T/$1" && cd "$T/$1" || exit 1
    society-init >/dev/null
}

# race NAME PROCESSES TASKS KILLS SEED
race() {
    begin "$1"
    "$SOCIETY_BUILD/tests/stress/task_race" "${@:2}" >complaints 2>figures
    is "$?" 0 "$1: $2 processes, $3 tasks, at most $4 kills"
    empty "$(head -n 20 complaints)" "$1: what everybody was told agrees with the log"
    diag "$(cat figures)"
    society-doctor --repair >/dev/null
    empty "$(problems | grep -v '"malformed: ' | head)" "$1: society-doctor finds nothing but lines that a kill cut"
}

race crowd "$processes" "$tasks" 0 "$seed"
for round in $(seq 1 "$rounds"); do
    ! is_late || { skip "rounds $round to $rounds" "the time of this test was over (HOURS)" && break; }
    race "killed-$round" "$processes" $((tasks / 4)) "$kills" $((seed + round))
done
COMPACT=1 race compacted 8 1500 "$kills" "$seed"
ok "compacted: the log was compacted again and again ($(find .society-agent/archive | wc -l) times)" \
    test "$(find .society-agent/archive -name 'tasks-*' | wc -l)" -ge 3
society-compact --force tasks >/dev/null
is "$(society-task list -j | wc -l)" 1000 "compacted: of the 1500 that are done the last 1000 are left"
is "$(society-task show t1 -j | jq -c '[.state,.archived]')" '["done",true]' "compacted: the others are in the archive"

# ---- Through the tool

# worker NUMBER: claims the best and completes it, until there is nothing left; first what it held when it was killed.
worker() {
    local id token
    while read -r id token < <(society-task -a "w$1" claim --resume 2>>"err-$1") && [ -n "$id" ]; do
        echo "claim $id $token"
        society-task -a "w$1" complete "$id" --token "$token" >/dev/null 2>>"err-$1" && echo "done $id $token"
    done >>"told-$1"
}
export -f worker

# start NUMBER: a worker in a process group of its own, which can be killed as one. Every other one is held online meanwhile.
start() {
    local hold=()
    [ $(($1 % 2)) = 1 ] || hold=(society-agent -a "w$1" hold --)
    setsid "${hold[@]}" bash -c "worker $1" </dev/null 2>>"err-$1" &
    workers[$1]=$!
}

# kill_one: a worker at random, with all that it runs, at a random moment; and begins it again.
kill_one() {
    local victim=$((RANDOM % tool_workers))
    sleep "0.0$((RANDOM % 10))" # nothing is waited for: it is the moment that is random
    kill -KILL -- "-${workers[victim]}" 2>/dev/null || return 0 # it is done
    wait "${workers[victim]}" 2>/dev/null
    tool_killed=$((tool_killed + 1))
    start "$victim"
}

# race_tool NAME KILLS: as race(), through society-task.
race_tool() {
    begin "$1"
    for number in $(seq 1 $tool_tasks); do
        echo "{\"title\":\"task $number\",\"priority\":$((number % 5))}"
    done >import
    ok "$1: $tool_tasks tasks are imported" society-task -a lead import import
    workers=() tool_killed=0
    for number in $(seq 0 $((tool_workers - 1))); do
        start "$number"
    done
    for _ in $(seq 1 "$2"); do
        kill_one
    done
    wait "${workers[@]}"
    "$SOCIETY_BUILD/tests/stress/task_race" $tool_workers $tool_tasks check $tool_killed >complaints 2>figures
    is "$?" 0 "$1: $tool_workers workers claim and complete them"
    empty "$(head -n 20 complaints)" "$1: what they were told agrees with the log"
    empty "$(cat err-* | grep -v 'nothing is ready' | sort | uniq -c | head)" "$1: nothing was complained of"
    diag "$(cat figures)"
    society-doctor --repair >/dev/null
    empty "$(problems | grep -v '"malformed: ' | head)" "$1: society-doctor finds nothing but lines that a kill cut"
}

if [ -x "$SOCIETY_BUILD/bin/society-task" ]; then
    RANDOM=$((seed % 32768))
    race_tool tool 0
    race_tool tool-killed $tool_kills
    ok "tool-killed: workers were killed ($tool_killed)" test "$tool_killed" -gt 0
else
    skip "through the tool" "there is no society-task"
fi
done_testing
