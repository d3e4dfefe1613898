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

# What it quotes from a file stands there so.
cd "$SOCIETY_SRC" || exit 1
quoted=$(awk '/^<!-- from .* -->/ { sub(/^<!-- from /, ""); sub(/ -->$/, ""); print }' README.md)
isnt "$quoted" "" "README.md quotes an example"
stands() {
    awk -v file="$1" '
        index($0, "<!-- from " file " -->") == 1 { armed = 1; next }
        armed && /^```/ { if (inside) exit; inside = 1; next }
        inside { wanted = wanted $0 "\n" }
        END {
            while ((getline line < file) > 0) text = text line "\n"
            exit wanted == "" || index(text, wanted) == 0
        }' README.md
}
for file in $quoted; do
    ok "README.md quotes $file as it is" stands "$file"
done

done_testing
