#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Runs one fuzz target and says in TAP how it went: first over its corpus (tests/fuzz/corpus/TARGET), then on new inputs, from
# the corpus on, for FUZZ_SECONDS (6; in the long run SOCIETY_SECONDS or 600). What it found new is kept in build/fuzz-corpus/TARGET for the
# next run. A crash leaves its input in build/fuzz-crashes/, and the words say how to replay it.
#
#   one.sh PROGRAM

set -u
program=$1
name=${program##*/}
target=${name#fuzz_}
seeds=$SOCIETY_SRC/tests/fuzz/corpus/$target
grown=$SOCIETY_SRC/build/fuzz-corpus/$target
crashes=$SOCIETY_SRC/build/fuzz-crashes
seconds=${FUZZ_SECONDS:-$([ -n "${SOCIETY_LONG:-}" ] && echo "${SOCIETY_SECONDS:-600}" || echo 6)}
mkdir -p "$grown" "$crashes" "$seeds"

# An input that takes longer than 10 s is a failure.
options=(-artifact_prefix="$crashes/$target-" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=1)
# A record of the folds takes a few bytes, and each is applied up to twice.
case $target in
tasks | ownership | registry) options+=(-max_len=512) ;;
*) options+=(-max_len=4096) ;;
esac
# It leaves what was refused by a jump.
[ "$target" != beads ] || export ASAN_OPTIONS=detect_leaks=0
[ ! -e "$SOCIETY_SRC/tests/fuzz/$name.dict" ] || options+=(-dict="$SOCIETY_SRC/tests/fuzz/$name.dict")

log=$(mktemp "${TMPDIR:-/tmp}/society-fuzz.XXXXXX") || exit 1
trap 'rm -f "$log"' EXIT
runs=0 status=0 left=$seconds
# In pieces, so that what a long run gathers in memory stays small.
while [ "$left" -gt 0 ] && [ "$status" = 0 ]; do
    piece=$((left < 300 ? left : 300))
    "$program" "${options[@]}" -max_total_time="$piece" "$grown" "$seeds" >"$log" 2>&1 || status=$?
    runs=$((runs + $(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)))
    left=$((left - piece))
done
echo 1..1
if [ "$status" = 0 ] && [ "$runs" -gt 0 ]; then
    echo "ok 1 - $target: $runs inputs in $seconds s"
    exit 0
fi
echo "not ok 1 - $target: status $status after $runs inputs"
grep -E 'this must be|ERROR|runtime error|(tests|libsociety|tools)/[a-z_/]*\.c:|SUMMARY|Base64' "$log" | head -n 40 | sed 's/^/# /'
input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
echo "# replay: $program ${input:-(no input was written)}"
exit 1
