# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The conformance suite's scenarios for servers, over a bridge from HTTP to standard input and output. Most scenarios call tools of
# a server made for the suite (test_simple_text and so on); those that need none are run, at each revision that they know.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh"
cd "$T" || exit 1
society-init >/dev/null

suite=$MCP_PACKAGES/node_modules/@modelcontextprotocol/conformance/dist/index.js
[ "$("$MCP_NODE" -p 'process.versions.node.split(".")[0] >= 22')" = true ] || skip_all "the conformance suite needs Node 22"

# The bridge ends with its standard input, which is held open by this shell.
mkfifo hold
exec 7<>hold
"$MCP_NODE" "$MCP_PACKAGES/bridge.mjs" society-mcp --agent conformance-001 <hold >url 7>&- &
bridge=$!
wait_for 20 test -s url
url=$(cat url)

# scenario REVISION NAME: every check of it passes, except those that could not be made without the suite's own tools.
scenario() {
    local failures
    rm -rf results
    timeout 60 "$MCP_NODE" "$suite" server --url "$url" --spec-version "$1" --scenario "$2" -o results >log 2>&1
    checks=$(find results -name checks.json)
    isnt "$(jq '[.[] | select(.status == "SUCCESS")] | length' "$checks")" 0 "$1 $2: some checks passed"
    failures=$(jq -r '.[] | select(.status == "FAILURE") | "\(.id): \(.errorMessage)"' "$checks" | grep -v 'Not testable: server does not list')
    empty "$failures" "$1 $2: none failed"
}

for revision in 2025-06-18 2025-11-25; do
    for name in server-initialize server-session-lifecycle ping logging-set-level tools-list resources-list prompts-list; do
        scenario "$revision" "$name"
    done
done
scenario 2025-11-25 server-sse-multiple-streams
for name in server-stateless server-sse-multiple-streams tools-list resources-list prompts-list caching sep-2164-resource-not-found http-header-validation \
    input-required-result-unsupported-methods input-required-result-ignore-extra-params input-required-result-validate-input; do
    scenario 2026-07-28 "$name"
done
# The bridge ends behind the servers that it started.
gone() {
    ! kill -0 "$bridge" 2>/dev/null
}
exec 7>&-
ok "no process stays" wait_for 10 gone
done_testing
