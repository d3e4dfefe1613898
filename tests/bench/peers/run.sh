#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The same work done by libsociety and by what people pick today: every peer does each piece of work once in each round, in a directory
# of its own, in turn with the others. Prints tables of ratios and draws plots into build/bench-peers/; tests/bench/README.md tells how to
# read them, and what each variable does.

set -u
: "${ROUNDS:=5}" "${PEERS:=floor sqlite lmdb redis maildir shell node}" "${GROUPS_MEASURED:=process power}"
: "${PROCESSES:=1 4 16 64}" "${LISTENERS:=1 16 64}" "${CLAIMERS:=1 8 32}" "${RECORDS:=1000 10000 100000 1000000}"
: "${MS:=150}" "${MESSAGES:=50}" "${TASKS:=500}" "${COMMANDS:=10}" "${HISTORY_MIB:=64}" "${LIMIT:=60}"
here=$SOCIETY_SRC/tests/bench/peers
programs=$SOCIETY_BUILD/tests/bench/peers
out=$SOCIETY_SRC/build/bench-peers
work=$(mktemp -d "${TMPDIR:-/tmp}/society-peers.XXXXXX")
trap 'rm -rf "$work"' EXIT
unset SOCIETY_DIR SOCIETY_AGENT SOCIETY_AGENT_ID AMEIDE_AGENT_ID
PATH=$PATH:$programs # the commands of the peers that are programs of ours
failed=0
mkdir -p "$out"
: >"$out/results"

# do_work GROUP PEER VERB ARGUMENT...: the lines of the peer, with group, peer and round.
do_work() {
    local group=$1 peer=$2 command
    shift 2
    case $peer in
    shell) command="bash $here/shell.sh" ;;
    node) command="node $here/node.mjs" ;;
    *) command=$programs/$peer ;;
    esac
    mkdir "$work/$peer"
    # shellcheck disable=SC2086 # a command and its script
    if ! (cd "$work/$peer" && DURABILITY=$group timeout "$LIMIT" $command "$@" </dev/null) >"$work/lines" 2>"$work/errors"; then
        echo "$peer $* ($group) failed: $(tail -n 1 "$work/errors")" >&2
        failed=1
    fi
    rm -rf "${work:?}/$peer"
    awk -v group="$group" -v peer="$peer" 'NF == 2 { print group, $1, peer, $2 }' "$work/lines" >>"$out/results"
}

# in_turn GROUP VERB ARGUMENT...: by everybody who can.
in_turn() {
    local group=$1 peer
    shift
    for peer in society $PEERS; do
        [[ $group = process || ($peer != shell && $peer != node) ]] && do_work "$group" "$peer" "$@"
    done
}

say() {
    [ ! -t 2 ] || printf '\r%-60s' "$*" >&2
}

echo "$(uname -sr), $(nproc) processors, $(stat -f -c %T "$work"), load $(cut -d' ' -f1-3 /proc/loadavg) before"
for ((round = 1; round <= ROUNDS; round++)); do
    for group in $GROUPS_MEASURED; do
        say "round $round of $ROUNDS, $group"
        for n in $PROCESSES; do in_turn "$group" append "$n" "$MS"; done
        for n in $CLAIMERS; do in_turn "$group" claim "$n" "$TASKS" "$MS"; done
        [ "$group" = process ] || continue
        for n in $LISTENERS; do in_turn process latency "$n" "$MESSAGES"; done
        in_turn process cold send "$COMMANDS"
        in_turn process cold claim "$COMMANDS"
    done
done
# These are filled once for all rounds.
say "open and history"
for n in $RECORDS; do in_turn process open "$n" "$ROUNDS"; done
in_turn process history "$HISTORY_MIB" "$ROUNDS"
say ""
echo "load $(cut -d' ' -f1-3 /proc/loadavg) after; $ROUNDS rounds; the history has $HISTORY_MIB MiB"
for group in $GROUPS_MEASURED; do
    printf '\nSurvives %s: times of society in µs, median (range); then how many times as long each peer took.\n\n' \
        "$([ "$group" = power ] && echo 'a power cut' || echo 'the death of any process')"
    awk -v group="$group" -v peers="$PEERS" -f "$here/table.awk" "$out/results"
done
for row in append claim latency open; do
    for group in $GROUPS_MEASURED; do
        awk -v group="$group" -v family="$row" -f "$here/plot.awk" "$out/results" >"$out/$row-$group.svg"
        [ -s "$out/$row-$group.svg" ] || rm "$out/$row-$group.svg"
    done
done
printf '\nPlots and single results: %s\n' "$out"
exit "$failed"
