#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The examples, copied out of the tree, are built and run with nothing but an installed prefix. (The Node package: make check-node.)

cd "$SOCIETY_SRC" || exit 1
. tests/harness/tap.sh

prefix=$T/prefix
ok "make install" env -u PKG_CONFIG_PATH make --no-print-directory -s CC=gcc WERROR=1 install PREFIX="$prefix"
cp -R examples "$T/examples"
# Nothing of the build is in the way.
PATH=$(tr : '\n' <<<"$PATH" | grep -vF "$SOCIETY_BUILD" | paste -sd :)
export PATH=$prefix/bin:$PATH PKG_CONFIG_PATH=$prefix/lib/pkgconfig PYTHONDONTWRITEBYTECODE=1
unset SOCIETY_BUILD SOCIETY_LIBRARY
cd "$T" || exit 1

# shellcheck disable=SC2046,SC2086
build() {
    local packages=society
    ! grep -q cmocka.h "examples/$1.c" || packages='society cmocka'
    gcc -std=gnu11 -Wall -Wextra -Werror -o "$1" "examples/$1.c" $(pkg-config --cflags --libs $packages) -Wl,-rpath,"$prefix/lib"
}
for source in examples/*.c; do
    name=$(basename "$source" .c)
    ok "$name is built" build "$name"
done

mkdir agents work
ok "two_agents runs" timeout 20 ./two_agents agents
ok "unit_test runs" timeout 20 ./unit_test

cd work || exit 1
society-init >/dev/null
society-task -a lead add one >/dev/null
run timeout 20 ../claim_worker w1 crash
is "$status" 137 "claim_worker dies in the middle of its task"
run timeout 20 ../claim_worker w2
like "$(cat "$T/out")" "^w2: t1, step 3" "and another takes it over where it was left"
is "$(society-task show t1 -j | jq -r .state)" done "and completes it"
echo '{"to":"w1","content":"to w1"}' >input
ok "poll_loop runs" timeout 20 ../poll_loop w2 <input
is "$(society-inbox -a w1 -j | jq -r .content)" "to w1" "and has sent what it read"

cat >program.py <<'END'
import society

with society.Society.open(agent="w1") as s:
    for message in s.messages(timeout=0):
        print(message["content"])
END
is "$(PYTHONPATH=$T/examples/python timeout 20 python3 program.py)" "to w1" "the Python module finds the library"

cd "$T" || exit 1
ok "the demo runs" timeout 60 bash examples/demo.sh

done_testing
