/* SPDX-License-Identifier: MIT */
/*
 * The files of a log: names, headers, and what may not stand where a file should.
 */
#include "segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/internal/store.h"
#include "harness/unit.h"
#include "record.h"

static struct soc_segment segment;

static int open_present(void)
{
    segment = (struct soc_segment)SOC_SEGMENT_INIT;
    return soc_segment_open(&store_dir, "messages", -1, O_RDONLY, &segment, &store_error);
}

static int open_archived(int64_t base)
{
    segment = (struct soc_segment)SOC_SEGMENT_INIT;
    return soc_segment_open(&store_dir, "messages", base, O_RDONLY, &segment, &store_error);
}

static void test_names(void **state)
{
    char name[SOC_SEGMENT_NAME_MAX];
    char id[SOC_LATE_ID_SIZE];

    (void)state;
    soc_segment_name(name, "deliveries");
    assert_string_equal(name, "deliveries.jsonl");
    soc_segment_archive_name(name, "messages", INT64_C(9007199254740992));
    assert_string_equal(name, "archive/messages-9007199254740992.jsonl");
    soc_segment_late_id(id, "messages", 4, 17);
    assert_string_equal(id, "late-messages-4-17");
    assert_true(soc_is_log("registry"));
    assert_true(soc_is_log("ownership"));
    assert_false(soc_is_log("presence"));
    assert_false(soc_is_log(""));
}

static void test_no_header(void **state)
{
    (void)state;
    assert_int_equal(open_present(), -ENOENT);
    store_put("messages.jsonl", "");
    assert_int_equal(open_present(), 0);
    assert_int_equal(segment.base, 0);
    assert_int_equal(soc_segment_size(&segment, "messages", NULL), 0);
    soc_segment_close(&segment);
    assert_int_equal(segment.fd, -1);
    store_put("messages.jsonl", store_foreign("a"));
    assert_int_equal(open_present(), 0);
    assert_int_equal(segment.header_length, 0);
    soc_segment_close(&segment);
    soc_segment_close(&segment);
}

static void test_header(void **state)
{
    const char *header = store_header("messages", 4711);

    (void)state;
    store_put("messages.jsonl", header);
    store_put("archive/messages-4711.jsonl", header);
    assert_int_equal(open_present(), 0);
    assert_int_equal(segment.base, 4711);
    assert_int_equal(segment.header_length, strlen(header));
    soc_segment_close(&segment);
    assert_int_equal(open_archived(4711), 0);
    soc_segment_close(&segment);
    assert_int_equal(open_archived(0), -ENOENT);
}

static void test_a_forged_header(void **state)
{
    /* Without a checksum, and nothing was ever archived: a line like any other. */
    (void)state;
    store_put("messages.jsonl",
              "{\"type\":\"log_segment\",\"log\":\"messages\",\"version\":1,\"base\":5}\n");
    assert_int_equal(open_present(), 0);
    assert_int_equal(segment.base, 0);
    assert_int_equal(segment.header_length, 0);
    soc_segment_close(&segment);
}

static void refuse(const char *text, int code, const char *words)
{
    write_text(store_path("messages.jsonl"), text);
    assert_int_equal(open_present(), code);
    assert_string_equal(store_error.text, words);
    assert_int_equal(segment.fd, -1);
}

/* A first line whose checksum is sound. */
static const char *header(const char *log, int version, const char *base)
{
    static char text[512];
    SOC_AUTO_STRBUF struct soc_strbuf line = SOC_STRBUF_INIT;

    soc_record_begin(&line, "log_segment");
    soc_record_string(&line, "log", log);
    if (version > 0)
        soc_record_integer(&line, "version", version);
    soc_record_raw(&line, "base", base, strlen(base));
    assert_int_equal(soc_record_end(&line, 0, NULL), 0);
    snprintf(text, sizeof(text), "%s", line.data);
    return text;
}

static void test_damaged_headers(void **state)
{
    static const char damaged[] = "messages.jsonl: the header in its first line is damaged";
    char *text;

    (void)state;
    /* Since something was archived, positions have to be known. */
    store_put("archive/messages-0.jsonl", store_foreign("a"));
    refuse("{\"type\":\"log_segment\"}\n", SOCIETY_E_CORRUPT, damaged);
    refuse("{\"type\":\"log_segment\",\"log\":\"messages\",\"version\":1,\"base\":5}\n",
           SOCIETY_E_CORRUPT, damaged);
    refuse(header("tasks", 1, "5"), SOCIETY_E_CORRUPT, damaged);
    refuse(header("messages", 1, "-5"), SOCIETY_E_CORRUPT, damaged);
    refuse(header("messages", 1, "1e300"), SOCIETY_E_CORRUPT, damaged);
    refuse(header("messages", 1, "\"5\""), SOCIETY_E_CORRUPT, damaged);
    refuse(header("messages", 0, "5"), SOCIETY_E_CORRUPT, damaged);
    refuse(header("messages", 2, "5"), SOCIETY_E_FORMAT,
           "messages.jsonl: field version is 2, this library reads 1");
    text = store_filler(5000);
    memcpy(text, "{\"type\":\"log_segment\"", 21);
    refuse(text, SOCIETY_E_CORRUPT, damaged);
    free(text);
    text = strdup(store_header("messages", 17));
    strstr(text, "17")[0] = '2';
    refuse(text, SOCIETY_E_CORRUPT, damaged);
    free(text);
}

static void test_an_archive_with_another_base(void **state)
{
    (void)state;
    store_put("archive/messages-10.jsonl", store_header("messages", 20));
    assert_int_equal(open_archived(10), SOCIETY_E_CORRUPT);
    assert_string_equal(store_error.text, "archive/messages-10.jsonl: field base is 20");
}

static void test_what_is_no_file(void **state)
{
    const char *path = store_path("messages.jsonl");

    (void)state;
    write_text(store_path("elsewhere"), "");
    assert_int_equal(symlink("elsewhere", path), 0);
    assert_int_equal(open_present(), SOCIETY_E_UNSAFE_FILE);
    assert_string_equal(store_error.text, "messages.jsonl is a symbolic link");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(open_present(), SOCIETY_E_UNSAFE_FILE);
    assert_string_equal(store_error.text, "messages.jsonl is a FIFO");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(open_present(), SOCIETY_E_UNSAFE_FILE);
    assert_string_equal(store_error.text, "messages.jsonl is a directory");
    assert_int_equal(rmdir(path), 0);
    if (mknod(path, S_IFCHR | 0600, makedev(1, 5)) == 0) {
        assert_int_equal(open_present(), SOCIETY_E_UNSAFE_FILE);
        assert_string_equal(store_error.text, "messages.jsonl is a device");
    }
}

static void test_hard_links(void **state)
{
    (void)state;
    store_put("messages.jsonl", store_foreign("a"));
    assert_int_equal(link(store_path("messages.jsonl"), store_path("other")), 0);
    assert_int_equal(open_present(), SOCIETY_E_UNSAFE_FILE);
    assert_string_equal(store_error.text,
                        "messages.jsonl has 2 hard links: some other name shares it");
    /* The archive's name is the one that a rotation gives, and no other. */
    store_put("archive/messages-5.jsonl", "");
    assert_int_equal(rename(store_path("other"), store_path("archive/messages-5.jsonl")), 0);
    assert_int_equal(open_present(), SOCIETY_E_UNSAFE_FILE);
    assert_int_equal(
        rename(store_path("archive/messages-5.jsonl"), store_path("archive/messages-0.jsonl")), 0);
    assert_int_equal(open_present(), 0);
    soc_segment_close(&segment);
    assert_int_equal(link(store_path("messages.jsonl"), store_path("third")), 0);
    assert_int_equal(open_present(), SOCIETY_E_UNSAFE_FILE);
}

static void test_is_it_present(void **state)
{
    (void)state;
    store_put("messages.jsonl", "");
    assert_int_equal(open_present(), 0);
    assert_int_equal(soc_segment_is_present(&store_dir, "messages", &segment, NULL), 1);
    assert_int_equal(soc_segment_is_present(&store_dir, "tasks", &segment, NULL), 0);
    assert_int_equal(rename(store_path("messages.jsonl"), store_path("moved")), 0);
    assert_int_equal(soc_segment_is_present(&store_dir, "messages", &segment, NULL), 0);
    store_put("messages.jsonl", "");
    assert_int_equal(soc_segment_is_present(&store_dir, "messages", &segment, NULL), 0);
    faults_at(FAULT_STATX, 1, EIO);
    assert_int_equal(soc_segment_is_present(&store_dir, "messages", &segment, &store_error), -EIO);
    assert_string_equal(store_error.text, "messages.jsonl: cannot stat: Input/output error");
    soc_segment_close(&segment);
}

static void test_presence_and_size(void **state)
{
    int64_t size = -1;

    (void)state;
    store_put("messages.jsonl", "");
    assert_int_equal(open_present(), 0);
    assert_int_equal(soc_segment_measure(&store_dir, "messages", &segment, &size, NULL), 1);
    assert_int_equal(size, 0);
    store_put("messages.jsonl", "{}\n");
    assert_int_equal(soc_segment_measure(&store_dir, "messages", &segment, &size, NULL), 1);
    assert_int_equal(size, 3);
    assert_int_equal(rename(store_path("messages.jsonl"), store_path("moved")), 0);
    size = -1;
    assert_int_equal(soc_segment_measure(&store_dir, "messages", &segment, &size, NULL), 0);
    faults_at(FAULT_STATX, 1, EIO);
    assert_int_equal(soc_segment_measure(&store_dir, "messages", &segment, &size, NULL), -EIO);
    assert_int_equal(size, -1);
    soc_segment_close(&segment);
}

static void test_archived(void **state)
{
    int64_t *bases;
    size_t count;

    (void)state;
    assert_int_equal(soc_segment_archived(&store_dir, "messages", &bases, &count, NULL), 0);
    assert_int_equal(count, 0);
    free(bases);
    store_put("archive/messages-1000.jsonl", "");
    store_put("archive/messages-900.jsonl", "");
    store_put("archive/messages-0.jsonl", "");
    store_put("archive/messages-.jsonl", "");
    store_put("archive/messages-1x.jsonl", "");
    store_put("archive/messages--1.jsonl", "");
    store_put("archive/messages-9999999999999999999.jsonl", "");
    store_put("archive/messagesx-1.jsonl", "");
    store_put("archive/deliveries-1.jsonl", "");
    store_put("archive/.messages-1.jsonl.tmp", "");
    assert_int_equal(soc_segment_archived(&store_dir, "messages", &bases, &count, NULL), 0);
    assert_int_equal(count, 3);
    assert_int_equal(bases[0], 0);
    assert_int_equal(bases[1], 900);
    assert_int_equal(bases[2], 1000);
    free(bases);
}

static void test_an_archive_that_is_a_link(void **state)
{
    int64_t *bases;
    size_t count;

    (void)state;
    assert_int_equal(symlink("/tmp", store_path("archive")), 0);
    assert_int_equal(soc_segment_archived(&store_dir, "messages", &bases, &count, &store_error),
                     SOCIETY_E_UNSAFE_FILE);
    assert_string_equal(store_error.text, "archive is a symbolic link");
}

static void test_faults(void **state)
{
    (void)state;
    store_put("messages.jsonl", store_foreign("a"));
    faults_at(FAULT_FSTAT, 2, EIO); /* the first is soc_fs_open()'s own look */
    assert_int_equal(open_present(), -EIO);
    faults_at(FAULT_PREAD, 1, EIO);
    assert_int_equal(open_present(), -EIO);
    assert_string_equal(store_error.text, "messages.jsonl: cannot read: Input/output error");
    assert_int_equal(open_present(), 0);
    faults_at(FAULT_LSEEK, 1, EIO);
    assert_int_equal(soc_segment_size(&segment, "messages", &store_error), -EIO);
    soc_segment_close(&segment);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_names),           TEST(test_no_header),
        TEST(test_header),          TEST(test_a_forged_header),
        TEST(test_damaged_headers), TEST(test_an_archive_with_another_base),
        TEST(test_what_is_no_file), TEST(test_hard_links),
        TEST(test_is_it_present),   TEST(test_presence_and_size),
        TEST(test_archived),        TEST(test_an_archive_that_is_a_link),
        TEST(test_faults),
    };

    return cmocka_run_group_tests_name("segment", tests, NULL, NULL);
}
