# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Export and import, lossless in every state: random histories are exported, imported into an empty society and exported again.
# Only a claim does not travel: its task is exported as an open one.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh"
unset SOCIETY_DIR SOCIETY_AGENT SOCIETY_AGENT_ID AMEIDE_AGENT_ID SOCIETY_TASK SOCIETY_TOKEN
cd "$T" || exit 1
export SOCIETY_AGENT=lead

pick() {
    shift $((RANDOM % $#))
    printf '%s' "$1"
}

# One step of a history: what is refused is refused, and changes nothing.
step() {
    local id="t$((RANDOM % 12 + 1))" agent
    agent=$(pick w1 w1 w1 w2)
    case $((RANDOM % 17)) in
    0 | 1) society-task -a "$agent" add "Title $RANDOM" -d $'Two\nlines, "quoted" \\ ü' -p $((RANDOM % 5)) --retries $((RANDOM % 3)) \
        --label "l$((RANDOM % 3))" --path "src/$RANDOM/**" --acceptance 'It works' ;;
    2) society-task add Child --parent "$id" --needs "t$((RANDOM % 6 + 1))" ;;
    3 | 4 | 5) society-task -a "$agent" claim "$id" ;;
    6) society-task -a "$agent" claim "$id"; society-task -a "$agent" complete "$id" "$(pick '{"n":0.1,"list":[null,true]}' 'a text' 17)" ;;
    7) society-task -a "$agent" claim "$id"; society-task -a "$agent" fail "$id" "why $RANDOM" ;;
    8) society-task -a "$agent" claim "$id"; society-task -a "$agent" submit "$id" "$(pick '["r"]' text)" ;;
    9) society-task -a "$agent" note "$id" "note $RANDOM" ;;
    10) society-task block "$id" "until $RANDOM" ;;
    11) society-task unblock "$id" ;;
    12) society-task cancel "$id" "$(pick '' reason)" ;;
    13) society-task reopen "$id" "again" ;;
    14) society-task assign "$id" --to "$(pick w1 w2 role:tester)" ;;
    15) society-task depend "$id" --needs "t$((RANDOM % 3 + 1))" ;;
    *) society-task edit "$id" --title "Edited $RANDOM" --role "$(pick '' tester)" ;;
    esac >/dev/null 2>&1
}

for seed in 1 2 3 4; do
    RANDOM=$seed
    mkdir "$T/from-$seed" "$T/to-$seed"
    cd "$T/from-$seed" && society-init >/dev/null
    for _ in 1 2 3 4 5 6; do society-task add "First" --retries 1 >/dev/null; done
    for _ in {1..60}; do step; done
    society-task export >"$T/exported"
    # All that must differ.
    society-task list -j | jq -r .state >>"$T/states"
    is "$(jq -c 'select(.state == "claimed" or .holder != null or .token != null or .leaseMs != null)' "$T/exported")" "" \
        "history $seed: no claim is exported"
    cd "$T/to-$seed" && society-init >/dev/null
    ok "history $seed: it is imported" society-task import "$T/exported"
    is "$(society-task export)" "$(cat "$T/exported")" "history $seed: the round trip is lossless"
done
seen=$(sort -u "$T/states" | paste -sd' ')
is "$seen" "blocked cancelled claimed done failed open review" "every state was reached"

# What compaction has left to the archive is exported too.
mkdir "$T/archived" "$T/unarchived" && cd "$T/archived" && society-init >/dev/null
for i in {1..1100}; do printf '{"title":"Task %d","state":"%s"}\n' "$i" "$([ "$i" = 7 ] && echo cancelled || echo done)"; done |
    society-task import - >/dev/null
society-task add Live --id live --needs t1,t7 >/dev/null
society-task note t3 remember
society-task export >"$T/before"
society-compact --force tasks >/dev/null
is "$(society-task list -j | jq -r .id | grep -cx t3)" 0 "the oldest are archived"
is "$(society-task list --archived -j | jq -c 'select(.id == "t3") | [.archived, .notes[].text]')" '[true,"remember"]' "and listed"
is "$(society-task list --archived | awk 'NR == 2 { print $1 }')" t2 "from the oldest on"
society-task export | jq -S 'del(.archived)' >"$T/after"
is "$(sort "$T/after" | cksum)" "$(jq -S 'del(.archived)' "$T/before" | sort | cksum)" "nothing is missing from the export"
society-task export >"$T/exported"
cd "$T/unarchived" && society-init >/dev/null
ok "it is imported" society-task import "$T/exported"
is "$(society-task export | jq -c 'del(.archived)' | sort | cksum)" "$(jq -c 'del(.archived)' "$T/exported" | sort | cksum)" \
    "and nothing is lost"

# A review goes on where it was.
mkdir "$T/review" && cd "$T/review" && society-init >/dev/null
printf '%s\n' '{"id":"r","title":"R","state":"review","submitter":"w1"}' | society-task import - >/dev/null
is "$(society-task show r -j | jq -c '[.state,.submitter]')" '["review","w1"]' "export shows who submitted"
status_is 1 "who submitted does not complete" society-task -a w1 complete r
ok "another does" society-task -a w2 complete r
printf '%s\n' '{"title":"C","state":"claimed","holder":"w1"}' >claimed
society-task import claimed >/dev/null
is "$(society-task show t1 -j | jq -c '[.state,.holder]')" '["open",null]' "a claimed task is imported as an open one"
printf '%s\n' '{"title":"C","state":"review","submitter":7}' >wrong
run society-task import wrong
is "$status" 3 "a submitter that is no text is refused"
like "$(cat "$T/err")" 'line 1: field submitter' "and named"

# Editing.
run society-task edit t1 --parent t1
is "$status" 2 "a task is no part of itself"
like "$(cat "$T/err")" "t1 can't be part of t1: t1 → t1" "which is shown"
society-task add Below --id below --parent t1 >/dev/null
run society-task edit t1 --parent below
is "$status" 2 "nor of what is part of it"
like "$(cat "$T/err")" "t1 → below → t1" "with the way"
run society-task import - <<<'{"id":"up","title":"U","parent":"up"}'
is "$status" 3 "nor by import"
done_testing
