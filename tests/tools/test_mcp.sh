# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# society-mcp: the protocol's eras, frames, arguments; nothing happens before the first call.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh"
. "$SOCIETY_SRC/tests/harness/mcp.sh"

# ---- Eras ----

for version in 2024-11-05 2025-03-26 2025-06-18 2025-11-25; do
    once < <(printf '%s\n' "${OPEN/2025-11-25/$version}" '{"jsonrpc":"2.0","id":2,"method":"tools/list"}')
    is "$(head -n 1 "$T/out" | jq -r .result.protocolVersion)" "$version" "$version is agreed on"
    is "$(sed -n 2p "$T/out" | jq -c '[.result.tools[0] | has("annotations"), has("outputSchema")]')" \
        "$([ "$version" = 2024-11-05 ] && echo '[false,false]' || { [ "$version" = 2025-03-26 ] && echo '[true,false]' || echo '[true,true]'; })" \
        "$version: a tool has what the revision knows"
done
once < <(printf '%s\n' "${OPEN/2025-11-25/1999-01-01}")
is "$(jq -r .result.protocolVersion "$T/out")" 2025-11-25 "another revision is answered with the newest that has a handshake"
once < <(printf '%s\n' '{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{'"$META"'}}')
is "$(jq -c '[.result.resultType, .result.supportedVersions[0], .result._meta["io.modelcontextprotocol/serverInfo"].name, .result.ttlMs > 0]' "$T/out")" \
    '["complete","2026-07-28","society-mcp",true]' "server/discover"
once < <(printf '%s\n' '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{'"${META/2026-07-28/2030-01-01}"'}}')
is "$(jq -c '[.error.code, .error.data.requested, .error.data.supported[0]]' "$T/out")" '[-32022,"2030-01-01","2026-07-28"]' \
    "an unknown revision is refused with those that are known"
for frame in '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' \
    '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}' \
    '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"x",'"$META"'}}'; do
    once < <(printf '%s\n' "$frame")
    is "$(jq -c .error.code "$T/out")" -32602 "refused: $frame"
done
once < <(printf '%s\n' '{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":"x"},'"$META"'}}')
is "$(jq -c .error.code "$T/out")" -32602 "subscriptions that are no list"
for method in ping logging/setLevel resources/subscribe initialize; do
    once < <(printf '%s\n' '{"jsonrpc":"2.0","id":1,"method":"'$method'","params":{'"$META"'}}')
    is "$(jq -c .error.code "$T/out")" -32601 "2026-07-28 has no $method"
done
is "$(answer '{"jsonrpc":"2.0","id":1,"method":"server/discover"}' | jq .error.code)" -32601 "and the handshake's era no server/discover"
is "$(answer '{"jsonrpc":"2.0","id":"a","method":"ping"}')" '{"jsonrpc":"2.0","id":"a","result":{}}' "ping"

# ---- Frames ----

is "$(answer 'garbage' | jq -c '[.error.code, has("id")]')" '[-32700,false]' "what is no JSON"
is "$(answer '[]' | jq -c .error.code)" -32600 "a batch outside of its revision"
is "$(answer '5' | jq -c .error.code)" -32600 "no object"
is "$(answer '{"jsonrpc":"1.0","id":1,"method":"ping"}' | jq -c .error.code)" -32600 "another JSON-RPC"
is "$(answer '{"jsonrpc":"2.0","id":null,"method":"ping"}' | jq -c .error.code)" -32600 "an id that is null"
is "$(answer '{"jsonrpc":"2.0","id":1.5,"method":"ping"}' | jq -c .error.code)" -32600 "an id that is no whole number"
is "$(answer '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}' | jq -c .error.code)" -32700 "a name that stands twice"
is "$(answer '{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}' | jq -c '[.id, .error.code]')" '[1,-32600]' "params that are a list"
is "$(answer '{"jsonrpc":"2.0","id":1,"method":7}' | jq -c '[.id, .error.code]')" '[1,-32600]' "a method that is a number"
is "$(answer '{"jsonrpc":"2.0","id":1,"method":"no/such"}' | jq -c '[.id, .error.code]')" '[1,-32601]' "a method that there is not"
empty "$(answer '{"jsonrpc":"2.0","method":"notifications/whatever"}')" "a notification gets no answer"
empty "$(answer '{"jsonrpc":"2.0","id":77,"result":{}}')" "nor does an answer that nobody asked for"
is "$(answer "$(printf '%0.s[' $(seq 5000))" | jq -c .error.code)" -32700 "deep nesting"
once < <(printf '%s\n' "$OPEN" && printf '{"jsonrpc":"2.0",\0"id":1}\n{"jsonrpc":"2.0","id":2,"method":"ping"}\n')
is "$(tail -n +2 "$T/out" | jq -c '.error.code // .id' | tr '\n' ' ')" "-32700 2 " "a NUL; and what follows is served"
is "$(answer '{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"id":6,"name":"se' | jq -c '[.id, .error.code]')" '[5,-32700]' \
    "a frame that is cut off is refused by its id"
is "$(answer '{"method":"ping","jsonrpc":"2.0","params":{"text":"\u0000","id":6},"id":"a\"b"}' | jq -c '[.id, .error.code]')" '["a\"b",-32700]' \
    "and so is one with a NUL"
for bad in '{"jsonrpc":"2.0","id":5,"result":{"x":"\u0000"}}' '{"jsonrpc":"2.0","method":"ping","params":{"id":5,"x":"\u0000"}}' \
    '[{"jsonrpc":"2.0","method":"ping","id":5,"x":"\u0000"}]' '{"jsonrpc":"2.0","method":"ping","id":[5],"x":"\u0000"}' \
    '{"jsonrpc":"2.0","method":"ping","id":5.5,"x":"\u0000"}' '{"jsonrpc":"2.0","method":"ping","id":'"$(printf '%0.s1' $(seq 300))"'}'; do
    is "$(answer "$bad" | jq -c 'has("id")')" false "no id is made up: ${bad:0:80}"
done
is "$(call send '{"to":"half-001","content":"\ud83d whole \ud83d\ude00 \ude00 and \\ud83d \ud83d"}' | jq .isError)" null \
    "half a character, as JavaScript cuts them, loses no message"
is "$(society-inbox --agent half-001 --json | jq -r .content)" "$(printf '\ufffd whole \U1f600 \ufffd and \\ud83d \ufffd')" "what is whole stays"
once < <(printf '%s\r\n\r\n  \n%s\r\n' "$OPEN" '{"jsonrpc":"2.0","id":2,"method":"ping"}')
is "$(wc -l <"$T/out")" 2 "blank lines are passed over"
once < <(
    printf '%s\n{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"' "$OPEN"
    head -c 5000000 /dev/zero | tr '\0' 'x'
    printf '"}}\n{"jsonrpc":"2.0","id":2,"method":"ping"}\n'
)
is "$(tail -n +2 "$T/out" | jq -c '.error.code // .id' | tr '\n' ' ')" "-32600 2 " "a frame over the limit; and what follows is served"
like "$(jq -r 'select(.error) | .error.message' "$T/out")" 'longer than 4194304 bytes' "with the limit"
is "$(jq -c 'select(.error) | .id' "$T/out")" 1 "and its id"
once < <(
    printf '%s\n{"method":"tools/call","params":{"name":"send","arguments":{"id":3,"content":"' "$OPEN"
    head -c 9000000 /dev/zero | tr '\0' 'x'
    printf '"}},"jsonrpc":"2.0","id":2}\n{"jsonrpc":"2.0","id":3,"method":"ping"}\n'
)
is "$(tail -n +2 "$T/out" | jq -c '[.id, .error.code]' | tr '\n' ' ')" "[2,-32600] [3,null] " "also where that stands at the end"
once < <(
    printf '%s\n{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"' "$OPEN"
    head -c 4100000 /dev/zero | tr '\0' 'x'
    printf '"}}\n'
)
is "$(sed -n 2p "$T/out" | jq -c .id)" 1 "one just below it is taken"
once < <(printf '%s' "$OPEN")
empty "$(cat "$T/out")" "half a frame is none"
is "$status" 0 "and the end of the input the end"
once < <(printf '%s\n' "${OPEN/2025-11-25/2025-03-26}" \
    '[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/x"},7,{"jsonrpc":"2.0","id":2,"method":"ping"}]')
is "$(tail -n +2 "$T/out" | jq -c '.error.code // .id' | tr '\n' ' ')" "1 -32600 2 " "a batch of 2025-03-26"
empty "$(cat "$T/err")" "nothing on standard error"

# ---- Nothing before the first call ----

before=$(find .society-agent -printf '%p %s %T@\n' | sort)
once -a probe-001 < <(printf '%s\n' "$OPEN" '{"jsonrpc":"2.0","method":"notifications/initialized"}' \
    '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' '{"jsonrpc":"2.0","id":2,"method":"prompts/list"}' \
    '{"jsonrpc":"2.0","id":3,"method":"resources/list"}' \
    '{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"status"}}')
is "$(find .society-agent -printf '%p %s %T@\n' | sort)" "$before" "opening, listing and looking leave no trace"
is "$(wc -l <"$T/out")" 5 "and are answered"
(cd / && once < <(printf '%s\n' "$OPEN" '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"status"}}') &&
    jq -e 'select(.id == 1).result | .isError and (.content[0].text | test("society-init"))' "$T/out") >"$T/none"
is "$(cat "$T/none")" true "without a society it starts, and says what to do"

# ---- Arguments ----

for bad in 'send {"content":"x"}' 'send {"to":5,"content":"x"}' 'send {"to":"x","content":"y","extra":1}' 'wait {"seconds":-1}' \
    'wait {"for":["sleep"]}' 'wait {"for":["release"]}' 'task_add {"title":"x","priority":5}' 'task_add {"title":"x","dependsOn":[1]}' \
    'task_update {"id":"t1","change":"explode"}' 'files_check {"paths":[]}' 'files_own {"paths":["../../etc"]}' \
    'task_list {"id":"no-such"}' 'inbox {"id":"no-such"}' 'inbox []'; do
    is "$(call "${bad%% *}" "${bad#* }" | jq .isError)" true "refused: $bad"
done
is "$(answer '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"none"}}' | jq .error.code)" -32602 "an unknown tool"
is "$(call send '{"to":"x","content":"y","subject":null}' | jq .isError)" null "null is as good as nothing"
id=$(call task_add '{"title":"whole","priority":1.0}' | jq -r .structuredContent.id)
is "$(society-task show "$id" --json | jq -c .priority)" 1 "1.0 is as good as 1"
is "$(call task_add '{"title":"half","priority":1.5}' | jq -r '.content[0].text')" "task_add: priority must be of type integer" "1.5 is not"
is "$(call wait '{"for":["message"],"seconds":1e300}' | jq -r .isError)" true "nor is what is too large for a whole number"

# ---- Prompts ----

echo 'Secret of another directory' >../outside
ln -s ../outside link
printf 'Use tabs.\033[2J\n' >RULES.md
jq '.context = ["RULES.md", "../outside", "link", "none", 5]' .society-agent/project.json >new && mv new .society-agent/project.json
text=$(answer '{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"work"}}' | jq -r '.result.messages[0].content.text')
like "$text" '---- RULES.md ----.Use tabs\.\\x1b\[2J' "the files of the project's context"
unlike "$text" 'Secret' "but none from outside of it"
like "$text" '---- none: No such file' "and those that are missing are named"
is "$(answer '{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"review"}}' | jq .error.code)" -32602 "a missing argument"
done_testing
