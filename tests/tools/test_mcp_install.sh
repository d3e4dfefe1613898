# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# society-mcp --print-config and --install: what is set, what stays, what is refused.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh"
unset SOCIETY_DIR SOCIETY_AGENT SOCIETY_AGENT_ID AMEIDE_AGENT_ID
mkdir -p "$T/project/deeper" "$T/project/.git"
cd "$T/project" || exit 1

for client in claude gemini; do
    is "$(society-mcp --print-config $client -a a-1 -r dev | jq -c '.mcpServers.society | [.command, .args]')" \
        '["society-mcp",["--agent","a-1","--role","dev"]]' "$client"
done
# These start servers anywhere, and fill in where the project is.
is "$(society-mcp --print-config cursor -a a-1 | jq -c .mcpServers.society.args)" \
    '["--workspace","${workspaceFolder}","--agent","a-1"]' "cursor"
is "$(society-mcp --print-config vscode | jq -c .servers.society)" \
    '{"type":"stdio","command":"society-mcp","args":["--workspace","${workspaceFolder}"]}' "vscode"
is "$(society-mcp --print-config cursor -w /x | jq -c .mcpServers.society.args)" '["--workspace","/x"]' "another workspace"
is "$(society-mcp --print-config claude -C deeper | jq -c .mcpServers.society.args)" '["--dir","'"$T"'/project/deeper"]' \
    "a directory that was named is found from anywhere"
is "$(society-mcp --print-config kilo -C /x | jq -c .mcp.society)" \
    '{"type":"local","command":["society-mcp","--dir","/x"],"enabled":true,"timeout":3600000}' "kilo"
is "$(society-mcp --print-config gemini | jq -c .mcpServers.society.timeout)" 3600000 "gemini"
is "$(society-mcp --print-config codex -c 'a "b"' | head -n 3 | tr '\n' ' ')" \
    '[mcp_servers.society] command = "society-mcp" args = ["--capability","a \"b\""] ' "codex"
empty "$(ls -A | grep -v '^.git$\|^deeper$')" "printing writes nothing"
like "$(PATH=/usr/bin:/bin "$(command -v society-mcp)" --print-config claude 2>/dev/null | jq -r .mcpServers.society.command)" '^/.*/society-mcp$' \
    "a program that is not on the path is named by its own"

# install CLIENT FILE [OPTION…] <BEFORE: the file with what stood before.
install_over() {
    local client=$1 file=$2
    shift 2
    mkdir -p "$(dirname "$file")"
    cat >"$file"
    run society-mcp --install "$client" "$@"
}

run sh -c 'cd deeper && society-mcp --install claude'
is "$(cat "$T/out")" "$T/project/.mcp.json" "it goes into the project's file, from any directory in it"
is "$(jq -r .mcpServers.society.command .mcp.json)" society-mcp "which is made"
before=$(cat .mcp.json)
run society-mcp --install claude
is "$(cat .mcp.json)" "$before" "once more changes nothing"
chmod 600 .mcp.json
install_over claude .mcp.json -a b-1 <<<'{"mcpServers":{"other":{"command":"x"},"society":{"command":"old","env":{"A":"1"}}},"more":[1,2]}'
is "$(jq -c . .mcp.json)" \
    '{"mcpServers":{"other":{"command":"x"},"society":{"command":"society-mcp","env":{"A":"1"},"type":"stdio","args":["--agent","b-1"]}},"more":[1,2]}' \
    "what others wrote stays, also in its own entry"
is "$(stat -c %a .mcp.json)" 600 "the mode stays"
install_over vscode .vscode/mcp.json <<'END'
{
	// mine
	"servers": {
		"a": {"command": "x"}, /* one */
	},
	"inputs": [],
}
END
is "$(cat .vscode/mcp.json)" "$(
    cat <<'END'
{
	// mine
	"servers": {
		"a": {"command": "x"}, /* one */
		"society": {
			"type": "stdio",
			"command": "society-mcp",
			"args": ["--workspace","${workspaceFolder}"]
		}
	},
	"inputs": [],
}
END
)" "comments, tabs and commas stay"
install_over gemini .gemini/settings.json <<<'{"theme": "dark"}'
is "$(jq -c '[.theme, .mcpServers.society.command]' .gemini/settings.json)" '["dark","society-mcp"]' "a file of one line"
install_over cursor .cursor/mcp.json </dev/null
is "$(jq -r .mcpServers.society.command .cursor/mcp.json)" society-mcp "an empty file"
run society-mcp --install kilo
is "$(cat "$T/out")" "$T/project/.kilo/kilo.jsonc" "kilo: its own folder"
install_over kilo kilo.json <<<'{"mcp":{}}'
is "$(cat "$T/out")" "$T/project/kilo.json" "kilo: or the file that there is"
install_over codex .codex/config.toml <<'END'
model = "gpt" # mine
when = 1979-05-27 07:32:00
text = """
[mcp_servers.society]
"""

[mcp_servers.society]
env = { A = "1" }
args = [
  "old", # gone
]

[profiles.'a.b'] # last
x = [1, {y = 'z'}]
END
is "$(cat .codex/config.toml)" "$(
    cat <<'END'
model = "gpt" # mine
when = 1979-05-27 07:32:00
text = """
[mcp_servers.society]
"""

[mcp_servers.society]
command = "society-mcp"
tool_timeout_sec = 3600
env = { A = "1" }
args = []

[profiles.'a.b'] # last
x = [1, {y = 'z'}]
END
)" "codex: what stands in the table and around it stays"
# `codex mcp add --env` writes tables inside of the server's.
install_over codex .codex/config.toml <<'END'
[mcp_servers.society.env]
A = "1"

[mcp_servers.society]
command = "old"

[mcp_servers.society.tools.send]
approval_mode = "approve"
END
is "$(cat .codex/config.toml)" "$(
    cat <<'END'
[mcp_servers.society.env]
A = "1"

[mcp_servers.society]
args = []
tool_timeout_sec = 3600
command = "society-mcp"

[mcp_servers.society.tools.send]
approval_mode = "approve"
END
)" "codex: tables inside of the server's stay"
install_over codex .codex/config.toml <<<'[mcp_servers.society.env]
A = "1"'
is "$(tail -n 5 .codex/config.toml | head -n 3 | tr '\n' ' ')" ' [mcp_servers.society] command = "society-mcp" ' "also where it had no header of its own"
printf '{\r\n  "a": 1\r\n}\r\n' | install_over gemini .gemini/settings.json
is "$(grep -c $'\r$' .gemini/settings.json) $(jq -c .a .gemini/settings.json)" "$(wc -l <.gemini/settings.json) 1" "the ends of lines stay what they were"
printf '// mine' | install_over vscode .vscode/mcp.json
is "$(head -n 2 .vscode/mcp.json | tr '\n' ' ')" '// mine { ' "a file with nothing but a comment"
ln -sf ../elsewhere.json .cursor/mcp.json
echo '{}' >elsewhere.json
run society-mcp --install cursor
is "$(jq -r .mcpServers.society.command elsewhere.json) $(test -L .cursor/mcp.json && echo link)" "society-mcp link" "through a link"
empty "$(find . -name '*.??????' -newer elsewhere.json ! -name '*.*.json' -name '*.json.??????')" "no temporary file is left"

# refused CLIENT FILE PLACE WHAT <TEXT: it is refused at this place, and left as it is.
refused() {
    local text
    text=$(cat)
    printf '%s' "$text" >"$2"
    run society-mcp --install "$1"
    is "$status" 3 "$1 refuses: $4"
    like "$(cat "$T/err")" "$3" "at its place"
    is "$(cat "$2")" "$text" "and leaves the file"
}
refused claude .mcp.json 'line 2, column 8: a value is expected here' 'a value that is missing' <<<'{"a":1,
 "b":  }'
refused claude .mcp.json 'line 1, column 3: comments' 'a comment where the client takes none' <<<'{ // x
}'
refused claude .mcp.json 'line 1, column 16: an object' 'servers that are a list' <<<'{"mcpServers": []}'
refused claude .mcp.json 'line 1, column 18: this name' 'a name that stands twice' <<<'{"mcpServers":{},"mcpServers":{}}'
refused claude .mcp.json 'line 1, column 4: there is something' 'two documents' <<<'{} {}'
refused claude .mcp.json 'nested too deeply' 'deep nesting' <<<"{\"a\":$(printf '%0.s[' $(seq 1000))"
refused codex .codex/config.toml 'line 1, column 7' 'a string that does not end' <<<'x = "a'
refused codex .codex/config.toml 'line 2, column 1: this sets' 'a table without a header' <<<'[mcp_servers]
society = {}'
refused codex .codex/config.toml 'line 3, column 1: this table' 'a table that stands twice' <<<'[mcp_servers.society]
x = 1
[mcp_servers.society]'
refused codex .codex/config.toml 'line 1, column 5: this is no value' 'a word' <<<'x = yes'

for bad in '--install emacs' '--print-config' '--install claude --print-config claude' 'extra'; do
    # shellcheck disable=SC2086 # words
    status_is 2 "usage: $bad" society-mcp $bad
done
done_testing
