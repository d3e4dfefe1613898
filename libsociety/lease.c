/* SPDX-License-Identifier: MIT */
/* Leases and sessions: see lease.h. */
#include "lease.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "own_state.h"
#include "presence.h"
#include "sys.h"
#include "task_state.h"

#define NOTES_MAX (1 << 20)
#define CLOCK_ID_SIZE (SOC_UUID_SIZE + 24)
/* What a note is about: "task:t1", "own:4711". */
#define TASK "task:"
#define OWN "own:"
#define NOTES_NAME_MAX (sizeof "cursors/.leases-.json" + SOC_ID_MAX)

/* ---- Under presence ---- */

/* 1 the session that holds is over, 0 it lives. */
static int is_session_over(struct society *s, const struct soc_holding *holding)
{
    struct soc_presence presence;
    int result = soc_presence_look(s, holding->holder, &presence);
    if (result < 0)
        return result;
    return !(presence.held && strcmp(presence.session, holding->session) == 0);
}

/* ---- What the agent saw ---- */

/* Whose clock a note was made by: of this boot, and in this time namespace (time_namespaces(7)),
 * where the clock since boot may have been set ahead by days. */
static void clock_id(char out[CLOCK_ID_SIZE])
{
    char boot[SOC_UUID_SIZE];
    struct stat st;
    bool known = soc_sys->fstatat(AT_FDCWD, "/proc/self/ns/time", &st, 0) == 0;
    soc_boot_id(boot);
    snprintf(out, CLOCK_ID_SIZE, "%s/%ju", boot, known ? (uintmax_t)st.st_ino : 0);
}

static void notes_name(const struct society *s, char out[NOTES_NAME_MAX])
{
    snprintf(out, NOTES_NAME_MAX, "cursors/.leases-%s.json", s->agent);
}

/* The agent's notes: what -> {token, renewed, seen}, of this boot. Damaged or older ones are begun
 * anew: that only makes a lease longer. */
static soc_json *load_notes(struct society *s, const char *boot)
{
    char name[NOTES_NAME_MAX];
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    notes_name(s, name);
    if (soc_fs_read(&s->dir, name, NOTES_MAX, &text, NULL) == 0) {
        SOC_AUTO_JSON soc_json *whole =
            soc_json_parse(text.data ? text.data : "", text.length, NULL);
        const char *of = soc_json_get_string(whole, "boot");
        const soc_json *seen = soc_json_get(whole, "seen");
        if (of && strcmp(of, boot) == 0 && seen && soc_json_kind(seen) == SOC_JSON_OBJECT)
            return soc_json_copy(seen);
    }
    return soc_json_new_object();
}

static int store_notes(struct society *s, const char *boot, const soc_json *seen)
{
    char name[NOTES_NAME_MAX];
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    notes_name(s, name);
    soc_strbuf_add_string(&text, "{\"boot\":");
    soc_json_quote(&text, boot, strlen(boot));
    soc_strbuf_add_string(&text, ",\"seen\":");
    soc_json_dump(seen, &text);
    soc_strbuf_add_string(&text, "}\n");
    if (text.failed)
        return soc_fail_memory(&s->error);
    int result = soc_fs_mkdir(&s->dir, "cursors", &s->error);
    return result < 0 ? result
                      : soc_fs_replace(&s->dir, name, text.data, text.length, false, &s->error);
}

static bool is_integer(const soc_json *note, const char *key, int64_t value)
{
    int64_t own;
    return soc_json_get_integer(note, key, &own) && own == value;
}

static bool is_current(const soc_json *note, int64_t token)
{
    return is_integer(note, "token", token);
}

/* Whether what a note is about is over, as far as the handle has read. */
static bool is_ended(const struct society *s, const char *what, const soc_json *note)
{
    int64_t token = -1;
    if (s->tasks.fold && strncmp(what, TASK, sizeof TASK - 1) == 0) {
        const soc_json *task = soc_tasks_get(s->tasks.data, what + sizeof TASK - 1);
        return !soc_json_get_integer(task, "token", &token) || !is_current(note, token);
    }
    if (s->ownership.fold && strncmp(what, OWN, sizeof OWN - 1) == 0) {
        const struct soc_owns *owns = s->ownership.data;
        return !soc_json_get_integer(note, "token", &token) ||
               soc_own_find(owns, token) == owns->count;
    }
    return false;
}

/* Forgets what is over, and what was seen longer ago than a day: it is over, one way or the other. */
static void forget_old(const struct society *s, soc_json *seen, int64_t now)
{
    SOC_AUTO_JSON soc_json *copy = soc_json_copy(seen);
    const char *what;
    const soc_json *note;
    int64_t at;
    for (void *i = NULL; copy && (i = soc_json_next(copy, i, &what, &note));)
        if (!soc_json_get_integer(note, "seen", &at) || now - at > INT64_C(86400000) ||
            is_ended(s, what, note))
            soc_json_remove(seen, what);
}

static int add_note(soc_json *seen, const struct soc_holding *holding, int64_t now)
{
    soc_json *note = soc_json_new_object();
    if (!note || soc_json_set(note, "token", soc_json_new_integer(holding->token)) < 0 ||
        soc_json_set(note, "renewed", soc_json_new_integer(holding->renewed)) < 0 ||
        soc_json_set(note, "seen", soc_json_new_integer(now)) < 0) {
        soc_json_free(note);
        return -1;
    }
    return soc_json_set(seen, holding->what, note);
}

/* Writes the notes, without those of what is over. */
static int write_notes(struct society *s)
{
    char boot[CLOCK_ID_SIZE];
    clock_id(boot);
    forget_old(s, s->lease_notes, soc_monotonic_ms());
    s->lease_changed = false;
    return store_notes(s, boot, s->lease_notes);
}

/* Since when the agent has seen this token and renewal: noted now, if it was not yet. */
static int first_seen(struct society *s, const struct soc_holding *holding, int64_t *ret_since)
{
    char boot[CLOCK_ID_SIZE];
    int64_t now = soc_monotonic_ms();
    clock_id(boot);
    if (!s->lease_notes)
        s->lease_notes = load_notes(s, boot);
    const soc_json *note = soc_json_get(s->lease_notes, holding->what);
    if (!s->lease_notes)
        return soc_fail_memory(&s->error);
    if (is_integer(note, "token", holding->token) &&
        is_integer(note, "renewed", holding->renewed) &&
        soc_json_get_integer(note, "seen", ret_since) && *ret_since <= now)
        return 0;
    if (add_note(s->lease_notes, holding, now) < 0)
        return soc_fail_memory(&s->error);
    s->lease_changed = true;
    *ret_since = now;
    return 0;
}

void soc_lease_begin(struct society *s)
{
    s->lease_depth++;
}

int soc_lease_end(struct society *s)
{
    if (--s->lease_depth > 0)
        return 0;
    int result = s->lease_changed ? write_notes(s) : 0;
    soc_json_free(s->lease_notes);
    s->lease_notes = NULL;
    return result;
}

/* ---- Answers ---- */

int soc_lease_check(struct society *s, int64_t lease_ms)
{
    if (lease_ms >= 0 && lease_ms <= SOC_JSON_INTEGER_MAX)
        return 0;
    return soc_fail(&s->error, SOCIETY_E_INVALID,
                    "a lease must be 1 millisecond or more, and 2^53 at most");
}

int soc_lease_is_over(struct society *s, const struct soc_holding *holding, int64_t *ret_left_ms)
{
    *ret_left_ms = -1;
    if (holding->present && holding->session)
        return is_session_over(s, holding);
    int64_t lease =
        holding->lease_ms > 0 ? holding->lease_ms : s->config.lease_seconds * INT64_C(1000);
    int64_t since = 0;
    soc_lease_begin(s);
    int result = first_seen(s, holding, &since);
    int written = soc_lease_end(s);
    if (result < 0 || written < 0)
        return result < 0 ? result : written;
    int64_t left = lease - (soc_monotonic_ms() - since);
    *ret_left_ms = left > 0 ? left : 0;
    return left <= 0;
}

int soc_lease_session(struct society *s, char ret_session[SOC_UUID_SIZE], bool *ret_present)
{
    struct soc_presence presence = {0};
    if (s->presence >= 0) { /* it is this handle that holds it */
        *ret_present = true;
        memcpy(ret_session, s->session, SOC_UUID_SIZE);
        return 0;
    }
    int result = soc_presence_look(s, s->agent, &presence);
    if (result < 0)
        return result;
    *ret_present = presence.held && presence.session[0] != '\0';
    memcpy(ret_session, *ret_present ? presence.session : s->session, SOC_UUID_SIZE);
    return 0;
}
