#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The VS Code extension, as a stranger gets it: packed by vsce, installed from the .vsix into code-server, which headless Chromium
# drives, with the library installed into a prefix of its own. Everything is in build/vscode/; the screenshots in
# build/vscode/screenshots/.

set -eu
at=$SOCIETY_SRC/build/vscode
tools=$at/tools
mkdir -p "$at"
rm -rf "$at/prefix" "$at/work" "$at/extensions" "$at/screenshots"
mkdir -p "$at/work" "$at/screenshots"
exec 3>&1 >"$at/setup.log" 2>&1
trap 'tail -n 40 "$at/setup.log" >&2' EXIT

export NODE_DISABLE_COMPILE_CACHE=1
bash "$SOCIETY_SRC/tests/vscode/install.sh" "$tools"
export PATH=$tools/runtime/node_modules/.bin:$PATH
PATH=$(dirname "$(readlink "$tools/node")"):$PATH
export npm_config_cache=$tools/cache npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false
env -u PKG_CONFIG_PATH make -C "$SOCIETY_SRC" --no-print-directory -s CC=gcc WERROR=1 install PREFIX="$at/prefix"

# As examples/vscode/README.md says.
cp -R "$SOCIETY_SRC/examples/node" "$SOCIETY_SRC/examples/vscode" "$SOCIETY_SRC/tests/vscode/stranger" "$at/work/"
cd "$at/work/vscode"
npm pack ../node
npm install --no-save --omit=dev ./libsociety-*.tgz
export PATH=$tools/node_modules/.bin:$PATH
vsce package --target linux-x64 --allow-missing-repository --out "$at/society-linux-x64.vsix"
cd "$at/work/stranger"
vsce package --allow-missing-repository --out "$at/work/stranger.vsix"

export CODE_SERVER=$tools/node_modules/code-server/out/node/entry.js EXTENSIONS=$at/extensions
: >"$at/work/config.yaml"
for vsix in "$at/society-linux-x64.vsix" "$at/work/stranger.vsix"; do
    node "$CODE_SERVER" --config "$at/work/config.yaml" --user-data-dir "$at/work/data" --extensions-dir "$EXTENSIONS" \
        --install-extension "$vsix"
done

trap - EXIT
exec >&3 2>&1
cd "$SOCIETY_SRC/tests/vscode"
export TOOLS=$tools EXTENSION=$at/work/vscode SHOTS=$at/screenshots CHROMIUM=${CHROMIUM:-$(command -v chromium)}
export SOCIETY_LIBRARY=$at/prefix/lib/libsociety.so.0
exec node --test --test-reporter="$SOCIETY_SRC/tests/node/reporter.mjs" windows.test.mjs
