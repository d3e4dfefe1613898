/* SPDX-License-Identifier: MIT */
/*
 * Claim, renewal, expiry, takeover and fence of one task, for a model checker (Spin; G. Holzmann,
 * "The Spin Model Checker", 2003). tests/model/run.sh runs it, and shows that it fails where a guard
 * is taken away.
 *
 * The log is the only truth: `end`, `state`, `token`, `holder` and `renewed` are what its fold says.
 * A position is the number of records before it, and a token is one more, so that 0 is none.
 *
 *     the model               the code
 *     look                    search(), soc_lease_is_over() and try_decision(): the state is read
 *                             without the lock, and what holds is found to be over, or not; where
 *                             there is nothing to claim, the lock is not taken
 *     lock_and_decide         soc_transact(): soc_log_begin(), catching up, and the decision; a
 *                             claim's token is the end of the log as it is then
 *     append                  soc_log_write(), and what the fold makes of the record (task_rules.c)
 *     unlock                  soc_log_end()
 *     be_told, be_refused     the return of society_task_claim() and society_task_change()
 *     kill                    SIGKILL at any step: the kernel drops the lock and the presence
 *
 * Worker 0 has joined, and is taken over when it is dead. The others hold by leases. Each measures
 * with a clock of its own, so nothing is said of time: any worker may find a lease to be over at any
 * moment since it saw the claim, and a holder may go on when it no longer holds.
 *
 * NO_LOCK, NO_FENCE, NO_RENEWAL_CHECK, NO_TAKEOVER take a guard away. READ_BACK: who has appended
 * looks whether his record took effect. LIVE: no leases run out and nothing is given back, so that
 * the log stays short without a limit; then the task is completed in the end.
 */
#ifndef WORKERS
#define WORKERS 3
#endif
#ifndef RECORDS
#define RECORDS 3 /* the log's limit */
#endif
#define NOBODY 255

mtype = { open, claimed, done };
mtype = { claim, renew, release, complete };

/* The log, folded. */
byte end;
mtype state = open;
byte token;   /* the last that was given */
byte holder = NOBODY;
byte renewed; /* position of the claim or its last renewal */

byte lock_owner = NOBODY;
bool dead[WORKERS];
byte deaths;

/* What must hold is said of these, which no worker reads. */
bool told[RECORDS + 2]; /* token -> somebody was told that it is his */
byte completions;

#define joined(worker) (worker == 0)

/* A record about a claim must carry its token. */
#ifndef NO_FENCE
#define is_current (state == claimed && token == mine)
#else
#define is_current (state == claimed)
#endif

inline unlock()
{
#ifndef NO_LOCK
    lock_owner = NOBODY
#else
    skip
#endif
}

/* Without the lock. `over`: the claim that is there may be taken over. */
inline look()
{
    atomic {
        seen_token = token;
        seen_renewed = renewed;
        gone = (state == claimed && joined(holder) && dead[holder]);
        free = (state == open)
    }
    over = false;
    if
#ifndef NO_TAKEOVER
    :: gone -> over = true
#endif
#ifndef LIVE
    :: seen_token != 0 && state == claimed && token == seen_token && !joined(holder) -> over = true
#else
    /* a lease of the living does not run out: that of the dead does */
    :: state == claimed && token == seen_token && !joined(holder) && dead[holder] -> over = true
#endif
    :: else -> skip
    fi
}

/* Under the lock: whether the record would take effect, as soc_task_check() says. */
inline lock_and_decide()
{
    atomic {
#ifndef NO_LOCK
        lock_owner == NOBODY -> lock_owner = me;
#endif
        at = end;
        if
        :: what == claim && over ->
#ifndef NO_RENEWAL_CHECK
            go = (state == claimed && token == seen_token && renewed == seen_renewed)
#else
            go = (state == claimed && token == seen_token)
#endif
        :: what == claim && !over -> go = (state == open)
        :: else -> go = is_current
        fi
    }
}

inline end_claim(next)
{
    state = next;
    holder = NOBODY
}

inline append()
{
    atomic {
        took_effect = false;
        if
        :: what == claim && at + 1 > token &&
           ((over && state == claimed && token == seen_token) || (!over && state == open)) ->
            took_effect = true;
            /* the living that joined keep what they have */
            assert(!over || !joined(holder) || dead[holder]);
#ifndef NO_LOCK
            /* a renewal is worth its lease; without the lock it may be overtaken, and is fenced */
            assert(!over || renewed == seen_renewed);
#endif
            state = claimed;
            token = at + 1;
            holder = me;
            renewed = end
        :: what == renew && is_current -> took_effect = true; renewed = end
        :: what == release && is_current -> took_effect = true; end_claim(open)
        :: what == complete && is_current ->
            took_effect = true;
            assert(mine == token); /* not by one that was fenced */
            completions++;
            assert(completions == 1);
            end_claim(done)
        :: else -> skip
        fi;
        end++
    }
}

/* The same states, whatever they were reached by. */
inline forget()
{
    what = 0;
    at = 0;
    seen_token = 0;
    seen_renewed = 0;
    over = false;
    gone = false;
    free = false;
    go = false;
    took_effect = false
}

#ifdef READ_BACK
#define is_told took_effect
#else
#define is_told true
#endif

inline be_told()
{
    atomic {
        if
        :: what == claim && !is_told -> skip /* it begins again */
        :: what == claim && is_told ->
            assert(!told[at + 1]); /* one holder for each token */
            told[at + 1] = true;
            mine = at + 1
        :: what == release || what == complete -> mine = 0
        :: else -> skip
        fi;
        forget()
    }
}

inline be_refused()
{
    atomic {
        if
        :: what != claim -> mine = 0 /* it learns that it no longer holds */
        :: else -> skip
        fi;
        forget()
    }
}

proctype worker(byte me)
{
    byte mine; /* the token that it believes to hold; 0: none */
    byte at, seen_token, seen_renewed;
    bool over, gone, free, go, took_effect;
    mtype what;
    {
        do
        :: state == done || end >= RECORDS -> atomic { mine = 0; forget(); break }
        :: else ->
            atomic {
                if
                :: mine == 0 -> what = claim; look()
#ifndef LIVE
                :: mine != 0 -> what = renew
                :: mine != 0 -> what = release
                :: mine != 0 -> mine = 0; what = claim; look() /* it forgot */
#endif
                :: mine != 0 -> what = complete
                fi
            };
            if
            :: what == claim && !over && !free -> atomic { forget() }
            :: else ->
                lock_and_decide();
                if
                :: go && end < RECORDS -> append(); atomic { unlock(); be_told() }
                :: else -> atomic { unlock(); be_refused() }
                fi
            fi
        od
    } unless { atomic { dead[me] -> mine = 0; forget() } }
}

/* The kernel drops what a dead process had. */
inline kill(victim)
{
    atomic {
        dead[victim] = true;
        deaths++;
        if
        :: lock_owner == victim -> lock_owner = NOBODY
        :: else -> skip
        fi
    }
}

/* Kills all but one at the most, each at any moment. */
proctype death()
{
    do
    :: deaths < WORKERS - 1 && !dead[0] -> kill(0)
    :: deaths < WORKERS - 1 && !dead[1] -> kill(1)
#if WORKERS > 2
    :: deaths < WORKERS - 1 && !dead[2] -> kill(2)
#endif
    :: break
    od
}

init {
    atomic {
        byte i;
        for (i : 0 .. WORKERS - 1) {
            run worker(i)
        }
        run death()
    }
}

#ifdef LIVE
/* However the holders die, the task is claimed again and completed. */
ltl completed { <> (state == done) }
#endif
