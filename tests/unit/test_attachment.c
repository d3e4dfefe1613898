/* SPDX-License-Identifier: MIT */
/*
 * Attachments: stored under their hash, verified when they are opened, and nothing left behind when
 * the disk fails on the way.
 */
#include "attachment.h"

#include <errno.h>
#include <fcntl.h>
#include <society/message.h>
#include <society/society.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/tmp.h"
#include "harness/unit.h"
#include "json.h"

#define HELLO_HASH "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
#define OTHER_HASH "0000000000000000000000000000000000000000000000000000000000000000"

static char *tmp;
static society *s;

static int setup(void **state)
{
    (void)state;
    tmp = tmp_make();
    faults_install();
    return society_new(&s) < 0 || society_init(s, tmp, NULL, 0) < 0;
}

static int teardown(void **state)
{
    (void)state;
    society_close(s);
    faults_remove();
    tmp_remove(tmp);
    return 0;
}

/* A path in the project, and one among the attachments; each is good until the next call but one. */
static const char *in_project(const char *name)
{
    static char paths[2][512];
    static unsigned turn;
    char *path = paths[turn++ % 2];
    snprintf(path, sizeof paths[0], "%s/%s", tmp, name);
    return path;
}

static const char *in_store(const char *name)
{
    char full[256];
    snprintf(full, sizeof full, ".society-agent/attachments/%s", name);
    return in_project(full);
}

static void expect_words(const char *words)
{
    if (!strstr(society_last_message(s), words))
        fail_msg("\"%s\" is not in \"%s\"", words, society_last_message(s));
}

/* Attaches a file and gives the object's members `type` and `size`. */
static void expect_attached(const char *name, const char *type, int64_t size)
{
    char *text = NULL;
    int64_t found;
    assert_int_equal(society_attach(s, in_project(name), &text), 0);
    SOC_AUTO_JSON soc_json *json = soc_json_parse(text, strlen(text), NULL);
    assert_non_null(json);
    assert_string_equal(soc_json_get_string(json, "type"), type);
    assert_true(soc_json_get_integer(json, "size", &found));
    assert_int_equal(found, size);
    assert_true(soc_is_attachment(soc_json_get_string(json, "hash")));
    society_free(text);
}

static void test_stored_and_opened(void **state)
{
    (void)state;
    char *text = NULL;
    int32_t fd = -1;
    char content[16];
    write_text(in_project("hello.txt"), "hello\n");
    assert_int_equal(society_attach(s, in_project("hello.txt"), &text), 0);
    assert_string_equal(
        text, "{\"name\":\"hello.txt\",\"type\":\"text/plain\",\"size\":6,\"hash\":\"" HELLO_HASH
              "\",\"path\":\"attachments/" HELLO_HASH "\"}");
    society_free(text);
    assert_int_equal(count_entries(in_store("")), 1);
    assert_int_equal(file_mode(in_store(HELLO_HASH)), 0600);
    assert_int_equal(society_attachment_open(s, HELLO_HASH, &fd), 0);
    assert_int_equal(read(fd, content, sizeof content), 6);
    assert_memory_equal(content, "hello\n", 6);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    close(fd);
}

static void test_same_content_is_stored_once(void **state)
{
    (void)state;
    write_text(in_project("one"), "the same");
    write_text(in_project("two"), "the same");
    assert_int_equal(symlink("two", in_project("link")), 0);
    expect_attached("one", "text/plain", 8);
    expect_attached("two", "text/plain", 8);
    expect_attached("link", "text/plain", 8); /* the user's own links are followed */
    assert_int_equal(count_entries(in_store("")), 1);
}

static void test_names_are_made_text(void **state)
{
    (void)state;
    char *text = NULL;
    write_text(in_project("a\"b\n\xff"), "x");
    assert_int_equal(society_attach(s, in_project("a\"b\n\xff"), &text), 0);
    assert_non_null(strstr(text, "{\"name\":\"a\\\"b\\n\xef\xbf\xbd\","));
    society_free(text);
}

static void test_types(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        size_t length;
        const char *type;
    } cases[] = {
        {"", 0, "text/plain"},
        {"gr\xc3\xbc\xc3\x9f", 6, "text/plain"},
        {"gr\xc3", 3, "application/octet-stream"},
        {"a\xff"
         "bcdefgh",
         9, "application/octet-stream"},
        {"a\0b", 3, "application/octet-stream"},
        {"\x89PNG\r\n\x1a\n\0", 9, "image/png"},
        {"\xff\xd8\xff\xe0", 4, "image/jpeg"},
        {"GIF89a\0", 7, "image/gif"},
        {"GIF87a\0", 7, "image/gif"},
        {"%PDF-1.7\n", 9, "application/pdf"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_file(in_project("file"), cases[i].content, cases[i].length);
        expect_attached("file", cases[i].type, (int64_t)cases[i].length);
    }
}

/* Wherever a read ends within a character. */
static void test_text_cut_anywhere(void **state)
{
    (void)state;
    const char *text = "a\xe2\x82\xac\xf0\x9f\x98\x80z";
    write_text(in_project("file"), text);
    for (size_t first = 1; first < strlen(text); first++) {
        faults_reset();
        faults_short(FAULT_READ, 1, first);
        faults_short(FAULT_READ, 2, 1);
        expect_attached("file", "text/plain", (int64_t)strlen(text));
        assert_true(faults_count(FAULT_READ) >= 3);
    }
}

static void test_what_is_no_file(void **state)
{
    (void)state;
    char *text = NULL;
    assert_int_equal(mkdir(in_project("dir"), 0700), 0);
    assert_int_equal(mkfifo(in_project("fifo"), 0600), 0);
    assert_int_equal(society_attach(s, in_project("dir"), &text), SOCIETY_E_INVALID);
    expect_words("dir is not a regular file");
    assert_int_equal(society_attach(s, in_project("fifo"), &text), SOCIETY_E_INVALID);
    assert_int_equal(society_attach(s, "/dev/null", &text), SOCIETY_E_INVALID);
    assert_int_equal(society_attach(s, in_project("none"), &text), -ENOENT);
    expect_words("none: No such file or directory");
    assert_null(text);
    assert_int_equal(count_entries(in_store("")), 0);
}

static void test_limit(void **state)
{
    (void)state;
    char *text = NULL;
    write_text(in_project("big"), "");
    assert_int_equal(truncate(in_project("big"), SOC_ATTACHMENT_MAX), 0);
    expect_attached("big", "application/octet-stream", SOC_ATTACHMENT_MAX);
    assert_int_equal(truncate(in_project("big"), SOC_ATTACHMENT_MAX + 1), 0);
    assert_int_equal(society_attach(s, in_project("big"), &text), SOCIETY_E_TOO_BIG);
    expect_words("larger than 10485760 bytes");
    assert_int_equal(count_entries(in_store("")), 1);
}

static void grow(void *path)
{
    assert_int_equal(truncate(path, SOC_ATTACHMENT_MAX + 1), 0);
}

static void test_file_that_grows_while_copied(void **state)
{
    (void)state;
    char *text = NULL;
    char *path = tmp_path(tmp, "growing");
    write_text(path, "small");
    faults_hook(FAULT_READ, 1, grow, path);
    assert_int_equal(society_attach(s, path, &text), SOCIETY_E_TOO_BIG);
    assert_int_equal(count_entries(in_store("")), 0);
    free(path);
}

static void expect_hello(void)
{
    int32_t fd = -1;
    expect_attached("file", "text/plain", 6);
    assert_int_equal(society_attachment_open(s, HELLO_HASH, &fd), 0);
    close(fd);
    assert_int_equal(count_entries(in_store("")), 1);
    assert_int_equal(file_mode(in_store(HELLO_HASH)), 0600);
}

static void test_name_taken_by_something_else(void **state)
{
    (void)state;
    char *text = NULL;
    write_text(in_project("file"), "hello\n");
    write_text(in_store(HELLO_HASH), "evil!\n"); /* of the same size */
    expect_hello();
    assert_int_equal(truncate(in_store(HELLO_HASH), SOC_ATTACHMENT_MAX + 1), 0);
    expect_hello();
    assert_int_equal(unlink(in_store(HELLO_HASH)), 0);
    assert_int_equal(symlink("../../file", in_store(HELLO_HASH)), 0);
    expect_hello();
    assert_int_equal(unlink(in_store(HELLO_HASH)), 0);
    assert_int_equal(mkfifo(in_store(HELLO_HASH), 0600), 0);
    expect_hello();
    /* The right content, which somebody can change by its other name. */
    assert_int_equal(link(in_store(HELLO_HASH), in_project("other")), 0);
    expect_hello();
    write_text(in_project("other"), "evil!\n");
    expect_hello();
    faults_at(FAULT_PREAD, 1, EIO);
    assert_int_equal(society_attach(s, in_project("file"), &text), -EIO);
    assert_int_equal(unlink(in_store(HELLO_HASH)), 0);
    assert_int_equal(mkdir(in_store(HELLO_HASH), 0700), 0);
    assert_int_equal(society_attach(s, in_project("file"), &text), -EISDIR);
    expect_words("can't replace attachments/" HELLO_HASH);
    assert_int_equal(count_entries(in_store("")), 1);
}

static void test_store_is_a_link(void **state)
{
    (void)state;
    char *text = NULL;
    write_text(in_project("file"), "hello\n");
    assert_int_equal(rmdir(in_store("")), 0);
    assert_int_equal(symlink(tmp, in_project(".society-agent/attachments")), 0);
    assert_int_equal(society_attach(s, in_project("file"), &text), SOCIETY_E_UNSAFE_FILE);
    assert_false(file_exists(in_project(HELLO_HASH)));
}

static void test_disk_fails_at_each_step(void **state)
{
    (void)state;
    static const struct {
        enum fault_call call;
        int error;
    } steps[] = {
        {FAULT_OPENAT, EMFILE},    {FAULT_FSTAT, EIO},    {FAULT_MKDIRAT, EROFS},
        {FAULT_GETRANDOM, ENOSYS}, {FAULT_READ, EIO},     {FAULT_WRITE, ENOSPC},
        {FAULT_FDATASYNC, EIO},    {FAULT_LINKAT, EPERM},
    };
    char *text = NULL;
    size_t before = count_descriptors();
    write_text(in_project("file"), "hello\n");
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        faults_reset();
        faults_at(steps[i].call, 1, steps[i].error);
        assert_int_equal(society_attach(s, in_project("file"), &text), -steps[i].error);
        assert_null(text);
        assert_false(file_exists(in_store(HELLO_HASH)));
        assert_int_equal(count_entries(in_store("")), 0);
    }
    faults_reset();
    faults_at(FAULT_READ, 1, EINTR);
    faults_at(FAULT_PREAD, 1, EINTR);
    expect_attached("file", "text/plain", 6);
    int32_t fd = -1;
    assert_int_equal(society_attachment_open(s, HELLO_HASH, &fd), 0);
    close(fd);
    assert_int_equal(count_descriptors(), before);
}

static void test_open_refuses(void **state)
{
    (void)state;
    int32_t fd = -1;
    assert_int_equal(society_attachment_open(s, OTHER_HASH, &fd), SOCIETY_E_NOT_FOUND);
    assert_int_equal(rmdir(in_store("")), 0);
    assert_int_equal(society_attachment_open(s, OTHER_HASH, &fd), SOCIETY_E_NOT_FOUND);
    assert_int_equal(mkdir(in_store(""), 0700), 0);
    assert_int_equal(society_attachment_open(s, "../project.json", &fd), SOCIETY_E_INVALID);
    assert_int_equal(society_attachment_open(s, "", &fd), SOCIETY_E_INVALID);
    assert_int_equal(society_attachment_open(s, OTHER_HASH "0", &fd), SOCIETY_E_INVALID);
    write_text(in_store(HELLO_HASH), "hello!\n");
    assert_int_equal(society_attachment_open(s, HELLO_HASH, &fd), SOCIETY_E_CORRUPT);
    expect_words("its content has the SHA-256");
    assert_int_equal(truncate(in_store(HELLO_HASH), SOC_ATTACHMENT_MAX + 1), 0);
    assert_int_equal(society_attachment_open(s, HELLO_HASH, &fd), SOCIETY_E_CORRUPT);
    expect_words("is larger than");
    assert_int_equal(unlink(in_store(HELLO_HASH)), 0);
    assert_int_equal(mkfifo(in_store(HELLO_HASH), 0600), 0);
    assert_int_equal(society_attachment_open(s, HELLO_HASH, &fd), SOCIETY_E_UNSAFE_FILE);
    assert_int_equal(unlink(in_store(HELLO_HASH)), 0);
    write_text(in_store(HELLO_HASH), "hello\n");
    faults_at(FAULT_PREAD, 1, EIO);
    assert_int_equal(society_attachment_open(s, HELLO_HASH, &fd), -EIO);
    assert_int_equal(fd, -1);
}

static void test_needs_an_open_handle(void **state)
{
    (void)state;
    society *closed;
    char *text = NULL;
    int32_t fd = -1;
    assert_int_equal(society_new(&closed), 0);
    assert_int_equal(society_attach(closed, "/dev/null", &text), SOCIETY_E_NO_SOCIETY);
    assert_int_equal(society_attachment_open(closed, HELLO_HASH, &fd), SOCIETY_E_NO_SOCIETY);
    society_close(closed);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_stored_and_opened),
        CASE(test_same_content_is_stored_once),
        CASE(test_names_are_made_text),
        CASE(test_types),
        CASE(test_text_cut_anywhere),
        CASE(test_what_is_no_file),
        CASE(test_limit),
        CASE(test_file_that_grows_while_copied),
        CASE(test_name_taken_by_something_else),
        CASE(test_store_is_a_link),
        CASE(test_disk_fails_at_each_step),
        CASE(test_open_refuses),
        CASE(test_needs_an_open_handle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
