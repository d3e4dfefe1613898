# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# society-send: one message and its fields, many from standard input, and what is refused.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh"
unset SOCIETY_DIR SOCIETY_AGENT_ID AMEIDE_AGENT_ID
export SOCIETY_AGENT=alice
cd "$T" || exit 1
society-init >/dev/null
log=.society-agent/messages.jsonl

last() {
    tail -n 1 "$log" | jq -c "$1"
}

id=$(society-send bob 'hello there')
is "$(last '[.id,.from,.to,.content]')" "[\"$id\",\"alice\",\"bob\",\"hello there\"]" "a message is in the log when its id is printed"
society-send bob carol role:tester hi >/dev/null
is "$(last .to)" '["bob","carol","role:tester"]' "several receivers"
society-send bob -- -5 >/dev/null
is "$(last '[.to,.content]')" '["bob","-5"]' "-- before the text"
society-send -- bob -x >/dev/null
is "$(last '[.to,.content]')" '["bob","-x"]' "-- before everything"
printf 'one\ntwo\n' | society-send bob - >/dev/null
is "$(last .content)" '"one\ntwo"' "- is standard input less its last newline"
society-send bob - </dev/null >/dev/null
is "$(last .content)" '""' "which may be empty"
run sh -c 'head -c 3000000 /dev/zero | tr "\0" x | society-send bob -'
is "$status" 2 "nor is it long"
like "$(cat "$T/err")" "^society-send: standard input: the text is longer than a record may be" "of which no more is read than says so"
status_is 2 "but has no NUL" sh -c 'printf "a\\0b" | society-send bob -'
society-send bob $'q"\\\n\t\001 \u00e9\U0001F600' >/dev/null
is "$(last .content)" $'"q\\"\\\\\\n\\t\\u0001 \u00e9\U0001F600"' "every character arrives"

society-send -t question -s Sub --priority log --ack --deadline 2030-01-01T00:00:00Z --data '{"n": [1,
2]}' bob text >/dev/null
is "$(last '[.type,.subject,.priority,.ackRequired,.deadline,.data,.content]')" \
    '["question","Sub","log",true,"2030-01-01T00:00:00Z",{"n":[1,2]},"text"]' "the fields of the options"
society-send --deadline 1h bob text >/dev/null
like "$(last .deadline)" '^"20[0-9-]{8}T[0-9:]{8}Z"$' "a deadline may be a duration"
answer=$(society-send --reply-to "$id" bob re)
is "$(last '[.replyTo,.thread]')" "[\"$id\",\"$id\"]" "an answer begins a thread"
society-send --reply-to "$answer" bob rere >/dev/null
is "$(last '[.replyTo,.thread]')" "[\"$answer\",\"$id\"]" "and goes on in it"
society-send --reply-to "$answer" --thread other bob rere >/dev/null
is "$(last .thread)" '"other"' "unless another is given"
is "$(society-send --id 0198c5a0-0000-7000-8000-000000000001 bob again)" 0198c5a0-0000-7000-8000-000000000001 "an id may be given"

printf 'attached' >"$T/file name.txt"
society-send --attach "$T/file name.txt" -f "$T/file name.txt" bob see >/dev/null
is "$(last '[.attachments[].name]')" '["file name.txt","file name.txt"]' "attachments"
is "$(last '.attachments[0].hash')" "\"$(sha256sum "$T/file name.txt" | cut -d' ' -f1)\"" "are named by their SHA-256"
status_is 3 "an attachment that is not there" society-send -f "$T/none" bob see
is "$(society-send -j bob hi | jq -c keys)" '["id"]' "--json prints an object"

lines=$(wc -l <"$log")
status_is 2 "a text without a receiver" society-send hello
status_is 2 "two texts behind --" society-send bob -- a b
status_is 2 "no text behind --" society-send bob carol --
status_is 2 "data that is no JSON" society-send --data '{' bob hello
status_is 2 "data that would add fields" society-send --data '1,"from":"eve"' bob hello
status_is 2 "an unknown priority" society-send --priority high bob hello
status_is 2 "a receiver that is no id" society-send '../bob' hello
status_is 2 "text that is no UTF-8" society-send bob $'\xff\xfe'
head -c 300000 /dev/zero | tr '\0' x >big
status_is 2 "a text that is too long" sh -c 'society-send bob - <big'
is "$(wc -l <"$log")" "$lines" "nothing of it was written"

# --stdin
seq 1 2000 | jq -c '{to:"bob",content:("n"+tostring)}' >many
society-send --stdin <many >ids
is "$(wc -l <ids)" 2000 "--stdin prints an id for each line"
is "$(sort -u ids | wc -l)" 2000 "each another"
is "$(tail -n 2000 "$log" | jq -r .id | cmp - ids && echo same)" same "in the order of the log"
is "$(tail -n 2000 "$log" | jq -r .content | paste -sd,)" "$(seq 1 2000 | sed s/^/n/ | paste -sd,)" "which is that of the input"
printf '\n{"to":"bob","content":1}\n\n\n{"to":"bob","content":2}' | society-send --stdin -j >ids
is "$(jq -r .id ids | wc -l)" 2 "blank lines are passed over, and the last needs no newline"
is "$(society-send --stdin </dev/null)" "" "nothing in, nothing out"

lines=$(wc -l <"$log")
(
    cat many
    echo '{"to":"bob","content":"good"}'
    echo '{"to":"bob","content":"bad"'
) >broken
run society-send --stdin <broken
is "$status" 2 "a bad line is a usage error"
like "$(cat "$T/err")" "^society-send: .*line 2002[^0-9]" "named by its number in the input"
is "$(wc -l <"$T/out")" $(($(wc -l <"$log") - lines)) "what was written before it had its ids printed"
is "$(tail -n 1 "$log" | jq -r .content | grep -c good)" 0 "nothing of its batch is written"
run sh -c 'printf "{\"to\":\"bob\",\"content\":1}\n{\"to\":\"b\0ob\"}\n" | society-send --stdin'
is "$status" 2 "a NUL is a usage error"
like "$(cat "$T/err")" "line 2 " "and its line is named"
run sh -c 'printf "{\"content\":1}\n" | society-send --stdin'
is "$status" 2 "a message to nobody is a usage error"
like "$(cat "$T/err")" "line 1[^0-9].*to" "the line and the field are named"
status_is 2 "an endless line is a usage error" sh -c 'head -c 2000000 /dev/zero | tr "\0" x | society-send --stdin'
status_is 2 "--stdin takes no arguments" society-send --stdin bob hello
status_is 2 "--stdin takes no other options" society-send --stdin --ack
status_is 2 "nobody speaks for others" sh -c 'echo "{\"to\":\"bob\",\"content\":\"x\",\"from\":\"mallory\"}" | society-send --stdin'
is "$(grep -c mallory "$log")" 0 "and nothing of it was written"

# A slow producer is served at once.
mkfifo slow
spawn sh -c 'society-send --stdin <slow >answers'
exec 9>slow
echo '{"to":"bob","content":"first"}' >&9
ok "a line is sent while the input stays open" wait_for 10 test -s answers
is "$(last .content)" '"first"' "and is in the log"
exec 9>&-
ok "and no log was harmed" society-doctor
done_testing
