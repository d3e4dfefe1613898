# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Completion for society and society-VERB in bash. Agent ids come from the society that the command line names, or from
# the nearest one; where there is none, nothing is offered.

# The value of -C on this command line, as further words for a command.
_society_dir_words() {
    local i
    dir_words=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -C | --dir) dir_words=(-C "${COMP_WORDS[i + 1]}") ;;
        esac
    done
}

_society_agents() {
    local dir_words
    _society_dir_words
    society-agent "${dir_words[@]}" list --json 2>/dev/null | sed -n 's/.*"agentId":[ ]*"\([A-Za-z0-9._-]*\)".*/\1/p'
}

_society_tasks() {
    local dir_words
    _society_dir_words
    society-task "${dir_words[@]}" list --json 2>/dev/null | sed -n 's/^{"id":[ ]*"\([A-Za-z0-9._-]*\)".*/\1/p'
}

_society_verbs() {
    local IFS=:
    local directory program
    for directory in $PATH; do
        for program in "$directory"/society-*; do
            [ -x "$program" ] && printf '%s\n' "${program##*/society-}"
        done
    done
}

# The options of a program, as its own usage names them.
_society_options() {
    "society-$1" --help 2>/dev/null | grep -o -e '--[a-z][a-z-]*' | sort -u
}

_society_offer() {
    local word
    while IFS= read -r word; do
        COMPREPLY+=("$word")
    done < <(compgen -W "$1" -- "$cur")
}

# Offers values for the option before the cursor; fails if it takes none.
_society_value() {
    case $1:$2 in
    *:-C | *:--dir | inbox:--save | mcp:-w | mcp:--workspace) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
    send:-f | send:--attach) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    *:-a | *:--agent | agent:--supervisor) _society_offer "$(_society_agents)" ;;
    task:--needs | task:--remove | task:--parent) _society_offer "$(_society_tasks)" ;;
    task:--to) _society_offer "$(_society_agents) role:" ;;
    task:--state) _society_offer "open claimed blocked review done failed cancelled" ;;
    task:-p | task:--priority) _society_offer "0 1 2 3 4" ;;
    task:--path) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    task:-[dr] | task:--id | task:--title | task:--description | task:--acceptance | task:--role | task:--label) ;;
    task:--retries | task:--lease | task:--wait | task:--token | task:--reason | task:--result | task:--note) ;;
    send:-p | send:--priority) _society_offer "interrupt queue log" ;;
    send:-t | send:--type | inbox:-t | inbox:--type)
        _society_offer "message question answer status_update review_request task_assign task_complete shutdown"
        ;;
    watch:-l | watch:--log) _society_offer "messages tasks registry ownership deliveries presence" ;;
    watch:-[snwx] | watch:--since | watch:--count | watch:--timeout | watch:--exec) ;;
    init:-p | init:--project | agent:-[rc] | agent:--role | agent:--capability | agent:--workspace | agent:--url) ;;
    agent:--branch | agent:--worktree | agent:--slot | agent:--model | agent:--program) ;;
    send:-[srd] | send:--subject | send:--reply-to | send:--thread | send:--id | send:--deadline | send:--data) ;;
    inbox:--thread) ;;
    worktree:-p | worktree:--path) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
    worktree:-[tbnm] | worktree:--topic | worktree:--base | worktree:--count | worktree:--message) ;;
    own:--to) _society_offer "$(_society_agents)" ;;
    own:-t | own:--task) _society_offer "$(_society_tasks)" ;;
    own:-[wlr] | own:--wait | own:--lease | own:--reason | lock:-w | lock:--wait) ;;
    mcp:-p | mcp:--print-config | mcp:--install) _society_offer "claude codex kilo cursor gemini vscode" ;;
    mcp:-[rc] | mcp:--role | mcp:--capability) ;;
    *) return 1 ;;
    esac
}

# The same for society-task, whose own verb is given.
_society_task_argument() {
    if [ "$COMP_CWORD" = "$2" ]; then
        _society_offer "add list show ready graph claim renew release block unblock submit complete fail cancel reopen note assign \
            depend edit import export run"
        return
    fi
    case $1 in
    import) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    add | list | ready | graph | export) ;;
    run)
        if [ "$COMP_CWORD" = $(($2 + 1)) ]; then
            _society_offer "$(_society_tasks)"
        else
            mapfile -t COMPREPLY < <(compgen -c -- "$cur")
        fi
        ;;
    *) [ "$COMP_CWORD" = $(($2 + 1)) ] && _society_offer "$(_society_tasks)" ;;
    esac
}

# What is reserved, pattern by pattern.
_society_owned() {
    local dir_words
    _society_dir_words
    society-own "${dir_words[@]}" list --json 2>/dev/null | sed -n 's/.*"paths":\[\([^]]*\)\].*/\1/p' | tr -d '"' | tr ',' '\n'
}

# The same for society-own.
_society_own_argument() {
    if [ "$COMP_CWORD" = "$2" ]; then
        _society_offer "acquire release renew handover list check"
        return
    fi
    case $1 in
    acquire | check) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    release | renew | handover) _society_offer "$(_society_owned)" ;;
    esac
}

_society_slots() {
    society-worktree list --json 2>/dev/null | sed -n 's/^{"slot":"\([A-Za-z0-9._-]*\)".*/\1/p'
}

# The same for society-worktree.
_society_worktree_argument() {
    if [ "$COMP_CWORD" = "$2" ]; then
        _society_offer "add list open exec changed remove repair conflicts order stash gc"
        return
    fi
    case $1 in
    add) _society_offer "$(_society_agents)" ;;
    stash)
        if [ "$COMP_CWORD" = $(($2 + 1)) ]; then
            _society_offer "push pop list"
        else
            _society_offer "$(_society_slots)"
        fi
        ;;
    exec)
        if [ "$COMP_CWORD" = $(($2 + 1)) ]; then
            _society_offer "$(_society_slots)"
        else
            mapfile -t COMPREPLY < <(compgen -c -- "$cur")
        fi
        ;;
    open | changed | remove | repair | conflicts | order) _society_offer "$(_society_slots)" ;;
    esac
}

# Offers arguments of a verb, of which the first is at the given index of the command line.
_society_argument() {
    local first=${COMP_WORDS[$2]-}
    case $1 in
    init) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
    send) _society_offer "$(_society_agents) all role: supervisor" ;;
    compact) _society_offer "messages deliveries registry tasks ownership" ;;
    task) _society_task_argument "$first" "$2" ;;
    own) _society_own_argument "$first" "$2" ;;
    worktree) _society_worktree_argument "$first" "$2" ;;
    guard)
        if [ "$COMP_CWORD" = "$2" ]; then
            _society_offer "install uninstall status hook watch"
        elif [ "$first" = hook ]; then
            _society_offer "claude codex cursor gemini kilo"
        fi
        ;;
    lock) [ "$COMP_CWORD" -gt "$2" ] && mapfile -t COMPREPLY < <(compgen -c -- "$cur") ;;
    inbox) [ "$COMP_CWORD" = "$2" ] && _society_offer "list read ack reply" ;;
    agent)
        if [ "$COMP_CWORD" = "$2" ]; then
            _society_offer "register status leave list show hold"
        elif [ "$first" = status ]; then
            _society_offer "idle busy paused offline"
        elif [ "$first" = show ]; then
            _society_offer "$(_society_agents)"
        elif [ "$first" = hold ]; then
            mapfile -t COMPREPLY < <(compgen -c -- "$cur")
        fi
        ;;
    esac
}

# The index of the first word that is neither an option nor the value of one, from an index on.
_society_first_argument() {
    local i=$1
    while [ "$i" -lt "$COMP_CWORD" ]; do
        case ${COMP_WORDS[i]} in
        -C | --dir | -a | --agent) i=$((i + 2)) ;;
        -*) i=$((i + 1)) ;;
        *) break ;;
        esac
    done
    printf '%s\n' "$i"
}

_society() {
    local cur=${COMP_WORDS[COMP_CWORD]}
    local previous=${COMP_WORDS[COMP_CWORD - 1]}
    local program=${COMP_WORDS[0]##*/}
    local verb=${program#society-}
    local at=1
    COMPREPLY=()
    if [ "$program" = society ]; then
        at=$(_society_first_argument 1)
        if [ "$at" -ge "$COMP_CWORD" ]; then
            _society_value society "$previous" && return
            if [[ $cur == -* ]]; then
                _society_offer "--dir --agent --json --help --version"
            else
                _society_offer "$(_society_verbs) help"
            fi
            return
        fi
        verb=${COMP_WORDS[at]}
        at=$((at + 1))
        if [ "$verb" = help ]; then
            _society_offer "$(_society_verbs)"
            return
        fi
    fi
    _society_value "$verb" "$previous" && return
    if [[ $cur == -* ]]; then
        _society_offer "$(_society_options "$verb")"
    else
        _society_argument "$verb" "$(_society_first_argument "$at")"
    fi
}

complete -F _society society society-init society-agent society-send society-watch society-inbox society-status \
    society-task society-own society-lock society-doctor society-compact society-worktree society-mcp society-guard
