#!/bin/bash
# SPDX-License-Identifier: MIT
#
# README.md is true: the fenced block after each `<!-- run -->` is what a new user types, and it works, in order, in an empty
# directory.

cd "$SOCIETY_SRC" || exit 1
. tests/harness/tap.sh

awk '/^<!-- run -->/ { armed = 1; next }
     armed && /^```/ { if (inside) { armed = inside = 0 } else inside = 1; next }
     inside { sub(/^\$ /, ""); print }' README.md >"$T/readme.sh"
ok "README.md shows commands" test -s "$T/readme.sh"
mkdir "$T/project"
cd "$T/project" || exit 1
ok "they work" timeout 60 bash -eu "$T/readme.sh"

done_testing
