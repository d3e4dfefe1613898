#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The Node package, as a stranger gets it: packed, installed from the tarball into a project of its own, and run against the library
# installed into a prefix of its own; and what there is to test of the VS Code extension without an editor. Everything happens
# in build/node/; of a run before only npm's cache is kept.

set -eu

at=$SOCIETY_SRC/build/node
prefix=$at/prefix
mkdir -p "$at"
rm -rf "$prefix" "$at/package" "$at/project" "$at/runtime" "$at/oldest"
exec 3>&1 >"$at/setup.log" 2>&1
trap 'tail -n 40 "$at/setup.log" >&2' EXIT

# npm_install DIRECTORY PACKAGE…: no script of a package is run.
npm_install() {
    local where=$1
    shift
    npm install --prefix "$where" --cache "$at/cache" --prefer-offline --ignore-scripts --no-audit --no-fund --no-save "$@"
}

env -u PKG_CONFIG_PATH make -C "$SOCIETY_SRC" --no-print-directory -s CC=gcc WERROR=1 install PREFIX="$prefix"
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
unset SOCIETY_LIBRARY LD_LIBRARY_PATH

# The tests are for Node 20 and later; where the system's is older, npm's is taken. Some of them run the package's with the oldest.
runtime=node-linux-$(node -p process.arch)
npm_install "$at/oldest" "$runtime@18"
export OLDEST_NODE=$at/oldest/node_modules/$runtime/bin/node
if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
    npm_install "$at/runtime" "$runtime@20"
    PATH=$at/runtime/node_modules/$runtime/bin:$PATH
fi

cp -R "$SOCIETY_SRC/examples/node" "$at/package"
mkdir "$at/project"
npm pack --pack-destination "$at/project" "$at/package" --cache "$at/cache"
echo '{"private":true}' >"$at/project/package.json"
npm_install "$at/project" "$at"/project/libsociety-*.tgz typescript@5 @types/node@18 @types/vscode@1.82
cp -R "$SOCIETY_SRC/examples/node/test" "$at/project/test"
cp -R "$SOCIETY_SRC/examples/vscode" "$at/project/extension"
echo "node $(node --version)"

trap - EXIT
exec >&3 2>&1
cd "$at/project/test"
echo "# node $(node --version)"
exec node --test --test-reporter="$SOCIETY_SRC/tests/node/reporter.mjs" ./*.test.js ../extension/test/*.test.js
