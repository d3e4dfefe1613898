/* SPDX-License-Identifier: MIT */
/*
 * The shared inotify instance: who is woken by what, and what happens when the kernel has lost
 * events, taken a watch away, or has nothing to give.
 */
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/internal/store.h"
#include "harness/unit.h"

static struct soc_watch *watch;
static struct soc_subscription first;
static struct soc_subscription second;
static int file;

static void subscribe(struct soc_subscription *subscription)
{
    assert_int_equal(soc_watch_subscribe(watch, false, subscription, &store_error), 0);
}

static int setup(void **state)
{
    store_setup(state);
    watch = soc_watch_new();
    store_put("log", "");
    file = open(store_path("log"), O_RDONLY | O_CLOEXEC);
    first = second = (struct soc_subscription){0};
    return watch && file >= 0 ? 0 : -1;
}

static int teardown(void **state)
{
    soc_watch_unsubscribe(&first);
    soc_watch_unsubscribe(&second);
    soc_watch_free(watch);
    close(file);
    return store_teardown(state);
}

/* Whether the descriptor is readable now. */
static bool is_ready(const struct soc_subscription *subscription)
{
    return soc_watch_wait(subscription, 0) == 1;
}

static void drain(void)
{
    while (soc_watch_take(&first))
        ;
}

static void test_a_file_that_grows(void **state)
{
    (void)state;
    subscribe(&first);
    soc_watch_file(&first, file, SOC_WATCH_WRITES);
    assert_true(soc_watch_take(&first)); /* a new one is to look */
    assert_false(soc_watch_take(&first));
    assert_false(is_ready(&first));
    store_put("log", "a");
    assert_int_equal(soc_watch_wait(&first, 10000), 1);
    assert_true(soc_watch_take(&first));
    assert_false(first.changed); /* no name did */
    assert_false(is_ready(&first));
    assert_int_equal(soc_watch_wait(&first, 1), 0);
}

static void test_names_that_come_and_go(void **state)
{
    (void)state;
    subscribe(&first);
    soc_watch_directory(&first, store_dir.fd, SOC_WATCH_NAMES);
    drain();
    store_put("new", "");
    assert_true(is_ready(&first));
    assert_true(soc_watch_take(&first));
    assert_true(first.changed);
    /* Writing to a file of the directory is no name that comes or goes. */
    store_put("new", "a");
    assert_false(is_ready(&first));
    assert_int_equal(rename(store_path("new"), store_path("newer")), 0);
    assert_true(soc_watch_take(&first));
    assert_int_equal(unlink(store_path("newer")), 0);
    assert_true(soc_watch_take(&first));
    soc_watch_directory(&first, store_dir.fd, SOC_WATCH_PRESENCE);
    drain();
    store_put("log", "a");
    assert_true(soc_watch_take(&first));
    soc_watch_directory(&first, -1, SOC_WATCH_NAMES);
    drain();
    store_put("another", "");
    assert_false(soc_watch_take(&first));
}

static void test_whoever_reads_tells_the_others(void **state)
{
    (void)state;
    subscribe(&first);
    subscribe(&second);
    soc_watch_file(&first, file, SOC_WATCH_WRITES);
    soc_watch_file(&second, file, SOC_WATCH_WRITES);
    assert_int_equal(first.file, second.file);
    drain();
    soc_watch_take(&second);
    store_put("log", "a");
    assert_true(soc_watch_take(&first)); /* reads the event of both */
    assert_true(is_ready(&second));
    assert_false(is_ready(&first));
    assert_true(soc_watch_take(&second));
    assert_false(is_ready(&second));
    /* The watch they share outlives the first of them. */
    soc_watch_unsubscribe(&first);
    store_put("log", "b");
    assert_true(soc_watch_take(&second));
}

static void test_a_queue_that_overflows(void **state)
{
    char *text = read_file("/proc/sys/fs/inotify/max_queued_events", NULL);
    int limit = atoi(text);

    (void)state;
    free(text);
    if (limit > 100000)
        skip_because("the queue of inotify is too long to be filled");
    subscribe(&first);
    subscribe(&second);
    soc_watch_directory(&first, store_dir.fd, SOC_WATCH_NAMES);
    drain();
    soc_watch_take(&second);
    /* Two names in turn, so that equal events are not merged. */
    for (int i = 0; i < limit / 2 + 10; i++) {
        if (rename(store_path("log"), store_path("gol")) < 0 ||
            rename(store_path("gol"), store_path("log")) < 0)
            fail();
    }
    assert_true(soc_watch_take(&first));
    assert_true(first.lost);
    assert_true(second.lost);
    assert_true(soc_watch_take(&second));
}

static void test_a_watch_that_vanished(void **state)
{
    int fd;

    (void)state;
    assert_int_equal(mkdir(store_path("locks"), 0700), 0);
    store_put("gone", "");
    subscribe(&first);
    fd = open(store_path("gone"), O_RDONLY | O_CLOEXEC);
    soc_watch_file(&first, fd, SOC_WATCH_WRITES);
    close(fd);
    fd = open(store_path("locks"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    soc_watch_directory(&first, fd, SOC_WATCH_NAMES);
    close(fd);
    drain();
    assert_int_equal(unlink(store_path("gone")), 0);
    assert_true(soc_watch_take(&first));
    assert_true(first.lost);
    assert_int_equal(first.file, -1);
    first.lost = false;
    assert_int_equal(rmdir(store_path("locks")), 0);
    assert_true(soc_watch_take(&first));
    assert_true(first.lost);
    assert_int_equal(first.directory, -1);
}

static void test_wakes(void **state)
{
    (void)state;
    subscribe(&first);
    drain();
    assert_int_equal(soc_watch_signal(&first), 0);
    assert_int_equal(soc_watch_signal(&first), 0);
    assert_true(is_ready(&first));
    assert_true(soc_watch_take(&first));
    assert_false(first.changed);
    assert_false(is_ready(&first));
    /* A counter that is full makes it readable as well. */
    {
        static const uint64_t full = UINT64_MAX - 1;

        assert_int_equal(write(first.event_fd, &full, sizeof(full)), sizeof(full));
    }
    assert_int_equal(soc_watch_signal(&first), 0);
    assert_true(soc_watch_take(&first));
}

static void test_a_look_soon(void **state)
{
    (void)state;
    subscribe(&first);
    drain();
    soc_watch_soon(&first, 1);
    assert_int_equal(soc_watch_wait(&first, 10000), 1);
    assert_true(soc_watch_take(&first));
    soc_watch_soon(&first, -3);
    assert_int_equal(soc_watch_wait(&first, 10000), 1);
    assert_true(soc_watch_take(&first));
}

static void test_polling(void **state)
{
    (void)state;
    assert_int_equal(soc_watch_subscribe(watch, true, &first, &store_error), 0);
    assert_int_equal(first.period_ms, SOC_WATCH_POLL_MS);
    drain();
    assert_int_equal(soc_watch_wait(&first, 10000), 1);
    assert_true(soc_watch_take(&first));
    assert_false(first.changed);
}

static void test_without_inotify(void **state)
{
    (void)state;
    soc_watch_free(watch);
    soc_watch_free(NULL);
    faults_at(FAULT_INOTIFY_INIT, 1, EMFILE);
    watch = soc_watch_new();
    subscribe(&first);
    assert_int_equal(first.period_ms, SOC_WATCH_POLL_MS);
    soc_watch_file(&first, file, SOC_WATCH_WRITES);
    assert_int_equal(first.file, -1);
    drain();
    assert_int_equal(soc_watch_wait(&first, 10000), 1);
}

static void test_without_watches(void **state)
{
    (void)state;
    subscribe(&first);
    assert_int_equal(first.period_ms, SOC_WATCH_NET_MS);
    drain();
    faults_from(FAULT_INOTIFY_ADD, 1, ENOSPC);
    soc_watch_file(&first, file, SOC_WATCH_WRITES);
    soc_watch_directory(&first, store_dir.fd, SOC_WATCH_NAMES);
    assert_int_equal(first.file, -1);
    assert_int_equal(first.period_ms, SOC_WATCH_POLL_MS);
    assert_int_equal(soc_watch_wait(&first, 10000), 1);
}

static void test_without_descriptors(void **state)
{
    struct rlimit before;
    struct rlimit none;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_int_equal(soc_watch_subscribe(watch, false, &first, &store_error), -EMFILE);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_string_equal(store_error.text,
                        "cannot make descriptors to wait with: Too many open files");
    assert_int_equal(first.poll_fd, -1);
    soc_watch_unsubscribe(&first);
    subscribe(&first);
}

static void test_a_child_takes_nothing_away(void **state)
{
    pid_t child;
    int status;

    (void)state;
    subscribe(&first);
    soc_watch_file(&first, file, SOC_WATCH_WRITES);
    drain();
    child = fork();
    if (child == 0) {
        soc_watch_unsubscribe(&first);
        soc_watch_free(watch);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_false(soc_watch_take(&first));
    assert_false(first.lost);
    store_put("log", "a");
    assert_true(soc_watch_take(&first));
}

static void ignore(int number)
{
    (void)number;
}

static void test_signals(void **state)
{
    struct sigaction action = {.sa_handler = ignore};
    /* Over and over, for the first may come before the wait. */
    struct itimerval often = {.it_interval = {.tv_usec = 2000}, .it_value = {.tv_usec = 2000}};
    struct itimerval never = {0};

    (void)state;
    subscribe(&first);
    drain();
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    assert_int_equal(soc_watch_wait(&first, 10000), -EINTR);
    setitimer(ITIMER_REAL, &never, NULL);
    signal(SIGALRM, SIG_DFL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_file_that_grows),
        TEST(test_names_that_come_and_go),
        TEST(test_whoever_reads_tells_the_others),
        TEST(test_a_queue_that_overflows),
        TEST(test_a_watch_that_vanished),
        TEST(test_wakes),
        TEST(test_a_look_soon),
        TEST(test_polling),
        TEST(test_without_inotify),
        TEST(test_without_watches),
        TEST(test_without_descriptors),
        TEST(test_a_child_takes_nothing_away),
        TEST(test_signals),
    };

    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
