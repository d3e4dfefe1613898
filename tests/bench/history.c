/* SPDX-License-Identifier: MIT */
/*
 * What is in the log. Scan: a tail takes the messages of one agent, every hundredth, out of a long history, beside grep -F of the
 * same file, and beside a search of the mapped file. Parse: soc_scan_line() decides what each line is, beside jansson decoding it;
 * strict: soc_json_is_plain() says that each is sound JSON, beside jansson and, where it is installed, cJSON.
 * Open: a new handle with a tail at the end of a short and a long log, beside the bare calls.
 */
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <society/message.h>
#include <society/tail.h>

#include "bench/bench.h"
#include "harness/die.h"
#include "json_plain.h"
#include "scan.h"
#if __has_include(<cjson/cJSON.h>)
#include <cjson/cJSON.h>
#define HAS_CJSON 1
#endif

#define LOG ".society-agent/messages.jsonl"
#define WANTED "\"to\":\"reader\""
#define RECORD_BYTES 200
#define BATCH 1000
#define SHARE 100
#define PARSED_BYTES (4 << 20)
#define OPENS 40

struct bytes {
    const char *data;
    size_t length;
};

/* Nothing is rotated: the whole history is one file. */
static void write_config(void)
{
    FILE *file = fopen(".society-agent/project.json", "we");
    if (!file || fputs("{\"rotateBytes\":9000000000000}\n", file) < 0 || fclose(file) != 0)
        die("project.json");
}

static void fill(int64_t count)
{
    static char lines[BATCH * RECORD_BYTES];
    society_close(open_society("alice"));
    write_config();
    society *s = open_society("alice");
    for (int64_t i = 0; i < count; i += BATCH) {
        char *end = lines;
        for (int j = 0; j < BATCH; j++)
            end += snprintf(
                end, RECORD_BYTES,
                "{\"to\":\"%s\",\"content\":\"Auth API ready at /api/auth; tests passed.\"}\n",
                j % SHARE == 0 ? "reader" : "bob");
        check(s, society_send_lines(s, lines, NULL), "society_send_lines");
    }
    society_close(s);
}

static struct bytes map_log(void)
{
    struct stat st;
    int fd = open(LOG, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        die(LOG);
    const char *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED)
        die("mmap");
    close(fd);
    return (struct bytes){data, (size_t)st.st_size};
}

static void unmap_log(struct bytes log)
{
    munmap((void *)(uintptr_t)log.data, log.length);
}

/* ---- Scan ---- */

/* Until the last message is there: closing what watched takes the kernel up to 16 ms, whatever was read. */
static int64_t scan_library(int64_t *ret_end)
{
    society_tail *tail;
    const char *record;
    int64_t found = 0;
    int got;
    society *s = open_society("reader");
    check(s, society_tail_open(s, "messages", SOCIETY_FROM_START, 0, &tail), "society_tail_open");
    while ((got = society_tail_next(tail, &record, NULL)) == 1)
        found++;
    *ret_end = now_ns();
    check(s, got, "society_tail_next");
    society_close(s);
    return found;
}

/* (It ends at the first match when its output is /dev/null.) */
static int64_t scan_grep(int64_t *ret_end)
{
    char line[32] = "";
    FILE *grep = popen("grep -cF '" WANTED "' " LOG, "re");
    if (!grep || !fgets(line, sizeof line, grep) || pclose(grep) != 0)
        die("grep");
    *ret_end = now_ns();
    return atoll(line);
}

static int64_t scan_mapped(int64_t *ret_end)
{
    int64_t found = 0;
    struct bytes log = map_log();
    const char *end = log.data + log.length;
    for (const char *at = log.data;
         (at = memmem(at, (size_t)(end - at), WANTED, sizeof WANTED - 1)); at++)
        found++;
    unmap_log(log);
    *ret_end = now_ns();
    return found;
}

static int64_t measure_scan(int64_t (*scan)(int64_t *), int64_t wanted)
{
    int64_t began = now_ns();
    int64_t end;
    if (scan(&end) != wanted)
        die("not every message was found");
    return end - began;
}

/* ---- Parse ---- */

static int parse_library(const char *line, size_t length)
{
    struct soc_line scanned;
    soc_scan_line(line, length, &scanned);
    return scanned.kind == SOC_LINE_RECORD;
}

static int parse_strictly(const char *line, size_t length)
{
    return soc_json_is_plain(line, length);
}

static int parse_jansson(const char *line, size_t length)
{
    json_t *json = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
    json_decref(json);
    return json != NULL;
}

#ifdef HAS_CJSON
static int parse_cjson(const char *line, size_t length)
{
    cJSON *json = cJSON_ParseWithLength(line, length);
    cJSON_Delete(json);
    return json != NULL;
}
#endif

/* For each record. */
static int64_t measure_parse(struct bytes log, int (*parse)(const char *, size_t))
{
    int64_t count = 0;
    const char *end = log.data + (log.length < PARSED_BYTES ? log.length : PARSED_BYTES);
    int64_t began = now_ns();
    for (const char *line = log.data, *newline;
         (newline = memchr(line, '\n', (size_t)(end - line))); line = newline + 1) {
        if (!parse(line, (size_t)(newline - line)))
            die("a record was refused");
        count++;
    }
    return (now_ns() - began) / count;
}

static void measure_parsers(struct bytes log, int round)
{
    int64_t strict = measure_parse(log, parse_strictly);
    int64_t jansson = measure_parse(log, parse_jansson);
    report("parse", "library", round, measure_parse(log, parse_library));
    report("parse", "floor", round, jansson);
    report("strict-jansson", "library", round, strict);
    report("strict-jansson", "floor", round, jansson);
#ifdef HAS_CJSON
    report("strict-cjson", "library", round, strict);
    report("strict-cjson", "floor", round, measure_parse(log, parse_cjson));
#endif
}

/* ---- Open ---- */

static int64_t open_library(void)
{
    society_tail *tail;
    int64_t began = now_ns();
    society *s = NULL;
    check(NULL, society_new(&s), "society_new");
    check(s, society_open(s, ".society-agent"), "society_open");
    check(s, society_identify(s, "reader"), "society_identify");
    check(s, society_tail_open(s, "messages", SOCIETY_FROM_END, 0, &tail), "society_tail_open");
    int64_t took = now_ns() - began;
    society_close(s);
    return took;
}

static int64_t open_bare(void)
{
    int64_t began = now_ns();
    int directory = open(".society-agent", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int log = openat(directory, "messages.jsonl", O_RDONLY | O_CLOEXEC);
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (directory < 0 || watch < 0 || inotify_add_watch(watch, LOG, IN_MODIFY) < 0 ||
        lseek(log, 0, SEEK_END) < 0)
        die("open");
    int64_t took = now_ns() - began;
    close(watch);
    close(log);
    close(directory);
    return took;
}

static int64_t measure_open(int64_t (*open_end)(void))
{
    int64_t samples[OPENS];
    for (int i = 0; i < OPENS; i++)
        samples[i] = open_end();
    return median(samples, OPENS);
}

static void measure_opens(const char *name, int rounds)
{
    for (int i = 1; i <= rounds; i++) {
        report(name, "floor", i, measure_open(open_bare));
        report(name, "library", i, measure_open(open_library));
    }
}

/* Moves what stands in the log to the end of one of so many bytes, which begins with nothing: a hole takes no disk. */
static void lengthen_log(off_t size)
{
    struct bytes log = map_log();
    char *copy = malloc(log.length);
    if (!copy)
        die("malloc");
    memcpy(copy, log.data, log.length);
    unmap_log(log);
    int fd = open(LOG, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd < 0 || pwrite(fd, copy, log.length, size - (off_t)log.length) != (ssize_t)log.length)
        die(LOG);
    close(fd);
    free(copy);
}

int main(void)
{
    int rounds = setting("ROUNDS", 9);
    int64_t records = ((int64_t)setting("HISTORY_MIB", 64) << 20) / RECORD_BYTES / BATCH * BATCH;
    int64_t wanted = records / SHARE;
    fill(records);
    struct bytes log = map_log();
    for (int i = 1; i <= rounds; i++) {
        int64_t ours = measure_scan(scan_library, wanted);
        report("scan-grep", "library", i, ours);
        report("scan-grep", "floor", i, measure_scan(scan_grep, wanted));
        report("scan-mapped", "library", i, ours);
        report("scan-mapped", "floor", i, measure_scan(scan_mapped, wanted));
        measure_parsers(log, i);
    }
    unmap_log(log);
    if (truncate(LOG, 1 << 20) < 0)
        die(LOG);
    measure_opens("open-1-MiB", rounds);
    lengthen_log((off_t)1 << 30);
    measure_opens("open-1-GiB", rounds);
    return 0;
}
