# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# society-watch: catching up, following, what is committed and what is not, commands, counts and timeouts, presence, closed pipes.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh"
unset SOCIETY_DIR SOCIETY_AGENT_ID AMEIDE_AGENT_ID
export SOCIETY_AGENT=bob
cd "$T" || exit 1
society-init >/dev/null
log=.society-agent/messages.jsonl

send() {
    society-send -a alice "$@" >/dev/null
}
contents() {
    jq -r .content | paste -sd' '
}
has_lines() {
    [ "$(wc -l <"$1")" -ge "$2" ]
}
is_online() {
    [ "$(society-agent show "$1" -j | jq .online)" = "$2" ]
}

# An agent that was away finds what came meanwhile.
send bob one
send carol not-for-bob
send all two
send role:tester not-for-bob
is "$(society-watch -j --count 2 --timeout 10 | contents)" "one two" "catches up from the beginning"
status_is 1 "what was printed is committed" society-watch --timeout 0
is "$(jq -r .deliveredTo .society-agent/deliveries.jsonl | paste -sd' ')" "bob bob" "and receipted"
send bob three
is "$(society-watch -j --no-commit --count 1 | contents)" three "--no-commit shows it"
is "$(society-watch -j --no-commit --count 1 | contents)" three "and again"
is "$(wc -l <.society-agent/deliveries.jsonl)" 2 "without a receipt"
is "$(society-watch -j --all-history --count 3 | contents)" "one two three" "--all-history begins with the oldest"
status_is 1 "and commits what it printed" society-watch --timeout 0
receipts=$(wc -l <.society-agent/deliveries.jsonl)
society-watch --all-history --count 3 >/dev/null
is "$(wc -l <.society-agent/deliveries.jsonl)" "$receipts" "a message given again gets no second receipt"
position=$(society-watch -j --all-history --no-commit --count 3 | tail -n 1 | jq .position)
is "$(society-watch -j --since "$position" --count 1 | contents)" three "--since begins at a position"
send bob four
send bob five
is "$(society-watch -j --count 1 | contents)" four "--count is exact"
is "$(society-watch -j --count 1 | contents)" five "and the next run goes on behind it"

send bob jumped
send bob chosen
position=$(society-watch -j --no-commit --count 2 | tail -n 1 | jq .position)
is "$(society-watch -j --since "$position" --count 1 | contents)" chosen "--since passes over what is unread"
is "$(society-watch -j --timeout 0 | contents)" jumped "which comes later, and what was received does not come again"

# The record is printed as it stands.
printf '%s\n' '{"type":"message","to":"bob","from":"x","content":"c","big":123456789012345678901234567890,"real":0.1,"z":{}}' >>"$log"
like "$(society-watch -j --count 1)" \
    '^\{"type":"message","to":"bob","from":"x","content":"c","big":123456789012345678901234567890,"real":0.1,"z":\{\},"position":[0-9]+\}$' \
    "--json is the record as it stands, with its position"

# The lines of the design documents.
cat >>"$log" <<'END'
{"type":"task_assign","from":"supervisor-001","to":"bob","task":{"id":"t1","desc":"Implement auth"},"timestamp":"2026-02-10T10:00:00Z"}
{"type":"message","from":"backend-001","to":"bob","content":"Auth API ready at /api/auth","timestamp":"2026-02-10T10:16:00Z"}
{"id":"msg-1","from":"user","to":"bob","type":"task_assign","content":"Build a REST API","timestamp":"2026-02-10T12:26:10.006Z","delivered":false}
END
society-watch --count 3 >design
is "$(sed -n 1p design)" '2026-02-10T10:00:00Z supervisor-001 → bob [task_assign] task={"id":"t1","desc":"Implement auth"}' "an assignment appended by echo"
is "$(sed -n 2p design)" '2026-02-10T10:16:00Z backend-001 → bob [message] Auth API ready at /api/auth' "a message appended by echo"
is "$(sed -n 3p design)" '2026-02-10T12:26:10.006Z user → bob [task_assign] Build a REST API' "a message with an id of another form"

# Hostile text.
send -s $'sub\e]0;x\a' bob $'a\e[2Jb\nline two\x7f\u0085\u202e\u200b\ufeff\U000e0041'
society-watch --count 1 >hostile
unlike "$(cat hostile)" $'\033|\a|\x7f|\u0085|\u202e|\u200b|\ufeff' "nothing that moves a terminal is printed"
like "$(cat hostile)" 'sub\\x1b\]0;x\\x07: a\\x1b\[2Jb' "it is shown instead"
like "$(sed -n 2p hostile)" '^    line two\\x7f\\u0085\\u202e\\u200b\\ufeff\\U000e0041$' "and further lines are indented"
send bob $'tty\u202e\U000e0041\x7f'
if command -v script >/dev/null && script -qec true /dev/null </dev/null >/dev/null 2>&1; then
    script -qec "society-watch -j --no-commit --count 1" /dev/null </dev/null >tty
    like "$(cat tty)" 'tty\\u202e\\udb40\\udc41\\u007f' "--json on a terminal has JSON escapes"
    is "$(tr -d '\r' <tty | jq -r .content)" $'tty\u202e\U000e0041\x7f' "which decode to the same text"
    unlike "$(TERM=xterm NO_COLOR=1 script -qec "society-watch --no-commit --count 1" /dev/null </dev/null)" $'\033' "NO_COLOR"
    like "$(TERM=xterm script -qec "env -u NO_COLOR society-watch --no-commit --count 1" /dev/null </dev/null)" $'\033\\[1m' "colours on a terminal"
else
    skip "terminals" "script(1) does not work here"
fi
like "$(society-watch -j --count 1)" $'tty\u202e' "--json off a terminal is untouched"

# Following.
spawn society-watch -j >following
watch=$pid
send bob six
ok "a message comes while it watches" wait_for 10 has_lines following 1
send bob seven
ok "and another" wait_for 10 has_lines following 2
is "$(contents <following)" "six seven" "in order"
ok "the cursor follows" wait_for 10 sh -c '[ "$(society-inbox --unread -j | wc -l)" = 0 ]'
kill -KILL "$watch"
wait "$watch" 2>/dev/null
send bob eight
is "$(society-watch -j --count 1 | contents)" eight "after SIGKILL the next watch goes on"

# A start of one's own choosing does not hide what is unread.
send bob unread
spawn society-watch -j --new --count 1 >new
watch=$pid
wait_for 10 sh -c "ls -l /proc/$watch/fd | grep -q anon_inode"
until [ -s new ] || ! kill -0 "$watch" 2>/dev/null; do send bob fresh; done
wait "$watch"
is "$(contents <new)" fresh "--new begins with what comes"
like "$(society-inbox --unread -j | contents)" "^unread" "and what was unread stays unread"
like "$(society-watch -j --count 1 | contents)" "^unread" "also for the next watch"
society-watch --timeout 0 >/dev/null

# Everyone.
spawn env -u SOCIETY_AGENT society-watch -j --everyone --all-history --count 2 >everyone
wait "$pid"
is "$(contents <everyone)" "one not-for-bob" "--everyone needs no agent"
is "$(env -u SOCIETY_AGENT society-watch --everyone --timeout 0)" "" "and begins with what comes from now on"

# Commands.
send -t question bob "to the command"
status_is 1 "a command that fails ends the watch" society-watch --exec 'exit 3' --timeout 10
status_is 1 "also where who started it ignores SIGCHLD" env --ignore-signal=CHLD society-watch --exec 'exit 3' --timeout 10
run society-watch --exec 'exit 3' --count 1
like "$(cat "$T/err")" "^society-watch: .*3" "its status is named"
is "$(society-inbox --unread -j | contents)" "to the command" "the message is not committed"
society-watch --count 1 --exec 'cat >got; echo "$SOCIETY_MESSAGE_FROM $SOCIETY_MESSAGE_TYPE $SOCIETY_MESSAGE_ID" >env'
is "$(jq -r .content got)" "to the command" "the command has the record on its input"
is "$(cat env)" "alice question $(jq -r .id got)" "and its sender, type and id in the environment"
is "$(jq '.position | type' got)" '"number"' "and its position"
is "$(society-inbox --unread -j)" "" "then it is committed"
send bob "with a place"
env -u SOCIETY_AGENT society-watch -a bob --count 1 --exec 'echo "$SOCIETY_AGENT $SOCIETY_DIR" >env'
is "$(cat env)" "bob $T/.society-agent" "the command has the agent and the directory"
head -c 200000 /dev/zero | tr '\0' x | society-send -a alice bob - >/dev/null
status_is 0 "a command need not read its input" society-watch --count 1 --timeout 10 --exec true
send bob killed
status_is 1 "a command that is killed fails" society-watch --count 1 --exec 'kill -9 $$'
society-watch --count 1 >/dev/null

# Counts and timeouts.
status_is 1 "--timeout when nothing comes" society-watch --timeout 50ms
send bob nine
status_is 1 "--timeout when the count is not reached" society-watch --count 2 --timeout 100ms
status_is 0 "--count 0" society-watch --count 0
for bad in "--timeout soon" "--timeout 5d" "--count -1" "--count x" "--since x" "--new --since 5" "--log nothing" "--timeout 99999999h" extra; do
    # shellcheck disable=SC2086 # words
    status_is 2 "usage: $bad" society-watch $bad
done

# Presence.
mkfifo held
spawn society-watch --join -j
watch=$pid
ok "--join: online" wait_for 10 is_online bob true
status_is 1 "a second --join is refused" society-watch --join --timeout 0
spawn society-watch -a carol --log registry -j >presence
ok "the registry's watch tells who is here" wait_for 10 grep -q '"agentId":"bob"' presence
kill -KILL "$watch"
wait "$watch" 2>/dev/null
ok "and that a holder died" wait_for 10 sh -c 'jq -se "any(.type==\"presence\" and .agentId==\"bob\" and .online==false)" presence'
ok "with no position" jq -se 'map(select(.type=="presence")) | all(has("position") and .position == null)' presence
ok "list knows it too" is_online bob false
society-agent -a dave register --role tester
ok "and a registration" wait_for 10 grep -q '"agentId":"dave".*"position":[0-9]' presence

# The reader of the output.
# They have heard the message to all.
for agent in erin gina hugo; do society-watch -a $agent --timeout 0 >"$T/out"; done
status_is 0 "a reader that goes away ends a sleeping watch" timeout 20 bash -c 'society-watch -a nobody-1 --timeout 60 | true'
for i in $(seq 1 50); do echo "{\"to\":\"erin\",\"content\":$i}"; done | society-send --stdin >/dev/null
is "$(timeout 20 bash -c 'society-watch -a erin -j | head -n 1' | contents)" 1 "head gets its line, and the watch ends"
status_is 3 "a full disk ends it" sh -c 'society-watch -a frank --all-history --everyone --count 1 >/dev/full'
send gina ten
status_is 3 "a full disk commits nothing" sh -c 'society-watch -a gina --count 1 >/dev/full'
is "$(society-watch -a gina -j --count 1 | contents)" ten "the message comes again"

# Rotation, and the end of the directory.
spawn society-watch -a hugo -j >rotated
send hugo before
ok "before a rotation" wait_for 10 has_lines rotated 1
society-compact --force messages >/dev/null
send hugo after
ok "behind a rotation" wait_for 10 has_lines rotated 2
is "$(contents <rotated)" "before after" "nothing twice, nothing lost"
mkdir gone
society-init gone >/dev/null
spawn society-watch -C gone/.society-agent
watch=$pid
wait_for 10 sh -c "ls -l /proc/$watch/fd | grep -q anon_inode"
rm -rf gone
wait "$watch"
is "$?" 3 "a directory that is removed ends it"
ok "no log was harmed" sh -c 'society-doctor -j | jq -se "map(select(.log==\"messages\"))[0].malformed == 0"'
done_testing
