#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The C files of the repository, one a line: all, or those under the directories given.

cd "$(dirname "$0")/../.." || exit 1
[ $# -gt 0 ] || set -- libsociety include tools examples tests
for dir in "$@"; do
    [ ! -d "$dir" ] || find "$dir" -name '*.[ch]' -type f
done | sort
