/* SPDX-License-Identifier: MIT */
/*
 * Which file systems are trusted, how their names are found, and the directory that is opened on
 * one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs.h"
#include "fs_type.h"
#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/tmp.h"
#include "harness/unit.h"
#include "sys.h"

static char *tmp;
static struct soc_dir dir = SOC_DIR_INIT;
static struct soc_error error;

static int setup(void **state)
{
    (void)state;
    tmp = tmp_make();
    error = (struct soc_error){0};
    faults_install();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    faults_remove();
    soc_dir_close(&dir);
    tmp_remove(tmp);
    return 0;
}

static void test_trust(void **state)
{
    static const struct {
        int64_t magic;
        const char *name;
        enum soc_fs_trust trust;
    } cases[] = {
        {0xef53, NULL, SOC_FS_SAFE},              /* ext2, ext3, ext4 */
        {0x58465342, NULL, SOC_FS_SAFE},          /* xfs */
        {0x9123683e, NULL, SOC_FS_SAFE},          /* btrfs */
        {(int32_t)0x9123683e, NULL, SOC_FS_SAFE}, /* the same as a signed number */
        {0xf2f52010, NULL, SOC_FS_SAFE},          /* f2fs */
        {0x01021994, NULL, SOC_FS_SAFE},          /* tmpfs */
        {0x2fc12fc1, NULL, SOC_FS_SAFE},          /* zfs */
        {0x794c7630, NULL, SOC_FS_POLLED},        /* overlay */
        {0x6969, NULL, SOC_FS_BY_NAME},           /* some version of NFS */
        {0x6969, "nfs4", SOC_FS_POLLED},
        {0x6969, "nfs", SOC_FS_UNSAFE},
        {0x6969, "", SOC_FS_UNSAFE},
        {0x65735546, "fuse.sshfs", SOC_FS_UNSAFE}, /* FUSE and virtiofs */
        {0x65735546, "ext4", SOC_FS_UNSAFE},       /* a name proves nothing */
        {0x01021997, "9p", SOC_FS_UNSAFE},
        {(int64_t)0xff534d42, "cifs", SOC_FS_UNSAFE},
        {0xfe534d42, "smb3", SOC_FS_UNSAFE},
        {0x12345678, NULL, SOC_FS_UNSAFE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(soc_fs_judge(cases[i].magic, cases[i].name), cases[i].trust);
}

static const char mountinfo[] =
    "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
    "27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw,discard\n"
    "a broken line\n"
    "\n"
    "40 27 0:50 / /a\\040-\\040b rw - fuse.my\\040fs\\134x user@host:/ rw\n"
    "41 27 0:51 / /cut rw - odd\\04";

static void check_type(uint64_t id, const char *expected)
{
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;

    assert_int_equal(soc_fs_type_of(mountinfo, id, &out), expected != NULL);
    if (expected)
        assert_string_equal(out.data, expected);
    else
        assert_null(out.data);
}

static void test_names_of_mounts(void **state)
{
    (void)state;
    check_type(22, "proc");
    check_type(27, "ext4");
    check_type(40, "fuse.my fs\\x");
    check_type(41, "odd\\04");
    check_type(2, NULL);
    check_type(99, NULL);
    check_type(0, NULL);
}

static void test_opening(void **state)
{
    (void)state;
    chmod(tmp, 0700);
    assert_int_equal(soc_dir_open(&dir, tmp, &error), 0);
    assert_string_equal(dir.path, tmp);
    assert_int_equal(dir.dir_mode, 0700);
    assert_int_equal(dir.file_mode, 0600);
    assert_int_equal(fcntl(dir.fd, F_GETFD), FD_CLOEXEC);
    assert_true(soc_dir_exists(&dir));
}

static void test_a_group_shares_it(void **state)
{
    (void)state;
    chmod(tmp, 02770);
    assert_int_equal(soc_dir_open(&dir, tmp, &error), 0);
    assert_int_equal(dir.dir_mode, 02770);
    assert_int_equal(dir.file_mode, 0660);
}

static void test_links_on_the_way_are_followed(void **state)
{
    char *target = tmp_path(tmp, "target");
    char *way = tmp_path(tmp, "way");

    (void)state;
    assert_int_equal(mkdir(target, 0700), 0);
    assert_int_equal(symlink("target", way), 0);
    assert_int_equal(soc_dir_open(&dir, way, &error), 0);
    assert_string_equal(dir.path, target);
    free(target);
    free(way);
}

static void test_it_is_removed(void **state)
{
    char *path = tmp_path(tmp, "gone");

    (void)state;
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(soc_dir_open(&dir, path, &error), 0);
    assert_int_equal(rmdir(path), 0);
    assert_false(soc_dir_exists(&dir));
    free(path);
}

static void test_it_can_not_be_asked(void **state)
{
    (void)state;
    assert_int_equal(soc_dir_open(&dir, tmp, &error), 0);
    faults_at(FAULT_FSTAT, 1, ESTALE);
    assert_false(soc_dir_exists(&dir));
}

static void expect_failure(const char *path, int code, const char *words)
{
    size_t before = count_descriptors();

    assert_int_equal(soc_dir_open(&dir, path, &error), code);
    assert_non_null(strstr(error.text, words));
    assert_int_equal(dir.fd, -1);
    assert_null(dir.path);
    assert_int_equal(count_descriptors(), before);
}

static void test_no_directory(void **state)
{
    char *file = tmp_path(tmp, "file");
    char *missing = tmp_path(tmp, "missing");

    (void)state;
    write_text(file, "");
    expect_failure(file, -ENOTDIR, "/file: Not a directory");
    expect_failure(missing, -ENOENT, "/missing: No such file or directory");
    free(file);
    free(missing);
}

static void move_away(void *path)
{
    char *other = tmp_path(tmp, "other");

    assert_int_equal(rename(path, other), 0);
    free(other);
}

static void test_failures_of_the_system(void **state)
{
    char *path = tmp_path(tmp, "moved");

    (void)state;
    faults_at(FAULT_FSTAT, 1, EIO);
    expect_failure(tmp, -EIO, "Input/output error");
    faults_at(FAULT_FSTATFS, 1, EIO);
    expect_failure(tmp, -EIO, "can't ask for the file system of");
    assert_int_equal(mkdir(path, 0700), 0);
    faults_hook(FAULT_FSTATFS, 1, move_away, path);
    expect_failure(path, -ENOENT, "can't find the absolute path of");
    free(path);
}

/* /proc is a file system that nobody has put on the list. */
static void test_an_unsafe_file_system(void **state)
{
    const char *words = "/proc/self is on proc: locks there may not hold";

    (void)state;
    expect_failure("/proc/self", SOCIETY_E_UNSAFE_FILESYSTEM, words);
    faults_short(FAULT_READ, 1, 10);
    faults_at(FAULT_READ, 2, EINTR);
    expect_failure("/proc/self", SOCIETY_E_UNSAFE_FILESYSTEM, words);
}

static void test_a_file_system_without_a_name(void **state)
{
    const char *words = "is on a file system of unknown type (0x9fa0)";

    (void)state;
    faults_at(FAULT_STATX, 1, ENOSYS);
    expect_failure("/proc/self", SOCIETY_E_UNSAFE_FILESYSTEM, words);
    faults_at(FAULT_OPENAT, 2, ENOENT);
    expect_failure("/proc/self", SOCIETY_E_UNSAFE_FILESYSTEM, words);
    faults_at(FAULT_READ, 1, EIO);
    expect_failure("/proc/self", SOCIETY_E_UNSAFE_FILESYSTEM, words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trust),
        cmocka_unit_test(test_names_of_mounts),
        cmocka_unit_test_setup_teardown(test_opening, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_group_shares_it, setup, teardown),
        cmocka_unit_test_setup_teardown(test_links_on_the_way_are_followed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_it_is_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_it_can_not_be_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_directory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failures_of_the_system, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_unsafe_file_system, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_system_without_a_name, setup, teardown),
    };

    return cmocka_run_group_tests_name("fs_type", tests, NULL, NULL);
}
