# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# society-own: reserving, waiting, checking, handing over, and what death does.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh"
unset SOCIETY_DIR SOCIETY_AGENT SOCIETY_AGENT_ID AMEIDE_AGENT_ID
mkdir -p "$T/p/src/x" "$T/p/up/x" "$T/p/we[i]rd" "$T/else" && cd "$T/p" || exit 1
society-init >/dev/null
export SOCIETY_AGENT=w1

owned() {
    society-own list -j | jq -rs 'map(.holder + ":" + (.paths | join(",")) + (if .waiting then "?" else "" end)) | join(" ")'
}
owned_is() {
    [ "$(owned)" = "$1" ]
}

run society-own acquire 'src/*.c' docs/ --reason tidy --task t1 --lease 5m
is "$status" 0 "acquire"
is "$(cat "$T/out")" "0 src/*.c, docs/**" "prints the token and the patterns"
is "$(society-own list -j | jq -c '[.paths,.mode,.holder,.token,.leaseMs,.reason,.task,.since != null]')" \
    '[["src/*.c","docs/**"],"exclusive","w1",0,300000,"tidy","t1",true]' "list --json has every field"
is "$(society-own list | cut -f 1-3,5-)" "w1	held	exclusive	t1	src/*.c, docs/**	tidy" "list, by tabs"
is "$(society-agent show w1 -j | jq -c .owns)" '["src/*.c","docs/**"]' "the agent's object has them"
is "$(society-own acquire --shared -j notes | jq -r .mode)" shared "acquire --shared --json prints the reservation"

run society-own -a w2 acquire src/a.c
is "$status" 1 "what is another's is refused"
like "$(cat "$T/err")" '^society-own: src/\*\.c, docs/\*\* is held by w1 \(exclusive, since 20' "and whose it is, since when"
status_is 0 "what is nobody's" society-own -a w2 acquire src/a.h
status_is 0 "shared beside shared" society-own -a w2 acquire --shared notes
status_is 1 "exclusive beside shared is refused" society-own -a w3 acquire notes
status_is 1 "--wait gives up" society-own -a w2 acquire src/a.c --wait 50ms
is "$(owned)" "w1:src/*.c,docs/** w1:notes w2:src/a.h w2:notes" "and leaves no place in the queue"

status_is 0 "check of one's own" society-own check src/a.c docs/x
run society-own -a w2 check src/a.c src/a.h other
is "$status" 1 "check of another's"
like "$(cat "$T/out")" '^src/a\.c is held by w1 since 20.* \(src/\*\.c, docs/\*\*\): tidy$' "names the path and its owner alone"
is "$(society-own -a w2 check -j src/a.c | jq -c '[.path,.owner.holder]')" '["src/a.c","w1"]' "also as JSON"

# Where a name starts from.
is "$(cd src/x && society-own acquire y '../*.h2' -j | jq -c .paths)" '["src/x/y","src/*.h2"]' "from the working directory"
is "$(cd up/x && society-own acquire . .. ./deep/. -j | jq -c .paths)" '["up/x/**","up/**","up/x/deep/**"]' "a directory by its dots is all that is in it"
society-own release 'up/**' >/dev/null
is "$(cd 'we[i]rd' && society-own acquire 'z*' -j | jq -c .paths)" '["we\\[i]rd/z*"]' "whose name may be special"
is "$(cd "$T/else" && society-own -C "$T/p" acquire q -j | jq -c .paths)" '["q"]' "from the root, outside of the project"
is "$(society-own acquire "$PWD/abs" -j | jq -c .paths)" '["abs"]' "absolute"
status_is 2 "outside of the project" society-own acquire /etc/passwd
status_is 2 "above the project" society-own acquire ../x
status_is 2 "a bad pattern" society-own acquire 'a['
if command -v git >/dev/null; then
    git init -q . && git -c user.name=t -c user.email=t@t commit -q --allow-empty -m one &&
        git worktree add -q "$T/wt" >/dev/null 2>&1
    mkdir -p "$T/wt/src"
    status_is 1 "the same file in another worktree is the same path" sh -c "cd '$T/wt/src' && society-own -a w2 check a.c"
    is "$(cd "$T/wt" && society-own -a w2 acquire src/in-wt -j | jq -c .paths)" '["src/in-wt"]' "and is reserved as that"
else
    skip "worktrees" "there is no git"
fi

status_is 0 "release of some" society-own release 'src/*.c'
status_is 1 "release of what is not held" society-own release 'src/*.c'
status_is 0 "renew" society-own renew --lease 1h
is "$(society-own list -j | jq -s 'map(select(.holder == "w1").leaseMs) | unique | .[]')" 3600000 "sets the lease"
status_is 0 "handover" society-own handover abs --to w2
status_is 1 "it is the other's now" society-own check abs
status_is 1 "handover of what is not held" society-own handover abs --to w2
status_is 2 "handover to nobody" society-own handover q
society-own release && society-own -a w2 release
is "$(owned)" "" "release of all"
is "$(find .society-agent/locks -name 'file-write-*')" "" "no lock file stays"

# Waiting.
society-own acquire a >/dev/null
spawn society-own -a w2 acquire a --wait 20 >"$T/second"
second=$pid
ok "who waits stands in the list" wait_for 10 owned_is "w1:a w2:a?"
society-own release
ok "and has it when it is released" wait "$second"
is "$(owned)" "w2:a" "as the list says"
society-own -a w2 release
spawn society-agent -a dead hold -- sh -c 'society-own acquire a >/dev/null && echo $$ && exec sleep 600' >"$T/up"
holder=$pid
wait_for 10 test -s "$T/up"
spawn society-own -a w2 acquire a --wait 20 >"$T/second"
second=$pid
ok "behind a holder under presence" wait_for 10 owned_is "dead:a w2:a?"
kill -KILL "$holder"
ok "its death is enough" wait "$second"
is "$(owned)" "w2:a" "and the dead have nothing"
kill "$(cat "$T/up")"
society-own acquire b >/dev/null
spawn society-own -a w2 acquire b --wait 20 >"$T/second"
second=$pid
ok "one waits for the other" wait_for 10 owned_is "w2:a w1:b w2:b?"
run society-own acquire a --wait 20
is "$status" 1 "a wait that would close a cycle is refused"
like "$(cat "$T/err")" 'w1 → w2 → w1' "and the cycle is named"
society-own release
wait "$second"
spawn society-own -a w3 acquire a --wait 20 2>"$T/err"
ok "a third waits for the second" wait_for 10 owned_is "w2:a w2:b w3:a?"
kill -TERM "$pid"
ended=0
wait "$pid" || ended=$?
is "$ended" 143 "who is told to end meanwhile ends by that signal"
is "$(owned)" "w2:a w2:b" "and leaves the queue"

# Hostile text, usage.
printf '{"type":"own_acquire","from":"evil","paths":["z"],"reason":"x\\u001b[31m\\ny"}\n' >>.society-agent/ownership.jsonl
unlike "$(society-own list; society-own check z)" $'\033' "hostile text is escaped"
like "$(society-own check z)" 'x\\x1b\[31m\\x0ay$' "visibly, on one line"
for bad in "" dance acquire check handover "list extra" "acquire a --wait soon" "acquire a --lease 0" "acquire a --task ../x" \
    "handover a --to all" "release a --shared" "renew a --wait 1s" "check a --lease 1m" "list --changed" "handover a --to w2 --task t1"; do
    # shellcheck disable=SC2086 # words
    status_is 2 "usage: $bad" society-own $bad
done
status_is 2 "no agent" env -u SOCIETY_AGENT society-own acquire a
status_is 0 "list needs none" env -u SOCIETY_AGENT society-own list
status_is 3 "no society" sh -c "cd '$T/else' && society-own list"
ok "compaction" society-compact --force ownership
is "$(owned)" "w2:a w2:b evil:z" "changes nothing"
done_testing
