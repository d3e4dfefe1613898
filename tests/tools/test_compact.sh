# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# society-compact: what is moved, what stays readable, what is deleted.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh"
unset SOCIETY_DIR SOCIETY_AGENT_ID AMEIDE_AGENT_ID
export SOCIETY_AGENT=alice
cd "$T" || exit 1
society-init >/dev/null

for i in 1 2 3; do society-send bob "$i" >/dev/null; done
society-agent register --role supervisor
is "$(society-compact)" "" "below the limits nothing happens"
is "$(society-compact --force messages -j | jq -c '[.log,(.archived|type),.base,(.bytes|type)]')" '["messages","string",0,"number"]' "--force moves a log"
is "$(find .society-agent/archive -name 'messages-*.jsonl' | wc -l)" 1 "into the archive"
society-send bob 4 >/dev/null
is "$(society-watch -a bob -j --count 4 | jq -r .content | paste -sd' ')" "1 2 3 4" "an agent that was away reads on through it"
is "$(society-inbox -a bob -j | jq -r .content | paste -sd' ')" "1 2 3 4" "the inbox has it too"
like "$(society-compact -f messages)" "^messages: archived .*archive/messages-[0-9]+\\.jsonl \\([0-9]+ bytes\\)$" "for people"
ok "the registry" society-compact --force registry
is "$(society-agent show alice -j | jq -r .role)" supervisor "which still knows its agents"
ok "all healthy" society-doctor

society-send carol unread >/dev/null
society-agent -a carol register
society-watch -a carol --no-commit --count 1 >/dev/null
society-compact --force messages deliveries >/dev/null
ok "--retain" society-compact --retain
is "$(society-inbox -a carol --unread -j | jq -r .content)" unread "what is unread is never deleted"
status_is 2 "an unknown log" society-compact nothing
status_is 2 "an unknown option" society-compact --hard
done_testing
