/* SPDX-License-Identifier: MIT */
/*
 * Moving history out of the logs, and deleting what nobody is to keep. Only the oldest archives of
 * a log are ever deleted, so that what remains has no gap: deletion stops at the first that is to
 * stay, be it because retention keeps it, because an agent has not read all of it, or because it
 * holds lines that were not carried over yet.
 */
#include <errno.h>
#include <string.h>

#include "cursor.h"
#include "handle.h"
#include "own_state.h"
#include "reader.h"
#include "record.h"
#include "registry.h"
#include "rotate.h"
#include "sys.h"
#include "task.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

static const char *const logs[] = {"messages", "deliveries", "registry", "tasks", "ownership"};

#define LOGS (sizeof logs / sizeof logs[0])

/* ---- Archiving ---- */

/* Adds `{"log":…,"<what>":<name of the archived segment>` to `out`. */
static void begin_item(struct soc_strbuf *out, const char *log, const char *what, int64_t base)
{
    char name[SOC_SEGMENT_NAME_MAX];
    soc_segment_archive_name(name, log, base);
    soc_strbuf_add_string(out, "{\"log\":");
    soc_json_quote(out, log, strlen(log));
    soc_record_string(out, what, name);
}

/* Ends an item and puts it into the list. */
static int end_item(struct soc_strbuf *item, int64_t bytes, society_list *list,
                    struct soc_error *error)
{
    soc_record_integer(item, "bytes", bytes);
    soc_strbuf_add_char(item, '}');
    if (soc_list_add(list, item->failed ? NULL : soc_strbuf_steal(item)) < 0)
        return soc_fail_memory(error);
    return 0;
}

/* Reports the segment that the present one, which begins at `base`, has followed. */
static int add_archived(struct society *s, const char *log, int64_t base, society_list *list)
{
    SOC_AUTO_FREE int64_t *bases = NULL;
    SOC_AUTO_STRBUF struct soc_strbuf item = SOC_STRBUF_INIT;
    size_t count;
    int result = soc_segment_archived(&s->dir, log, &bases, &count, &s->error);
    if (result < 0)
        return result;
    while (count > 0 && bases[count - 1] >= base)
        count--;
    if (count == 0) /* deleted already, by another process */
        return 0;
    begin_item(&item, log, "archived", bases[count - 1]);
    soc_record_integer(&item, "base", bases[count - 1]);
    return end_item(&item, base - bases[count - 1], list, &s->error);
}

/* Whether the present segment is to be looked at under its lock: 1, 0. A log that does not exist is
 * not made, and no archive that would hold no line. */
static int is_due(struct society *s, const char *log, bool force)
{
    struct soc_reader reader;
    struct soc_line line;
    int64_t size = 0;
    int result = soc_reader_open(&reader, &s->dir, log, SOC_READ_FROM_PRESENT, &s->error);
    if (result < 0)
        return result;
    if (force)
        result = soc_reader_next(&reader, &line, &s->error);
    else if (reader.segment.fd >= 0)
        size = soc_segment_size(&reader.segment, log, &s->error);
    soc_reader_close(&reader);
    if (force || size <= 0)
        return size < 0 ? (int)size : result;
    bool rotated = strcmp(log, "messages") == 0 || strcmp(log, "deliveries") == 0;
    return !rotated || size >= s->config.rotate_bytes;
}

/* Rotates messages or deliveries: 1 done, 0 not needed. */
static int rotate(struct society *s, struct soc_log *log, bool force, int64_t *ret_base)
{
    int result = soc_log_begin(log, &s->error);
    if (result < 0)
        return result;
    int64_t before = log->segment.base;
    if (force || log->end >= s->config.rotate_bytes)
        result = soc_log_rotate(log, NULL, 0, &s->error);
    if (log->segment.fd < 0) /* rotated, and the new segment's lock was not to be had */
        return result;
    *ret_base = log->segment.base;
    int ended = soc_log_end(log, &s->error);
    if (result < 0 || ended < 0)
        return result < 0 ? result : ended;
    return *ret_base > before;
}

/* The state that is folded from a log, caught up; NULL: the log has none, or *ret_error. */
static struct soc_state *state_of(struct society *s, const char *log, int *ret_error)
{
    if (strcmp(log, "registry") == 0)
        return soc_registry(s, ret_error) ? &s->registry : NULL;
    if (strcmp(log, "tasks") == 0)
        return soc_tasks(s, ret_error) ? &s->tasks : NULL;
    if (strcmp(log, "ownership") == 0)
        return soc_owns(s, ret_error) ? &s->ownership : NULL;
    return NULL;
}

/* One log: what was archived goes to the list. */
static int archive(struct society *s, const char *log, bool force, society_list *list)
{
    int64_t base = 0;
    int result = is_due(s, log, force);
    if (result <= 0)
        return result;
    struct soc_log *rotated = strcmp(log, "messages") == 0     ? &s->messages
                              : strcmp(log, "deliveries") == 0 ? &s->deliveries
                                                               : NULL;
    result = 0;
    struct soc_state *state = rotated ? NULL : state_of(s, log, &result);
    if (rotated)
        result = rotate(s, rotated, force, &base);
    else if (state)
        result = soc_state_compact(state, force, &s->error);
    if (state)
        base = state->log.segment.base;
    return result <= 0 ? result : add_archived(s, log, base, list);
}

/* ---- Deleting ---- */

/* The archives of a log, oldest first. */
struct history {
    const char *log;
    int64_t *bases;
    size_t count;
    int64_t end;   /* the present segment's base */
    int64_t bytes; /* of all archives that are left */
};

static int stat_archive(struct society *s, const char *log, int64_t base, struct stat *st)
{
    char name[SOC_SEGMENT_NAME_MAX];
    soc_segment_archive_name(name, log, base);
    SOC_AUTO_FD int fd = soc_fs_open(&s->dir, name, O_RDONLY, &s->error);
    if (fd < 0 && fd != -ENOENT)
        return fd;
    if (fd < 0 || soc_sys->fstat(fd, st) < 0)
        return soc_fail_errno(&s->error, "%s: cannot stat", name);
    return 0;
}

/* Drops files that are no segments: they would stand for the end of the segment before them. */
static int drop_junk(struct society *s, struct history *history)
{
    size_t kept = 0;
    for (size_t i = 0; i < history->count; i++) {
        struct soc_segment segment = SOC_SEGMENT_INIT;
        int result = soc_segment_open(&s->dir, history->log, history->bases[i], O_RDONLY, &segment,
                                      &s->error);
        soc_segment_close(&segment);
        if (soc_segment_is_none(result))
            continue;
        if (result < 0 && result != -ENOENT)
            return result;
        history->bases[kept++] = history->bases[i];
    }
    history->count = kept;
    return 0;
}

/* Learns what is archived. Without a present segment nothing says where it ends: then there is
 * nothing to delete. */
static int load_history(struct society *s, struct history *history)
{
    struct soc_segment present = SOC_SEGMENT_INIT;
    int result = soc_segment_open(&s->dir, history->log, -1, O_RDONLY, &present, &s->error);
    if (result < 0)
        return result == -ENOENT ? 0 : result;
    history->end = present.base;
    soc_segment_close(&present);
    result =
        soc_segment_archived(&s->dir, history->log, &history->bases, &history->count, &s->error);
    /* In the middle of a rotation the present segment has a name there too. */
    while (result == 0 && history->count > 0 && history->bases[history->count - 1] >= history->end)
        history->count--;
    if (result == 0)
        result = drop_junk(s, history);
    for (size_t i = 0; result == 0 && i < history->count; i++) {
        struct stat st = {0};
        result = stat_archive(s, history->log, history->bases[i], &st);
        history->bytes += result == 0 ? st.st_size : 0;
    }
    return result;
}

/* The agent whose cursor `name` is, cut from it in place; NULL for other files. */
static const char *agent_of_cursor(char *name)
{
    size_t length = strlen(name);
    if (length < sizeof ".json" || strcmp(name + length - (sizeof ".json" - 1), ".json") != 0)
        return NULL;
    name[length - (sizeof ".json" - 1)] = '\0';
    return soc_is_agent_id(name, strlen(name)) ? name : NULL;
}

/* 0 goes to *position if a registered agent has no cursor: it will begin at the start. */
static int read_by_registered(struct society *s, int64_t *position)
{
    const char *agent;
    const soc_json *fields;
    int result = 0;
    const soc_json *registry = soc_registry(s, &result);
    for (void *i = NULL; result == 0 && (i = soc_json_next(registry, i, &agent, &fields));) {
        struct soc_cursor cursor = {0};
        result = soc_cursor_load(&s->dir, agent, &cursor, &s->error);
        if (result == -ENOENT) {
            *position = 0;
            return 0;
        }
    }
    return result;
}

/* Up to where every agent has read that has a cursor or is registered. A cursor that can't be read
 * is an error: who knows what it would have kept. */
static int read_by_all(struct society *s, int64_t *ret_position)
{
    char **names = NULL;
    int64_t smallest = INT64_MAX;
    int result = soc_fs_list(&s->dir, "cursors", &names, &s->error);
    if (result < 0)
        return result;
    for (size_t i = 0; result == 0 && names[i]; i++) {
        const char *agent = agent_of_cursor(names[i]);
        struct soc_cursor cursor = {0};
        if (!agent)
            continue;
        result = soc_cursor_load(&s->dir, agent, &cursor, &s->error);
        if (result == 0 && cursor.position < smallest)
            smallest = cursor.position;
        if (result == -ENOENT) /* removed meanwhile */
            result = 0;
    }
    soc_fs_free_names(names);
    if (result == 0)
        result = read_by_registered(s, &smallest);
    *ret_position = smallest;
    return result;
}

/* Whether the oldest archive is beyond what retention keeps. */
static bool is_expired(const struct society *s, const struct history *history,
                       const struct stat *st)
{
    int64_t sealed_ms = (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000;
    int64_t days = (soc_now_ms() - sealed_ms) / DAY_MS;
    return (s->config.retain_days >= 0 && days >= s->config.retain_days) ||
           (s->config.retain_bytes >= 0 && history->bytes > s->config.retain_bytes);
}

/* Whether archive `i` may go: 1, 0; errors. */
static int may_delete(struct society *s, const struct history *history, size_t i,
                      const struct stat *st)
{
    if (!is_expired(s, history, st))
        return 0;
    if (strcmp(history->log, "messages") == 0) {
        int64_t end = i + 1 < history->count ? history->bases[i + 1] : history->end;
        int64_t read = 0;
        int result = read_by_all(s, &read);
        if (result < 0 || end > read)
            return result;
    }
    return soc_is_settled(&s->dir, history->log, history->bases[i], &s->error);
}

static int delete_archive(struct society *s, const char *log, int64_t base, int64_t bytes,
                          society_list *list)
{
    char name[SOC_SEGMENT_NAME_MAX];
    SOC_AUTO_STRBUF struct soc_strbuf item = SOC_STRBUF_INIT;
    soc_segment_archive_name(name, log, base);
    int result = soc_fs_remove(&s->dir, name, &s->error);
    if (result < 0)
        return result;
    begin_item(&item, log, "deleted", base);
    return end_item(&item, bytes, list, &s->error);
}

static int retain(struct society *s, const char *log, society_list *list)
{
    struct history history = {.log = log};
    int result = load_history(s, &history);
    for (size_t i = 0; result == 0 && i < history.count; i++) {
        struct stat st = {0};
        result = stat_archive(s, log, history.bases[i], &st);
        int may = result == 0 ? may_delete(s, &history, i, &st) : result;
        if (may <= 0) {
            result = may;
            break;
        }
        result = delete_archive(s, log, history.bases[i], st.st_size, list);
        history.bytes -= st.st_size;
    }
    free(history.bases);
    return result;
}

/* ---- The door ---- */

static int check_arguments(struct society *s, const char *log, uint32_t flags)
{
    bool known = !log;
    for (size_t i = 0; i < LOGS; i++)
        known |= log && strcmp(log, logs[i]) == 0;
    if (!known)
        return soc_fail(&s->error, SOCIETY_E_INVALID,
                        "log \"%.80s\" is none of those that are compacted", log);
    if (flags & ~(SOCIETY_COMPACT_FORCE | SOCIETY_COMPACT_RETAIN))
        return soc_fail(&s->error, SOCIETY_E_INVALID, "flags: unknown bits in %#x", flags);
    return 0;
}

SOC_PUBLIC int society_compact(society *s, const char *log, uint32_t flags, society_list **ret_done)
{
    int result = soc_enter(s);
    if (result == 0)
        result = check_arguments(s, log, flags);
    if (result < 0)
        return result;
    SOC_AUTO_LIST society_list *list = soc_list_new();
    if (!list)
        return soc_fail_memory(&s->error);
    for (size_t i = 0; i < LOGS; i++) {
        if (log && strcmp(log, logs[i]) != 0)
            continue;
        result = archive(s, logs[i], flags & SOCIETY_COMPACT_FORCE, list);
        if (result == 0 && flags & SOCIETY_COMPACT_RETAIN)
            result = retain(s, logs[i], list);
        if (result < 0)
            return result;
    }
    int done = (int)society_list_count(list);
    if (ret_done) {
        *ret_done = list;
        list = NULL;
    }
    return done;
}
