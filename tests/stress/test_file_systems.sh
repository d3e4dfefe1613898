# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The kill campaigns on each file system that the README calls fine and that this machine can make: ext4, xfs and btrfs on loop
# devices, overlay over the first of them, and tmpfs. Senders, watchers and compactors die there (test_kill.sh), and claimers
# (test_claims); in the long run also a crowd that races for tasks while their log is compacted (test_tasks.sh).
#
# All mounts are in a namespace of this test and end with it. KILLS and ROUNDS change the numbers for each file system,
# FILE_SYSTEMS names those to be tried.

if [ -z "${NAMESPACE_IS_OWN:-}" ]; then
    # A namespace of users can mount less, but something.
    for kind in --mount "--mount --user --map-root-user"; do
        # shellcheck disable=SC2086 # options
        if unshare $kind true 2>/dev/null; then
            NAMESPACE_IS_OWN=1 exec unshare $kind bash "$0"
        fi
    done
fi
. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
[ -n "${NAMESPACE_IS_OWN:-}" ] || skip_all "unshare(1) --mount is not permitted here"

if [ -n "${SOCIETY_LONG:-}" ]; then
    kills=${KILLS:-20000} rounds=${ROUNDS:-60}
else
    kills=${KILLS:-200} rounds=${ROUNDS:-2}
fi
PATH=$PATH:/sbin:/usr/sbin
read -ra wanted <<<"${FILE_SYSTEMS:-ext4 xfs btrfs overlay tmpfs}"
# Each file system has its part of the time that the long run has for one test.
[ -z "${SOCIETY_SECONDS:-}" ] || SOCIETY_SECONDS=$((SOCIETY_SECONDS / ${#wanted[@]} / 5))

mounted=()
# mount_at DIR ARGUMENT…: its words, if it is refused, are in $T/why.
mount_at() {
    local dir=$1
    shift
    mkdir -p "$dir" && mount "$@" "$dir" 2>"$T/why" && mounted=("$dir" "${mounted[@]}")
}
unmount_all() {
    local dir
    for dir in "${mounted[@]}"; do
        umount "$dir" || umount -l "$dir"
    done
    mounted=()
}
trap 'cd /; unmount_all 2>/dev/null; tap_cleanup' EXIT

# mount_image TYPE DIR: a new file system in a file, on a loop device.
mount_image() {
    if ! command -v "mkfs.$1" >"$T/why"; then
        echo "there is no mkfs.$1" >"$T/why"
        return 1
    fi
    truncate -s 512M "$T/$1.img" && "mkfs.$1" -q "$T/$1.img" >"$T/why" 2>&1 && mount_at "$2" -t "$1" -o loop "$T/$1.img"
}

# mount_type TYPE: a file system of that type at $T/TYPE.
mount_type() {
    local under=$T/under
    case $1 in
    tmpfs) mount_at "$T/tmpfs" -t tmpfs none ;;
    overlay)
        mount_image ext4 "$under" || mount_at "$under" -t tmpfs none || return 1
        mkdir "$under/lower" "$under/upper" "$under/work" || return 1
        mount_at "$T/overlay" -t overlay -o "lowerdir=$under/lower,upperdir=$under/upper,workdir=$under/work" overlay
        ;;
    *) mount_image "$1" "$T/$1" ;;
    esac
}

# type_at DIR: what the kernel says.
type_at() {
    awk -v dir="$1" '$5 == dir { for (i = 6; $i != "-"; i++); type = $(i + 1) } END { print type }' /proc/self/mountinfo
}

# passes DIR PROGRAM [SHELL]: a test with its files in DIR: all of its plan, and nothing failed.
passes() {
    local code=0
    # shellcheck disable=SC2086 # no shell for a program
    TMPDIR=$1 KILLS=$kills ROUNDS=$rounds ${3-} "$2" >"$T/report" 2>&1 </dev/null || code=$?
    grep -E '^# (SEED|seed|skip)|^# [0-9]+ kills|killed [0-9]+ times|# SKIP' "$T/report" | head -n 40 >"$T/figures"
    [ "$code" = 0 ] && ! grep -q '^not ok' "$T/report" && grep -qE '^1\.\.[1-9]' "$T/report" && return
    echo "status $code, with its files in $1"
    grep -v '^ok' "$T/report" | tail -n 60
    return 1
}

# on TYPE NAME PROGRAM [SHELL]
on() {
    ok "$1: $2" passes "$T/$1" "${@:3}"
    diag "$(sed 's/^# //' "$T/figures")"
}

for type in "${wanted[@]}"; do
    if mount_type "$type"; then
        is "$(type_at "$T/$type")" "$type" "$type is mounted"
        on "$type" "senders, watchers and compactors are killed ($kills times)" "$SOCIETY_SRC/tests/stress/test_kill.sh" bash
        on "$type" "claimers are killed ($rounds rounds)" "$SOCIETY_BUILD/tests/stress/test_claims"
        [ -z "${SOCIETY_LONG:-}" ] || on "$type" "a crowd is killed" "$SOCIETY_SRC/tests/stress/test_tasks.sh" bash
    else
        skip "$type" "it is not to be mounted here: $(paste -sd' ' "$T/why" | cut -c1-200)"
    fi
    unmount_all
    rm -f "$T"/*.img
done
done_testing
