/* SPDX-License-Identifier: MIT */
/* The doctor: what it counts, what it names and where, what it repairs; and nothing unasked. */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <society/message.h>
#include <society/society.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crc32c.h"
#include "cursor.h"
#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/tmp.h"
#include "harness/unit.h"

#define REPAIR SOCIETY_CHECK_REPAIR
#define HELLO_HASH "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
#define FOREIGN "{\"type\":\"message\",\"from\":\"eve\",\"to\":\"bob\",\"content\":\"hi\"}\n"

static char *tmp;
static society *s;

static int setup(void **state)
{
    (void)state;
    tmp = tmp_make();
    faults_install();
    return society_new(&s) < 0 || society_init(s, tmp, NULL, 0) < 0 ||
           society_identify(s, "alice") < 0;
}

static int teardown(void **state)
{
    (void)state;
    society_close(s);
    faults_remove();
    tmp_remove(tmp);
    return 0;
}

static const char *in_society(const char *name)
{
    static char paths[2][512];
    static unsigned turn;
    char *path = paths[turn++ % 2];
    snprintf(path, sizeof paths[0], "%s/.society-agent/%s", tmp, name);
    return path;
}

static const char *messages(void)
{
    return in_society("messages.jsonl");
}

static void say(const char *content)
{
    char text[128];
    snprintf(text, sizeof text, "{\"to\":\"bob\",\"content\":\"%s\"}", content);
    assert_int_equal(society_send(s, text, NULL), 0);
}

static void rotate(void)
{
    assert_int_equal(society_compact(s, "messages", SOCIETY_COMPACT_FORCE, NULL), 1);
}

/* The objects that the doctor made. */
static soc_json *check(uint32_t flags, int expected)
{
    society_list *logs = NULL;
    int found = society_check(s, flags, &logs);
    soc_json *all = soc_json_new_array();
    for (int64_t i = 0; i < society_list_count(logs); i++) {
        const char *text = society_list_item(logs, i);
        soc_json *log = soc_json_parse(text, strlen(text), NULL);
        if (found != expected)
            print_error("%s\n", text);
        assert_non_null(log);
        assert_int_equal(soc_json_append(all, log), 0);
    }
    society_list_free(logs);
    assert_int_equal(found, expected);
    return all;
}

static void expect_problems(uint32_t flags, int expected)
{
    soc_json_free(check(flags, expected));
}

/* The object of a log; NULL: of the directory. */
static const soc_json *of_log(const soc_json *all, const char *name)
{
    for (size_t i = 0; i < soc_json_count(all); i++) {
        const soc_json *log = soc_json_item(all, i);
        const char *is = soc_json_get_string(log, "log");
        if (name ? is && strcmp(is, name) == 0 : !is)
            return log;
    }
    return NULL;
}

static int64_t number(const soc_json *object, const char *key)
{
    int64_t value = -1;
    assert_true(soc_json_get_integer(object, key, &value));
    return value;
}

static void expect_counts(const soc_json *all, int records, int foreign, int malformed, int torn)
{
    const soc_json *log = of_log(all, "messages");
    assert_int_equal(number(log, "records"), records);
    assert_int_equal(number(log, "foreign"), foreign);
    assert_int_equal(number(log, "malformed"), malformed);
    assert_int_equal(number(log, "torn"), torn);
    assert_int_equal(number(log, "bytes"), file_size(messages()));
}

/* That the log has a problem at a position (-1: none) with these words. */
static void expect_problem(const soc_json *all, const char *log, int64_t position,
                           const char *words)
{
    const soc_json *problems = soc_json_get(of_log(all, log), "problems");
    for (size_t i = 0; i < soc_json_count(problems); i++) {
        const soc_json *problem = soc_json_item(problems, i);
        int64_t at = -1;
        soc_json_get_integer(problem, "position", &at);
        if (at == position && strstr(soc_json_get_string(problem, "what"), words))
            return;
    }
    fail_msg("no problem \"%s\" at %d", words, (int)position);
}

/* One problem, in one log, and what it says. */
static void expect_one(uint32_t flags, const char *log, int64_t position, const char *words)
{
    SOC_AUTO_JSON soc_json *all = check(flags, 1);
    expect_problem(all, log, position, words);
}

static void make_old(const char *path)
{
    const struct timespec times[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

/* ---- Logs ---- */

static void test_healthy(void **state)
{
    (void)state;
    soc_json *all = check(0, 0);
    assert_int_equal(soc_json_count(all), 1); /* there are no logs yet */
    assert_non_null(of_log(all, NULL));
    soc_json_free(all);
    say("one");
    append_text(messages(), FOREIGN);
    append_text(in_society("tasks.jsonl"), "{\"type\":\"task_create\"}\n");
    all = check(REPAIR, 0);
    assert_int_equal(soc_json_count(all), 3);
    expect_counts(all, 2, 1, 0, 0);
    assert_int_equal(number(of_log(all, "tasks"), "foreign"), 1);
    assert_int_equal(number(of_log(all, NULL), "bytes"), 0);
    soc_json_free(all);
}

static void test_repeats_and_blanks_are_no_problem(void **state)
{
    (void)state;
    say("one");
    char *line = read_file(messages(), NULL);
    append_text(messages(), "\r\n\n");
    append_text(messages(), line);
    free(line);
    SOC_AUTO_JSON soc_json *all = check(0, 0);
    expect_counts(all, 1, 0, 0, 0);
}

static void test_malformed_lines(void **state)
{
    (void)state;
    int64_t at[5];
    static const char *const lines[] = {"no json\n", "[1]\n", "{\"a\":1,\"crc\":\"00000000\"}\n",
                                        "{\"a\":1,\"a\":2}\n", "{\"a\":\"\xff\"}\n"};
    say("one");
    for (size_t i = 0; i < 5; i++) {
        at[i] = file_size(messages());
        append_text(messages(), lines[i]);
    }
    say("two");
    SOC_AUTO_JSON soc_json *all = check(REPAIR, 5);
    expect_counts(all, 2, 0, 5, 0);
    expect_problem(all, "messages", at[0], "malformed: column ");
    expect_problem(all, "messages", at[1], "not a JSON object");
    expect_problem(all, "messages", at[2], "its checksum does not match");
    expect_problem(all, "messages", at[3], "malformed: column ");
    expect_problem(all, "messages", at[4], "malformed: ");
}

/* The checksum is right, and what it sums up is no JSON. */
static void test_valid_checksum_is_no_excuse(void **state)
{
    (void)state;
    static const char body[] = "{\"type\":\"message\",\"to\":nobody";
    char line[128];
    snprintf(line, sizeof line, "%s,\"crc\":\"%08x\"}\n", body, soc_crc32c(body, strlen(body)));
    say("one");
    int64_t at = file_size(messages());
    append_text(messages(), line);
    SOC_AUTO_JSON soc_json *all = check(0, 1);
    expect_counts(all, 1, 0, 1, 0);
    expect_problem(all, "messages", at, "malformed: column ");
}

/* A record that a writer without a lock glued to a torn one: once news, and once a repeat. */
static void test_salvaged_and_long_lines(void **state)
{
    (void)state;
    static const char torn[] = "{\"type\":\"mess";
    char *text = malloc(SOC_LINE_MAX + 2);
    say("one");
    char *line = read_file(messages(), NULL);
    write_text(messages(), torn);
    append_text(messages(), line);
    int64_t second = file_size(messages());
    append_text(messages(), torn);
    append_text(messages(), line);
    free(line);
    int64_t third = file_size(messages());
    memset(text, ' ', SOC_LINE_MAX);
    memcpy(text, "{\"a\":1", 6);
    memcpy(text + SOC_LINE_MAX - 1, "}\n", 3);
    append_text(messages(), text);
    free(text);
    SOC_AUTO_JSON soc_json *all = check(0, 3);
    expect_counts(all, 1, 0, 3, 0);
    expect_problem(all, "messages", strlen(torn), "damaged bytes stand before the record");
    expect_problem(all, "messages", second + (int64_t)strlen(torn), "damaged bytes stand before");
    expect_problem(all, "messages", third, "longer than 262144 bytes");
}

static void test_problems_are_capped(void **state)
{
    (void)state;
    for (int i = 0; i < SOC_REPORT_MAX + 5; i++)
        append_text(messages(), "x\n");
    SOC_AUTO_JSON soc_json *all = check(0, SOC_REPORT_MAX + 5);
    const soc_json *problems = soc_json_get(of_log(all, "messages"), "problems");
    assert_int_equal(soc_json_count(problems), SOC_REPORT_MAX + 1);
    expect_problem(all, "messages", -1, "and 5 more");
    assert_int_equal(number(of_log(all, "messages"), "malformed"), SOC_REPORT_MAX + 5);
}

static void test_torn_tail(void **state)
{
    (void)state;
    say("one");
    long long at = file_size(messages());
    append_text(messages(), "{\"type\":\"mess");
    soc_json *all = check(0, 0);
    expect_counts(all, 1, 0, 0, 1);
    soc_json_free(all);
    assert_int_equal(file_size(messages()), at + 13);
    all = check(REPAIR, 1); /* ended, it is one malformed line */
    expect_counts(all, 1, 0, 1, 0);
    expect_problem(all, "messages", at, "malformed: ");
    soc_json_free(all);
    assert_int_equal(file_size(messages()), at + 14);
}

/* ---- Archives ---- */

static void test_archives(void **state)
{
    (void)state;
    say("one");
    long long at = file_size(messages());
    append_text(messages(), "bad\n");
    rotate();
    say("two");
    rotate();
    say("three");
    SOC_AUTO_JSON soc_json *all = check(0, 1);
    expect_counts(all, 1, 0, 0, 0);
    expect_problem(all, "messages", at, "malformed: ");
}

static void test_late_lines(void **state)
{
    (void)state;
    say("one");
    rotate();
    say("two");
    rotate();
    say("three");
    expect_problems(0, 0);
    append_text(in_society("archive/messages-0.jsonl"), FOREIGN "{\"type\":\"to");
    long long before = file_size(messages());
    expect_one(0, "messages", -1, "archive/messages-0.jsonl is not sealed");
    assert_int_equal(file_size(messages()), before);
    soc_json *all = check(REPAIR, 0);
    expect_counts(all, 2, 1, 0, 0);
    soc_json_free(all);
    assert_int_equal(count_text(messages(), "\"content\":\"hi\""), 1);
    expect_problems(REPAIR, 0);
    assert_int_equal(count_text(messages(), "\"content\":\"hi\""), 1);
}

static void test_missing_and_short_archives(void **state)
{
    (void)state;
    char middle[64] = "";
    for (int i = 0; i < 3; i++) {
        say("old");
        rotate();
    }
    int64_t *bases = NULL;
    size_t count;
    assert_int_equal(soc_segment_archived(&s->dir, "messages", &bases, &count, NULL), 0);
    soc_segment_archive_name(middle, "messages", bases[1]);
    free(bases);
    assert_int_equal(unlink(in_society("archive/messages-0.jsonl")), 0);
    expect_problems(0, 0); /* what is missing at the start was retained no longer */
    assert_int_equal(truncate(in_society(middle), file_size(in_society(middle)) * 3 / 5), 0);
    soc_json *all = check(0, 2);
    expect_problem(all, "messages", -1, "is missing");
    expect_problem(all, "messages", -1, "is not sealed");
    soc_json_free(all);
}

static void test_gap(void **state)
{
    (void)state;
    char middle[64] = "";
    for (int i = 0; i < 3; i++) {
        say("old");
        rotate();
    }
    int64_t *bases = NULL;
    size_t count;
    assert_int_equal(soc_segment_archived(&s->dir, "messages", &bases, &count, NULL), 0);
    soc_segment_archive_name(middle, "messages", bases[1]);
    free(bases);
    assert_int_equal(unlink(in_society(middle)), 0);
    expect_one(REPAIR, "messages", -1, "is missing");
}

static void test_damaged_archive_hides_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        say("old");
        rotate();
    }
    say("new");
    append_text(messages(), "bad\n");
    assert_int_equal(unlink(in_society("archive/messages-0.jsonl")), 0);
    assert_int_equal(symlink("elsewhere", in_society("archive/messages-0.jsonl")), 0);
    SOC_AUTO_JSON soc_json *all = check(0, 2);
    expect_problem(all, "messages", -1, "archive/messages-0.jsonl is a symbolic link");
    assert_int_equal(number(of_log(all, "messages"), "malformed"), 1);
}

static void test_registry(void **state)
{
    (void)state;
    write_text(in_society("registry.jsonl"), "{\"agentId\":\"bob\"}\n{\"agentId\":\"a/b\"}\n");
    expect_one(REPAIR, "registry", 18, "field agentId is no agent id: \"a/b\"");
}

static void test_archive_without_a_log(void **state)
{
    (void)state;
    say("old");
    rotate();
    say("new");
    write_text(in_society("archive/messages-5.jsonl"), "junk\n");
    expect_one(0, "messages", -1, "archive/messages-5.jsonl: field base is 0");
    assert_int_equal(unlink(in_society("archive/messages-5.jsonl")), 0);
    write_text(in_society("archive/messages-999999.jsonl"), "x\n");
    expect_one(0, "messages", -1, "archive/messages-999999.jsonl is no part of the log");
    assert_int_equal(unlink(in_society("archive/messages-999999.jsonl")), 0);
    assert_int_equal(link(messages(), in_society("archive/messages-5.jsonl")), 0);
    assert_int_equal(unlink(messages()), 0);
    expect_one(REPAIR, "messages", -1, "messages.jsonl is missing, and there are archives");
}

static void test_unsafe_logs(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(in_society("tasks.jsonl"), 0600), 0);
    expect_one(REPAIR, "tasks", -1, "tasks.jsonl is a FIFO");
    assert_int_equal(unlink(in_society("tasks.jsonl")), 0);
    assert_int_equal(symlink("/etc/hostname", in_society("registry.jsonl")), 0);
    expect_one(REPAIR, "registry", -1, "registry.jsonl is a symbolic link");
    assert_int_equal(unlink(in_society("registry.jsonl")), 0);
    say("one");
    assert_int_equal(link(messages(), in_society("other")), 0);
    expect_one(REPAIR, "messages", -1, "hard link");
}

static void test_damaged_header(void **state)
{
    (void)state;
    /* With nothing archived a damaged line like any other; else nobody knows the positions. */
    say("one");
    rotate();
    write_text(messages(), "{\"type\":\"log_segment\",\"log\":\"tasks\"}\n");
    expect_one(REPAIR, "messages", -1, "header");
}

/* ---- The directory ---- */

static void test_project(void **state)
{
    (void)state;
    write_text(in_society("project.json"), "{\"version\":");
    expect_one(0, NULL, -1, "project.json: line 1, column");
}

static void test_cursors(void **state)
{
    (void)state;
    struct soc_cursor cursor = {.position = 1000000, .check = "00000000"};
    say("one");
    write_text(in_society("cursors/carol.json"), "{");
    assert_int_equal(symlink("carol.json", in_society("cursors/dave.json")), 0);
    assert_int_equal(soc_cursor_store(&s->dir, "bob", &cursor, NULL), 0);
    soc_json *all = check(0, 3);
    expect_problem(all, NULL, -1, "cursors/bob.json: field position is 1000000");
    expect_problem(all, NULL, -1, "cursors/carol.json: ");
    expect_problem(all, NULL, -1, "cursors/dave.json is a symbolic link");
    soc_json_free(all);
    expect_problems(REPAIR, 1);
    assert_false(file_exists(in_society("cursors/carol.json")));
    assert_false(file_exists(in_society("cursors/dave.json")));
    cursor.position = file_size(messages());
    assert_int_equal(soc_cursor_store(&s->dir, "bob", &cursor, NULL), 0);
    expect_problems(REPAIR, 0);
    assert_true(file_exists(in_society("cursors/bob.json")));
}

static void test_temporary_files(void **state)
{
    (void)state;
    static const char *const old[] = {".messages.jsonl.1.tmp", "cursors/.bob.json.1.tmp",
                                      "attachments/.attachment.1.tmp"};
    for (size_t i = 0; i < 3; i++) {
        write_text(in_society(old[i]), "x");
        make_old(in_society(old[i]));
    }
    write_text(in_society(".young.tmp"), "x");
    soc_json *all = check(0, 3);
    expect_problem(all, NULL, -1, ".messages.jsonl.1.tmp is a temporary file");
    expect_problem(all, NULL, -1, "cursors/.bob.json.1.tmp is a temporary file");
    soc_json_free(all);
    faults_at(FAULT_UNLINKAT, 1, EACCES);
    all = check(REPAIR, 2);
    expect_problem(all, NULL, -1, "not repaired: ");
    soc_json_free(all);
    expect_problems(REPAIR, 0);
    for (size_t i = 0; i < 3; i++)
        assert_false(file_exists(in_society(old[i])));
    assert_true(file_exists(in_society(".young.tmp")));
}

static void test_locks_and_modes(void **state)
{
    (void)state;
    say("one");
    assert_int_equal(mkfifo(in_society("locks/mutex-gc.lock"), 0600), 0);
    expect_one(0, NULL, -1, "locks/mutex-gc.lock is not a regular file");
    assert_int_equal(unlink(in_society("locks/mutex-gc.lock")), 0);
    assert_int_equal(chmod(messages(), 0666), 0);
    assert_int_equal(chmod(in_society("cursors"), 0777), 0);
    assert_int_equal(chmod(in_society(""), 0702), 0);
    SOC_AUTO_JSON soc_json *all = check(0, 3);
    expect_problem(all, NULL, -1, "messages.jsonl can be written by others (mode 0666)");
    expect_problem(all, NULL, -1, "cursors can be written by others (mode 0777)");
    expect_problem(all, NULL, -1, "the directory can be written by others (mode 0702)");
}

static void test_hard_links(void **state)
{
    (void)state;
    static const char *const names[] = {"locks/agent-bob.lock", "cursors/notes"};
    for (size_t i = 0; i < 2; i++) {
        write_text(in_society(names[i]), "");
        assert_int_equal(link(in_society(names[i]), in_society("other")), 0);
        expect_one(0, NULL, -1, "has 2 hard links");
        assert_int_equal(unlink(in_society("other")), 0);
    }
}

static void test_subdirectory_is_a_link(void **state)
{
    (void)state;
    assert_int_equal(rmdir(in_society("archive")), 0);
    assert_int_equal(symlink("/tmp", in_society("archive")), 0);
    expect_one(REPAIR, NULL, -1, "archive is a symbolic link");
    say("one");
    expect_problems(REPAIR, 2); /* the messages cannot be read in full, either */
}

static void test_attachments(void **state)
{
    (void)state;
    char *text = NULL;
    char *file = tmp_path(tmp, "file");
    write_text(file, "hello\n");
    assert_int_equal(society_attach(s, file, &text), 0);
    society_free(text);
    free(file);
    expect_problems(0, 0);
    append_text(in_society("attachments/" HELLO_HASH), "!");
    expect_one(REPAIR, NULL, -1, "its content has the SHA-256");
}

/* ---- Failures ---- */

static void test_nothing_is_written_unasked(void **state)
{
    (void)state;
    say("one");
    append_text(messages(), "{\"torn");
    write_text(in_society("cursors/carol.json"), "{");
    faults_reset();
    expect_problems(0, 1);
    assert_int_equal(faults_count(FAULT_WRITE), 0);
    assert_int_equal(faults_count(FAULT_UNLINKAT), 0);
    assert_int_equal(faults_count(FAULT_LOCK), 0);
}

static void test_repair_that_fails(void **state)
{
    (void)state;
    say("one");
    append_text(messages(), "{\"torn");
    faults_at(FAULT_WRITE, 1, ENOSPC);
    expect_one(REPAIR, "messages", -1, "not repaired: ");
    faults_from(FAULT_PREAD, 1, EIO);
    SOC_AUTO_JSON soc_json *all = check(0, 2); /* project.json can't be read, either */
    expect_problem(all, "messages", -1, "Input/output error");
}

static void test_arguments(void **state)
{
    (void)state;
    society *closed;
    society_list *logs = NULL;
    assert_int_equal(society_check(s, 2, &logs), SOCIETY_E_INVALID);
    assert_int_equal(society_check(s, 0, NULL), 0);
    assert_int_equal(society_new(&closed), 0);
    assert_int_equal(society_check(closed, 0, &logs), SOCIETY_E_NO_SOCIETY);
    society_close(closed);
    assert_null(logs);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_healthy),
        CASE(test_repeats_and_blanks_are_no_problem),
        CASE(test_malformed_lines),
        CASE(test_valid_checksum_is_no_excuse),
        CASE(test_salvaged_and_long_lines),
        CASE(test_problems_are_capped),
        CASE(test_torn_tail),
        CASE(test_archives),
        CASE(test_late_lines),
        CASE(test_missing_and_short_archives),
        CASE(test_gap),
        CASE(test_damaged_archive_hides_nothing),
        CASE(test_registry),
        CASE(test_archive_without_a_log),
        CASE(test_unsafe_logs),
        CASE(test_damaged_header),
        CASE(test_project),
        CASE(test_cursors),
        CASE(test_temporary_files),
        CASE(test_locks_and_modes),
        CASE(test_hard_links),
        CASE(test_subdirectory_is_a_link),
        CASE(test_attachments),
        CASE(test_nothing_is_written_unasked),
        CASE(test_repair_that_fails),
        CASE(test_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
