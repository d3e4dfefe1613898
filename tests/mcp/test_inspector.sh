# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The inspector's command line.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh"
cd "$T" || exit 1
society-init >/dev/null
export HOME=$T

inspector=$MCP_PACKAGES/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js
[ "$("$MCP_NODE" -p 'process.versions.node.split(".")[0] >= 22')" = true ] || skip_all "the inspector needs Node 22"

# inspect ARGUMENT…: its answer in $T/out.
inspect() {
    run timeout 60 "$MCP_NODE" "$inspector" --cli society-mcp "$@"
}

inspect --method tools/list
is "$status" 0 "tools/list"
is "$(jq '.tools | length' out)" 12 "twelve tools"
inspect --method resources/list
is "$(jq -r '.resources[].uri' out | head -n 1)" society://agents "resources/list"
inspect --method prompts/list
is "$(jq -r '[.prompts[].name] | join(" ")' out)" "work hand_over review" "prompts/list"
inspect --method tools/call --tool-name status
is "$(jq -c .structuredContent.tasks out)" "{}" "a tool without arguments"
inspect -a inspector-001 --method tools/call --tool-name task_add --tool-arg title='From the inspector' priority=1
is "$(jq -r .structuredContent.id out)" t1 "a tool with arguments"
is "$(society-task show t1 --json | jq -r '"\(.title) \(.priority) \(.createdBy)"')" "From the inspector 1 inspector-001" "has done its work"
inspect --method resources/read --uri society://tasks
is "$(jq -r '.contents[0].text | fromjson | .tasks[0].id' out)" t1 "resources/read"
inspect --method prompts/get --prompt-name review --prompt-args task=t1
like "$(jq -r '.messages[0].content.text' out)" 'Review task t1' "prompts/get"
done_testing
