/* SPDX-License-Identifier: MIT */
/* Leases and sessions: see lease.h. */
#include "lease.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "presence.h"

#define NOTES_MAX (1 << 20)
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

/* Forgets what was seen longer ago than a day: it is over, one way or the other. */
static void forget_old(soc_json *seen, int64_t now)
{
    SOC_AUTO_JSON soc_json *copy = soc_json_copy(seen);
    const char *what;
    const soc_json *note;
    int64_t at;
    for (void *i = NULL; copy && (i = soc_json_next(copy, i, &what, &note));)
        if (!soc_json_get_integer(note, "seen", &at) || now - at > INT64_C(86400000))
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

/* Since when the agent has seen this token and renewal: noted now, if it was not yet. */
static int first_seen(struct society *s, const struct soc_holding *holding, int64_t *ret_since)
{
    char boot[SOC_UUID_SIZE];
    int64_t now = soc_monotonic_ms();
    soc_boot_id(boot);
    SOC_AUTO_JSON soc_json *seen = load_notes(s, boot);
    const soc_json *note = soc_json_get(seen, holding->what);
    if (!seen)
        return soc_fail_memory(&s->error);
    if (is_integer(note, "token", holding->token) &&
        is_integer(note, "renewed", holding->renewed) &&
        soc_json_get_integer(note, "seen", ret_since) && *ret_since <= now)
        return 0;
    forget_old(seen, now);
    if (add_note(seen, holding, now) < 0)
        return soc_fail_memory(&s->error);
    *ret_since = now;
    return store_notes(s, boot, seen);
}

/* ---- Answers ---- */

int soc_lease_is_over(struct society *s, const struct soc_holding *holding, int64_t *ret_left_ms)
{
    *ret_left_ms = -1;
    if (holding->present && holding->session)
        return is_session_over(s, holding);
    int64_t lease =
        holding->lease_ms > 0 ? holding->lease_ms : s->config.lease_seconds * INT64_C(1000);
    int64_t since = 0;
    int result = first_seen(s, holding, &since);
    if (result < 0)
        return result;
    int64_t left = lease - (soc_monotonic_ms() - since);
    *ret_left_ms = left > 0 ? left : 0;
    return left <= 0;
}

int soc_lease_session(struct society *s, char ret_session[SOC_UUID_SIZE], bool *ret_present)
{
    struct soc_presence presence = {0};
    int result = soc_presence_look(s, s->agent, &presence);
    if (result < 0)
        return result;
    *ret_present = presence.held && presence.session[0] != '\0';
    memcpy(ret_session, *ret_present ? presence.session : s->session, SOC_UUID_SIZE);
    return 0;
}
