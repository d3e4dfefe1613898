# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Talking to society-mcp in a society of the test's own. Source it behind tap.sh.

unset SOCIETY_DIR SOCIETY_AGENT SOCIETY_AGENT_ID AMEIDE_AGENT_ID
mkdir "$T/project"
cd "$T/project" || exit 1
society-init >/dev/null

META='"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}'
OPEN='{"jsonrpc":"2.0","id":"open","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}'

# once OPTION… <FRAMES: what a server that gets these answers, a line each, in $T/out.
once() {
    run timeout 60 society-mcp "$@"
}

# answer FRAME: the answer to one frame behind the handshake.
answer() {
    once -a once-001 < <(printf '%s\n%s\n' "$OPEN" "$1")
    tail -n +2 "$T/out"
}

# call NAME ARGUMENTS: the result of one tool.
call() {
    answer '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"'"$1"'","arguments":'"$2"'}}' | jq -c .result
}

# connect OPTION…: a server in the background. say FRAME; hear: the next line, in $heard.
mkfifo "$T/in" "$T/back"
connect() {
    society-mcp "$@" <"$T/in" >"$T/back" 2>"$T/server-errors" &
    server=$!
    exec 8>"$T/in" 9<"$T/back"
    say "$OPEN"
    hear
}
say() {
    printf '%s\n' "$1" >&8
}
hear() {
    heard=
    read -r -t 60 heard <&9
}
# disconnect: the server of the next connection reads from the same pipe, so this one must be gone.
disconnect() {
    exec 8>&- 9<&-
    wait "$server"
}
gone() {
    ! kill -0 "$1" 2>/dev/null
}
