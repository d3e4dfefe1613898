# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# society-status: what is on the screen, and its object.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh"
unset SOCIETY_DIR SOCIETY_AGENT SOCIETY_AGENT_ID AMEIDE_AGENT_ID
mkdir "$T/shop"
cd "$T/shop" || exit 1
society-init --project shop-1 >/dev/null

ok "a new society" society-status
society-agent -a alice register --role supervisor
society-agent -a bob register --role tester
printf '{"agentId":"bob","role":"x\\u001b[1m"}\n' >>.society-agent/registry.jsonl
society-agent -a bob status busy 'on it'
society-send -a alice bob one >/dev/null
society-send -a alice all two >/dev/null

is "$(society-status -j | jq -c '[.projectId,.dir]')" "[\"shop-1\",\"$T/shop/.society-agent\"]" "--json: project and directory"
is "$(society-status -j | jq -c '[.agents[] | [.agentId,.unread]]')" '[["alice",0],["bob",2]]' "--json: agents and their unread messages"
is "$(society-status -j | jq -c '.agents[1] | [.status,.note]')" '["busy","on it"]' "--json: what they do"
is "$(society-status -j | jq -r '.logs[] | select(.log=="messages") | .bytes,.end' | sort -u)" "$(wc -c <.society-agent/messages.jsonl)" "--json: logs"
society-status >screen
like "$(head -n 1 screen)" "^shop-1  $T/shop/.society-agent$" "the screen begins with the project"
like "$(cat screen)" $'bob\t[^\t]*\tonline\tbusy\t2\t' "has the agents"
like "$(cat screen)" $'messages\t'"$(wc -c <.society-agent/messages.jsonl)" "and the logs"
unlike "$(cat screen)" $'\033' "hostile text is escaped"
if command -v script >/dev/null && script -qec true /dev/null </dev/null >/dev/null 2>&1; then
    like "$(NO_COLOR=1 TERM=xterm script -qec society-status /dev/null </dev/null)" 'AGENT +ROLE +ONLINE' "a heading on a terminal"
    unlike "$(NO_COLOR=1 TERM=xterm script -qec society-status /dev/null </dev/null)" $'\033|\t' "no colours with NO_COLOR, no tabs"
    unlike "$(TERM=dumb script -qec society-status /dev/null </dev/null)" $'\033' "nor on a dumb terminal"
else
    skip "terminals" "script(1) does not work here"
fi
society-watch -a bob --count 2 >/dev/null
is "$(society-status -j | jq -c '.agents[1].unread')" 0 "what was watched is read"

# Counted for all agents in one pass: each from its cursor, by every kind of addressee, without what is receipted.
society-agent -a carol register --role tester
cat >>.society-agent/messages.jsonl <<'END'
{"id":"u1","from":"alice","to":["bob","role:tester","bob"],"content":1}
{"id":"u2","from":"b\u006fb","to":"all","content":1}
{"id":"u3","from":"bob","to":"supervisor","content":1}
{"id":"u4","from":"alice","to":"role:tester","content":1}
{"id":"u5","from":"alice","to":"carol","content":1}
{"id":"u6","from":"alice","to":"nobody","content":1}
{"to":"bob","from":"alice","content":"no id"}
END
society-inbox -a carol ack u4
society-inbox -a carol ack u5
society-inbox -a bob ack u4
for agent in alice bob carol; do
    is "$(society-status -j | jq ".agents[] | select(.agentId==\"$agent\").unread")" "$(society-inbox -a $agent --unread -j | wc -l)" \
        "$agent's number is the length of its inbox"
done
is "$(society-status -j | jq -c '[.agents[].unread]')" '[2,2,3]' "the numbers"
status_is 2 "arguments are refused" society-status now
done_testing
