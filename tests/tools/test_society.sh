# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# society VERB, and what all tools do alike: help, version, options, standard output that fails.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh"
unset SOCIETY_DIR SOCIETY_AGENT SOCIETY_AGENT_ID AMEIDE_AGENT_ID
cd "$T" || exit 1
tools="society-init society-agent society-send society-watch society-inbox society-status society-doctor society-compact"

for tool in society $tools; do
    run "$tool" --help
    is "$status" 0 "$tool --help succeeds"
    like "$(head -n 1 "$T/out")" "^Usage: $tool" "$tool --help shows the usage"
    ok "$tool --help is under 25 lines" test "$(wc -l <"$T/out")" -lt 25
    is "$(wc -c <"$T/err")" 0 "$tool --help says nothing on standard error"
    is "$("$tool" --version)" "$tool 0.1.0" "$tool --version"
    is "$("$tool" -h)" "$("$tool" --help)" "$tool -h is --help"
    status_is 2 "$tool --no-such-option is a usage error" "$tool" --no-such-option
    status_is 3 "$tool --help to a full disk fails" sh -c "$tool --help >/dev/full"
    status_is 3 "$tool --version to a closed output fails" sh -c "$tool --version >&-"
done

society-init >"$T/dir"
for verb in status doctor compact "agent list" "watch --everyone --timeout 0" "inbox -a bob"; do
    # shellcheck disable=SC2086 # a verb and its arguments
    status_is 3 "$verb outside of a society is refused" society -C / $verb
done
for verb in send inbox watch "agent status idle"; do
    # shellcheck disable=SC2086
    run society $verb a b
    is "$status" 2 "$verb needs an agent or other arguments"
done
run society-send bob hello
is "$status" 2 "without an agent nothing is sent"
like "$(cat "$T/err")" "^society-send: .*--agent.*SOCIETY_AGENT" "and the message says how to name one"
status_is 2 "a bad agent id is refused" society-send -a '../x' bob hello
SOCIETY_AGENT=all status_is 2 "a reserved agent id from the environment is refused" society-send bob hello

# The dispatcher.
ok "society VERB runs the verb" society init .
id=$(society -C "$T" -a alice -j send bob hello | jq -r .id)
like "$id" '^[0-9a-f-]{36}$' "options before the verb are handed on"
id=$(society --dir="$T" --agent=alice send bob hello)
like "$id" '^[0-9a-f-]{36}$' "also in their long form"
id=$(society "-C$T" -aalice send bob hello)
like "$id" '^[0-9a-f-]{36}$' "also glued"
status_is 2 "an unknown verb is a usage error" society wtach
run society wtach
like "$(cat "$T/err")" "did you mean 'watch'" "a near miss is suggested"
run society frobnicate
unlike "$(cat "$T/err")" "did you mean" "a far one is not"
status_is 2 "no verb is a usage error" society
status_is 2 "a verb with a slash is none" society ../society-send
status_is 2 "an option without its value is a usage error" society -C
is "$(society help send)" "$(society-send --help)" "help VERB, not on a terminal, is its usage"
status_is 2 "help on an unknown verb is a usage error" society help wtach
is "$(society help)" "$(society --help)" "help is --help"
for tool in $tools; do
    like "$(society --help)" "  ${tool#society-} +[a-z]" "--help lists ${tool#society-}"
done
mkdir "$T/bin"
printf '#!/bin/sh\necho "frob:$*"\nexit 7\n' >"$T/bin/society-frob"
chmod +x "$T/bin/society-frob"
PATH="$PATH:$T/bin"
is "$(society -j frob x)" "frob:-j x" "a program on the path is a verb"
status_is 7 "and its status is ours" society frob
like "$(society --help)" "Also found: frob" "and --help lists it"

# Options and arguments.
export SOCIETY_AGENT=alice
is "$(society-send bob -j hello | jq -r 'has("id")')" true "options and arguments mix"
is "$(society-send bob -kjttest hello | jq -r 'has("id")')" true "letters are bundled, the last with its value"
is "$(society-agent show alice -jC "$T" | jq -r .agentId)" alice "a bundle may end in an option with a value"
society-send bob -- --json >"$T/id"
is "$(tail -n 1 .society-agent/messages.jsonl | jq -r .content)" --json "-- ends options"
status_is 2 "a flag takes no value" society-send --ack=1 bob hello
status_is 2 "a value may not be missing" society-send bob hello --type
status_is 2 "names are not abbreviated" society-send bob hello --typ x
run society-send bob hello "--$(printf '\033[31m')"
unlike "$(cat "$T/err")" $'\033' "what is wrong is escaped"

# Output that fails.
status_is 3 "a full disk is an error" sh -c 'society-status >/dev/full'
status_is 3 "a closed standard output is an error" sh -c 'society-status >&-'
before=$(wc -l <.society-agent/messages.jsonl)
status_is 3 "an id that can't be printed is an error" sh -c 'society-send bob hello >&-'
is "$(wc -l <.society-agent/messages.jsonl)" $((before + 1)) "and was not printed into a log"
ok "no log was harmed" society-doctor
status_is 0 "closed standard input and error do no harm" sh -c 'society-send bob hello <&- 2>&-'
ok "nor to the logs" society-doctor
done_testing
