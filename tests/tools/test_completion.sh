# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Completion in bash: verbs, options, agents, statuses.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh"
unset SOCIETY_DIR SOCIETY_AGENT SOCIETY_AGENT_ID AMEIDE_AGENT_ID
cd "$T" || exit 1
society-init >/dev/null
society-agent -a backend-001 register --role backend
society-agent -a frontend-001 register --role frontend
# shellcheck source=/dev/null
. "$SOCIETY_SRC/tools/completion/society.bash"

# complete_line WORD…: what is offered for the last word.
complete_line() {
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    COMPREPLY=()
    _society
    printf '%s\n' "${COMPREPLY[@]}" | sort -u | paste -sd' '
}

like " $(complete_line society '') " " agent .* help .* watch " "verbs"
is "$(complete_line society wa)" watch "a verb that was begun"
is "$(complete_line society -C "$T" stat)" status "behind options"
like " $(complete_line society-send --) " " --ack .* --data .* --json .* --type " "options"
is "$(complete_line society send --sub)" --subject "options of a verb"
is "$(complete_line society-send b)" backend-001 "agents"
is "$(complete_line society-guard un)" uninstall "verbs of the guard"
is "$(complete_line society guard hook --print c)" "claude codex cursor" "coding agents"
is "$(complete_line society-guard --)" "--agent --dir --help --install --json --print --version" "its options"
is "$(complete_line society-send -a f)" frontend-001 "agents for --agent"
is "$(complete_line society mcp --install c)" "claude codex cursor" "clients"
is "$(complete_line society agent status '')" "busy idle offline paused" "statuses"
is "$(complete_line society-agent re)" register "verbs of a verb"
is "$(complete_line society-agent show front)" frontend-001 "agents for show"
is "$(complete_line society-watch --log ta)" tasks "logs"
is "$(complete_line society help do)" doctor "verbs for help"
is "$(cd / && complete_line society-send b)" "" "without a society nothing is offered"
done_testing
