# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the stress tests know of a log's files, in the working directory's .society-agent. This is the format read by hand, with
# no help of the library. Sourced behind tap.sh.

society=.society-agent

# segments LOG: its files in order, the present one last.
segments() {
    local bases
    bases=$(find "$society/archive" -type f -printf '%f\n' 2>/dev/null | sed -n "s/^$1-\([0-9]*\)\.jsonl$/\1/p" | sort -n)
    for base in $bases; do
        echo "$society/archive/$1-$base.jsonl"
    done
    echo "$society/$1.jsonl"
}

is_record() {
    grep -av -e '^{"type":"log_segment"' -e '^{"type":"log_sealed"'
}

# log_lines LOG: its lines in order: of every archive those up to the length that the next file's header gives it.
log_lines() {
    local files i length
    mapfile -t files < <(segments "$1")
    for ((i = 0; i + 1 < ${#files[@]}; i++)); do
        length=$(head -n 1 "${files[i + 1]}" | jq .previousLength)
        head -c "$length" "${files[i]}"
    done | is_record
    is_record <"${files[-1]}"
}

# late_lines LOG: what stands behind that length: lines of writers who had the file open still.
late_lines() {
    local files i length
    mapfile -t files < <(segments "$1")
    for ((i = 0; i + 1 < ${#files[@]}; i++)); do
        length=$(head -n 1 "${files[i + 1]}" | jq .previousLength)
        tail -c "+$((length + 1))" "${files[i]}"
    done | is_record
}

# repeats: those of the input's lines that stand there more than once.
repeats() {
    sort | uniq -d
}

# differ FILE FILE: the first differences between two lists.
differ() {
    diff "$1" "$2" | head -n 20
}

# malformed LOG: their number, as society-doctor counts them.
malformed() {
    society-doctor -j | jq "select(.log == \"$1\").malformed"
}

# problems: all that society-doctor has to say; that it could not say anything is a problem too.
problems() {
    local code=0 report
    report=$(society-doctor -j) || code=$?
    [ "$code" -le 1 ] && [ -n "$report" ] || echo "society-doctor failed with status $code"
    jq -c '.log as $log | .problems[] | [$log, .position, .what]' <<<"$report"
}
