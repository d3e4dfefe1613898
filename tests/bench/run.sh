#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Runs the benchmarks, each in a directory of its own, and prints a table: what the library adds to its floor, as a ratio of medians,
# and the times behind it. README.md tells how to read it. ROUNDS changes the number of rounds; TMPDIR is the disk measured.

set -eu
here=$SOCIETY_BUILD/tests/bench
work=$(mktemp -d "${TMPDIR:-/tmp}/society-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
unset SOCIETY_DIR SOCIETY_AGENT SOCIETY_AGENT_ID AMEIDE_AGENT_ID

for program in append crowd wake sleepers history death command tasks claims conflicts; do
    mkdir "$work/$program"
    (cd "$work/$program" && "$here/$program") >>"$work/results"
done

echo "$(uname -sr), $(nproc) processors, $(stat -f -c %T "$work"), load $(cut -d' ' -f1 /proc/loadavg)"
sort -k1,1 -k2,2 -k4,4n "$work/results" | awk '
    function us(ns) { return sprintf("%.1f", ns / 1000) }
    { key = $1 " " $2; value[key, ++count[key]] = $4
      if (!($1 in known)) { known[$1]; names[++n] = $1 } }
    END {
        what["append-by-1"] = "society_send() / locked write(2), one process"
        what["append-by-16-p99"] = what["append-by-64-p99"] = "99th percentile of single appends / of locked writes"
        what["crowd-of-16"] = what["crowd-of-64"] = "time for each append by so many processes / by one"
        what["batch-of-64"] = "a message in a batch of 64 / a single one"
        what["durable-by-1"] = "society_send(), durability power / write and fdatasync"
        what["durable-by-8"] = what["durable-by-64"] = "the same by so many processes / fdatasync under the lock"
        what["sleepers-send"] = "a send to one of 64 who sleep / to the only one"
        what["sleepers-latency"] = "until the one addressed has it, of 64 who sleep / the only one"
        what["scan-grep"] = "the messages of one agent in a history / grep -F"
        what["scan-mapped"] = "the same / memmem() in the mapped file"
        what["parse"] = "soc_scan_line() / jansson, a record"
        what["strict-jansson"] = "soc_json_is_plain() / jansson, a record"
        what["strict-cjson"] = "the same / cJSON"
        what["open-1-MiB"] = what["open-1-GiB"] = "open and watch at the end of such a log / the bare calls"
        what["wake-same-cpu"] = "society_send() until society_tail_wait() returns / write until poll() of inotify does"
        what["death-same-cpu"] = "SIGKILL until the tail of presence tells / until inotify does"
        what["wake-other-cpu"] = what["death-other-cpu"] = "the same, the two processes on different processors"
        what["command"] = "society-send / a C program that appends once, from start to end"
        what["hook"] = "society-guard hook with 100 reservations / true, from start to end"
        what["takeover"] = "SIGKILL of a holder until society-task claim --wait has printed / until inotify tells"
        what["open-after-40000"] = what["open-after-100000"] = what["open-after-1000000"] = \
            "open and claim with 1,000 live tasks after so many changes / after the first 1,000"
        what["claim-by-1"] = "a claim in a process that has the state, no lock files / lock and counter"
        what["claims-of-8"] = "a claim of 8 made by one call / a claim made alone"
        what["claim-durable-by-1"] = "the same, durability power / fdatasync under the lock"
        what["claim-files-by-1"] = "the same, lock files / a file made for each"
        what["merges"] = "society-worktree conflicts, 9 branches / git merge-tree for each of the 36 pairs"
        what["conflicts"] = "the same, working copies read, too / the same"
        what["watch"] = "society-send until society-watch has printed / until it has ended"
        printf "\n%-18s %7s   %-24s %-24s\n", "", "ratio", "floor: median (range)", "ours: median (range)  µs"
        for (i = 1; i <= n; i++) {
            f = names[i] " floor"; o = names[i] " library"
            fm = value[f, int((count[f] + 1) / 2)]; om = value[o, int((count[o] + 1) / 2)]
            printf "%-18s %7.2f   %-24s %-24s\n", names[i], om / fm,
                us(fm) " (" us(value[f, 1]) "-" us(value[f, count[f]]) ")",
                us(om) " (" us(value[o, 1]) "-" us(value[o, count[o]]) ")"
        }
        print ""
        for (i = 1; i <= n; i++) {
            text = names[i] in what ? what[names[i]] : "the same, so many processes at once"
            printf "%-18s %s\n", names[i], text
        }
    }'
