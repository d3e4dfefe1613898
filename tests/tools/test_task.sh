# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# society-task: every verb, the graph, import and export, run with its death and its renewals, and the example worker.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh"
unset SOCIETY_DIR SOCIETY_AGENT SOCIETY_AGENT_ID AMEIDE_AGENT_ID SOCIETY_TASK SOCIETY_TOKEN
cd "$T" || exit 1
society-init >/dev/null
export SOCIETY_AGENT=w1

field() {
    society-task show "$1" -j | jq -c ".$2"
}
state_is() {
    [ "$(field "$1" state)" = "\"$2\"" ]
}
is_online() {
    [ "$(society-agent show "$1" -j | jq .online)" = true ]
}
# fresh NAME: a society of its own, and the working directory.
fresh() {
    mkdir "$T/$1" && cd "$T/$1" && society-init >/dev/null
}

# Making.
is "$(society-task add 'First')" t1 "add prints the id"
is "$(society-task add 'Second' --needs t1 -d 'With a text' -p 0 --role tester --label api -j --label db --path 'src/**' --to w1 \
    --parent t1 --acceptance 'It works' --retries 2 | jq -c '[.id,.title,.description,.priority,.role,.labels,.paths,.assignee,.dependsOn,.parent]')" \
    '["t2","Second","With a text",0,"tester",["api","db"],["src/**"],"w1",["t1"],"t1"]' "add takes every field; -j prints the task"
is "$(field t2 '| [.acceptance,.maxRetries,.createdBy,.state]')" '["It works",2,"w1","open"]' "also the rest"
is "$(society-task add Named --id build-1)" build-1 "an id of one's own"
status_is 1 "an id that is taken" society-task add Again --id build-1
status_is 2 "an id that is none" society-task add Bad --id ../x
status_is 2 "a priority that is none" society-task add Bad -p 5
status_is 2 "no title" society-task add
status_is 2 "an empty title" society-task add ''
status_is 2 "no agent" env -u SOCIETY_AGENT society-task add Nobody
status_is 2 "no verb" society-task
status_is 2 "an unknown verb" society-task dance
ok "every promised field is there" sh -c "society-task show t1 -j | jq -e '[\"id\",\"title\",\"description\",\"state\",\"priority\",\"assignee\",\"role\",\
\"labels\",\"paths\",\"dependsOn\",\"parent\",\"holder\",\"token\",\"leaseMs\",\"createdBy\",\"createdAt\",\"updatedAt\",\"result\",\"reason\",\"retries\",\"notes\"] - keys == []'"

# Listing.
is "$(society-task list -j | jq -r .id | paste -sd' ')" "t1 t2 build-1" "list is in the order of creation"
is "$(society-task list | cut -f 1-4 | sed -n 2p)" "t2	open	0	w1" "off a terminal columns are separated by tabs"
is "$(society-task list | awk -F '\t' '{ print NF }' | sort -u)" 6 "and there are always six"
is "$(society-task list --mine -j | jq -r .id)" t2 "list --mine"
is "$(society-task list --state=done -j)" "" "list --state"
status_is 2 "a state that is none" society-task list --state=bogus
ok "list needs no agent" env -u SOCIETY_AGENT society-task list
is "$(society-task ready -j | jq -r .id | paste -sd' ')" "t1 build-1" "ready: what waits is not"
status_is 1 "ready exits 1 if nothing is" society-task -C "$(mkdir other && society-init other)" ready
status_is 1 "show of what is not there" society-task show nothing
like "$(society-task show t2)" "acceptance: It works" "show for people"

# What an agent has completed, and what is like it.
fresh familiar
society-task add A --label db --path 'src/db/**' >/dev/null
society-task add B --label ui >/dev/null
society-task add C --label db --label ui --path 'src/db/**' >/dev/null
society-task add D -p 1 >/dev/null
is "$(society-agent show w1 -j | jq -c .completed)" null "who has completed nothing"
society-task claim t1 >/dev/null && society-task complete t1 >/dev/null
is "$(society-agent show w1 -j | jq -c .completed)" '{"tasks":1,"labels":{"db":1},"paths":{"src/db/**":1}}' \
    "society-agent show counts by label and path"
like "$(society-agent show w1)" 'completed: 1; labels: db 1; paths: src/db/\*\* 1' "also for people"
is "$(society-task ready -j | jq -r .id | paste -sd' ')" "t4 t2 t3" "ready is by priority and age"
is "$(society-task ready --familiar -j | jq -r .id | paste -sd' ')" "t4 t3 t2" "--familiar is by likeness within a priority"
is "$(society-task -a w2 ready --familiar -j | jq -r .id | paste -sd' ')" "t4 t2 t3" "and by age for who has done nothing"
like "$(society-task claim --familiar)" "^t4 " "claim --familiar takes the first of them"
like "$(society-task claim --familiar)" "^t3 " "and the next"

# Several claims by one call.
fresh several
for title in A B C; do society-task add "$title" >/dev/null; done
is "$(society-task claim --count 2 -j | jq -r .task | paste -sd' ')" "t1 t2" "claim --count takes the best"
like "$(society-task claim --count 5)" "^t3 [0-9]+$" "or as many as there are"
status_is 1 "claim --count where nothing is ready" society-task claim --count 1
status_is 2 "claim --count 0" society-task claim --count 0
status_is 2 "claim --count with an id" society-task claim t1 --count 2
status_is 2 "claim --count --own" society-task claim --count 2 --own
cd "$T" || exit 1

# Claims.
read -r id token <<<"$(society-task claim)"
is "$id" t1 "claim takes the best"
like "$token" '^[0-9]+$' "and prints its token"
is "$(field t1 '| [.state,.holder,.token]')" "[\"claimed\",\"w1\",$token]" "the task says so"
run society-task -a w2 claim t1
is "$status" 1 "a claimed task is refused"
like "$(cat "$T/err")" "^society-task: .*t1.*w1" "and it is said who has it"
status_is 1 "a task that waits is refused" society-task claim t2
status_is 1 "a task that is not there" society-task claim nothing
is "$(society-task -a w2 claim build-1 --lease 90s -j | jq -c '[.task,.leaseMs,.takeover]')" '["build-1",90000,null]' "claim -j prints the claim"
status_is 1 "nothing is ready" society-task -a w3 claim
status_is 1 "claim --wait ends with its time" society-task -a w3 claim --wait 50ms
status_is 2 "a lease that is none" society-task claim --lease soon
spawn society-task -a w3 claim --wait 30s >waited
waiter=$pid
status_is 1 "another's claim is not renewed" society-task -a w2 renew t1 --token 1
status_is 1 "nor without a token" society-task -a w2 renew t1
is "$(society-task renew t1 --lease 2h -j | jq .leaseMs)" 7200000 "renew"
ok "release" society-task release t1 --token "$token"
wait "$waiter"
like "$(cat waited)" '^t1 [0-9]+$' "a release wakes who waits for a claim"
status_is 1 "the old token is fenced" society-task complete t1 --token "$token"
run society-task -a w3 complete t1 --token "$token"
is "$status" 1 "whoever shows it"
ok "complete with a result" society-task -a w3 complete t1 --result '{"pull":7}'
is "$(field t1 '| [.state,.result,.holder]')" '["done",{"pull":7},null]' "a result that is JSON stays JSON"
is "$(society-agent -a w1 register --role tester; society-task ready -j | jq -r .id)" t2 "what needed it is ready"

# States.
society-task claim t2 >claimed
ok "note" society-task note t2 'half of it'
ok "note from standard input" sh -c 'echo "line one
line two" | society-task note t2 -'
ok "others may note too" society-task -a w9 note t2 --note aside
is "$(field t2 'notes | map(.from + ":" + .text)')" '["w1:half of it","w1:line one\nline two","w9:aside"]' "notes have their texts"
is "$(society-task list -j | jq -c 'select(.id=="t2").notes')" 3 "lists have their number"
like "$(society-task show t2)" "w1: half of it" "show has them for people"
ok "block" society-task block t2 'no schema'
is "$(field t2 '| [.state,.reason]')" '["blocked","no schema"]' "with its reason"
status_is 2 "block needs a reason" society-task block t2
ok "unblock" society-task unblock t2
society-task claim t2 >claimed
ok "submit" society-task submit t2 'see the branch'
is "$(field t2 '| [.state,.result]')" '["review","see the branch"]' "a result that is no JSON is a text"
status_is 1 "one's own work is not reviewed" society-task complete t2
ok "back with a note" society-task -a w2 reopen t2 'tests are missing'
is "$(field t2 '| [.state,.assignee,.notes[-1].text]')" '["open","w1","tests are missing"]' "to whom it came from"
society-task claim t2 >claimed
ok "fail, to be retried" society-task fail t2 --reason 'a bad day'
is "$(field t2 '| [.state,.retries,.reason]')" '["open",1,"a bad day"]' "counts"
ok "cancel" society-task cancel t2 --reason 'not wanted'
ok "cancelled" state_is t2 cancelled
status_is 1 "what is over is not cancelled" society-task cancel t2
ok "reopen" society-task reopen t2
ok "assign" society-task assign t2 --to role:tester
is "$(field t2 assignee)" '"role:tester"' "to a role"
ok "assign --nobody" society-task assign t2 --nobody
is "$(field t2 assignee)" null "to nobody"
status_is 2 "assign needs to know to whom" society-task assign t2
status_is 2 "and only one" society-task assign t2 w1 --nobody
ok "depend" society-task depend t2 --needs build-1 --remove t1
is "$(field t2 dependsOn)" '["build-1"]' "adds and removes"
run society-task depend build-1 --needs t2
isnt "$status" 0 "a cycle is refused"
run society-task add Self --id self --needs self
isnt "$status" 0 "also of one"
ok "edit" society-task edit t2 --title 'Second, better' -p 4 --label '' --role '' -d ''
is "$(field t2 '| [.title,.priority,.labels,.role,.description,.acceptance]')" '["Second, better",4,[],null,null,"It works"]' \
    "an empty value clears, what is not given stays"
status_is 2 "edit needs something" society-task edit t2
status_is 2 "edit changes no dependencies" society-task edit t2 --needs t1
status_is 2 "a text where there is none" society-task release t2 text
status_is 2 "an option of another verb" society-task -a w2 complete build-1 --reason x
for stray in "edit t2 --title T --state done" "edit t2 -p 1 --token 1" "claim --title T" "list --familiar" "unblock t2 --token 1" \
    "add T --title T" "add T --result x" "ready --mine" "show t2 --archived" "export --state done" "depend t2 --needs t3 --to w1"; do
    # shellcheck disable=SC2086
    run society-task $stray
    is "$status" 2 "refused: $stray"
    like "$(cat "$T/err")" "^society-task: ${stray%% *} takes no --" "and it is said"
done
status_is 1 "a change of what is not there" society-task note nothing x

# The graph.
fresh graph
society-task add $'Roof "A\\B" & <C>\e[31m\nend' --id roof --needs wall --needs nowhere >/dev/null
society-task add Wall --id wall --needs floor --parent house >/dev/null
society-task add House --id house >/dev/null
society-task add Floor --id floor >/dev/null
society-task add Tiles --id tiles --parent floor >/dev/null
society-task add Door --id door --parent house --needs floor >/dev/null
society-task claim floor >claimed
cat >wanted <<'END'
roof [open] Roof "A\B" & <C>\x1b[31m\x0aend
├─ needs wall [open] Wall
│  └─ needs floor [claimed by w1] Floor
│     └─ tiles [open] Tiles
└─ needs nowhere [absent]
house [open] House
├─ wall [open] Wall (above)
└─ door [open] Door
   └─ needs floor [claimed by w1] Floor (above)
END
is "$(society-task graph)" "$(cat wanted)" "graph is a tree"
society-task graph --dot >graph.dot
like "$(cat graph.dot)" '^digraph tasks \{' "graph --dot"
like "$(cat graph.dot)" '"roof" \[label="roof\\nRoof \\"A\\\\B\\" &amp; <C>\\\\x1b\[31m\\\\x0aend", fillcolor=white\];' "labels are escaped"
is "$(grep -c -e '->' graph.dot)" 7 "an edge for each dependency and parent"
like "$(cat graph.dot)" '"house" -> "door" \[style=dashed' "parents are dashed"
if command -v dot >/dev/null; then
    ok "Graphviz reads it" dot -Tcanon -o "$T/canon" graph.dot
else
    skip "Graphviz reads it" "dot is not installed"
fi
fresh chain
seq 1 100 | jq -c '{id: "c\(.)", title: "C"} + (if . < 100 then {dependsOn: ["c\(. + 1)"]} else {} end)' | society-task import - >/dev/null
is "$(society-task graph | wc -l)" 103 "a long chain is cut, and goes on below"
is "$(society-task graph | grep -c below)" 3 "where it says so"
society-task edit c1 --parent c2
society-task edit c2 --parent c1
ok "parents in a circle end" timeout 20 society-task graph

# Import and export.
fresh beads
society-task import "$SOCIETY_SRC/tests/formats/beads.jsonl" >imported 2>said
is "$(paste -sd' ' imported)" "shop-1 shop-1.1 shop-1.2 shop-1.3 shop-2 shop-3" "import of beads prints the ids"
like "$(cat said)" "6 tasks imported, 1 deleted" "and says what was skipped"
is "$(society-task ready -j | jq -r .id | paste -sd' ')" "shop-1 shop-2" "ready: deleted and unknown issues are no obstacle"
is "$(field shop-1.1 '| [.state,.priority,.result,.parent,.labels,.createdAt,.updatedAt]')" \
    '["done",1,"merged","shop-1",["task"],"2026-01-05T17:00:00.123Z","2026-01-06T19:00:00.000Z"]' "closed is done, times are UTC"
is "$(field shop-1.2 '| [.title,.state,.assignee,.labels,.dependsOn]')" '["Checkout \"fast\"","open","crew-dave",["money","feature"],["shop-1.1"]]' \
    "in_progress is open, with its assignee"
is "$(field shop-1.3 '| [.state,.dependsOn,.acceptance,[.notes[].text]]')" '["blocked",["shop-1.2"],"Opens in a viewer",["PDF","Ask the tax office"]]' \
    "blocked; other kinds of dependencies are dropped"
is "$(field shop-1 '| [.priority,.createdAt,.updatedAt]')" '[0,"2026-01-05T08:00:00.500Z","2026-01-06T09:00:00.000Z"]' "no priority is the first"
is "$(field shop-2 '| [.state,.parent,.dependsOn]')" '["open",null,[]]' "deferred is open"
status_is 1 "importing it again is refused" society-task import "$SOCIETY_SRC/tests/formats/beads.jsonl"

# refused NAME PATTERN LINE…: an import that fails and makes nothing.
refused() {
    local name=$1 pattern=$2 before after
    shift 2
    before=$(society-task list -j | wc -l)
    printf '%s\n' "$@" >lines
    run society-task import lines
    after=$(society-task list -j | wc -l)
    is "$status $after" "3 $before" "refused: $name"
    like "$(cat "$T/err")" "$pattern" "and named"
}
refused "two ids that would be one" "lines: line 3: field id.*x/1.*x-1" '' '{"id":"x-1","title":"a","status":"open"}' '{"id":"x/1","title":"b","status":"open"}'
refused "an id of ours that another would become" "line 2: field id" '{"id":"y-1","title":"a"}' '{"id":"y/1","title":"b","status":"open"}'
refused "two people that would be one" "line 2: field assignee" '{"id":"p1","title":"a","status":"open","assignee":"a/b"}' \
    '{"id":"p2","title":"b","status":"open","assignee":"a b"}'
refused "a name that can't be an id" "line 1: field id" '{"id":"/1","title":"a","status":"open"}'
refused "a status that is none" "line 1: field status" '{"id":"s1","title":"a","status":"lost"}'
refused "a time that is none" "line 1: field created_at" '{"id":"s1","title":"a","status":"open","created_at":"today"}'
refused "a priority that is no number" "line 1: field priority" '{"id":"s1","title":"a","status":"open","priority":"high"}'
refused "dependencies that are no list" "line 1: field dependencies" '{"id":"s1","title":"a","status":"open","dependencies":5}'
refused "a description that is no text" "line 1: field description" '{"id":"s1","title":"a","status":"open","description":{"a":1}}'
refused "a status that is no text" "line 1: field status" '{"id":"s1","title":"a","status":5}'
refused "notes that are no list" "line 1: field notes must be a list" '{"title":"a","notes":"hello"}'
refused "a priority out of its range" "line 2: field priority must be a whole number from 0 to 4" '{"title":"a"}' '{"title":"b","priority":5}'
refused "what is no JSON" "line 2" '{"title":"a"}' '{"title"'
refused "what is no object" "line 1" '[1]'
refused "a task without a title" "line 2.*title" '{"title":"a"}' '{"id":"b"}'
refused "a cycle" "" '{"id":"k1","title":"a","dependsOn":["k2"]}' '{"id":"k2","title":"b","dependsOn":["k1"]}'
status_is 3 "a file that is not there" society-task import nothing
status_is 3 "a directory" society-task import .
status_is 2 "import needs a file" society-task import
is "$(printf '{"title":"A"}\n\n{"title":"B"}\n' | society-task import - -j | jq -r .id | paste -sd' ')" "t1 t2" "import - reads standard input"

society-agent -a w1 leave
society-task claim shop-2 >claimed
society-task note shop-2 $'two\nlines, "quoted" \\ and ü'
society-task claim shop-1 >claimed
society-task fail shop-1 'no roof'
society-task add Real --id real >/dev/null
society-task claim real >claimed
society-task complete real '{"share":0.1,"big":9007199254740991,"list":[null,true,"x"]}'
society-task add Odd --id odd --retries 3 --path 'a/**' --role tester --to role:tester >/dev/null
society-task cancel odd 'not now'
society-task export >exported
is "$(jq -r 'select(.id=="shop-2") | [.state,.holder,.token] | tostring' exported)" '["open",null,null]' "a claimed task is exported as open"
fresh second
ok "our own export is imported" society-task import ../beads/exported
is "$(society-task export)" "$(cat ../beads/exported)" "and the round trip is lossless"
is "$(society-task export | jq -r .id | paste -sd' ')" "$(jq -r .id ../beads/exported | paste -sd' ')" "in the same order"
if [ -n "${SOCIETY_BEADS-}" ] && [ -r "$SOCIETY_BEADS" ]; then
    fresh real
    is "$(society-task import "$SOCIETY_BEADS" 2>/dev/null | wc -l)" 279 "a real tracker is imported"
    is "$(society-task ready -j | wc -l)" 82 "what is ready there is ready here"
    society-task export >exported
    fresh real-again
    society-task import ../real/exported >/dev/null
    is "$(society-task export | cksum)" "$(cksum <../real/exported)" "and survives the round trip"
else
    skip "a real tracker" "SOCIETY_BEADS names no file"
fi

# run
fresh run
for i in 1 2 3 4 5 6 7 8 9; do society-task add "Task $i" >/dev/null; done
is "$(society-task run t1 -- sh -c 'echo "$SOCIETY_AGENT $SOCIETY_DIR $SOCIETY_TASK"')" "w1 $PWD/.society-agent t1" "the command knows its task"
is "$(field t1 '| [.state,.completedBy]')" '["done","w1"]' "0 completes it"
status_is 7 "run has the status of its command" society-task run t2 -- sh -c 'exit 7'
is "$(field t2 '| [.state,.reason]')" '["failed","the command returned 7"]' "which is the reason of the failure"
status_is 1 "a task that is over is not run" society-task run t1 -- touch ran
ok "nor its command" test ! -e ran
status_is 0 "run without an id takes the best" society-task run -- sh -c 'echo "$SOCIETY_TASK" >best'
is "$(cat best)" t3 "which is t3"
status_is 143 "killed by a signal" society-task run t4 -- sh -c 'kill -TERM $$'
is "$(field t4 reason)" '"the command was killed by signal 15"' "which is the reason"
ok "the command may end the claim itself" society-task run t5 -- society-task complete t5 '{"by":"itself"}'
is "$(field t5 '| [.state,.result]')" '["done",{"by":"itself"}]' "and its result stays"
ok "or block it" society-task run t6 -- society-task block t6 'a question'
ok "which stays too" state_is t6 blocked
status_is 2 "run needs a command" society-task run t7
is "$(society-task run t7 -- printf '%s,' -j --dot -x)" "-j,--dot,-x," "the command's options are its own"

society-task unblock t6
mkfifo gate
spawn society-task run t6 --lease 90ms -- sh -c 'read line <gate'
runner=$pid
renewals() {
    [ "$(grep -c '"task_renew"' .society-agent/tasks.jsonl)" -ge "$1" ]
}
ok "run renews" wait_for 20 renewals 3
ok "and is online" is_online w1
status_is 1 "nobody takes it meanwhile" society-task -a w2 claim t6
echo go >gate
wait "$runner"
is "$? $(field t6 state)" '0 "done"' "until its command ends"

spawn society-task run t8 -- bash -c 'trap "kill \$!; echo got TERM >signal; exit 5" TERM; sleep 600 & echo $$ >child; wait'
runner=$pid
wait_for 10 test -s child
kill -TERM "$runner"
wait "$runner"
is "$? $(cat signal)" "5 got TERM" "SIGTERM is passed on"
is "$(field t8 state)" '"failed"' "and the task has failed"

rm child
spawn society-task run t9 -- sh -c 'echo $$ >child; read line <gate; echo "$SOCIETY_TOKEN" >late; society-task complete "$SOCIETY_TASK"; echo $? >end' 2>said
runner=$pid
wait_for 10 test -s child
spawn society-task -a w2 claim t9 --wait 30s >taken
waiter=$pid
kill -KILL "$runner"
wait "$runner" 2>/dev/null
wait "$waiter"
is "$?" 0 "a killed runner's task is another's at once"
read -r id token <<<"$(cat taken)"
echo go >gate
ok "its command goes on" wait_for 10 test -s end
is "$(cat end)" 1 "its completion is refused"
like "$(cat said)" "^society-task: t9: token" "with the reason"
is "$(field t9 '| [.state,.holder,.token]')" "[\"claimed\",\"w2\",$token]" "and can't finish what is another's"
isnt "$(cat late)" "$token" "its token is the old one"

society-task add Moved --id moved >/dev/null
spawn society-task run moved --lease 60ms -- sh -c 'touch begun; trap "touch ended; exit 0" TERM; while :; do read line <gate; done' 2>said
runner=$pid
wait_for 10 test -e begun
society-task -a boss cancel moved 'not any more'
wait "$runner"
is "$? $(test -e ended && echo ended)" "1 ended" "a command whose task is gone is ended, and its 0 is no success"
like "$(cat said)" 'moved is cancelled: "not any more"' "and it is said why"

society-task add Moved --id gone >/dev/null
rm begun ended
spawn society-task run gone -- sh -c 'echo $$ >child; touch begun; trap "touch ended; exit 0" TERM; while :; do read line <gate; done' 2>said
runner=$pid
wait_for 10 test -e begun
society-task note gone 'of no consequence'
society-task -a boss cancel gone
ok "at once, and not only when its claim would be renewed" wait_for 20 test -e ended
[ -e ended ] || kill -KILL "$(cat child)"
wait "$runner"
is "$?" 1 "which is no success either"

society-task add Held --id held >/dev/null
ok "under another presence" society-agent hold -- society-task run held -- true
is "$(field held state)" '"done"' "it runs too"

# Tasks with their paths.
fresh own
owners() {
    jq -r 'select(.type | startswith("own_")) | "\(.type) \(.from)"' .society-agent/ownership.jsonl | paste -sd' '
}
society-task add Api --id api --path 'src/api/**' >/dev/null
society-task add More --id more --path 'src/**/*.c' >/dev/null
society-task add Docs --id docs --path 'docs/*' >/dev/null
society-task add Talk --id talk -p 4 >/dev/null
like "$(society-task claim api --own)" '^api [0-9]+$' "claim --own"
is "$(owners)" "own_acquire w1" "takes the paths too"
run society-task -a w2 claim more --own
is "$status $(field more state)" '1 "open"' "is refused while another has one of them"
like "$(cat "$T/err")" "w1" "and it is said who"
run society-task -a w2 claim api --own
is "$status" 1 "and while another has the task"
like "$(society-task -a w2 claim --own)" '^docs ' "without an id it takes what is free"
like "$(society-task -a w3 claim --own)" '^talk ' "also what has no paths"
status_is 1 "or nothing" society-task -a w4 claim --own
is "$(field more state)" '"open"' "and leaves the rest alone"
society-task add Later --id later --needs more --path 'later/*' >/dev/null
status_is 1 "a task that is not ready" society-task -a w4 claim later --own
is "$(owners)" "own_acquire w1 own_acquire w2" "takes no paths"
status_is 1 "so does one who waits" society-task -a w4 claim --own --wait 50ms
spawn society-task -a w4 claim --own --wait 30s >waited
society-task complete api
wait "$pid"
like "$(cat waited)" '^more ' "the end of a claim wakes who waits for its paths"
like "$(owners)" '^own_acquire w1 own_acquire w2 (own_expire w1 )?own_acquire w4$' "which ended with it, whoever says so first"
is "$(society-own list -j | jq -c '[.holder,.task,.paths]' | paste -sd' ')" \
    '["w2","docs",["docs/*"]] ["w4","more",["src/**/*.c"]]' "society-own list shows them"
society-task -a w2 fail docs 'no words'
is "$(society-own -a w4 check docs/a && echo free)" free "a failure ends them too"
status_is 1 "an agent is not given what it has" society-task -a w4 claim
token=$(jq '.token' <<<"$(society-task show more -j)")
read -r id again <<<"$(society-task -a w4 claim --resume)"
is "$id" more "but can take it up again with --resume"
is "$((again > token))" 1 "under a new token"
status_is 1 "with its paths" society-own -a w1 check src/a.c
status_is 1 "the old token is worth nothing" society-task -a w4 complete more --token "$token"
society-task -a w4 complete more
ok "and then they are free" society-own -a w1 check src/a.c

# The example.
fresh example
for i in 1 2; do society-task add "Work $i" --path "src/$i/**" >/dev/null; done
run sh -c 'claim_worker w5 crash; exit $?'
isnt "$status" 0 "the worker dies in its first task"
is "$(field t1 '| [.state,.holder]')" '["claimed","w5"]' "which it holds"
ok "but its paths are free" society-own -a w1 check src/1/a
society-task add 'More urgent' -p 0 >/dev/null
run claim_worker w5
is "$status" 0 "the next one"
is "$(society-task list -j | jq -c '[.id,.state]' | paste -sd' ')" '["t1","done"] ["t2","done"] ["t3","done"]' "finishes it and the rest"
is "$(jq -r 'select(.type == "task_claim") | .task' .society-agent/tasks.jsonl | paste -sd' ')" "t1 t1 t3 t2" "its own first"
is "$(field t1 'notes | map(.text)')" '["step 1","step 2","step 3"]' "without doing a step twice"

# Hostile text.
society-task add $'x\e[31m\n\u202ey' -d $'a\e[2J\nb' --id evil >/dev/null
unlike "$(society-task list; society-task show evil; society-task graph)" $'\033|\u202e' "hostile text is escaped"
status_is 3 "an id that can't be printed is an error" sh -c 'society-task add full >/dev/full'
done_testing
