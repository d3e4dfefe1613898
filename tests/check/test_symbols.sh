#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The door: the headers, the symbol map and the built library name the same functions, and their signatures stay within what
# every foreign-function interface understands.

cd "$SOCIETY_SRC" || exit 1
. tests/harness/tap.sh

# check_library NAME STATIC-PREFIX NEEDED: one library, its map and its part of the headers.
check_library() {
    local name=$1 prefix=$2 needed=$3
    local library=$SOCIETY_BUILD/lib/lib$name.so map declared mapped exported
    map=$(find libsociety -name "lib$name.map")
    declared=$(sh tests/check/functions.sh "$name")
    mapped=$(sed -n 's/^ *\(society_[a-z0-9_]*\);$/\1/p' "$map" | sort)
    exported=$(nm -D --defined-only --with-symbol-versions "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort)

    isnt "$declared" "" "the headers declare functions of $name"
    is "$mapped" "$declared" "the map of $name lists what the headers declare"
    is "$exported" "$declared" "$name exports what the headers declare, and nothing else"
    empty "$(nm -D --defined-only "$library" | awk '$2 !~ /^[TA]$/')" "$name exports functions only, no data"
    is "$(nm -g --defined-only "$SOCIETY_BUILD/lib/lib$name.a" 2>/dev/null | awk -v prefix="^($prefix)_" 'NF == 3 && $3 !~ prefix { print $3 }')" "" \
        "the static library of $name defines only names that begin with $prefix"
    is "$(readelf -d "$library" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')" "lib$name.so.0" "the soname of $name"
    empty "$(readelf -d "$library" | grep -E 'RPATH|RUNPATH|TEXTREL')" "no rpath and no text relocations in $name"
    is "$(readelf -d "$library" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | grep -vE "^lib($needed|c)\.so|^ld-linux" | tr '\n' ' ')" "" \
        "$name needs nothing but $needed and libc"
}
check_library society 'soc|society' 'jansson|md'
check_library society-git 'soc|society_git' 'git2|jansson|md'

loads_git() {
    local tool
    for tool in tools/society*.c; do
        tool=$(basename "$tool" .c)
        [ "$tool" != society-worktree ] || continue
        ! ldd "$SOCIETY_BUILD/bin/$tool" | grep -qE 'libgit2|libsociety-git' || echo "$tool"
    done
}
empty "$(loads_git)" "no command but society-worktree loads libgit2"
empty "$(cd "$SOCIETY_BUILD" && for file in bin/* lib/*.so; do
    ! ldd "$file" | grep -q libinotifytools || echo "$file"
done | grep -v '^bin/society-guard$')" "nothing but society-guard loads libinotifytools"

# The headers without comments and preprocessor lines.
plain=$(for header in include/society/*.h; do
    sed -e '/^[[:space:]]*#/d' "$header" | gcc -fpreprocessed -dD -E -P -x c - | sed '/extern "C"/d'
done)
empty "$(grep -nE '\benum\b' <<<"$plain")" "no enum"
empty "$(grep -nE '\binline\b' <<<"$plain")" "no inline function"
empty "$(grep -nE '\.\.\.' <<<"$plain")" "no varargs"
empty "$(grep -nE '\b(bool|_Bool|long|short|off_t|size_t|ssize_t|time_t|float|double|va_list|FILE)\b' <<<"$plain")" \
    "no type whose size depends on the platform"
empty "$(grep -nE 'struct[[:space:]]+[a-z_]*[[:space:]]*\{|union' <<<"$plain")" "no public struct"
empty "$(grep -nE '\(\*' <<<"$plain")" "no callbacks"
empty "$(grep -ohE '\b[A-Z][A-Z0-9_]+\b' <<<"$(grep -h '^#define' include/society/*.h | awk '{ print $2 }')" | grep -v '^SOCIETY_')" \
    "every macro begins with SOCIETY_"

undocumented() {
    awk '/\*\/$/ { documented = FNR }
         /^[a-z].*\bsociety_[a-z_]+\(/ && !/^typedef/ { if (FNR - documented > 1) print FILENAME ":" FNR ": " $0 }
         FNR == 1 { documented = 0 }' include/society/*.h
}
empty "$(undocumented)" "every function has a comment in its header"

# Those that hand out what is in memory, and those of societies in memory, make no call that can fail.
without_faults='society_(test_.*|agent|dir|format_version|strerror|version|tail_(fd|incident|position|wake)|wait_fd)'
untried() {
    local name
    sh tests/check/functions.sh society | grep -vxE "$without_faults" | while read -r name; do
        grep -q "\b$name(" tests/harness/internal/operations*.c || echo "$name"
    done
}
empty "$(untried)" "every function that can fail is tried with every fault (tests/harness/internal/operations.c)"

done_testing
