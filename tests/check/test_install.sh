#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What `make install` puts into place serves a program outside the tree, dynamically and statically linked; what `make uninstall`
# leaves is nothing.

cd "$SOCIETY_SRC" || exit 1
. tests/harness/tap.sh

root=$T/root
make_quietly() {
    env -u PKG_CONFIG_SYSROOT_DIR -u PKG_CONFIG_PATH make --no-print-directory -s CC=gcc WERROR=1 "$@"
}

ok "make install" make_quietly install DESTDIR="$root" PREFIX=/usr
for file in bin/society-send lib/libsociety.so.0.1.0 lib/libsociety.so.0 lib/libsociety.so lib/libsociety.a \
    lib/libsociety-git.so.0 lib/libsociety-git.so lib/libsociety-git.a include/society/git.h lib/pkgconfig/society-git.pc \
    include/society/society.h lib/pkgconfig/society.pc share/doc/libsociety/LICENSE share/doc/libsociety/README.md \
    share/man/man1/society-send.1 share/bash-completion/completions/society share/bash-completion/completions/society-send; do
    ok "installed: $file" test -s "$root/usr/$file"
done
is "$(readlink "$root/usr/lib/libsociety.so")" libsociety.so.0 "libsociety.so is a link to the soname"
empty "$(find "$root" -type d -empty)" "no empty directory is installed"
empty "$(find "$root" -type f ! -perm -a=r)" "everyone may read what is installed"
empty "$(grep -rlF -e "$SOCIETY_SRC" -e "$root" "$root/usr/lib/pkgconfig" "$root/usr/bin" 2>/dev/null |
    while read -r file; do readelf -d "$file" 2>/dev/null | grep -E 'RPATH|RUNPATH'; done)" "no path of the build in what is installed"

export PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_PATH=$root/usr/lib/pkgconfig
ok "pkg-config knows society" pkg-config --exists society
like "$(pkg-config --static --libs society)" "-ljansson -lmd" "for static linking it names what the library needs"
is "$(pkg-config --modversion society)" 0.1.0 "its version"

ok "pkg-config knows society-git" pkg-config --exists society-git
like "$(pkg-config --libs society-git)" "-lsociety-git -lsociety" "and what it is linked with"

# The program is the one that README.md shows.
awk '/^```c$/ { inside = 1; next } inside && /^```/ { exit } inside' README.md >"$T/program.c"
ok "README.md shows a C program" test -s "$T/program.c"
# shellcheck disable=SC2046
dynamic() {
    gcc -std=c99 -pedantic -Wall -Wextra -Werror -o "$T/dynamic" "$T/program.c" $(pkg-config --cflags --libs society)
}
# shellcheck disable=SC2046
static() {
    gcc -std=c99 -Wall -Werror -o "$T/static" "$T/program.c" $(pkg-config --cflags society) "$root/usr/lib/libsociety.a" \
        -ljansson -lmd -pthread
}
ok "the program of README.md compiles with pkg-config" dynamic
ok "and statically" static

# Where README.md says how the program is called, it stands alone; here it gets a society and an identity, and arguments that it
# may ignore.
works() { # PROGRAM
    rm -rf "$T/project" && mkdir "$T/project" && cd "$T/project" || return 1
    PATH=$root/usr/bin:$PATH LD_LIBRARY_PATH=$root/usr/lib society-init &&
        SOCIETY_AGENT=backend-001 LD_LIBRARY_PATH=${2-} timeout 20 "$1" frontend-001 hello &&
        grep -q '"from":"' .society-agent/messages.jsonl
}
ok "it works, dynamically linked" works "$T/dynamic" "$root/usr/lib"
ok "it works, statically linked" works "$T/static"
unlike "$(ldd "$T/static" 2>&1)" libsociety "the static one does not load the library"

# So does the unit test among the examples, by the command that README.md shows, and it leaves nothing behind.
cd "$SOCIETY_SRC" || exit 1
command=$(grep -m 1 '^cc -o unit_test ' README.md)
isnt "$command" "" "README.md shows how a unit test is compiled"
ok "the unit test is compiled so" sh -c "${command/-o unit_test/-o $T/unit_test -std=c99 -pedantic -Wall -Wextra -Werror}"
mkdir "$T/empty"
ok "it passes" env -C "$T/empty" LD_LIBRARY_PATH="$root/usr/lib" timeout 20 "$T/unit_test"
empty "$(ls -A "$T/empty")" "and leaves nothing behind"

ok "installed tools run" env LD_LIBRARY_PATH="$root/usr/lib" "$root/usr/bin/society" --version
ok "make uninstall" make_quietly uninstall DESTDIR="$root" PREFIX=/usr
empty "$(find "$root" ! -type d)" "nothing is left"

ok "install to directories of one's own" make_quietly install DESTDIR="$root" PREFIX="$T/opt" libdir="$T/opt/lib64"
like "$(readelf -d "$root$T/opt/bin/society-send")" "RUNPATH.*\[$T/opt/lib64\]" "tools find a library in an unusual place"
like "$(cat "$root$T/opt/lib64/pkgconfig/society.pc")" "libdir=$T/opt/lib64" "society.pc says where"
ok "uninstall from there" make_quietly uninstall DESTDIR="$root" PREFIX="$T/opt" libdir="$T/opt/lib64"
empty "$(find "$root" ! -type d)" "nothing is left there"

done_testing
