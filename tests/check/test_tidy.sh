#!/bin/bash
# SPDX-License-Identifier: MIT
#
# clang-tidy, with the checks of .clang-tidy, over the library and the tools. A file whose text, headers and checks have not
# changed since it passed is not read again.

cd "$SOCIETY_SRC" || exit 1
. tests/harness/tap.sh

passed=$SOCIETY_SRC/build/tidy
mkdir -p "$passed"
state=$(cat .clang-tidy include/society/*.h libsociety/*.h libsociety/git/*.h tools/*/*.h tests/check/test_tidy.sh | cksum)
export passed state T

tidy_one() {
    local file=$1 key
    key=$passed/$(printf '%s\n%s' "$state" "$(cksum "$file")" | cksum | tr ' ' -)
    [ -e "$key" ] && return
    if clang-tidy --quiet "$file" -- -std=gnu11 -D_GNU_SOURCE -Iinclude -iquote libsociety -iquote tools -Wno-unknown-warning-option \
        >"$T/$(tr / _ <<<"$file")" 2>&1; then
        : >"$key"
        rm "$T/$(tr / _ <<<"$file")"
    fi
}
export -f tidy_one

files=$(sh tests/check/sources.sh libsociety tools | grep '\.c$')
xargs -P "$(nproc)" -I FILE bash -c 'tidy_one FILE' <<<"$files"
for file in $files; do
    empty "$(cat "$T/$(tr / _ <<<"$file")" 2>/dev/null)" "$file"
done
done_testing
