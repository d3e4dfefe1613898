#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The manual: pages are well formed and complete, and every tool helps in under 25 lines.

cd "$SOCIETY_SRC" || exit 1
. tests/harness/tap.sh

pages=$(find tools libsociety/man -name '*.[1357]' | sort)
isnt "$pages" "" "there are man pages"
for page in $pages; do
    empty "$(mandoc -T lint -W warning "$page" 2>&1)" "$page has nothing to warn about"
done

# The text of pages, formatting removed.
words() {
    for page in "$@"; do mandoc -T utf8 "$page"; done | sed 's/.\x08//g'
}

for source in tools/society*.c; do
    tool=$(basename "$source" .c)
    ok "$tool has a man page" test -s "tools/$tool.1"
    ok "$tool --help succeeds" "$tool" --help
    help=$("$tool" --help 2>/dev/null)
    like "$help" "$tool" "$tool --help names it"
    ok "$tool --help is under 25 lines" test "$(wc -l <<<"$help")" -lt 25
    empty "$("$tool" --help 2>&1 >/dev/null)" "$tool --help prints to standard output alone"
    is "$("$tool" --help)" "$("$tool" -h)" "$tool -h is the same"
    like "$("$tool" --version)" '0\.1\.0' "$tool --version"
    # Every long option that the help names is in the page.
    [ -e "tools/$tool.1" ] || continue
    words "tools/$tool.1" >"$T/page"
    missing=$(grep -oE '(^|[^-a-z])--[a-z][a-z-]+' <<<"$help" | grep -oE -- '--[a-z-]+' | sort -u | while read -r option; do
        grep -qF -e "$option" "$T/page" || echo "$option"
    done)
    empty "$missing" "the page of $tool has every option that its help names"
done

# shellcheck disable=SC2046
words $(find libsociety/man -name '*.3') >"$T/manual"
absent=$(sh tests/check/functions.sh | while read -r function; do
    grep -qwF "$function" "$T/manual" || echo "$function"
done)
empty "$absent" "every public function is documented in section 3"
absent=$(grep -ohE '^#define SOCIETY_E_[A-Z_]+' include/society/error.h | awk '{ print $2 }' | while read -r name; do
    grep -qwF "$name" "$T/manual" || echo "$name"
done)
empty "$absent" "every result is documented in section 3"

done_testing
