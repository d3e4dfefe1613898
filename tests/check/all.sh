#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Runs the parts of `make check` one after the other, all of them also when one fails, and ends with the sum over all.
#
#   all.sh MAKE PART…       with RESULTS, the file to which the parts append their numbers
#
# A part that failed without counting a failed test (it did not compile, say) counts as one.

set -u
make=$1
shift

mkdir -p "$(dirname "$RESULTS")"
: >"$RESULTS"
failures() {
    awk '{ n += $3 } END { print n + 0 }' "$RESULTS"
}

began=$SECONDS
for part in "$@"; do
    before=$(failures) since=$SECONDS
    printf '\n== %s\n' "$part"
    if ! $make --no-print-directory "check-$part" && [ "$(failures)" = "$before" ]; then
        echo "check-$part failed"
        echo "$part 0 1 0" >>"$RESULTS"
    fi
    echo "   ($((SECONDS - since)) s)"
done

printf '\n== sum (%d s)\n' $((SECONDS - began))
awk '$3 > 0 { print "failed: " $1 }' "$RESULTS" | sort -u
exec tests/run -s -r "$RESULTS"
