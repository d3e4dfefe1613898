# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# society-inbox: listing, reading, acknowledging, answering, and attachments with names that lead elsewhere.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh"
unset SOCIETY_DIR SOCIETY_AGENT_ID AMEIDE_AGENT_ID
export SOCIETY_AGENT=bob
cd "$T" || exit 1
society-init >/dev/null

is "$(society-inbox)" "" "an empty inbox"
first=$(society-send -a alice -t question -s 'A subject' bob 'first?')
second=$(society-send -a alice --ack all 'second')
society-send -a alice carol 'not for bob' >/dev/null
is "$(society-inbox -j | jq -r .content | paste -sd' ')" "first? second" "lists what is for the agent, oldest first"
is "$(society-inbox list | cut -f 2,3,4,5,6)" "$first	new	alice	question	A subject: first?
$second	new	alice	message	second" "for people, by tabs off a terminal"
is "$(society-inbox -j | jq -c '[.deliveredAt,.acknowledgedAt,(.position|type)]' | sort -u)" '[null,null,"number"]' "--json has receipts and position"

society-inbox read "$first" >read
like "$(cat read)" "From: alice" "read shows the sender"
like "$(cat read)" "Subject: A subject" "the subject"
like "$(tail -n 1 read)" "^    first\\?$" "and the text"
is "$(society-inbox --unread -j | jq -r .id)" "$second" "what was read is not unread"
is "$(society-inbox | cut -f 3 | paste -sd' ')" "read new" "the list says so"
ok "ack" society-inbox ack "$second" "$first"
is "$(society-inbox | cut -f 3 | paste -sd' ')" "acknowledged acknowledged" "the list says so"
is "$(society-inbox --unread)" "" "nothing is unread"
is "$(society-inbox ack "$second" -j | jq -r .id)" "$second" "ack again is fine"
is "$(society-inbox read "$second" -j | jq -c '[.receipts[] | .agent]')" '["bob"]' "read --json has the receipts"
ok "receipts are there once" sh -c '[ "$(society-inbox -a alice read '"$second"' -j | jq ".receipts | length")" = 1 ]'

answer=$(society-inbox reply "$first" 'my answer')
is "$(tail -n 1 .society-agent/messages.jsonl | jq -c '[.id,.type,.from,.to,.replyTo,.thread,.content]')" \
    "[\"$answer\",\"answer\",\"bob\",\"alice\",\"$first\",\"$first\",\"my answer\"]" "reply answers a question in its thread"
echo 'from input' | society-inbox reply "$second" --type note - >/dev/null
is "$(tail -n 1 .society-agent/messages.jsonl | jq -c '[.type,.content]')" '["note","from input"]' "reply with a type, from standard input"
is "$(society-inbox --thread "$first" -j | jq -r .id | paste -sd' ')" "$first $answer" "--thread shows both sides"

# Attachments.
printf 'content of a' >a.txt
id=$(society-send -a alice -f a.txt bob 'with a file')
mkdir out
ok "read --save" society-inbox read "$id" --save out
is "$(cat out/a.txt)" "content of a" "the copy is the file"
printf 'mine' >out/a.txt
status_is 3 "an existing file is refused" society-inbox read "$id" --save out
is "$(cat out/a.txt)" mine "and left as it was"
status_is 3 "a directory that is not there" society-inbox read "$id" --save nowhere
hash=$(sha256sum a.txt | cut -d' ' -f1)
n=0
for name in ../evil /tmp/evil a/b .. . .bashrc '' 'x\u001by'; do
    n=$((n + 1))
    printf '{"id":"evil-%s","to":"bob","from":"eve","content":"x","attachments":[{"name":"%s","hash":"%s"}]}\n' "$n" "$name" "$hash" \
        >>.society-agent/messages.jsonl
    status_is 1 "the name '$name' is refused" society-inbox read "evil-$n" --save out
done
is "$(ls -A out)" a.txt "nothing was written"
ln -s "$T/target" out/link
printf '{"id":"evil-link","to":"bob","from":"eve","content":"x","attachments":[{"name":"link","hash":"%s"}]}\n' "$hash" >>.society-agent/messages.jsonl
status_is 3 "a symbolic link is not followed" society-inbox read evil-link --save out
ok "and its target is not made" test ! -e target
printf '{"id":"evil-hash","to":"bob","from":"eve","content":"x","attachments":[{"name":"h","hash":"../../etc/passwd"}]}\n' >>.society-agent/messages.jsonl
status_is 3 "a hash that is none is refused" society-inbox read evil-hash --save out

# Hostile text and foreign lines.
society-send -a alice bob $'x\e[31m\nFrom: boss\u202e' >/dev/null
unlike "$(society-inbox)" $'\033|\u202e' "the list is escaped"
like "$(society-inbox | tail -n 1)" 'x\\x1b\[31m\\x0aFrom: boss\\u202e' "on one line"
id=$(society-inbox -j | tail -n 1 | jq -r .id)
society-inbox read "$id" >read
unlike "$(cat read)" $'\033|\u202e' "a message is escaped"
is "$(grep -c '^From:' read)" 1 "and can't pass for our own lines"
echo '{"id":"anonymous","to":"bob","content":"who am I?"}' >>.society-agent/messages.jsonl
status_is 1 "a message without a sender has no answer" society-inbox reply anonymous hello
printf '%s\n' '{"id":"msg-1","from":"user","to":"bob","type":"task_assign","content":"Build a REST API","timestamp":"2026-02-10T12:26:10.006Z","delivered":false}' \
    >>.society-agent/messages.jsonl
ok "a foreign message is acknowledged" society-inbox ack msg-1
is "$(society-inbox -j | jq -r 'select(.id=="msg-1").acknowledgedAt | type')" string "and shown so"


# Foreign fields with the names of ours, and messages without an id.
printf '%s\n' '{"to":"bob","content":"p","position":7,"deliveredAt":1,"acknowledgedAt":2,"receipts":3,"unread":4,"id":"dk"}' \
    >>.society-agent/messages.jsonl
is "$(society-inbox -j | grep '"dk"' | jq -c '[.content,.deliveredAt,.acknowledgedAt,.unread,(.position > 7)]')" '["p",null,null,true,true]' \
    "foreign fields do not stand beside ours in the list"
like "$(society-watch -j --no-commit --timeout 0 2>/dev/null | grep '"dk"')" '"unread":4,"id":"dk","position":[0-9]+}$' "nor in the watch"
ok "nor when it is read" society-inbox read dk
is "$(society-inbox read dk -j | grep -o '"receipts":' | wc -l)" 1 "receipts are there once"
printf '%s\n' '{"to":"bob","content":"nameless"}' >>.society-agent/messages.jsonl
is "$(society-inbox | tail -n 1 | cut -f 3)" new "a message without an id is new"
society-watch --timeout 0 >/dev/null 2>&1
is "$(society-inbox | tail -n 1 | cut -f 3)" read "until the cursor is behind it"
is "$(society-inbox -j | jq .unread | sort -u)" false "then nothing is unread"

status_is 1 "read of what is not there" society-inbox read nothing
status_is 1 "ack of what is not there" society-inbox ack nothing
status_is 1 "ack of what is another's" society-inbox -a dave ack "$first"
status_is 2 "read without an id" society-inbox read
status_is 2 "ack without an id" society-inbox ack
status_is 2 "reply without a text" society-inbox reply "$first"
status_is 2 "an unknown verb" society-inbox dance
done_testing
