#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The architecture, checked: includes go strictly downward, foreign interfaces stay in the one file that is their place, and the
# tools come through the door.

cd "$SOCIETY_SRC" || exit 1
. tests/harness/tap.sh

# Every module (libsociety/NAME.c and NAME.h) has a level. A new file is entered here, where the reader of the architecture
# looks for it.
declare -A level
enter() {
    local at=$1 module
    shift
    for module in "$@"; do level[$module]=$at; done
}
# The tens are the architecture's levels; the ones order the files of a level that build on each other.
enter 00 public sys error strbuf path ids cleanup crc32c utf8 glob glob_normalise glob_scan
enter 10 fs fs_dir fs_files fs_type git lock json json_lenient json_text json_drop json_plain list clock random sha256 peek sieve
enter 10 memtree memfs memfs_node memfs_names simclock seeded
enter 20 scan record seen sift reader segment log rotate watch bell group_sync
enter 30 state cursor config identity discover
enter 35 handle
enter 40 registry presence receipts
enter 42 address feed join lockfile await tail_watch
enter 43 find wait draft
enter 44 tail compose
enter 45 task_state task_bid task_late task_rules task_fields task_index task_work task_keep task_dump task_effects task_fold
enter 45 lease claim claim_glimpse
enter 45 own_state own_item own_rules own_cycle own_fold own_path own_decide own_files own_wait own_take own_pull
enter 50 ownership mutex
enter 50 agent message inbox unread attachment task task_view task_archive task_create task_wish task_claim task_several claim_wait task_wait task_paths task_change
enter 60 renew society open doctor doctor_dir doctor_locks compact status init testing
# The second library, on top of the first: libsociety/git/NAME. It uses of the first what is below the logs.
enter 70 git/repository git/filter git/slots git/changes git/snapshot git/contenders git/hunks git/moves git/unmerged git/conflict git/deltas git/quick git/merge
enter 75 git/slots_list git/touched git/conflicts git/order git/save git/watch
# Files of these levels are parts of one room and may use each other.
rooms=' 00 10 20 45 50 60 70 '

modules() {
    local file
    for file in libsociety/*.[ch] libsociety/git/*.[ch]; do
        file=${file#libsociety/}
        echo "${file%.*}"
    done | sort -u
}

unknown_modules() {
    local module
    for module in $(modules); do
        [ -n "${level[$module]-}" ] || echo "$module has no level in tests/check/test_layers.sh"
    done
}
empty "$(unknown_modules)" "every module has a level"

upward_includes() {
    local file from line to
    for file in libsociety/*.[ch] libsociety/git/*.[ch]; do
        from=${file#libsociety/} from=${from%.*}
        while IFS=: read -r line to; do
            to=${to#*\"} to=${to%%\"*} to=${to%.h}
            # A file of libsociety/git/ names its neighbours plainly, and the compiler finds them first.
            [[ $file != libsociety/git/* || ! -e libsociety/git/$to.h ]] || to=git/$to
            [ "$to" = "$from" ] && continue
            if [ ! -e "libsociety/$to.h" ]; then
                echo "$file:$line: there is no libsociety/$to.h"
            elif [ -z "${level[$to]-}" ] || [ -z "${level[$from]-}" ]; then
                continue
            elif [ "$((10#${level[$to]}))" -gt "$((10#${level[$from]}))" ] ||
                { [ "${level[$to]}" = "${level[$from]}" ] && [[ $rooms != *" ${level[$to]} "* ]]; }; then
                echo "$file:$line: $from (${level[$from]}) includes $to (${level[$to]})"
            fi
        done < <(grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$file")
    done
}
empty "$(upward_includes)" "includes of the library go downward"

# code: its input with comments and the contents of strings blanked, line for line.
code() {
    awk '
        BEGIN { comment = 0 }
        {
            out = ""; n = length($0); string = ""
            for (i = 1; i <= n; i++) {
                c = substr($0, i, 1); two = substr($0, i, 2)
                if (comment) { if (two == "*/") { comment = 0; i++ } }
                else if (string != "") { if (c == "\\") i++; else if (c == string) { string = ""; out = out c } }
                else if (two == "/*") { comment = 1; i++ }
                else if (two == "//") break
                else if ((c == "\"" || c == "\047") && $0 !~ /^[ \t]*#[ \t]*include/) { string = c; out = out c }
                else out = out c
            }
            print out
        }'
}
for file in libsociety/*.[ch] libsociety/git/*.[ch] tools/*.[ch] tools/*/*.[ch]; do
    [ ! -e "$file" ] || { mkdir -p "$T/code/${file%/*}" && code <"$file" >"$T/code/$file"; }
done

# only_in FILES PATTERN: where the extended regular expression stands outside its place, comments and strings aside.
only_in() {
    (cd "$T/code" && grep -rnE "$2" . | sed 's|^\./||' | grep -vE "^($1):" | sort)
}

# (The tools read and write JSON of their own, also in one file.)
empty "$(only_in '(libsociety|tools/common)/json\.c' '#[[:space:]]*include.*jansson')" "jansson.h is included by json.c alone"
empty "$(only_in 'libsociety/git/.*' '#[[:space:]]*include.*<git2')" "libgit2 is used by libsociety-git alone"
empty "$(only_in 'libsociety/(watch|git/watch|memfs_names)\.c' '#[[:space:]]*include.*sys/inotify')" \
    "sys/inotify.h is included by watch.c of either library alone, and by memfs_names.c, which stands in for the directories that it watches"
empty "$(only_in 'tools/guard/directories\.c' '#[[:space:]]*include.*<inotifytools')" "libinotifytools is used by society-guard watch alone, in one file"
empty "$(only_in 'libsociety/sha256\.c' '#[[:space:]]*include.*<(sha2|md5|sha)\.h>')" "sha2.h is included by sha256.c alone"
empty "$(only_in 'libsociety/lock\.c' '\bF_(OFD_)?(SETLKW?|GETLK)\b|\b(flock|lockf)[[:space:]]*\(')" "file locks are taken in lock.c alone"
empty "$(only_in 'tools/.*' '\bv?f?printf[[:space:]]*\(|\bputs[[:space:]]*\(|\bperror[[:space:]]*\(')" "the library prints nothing"
empty "$(only_in 'tools/.*' '\b(_?exit|_Exit|abort|f?chdir|signal|sigaction|pthread_create|assert)[[:space:]]*\(')" \
    "the library never exits, changes directory, handles signals or starts threads"
empty "$(only_in 'tools/.*' '\b(strerror|strtok|localtime|gmtime|rand|srand|setenv|putenv)[[:space:]]*\(')" \
    "the library uses no function with hidden state"
empty "$(only_in nowhere '\b(strcpy|strcat|sprintf|vsprintf|gets|alloca|mktemp|tmpnam)[[:space:]]*\(')" "no function without bounds"
empty "$(grep -n 'soc_\|SOC_' -r include | grep -v 'INCLUDED')" "nothing internal in the public headers"

tool_includes() {
    local file own line to
    for file in tools/*.[ch] tools/*/*.[ch] examples/*.[ch]; do
        [ -e "$file" ] || continue
        own=${file#tools/society-} own=${own%.c} # the folder of a larger tool's parts
        [[ $file != tools/*/* ]] || own=${file#tools/} own=${own%%/*}
        while IFS=: read -r line to; do
            to=${to#*\"} to=${to%%\"*}
            [[ -e tools/$to && ($to = common/* || $to = "$own"/*) ]] || [[ $file = tools/*/* && -e ${file%/*}/$to ]] ||
                echo "$file:$line: \"$to\""
        done < <(grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$file")
        grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*<(sha2|md5|sys/inotify|libsociety)' "$file" | sed "s|^|$file:|"
    done
}
empty "$(tool_includes)" "tools include nothing but <society/…>, the system's headers, common/ and their own parts"

prefixes() {
    local file
    for file in libsociety/*.h libsociety/git/*.h; do
        grep -nE '^[a-z].*\b[a-z0-9_]+\(.*\);' "$T/code/$file" | grep -vE '\bsoc_[a-z0-9_]+[[:space:]]*\(' | sed "s|^|$file:|"
    done
}
empty "$(prefixes)" "functions shared inside the library begin with soc_"

done_testing
