#!/bin/bash
# SPDX-License-Identifier: MIT
#
# After the tests of a coverage build: all lines of the files in $LINES_COVERED must have been reached, by gcov's count.
# $OBJECTS is the directory of the library's objects.

cd "$SOCIETY_SRC" || exit 1
objects=$PWD/$OBJECTS
. tests/harness/tap.sh

cd "$T" || exit 1
table() {
    local source=$1 name=${1##*/}
    if [ ! -e "$objects/${name%.c}.gcda" ]; then
        echo "$name - - no test has run it"
        return
    fi
    (cd "$SOCIETY_SRC" && gcov --stdout "$objects/${name%.c}.gcda" 2>/dev/null) >"$T/$name.gcov"
    # gcov prints the headers' functions as files of their own; the source's part ends where the next begins.
    awk -F: -v want="/$name" '
        { count = $1; gsub(/[ *]/, "", count) }
        $2 + 0 == 0 && $3 == "Source" { here = ("/" $4) ~ want "$"; next }
        !here || $2 + 0 == 0 { next }
        count == "-" { next }
        count == "#####" || count == "=====" { lines[$2 + 0] = lines[$2 + 0] + 0; next }
        { lines[$2 + 0] += 1 }
        END {
            for (n in lines) { total++; if (lines[n]) reached++; else missed[n + 0] = 1 }
            for (n = 1; n < 10000; n++) {
                if (!(n in missed)) continue
                for (to = n; (to + 1) in missed; to++) ;
                list = list "," (to > n ? n "-" to : n)
                n = to
            }
            printf "%s %d %d %s\n", substr(want, 2), reached, total, substr(list, 2)
        }' "$T/$name.gcov"
}

declare -A verdict
printf '# %-16s %8s %8s %8s  %s\n' file reached lines "%" "lines not reached"
for source in "$SOCIETY_SRC"/libsociety/*.c; do
    name=${source##*/}
    read -r _ reached total missed < <(table "$source")
    percent=0.0
    [ "$total" = - ] || percent=$(awk -v r="$reached" -v t="$total" 'BEGIN { printf "%.1f", t ? 100 * r / t : 100 }')
    printf '# %-16s %8s %8s %8s  %s\n' "$name" "$reached" "$total" "$percent" "$missed"
    verdict[$name]="$reached of $total${missed:+, not $missed}"
    [ "$reached" != "$total" ] || [ "$total" = - ] || verdict[$name]=all
done
for name in $LINES_COVERED; do
    is "${verdict[$name]-no such file}" all "every line of $name is reached"
done
done_testing
