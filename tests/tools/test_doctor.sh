# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# society-doctor: counts, problems with their positions, repairs.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh"
unset SOCIETY_DIR SOCIETY_AGENT_ID AMEIDE_AGENT_ID
export SOCIETY_AGENT=alice
cd "$T" || exit 1
society-init >/dev/null
log=.society-agent/messages.jsonl

messages() {
    society-doctor -j "$@" | jq -c 'select(.log=="messages") | [.records,.foreign,.malformed,.torn]'
}

ok "a new society is healthy" society-doctor
society-send bob one >/dev/null
echo '{"type":"message","from":"eve","to":"bob","content":"foreign"}' >>"$log"
status_is 0 "a foreign record is healthy" society-doctor
is "$(messages)" "[2,1,0,0]" "and counted"
like "$(society-doctor)" "messages: 2 records, 1 foreign, 0 malformed, 0 torn, $(wc -c <"$log") bytes" "for people too"
is "$(society-doctor -j | jq -s 'map(select(.log==null)) | length')" 1 "the directory has an object of its own"
is "$(society-doctor -j | jq -c 'select(.log=="messages").problems')" "[]" "no problems are an empty list"

position=$(wc -c <"$log")
printf 'no json \033[31m\n' >>"$log"
run society-doctor
is "$status" 1 "a malformed line is a problem"
like "$(cat "$T/out")" "messages:$position: " "named by its position"
unlike "$(cat "$T/out")" $'\033' "and escaped"
is "$(messages)" "[2,1,1,0]" "and counted"
is "$(society-doctor -j | jq -c 'select(.log=="messages").problems[0].position')" "$position" "--json names the position"
before=$(sha256sum <"$log")
status_is 1 "a malformed line can't be repaired" society-doctor --repair
is "$(sha256sum <"$log")" "$before" "and is not touched"

mkdir torn
society-init torn >/dev/null
society-send -C torn bob one >/dev/null
printf '{"type":"message","to":"bo' >>"torn/$log"
status_is 0 "a torn tail is no problem: its writer may be at work" society-doctor -C torn
is "$(society-doctor -C torn -j | jq -c 'select(.log=="messages").torn')" 1 "but counted"
society-doctor -C torn --repair >/dev/null
is "$(tail -c 1 "torn/$log" | od -An -tx1 | tr -d ' ')" 0a "--repair ends it with a newline"
is "$(society-doctor -C torn -j | jq -c 'select(.log=="messages") | [.torn,.malformed]')" "[0,1]" "of a malformed line"
is "$(society-watch -C torn -a bob -j --count 1 | jq -r .content)" one "and the good one is still there"
mkdir junk
society-init junk >/dev/null
society-send -C junk bob one >/dev/null
society-compact -C junk --force messages >/dev/null
echo junk >junk/.society-agent/archive/messages-5.jsonl
run society-doctor -C junk
is "$status" 1 "junk in the archive is a problem"
like "$(cat "$T/out")" "archive/messages-5.jsonl: field base is 0" "that is named"
is "$(society-watch -C junk -a bob -j --count 1 | jq -r .content)" one "and stops no reader"
status_is 2 "arguments are refused" society-doctor messages
# What holders left behind.
mkdir "$T/left" && cd "$T/left" && society-init >/dev/null
export SOCIETY_AGENT=w1
society-task add T --id held --path 'src/**' >/dev/null
society-task claim held --own >/dev/null
echo '{"agent":"other","token":5,"leaseMs":600000}' >.society-agent/locks/task-claim-theirs.lock
echo '{"agent":"other","token":5,"leaseMs":1000}' >.society-agent/locks/file-write-a%2Fb.lock
echo '{"agent":"other","token":-1,"leaseMs":600000}' >.society-agent/locks/task-claim-tried.lock
ok "young lock files are nobody's business" society-doctor
touch -d '1 hour ago' .society-agent/locks/task-claim-*.lock .society-agent/locks/file-write-*.lock
run society-doctor
is "$status" 1 "lock files that no record explains, past their lease"
is "$(grep -o 'locks/[^ ]*' "$T/out" | sort | paste -sd' ')" \
    "locks/file-write-a%2Fb.lock locks/task-claim-theirs.lock locks/task-claim-tried.lock" "are named, and no others"
ok "and removed" society-doctor --repair
is "$(ls .society-agent/locks | grep -c 'task-claim-\|file-write-')" 2 "but those of holders stay"
# Another program ended the claim, and knows nothing of paths.
echo '{"type":"task_complete","from":"w1","task":"held"}' >>.society-agent/tasks.jsonl
ok "a reservation whose claim is over" env -u SOCIETY_AGENT society-doctor --repair
is "$(jq -r .type .society-agent/ownership.jsonl | paste -sd' ')" "own_acquire own_expire" "is ended"
ok "and all is well" society-doctor

done_testing
