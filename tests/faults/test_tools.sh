# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The tools with every system call that they make on files failing, by its number, as strace(1) injects it: what test_operations
# does through the library's table, done to whole programs, with what they and libgit2 call themselves. After each: a status of
# its own and words, nothing of what was acknowledged is lost, society-doctor finds nothing but torn lines once it has repaired, and
# the same command does it when nothing fails.
#
# In make check every STRIDE-th fault of a third of the calls is injected, other calls for each command; in the long run, as far as
# its time reaches, every fault. COMMAND names the only one to be tried (its first words).

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
command -v strace >/dev/null || skip_all "there is no strace"
strace -o /dev/null -e inject=lseek:error=EIO:when=9999 true 2>/dev/null || skip_all "strace(1) may not trace here"
# It cannot look for leaks under a tracer.
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 SOCIETY_AGENT=w1
cd "$T" || exit 1

# The errors of each call, in turn. What only asks for memory or time is no fault of a file; the loader's own calls come before
# the first of these that concerns the society, and a program that does not start says so by itself.
errors=(EIO ENOSPC EDQUOT EINTR EMFILE ENOLCK EAGAIN ESTALE)
calls=(openat openat2 read pread64 write lseek newfstatat statx fstatfs fcntl fdatasync fsync ftruncate renameat2 linkat unlinkat
    mkdirat getdents64 utimensat inotify_init1 inotify_add_watch poll getrandom)
stride=${STRIDE:-$([ -n "${SOCIETY_LONG:-}" ] && echo 1 || echo 150)}
every=$([ -n "${SOCIETY_LONG:-}" ] && echo 1 || echo 3)

# society, and beside it the repository that it is of
git init -q -b main repo && cd repo || exit 1
git config user.name w && git config user.email w@example.org
echo text >file && git add file && git commit -qm first
society-init >/dev/null
society-send -a lead w1 kept >/dev/null
society-task -a lead add Kept --id t1 >/dev/null
society-task -a lead add Mine --id t2 >/dev/null
society-task claim t2 >/dev/null
society-own -a lead acquire theirs >/dev/null
cd "$T" || exit 1
cp -a repo sound

# A command, and behind the bar what must be true once it was done.
commands=(
    "society-send w2 --subject new text | society-watch -j --everyone --all-history --timeout 0 | grep -q '\"subject\":\"new\"'"
    "society-task add New --id t9 | society-task show t9"
    "society-task claim t1 | society-task show t1 -j | grep -q '\"holder\":\"w1\"'"
    "society-task complete t2 | society-task show t2 -j | grep -q '\"state\":\"done\"'"
    "society-own acquire mine | society-own list -j | grep -q '\"mine\"'"
    "society-watch --timeout 0 --count 1 | true"
    "society-inbox | true"
    "society-status | true"
    "society-compact --force | society-watch -j --everyone --all-history --timeout 0 | grep -q kept"
    "society-worktree add agent-01 | society-worktree list -j | grep -q '\"slot\":\"agent-01\"'"
    "society-worktree conflicts | true"
)

bad=0 lost=0 again=0 injected=0
complain() {
    diag "$*"
}
restore() {
    chmod -R u+rwX repo agents* repo-* 2>/dev/null
    rm -rf repo repo-*
    cp -a sound repo
}
# is_kept: what was acknowledged before.
is_kept() {
    society-watch -j --everyone --all-history --timeout 0 2>&1 | grep -q '"content":"kept"' && society-task show t1 >/dev/null 2>&1 &&
        society-own list -j 2>&1 | grep -q '"theirs"'
}
is_sound() {
    society-doctor --repair >/dev/null 2>&1
    society-doctor -j 2>/dev/null | jq -e '[.problems[].what | select(startswith("malformed: ") or contains("temporary file") | not)] == []' >/dev/null
}

# inject CALL NUMBER ERROR COMMAND SEEN: 1: the command makes fewer of these calls.
inject() {
    local what="$4: $1 number $2 fails with $3" code=0
    restore
    cd "$T/repo" || exit 1
    # shellcheck disable=SC2086 # a command with its arguments
    timeout 60 strace -f -qq -o "$T/trace" -e trace="$1" -e inject="$1:error=$3:when=$2" $4 >"$T/out" 2>"$T/err" </dev/null || code=$?
    if ! grep -q INJECTED "$T/trace"; then
        cd "$T" || exit 1
        return 1
    fi
    injected=$((injected + 1))
    # The loader of a program has a status of its own, 127.
    if { [ "$code" -gt 3 ] && [ "$code" != 127 ]; } || { [ "$code" != 0 ] && [ ! -s "$T/err" ] && [ ! -s "$T/out" ]; }; then
        bad=$((bad + 1))
        complain "$what: status $code, $(head -c 300 "$T/err")"
    fi
    if [ "$code" = 0 ] && ! bash -c "$5" >/dev/null 2>&1; then
        lost=$((lost + 1))
        complain "$what: said to be done, and is not"
    fi
    if ! is_kept || ! is_sound; then
        lost=$((lost + 1))
        complain "$what: something is lost or damaged: $(society-doctor -j | jq -c .problems | head -c 400)"
    fi
    # shellcheck disable=SC2086 # a command with its arguments
    if [ "$code" != 0 ] && ! bash -c "$5" >/dev/null 2>&1 && ! $4 >"$T/out" 2>"$T/err"; then
        bash -c "$5" >/dev/null 2>&1 || { again=$((again + 1)) && complain "$what: and once more: $(head -c 300 "$T/err")"; }
    fi
    cd "$T" || exit 1
}

# try COMMAND SEEN: all its faults, or each stride-th.
try() {
    local call number turn=$3 index=$3
    for call in "${calls[@]}"; do
        ((index++ % every == 0)) || continue
        for ((number = 1 + turn % stride; ; number += stride)); do
            ! is_late || return
            inject "$call" "$number" "${errors[turn++ % ${#errors[@]}]}" "$1" "$2" || break
        done
        # What is seldom made is tried once in any case.
        { [ "$number" -gt 1 ] && [ "$number" -le "$stride" ]; } || continue
        inject "$call" 1 "${errors[turn++ % ${#errors[@]}]}" "$1" "$2"
    done
}

tried=0
for entry in "${commands[@]}"; do
    command=${entry%% | *}
    [[ $command == "${COMMAND:-}"* ]] || continue
    ! is_late || { skip "$command and what is behind it" "the time of this test was over (HOURS)" && break; }
    try "$command" "${entry#* | }" "$tried"
    tried=$((tried + 1))
done
ok "faults were injected ($injected, into $tried commands)" test "$injected" -gt $((tried * 3))
is "$bad" 0 "each ends with a status of its own, and with words"
is "$lost" 0 "what is said to be done is done, and nothing else is lost"
is "$again" 0 "the next time it works"
done_testing
