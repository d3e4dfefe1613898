/* SPDX-License-Identifier: MIT */
/* The files of a log: see segment.h. Nothing here locks or writes. */
#include "segment.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "cleanup.h"
#include "json.h"
#include "scan.h"
#include "sys.h"

#define HEADER_MAX 4096
#define HEADER_START "{\"type\":\"log_segment\""

bool soc_is_log(const char *log)
{
    static const char *const logs[] = {"registry", "messages", "deliveries", "tasks", "ownership"};
    for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++)
        if (strcmp(log, logs[i]) == 0)
            return true;
    return false;
}

/* By hand, for every append asks for it. */
void soc_segment_name(char out[SOC_SEGMENT_NAME_MAX], const char *log)
{
    static const char suffix[] = ".jsonl";
    size_t length = strnlen(log, SOC_SEGMENT_NAME_MAX - sizeof suffix);
    memcpy(out, log, length);
    memcpy(out + length, suffix, sizeof suffix);
}

void soc_segment_archive_name(char out[SOC_SEGMENT_NAME_MAX], const char *log, int64_t base)
{
    snprintf(out, SOC_SEGMENT_NAME_MAX, "archive/%s-%" PRId64 ".jsonl", log, base);
}

void soc_segment_late_id(char out[SOC_LATE_ID_SIZE], const char *log, int64_t base,
                         int64_t position)
{
    snprintf(out, SOC_LATE_ID_SIZE, "late-%s-%" PRId64 "-%" PRId64, log, base, position);
}

/* What a header line says. One without a checksum is nobody's: it would move every position. */
static int parse_header(const char *line, size_t length, const char *log, const char *name,
                        int64_t *ret_base, struct soc_error *error)
{
    struct soc_line scanned;
    soc_scan_line(line, length, &scanned);
    SOC_AUTO_JSON soc_json *json = NULL;
    struct soc_error why = {0};
    if (scanned.kind == SOC_LINE_RECORD && !scanned.foreign && !scanned.salvaged)
        json = soc_json_parse(scanned.text, scanned.length, &why);
    if (why.code == -ENOMEM)
        return soc_fail_memory(error);
    const char *of = json ? soc_json_get_string(json, "log") : NULL;
    int64_t version;
    if (!of || strcmp(of, log) != 0 || !soc_json_get_integer(json, "base", ret_base) ||
        *ret_base < 0 || !soc_json_get_integer(json, "version", &version))
        return soc_fail(error, SOCIETY_E_CORRUPT, "%s: the header in its first line is damaged",
                        name);
    if (version != 1)
        return soc_fail(error, SOCIETY_E_FORMAT,
                        "%s: field version is %" PRId64 ", this library reads 1", name, version);
    return 0;
}

/* A first line that begins like a header and is none: where nothing is archived there was never a
 * rotation, and it is a damaged line like any other; else positions can't be known, and guessing
 * them would lose messages. */
static int judge_damage(const struct soc_dir *dir, const char *log, struct soc_segment *segment,
                        struct soc_error *error)
{
    SOC_AUTO_FREE int64_t *bases = NULL;
    size_t count = 0;
    int result = soc_segment_archived(dir, log, &bases, &count, NULL);
    if (result < 0 || count > 0)
        return error ? error->code : SOCIETY_E_CORRUPT;
    segment->base = 0;
    segment->header_length = 0;
    return 0;
}

static int read_header(const struct soc_dir *dir, struct soc_segment *segment, const char *log,
                       const char *name, struct soc_error *error)
{
    char head[HEADER_MAX];
    ssize_t got = soc_fs_pread_text(segment->fd, head, sizeof head);
    if (got < 0)
        return soc_fail_errno(error, "%s: cannot read", name);
    size_t length = (size_t)got;
    if (length < sizeof HEADER_START - 1 ||
        memcmp(head, HEADER_START, sizeof HEADER_START - 1) != 0)
        return 0;
    const char *newline = memchr(head, '\n', length);
    size_t end = newline ? (size_t)(newline - head) : length;
    segment->header_length = (int64_t)end + 1;
    int result = parse_header(head, end, log, name, &segment->base, error);
    return result == SOCIETY_E_CORRUPT ? judge_damage(dir, log, segment, error) : result;
}

static bool is_named(const struct soc_dir *dir, const char *name, const struct stat *st)
{
    struct stat other;
    return soc_sys->fstatat(dir->fd, name, &other, AT_SYMLINK_NOFOLLOW) == 0 &&
           other.st_ino == st->st_ino && other.st_dev == st->st_dev;
}

/* A planted hard link would let somebody else's file grow, or ours be changed from elsewhere. The
 * one second name that is right is the archive's, in the middle of a rotation. */
static int check_links(const struct soc_dir *dir, const char *log, const char *name,
                       const struct soc_segment *segment, struct soc_error *error)
{
    struct stat st;
    char path[SOC_SEGMENT_NAME_MAX];
    char archived[SOC_SEGMENT_NAME_MAX];
    soc_segment_name(path, log);
    soc_segment_archive_name(archived, log, segment->base);
    /* Again, for a rotation may take the second name away between the look at the file and that at
     * its names. And link(2) counts a name before it can be found; who reads the directory waits
     * until it can. */
    for (int look = 0; look < 3; look++) {
        char **names = NULL;
        if (look > 0 && soc_fs_list(dir, "archive", &names, NULL) == 0)
            soc_fs_free_names(names);
        if (soc_sys->fstat(segment->fd, &st) < 0)
            return soc_fail_errno(error, "%s: cannot stat", name);
        if (st.st_nlink <= 1 ||
            (st.st_nlink == 2 && is_named(dir, path, &st) && is_named(dir, archived, &st)))
            return 0;
    }
    return soc_fail(error, SOCIETY_E_UNSAFE_FILE,
                    "%s has %lu hard links: some other name shares it", name,
                    (unsigned long)st.st_nlink);
}

int soc_segment_open(const struct soc_dir *dir, const char *log, int64_t base, int flags,
                     struct soc_segment *ret_segment, struct soc_error *error)
{
    char name[SOC_SEGMENT_NAME_MAX];
    if (base < 0)
        soc_segment_name(name, log);
    else
        soc_segment_archive_name(name, log, base);
    SOC_AUTO_FD int fd = soc_fs_open(dir, name, flags, error);
    if (fd < 0)
        return fd;
    struct stat st;
    if (soc_sys->fstat(fd, &st) < 0)
        return soc_fail_errno(error, "%s: cannot stat", name);
    struct soc_segment segment = {.fd = fd, .device = st.st_dev, .inode = st.st_ino};
    int result = read_header(dir, &segment, log, name, error);
    if (result == 0)
        result = check_links(dir, log, name, &segment, error);
    if (result == 0 && base >= 0 && segment.base != base)
        result =
            soc_fail(error, SOCIETY_E_CORRUPT, "%s: field base is %" PRId64, name, segment.base);
    if (result < 0)
        return result;
    soc_steal_fd(&fd);
    *ret_segment = segment;
    return 0;
}

void soc_segment_close(struct soc_segment *segment)
{
    if (segment->fd >= 0)
        soc_sys->close(segment->fd);
    segment->fd = -1;
}

int soc_segment_measure(const struct soc_dir *dir, const char *log,
                        const struct soc_segment *segment, int64_t *ret_size,
                        struct soc_error *error)
{
    /* A file server is asked, not what is remembered of its answers. */
    const int flags = AT_SYMLINK_NOFOLLOW | AT_STATX_FORCE_SYNC;
    char name[SOC_SEGMENT_NAME_MAX];
    struct statx st;
    soc_segment_name(name, log);
    if (soc_sys->statx(dir->fd, name, flags, STATX_INO | STATX_SIZE, &st) < 0) {
        if (errno == ENOENT)
            return 0;
        return soc_fail_errno(error, "%s: cannot stat", name);
    }
    if (st.stx_ino != segment->inode ||
        makedev(st.stx_dev_major, st.stx_dev_minor) != segment->device)
        return 0;
    *ret_size = (int64_t)st.stx_size;
    return 1;
}

int soc_segment_is_present(const struct soc_dir *dir, const char *log,
                           const struct soc_segment *segment, struct soc_error *error)
{
    int64_t ignored;
    return soc_segment_measure(dir, log, segment, &ignored, error);
}

static int compare_bases(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* "messages-181204.jsonl" -> 181204; -1 for any other name. */
static int64_t parse_archive_name(const char *name, const char *log)
{
    size_t prefix = strlen(log);
    if (strncmp(name, log, prefix) != 0 || name[prefix] != '-')
        return -1;
    const char *digits = name + prefix + 1;
    size_t count = strspn(digits, "0123456789");
    if (count == 0 || count > 18 || strcmp(digits + count, ".jsonl") != 0)
        return -1;
    return strtoll(digits, NULL, 10);
}

int soc_segment_archived(const struct soc_dir *dir, const char *log, int64_t **ret_bases,
                         size_t *ret_count, struct soc_error *error)
{
    char **names;
    int result = soc_fs_list(dir, "archive", &names, error);
    if (result < 0)
        return result;
    size_t total = 0;
    while (names[total])
        total++;
    int64_t *bases = malloc((total + 1) * sizeof *bases);
    size_t count = 0;
    for (size_t i = 0; bases && i < total; i++) {
        int64_t base = parse_archive_name(names[i], log);
        if (base >= 0)
            bases[count++] = base;
    }
    soc_fs_free_names(names);
    if (!bases)
        return soc_fail_memory(error);
    qsort(bases, count, sizeof *bases, compare_bases);
    *ret_bases = bases;
    *ret_count = count;
    return 0;
}

int64_t soc_segment_size(const struct soc_segment *segment, const char *log,
                         struct soc_error *error)
{
    off_t size = soc_sys->lseek(segment->fd, 0, SEEK_END);
    if (size < 0)
        return soc_fail_errno(error, "%s.jsonl: cannot seek", log);
    return size;
}
