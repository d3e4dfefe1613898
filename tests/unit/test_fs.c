/* SPDX-License-Identifier: MIT */
/*
 * Opening beneath a directory in which anything may have been planted. Every test runs twice: with
 * openat2(2), and on a system that has none.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "fs.h"
#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/tmp.h"
#include "harness/unit.h"

static char *tmp;
static char *society; /* in tmp, beside what must not be reached */
static struct soc_dir dir;
static struct soc_error error;

static int setup(void **state)
{
    (void)state;
    umask(022);
    tmp = tmp_make();
    society = tmp_path(tmp, "society");
    error = (struct soc_error){0};
    if (mkdir(society, 0700) < 0)
        return -1;
    faults_install();
    return soc_dir_open(&dir, society, NULL);
}

static int setup_by_parts(void **state)
{
    int result = setup(state);

    faults_from(FAULT_OPENAT2, 1, ENOSYS);
    return result;
}

static int teardown(void **state)
{
    (void)state;
    umask(022);
    faults_remove();
    soc_dir_close(&dir);
    free(society);
    tmp_remove(tmp);
    return 0;
}

/* A path in the society, or with "../" beside it; there are four at a time. */
static char *in_society(const char *name)
{
    static char paths[4][PATH_MAX];
    static unsigned turn;
    char *path = paths[turn++ % 4];

    snprintf(path, PATH_MAX, "%s/%s", society, name);
    return path;
}

static void make(const char *name)
{
    write_text(in_society(name), "content\n");
}

static void expect(int result, int code, const char *words)
{
    assert_int_equal(result, code);
    assert_string_equal(error.text, words);
}

static void open_and_close(const char *name, int flags)
{
    int fd = soc_fs_open(&dir, name, flags, &error);

    if (fd < 0)
        fail_msg("%s: %s", name, error.text);
    close(fd);
}

static void test_a_missing_file_has_no_words(void **state)
{
    (void)state;
    expect(soc_fs_open(&dir, "log", O_RDONLY, &error), -ENOENT, "");
    expect(soc_fs_open(&dir, "locks/log", O_RDWR, &error), -ENOENT, "");
    expect(soc_fs_open(&dir, "locks/log", O_RDWR | O_CREAT, &error), -ENOENT, "");
}

static void test_what_is_there_is_opened(void **state)
{
    char text[8];
    int fd;

    (void)state;
    make("log");
    mkdir(in_society("locks"), 0700);
    make("locks/a.lock");
    fd = soc_fs_open(&dir, "locks/a.lock", O_RDONLY, &error);
    assert_int_equal(pread(fd, text, sizeof(text), 0), 8);
    assert_memory_equal(text, "content\n", 8);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
    fd = soc_fs_open(&dir, "log", O_RDWR | O_APPEND | O_CREAT, &error);
    assert_int_equal(write(fd, "more\n", 5), 5);
    close(fd);
    assert_int_equal(count_lines(in_society("log")), 2);
}

static void test_a_new_file_has_its_mode_whatever_the_umask(void **state)
{
    (void)state;
    umask(0777);
    open_and_close("none", O_RDWR | O_CREAT);
    umask(0);
    open_and_close("all", O_RDWR | O_CREAT | O_EXCL);
    assert_int_equal(file_mode(in_society("none")), 0600);
    assert_int_equal(file_mode(in_society("all")), 0600);
    dir.file_mode = 0660;
    umask(077);
    open_and_close("group", O_RDWR | O_CREAT);
    assert_int_equal(file_mode(in_society("group")), 0660);
    /* What was there keeps the mode that its owner gave it. */
    chmod(in_society("group"), 0640);
    open_and_close("group", O_RDWR | O_CREAT);
    assert_int_equal(file_mode(in_society("group")), 0640);
}

static void test_exclusive_creation(void **state)
{
    (void)state;
    make("log");
    expect(soc_fs_open(&dir, "log", O_RDWR | O_CREAT | O_EXCL, &error), -EEXIST,
           "can't open log: File exists");
}

static void test_links_are_refused(void **state)
{
    (void)state;
    write_text(in_society("../outside"), "secret\n");
    assert_int_equal(symlink("../outside", in_society("out")), 0);
    assert_int_equal(symlink("nowhere", in_society("dangling")), 0);
    make("real");
    assert_int_equal(symlink("real", in_society("in")), 0);
    expect(soc_fs_open(&dir, "out", O_RDONLY, &error), SOCIETY_E_UNSAFE_FILE,
           "out is a symbolic link");
    expect(soc_fs_open(&dir, "in", O_RDWR | O_CREAT, &error), SOCIETY_E_UNSAFE_FILE,
           "in is a symbolic link");
    expect(soc_fs_open(&dir, "dangling", O_RDWR | O_CREAT, &error), SOCIETY_E_UNSAFE_FILE,
           "dangling is a symbolic link");
    assert_false(file_exists(in_society("nowhere")));
}

static void test_links_to_directories_are_refused(void **state)
{
    (void)state;
    write_text(in_society("../a.lock"), "outside\n");
    assert_int_equal(symlink("..", in_society("locks")), 0);
    expect(soc_fs_open(&dir, "locks/a.lock", O_RDONLY, &error), SOCIETY_E_UNSAFE_FILE,
           "locks is a symbolic link");
    expect(soc_fs_open(&dir, "locks/new", O_RDWR | O_CREAT, &error), SOCIETY_E_UNSAFE_FILE,
           "locks is a symbolic link");
    expect(soc_fs_open_dir(&dir, "locks", &error), SOCIETY_E_UNSAFE_FILE,
           "locks is a symbolic link");
    expect(soc_fs_mkdir(&dir, "locks", &error), SOCIETY_E_UNSAFE_FILE, "locks is a symbolic link");
    assert_int_equal(count_entries(tmp), 2);
}

static void test_what_is_no_file_is_refused(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(in_society("fifo"), 0600), 0);
    assert_int_equal(mkdir(in_society("sub"), 0700), 0);
    make("file");
    for (int flags = O_RDONLY; flags <= O_RDWR; flags++) {
        expect(soc_fs_open(&dir, "fifo", flags, &error), SOCIETY_E_UNSAFE_FILE, "fifo is a FIFO");
        expect(soc_fs_open(&dir, "sub", flags, &error), SOCIETY_E_UNSAFE_FILE,
               "sub is a directory");
    }
    expect(soc_fs_open(&dir, "file/log", O_RDONLY, &error), SOCIETY_E_UNSAFE_FILE,
           "file is a file");
    expect(soc_fs_open_dir(&dir, "file", &error), SOCIETY_E_UNSAFE_FILE, "file is a file");
    expect(soc_fs_mkdir(&dir, "file", &error), SOCIETY_E_UNSAFE_FILE, "file is a file");
}

static void test_sockets_are_refused(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", in_society("socket"));
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    expect(soc_fs_open(&dir, "socket", O_RDWR, &error), SOCIETY_E_UNSAFE_FILE,
           "socket is a socket");
    close(fd);
}

static void test_devices_are_refused(void **state)
{
    (void)state;
    if (mknod(in_society("null"), S_IFCHR | 0600, makedev(1, 3)) < 0)
        skip_because("no device may be made here");
    expect(soc_fs_open(&dir, "null", O_RDWR, &error), SOCIETY_E_UNSAFE_FILE, "null is a device");
}

static void test_ways_out_are_refused(void **state)
{
    (void)state;
    write_text(in_society("../outside"), "secret\n");
    assert_int_equal(soc_fs_open(&dir, "../outside", O_RDONLY, &error), SOCIETY_E_UNSAFE_FILE);
    assert_int_equal(soc_fs_open(&dir, "..", O_RDONLY, &error), SOCIETY_E_UNSAFE_FILE);
    assert_int_equal(soc_fs_open(&dir, "/etc/passwd", O_RDONLY, &error), SOCIETY_E_UNSAFE_FILE);
    mkdir(in_society("locks"), 0700);
    make("log");
    if (faults_count(FAULT_OPENAT) > 0) /* the kernel would allow this one, which stays inside */
        assert_int_equal(soc_fs_open(&dir, "locks/..", O_RDONLY, &error), SOCIETY_E_UNSAFE_FILE);
}

static void test_hard_links(void **state)
{
    int fd;

    (void)state;
    make("log");
    mkdir(in_society("archive"), 0700);
    fd = soc_fs_open_single(&dir, "log", O_RDWR, NULL, &error);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(link(in_society("log"), in_society("archive/log-0")), 0);
    expect(soc_fs_open_single(&dir, "log", O_RDWR, NULL, &error), SOCIETY_E_UNSAFE_FILE,
           "log has 2 hard links");
    expect(soc_fs_open_single(&dir, "log", O_RDWR, "archive/other", &error), SOCIETY_E_UNSAFE_FILE,
           "log has 2 hard links");
    fd = soc_fs_open_single(&dir, "log", O_RDWR, "archive/log-0", &error);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(link(in_society("log"), in_society("../foreign")), 0);
    expect(soc_fs_open_single(&dir, "log", O_RDWR, "archive/log-0", &error), SOCIETY_E_UNSAFE_FILE,
           "log has 3 hard links");
    assert_int_equal(soc_fs_open_single(&dir, "missing", O_RDWR, NULL, &error), -ENOENT);
}

static void test_another_file_is_no_archive(void **state)
{
    (void)state;
    make("log");
    make("archived");
    assert_int_equal(link(in_society("log"), in_society("../foreign")), 0);
    expect(soc_fs_open_single(&dir, "log", O_RDWR, "archived", &error), SOCIETY_E_UNSAFE_FILE,
           "log has 2 hard links");
}

static void test_making_directories(void **state)
{
    (void)state;
    assert_int_equal(soc_fs_mkdir(&dir, "locks", &error), 0);
    assert_int_equal(file_mode(in_society("locks")), 0700);
    assert_int_equal(soc_fs_mkdir(&dir, "locks", &error), 0);
    dir.dir_mode = 02770;
    umask(077);
    assert_int_equal(soc_fs_mkdir(&dir, "shared", &error), 0);
    assert_int_equal(file_mode(in_society("shared")), 02770);
    expect(soc_fs_mkdir(&dir, "no/such", &error), -ENOENT,
           "can't make the directory no/such: No such file or directory");
}

static void test_opening_directories(void **state)
{
    struct stat st, same;
    int fd;

    (void)state;
    expect(soc_fs_open_dir(&dir, "locks", &error), -ENOENT, "");
    fd = soc_fs_open_dir(&dir, "", &error);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(stat(society, &same), 0);
    assert_int_equal(st.st_ino, same.st_ino);
    close(fd);
}

static void test_errors_of_the_system(void **state)
{
    (void)state;
    make("log");
    faults_at(FAULT_FSTAT, 1, EIO);
    expect(soc_fs_open(&dir, "log", O_RDONLY, &error), -EIO,
           "can't look at log: Input/output error");
    umask(0777);
    faults_at(FAULT_FCHMOD, 1, EIO);
    expect(soc_fs_open(&dir, "new", O_RDWR | O_CREAT, &error), -EIO,
           "can't set the mode of new: Input/output error");
    umask(022);
    faults_at(FAULT_FSTAT, 1, EIO);
    expect(soc_fs_mkdir(&dir, "locks", &error), -EIO, "can't look at locks: Input/output error");
    faults_at(FAULT_MKDIRAT, 1, EROFS);
    expect(soc_fs_mkdir(&dir, "locks", &error), -EROFS,
           "can't make the directory locks: Read-only file system");
}

static void test_nothing_is_left_open(void **state)
{
    size_t before = count_descriptors();

    (void)state;
    test_what_is_no_file_is_refused(state);
    test_links_are_refused(state);
    test_errors_of_the_system(state);
    assert_int_equal(count_descriptors(), before);
}

static void make_log(void *unused)
{
    (void)unused;
    make("log");
}

static void remove_log(void *unused)
{
    (void)unused;
    unlink(in_society("log"));
}

static void remove_locks(void *unused)
{
    (void)unused;
    rmdir(in_society("locks"));
}

static void test_another_makes_it_meanwhile(void **state)
{
    (void)state;
    faults_hook(FAULT_OPENAT2, 2, make_log, NULL);
    open_and_close("log", O_RDWR | O_CREAT);
    assert_int_equal(faults_count(FAULT_OPENAT2), 3);
    assert_int_equal(count_lines(in_society("log")), 1);
}

static void test_it_comes_and_goes_for_ever(void **state)
{
    (void)state;
    for (unsigned i = 1; i < 40; i += 2) {
        faults_hook(FAULT_OPENAT2, i, remove_log, NULL);
        faults_hook(FAULT_OPENAT2, i + 1, make_log, NULL);
    }
    expect(soc_fs_open(&dir, "log", O_RDWR | O_CREAT, &error), -EEXIST,
           "can't open log: File exists");
    assert_int_equal(faults_count(FAULT_OPENAT2), 32);
}

static void test_it_goes_meanwhile(void **state)
{
    (void)state;
    assert_int_equal(symlink("x", in_society("log")), 0);
    faults_hook(FAULT_FSTATAT, 1, remove_log, NULL);
    expect(soc_fs_open(&dir, "log", O_RDONLY, &error), SOCIETY_E_UNSAFE_FILE,
           "log was refused, and is gone");
    faults_hook(FAULT_OPENAT2, 1, remove_locks, NULL);
    expect(soc_fs_mkdir(&dir, "locks", &error), -ENOENT, "locks was removed while it was made");
}

static void test_refusals_that_look_like_a_sandbox(void **state)
{
    (void)state;
    make("log");
    faults_at(FAULT_OPENAT2, 1, EPERM);
    open_and_close("log", O_RDONLY);
    faults_at(FAULT_OPENAT2, 1, EPERM);
    faults_at(FAULT_OPENAT, 1, EPERM);
    expect(soc_fs_open(&dir, "log", O_RDONLY, &error), -EPERM,
           "can't open log: Operation not permitted");
    faults_at(FAULT_OPENAT2, 1, EMFILE);
    expect(soc_fs_open(&dir, "log", O_RDONLY, &error), -EMFILE,
           "can't open log: Too many open files");
}

static void test_a_name_too_long(void **state)
{
    char name[400];

    (void)state;
    memset(name, 'x', sizeof(name));
    memcpy(name + 390, "/log", 5);
    assert_int_equal(soc_fs_open(&dir, name, O_RDONLY, &error) < 0, true);
}

#define BOTH(test)                                              \
    cmocka_unit_test_setup_teardown(test, setup, teardown),     \
    {                                                           \
#test "_by_parts", test, setup_by_parts, teardown, NULL \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_a_missing_file_has_no_words),
        BOTH(test_what_is_there_is_opened),
        BOTH(test_a_new_file_has_its_mode_whatever_the_umask),
        BOTH(test_exclusive_creation),
        BOTH(test_links_are_refused),
        BOTH(test_links_to_directories_are_refused),
        BOTH(test_what_is_no_file_is_refused),
        BOTH(test_sockets_are_refused),
        BOTH(test_devices_are_refused),
        BOTH(test_ways_out_are_refused),
        BOTH(test_hard_links),
        BOTH(test_another_file_is_no_archive),
        BOTH(test_making_directories),
        BOTH(test_opening_directories),
        BOTH(test_errors_of_the_system),
        BOTH(test_nothing_is_left_open),
        BOTH(test_a_name_too_long),
        cmocka_unit_test_setup_teardown(test_another_makes_it_meanwhile, setup, teardown),
        cmocka_unit_test_setup_teardown(test_it_comes_and_goes_for_ever, setup, teardown),
        cmocka_unit_test_setup_teardown(test_it_goes_meanwhile, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals_that_look_like_a_sandbox, setup, teardown),
    };

    return cmocka_run_group_tests_name("fs", tests, NULL, NULL);
}
