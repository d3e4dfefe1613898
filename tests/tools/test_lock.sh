# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# society-lock: one at a time, the command's exit status, signals, and death.

. "${SOCIETY_SRC:?}/tests/harness/tap.sh"
unset SOCIETY_DIR SOCIETY_AGENT SOCIETY_AGENT_ID AMEIDE_AGENT_ID
cd "$T" || exit 1
society-init >/dev/null

status_is 0 "runs the command" society-lock gc -- true
status_is 7 "its exit status" society-lock gc -- sh -c 'exit 7'
status_is 127 "a command that is not there" society-lock gc -- "$T/none"
status_is 143 "128 and the signal" society-lock gc -- sh -c 'kill -TERM $$'
is "$(society-lock gc -- printf '%s,' -w x --help)" "-w,x,--help," "the command's options are its own"
status_is 1 "taken, without waiting" society-lock gc -- society-lock gc --wait 0 -- true
status_is 1 "taken, for some time" society-lock gc -- society-lock gc --wait 50ms -- true
like "$(SOCIETY_AGENT=w1 society-lock gc -- society-lock gc -w 0 -- true 2>&1)" \
    '^society-lock: mutex gc is held by w1 \(pid [0-9]+ on host ' "by whom is told"
status_is 0 "another name is another mutex" society-lock gc -- society-lock login --wait 0 -- true

# Without the mutex some of these would overwrite each other's count.
echo 0 >count
for i in 1 2 3 4 5 6; do
    spawn society-lock count -- bash -c 'for i in 1 2 3 4 5; do read -r n <count; echo $((n + 1)) >count; done'
done
wait
is "$(cat count)" 30 "one at a time"

mkfifo gate
spawn society-lock gc -- sh -c 'echo $$ >child; read line <gate'
holder=$pid
wait_for 10 test -s child
spawn sh -c 'society-lock gc -- true && echo had >second'
second=$pid
kill -KILL "$holder"
wait "$holder" 2>/dev/null
ok "it is free when its process is killed" wait "$second"
ok "though the command goes on" kill -0 "$(cat child)"
echo go >gate

rm child
spawn society-lock gc -- bash -c 'trap "kill \$!; exit 5" TERM; sleep 600 & echo $$ >child; wait'
holder=$pid
wait_for 10 test -s child
status_is 1 "held" society-lock gc --wait 0 -- true
kill -TERM "$holder"
wait "$holder"
is "$?" 5 "SIGTERM is passed on, and the status is the command's"
status_is 0 "and free behind it" society-lock gc --wait 0 -- true

rm child
spawn society-lock gc -- bash -c 'trap "kill \$!; exit 6" USR1; sleep 600 & echo $$ >child; wait'
holder=$pid
wait_for 10 test -s child
kill -USR1 "$holder"
wait "$holder"
is "$?" 6 "so is SIGUSR1"
is "$(env --ignore-signal=CHLD society-lock gc -- sh -c 'exit 7' 2>&1; echo $?)" 7 "the status also where who started it ignores SIGCHLD"

for bad in "" gc "../x -- true" "gc --wait soon -- true"; do
    # shellcheck disable=SC2086 # words
    status_is 2 "usage: $bad" society-lock $bad
done
status_is 3 "no society" sh -c 'cd / && society-lock gc -- true'
done_testing
