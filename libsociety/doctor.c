/* SPDX-License-Identifier: MIT */
/*
 * Verifying. The logs are read as every reader reads them, with one difference: a valid checksum is
 * no excuse for a line that does not decode. Each segment is read on its own, so that a damaged
 * archive hides nothing of the others. Repairing only ever adds: a newline, a late line's copy, a
 * seal. So what was repaired is looked at again, and what is reported is what remains.
 */
#include "doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "reader.h"
#include "record.h"
#include "rotate.h"
#include "sys.h"

/* ---- Reports ---- */

static void add_problem(struct soc_strbuf *list, int64_t position, const char *what)
{
    soc_strbuf_add_string(list, list->length > 0 ? ",{\"position\":" : "{\"position\":");
    if (position >= 0)
        soc_strbuf_add_format(list, "%" PRId64, position);
    else
        soc_strbuf_add_string(list, "null");
    soc_record_string(list, "what", what);
    soc_strbuf_add_char(list, '}');
}

void soc_report_problem(struct soc_report *report, int64_t position, const char *format, ...)
{
    char what[1024];
    va_list arguments;
    if (++report->problems > SOC_REPORT_MAX)
        return;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    add_problem(&report->list, position, what);
}

/* Puts the report into the list of logs, and empties it. */
static int file_report(struct soc_report *report, society_list *logs)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    if (report->problems > SOC_REPORT_MAX) {
        char what[64];
        snprintf(what, sizeof what, "and %" PRId64 " more", report->problems - SOC_REPORT_MAX);
        add_problem(&report->list, SOC_NO_POSITION, what);
    }
    soc_strbuf_add_string(&text, "{\"log\":");
    if (report->log)
        soc_json_quote(&text, report->log, strlen(report->log));
    else
        soc_strbuf_add_string(&text, "null");
    soc_record_integer(&text, "records", report->records);
    soc_record_integer(&text, "foreign", report->foreign);
    soc_record_integer(&text, "malformed", report->malformed);
    soc_record_integer(&text, "torn", report->torn);
    soc_record_integer(&text, "bytes", report->bytes);
    soc_strbuf_add_string(&text, ",\"problems\":[");
    soc_strbuf_add(&text, report->list.data, report->list.length);
    soc_strbuf_add_string(&text, "]}");
    if (report->list.failed || text.failed)
        return -ENOMEM;
    return soc_list_add(logs, soc_strbuf_steal(&text));
}

/* ---- Lines ---- */

/* Why the reader could not take the line as a record. */
static void explain(struct soc_report *report, const struct soc_line *line)
{
    static const char here[] = "line 1, ";
    struct soc_error why = {0};
    if (line->salvaged) {
        soc_report_problem(report, line->position,
                           "damaged bytes stand before the record here, which was saved");
        return;
    }
    if (line->length >= SOC_LINE_MAX) {
        soc_report_problem(report, line->position, "malformed: longer than %d bytes", SOC_LINE_MAX);
        return;
    }
    SOC_AUTO_JSON soc_json *json = soc_json_parse(line->text, line->length, &why);
    const char *words = why.text;
    if (strncmp(words, here, sizeof here - 1) == 0)
        words += sizeof here - 1;
    if (json && soc_json_kind(json) != SOC_JSON_OBJECT)
        words = "not a JSON object";
    else if (json)
        words = "its checksum does not match";
    soc_report_problem(report, line->position, "malformed: %s", words);
}

/* Whether a record decodes. The reader has looked at those without a checksum and at saved ones. */
static bool decodes(const struct soc_line *line)
{
    if (line->foreign || line->salvaged)
        return true;
    SOC_AUTO_JSON soc_json *json = soc_json_parse(line->text, line->length, NULL);
    return json && soc_json_kind(json) == SOC_JSON_OBJECT;
}

/* A record of the registry whose agentId can't be one: nobody is registered by it. */
static void check_agent(struct soc_report *report, const struct soc_line *line)
{
    SOC_AUTO_JSON soc_json *json = soc_json_parse(line->text, line->length, NULL);
    const soc_json *agent = soc_json_get(json, "agent");
    const soc_json *id = soc_json_get(agent ? agent : json, "agentId");
    const char *text = soc_json_string(id);
    if (id && !(text && soc_is_agent_id(text, strlen(text))))
        soc_report_problem(report, line->position, "field agentId is no agent id: \"%.80s\"",
                           text ? text : "");
}

/* Takes a line into the report; those of archives are not counted. */
static void examine(struct soc_report *report, const struct soc_line *line, bool counted)
{
    bool record = line->kind == SOC_LINE_RECORD && decodes(line);
    bool damaged = !record || line->salvaged;
    if (damaged)
        explain(report, line);
    if (record && strcmp(report->log, "registry") == 0)
        check_agent(report, line);
    if (!counted)
        return;
    report->records += record;
    report->foreign += record && line->foreign;
    report->malformed += damaged;
}

/* Reads the lines of the segment that begins at `from` (SOC_READ_FROM_PRESENT: the present one) and
 * ends at `limit`. */
static int read_segment(struct society *s, struct soc_report *report, int64_t from, int64_t limit)
{
    bool present = from == SOC_READ_FROM_PRESENT;
    struct soc_reader reader;
    struct soc_line line;
    struct soc_error error = {0};
    int result = soc_reader_open(&reader, &s->dir, report->log, from, &error);
    while (result == 0 && (result = soc_reader_next(&reader, &line, &error)) == 1) {
        result = 0;
        if (line.position >= limit)
            break;
        examine(report, &line, present);
    }
    if (reader.data) {
        if (reader.incident[0] != '\0' && !reader.passed_over) /* drop_junk() named those */
            soc_report_problem(report, SOC_NO_POSITION, "%s", reader.incident);
        report->torn = present && soc_reader_has_partial(&reader);
        /* That the segment behind an archive is damaged is found when it is its turn. */
        if (!present && reader.position >= limit)
            result = 0;
        soc_reader_close(&reader);
    }
    if (result == -ENOENT) /* deleted meanwhile, by society_compact() */
        result = 0;
    if (result < 0 && result != -ENOMEM)
        soc_report_problem(report, SOC_NO_POSITION, "%s", error.text);
    return result == -ENOMEM ? result : 0;
}

/* ---- Segments ---- */

/* The archived segments of a log, and its present one; fd -1: there is none. */
struct chain {
    struct soc_segment present;
    int64_t *bases;
    size_t count;
};

static void free_chain(struct chain *chain)
{
    soc_segment_close(&chain->present);
    free(chain->bases);
}

/* Of an archived segment: its end, which is where the next begins. */
static int64_t end_of(const struct chain *chain, size_t i)
{
    return i + 1 < chain->count ? chain->bases[i + 1] : chain->present.base;
}

/* Drops archives that begin at or behind the present segment. One is right: the present segment's
 * second name, in the middle of a rotation. */
static void drop_strangers(struct society *s, struct soc_report *report, struct chain *chain)
{
    for (; chain->count > 0 && chain->bases[chain->count - 1] >= chain->present.base;
         chain->count--) {
        char name[SOC_SEGMENT_NAME_MAX];
        struct stat st;
        soc_segment_archive_name(name, report->log, chain->bases[chain->count - 1]);
        if (soc_sys->fstatat(s->dir.fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            (st.st_ino != chain->present.inode || st.st_dev != chain->present.device))
            soc_report_problem(report, SOC_NO_POSITION,
                               "%s is no part of the log, which begins at position %" PRId64, name,
                               chain->present.base);
    }
}

/* Drops archives that are none, whatever their names say. */
static void drop_junk(struct society *s, struct soc_report *report, struct chain *chain)
{
    size_t kept = 0;
    for (size_t i = 0; i < chain->count; i++) {
        struct soc_segment segment = SOC_SEGMENT_INIT;
        struct soc_error error = {0};
        int result =
            soc_segment_open(&s->dir, report->log, chain->bases[i], O_RDONLY, &segment, &error);
        soc_segment_close(&segment);
        if (soc_segment_is_none(result))
            soc_report_problem(report, SOC_NO_POSITION, "%s; readers pass it over", error.text);
        else /* what else keeps it from being opened is found by the reading */
            chain->bases[kept++] = chain->bases[i];
    }
    chain->count = kept;
}

/* Learns which files the log consists of: 1, 0 there is nothing to read; -ENOMEM. */
static int load_chain(struct society *s, struct soc_report *report, struct chain *chain)
{
    struct soc_error error = {0};
    *chain = (struct chain){.present = SOC_SEGMENT_INIT};
    int listed = soc_segment_archived(&s->dir, report->log, &chain->bases, &chain->count, &error);
    int result = soc_segment_open(&s->dir, report->log, -1, O_RDONLY, &chain->present,
                                  listed < 0 ? NULL : &error);
    if (result == -ENOENT && chain->count == 0)
        return listed == -ENOMEM ? listed : 0;
    if (result == -ENOENT)
        soc_fail(&error, result, "%s.jsonl is missing, and there are archives of it", report->log);
    if (result == 0)
        report->bytes = soc_segment_size(&chain->present, report->log, &error);
    if (result == 0 && listed == 0 && report->bytes >= 0) {
        drop_strangers(s, report, chain);
        drop_junk(s, report, chain);
        return 1;
    }
    if (report->bytes < 0)
        report->bytes = 0;
    soc_report_problem(report, SOC_NO_POSITION, "%s", error.text);
    return result == -ENOMEM || listed == -ENOMEM ? -ENOMEM : 0;
}

/* Reads all of a log. *ret_mendable: there is something that a repair can end. */
static int read_log(struct society *s, struct soc_report *report, struct chain *chain,
                    bool *ret_mendable)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < chain->count; i++) {
        char name[SOC_SEGMENT_NAME_MAX];
        soc_segment_archive_name(name, report->log, chain->bases[i]);
        result = read_segment(s, report, chain->bases[i], end_of(chain, i));
        /* One that can't be opened was reported by the reading. */
        if (soc_is_settled(&s->dir, report->log, chain->bases[i], NULL) == 0) {
            soc_report_problem(report, SOC_NO_POSITION,
                               "%s is not sealed: it may hold lines that were not carried over",
                               name);
            *ret_mendable = true;
        }
    }
    if (result == 0)
        result = read_segment(s, report, SOC_READ_FROM_PRESENT, INT64_MAX);
    *ret_mendable |= report->torn > 0;
    return result;
}

/* ---- Repairing ---- */

/* Ends a torn line at the end of an archive, which else keeps it from ever being sealed. */
static int end_archive(struct society *s, const char *log, int64_t base, struct soc_error *error)
{
    struct soc_segment old = SOC_SEGMENT_INIT;
    char last = '\n';
    int result = soc_segment_open(&s->dir, log, base, O_RDWR | O_APPEND, &old, error);
    if (result < 0)
        return result;
    int64_t size = soc_segment_size(&old, log, error);
    if (size < 0)
        result = (int)size;
    else if (size > 0 && soc_sys->pread(old.fd, &last, 1, size - 1) < 0)
        result = soc_fail_errno(error, "archive of %s: cannot read", log);
    else if (last != '\n' && soc_sys->write(old.fd, "\n", 1) < 0)
        result = soc_fail_errno(error, "archive of %s: cannot append", log);
    soc_segment_close(&old);
    return result;
}

/* Carries late lines over from every archive. Under the lock of the present segment, which takes
 * the place of the one that followed the archive. */
static int settle_all(struct society *s, const struct soc_log *log, const struct chain *chain,
                      struct soc_error *error)
{
    int result = 0;
    for (size_t i = 0; result >= 0 && i < chain->count; i++) {
        struct soc_segment target = log->segment;
        target.base = end_of(chain, i);
        if (soc_is_settled(&s->dir, log->name, chain->bases[i], NULL) != 0)
            continue;
        result = end_archive(s, log->name, chain->bases[i], error);
        if (result == 0)
            result = soc_settle(&s->dir, log->name, &target, error);
    }
    return result < 0 ? result : 0;
}

static int mend(struct society *s, const char *name, const struct chain *chain,
                struct soc_error *error)
{
    struct soc_log log;
    int64_t ignored;
    soc_log_init(&log, &s->dir, name, soc_config_durable(&s->config, name));
    int result = soc_log_begin(&log, error);
    if (result < 0)
        return result;
    if (log.torn)
        result = soc_log_write(&log, "", 0, &ignored, error);
    /* Rotated meanwhile: the chain is another, and its last archive was settled just now. */
    if (result == 0 && log.segment.base == chain->present.base)
        result = settle_all(s, &log, chain, error);
    int ended = soc_log_end(&log, error);
    soc_log_close(&log);
    return result < 0 ? result : ended;
}

/* ---- The door ---- */

static void start_report(struct soc_report *report, const char *log)
{
    soc_strbuf_free(&report->list);
    *report = (struct soc_report){.log = log};
}

/* Reads the log again after its repair. */
static int check_again(struct society *s, struct soc_report *report)
{
    SOC_CLEANUP(free_chain) struct chain chain;
    bool ignored = false;
    start_report(report, report->log);
    int result = load_chain(s, report, &chain);
    return result == 1 ? read_log(s, report, &chain, &ignored) : result;
}

/* Checks one log; those that don't exist are not reported. */
static int check_log(struct society *s, bool repair, struct soc_report *report, society_list *logs)
{
    SOC_CLEANUP(free_chain) struct chain chain;
    struct soc_error error = {0};
    bool mendable = false;
    int mended = 0;
    int result = load_chain(s, report, &chain);
    if (result == 0 && report->problems == 0)
        return 0;
    if (result == 1)
        result = read_log(s, report, &chain, &mendable);
    if (result == 0 && repair && mendable) {
        mended = mend(s, report->log, &chain, &error);
        result = check_again(s, report);
    }
    if (mended < 0)
        soc_report_problem(report, SOC_NO_POSITION, "not repaired: %s", error.text);
    return result < 0 ? result : file_report(report, logs);
}

static int check_all(struct society *s, bool repair, society_list *logs)
{
    static const char *const names[] = {"registry", "messages", "deliveries", "tasks", "ownership"};
    int64_t problems = 0;
    int result = 0;
    for (size_t i = 0; result == 0 && i <= sizeof names / sizeof names[0]; i++) {
        bool log = i < sizeof names / sizeof names[0];
        struct soc_report report = {.log = log ? names[i] : NULL};
        if (log) {
            result = check_log(s, repair, &report, logs);
        } else {
            result = soc_check_directory(s, repair, &report);
            if (result == 0)
                result = file_report(&report, logs);
        }
        problems += report.problems;
        soc_strbuf_free(&report.list);
    }
    if (result < 0)
        return soc_fail_memory(&s->error);
    return problems < INT_MAX ? (int)problems : INT_MAX;
}

SOC_PUBLIC int society_check(society *s, uint32_t flags, society_list **ret_logs)
{
    int result = soc_enter(s);
    if (result < 0)
        return result;
    if (flags & ~SOCIETY_CHECK_REPAIR)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "flags: unknown bits in %#x", flags);
    if (!soc_dir_exists(&s->dir))
        return soc_fail(&s->error, SOCIETY_E_GONE, "%s was removed", s->dir.path);
    SOC_AUTO_LIST society_list *logs = soc_list_new();
    if (!logs)
        return soc_fail_memory(&s->error);
    result = check_all(s, flags & SOCIETY_CHECK_REPAIR, logs);
    if (result < 0)
        return result;
    if (ret_logs) {
        *ret_logs = logs;
        logs = NULL;
    }
    return result;
}
