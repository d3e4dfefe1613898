# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A crowd that races for tasks: through the library (task_race.c), the same while members of it are killed, and through
# society-task. Each task is claimed and completed exactly once, and what each process was told is what the log's fold says.
#
# PROCESSES, TASKS, KILLS (each round's) and SEED change the numbers and the choices.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
. "$SOCIETY_SRC/tests/stress/logs.sh" || exit 1

processes=${PROCESSES:-32}
tasks=${TASKS:-2000}
kills=${KILLS:-60}
seed=${SEED:-$RANDOM$RANDOM}
rounds=2 tool_workers=8 tool_tasks=120
if [ -n "${SOCIETY_LONG:-}" ]; then
    rounds=50 tool_workers=32 tool_tasks=2000
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

# worker NUMBER: claims the best and completes it, until there is nothing left.
worker() {
    local id token
    while read -r id token < <(society-task -a "w$1" claim 2>>"err-$1") && [ -n "$id" ]; do
        echo "claim $id $token"
        society-task -a "w$1" complete "$id" --token "$token" >/dev/null 2>>"err-$1" && echo "done $id $token"
    done >"told-$1"
}

if [ -x "$SOCIETY_BUILD/bin/society-task" ]; then
    begin tool
    for number in $(seq 1 $tool_tasks); do
        echo "{\"title\":\"task $number\",\"priority\":$((number % 5))}"
    done >import
    ok "the tool imports $tool_tasks tasks" society-task -a lead import import
    workers=()
    for number in $(seq 0 $((tool_workers - 1))); do
        worker "$number" &
        workers+=($!)
    done
    wait "${workers[@]}"
    "$SOCIETY_BUILD/tests/stress/task_race" $tool_workers $tool_tasks check >complaints 2>figures
    is "$?" 0 "$tool_workers workers claim and complete them through the tool"
    empty "$(head -n 20 complaints)" "what the tool said agrees with the log"
    empty "$(cat err-* | grep -v 'nothing is ready' | sort | uniq -c | head)" "and it complained of nothing"
    diag "$(cat figures)"
else
    skip "through the tool" "there is no society-task"
fi
done_testing
