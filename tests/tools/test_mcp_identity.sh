# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# society-mcp: who is speaking, from the command line to the question at the client; and an agent that comes back.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh"
. "$SOCIETY_SRC/tests/harness/mcp.sh"

JOIN='{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"join"}}'
# joined: who the answer to JOIN says that it is.
joined() {
    jq -r 'select(.id == 1).result.structuredContent.agent' "$T/out"
}

# ---- Told by the surroundings ----

export SOCIETY_AGENT=env-001
once < <(printf '%s\n' "$OPEN" "$JOIN")
is "$(joined)" env-001 "by the environment"
once -a option-001 -r tester -c sewing < <(printf '%s\n' "$OPEN" "$JOIN")
is "$(joined)" option-001 "the command line goes first"
unset SOCIETY_AGENT
is "$(society-agent list --json | jq -c 'select(.agentId == "option-001") | [.role, .capabilities, .program]')" '["tester",["sewing"],"t"]' \
    "it registers with what the command line says"
mkdir "$T/git"
(
    cd "$T/git" || exit 1
    git init -q -b main shop && cd shop && git config user.name me && git config user.email me@example.org
    git commit -q --allow-empty -m first && society-init && society-worktree add agent-07
) >/dev/null 2>&1
cd "$T/git/shop-agent-07" || exit 1
once < <(printf '%s\n' "$OPEN" "$JOIN")
is "$(joined)" agent-07 "by the worktree's slot"
cd /
once --workspace "$T/git/shop-agent-07" < <(printf '%s\n' "$OPEN" "$JOIN")
is "$(joined)" agent-07 "by the slot of the workspace, wherever the client has started it"
once --workspace "$T/none" -a lost-001 < <(printf '%s\n' "$OPEN" "$JOIN")
is "$status" 0 "a workspace that there is not is no reason to die"
like "$(jq -r 'select(.id == 1).result.content[0].text' "$T/out")" 'the workspace .*/none: No such file' "but is told to the model"
cd "$T/project" || exit 1
# shellcheck disable=SC2016 # it is meant to stand as it is
once --workspace '${workspaceFolder}' -a here-001 < <(printf '%s\n' "$OPEN" "$JOIN")
is "$(joined)" here-001 "a variable that the client has left as it is means nothing"

# ---- Said on the way ----

once < <(printf '%s\n' "$OPEN" "$JOIN" '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"join","arguments":{"agent":"said-001"}}}' \
    '{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"join","arguments":{"agent":"other-001"}}}')
is "$(jq -c 'select(.id == 1).result.isError' "$T/out")" true "nobody has said it"
is "$(jq -r 'select(.id == 2).result.structuredContent.agent' "$T/out")" said-001 "the agent says it"
is "$(jq -c 'select(.id == 3).result.isError' "$T/out")" true "and keeps it"
OPEN_PERSON=${OPEN/'"capabilities":{}'/'"capabilities":{"elicitation":{}}'}
OPEN=$OPEN_PERSON
# Two calls at once ask a person once.
connect
say "$JOIN"
hear
question=$(jq -c .id <<<"$heard")
is "$(jq -r .method <<<"$heard")" elicitation/create "a client that can asks its person"
say '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"send","arguments":{"to":"x","content":"y"}}}'
say '{"jsonrpc":"2.0","id":3,"method":"ping"}'
hear
is "$(jq -c .id <<<"$heard")" 3 "once, for all calls that need it"
say '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}'
say '{"jsonrpc":"2.0","id":'"$question"',"result":{"action":"accept","content":{"agent":"person-001"}}}'
hear
is "$(jq -c '[.id, .result.isError]' <<<"$heard")" '[2,null]' "and goes on for those that are left"
is "$(society-agent list --json | jq -r 'select(.agentId == "person-001").online')" true "as who it said"
disconnect
connect
say "$JOIN"
hear
question=$(jq -c .id <<<"$heard")
say '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}'
hear
is "$(jq -c '[.method, .params.requestId]' <<<"$heard")" '["notifications/cancelled",'"$question"']' "a question that nobody waits for is taken back"
say '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"join"}}'
hear
say '{"jsonrpc":"2.0","id":'"$(jq -c .id <<<"$heard")"',"result":{"action":"decline"}}'
hear
is "$(jq -c '[.id, .result.isError]' <<<"$heard")" '[2,true]' "a person who declines"
disconnect
modern() {
    printf '{"jsonrpc":"2.0","id":%s,"method":"tools/call","params":{"name":"join"%s,"_meta":%s}}\n' "$1" "$2" \
        '{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}'
}
once < <(modern 1 '' && modern 2 ',"inputResponses":{"agent":{"action":"accept","content":{"agent":"modern-001"}}}')
is "$(jq -c 'select(.id == 1).result | [.resultType, .inputRequests.agent.method]' "$T/out")" '["input_required","elicitation/create"]' "2026-07-28 asks by its answer"
is "$(jq -r 'select(.id == 2).result.structuredContent.agent' "$T/out")" modern-001 "and is called again"
list='{"jsonrpc":"2.0","id":"list","method":"resources/list","params":{'"$META"'}}'
once < <(printf '%s\n' "$list" && modern 2 ',"arguments":{"agent":"modern-002"}' && printf '%s\n' "$list")
is "$(jq -c 'select(.id == "list").result.resources | length' "$T/out" | tr '\n' ' ')" "3 3 " "what a call has said does not change a list of 2026-07-28"
once -a modern-002 < <(printf '%s\n' "$list")
is "$(jq -r 'select(.id == "list").result.resources[-1].uri' "$T/out")" society://inbox/modern-002 "what the command line says is in it"

# ---- A client that comes back ----

society-task --agent other add 'Unfinished' --id unfinished --path 'lib/**' >/dev/null
claim='{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"task_claim","arguments":{"id":"unfinished","own":true}}}'
once -a again-001 < <(printf '%s\n' "$OPEN" "$claim")
first=$(jq 'select(.id == 1).result.structuredContent.token' "$T/out")
once -a again-001 < <(printf '%s\n' "$OPEN" "${claim/\"id\":\"unfinished\",/}")
is "$(jq -c 'select(.id == 1).result.structuredContent | [.task.id, .token > '"$first"']' "$T/out")" '["unfinished",true]' \
    "it goes on with what it had claimed, by a new token"

# ---- Another process of the same agent ----

society-agent --agent twin-001 hold -- sh -c 'echo held; exec sleep 600' >"$T/twin" &
twin=$!
wait_for 10 test -s "$T/twin"
once -a twin-001 < <(printf '%s\n' "$OPEN" '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"join"}}')
is "$(jq -c 'select(.id == 1).result.structuredContent' "$T/out")" '{"agent":"twin-001","joined":false}' "it speaks beside another process of its agent"
is "$(jq -r 'select(.method).params.level' "$T/out")" warning "and says so in the client's log"
kill -TERM "$twin"
wait "$twin"

done_testing
