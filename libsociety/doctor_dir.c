/* SPDX-License-Identifier: MIT */
/*
 * Verifying the directory: project.json, cursors, attachments, what a crash left behind, and who
 * may write. Entries are looked at by fstatat(2), so that nobody who watches locks/ is woken.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "attachment.h"
#include "cursor.h"
#include "doctor.h"
#include "doctor_locks.h"
#include "sys.h"

/* A temporary file lives for milliseconds; one this old was left by a crash. */
#define STALE_MS 60000
#define NAME_SIZE 512

struct check {
    struct society *s;
    struct soc_report *report;
    bool repair;
    int64_t end; /* of the messages: no cursor is beyond it */
};

static bool has_suffix(const char *name, const char *suffix)
{
    size_t length = strlen(name);
    size_t end = strlen(suffix);
    return length > end && strcmp(name + length - end, suffix) == 0;
}

/* Removes what only stands in the way: true when it is gone. */
static bool remove_file(const struct check *check, const char *name)
{
    struct soc_error error = {0};
    if (!check->repair)
        return false;
    if (soc_fs_remove(&check->s->dir, name, &error) == 0)
        return true;
    soc_report_problem(check->report, SOC_NO_POSITION, "not repaired: %s", error.text);
    return false;
}

static void check_temporary(const struct check *check, const char *name, const struct stat *st)
{
    int64_t made = (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000;
    if (S_ISREG(st->st_mode) && soc_now_ms() - made > STALE_MS && !remove_file(check, name))
        soc_report_problem(check->report, SOC_NO_POSITION,
                           "%s is a temporary file that a crash left", name);
}

static void check_cursor(const struct check *check, const char *name, const char *base)
{
    char agent[SOC_ID_MAX + 1];
    struct soc_cursor cursor;
    struct soc_error error = {0};
    size_t length = strlen(base) - (sizeof ".json" - 1);
    if (!soc_is_agent_id(base, length)) /* no agent will ever read it */
        return;
    memcpy(agent, base, length);
    agent[length] = '\0';
    int result = soc_cursor_load(&check->s->dir, agent, &cursor, &error);
    bool useless = result == SOCIETY_E_CORRUPT || result == SOCIETY_E_UNSAFE_FILE;
    if (result == 0 && cursor.position > check->end)
        soc_report_problem(check->report, SOC_NO_POSITION,
                           "%s: field position is %" PRId64 ", and the messages end at %" PRId64,
                           name, cursor.position, check->end);
    if (result < 0 && result != -ENOENT && !(useless && remove_file(check, name)))
        soc_report_problem(check->report, SOC_NO_POSITION, "%s", error.text);
}

static void check_attachment(const struct check *check, const char *base)
{
    struct soc_error error = {0};
    SOC_AUTO_FD int fd = soc_attachment_open(&check->s->dir, base, &error);
    if (fd < 0 && fd != -ENOENT)
        soc_report_problem(check->report, SOC_NO_POSITION, "%s", error.text);
}

/* A file with a second name: who writes to it writes to somebody else's. Looks again, for a lock
 * file has two names while it is made. */
static void check_links(const struct check *check, const char *sub, const char *name,
                        const struct stat *st)
{
    struct stat now = *st;
    for (int look = 0; look < 3 && now.st_nlink > 1; look++) {
        char **names = NULL;
        if (soc_fs_list(&check->s->dir, sub, &names, NULL) == 0)
            soc_fs_free_names(names);
        if (soc_sys->fstatat(check->s->dir.fd, name, &now, AT_SYMLINK_NOFOLLOW) < 0)
            return; /* gone by now */
    }
    if (now.st_nlink > 1)
        soc_report_problem(check->report, SOC_NO_POSITION, "%s has %ju hard links", name,
                           (uintmax_t)now.st_nlink);
}

/* One entry of the directory or of the subdirectory `sub`. */
static void check_entry(const struct check *check, const char *sub, const char *base,
                        const struct stat *st)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%s%s%s", sub, *sub ? "/" : "", base);
    if (!S_ISLNK(st->st_mode) && (st->st_mode & S_IWOTH) != 0)
        soc_report_problem(check->report, SOC_NO_POSITION,
                           "%s can be written by others (mode %04o)", name, st->st_mode & 07777);
    if (S_ISREG(st->st_mode) && (strcmp(sub, "locks") == 0 || strcmp(sub, "cursors") == 0))
        check_links(check, sub, name, st);
    if (base[0] == '.' && has_suffix(base, ".tmp"))
        check_temporary(check, name, st);
    else if (strcmp(sub, "cursors") == 0 && base[0] != '.' && has_suffix(base, ".json"))
        check_cursor(check, name, base);
    else if (strcmp(sub, SOC_ATTACHMENTS) == 0 && soc_is_attachment(base))
        check_attachment(check, base);
    else if ((strcmp(sub, "locks") == 0 || strcmp(sub, "bells") == 0) && !S_ISREG(st->st_mode))
        soc_report_problem(check->report, SOC_NO_POSITION, "%s is not a regular file", name);
}

/* All entries of the directory ("") or a subdirectory. 0; -ENOMEM. */
static int check_entries(const struct check *check, const char *sub)
{
    struct soc_error error = {0};
    char **names = NULL;
    SOC_AUTO_FD int fd = soc_fs_open_dir(&check->s->dir, sub, &error);
    if (fd == -ENOENT)
        return 0;
    int result = fd < 0 ? fd : soc_fs_list(&check->s->dir, sub, &names, &error);
    for (size_t i = 0; result == 0 && names[i]; i++) {
        struct stat st;
        /* What is gone by now was somebody's work in progress. */
        if (soc_sys->fstatat(fd, names[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
            check_entry(check, sub, names[i], &st);
    }
    soc_fs_free_names(names);
    if (result < 0 && result != -ENOMEM)
        soc_report_problem(check->report, SOC_NO_POSITION, "%s", error.text);
    return result == -ENOMEM ? result : 0;
}

static void check_itself(const struct check *check)
{
    struct soc_error error = {0};
    struct soc_config config;
    struct stat st;
    if (soc_config_load(&config, &check->s->dir, &error) == 0)
        soc_config_free(&config);
    else
        soc_report_problem(check->report, SOC_NO_POSITION, "%s", error.text);
    if (soc_sys->fstat(check->s->dir.fd, &st) == 0 && (st.st_mode & S_IWOTH) != 0)
        soc_report_problem(check->report, SOC_NO_POSITION,
                           "the directory can be written by others (mode %04o)",
                           st.st_mode & 07777);
}

/* Where the messages end. What keeps that from being known is in the report of that log. */
static int64_t end_of_messages(const struct society *s)
{
    struct soc_segment present = SOC_SEGMENT_INIT;
    int result = soc_segment_open(&s->dir, "messages", -1, O_RDONLY, &present, NULL);
    if (result < 0)
        return result == -ENOENT ? 0 : INT64_MAX;
    int64_t size = soc_segment_size(&present, "messages", NULL);
    soc_segment_close(&present);
    return size < 0 ? INT64_MAX : present.base + size;
}

int soc_check_directory(struct society *s, bool repair, struct soc_report *report)
{
    static const char *const subs[] = {"", "cursors", "bells", "locks", "archive", SOC_ATTACHMENTS};
    const struct check check = {s, report, repair, end_of_messages(s)};
    int result = 0;
    check_itself(&check);
    for (size_t i = 0; result == 0 && i < sizeof subs / sizeof subs[0]; i++)
        result = check_entries(&check, subs[i]);
    return result == 0 ? soc_check_holdings(s, repair, report) : result;
}
