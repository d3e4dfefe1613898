#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What every file of the repository owes its readers: a licence, an opening comment, a readable size; and the documents that belong to it.

cd "$SOCIETY_SRC" || exit 1
. tests/harness/tap.sh

files=$(find Makefile .ci libsociety include tools examples tests pkgconfig -type f ! -path '*/__pycache__/*' ! -path '*/node_modules/*')
sources=$(sh tests/check/sources.sh)
scripts=$(grep -lE '^#!.*(sh|bash)$' $files)

licences() {
    local file
    for file in $sources; do
        [ "$(head -n 1 "$file")" = '/* SPDX-License-Identifier: MIT */' ] || echo "$file"
    done
    for file in $scripts Makefile $(find tools/completion -type f); do
        head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || echo "$file"
    done
}
empty "$(licences)" "every source names its licence"

openings() {
    local file
    for file in $(sh tests/check/sources.sh libsociety tools examples); do
        sed -n '2,3p' "$file" | grep -q '^/\*' || echo "$file"
    done
}
empty "$(openings)" "every source opens with a comment on its idea"

# shellcheck disable=SC2086
marks=$(grep -nE '\b(TODO|FIXME|XXX|HACK)\b' $files | grep -v '^tests/check/test_source.sh:')
empty "$marks" "no TODO, FIXME, XXX or HACK"

long_files() {
    awk 'FNR == 1 { lines[FILENAME] = 0 } { lines[FILENAME]++ }
         END { for (file in lines) if (lines[file] > 600) print file ": " lines[file] " lines" }' $sources $scripts
}
empty "$(long_files)" "no file over 600 lines"

# A function's body stands between a `{` and a `}` in the first column.
long_functions() {
    awk 'FNR == 1 { start = 0 }
         /^\{/ { start = FNR }
         /^\}/ { if (start && FNR - start - 1 > 70) print FILENAME ":" start ": " FNR - start - 1 " lines"; start = 0 }' $sources
}
empty "$(long_functions)" "no function over 70 lines"

empty "$(grep -nIE '[[:space:]]+$' $sources $scripts Makefile | grep -v '^tests/formats/')" "no space at the end of a line"
empty "$(grep -nP '^\t' $sources $scripts)" "no tabs in C and shell"

sleeps() {
    # shellcheck disable=SC2046
    grep -nE '(^|[^>])\b(sleep|usleep|nanosleep)[[:space:]]*\(' $(sh tests/check/sources.sh tests) | grep -v '/harness/\|/bench/'
}
empty "$(sleeps)" "no test waits by sleeping"

for document in README.md NEWS CONTRIBUTING.md LICENSE .ci/run; do
    ok "$document is there" test -s "$document"
done

links() {
    local document=README.md target
    for document in README.md CONTRIBUTING.md; do
        [ -e "$document" ] || continue
        grep -oE '\]\([^)#]+' "$document" | sed 's/^](//' | grep -v '^[a-z]*:' | while read -r target; do
            [ -e "$target" ] || echo "$document: $target"
        done
    done
}
empty "$(links)" "links between the documents lead somewhere"

done_testing
