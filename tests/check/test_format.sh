#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Every C file stands as .clang-format lays it out (`make format` does it).

cd "$SOCIETY_SRC" || exit 1
. tests/harness/tap.sh

for file in $(sh tests/check/sources.sh); do
    ok "$file" clang-format --dry-run -Werror "$file"
done
done_testing
