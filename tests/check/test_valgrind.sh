#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The tools under valgrind: a small society from its making to its inspection.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh"

cd "$T" || exit 1
watched() {
    valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite "$@"
}

ok "society-init" watched society-init
export SOCIETY_AGENT=backend-001
ok "society-agent register" watched society-agent register --role backend
ok "society-agent list" watched society-agent list
ok "society-send" watched society-send frontend-001 "The API is ready"
ok "society-send to everyone" watched society-send -t question all "Who has the schema?"
status_is 2 "society-send without a message" watched society-send
export SOCIETY_AGENT=frontend-001
ok "society-watch" watched society-watch --all-history --count 1 --timeout 20s
ok "society-inbox" watched society-inbox
ok "society-inbox --json" watched society-inbox --json
ok "society-status" watched society-status
ok "society-compact" watched society-compact
society-own -a backend-001 acquire mine >/dev/null
hook='{"hook_event_name":"PreToolUse","tool_name":"Write","tool_input":{"file_path":"mine"}}'
ok "society-guard hook denies" watched society-guard hook claude <<<"$hook"
society-send -a backend-001 frontend-001 'One more' >/dev/null
ok "and hands messages over" watched society-guard hook claude <<<'{"hook_event_name":"UserPromptSubmit"}'
printf '{"type":"message","to":"all' >>.society-agent/messages.jsonl
ok "society-doctor passes over a torn tail" watched society-doctor
status_is 1 "society-doctor --repair ends it, and names the damaged line" watched society-doctor --repair

done_testing
