/* SPDX-License-Identifier: MIT */
/*
 * Whole files: read, replaced, removed, listed, with the disk failing at each step.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs.h"
#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/tmp.h"
#include "harness/unit.h"

static char *tmp;
static struct soc_dir dir;
static struct soc_error error;

static int setup(void **state)
{
    (void)state;
    tmp = tmp_make();
    error = (struct soc_error){0};
    faults_install();
    return soc_dir_open(&dir, tmp, NULL) < 0 || soc_fs_mkdir(&dir, "cursors", NULL) < 0;
}

static int teardown(void **state)
{
    (void)state;
    faults_remove();
    soc_dir_close(&dir);
    tmp_remove(tmp);
    return 0;
}

static char *in_society(const char *name)
{
    static char paths[2][PATH_MAX];
    static unsigned turn;
    char *path = paths[turn++ % 2];

    snprintf(path, PATH_MAX, "%s/%s", tmp, name);
    return path;
}

static void expect(int result, int code, const char *words)
{
    assert_int_equal(result, code);
    assert_string_equal(error.text, words);
}

static void expect_content(const char *name, const char *content)
{
    char *text = read_file(in_society(name), NULL);

    assert_string_equal(text, content);
    free(text);
}

static void test_reading(void **state)
{
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;

    (void)state;
    write_text(in_society("a"), "first");
    write_text(in_society("empty"), "");
    soc_strbuf_add_string(&out, "> ");
    assert_int_equal(soc_fs_read(&dir, "a", 5, &out, &error), 0);
    assert_string_equal(out.data, "> first");
    assert_int_equal(soc_fs_read(&dir, "empty", 0, &out, &error), 0);
    assert_string_equal(out.data, "> first");
    expect(soc_fs_read(&dir, "missing", 5, &out, &error), -ENOENT, "");
    expect(soc_fs_read(&dir, "a", 4, &out, &error), SOCIETY_E_TOO_BIG, "a is larger than 4 bytes");
    expect(soc_fs_read(&dir, "cursors", 4, &out, &error), SOCIETY_E_UNSAFE_FILE,
           "cursors is a directory");
    assert_string_equal(out.data, "> first");
}

static void test_reading_much_in_pieces(void **state)
{
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;
    size_t length = 100000;
    char *text = malloc(length);

    (void)state;
    for (size_t i = 0; i < length; i++)
        text[i] = (char)('a' + i % 23);
    write_file(in_society("a"), text, length);
    faults_short(FAULT_PREAD, 1, 7);
    faults_at(FAULT_PREAD, 3, EINTR);
    assert_int_equal(soc_fs_read(&dir, "a", length, &out, &error), 0);
    assert_int_equal(out.length, length);
    assert_memory_equal(out.data, text, length);
    free(text);
    faults_at(FAULT_PREAD, 2, EIO);
    expect(soc_fs_read(&dir, "a", length, &out, &error), -EIO, "can't read a: Input/output error");
}

static void test_replacing(void **state)
{
    (void)state;
    assert_int_equal(soc_fs_replace(&dir, "a", "one", 3, false, &error), 0);
    expect_content("a", "one");
    assert_int_equal(file_mode(in_society("a")), 0600);
    assert_int_equal(soc_fs_replace(&dir, "a", "another", 7, false, &error), 0);
    expect_content("a", "another");
    assert_int_equal(soc_fs_replace(&dir, "cursors/b.json", "", 0, false, &error), 0);
    expect_content("cursors/b.json", "");
    assert_int_equal(count_entries(tmp), 2);
    assert_int_equal(count_entries(in_society("cursors")), 1);
    assert_int_equal(faults_count(FAULT_FDATASYNC) + faults_count(FAULT_FSYNC), 0);
}

static void test_replacing_durably(void **state)
{
    (void)state;
    assert_int_equal(soc_fs_replace(&dir, "cursors/a", "one", 3, true, &error), 0);
    assert_int_equal(faults_count(FAULT_FDATASYNC), 1);
    assert_int_equal(faults_count(FAULT_FSYNC), 1);
    expect_content("cursors/a", "one");
    faults_at(FAULT_FSYNC, 1, EIO);
    expect(soc_fs_replace(&dir, "cursors/a", "two", 3, true, &error), -EIO,
           "can't sync the directory of cursors/a: Input/output error");
}

static void test_a_link_is_replaced_and_not_followed(void **state)
{
    (void)state;
    write_text(in_society("target"), "target");
    assert_int_equal(symlink("target", in_society("a")), 0);
    assert_int_equal(soc_fs_replace(&dir, "a", "new", 3, false, &error), 0);
    expect_content("a", "new");
    expect_content("target", "target");
    assert_int_equal(rmdir(in_society("cursors")), 0);
    assert_int_equal(symlink(".", in_society("cursors")), 0);
    expect(soc_fs_replace(&dir, "cursors/target", "x", 1, false, &error), SOCIETY_E_UNSAFE_FILE,
           "cursors is a symbolic link");
    expect(soc_fs_remove(&dir, "cursors/target", &error), SOCIETY_E_UNSAFE_FILE,
           "cursors is a symbolic link");
    expect_content("target", "target");
}

static void test_a_failed_replacement_leaves_nothing(void **state)
{
    static const struct {
        enum fault_call call;
        int error;
        const char *words;
    } cases[] = {
        {FAULT_WRITE, ENOSPC, "can't write cursors/a: No space left on device"},
        {FAULT_FDATASYNC, EIO, "can't sync cursors/a: Input/output error"},
        {FAULT_RENAMEAT, EACCES, "can't replace cursors/a: Permission denied"},
        {FAULT_GETRANDOM, ENOSYS, "no random bytes for a temporary file: Function not implemented"},
    };

    (void)state;
    write_text(in_society("cursors/a"), "old");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        faults_at(cases[i].call, 1, cases[i].error);
        expect(soc_fs_replace(&dir, "cursors/a", "new", 3, true, &error), -cases[i].error,
               cases[i].words);
        expect_content("cursors/a", "old");
        assert_int_equal(count_entries(in_society("cursors")), 1);
    }
    faults_at(FAULT_OPENAT2, 2, EMFILE);
    assert_int_equal(soc_fs_replace(&dir, "cursors/a", "new", 3, true, &error), -EMFILE);
    expect(soc_fs_replace(&dir, "nowhere/a", "new", 3, false, &error), -ENOENT,
           "the directory of nowhere/a is missing");
}

static void test_interruptions_of_a_replacement(void **state)
{
    (void)state;
    faults_at(FAULT_GETRANDOM, 1, EINTR);
    faults_short(FAULT_WRITE, 1, 2);
    faults_at(FAULT_WRITE, 2, EINTR);
    assert_int_equal(soc_fs_replace(&dir, "a", "content", 7, false, &error), 0);
    expect_content("a", "content");
    faults_short(FAULT_WRITE, 1, 0);
    expect(soc_fs_replace(&dir, "a", "never", 5, false, &error), -EIO,
           "can't write a: Input/output error");
    expect_content("a", "content");
}

static void test_a_name_too_long(void **state)
{
    char name[NAME_MAX + 1];
    char longer[NAME_MAX + 10];

    (void)state;
    memset(name, 'x', NAME_MAX);
    name[NAME_MAX] = '\0';
    assert_int_equal(soc_fs_replace(&dir, name, "x", 1, false, &error), -ENAMETOOLONG);
    assert_non_null(strstr(error.text, "xxx is too long a name"));
    snprintf(longer, sizeof(longer), "%sx/a", name);
    assert_int_equal(soc_fs_replace(&dir, longer, "x", 1, false, &error), -ENAMETOOLONG);
    assert_int_equal(soc_fs_remove(&dir, longer, &error), -ENAMETOOLONG);
}

static void test_removing(void **state)
{
    (void)state;
    write_text(in_society("a"), "");
    write_text(in_society("cursors/b"), "");
    assert_int_equal(soc_fs_remove(&dir, "a", &error), 0);
    assert_int_equal(soc_fs_remove(&dir, "cursors/b", &error), 0);
    assert_false(file_exists(in_society("a")));
    assert_int_equal(count_entries(in_society("cursors")), 0);
    assert_int_equal(soc_fs_remove(&dir, "a", &error), 0);
    assert_int_equal(soc_fs_remove(&dir, "nowhere/a", &error), 0);
    faults_at(FAULT_UNLINKAT, 1, EROFS);
    expect(soc_fs_remove(&dir, "a", &error), -EROFS, "can't remove a: Read-only file system");
}

static void test_listing(void **state)
{
    static const char *const made[] = {"b", "a", "\xc3\xa9", "Z", ".hidden", "a.json"};
    static const char *const sorted[] = {".hidden", "Z", "a", "a.json", "b", "\xc3\xa9"};
    char **names;

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        char *path = tmp_path(in_society("cursors"), made[i]);

        write_text(path, "");
        free(path);
    }
    assert_int_equal(soc_fs_list(&dir, "cursors", &names, &error), 0);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(names[i], sorted[i]);
    assert_null(names[6]);
    soc_fs_free_names(names);
    assert_int_equal(soc_fs_list(&dir, "", &names, &error), 0);
    assert_string_equal(names[0], "cursors");
    assert_null(names[1]);
    soc_fs_free_names(names);
    soc_fs_free_names(NULL);
}

static void test_listing_many(void **state)
{
    char **names;

    (void)state;
    for (int i = 0; i < 200; i++) {
        char name[40];

        snprintf(name, sizeof(name), "cursors/%03d", i);
        write_text(in_society(name), "");
    }
    assert_int_equal(soc_fs_list(&dir, "cursors", &names, &error), 0);
    for (int i = 0; i < 200; i++)
        assert_int_equal(atoi(names[i]), i);
    assert_null(names[200]);
    soc_fs_free_names(names);
}

static void test_listing_what_is_not_there(void **state)
{
    char **names = NULL;

    (void)state;
    assert_int_equal(soc_fs_list(&dir, "archive", &names, &error), 0);
    assert_null(names[0]);
    soc_fs_free_names(names);
    names = NULL;
    write_text(in_society("file"), "");
    expect(soc_fs_list(&dir, "file", &names, &error), SOCIETY_E_UNSAFE_FILE, "file is a file");
    assert_null(names);
}

static void test_syncing_directories(void **state)
{
    (void)state;
    assert_int_equal(soc_fs_sync_dir(&dir, "cursors", &error), 0);
    assert_int_equal(soc_fs_sync_dir(&dir, "", &error), 0);
    assert_int_equal(faults_count(FAULT_FSYNC), 2);
    expect(soc_fs_sync_dir(&dir, "archive", &error), -ENOENT, "");
    faults_at(FAULT_FSYNC, 1, EIO);
    expect(soc_fs_sync_dir(&dir, "cursors", &error), -EIO,
           "can't sync the directory cursors: Input/output error");
}

static void test_nothing_is_left_open(void **state)
{
    size_t before = count_descriptors();

    test_a_failed_replacement_leaves_nothing(state);
    test_listing(state);
    error = (struct soc_error){0};
    test_syncing_directories(state);
    assert_int_equal(count_descriptors(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reading, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reading_much_in_pieces, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replacing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replacing_durably, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_link_is_replaced_and_not_followed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_failed_replacement_leaves_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_interruptions_of_a_replacement, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_name_too_long, setup, teardown),
        cmocka_unit_test_setup_teardown(test_removing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_listing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_listing_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_listing_what_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_syncing_directories, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_is_left_open, setup, teardown),
    };

    return cmocka_run_group_tests_name("fs_files", tests, NULL, NULL);
}
