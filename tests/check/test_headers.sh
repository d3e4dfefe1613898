#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Every public header compiles alone, twice in a row, as C99 and C11 and as C++98 and C++11, without a warning.

cd "$SOCIETY_SRC" || exit 1
. tests/harness/tap.sh

compile() { # COMPILER LANGUAGE STANDARD HEADER
    printf '#include <society/%s>\n#include <society/%s>\n%s\n' "$4" "$4" \
        'int main(void); int main(void) { return 0; }' >"$T/alone.${2%%+*}"
    "$1" -x "$2" -std="$3" -Iinclude -pedantic -Wall -Wextra -Werror -Wundef -fsyntax-only "$T/alone.${2%%+*}"
}

for header in include/society/*.h; do
    header=${header##*/}
    for standard in c99 c11; do
        ok "$header is $standard (gcc)" compile gcc c $standard "$header"
        ok "$header is $standard (clang)" compile clang c $standard "$header"
    done
    for standard in c++98 c++11; do
        for compiler in g++ clang++; do
            if command -v $compiler >/dev/null; then
                ok "$header is $standard ($compiler)" compile $compiler c++ $standard "$header"
            elif [ $compiler = clang++ ]; then
                skip "$header is $standard ($compiler)" "there is no $compiler"
            fi
        done
    done
done

done_testing
