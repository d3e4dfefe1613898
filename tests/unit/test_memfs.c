/* SPDX-License-Identifier: MIT */
/*
 * Files in memory, call by call: that each does what the kernel does for a file on disk, as far as
 * the library uses it. Where both can be asked, they are: the same steps, in memory and in a
 * temporary directory, must have the same results.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/tmp.h"
#include "harness/unit.h"
#include "memfs.h"
#include "simclock.h"

static struct soc_sys table;
static struct soc_simclock sim;
static struct soc_memfs fs;
static size_t descriptors;
static int top; /* the directory that the steps are made in */

static int setup(void **state)
{
    (void)state;
    descriptors = count_descriptors();
    table = soc_sys_real;
    soc_simclock_begin(&sim, &table);
    if (soc_memfs_begin(&fs, &table) < 0)
        return -1;
    soc_sys = &table;
    top = soc_sys->openat(AT_FDCWD, SOC_MEMFS_ROOT, O_RDONLY | O_DIRECTORY, 0);
    return top < 0;
}

static int teardown(void **state)
{
    (void)state;
    soc_sys->close(top);
    soc_sys = &soc_sys_real;
    soc_memfs_end(&fs);
    soc_simclock_end(&sim);
    assert_int_equal(count_descriptors(), descriptors);
    return 0;
}

/* ---- The same as on disk ---- */

static char *story;
static size_t story_size;
static FILE *told;

static void tell(const char *step, long result)
{
    fprintf(told, "%s: %ld %s\n", step, result, result < 0 ? strerrorname_np(errno) : "");
}

#define TELL(call) tell(#call, (long)(call))

static void tell_open(const char *path, int flags)
{
    int fd = soc_sys->openat(top, path, flags | O_CLOEXEC | O_NOFOLLOW, 0640);

    fprintf(told, "open %s %o: %s\n", path, (unsigned)flags,
            fd < 0 ? strerrorname_np(errno) : "opened");
    if (fd >= 0)
        soc_sys->close(fd);
}

static void tell_stat(const char *path)
{
    struct stat st;
    struct statx stx;

    if (soc_sys->fstatat(top, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        soc_sys->statx(top, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &stx) < 0) {
        fprintf(told, "stat %s: %s\n", path, strerrorname_np(errno));
        return;
    }
    fprintf(told, "stat %s: %o %d %d\n", path, st.st_mode,
            S_ISDIR(st.st_mode) ? 0 : (int)st.st_nlink, S_ISDIR(st.st_mode) ? 0 : (int)st.st_size);
    assert_true(st.st_ino == stx.stx_ino);
    assert_int_equal(st.st_mode, stx.stx_mode);
    assert_int_equal(st.st_nlink, stx.stx_nlink);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void tell_names(const char *path)
{
    char entries[400] __attribute__((aligned(8)));
    char *names[200];
    size_t count = 0;
    ssize_t got;
    int fd = soc_sys->openat(top, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

    while ((got = soc_sys->getdents64(fd, entries, sizeof entries)) > 0)
        for (ssize_t at = 0; at < got;) {
            const struct dirent64 *entry = (const struct dirent64 *)(const void *)(entries + at);
            if (entry->d_name[0] != '.')
                names[count++] = strdup(entry->d_name);
            at += entry->d_reclen;
        }
    assert_int_equal(got, 0);
    soc_sys->close(fd);
    qsort(names, count, sizeof names[0], compare);
    fprintf(told, "names of %s:", path);
    for (size_t i = 0; i < count; i++) {
        fprintf(told, " %s", names[i]);
        free(names[i]);
    }
    fprintf(told, "\n");
}

static void steps_of_names(void)
{
    TELL(soc_sys->mkdirat(top, "locks", 0700));
    TELL(soc_sys->mkdirat(top, "locks", 0700));
    TELL(soc_sys->mkdirat(top, "none/locks", 0700));
    tell_open("a", O_RDONLY);
    tell_open("a", O_WRONLY | O_CREAT | O_EXCL);
    tell_open("a", O_WRONLY | O_CREAT | O_EXCL);
    tell_open("a", O_RDONLY | O_DIRECTORY);
    tell_open("a/b", O_RDONLY);
    tell_open("none/b", O_RDWR | O_CREAT);
    tell_open("locks", O_RDWR);
    tell_open("locks", O_RDONLY);
    tell_open("locks/b", O_RDWR | O_CREAT);
    TELL(soc_sys->linkat(top, "a", top, "locks/c", 0));
    TELL(soc_sys->linkat(top, "a", top, "locks/c", 0));
    TELL(soc_sys->linkat(top, "none", top, "locks/d", 0));
    tell_stat("locks/c");
    TELL(soc_sys->renameat2(top, "locks/b", top, "locks/c", RENAME_NOREPLACE));
    TELL(soc_sys->renameat2(top, "locks/b", top, "locks/c", 0));
    TELL(soc_sys->renameat2(top, "locks/b", top, "locks/c", 0));
    TELL(soc_sys->renameat2(top, "a", top, "d", RENAME_NOREPLACE));
    TELL(soc_sys->renameat2(top, "d", top, "locks", 0));
    TELL(soc_sys->linkat(top, "d", top, "e", 0));
    TELL(soc_sys->renameat2(top, "d", top, "e", 0)); /* two names of one file: nothing happens */
    tell_stat("a");
    tell_stat("d");
    tell_stat("locks");
    tell_names(".");
    tell_names("locks");
    TELL(soc_sys->unlinkat(top, "d", 0));
    TELL(soc_sys->unlinkat(top, "d", 0));
    TELL(soc_sys->unlinkat(top, "locks", 0));
    TELL(soc_sys->unlinkat(top, "e", AT_REMOVEDIR));
    tell_names(".");
}

static void steps_of_a_listing(void)
{
    char name[32];

    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "%0*d", i % 20 + 1, i);
        tell_open(name, O_WRONLY | O_CREAT);
    }
    tell_names(".");
}

static void steps_of_content(void)
{
    struct stat st;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char bytes[16] = "";
    int a = soc_sys->openat(top, "a", O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    int b = soc_sys->openat(top, "a", O_RDWR | O_CLOEXEC, 0);

    TELL(soc_sys->write(a, "one", 3));
    TELL(soc_sys->write(b, "TWO", 3));
    TELL(soc_sys->write(a, "three", 5));
    TELL(soc_sys->lseek(a, 0, SEEK_CUR));
    TELL(soc_sys->lseek(b, 0, SEEK_CUR));
    TELL(soc_sys->pread(b, bytes, sizeof bytes, 1));
    fprintf(told, "%s\n", bytes);
    TELL(soc_sys->lock(a, F_OFD_SETLK, &lock));
    TELL(soc_sys->lock(b, F_OFD_SETLK, &lock));
    TELL(soc_sys->fchmod(b, 0640));
    TELL(soc_sys->close(a));
    TELL(soc_sys->lock(b, F_OFD_SETLK, &lock));
    TELL(soc_sys->ftruncate(b, 2));
    TELL(soc_sys->fdatasync(b));
    TELL(soc_sys->fsync(top));
    tell_stat("a");
    TELL(soc_sys->unlinkat(top, "a", 0));
    TELL(soc_sys->fstat(b, &st));
    fprintf(told, "%d names, %d bytes\n", (int)st.st_nlink, (int)st.st_size);
    TELL(soc_sys->write(b, "still", 5));
    TELL(soc_sys->close(b));
}

static char *tell_all(void (*steps)(void))
{
    told = open_memstream(&story, &story_size);
    steps();
    fclose(told);
    return story;
}

static void expect_as_on_disk(void (*steps)(void))
{
    char *tmp = tmp_make();
    char *in_memory = tell_all(steps);
    const struct soc_sys *memory = soc_sys;
    int top_in_memory = top;

    soc_sys = &soc_sys_real;
    top = openat(AT_FDCWD, tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char *on_disk = tell_all(steps);
    close(top);
    top = top_in_memory;
    soc_sys = memory;
    assert_string_equal(in_memory, on_disk);
    free(in_memory);
    free(on_disk);
    tmp_remove(tmp);
}

static void test_names_as_on_disk(void **state)
{
    (void)state;
    expect_as_on_disk(steps_of_names);
}

static void test_a_listing_as_on_disk(void **state)
{
    (void)state;
    expect_as_on_disk(steps_of_a_listing);
}

static void test_content_as_on_disk(void **state)
{
    (void)state;
    expect_as_on_disk(steps_of_content);
}

/* ---- What differs ---- */

static int make(const char *name)
{
    int fd = soc_sys->openat(top, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    return fd;
}

static void test_paths(void **state)
{
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC};
    int fd = make("a");

    (void)state;
    char *real = soc_sys->realpath(SOC_MEMFS_ROOT "/a");
    assert_string_equal(real, SOC_MEMFS_ROOT "/a");
    free(real);
    assert_null(soc_sys->realpath(SOC_MEMFS_ROOT "/b"));
    assert_int_equal(errno, ENOENT);
    real = soc_sys->realpath("/");
    assert_string_equal(real, "/");
    free(real);
    assert_int_equal(soc_sys->openat2(top, "../a", &how), -1);
    assert_int_equal(errno, EXDEV);
    int null = soc_sys->openat(AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC, 0);
    assert_true(null >= 0);
    assert_int_equal(soc_sys->openat(AT_FDCWD, SOC_MEMFS_ROOT "s", O_RDONLY | O_CLOEXEC, 0), -1);
    assert_int_equal(errno, ENOTDIR); /* the kernel's answer */
    assert_int_equal(soc_sys->linkat(AT_FDCWD, "/proc/self/exe", top, "exe", 0), -1);
    assert_int_equal(errno, EXDEV);
    soc_sys->close(null);
    soc_sys->close(fd);
}

static void test_what_has_no_name_takes_no_descriptor(void **state)
{
    size_t before = count_descriptors();
    struct stat st;

    (void)state;
    int fd = make("a");
    assert_int_equal(count_descriptors(), before + 2);
    assert_int_equal(soc_sys->unlinkat(top, "a", 0), 0);
    assert_int_equal(count_descriptors(), before + 1);
    assert_int_equal(soc_sys->fstat(fd, &st), 0);
    assert_int_equal(st.st_nlink, 0);
    soc_sys->close(fd);
    soc_sys->close(make("a"));
    soc_sys->close(make("b"));
    assert_int_equal(count_descriptors(), before + 2);
    assert_int_equal(soc_sys->renameat2(top, "a", top, "b", 0), 0);
    assert_int_equal(count_descriptors(), before + 1);
}

static int64_t modified(const char *name)
{
    struct stat st;

    assert_int_equal(soc_sys->fstatat(top, name, &st, 0), 0);
    return (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000 - SOC_SIMCLOCK_START_MS;
}

static void test_times_follow_the_clock(void **state)
{
    const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = SOC_SIMCLOCK_START_MS / 1000 + 5}};

    (void)state;
    soc_simclock_move(&sim, 10);
    int fd = make("a");
    assert_int_equal(modified("a"), 10);
    soc_simclock_move(&sim, 10);
    assert_int_equal(soc_sys->write(fd, "x", 1), 1);
    assert_int_equal(modified("a"), 20);
    soc_simclock_move(&sim, 10);
    assert_int_equal(soc_sys->ftruncate(fd, 0), 0);
    assert_int_equal(modified("a"), 30);
    soc_simclock_move(&sim, 10);
    assert_int_equal(soc_sys->utimensat(top, "a", NULL, 0), 0);
    assert_int_equal(modified("a"), 40);
    assert_int_equal(soc_sys->utimensat(top, "a", times, 0), 0);
    assert_int_equal(modified("a"), 5000);
    soc_sys->close(fd);
}

static int events(int inotify)
{
    char bytes[4096];
    ssize_t got = soc_sys->read(inotify, bytes, sizeof bytes);

    return got > 0;
}

static void watch(int inotify, int fd, uint32_t mask)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    assert_true(soc_sys->inotify_add(inotify, path, mask) > 0);
}

static void test_watchers_are_told(void **state)
{
    const uint32_t names = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_ONLYDIR | IN_MASK_ADD;
    int inotify = soc_sys->inotify_init();
    int fd = make("a");

    (void)state;
    watch(inotify, top, names);
    assert_false(events(inotify));
    assert_int_equal(soc_sys->write(fd, "x", 1), 1);
    soc_sys->close(fd);
    assert_false(events(inotify)); /* no name changed */
    soc_sys->close(make("b"));
    assert_true(events(inotify));
    assert_int_equal(soc_sys->renameat2(top, "b", top, "c", 0), 0);
    assert_true(events(inotify));
    assert_int_equal(soc_sys->unlinkat(top, "c", 0), 0);
    assert_true(events(inotify));
    watch(inotify, top, names | IN_CLOSE_WRITE);
    fd = soc_sys->openat(top, "a", O_RDONLY | O_CLOEXEC, 0);
    soc_sys->close(fd);
    assert_false(events(inotify));
    fd = soc_sys->openat(top, "a", O_WRONLY | O_CLOEXEC, 0);
    assert_false(events(inotify));
    soc_sys->close(fd);
    assert_true(events(inotify));
    soc_sys->close(inotify);
}

static void test_watched_content(void **state)
{
    int inotify = soc_sys->inotify_init();
    int fd = make("a");
    int other = soc_sys->openat(top, "a", O_WRONLY | O_APPEND | O_CLOEXEC, 0);

    (void)state;
    watch(inotify, fd, IN_MODIFY);
    assert_false(events(inotify));
    assert_int_equal(soc_sys->write(other, "x", 1), 1);
    assert_true(events(inotify));
    soc_sys->close(other);
    soc_sys->close(fd);
    soc_sys->close(inotify);
}

/* ---- Owners ---- */

static bool is_locked(const char *name)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = soc_sys->openat(top, name, O_RDWR | O_CLOEXEC, 0);

    assert_int_equal(soc_sys->lock(fd, F_OFD_GETLK, &lock), 0);
    soc_sys->close(fd);
    return lock.l_type != F_UNLCK;
}

static void test_a_death_takes_what_was_opened_by_the_way_of_its_directory(void **state)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int inotify = soc_sys->inotify_init();
    char byte;

    (void)state;
    fs.owner = 3;
    int own = soc_sys->openat(AT_FDCWD, SOC_MEMFS_ROOT, O_RDONLY | O_DIRECTORY, 0);
    fs.owner = 0;
    assert_int_equal(soc_sys->mkdirat(own, "locks", 0700), 0);
    int locks = soc_sys->openat(own, "locks", O_RDONLY | O_DIRECTORY, 0);
    int held = soc_sys->openat(locks, "a", O_RDWR | O_CREAT, 0600);
    int others = make("b");
    assert_int_equal(soc_sys->lock(held, F_OFD_SETLK, &lock), 0);
    assert_int_equal(soc_sys->lock(others, F_OFD_SETLK, &lock), 0);
    watch(inotify, locks, IN_CLOSE_WRITE | IN_MASK_ADD);
    assert_true(is_locked("locks/a"));
    assert_true(events(inotify)); /* of that look */
    soc_memfs_kill(&fs, 3);
    assert_true(events(inotify));
    assert_false(is_locked("locks/a"));
    assert_true(is_locked("b"));
    assert_int_equal(fcntl(held, F_GETFD), FD_CLOEXEC); /* taken, and good for nothing */
    assert_int_equal(read(held, &byte, 1), -1);
    soc_sys->close(held);
    soc_sys->close(locks);
    soc_sys->close(own);
    soc_sys->close(others);
    soc_sys->close(inotify);
}

/* A number that was closed by others' hands is somebody else's now. */
static void test_a_death_spares_what_it_does_not_know(void **state)
{
    (void)state;
    fs.owner = 3;
    int own = soc_sys->openat(AT_FDCWD, SOC_MEMFS_ROOT "/a", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    fs.owner = 0;
    assert_true(own >= 0);
    close(own);
    int now = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(now, own);
    soc_memfs_kill(&fs, 3);
    char byte;
    assert_int_equal(read(now, &byte, 1), 0);
    close(now);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_names_as_on_disk),
        TEST(test_a_listing_as_on_disk),
        TEST(test_content_as_on_disk),
        TEST(test_paths),
        TEST(test_what_has_no_name_takes_no_descriptor),
        TEST(test_times_follow_the_clock),
        TEST(test_watchers_are_told),
        TEST(test_watched_content),
        TEST(test_a_death_takes_what_was_opened_by_the_way_of_its_directory),
        TEST(test_a_death_spares_what_it_does_not_know),
    };

    return cmocka_run_group_tests_name("memfs", tests, NULL, NULL);
}
