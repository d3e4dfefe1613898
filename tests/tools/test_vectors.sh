# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The vectors of tests/formats through the tools (see the README there).

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
unset SOCIETY_DIR SOCIETY_AGENT SOCIETY_AGENT_ID AMEIDE_AGENT_ID

# expected FILTER [ARGUMENT…]: from the vector's expect.json.
expected() {
    jq -cS "${@:2}" "$1" expect.json
}

# 1 is "there are problems".
reports() {
    society-doctor -j >doctor
    [ $? -le 1 ] && [ -s doctor ]
}

check_lines() {
    local log
    for log in registry messages tasks ownership; do
        [ -e .society-agent/$log.jsonl ] || continue
        is "$(jq "select(.log == \"$log\").malformed" doctor)" "$(expected ".malformed.$log // 0")" "$1: malformed lines of $log"
        is "$(jq "select(.log == \"$log\").torn" doctor)" "$(tail -c 1 .society-agent/$log.jsonl | tr -d '\n' | wc -c)" "$1: torn lines of $log"
    done
}

check_agents() {
    local agent wanted
    society-agent list -j >agents
    is "$(jq -r .agentId agents | paste -sd' ')" "$(expected '.agents | keys | join(" ")' -r)" "$1: agents"
    for agent in $(expected '.agents | keys[]' -r); do
        wanted=$(expected ".agents[\"$agent\"]")
        is "$(society-agent show "$agent" -j | jq -cS --argjson wanted "$wanted" 'with_entries(select(.key | in($wanted))) | ($wanted | map_values(null)) + .')" \
            "$wanted" "$1: agent $agent"
        is "$(jq -c "select(.agentId == \"$agent\")" agents)" "$(society-agent show "$agent" -j)" "$1: $agent in the list"
    done
}

check_inboxes() {
    local agent
    for agent in $(expected '.inbox | keys[]' -r); do
        society-inbox -a "$agent" -j >inbox
        is "$(jq -c .type inbox | jq -cs .)" "$(expected ".inbox[\"$agent\"]")" "$1: inbox of $agent"
        society-watch -a "$agent" --all-history --timeout 0 -j >watched 2>/dev/null
        is "$(jq -c .type watched | jq -cs .)" "$(expected ".inbox[\"$agent\"]")" "$1: watch of $agent"
        if [ "$(expected .positions)" != null ]; then
            is "$(jq -cs 'map(.position)' watched)" "$(expected ".positions[\"$agent\"]")" "$1: positions of $agent"
        fi
    done
}

for folder in "$SOCIETY_SRC"/tests/formats/*/; do
    name=$(basename "$folder")
    mkdir "$T/$name" && cd "$T/$name" || exit 1
    society-init >/dev/null
    for file in "$folder"*.jsonl "${folder}project.json"; do
        [ ! -e "$file" ] || cp "$file" .society-agent/
    done
    cp "${folder}expect.json" .
    ok "$name: society-doctor reports" reports
    check_lines "$name"
    [ "$(expected .agents)" = null ] || check_agents "$name"
    [ "$(expected .inbox)" = null ] || check_inboxes "$name"
done
done_testing
