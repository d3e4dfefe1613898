#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The Debian packages that this repository needs, and how to see whether each is there.
#
#   install-deps.sh require SET [CC]   says what is missing and fails, installing nothing
#   install-deps.sh install SET        installs what is missing with apt, as root or with sudo; prints the list first
#
# SET: build (the library and the tools), demo, tests (build and run test programs), check (everything `make check` runs), long
# (everything `make check-long` runs), peers (what `make bench-peers` measures beside us), mcp (what `make check-mcp` runs), node (what
# `make check-node` runs) and vscode (what `make check-vscode` runs); packages of npm are the makefile's and the tests'.
# What some tests use and skip where it is not there is installed if that can be done, and never required.
# This runs on a machine that has only sh.

set -eu

action=${1:?}
set_name=${2:?}
compiler=${3:-gcc}

missing=
wanted= # what tests would use, and skip without a word of failure where it is not to be had
wish_of() { # COMMAND PACKAGE
    PATH=$PATH:/sbin:/usr/sbin command -v "$1" >/dev/null 2>&1 || wanted="$wanted $2"
}
command_of() { # COMMAND PACKAGE
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
header_of() { # HEADER PACKAGE
    for dir in /usr/include /usr/local/include "/usr/include/$(uname -m)-linux-gnu"; do
        [ ! -e "$dir/$1" ] || return 0
    done
    missing="$missing $2"
}

build_set() {
    case $compiler in
    gcc | cc) command_of gcc gcc ;;
    clang) command_of clang clang ;;
    *) command_of "${compiler##* }" "${compiler##* }" ;;
    esac
    command_of make make
    command_of pkg-config pkg-config
    header_of stdio.h libc6-dev
    header_of jansson.h libjansson-dev
    header_of sha2.h libmd-dev
    header_of git2.h libgit2-dev
    header_of inotifytools/inotifytools.h libinotifytools0-dev
}

tests_set() {
    build_set
    header_of cmocka.h libcmocka-dev
    command_of jq jq
    command_of ps procps
    command_of git git
}

check_set() {
    tests_set
    for package in clang clang-format clang-tidy valgrind mandoc python3 mypy; do
        command_of "$package" "$package"
    done
    # File systems to be killed on, where they may be mounted.
    wish_of mkfs.ext4 e2fsprogs
    wish_of mkfs.xfs xfsprogs
    wish_of mkfs.btrfs btrfs-progs
    wish_of strace strace
    # libFuzzer and the sanitizers for clang.
    command -v clang >/dev/null 2>&1 && ls "$(clang -print-runtime-dir)"/libclang_rt.fuzzer-* >/dev/null 2>&1 ||
        missing="$missing libclang-rt-dev"
    # valgrind must know the functions of the dynamic linker and libc by their names.
    if command -v dpkg-query >/dev/null 2>&1 && ! dpkg-query -W -f '${Status}\n' libc6-dbg 2>/dev/null | grep -q ' installed'; then
        command -v valgrind >/dev/null 2>&1 && valgrind --quiet true >/dev/null 2>&1 || missing="$missing libc6-dbg"
    fi
}

# npm brings a newer node for the tests themselves.
mcp_set() {
    tests_set
    command_of node nodejs
    command_of npm npm
}

long_set() {
    check_set
    command_of spin spin
}

node_set() {
    build_set
    command_of node nodejs
    command_of npm npm
}

# code-server compiles parts of itself, one of them with Kerberos.
vscode_set() {
    node_set
    command_of g++ g++
    command_of make make
    command_of python3 python3
    command_of git git
    header_of gssapi/gssapi.h libkrb5-dev
    command_of chromium chromium
}

# redis-tools has the server's program too (redis-check-rdb), without a service that would be started.
peers_set() {
    tests_set
    header_of sqlite3.h libsqlite3-dev
    command_of sqlite3 sqlite3
    header_of lmdb.h liblmdb-dev
    header_of hiredis/hiredis.h libhiredis-dev
    command_of redis-check-rdb redis-tools
    command_of redis-cli redis-tools
    command_of flock util-linux
    command_of node nodejs
    command_of npm npm
}

case $set_name in
build | demo) build_set ;;
tests) tests_set ;;
check) check_set ;;
long) long_set ;;
peers) peers_set ;;
mcp) mcp_set ;;
node) node_set ;;
vscode) vscode_set ;;
*)
    echo "install-deps.sh: unknown set $set_name" >&2
    exit 2
    ;;
esac
missing=${missing# }
wanted=${wanted# }

if [ -z "$missing" ] && { [ "$action" = require ] || [ -z "$wanted" ]; }; then
    [ "$action" = require ] || echo "All packages that are needed are installed."
    exit 0
fi

if [ "$action" = require ]; then
    {
        echo "Packages are missing. On Debian:"
        echo "    apt-get install --no-install-recommends $missing"
    } >&2
    exit 1
fi

# skip_wanted REASON: ends where nothing but wishes is left.
skip_wanted() {
    [ -z "$missing" ] || return 0
    echo "Without $wanted, for $1, some tests are skipped."
    exit 0
}
sudo=
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        skip_wanted "installing takes root"
        echo "These packages are missing, and installing them takes root: $missing" >&2
        exit 1
    fi
    sudo=sudo
fi
if ! command -v apt-get >/dev/null 2>&1; then
    skip_wanted "there is no apt-get"
    echo "There is no apt-get here. These Debian packages, or what they are called on this system, are missing: $missing" >&2
    exit 1
fi
echo "Installing with apt: $missing $wanted"
$sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq || skip_wanted "apt-get failed"
install() {
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}
# shellcheck disable=SC2086 # lists of packages
[ -z "$missing" ] || install $missing
# shellcheck disable=SC2086
[ -z "$wanted" ] || install $wanted || echo "Without $wanted, for apt-get failed, some tests are skipped."
