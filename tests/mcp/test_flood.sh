# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A hundred thousand calls through one connection (a million in the long run; FLOOD_CALLS says how many): memory stays what it
# was. How fast that goes is printed and not judged.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh"
cd "$T" || exit 1
society-init >/dev/null
for i in 1 2 3 4 5; do
    society-task --agent other add "Task $i" --path "src/$i/**" >/dev/null
done

calls=${FLOOD_CALLS:-$([ -n "${SOCIETY_LONG-}" ] && echo 1000000 || echo 100000)}
run "$SOCIETY_BUILD/tests/tools/mcp_flood" "$calls"
is "$status" 0 "$calls calls are answered"
diag "$(cat out err)"
read -r _ done_calls _ _ _ persecond _ early _ late <out
is "$done_calls" "$calls" "all of them"
diag "$persecond calls a second"
# Sixteen bytes lost in one kind of call would be 130 KiB of a hundred thousand calls, 1,300 of a million. What is in use stays the
# same; but of what malloc() keeps free, more and more pages have been touched, until all of its 1.3 MiB have.
limit=$((calls / 2048 > 128 ? calls / 2048 : 128))
ok "memory has not grown by more than $limit KiB in the second half" test $((late - early)) -le "$limit"
done_testing
