#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The door: the headers, the symbol map and the built library name the same functions, and their signatures stay within what
# every foreign-function interface understands.

cd "$SOCIETY_SRC" || exit 1
. tests/harness/tap.sh

library=$SOCIETY_BUILD/lib/libsociety.so
declared=$(sh tests/check/functions.sh)
mapped=$(sed -n 's/^ *\(society_[a-z0-9_]*\);$/\1/p' libsociety/libsociety.map | sort)
exported=$(nm -D --defined-only --with-symbol-versions "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort)

isnt "$declared" "" "the headers declare functions"
is "$mapped" "$declared" "the map lists what the headers declare"
is "$exported" "$declared" "the library exports what the headers declare, and nothing else"
empty "$(nm -D --defined-only "$library" | awk '$2 !~ /^[TA]$/')" "the library exports functions only, no data"
is "$(nm -g --defined-only "$SOCIETY_BUILD/lib/libsociety.a" 2>/dev/null | awk 'NF == 3 && $3 !~ /^(soc|society)_/ { print $3 }')" "" \
    "the static library defines only names that begin with soc_ or society_"
is "$(readelf -d "$library" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')" libsociety.so.0 "the soname"
empty "$(readelf -d "$library" | grep -E 'RPATH|RUNPATH|TEXTREL')" "no rpath and no text relocations"
is "$(readelf -d "$library" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | grep -vE '^lib(jansson|md|c)\.so|^ld-linux' | tr '\n' ' ')" "" \
    "the library needs nothing but jansson, libmd and libc"

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

done_testing
