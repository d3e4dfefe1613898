/* SPDX-License-Identifier: MIT */
/* The clock of tests and the numbers from a seed: what moves them, and what does not. */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "harness/files.h"
#include "harness/unit.h"
#include "seeded.h"
#include "simclock.h"

static struct soc_sys table;
static struct soc_simclock sim;
static struct soc_seeded numbers;

static int setup(void **state)
{
    (void)state;
    table = soc_sys_real;
    soc_simclock_begin(&sim, &table);
    numbers = (struct soc_seeded){7};
    soc_seeded_fill(&numbers, &table);
    soc_sys = &table;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    soc_sys = &soc_sys_real;
    soc_simclock_end(&sim);
    return 0;
}

static int64_t passed(void)
{
    return soc_now_ms() - SOC_SIMCLOCK_START_MS;
}

static int timer(int64_t first_ms, int64_t period_ms)
{
    struct itimerspec time = {
        .it_value = {.tv_sec = first_ms / 1000, .tv_nsec = first_ms % 1000 * 1000000},
        .it_interval = {.tv_sec = period_ms / 1000, .tv_nsec = period_ms % 1000 * 1000000},
    };
    int fd = soc_sys->timer_init();

    assert_int_equal(soc_sys->timer_set(fd, &time), 0);
    return fd;
}

/* The expirations that can be read; 0: none. */
static uint64_t rung(int fd)
{
    uint64_t times = 0;

    return soc_sys->read(fd, &times, sizeof times) == sizeof times ? times : 0;
}

static int wait_for(int fd, int timeout_ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    return soc_sys->poll(&poll_fd, 1, timeout_ms);
}

static void test_it_stands_still(void **state)
{
    int64_t monotonic = soc_monotonic_ms();

    (void)state;
    assert_true(soc_now_ms() == SOC_SIMCLOCK_START_MS);
    assert_true(monotonic > 0);
    soc_simclock_move(&sim, 1234);
    assert_int_equal(passed(), 1234);
    assert_int_equal(soc_monotonic_ms() - monotonic, 1234);
}

static void test_sleeps_last_whole_milliseconds(void **state)
{
    (void)state;
    soc_sleep_us(1);
    assert_int_equal(passed(), 1);
    soc_sleep_us(2000);
    assert_int_equal(passed(), 3);
    soc_sleep_us(1000001);
    assert_int_equal(passed(), 1004);
}

static void test_timers_ring_on_the_way(void **state)
{
    int once = timer(100, 0);
    int often = timer(30, 50);

    (void)state;
    soc_simclock_move(&sim, 29);
    assert_int_equal(rung(often), 0);
    soc_simclock_move(&sim, 1);
    assert_int_equal(rung(often), 1);
    assert_int_equal(rung(often), 0);
    soc_simclock_move(&sim, 70); /* at 100: it rang at 80, and is due at 130 */
    assert_int_equal(rung(once), 1);
    assert_int_equal(rung(often), 1);
    soc_simclock_move(&sim, 29);
    assert_int_equal(rung(often), 0);
    soc_simclock_move(&sim, 1);
    assert_int_equal(rung(often), 1);
    assert_int_equal(rung(once), 0);
    soc_sys->close(once);
    soc_sys->close(often);
}

static void test_a_timer_set_anew_has_not_rung(void **state)
{
    const struct itimerspec never = {{0}, {0}};
    int fd = timer(10, 0);

    (void)state;
    soc_simclock_move(&sim, 10);
    errno = 0;
    assert_int_equal(soc_sys->timer_set(fd, &never), 0);
    assert_int_equal(rung(fd), 0);
    soc_simclock_move(&sim, 100000);
    assert_int_equal(rung(fd), 0);
    soc_sys->close(fd);
}

static void test_a_wait_moves_it(void **state)
{
    int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int clock = timer(300, 0);

    (void)state;
    assert_int_equal(wait_for(event, 0), 0);
    assert_int_equal(passed(), 0);
    assert_int_equal(wait_for(event, 1000), 0);
    assert_int_equal(passed(), 1000);
    assert_int_equal(wait_for(clock, -1), 1); /* it rang meanwhile */
    assert_int_equal(passed(), 1000);
    assert_int_equal(eventfd_write(event, 1), 0);
    assert_int_equal(wait_for(event, -1), 1);
    assert_int_equal(passed(), 1000);
    soc_sys->close(event);
    soc_sys->close(clock);
}

static void test_a_wait_ends_with_the_timer_that_it_is_for(void **state)
{
    int early = timer(10, 0);
    int late = timer(50, 0);

    (void)state;
    assert_int_equal(wait_for(late, 1000), 1);
    assert_int_equal(passed(), 50);
    assert_int_equal(rung(early), 1);
    soc_sys->close(early);
    soc_sys->close(late);
}

static void test_patience(void **state)
{
    int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    (void)state;
    assert_int_equal(wait_for(event, -1), -1);
    assert_int_equal(errno, EDEADLK);
    assert_int_equal(passed(), 0);
    int often = timer(86400000, 86400000);
    assert_int_equal(wait_for(event, -1), -1);
    assert_int_equal(passed(), SOC_SIMCLOCK_PATIENCE_MS);
    soc_simclock_allow(&sim);
    assert_int_equal(wait_for(event, 1000), 0);
    soc_sys->close(event);
    soc_sys->close(often);
}

static void test_real_timers_stay_real(void **state)
{
    const struct itimerspec soon = {.it_value = {.tv_nsec = 1}};
    int fd = soc_sys_real.timer_init();
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    (void)state;
    assert_int_equal(soc_sys->timer_set(fd, &soon), 0);
    assert_int_equal(soc_sys_real.poll(&poll_fd, 1, 10000), 1);
    close(fd);
}

static void test_many_timers(void **state)
{
    size_t before = count_descriptors();
    int fds[40];

    (void)state;
    for (int i = 0; i < 40; i++)
        fds[i] = timer(i + 1, 0);
    soc_simclock_move(&sim, 20);
    for (int i = 0; i < 40; i++)
        assert_int_equal(rung(fds[i]), i < 20);
    for (int i = 0; i < 40; i++)
        soc_sys->close(fds[i]);
    assert_int_equal(sim.count, 0);
    assert_int_equal(count_descriptors(), before);
}

static void test_numbers(void **state)
{
    unsigned char first[21], again[21];
    char id[SOC_UUID_SIZE];
    struct soc_seeded published = {UINT64_C(1234567)};

    (void)state;
    /* The sequence that the reference implementation gives for this seed. */
    assert_true(soc_seeded_next(&published) == UINT64_C(6457827717110365317));
    assert_true(soc_seeded_next(&published) == UINT64_C(3203168211198807973));
    assert_int_equal(soc_sys->getrandom(first, sizeof first), sizeof first);
    numbers.state = 7;
    assert_int_equal(soc_sys->getrandom(again, sizeof again), sizeof again);
    assert_memory_equal(first, again, sizeof first);
    assert_int_equal(soc_sys->getrandom(again, sizeof again), sizeof again);
    assert_memory_not_equal(first, again, sizeof first);
    assert_int_equal(soc_uuid7(id), 0);
}

static void test_numbers_below(void **state)
{
    int times[3] = {0};

    (void)state;
    for (int i = 0; i < 3000; i++)
        times[soc_seeded_below(&numbers, 3)]++;
    for (int i = 0; i < 3; i++)
        assert_in_range(times[i], 900, 1100);
    assert_int_equal(soc_seeded_below(&numbers, 1), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_it_stands_still),
        TEST(test_sleeps_last_whole_milliseconds),
        TEST(test_timers_ring_on_the_way),
        TEST(test_a_timer_set_anew_has_not_rung),
        TEST(test_a_wait_moves_it),
        TEST(test_a_wait_ends_with_the_timer_that_it_is_for),
        TEST(test_patience),
        TEST(test_real_timers_stay_real),
        TEST(test_many_timers),
        TEST(test_numbers),
        TEST(test_numbers_below),
    };

    return cmocka_run_group_tests_name("simclock", tests, NULL, NULL);
}
