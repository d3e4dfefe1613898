#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Shows that the tests catch seeded mistakes. Each tests/mutants/NAME.patch makes one mistake, and says which, and what catches it:
#
#     Mistake: a torn tail is not closed
#     Caught by: tests/unit/test_log tests/faults/test_log
#
# The sources and what is built of them are copied to a temporary directory. The tests that are named pass there as it is; then each
# patch is applied, what it changes is built, and every test that it names must fail: with a result, for time runs out on a busy
# machine, too. A patch that does not apply or build, and a mutant that survives, is a failure.
#
#   run.sh [NAME…]      all, or those named, here or in MUTANTS

cd "$SOCIETY_SRC" || exit 1
. tests/harness/tap.sh

build=${SOCIETY_BUILD#"$PWD/"}
copy=$T/copy
limit=120
# The same flags, or all of it would be built anew.
werror=$(grep -o -m 1 -- '-Werror' "$build/flags" | sed 's/.*/WERROR=1/')

# field KEY PATCH: the line of the patch that begins so.
field() {
    sed -n "s/^$1: //p" "$2"
}

prepare() {
    mkdir -p "$copy/$build" || return 1
    cp -a Makefile include libsociety tools examples tests pkgconfig "$copy/" && cp -a "$build/." "$copy/$build/"
}

# make_tests TEST…: builds what the tests need; a shell test needs the tools.
make_tests() {
    local test goals=()
    for test in "$@"; do
        case $test in
        tests/tools/*.sh) goals+=(tools) ;;
        *.sh) goals+=(tools tests-stress) ;;
        *) goals+=("$build/$test") ;;
        esac
    done
    make -C "$copy" --no-print-directory -s ${werror:+"$werror"} "${goals[@]}" >"$T/make.log" 2>&1
}

# run_test TEST: 0 it passes; its output in $T/test.log.
run_test() {
    local program=$copy/$build/$1
    [[ $1 != *.sh ]] || program=$copy/$1
    (cd "$copy" && PATH="$copy/$build/bin:$PATH" SOCIETY_SRC=$copy SOCIETY_BUILD=$copy/$build ROUNDS=${ROUNDS:-12} \
        tests/run -t "$limit" -n mutant "$program") >"$T/test.log" 2>&1
}

# is_caught: by a result of the last run that says so, and not by the clock.
is_caught() {
    ! grep -q '^     | ran out of its' "$T/test.log" || grep -q '^     | not ok' "$T/test.log"
}

# what_failed: the tests that the last run says failed, on one line.
what_failed() {
    sed -n 's/.*not ok [0-9]* - //p; s/^     | \(ran out of .*\|died of .*\)/\1/p' "$T/test.log" | head -n 3 | paste -sd, | cut -c1-110
}

# fails TEST
fails() {
    ! run_test "$1" && is_caught
}

declare -A passes
# passes_unpatched TEST…
passes_unpatched() {
    local test
    for test in "$@"; do
        [ -z "${passes[$test]-}" ] || continue
        passes[$test]=yes
        ok "without a mistake, $test passes" run_test "$test" || diag "$(tail -n 40 "$T/test.log")"
    done
}

# unpatch PATCH: the files that it changes, as they were; touched, so that they are built again.
unpatch() {
    local file
    for file in $(sed -n 's|^+++ b/||p' "$1"); do
        cp "$file" "$copy/$file"
    done
}

# check_mutant PATCH TEST…
check_mutant() {
    local patch=$1 name=${1##*/} test
    shift
    name=${name%.patch}
    if ! GIT_CEILING_DIRECTORIES=$T git -C "$copy" apply "$PWD/$patch" 2>"$T/apply.log"; then
        empty "$(cat "$T/apply.log")" "$name applies (the code has changed: the patch needs refreshing)"
        return
    fi
    if make_tests "$@"; then
        for test in "$@"; do
            ok "$name is caught by $test" fails "$test" && diag "$(field Mistake "$patch"): $(what_failed)"
        done
    else
        is "$(tail -n 20 "$T/make.log")" "" "$name builds"
    fi
    unpatch "$patch"
}

patches=()
for name in "$@" ${MUTANTS-}; do
    patches+=("tests/mutants/$name.patch")
done
[ "${#patches[@]}" -gt 0 ] || patches=(tests/mutants/*.patch)
ok "the sources are copied" prepare || done_testing
for patch in "${patches[@]}"; do
    read -ra tests < <(field 'Caught by' "$patch")
    isnt "${#tests[@]}" 0 "$patch names a test" || continue
    ok "its tests are built" make_tests "${tests[@]}" || diag "$(tail -n 20 "$T/make.log")"
    passes_unpatched "${tests[@]}"
    check_mutant "$patch" "${tests[@]}"
done
diag "${#patches[@]} mutants"
done_testing
