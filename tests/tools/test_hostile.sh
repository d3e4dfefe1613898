#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Hostile directories and records, for every tool: links, FIFOs, sockets, devices and directories under every name that the library
# opens; a file outside that would be written through them; terminal escapes in records; ids with `..`; and sizes beyond all
# reason. Each is refused or passed over with words, in bounded time and memory, and nothing outside is touched.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh" || exit 1
unset SOCIETY_DIR SOCIETY_AGENT_ID AMEIDE_AGENT_ID
export SOCIETY_AGENT=w1
cd "$T" || exit 1

society=.society-agent
hash=$(printf outside | sha256sum | cut -d' ' -f1)
names="project.json registry.jsonl messages.jsonl deliveries.jsonl tasks.jsonl ownership.jsonl cursors cursors/w1.json
    cursors/.leases-w1.json locks locks/agent-w1.lock locks/task-claim-t1.lock locks/file-write-a.lock locks/mutex-gate.lock
    archive archive/messages-0.jsonl archive/tasks-0.jsonl attachments attachments/$hash"

# Every tool, in the ways that read and write.
commands() {
    cat <<'END'
society-send w2 hello
society-watch --all-history --everyone --timeout 0
society-watch --timeout 0
society-watch --log presence --timeout 0
society-inbox
society-inbox read m1
society-inbox ack m1
society-agent list
society-agent register --role tester
society-agent status busy
society-agent hold -- true
society-agent leave
society-task add T --id t9
society-task list
society-task claim t1
society-task note t1 text
society-task complete t1
society-task export
society-own acquire a
society-own check a
society-own list
society-own release
society-lock gate --wait 0 -- true
society-status
society-compact --force
society-doctor
society-doctor --repair
society-send w2 --attach FILE text
society-init .
END
}

# A society with something in every file.
furnish() {
    rm -rf "$society"
    society-init >/dev/null
    society-send w1 --attach outside text >/dev/null
    society-send -a w2 w1 '{}' >/dev/null
    society-task add T --id t1 >/dev/null
    society-task claim t1 >/dev/null 2>&1
    society-own acquire a >/dev/null 2>&1
    society-lock gate -- true
    society-watch --timeout 0 >/dev/null
    society-compact --force messages >/dev/null
    society-compact --force tasks >/dev/null
}

# plant KIND NAME: puts it in the place of what is there.
plant() {
    local path=$society/$2
    rm -rf "$path"
    case $1 in
    link) ln -s "$T/outside" "$path" ;;
    dangling) ln -s "$T/nowhere" "$path" ;;
    hardlink) ln "$T/outside" "$path" ;;
    fifo) mkfifo "$path" ;;
    socket) society-plant-socket "$path" ;;
    device) mknod "$path" c 1 5 ;;
    disk) mknod "$path" b 7 250 ;;
    directory) mkdir "$path" ;;
    linkdir) ln -s "$T/outdir" "$path" ;;
    esac 2>/dev/null
}
# A socket that nobody listens on is left behind by whoever bound it.
society-plant-socket() {
    perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1) or exit 1' "$1"
}

# limit [KIB]: 512 MiB: of address space, or, where the address sanitizer takes that for itself, of memory.
limit() {
    local most=${1:-524288}
    if grep -q __asan_init "$SOCIETY_BUILD/bin/society-send"; then
        # It has shadows and free blocks of its own.
        export ASAN_OPTIONS="${ASAN_OPTIONS:-}:hard_rss_limit_mb=$((most / 1024 < 512 ? 512 : most / 1024))"
    else
        ulimit -v "$most"
    fi
}

printf outside >outside
mkdir outdir
furnish
cp -a "$society" sound
commands >commands
# The reader of a FIFO waits for ever, and so does a program that follows a link to it; 10 s are far beyond any need.
bad=0 tried=0 words=0 late=0
check_planted() { # KIND NAME
    local command status
    while read -r command; do
        rm -rf "$society"
        cp -a sound "$society"
        plant "$1" "$2" || break
        planted=$((planted + 1))
        tried=$((tried + 1))
        status=0
        # shellcheck disable=SC2086 # a command with its arguments
        (limit; exec timeout 10 ${command//FILE/commands}) >out 2>err </dev/null || status=$?
        [ "$status" != 124 ] || { late=$((late + 1)); diag "$1 $2: $command: too long"; }
        [ "$status" -le 3 ] || { bad=$((bad + 1)); diag "$1 $2: $command: status $status: $(head -c 300 err)"; }
        [ "$status" = 0 ] || [ -s err ] || [ -s out ] || { words=$((words + 1)); diag "$1 $2: $command: status $status without words"; }
    done <commands
}
# can_plant KIND: whether this machine and user can.
can_plant() {
    plant "$1" probe && { [ -e "$society/probe" ] || [ -L "$society/probe" ]; }
}
kinds=
for kind in link dangling hardlink fifo directory linkdir device disk socket; do
    if can_plant $kind; then
        kinds="$kinds $kind"
    else
        skip "$kind in the place of files" "none can be made here"
    fi
    rm -rf "${society:?}/probe"
done
planted=0
if [ -z "${SOCIETY_LONG:-}" ]; then
    # Each name with each kind, and some of the tools, others for each.
    stride=14
else
    stride=1
fi
turn=0
for kind in $kinds; do
    for name in $names; do
        commands | awk -v n=$stride -v k=$turn 'NR % n == k % n' >commands
        turn=$((turn + 1))
        before=$planted
        check_planted "$kind" "$name"
        [ "$planted" -gt "$before" ] || echo "$kind $name" >>untried
    done
done
ok "something was tried ($tried)" test "$tried" -gt 200
empty "$(cat untried 2>/dev/null)" "each kind was tried in each place"
is "$late" 0 "no tool waits for what was planted"
is "$bad" 0 "each ends with a status of its own"
is "$words" 0 "no refusal is without words"
is "$(cat outside)" outside "the file outside is as it was"
is "$(ls -A outdir)" "" "nothing was made outside"
ok "nothing was made through a link to nothing" test ! -e nowhere

# ---- Names that lead out

rm -rf "$society" && cp -a sound "$society"
rm -f out err
before=$(find . ! -path './.society-agent*' | sort | cksum)
for id in .. ../x ../../etc/passwd /etc/passwd a/../b .hidden '' "$(printf 'a\nb')" "$(printf 'x%.0s' $(seq 100))" all; do
    for command in "send w2 x" "agent register" "inbox" "watch --timeout 0" "task list --mine" "own release" "agent hold -- true"; do
        # shellcheck disable=SC2086 # a command with its arguments
        SOCIETY_AGENT=$id timeout 10 society-$command >out 2>err
        code=$?
        [ -z "$id" ] || { [ "$code" -ge 2 ] && [ "$code" -le 3 ] && [ -s err ]; } || echo "SOCIETY_AGENT='$id' society-$command: status $code" >>wrong
    done
    for command in "task claim" "task show" "agent show" "inbox read" "agent register -a" "send --reply-to"; do
        # shellcheck disable=SC2086 # a command with its arguments
        timeout 10 society-$command "$id" >out 2>err
        code=$?
        [ "$code" != 0 ] && [ "$code" -le 3 ] && [ -s err ] || echo "society-$command '$id': status $code" >>wrong
    done
    [ "$id" != all ] || continue # a task or a mutex may be called so
    timeout 10 society-lock "$id" --wait 0 -- touch ran >out 2>err && echo "society-lock '$id'" >>wrong
    timeout 10 society-task add T --id "$id" >out 2>err && [ -n "$id" ] && echo "society-task add '$id'" >>wrong
done
empty "$(cat wrong 2>/dev/null)" "no id leads out of the directory"
{
    echo '{"type":"agent_register","agentId":"../../up","role":"r"}' >>"$society/registry.jsonl"
    echo '{"type":"task_create","from":"x","task":{"id":"../up","title":"T"}}' >>"$society/tasks.jsonl"
    echo '{"type":"task_claim","from":"../w","task":"t1","token":1,"session":"../s"}' >>"$society/tasks.jsonl"
    echo '{"type":"own_acquire","from":"../w","paths":["../../../x","/etc/passwd"]}' >>"$society/ownership.jsonl"
    echo '{"messageId":"../m","deliveredTo":"../../w","deliveredAt":"x"}' >>"$society/deliveries.jsonl"
    echo '{"type":"message","from":"../x","to":"w1","id":"../../m","content":"c","attachments":[{"hash":"../../../etc/passwd","path":"../outside"}]}' \
        >>"$society/messages.jsonl"
    echo '{"agent":"../w","log":"messages","position":1,"last":"../m","check":"00000000"}' >"$society/cursors/w1.json"
}
commands >commands
while read -r command; do
    # shellcheck disable=SC2086 # a command with its arguments
    timeout 10 ${command//FILE/commands} >out 2>err </dev/null
    code=$?
    [ "$code" -le 3 ] || echo "$command: status $code: $(head -c 200 err)" >>ended
done <commands
empty "$(cat ended 2>/dev/null)" "every tool ends well over records with such ids"
rm -f out err ended wrong
is "$(find . ! -path './.society-agent*' | sort | cksum)" "$before" "and nothing was made elsewhere"

# ---- Records for the terminal

rm -rf "$society" && cp -a sound "$society"
evil='\u001b[2J\u001b]0;title\u0007\u009b31m\u202egnp.\u200b\u2066\u007f\r\nfake'
echo "{\"type\":\"message\",\"from\":\"w$evil\",\"to\":\"w1\",\"id\":\"e$evil\",\"subject\":\"$evil\",\"content\":\"$evil\"}" >>"$society/messages.jsonl"
echo "{\"type\":\"message\",\"from\":\"w2\",\"to\":\"w1\",\"id\":\"e1\",\"thread\":\"$evil\",\"content\":{\"$evil\":[\"$evil\"]}}" >>"$society/messages.jsonl"
echo "{\"type\":\"agent_register\",\"agentId\":\"w7\",\"role\":\"$evil\",\"capabilities\":[\"$evil\"],\"workspace\":\"$evil\"}" >>"$society/registry.jsonl"
echo "{\"type\":\"agent_status\",\"agentId\":\"w7\",\"status\":\"$evil\",\"note\":\"$evil\"}" >>"$society/registry.jsonl"
echo "{\"type\":\"task_create\",\"from\":\"w2\",\"task\":{\"id\":\"t7\",\"title\":\"$evil\",\"description\":\"$evil\",\"labels\":[\"$evil\"]}}" >>"$society/tasks.jsonl"
echo "{\"type\":\"task_note\",\"from\":\"w2\",\"task\":\"t7\",\"text\":\"$evil\"}" >>"$society/tasks.jsonl"
echo "{\"type\":\"own_acquire\",\"from\":\"w2\",\"paths\":[\"x\"],\"reason\":\"$evil\",\"task\":\"$evil\"}" >>"$society/ownership.jsonl"
printf '{"\033[31m":\n' >>"$society/tasks.jsonl"
for command in "society-watch --all-history --everyone --timeout 0" "society-inbox" "society-inbox read e1" "society-agent list" \
    "society-agent show w7" "society-task list" "society-task show t7" "society-task graph" "society-task graph --dot" "society-own list" \
    "society-own check x" "society-own acquire x" "society-status" "society-doctor" "society-task export" "society-watch --log tasks --all-history --timeout 0"; do
    for json in '' -j; do
        # shellcheck disable=SC2086 # a command with its arguments
        timeout 10 script -qec "${command/ / $json }" /dev/null </dev/null 2>/dev/null | tr -d '\r' >out
        if LC_ALL=C grep -qaP '\x1b\[2J|\x1b\]|\x07|\xc2\x9b|\xe2\x80\xae|\xe2\x81\xa6|\xe2\x80\x8b|\x7f' out; then
            diag "$command $json: $(LC_ALL=C grep -aP '\x1b\[2J|\x1b\]|\x07|\xc2\x9b|\xe2\x80\xae|\x7f' out | head -n 2 | cat -v)"
            echo "$command $json" >>obeyed
        fi
        [ -s out ] && printed=$((${printed:-0} + 1))
    done
done
ok "the tools printed (${printed:-0} of 32)" test "${printed:-0}" -gt 20
empty "$(cat obeyed 2>/dev/null)" "nothing that a terminal obeys is printed to one"

# ---- Sizes

# sized NAME COMMAND…: within 512 MiB and 60 s, with one of the statuses.
sized() {
    local name=$1 code=0
    shift
    (limit; exec timeout 60 "$@") >out 2>err </dev/null || code=$?
    [ "$code" -le 1 ]
    tap_result $? "$name" || diag "status $code: $* $(head -c 300 err)"
}
rm -rf "$society" && cp -a sound "$society"
deep=$(printf '%*s' 1000000 '' | tr ' ' '[')
{
    printf '{"type":"message","to":"w1","content":%s\n' "$deep"
    printf '{"type":"message","to":"w1","n":%s,"content":"large"}\n' "$(printf '9%.0s' $(seq 100000))"
    printf '{"type":"message","to":"w1","n":1e%s,"content":"larger"}\n' "$(printf '9%.0s' $(seq 1000))"
    printf '{"to":"w1"'
    seq -f ',"k%.0f":1' 100000 | tr -d '\n'
    printf '}\n{"type":"message","from":"w2","to":"w1","id":"last","content":"the last"}\n'
} >>"$society/messages.jsonl"
cp "$society/messages.jsonl" large.jsonl
for command in "society-inbox" "society-doctor" "society-status" "society-watch --all-history --everyone --timeout 0"; do
    # shellcheck disable=SC2086 # a command with its arguments
    sized "depth 10^6, 10^5 digits and 10^5 keys: $command" $command
done
ok "the record behind them is read" grep -q 'the last' out
sed -i 's/"type":"message",/"type":"task_create","task":{"id":"t7"},/' large.jsonl
cat large.jsonl >>"$society/tasks.jsonl"
sized "and in the log of a fold" society-task list
printf '{"title":%s' "$deep" >one.json
status_is 3 "a task nested 10^6 deep is refused on input" society-task import one.json
printf '{"version":1,"projectId":%s' "$deep" >"$society/project.json"
status_is 3 "and so is project.json" society-status
rm "$society/project.json"
# A line of 1 GiB: NUL bytes that are no padding, for a letter stands before them; the file has no blocks for them.
printf '{"type":"message","to":"w1","content":"' >>"$society/messages.jsonl"
truncate -s +1G "$society/messages.jsonl"
printf 'x"}\n{"type":"message","from":"w2","to":"w1","id":"behind","content":"behind the gibibyte"}\n' >>"$society/messages.jsonl"
sized "a line of 1 GiB is passed over" society-watch --all-history --everyone --timeout 0
ok "and the record behind it is read" grep -q 'behind the gibibyte' out
# The same of letters, which no one can pass over without a look, in the logs of the folds and where it is input.
letters() {
    printf '%s' "$1"
    head -c 1G /dev/zero | tr '\0' x
    printf '"}\n'
}
rm -rf "$society" large.jsonl && cp -a sound "$society"
# given NAME COMMAND…: refuses it as input, with words, within 128 MiB.
given() {
    local name=$1 code=0
    shift
    letters '{"to":"w2","title":"' | (limit 131072; exec timeout 60 "$@") >out 2>err || code=$?
    [ "$code" -ge 2 ] && [ "$code" -le 3 ] && [ -s err ] && ! grep -qi 'memory' err
    tap_result $? "$name" || diag "status $code: $* $(head -c 300 err)"
}
given "1 GiB as a message is refused" society-send w2 -
given "as one of many" society-send --stdin
given "as a task" society-task import -
given "as what a coding agent says of an edit" society-guard hook claude
if [ -n "${SOCIETY_LONG:-}" ]; then
    sized "and society-mcp goes on" bash -c "{ head -c 1G /dev/zero | tr '\\0' x; echo; } | society-mcp"
    ok "and says that it was too much" grep -q '"error"' out
    rm -rf "$society" && cp -a sound "$society"
    letters '{"type":"task_create","from":"w2","task":{"id":"big","title":"' >>"$society/tasks.jsonl"
    echo '{"type":"task_create","from":"w2","task":{"id":"behind","title":"behind the gibibyte"}}' >>"$society/tasks.jsonl"
    sized "a line of 1 GiB in the log of a fold is passed over" society-task list
    ok "and the task behind it is read" grep -q 'behind the gibibyte' out
    sized "by what compacts it too" society-compact --force tasks
else
    skip "1 GiB of letters in a log, and for society-mcp" "it takes its time: make check-long"
fi
done_testing
