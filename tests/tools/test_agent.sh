# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# society-agent: registration, status, listing, and hold: its exit status, signals, and that death is seen.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh"
unset SOCIETY_DIR SOCIETY_AGENT SOCIETY_AGENT_ID AMEIDE_AGENT_ID
cd "$T" || exit 1
society-init >/dev/null

field() {
    society-agent show "$1" --json | jq -c ".$2"
}
is_online() {
    [ "$(field "$1" online)" = true ]
}
is_offline() {
    [ "$(field "$1" online)" = false ]
}

ok "register" society-agent -a backend-001 register --role backend --capability api -c db --workspace /project/backend \
    --url http://localhost:1 --branch main --worktree wt --slot s1 --model m --program p --supervisor boss
is "$(field backend-001 '| [.agentId,.role,.capabilities,.workspace,.url,.branch]')" \
    '["backend-001","backend",["api","db"],"/project/backend","http://localhost:1","main"]' "show has what was registered"
is "$(field backend-001 '| [.worktree,.slot,.model,.program,.supervisor]')" '["wt","s1","m","p","boss"]' "also the rest"
is "$(field backend-001 '| [.claims,.owns]')" '[[],[]]' "lists are never null"
ok "every promised field is there" sh -c "society-agent show backend-001 -j | jq -e '[\"agentId\",\"role\",\"capabilities\",\"workspace\",\
\"online\",\"status\",\"lastSeen\",\"session\",\"pid\",\"host\",\"url\",\"branch\",\"claims\",\"owns\"] - keys == []'"
is "$(society-agent -a backend-001 register -j --branch next | jq -c '[.role,.branch]')" '["backend","next"]' "an update keeps the rest"
ok "status" society-agent -a backend-001 status busy 'implementing auth'
is "$(field backend-001 '| [.status,.note]')" '["busy","implementing auth"]' "status and note are shown"
is "$(society-agent -a backend-001 status idle -j | jq -r .status)" idle "status --json shows the agent"
status_is 2 "an unknown status is refused" society-agent -a backend-001 status sleepy
status_is 2 "a missing status is refused" society-agent -a backend-001 status
ok "an agent without a role" society-agent -a tester-1 register

is "$(society-agent list -j | jq -r .agentId | paste -sd' ')" "backend-001 tester-1" "list is sorted by id"
is "$(society-agent list --role backend -j | jq -r .agentId)" backend-001 "list --role"
is "$(society-agent list | cut -f 1,2,4 | head -n 1)" "backend-001	backend	idle" "off a terminal columns are separated by tabs"
is "$(society-agent list | awk -F '\t' '{ print NF }' | sort -u)" 6 "and there are always six"
like "$(society-agent show backend-001)" "role: backend" "show for people"
status_is 1 "show of nobody" society-agent show nobody
status_is 2 "show of what is no id" society-agent show ../x
status_is 2 "show without an id" society-agent show
status_is 2 "no verb" society-agent
status_is 2 "an unknown verb" society-agent dance

# Lines of the design documents, appended by somebody else.
printf '%s\n' '{"agentId":"frontend-001","role":"frontend-developer","vsCodePid":4711,"workspace":"/project/frontend","capabilities":["ui"],"timestamp":"2026-02-10T09:59:00Z"}' \
    >>.society-agent/registry.jsonl
is "$(field frontend-001 '| [.role,.workspace,.capabilities]')" '["frontend-developer","/project/frontend",["ui"]]' "a foreign registration counts"
printf '%s\n' '{"agentId":"frontend-001","status":"paused","lastHeartbeat":"2026-02-10T10:00:00Z"}' >>.society-agent/registry.jsonl
is "$(field frontend-001 '| [.role,.status]')" '["frontend-developer","paused"]' "a foreign status is merged"
printf '{"agentId":"evil-1","role":"x\\u001b[31m\\ty\\nz\\u202e","status":"idle"}\n' >>.society-agent/registry.jsonl
unlike "$(society-agent list; society-agent show evil-1)" $'\033|\u202e' "hostile text is escaped"
like "$(society-agent list | grep evil)" 'x\\x1b\[31m\\x09y\\x0az\\u202e' "visibly"
is "$(society-agent list --role 'x' -j)" "" "list of a role that nobody has"

# hold
export SOCIETY_AGENT=holder-1
status_is 0 "hold succeeds with its command" society-agent hold -- true
status_is 7 "hold has the status of its command" society-agent hold -- sh -c 'exit 7'
status_is 143 "128 and the signal that killed it" sh -c 'society-agent hold -- sh -c "kill -TERM \$\$"'
status_is 127 "127 for a command that is not there" society-agent hold -- "$T/no/such/command"
status_is 126 "126 for one that can't be run" society-agent hold -- "$T"
status_is 2 "hold needs a command" society-agent hold --
is "$(society-agent hold -- sh -c 'echo "$SOCIETY_AGENT $SOCIETY_DIR"')" "holder-1 $T/.society-agent" "the command speaks as the agent"
is "$(society-agent hold -- society-agent show holder-1 -j | jq .online)" true "the agent is online meanwhile"
is "$(society-agent hold -- printf '%s,' -j --help -x)" "-j,--help,-x," "the command's options are its own"

mkfifo gate
spawn society-agent hold -- sh -c 'echo $$ >child; read line <gate'
holder=$pid
ok "the holder is online" wait_for 10 is_online holder-1
wait_for 10 test -s child
run society-agent hold -- true
is "$status" 1 "a second holder is refused"
like "$(cat "$T/err")" "^society-agent: .*holder-1" "and told why"
kill -STOP "$holder"
ok "a stopped holder stays online" is_online holder-1
kill -KILL "$holder"
wait "$holder" 2>/dev/null
ok "a killed holder is offline" wait_for 10 is_offline holder-1
ok "its command goes on" kill -0 "$(cat child)"
echo go >gate

rm child
spawn society-agent hold -- bash -c 'trap "kill \$!; echo got TERM >signal; exit 5" TERM; sleep 600 & echo $$ >child; wait'
holder=$pid
wait_for 10 test -s child
kill -TERM "$holder"
wait "$holder"
is "$?" 5 "SIGTERM is passed on, and the status is the command's"
is "$(cat signal)" "got TERM" "the command got it"

ok "leave" society-agent -a backend-001 leave
status_is 2 "leave takes no argument" society-agent -a backend-001 leave now
is "$(society-agent list --role backend -j)" "" "who left has no role"
# A hard link planted as a lock file must not let anything of its other name be changed.
echo precious >victim
ln victim .society-agent/locks/agent-linked.lock
ok "a short call passes over a planted lock file" society-send -a linked w1 hello
status_is 3 "joining through it is refused" society-agent -a linked hold -- true
is "$(cat victim)" precious "the file behind it is as it was"
touch -d 2199-01-01 .society-agent/locks/agent-future.lock
is "$(society-agent show future --json | jq -c .online)" false "a time that is still to come is nobody's call"

done_testing
