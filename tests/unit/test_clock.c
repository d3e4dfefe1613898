/* SPDX-License-Identifier: MIT */
/*
 * Dates there and back, RFC 3339 as it may and may not be written, identifiers, and a machine that
 * says nothing of itself.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "harness/internal/faults.h"
#include "harness/unit.h"

static int setup(void **state)
{
    (void)state;
    faults_install();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    faults_remove();
    return 0;
}

static void check_format(int64_t ms, const char *expected)
{
    char text[SOC_TIME_SIZE];

    soc_format_time(text, ms);
    assert_string_equal(text, expected);
}

static void test_formatting(void **state)
{
    (void)state;
    check_format(0, "1970-01-01T00:00:00.000Z");
    check_format(-1, "1969-12-31T23:59:59.999Z");
    check_format(FAULTS_STOPPED_MS, "2026-02-10T10:00:00.000Z");
    check_format(951782400000 + 86399999, "2000-02-29T23:59:59.999Z");
    check_format(951868800000, "2000-03-01T00:00:00.000Z");
    check_format(-62167219200000, "0000-01-01T00:00:00.000Z");
    check_format(253402300799999, "9999-12-31T23:59:59.999Z");
}

static void test_times_beyond_are_clamped(void **state)
{
    (void)state;
    check_format(INT64_MIN, "0000-01-01T00:00:00.000Z");
    check_format(-62167219200001, "0000-01-01T00:00:00.000Z");
    check_format(253402300800000, "9999-12-31T23:59:59.999Z");
    check_format(INT64_MAX, "9999-12-31T23:59:59.999Z");
}

static int64_t parsed(const char *text)
{
    int64_t ms = 12345;

    assert_true(soc_parse_time(text, strlen(text), &ms));
    return ms;
}

static void test_parsing(void **state)
{
    (void)state;
    assert_int_equal(parsed("1970-01-01T00:00:00Z"), 0);
    assert_int_equal(parsed("2026-02-10T10:00:00.000Z"), FAULTS_STOPPED_MS);
    assert_int_equal(parsed("2026-02-10T10:00:00Z"), FAULTS_STOPPED_MS);
    assert_int_equal(parsed("2026-02-10t10:00:00z"), FAULTS_STOPPED_MS);
    assert_int_equal(parsed("2026-02-10T12:30:00+02:30"), FAULTS_STOPPED_MS);
    assert_int_equal(parsed("2026-02-09T23:59:00.000-10:01"), FAULTS_STOPPED_MS);
    assert_int_equal(parsed("2026-02-10T10:00:00.5Z"), FAULTS_STOPPED_MS + 500);
    assert_int_equal(parsed("2026-02-10T10:00:00.0079999999Z"), FAULTS_STOPPED_MS + 7);
    assert_int_equal(parsed("1969-12-31T23:59:59.250Z"), -750);
    assert_int_equal(parsed("2016-12-31T23:59:60Z"), parsed("2017-01-01T00:00:00Z"));
    assert_int_equal(parsed("0000-01-01T00:00:00Z"), -62167219200000);
    assert_int_equal(parsed("0000-02-29T00:00:00Z"), -62167219200000 + 59 * INT64_C(86400000));
}

static void test_what_is_no_time(void **state)
{
    static const char *const bad[] = {
        "",
        "2026",
        "2026-02-10",
        "2026-02-10T10:00:00",
        "2026-02-10 10:00:00Z",
        "2026-02-10T10:00Z",
        "2026-02-10T10:00:00.Z",
        "2026-02-10T10:00:00.",
        "2026-02-10T10:00:00Zx",
        "2026-02-10T10:00:00+0200",
        "2026-02-10T10:00:00+24:00",
        "2026-02-10T10:00:00+02:60",
        "2026-02-10T24:00:00Z",
        "2026-02-10T10:60:00Z",
        "2026-02-10T10:00:61Z",
        "2026-13-10T10:00:00Z",
        "2026-00-10T10:00:00Z",
        "2026-02-00T10:00:00Z",
        "2026-02-30T10:00:00Z",
        "2026-02-29T10:00:00Z",
        "1900-02-29T10:00:00Z",
        "2026-04-31T10:00:00Z",
        "26-02-10T10:00:00Z",
        "+026-02-10T10:00:00Z",
        "2026/02/10T10:00:00Z",
        " 2026-02-10T10:00:00Z",
        "2026-02-10T1x:00:00Z",
    };
    int64_t ms = 12345;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(soc_parse_time(bad[i], strlen(bad[i]), &ms));
    assert_int_equal(ms, 12345);
    assert_false(soc_parse_time("2026-02-10T10:00:00Z", 19, &ms));
}

/* Each day of 10,000 years is the one after the day before. */
static void test_every_day_there_and_back(void **state)
{
    int64_t ms = -62167219200000;

    (void)state;
    for (; ms < 253402300800000; ms += 86400000) {
        char text[SOC_TIME_SIZE];
        int64_t back;

        soc_format_time(text, ms + 1);
        if (!soc_parse_time(text, strlen(text), &back) || back != ms + 1)
            fail_msg("%s", text);
    }
}

static void test_dates_agree_with_the_c_library(void **state)
{
    (void)state;
    for (int64_t seconds = -62167219200; seconds < 253402300800; seconds += 86400 * 37 + 3601) {
        time_t time = (time_t)seconds;
        char ours[SOC_TIME_SIZE], theirs[SOC_TIME_SIZE + 40];
        struct tm tm;

        gmtime_r(&time, &tm);
        soc_format_time(ours, seconds * 1000);
        snprintf(theirs, sizeof(theirs), "%04d-%02d-%02dT%02d:%02d:%02d.000Z", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        assert_string_equal(ours, theirs);
    }
}

static void test_clocks(void **state)
{
    int64_t wall, monotonic;

    (void)state;
    assert_in_range(soc_now_ms() / 1000, time(NULL) - 2, time(NULL) + 2);
    faults_clock_stop();
    wall = soc_now_ms();
    monotonic = soc_monotonic_ms();
    assert_int_equal(wall, FAULTS_STOPPED_MS);
    soc_sleep_us(2500000);
    assert_int_equal(soc_now_ms() - wall, 2500);
    faults_clock_move(-500);
    assert_int_equal(soc_monotonic_ms() - monotonic, 2000);
}

static void check_uuid_shape(const char *id)
{
    assert_int_equal(strlen(id), 36);
    for (int i = 0; i < 36; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23)
            assert_int_equal(id[i], '-');
        else
            assert_non_null(strchr("0123456789abcdef", id[i]));
    }
}

static void test_uuids(void **state)
{
    char first[SOC_UUID_SIZE], second[SOC_UUID_SIZE];

    (void)state;
    faults_clock_stop();
    assert_int_equal(soc_uuid7(first), 0);
    assert_int_equal(soc_uuid7(second), 0);
    check_uuid_shape(first);
    /* 1770717600000 ms, version 7, variant 10. */
    assert_memory_equal(first, "019c46fe-5900-7", 15);
    assert_non_null(strchr("89ab", first[19]));
    assert_string_not_equal(first, second);
    faults_clock_move(1);
    assert_int_equal(soc_uuid7(second), 0);
    assert_true(strcmp(first, second) < 0);
}

static void test_randomness_in_pieces_and_failing(void **state)
{
    char id[SOC_UUID_SIZE] = "untouched";

    (void)state;
    faults_at(FAULT_GETRANDOM, 1, EINTR);
    faults_short(FAULT_GETRANDOM, 2, 3);
    assert_int_equal(soc_uuid7(id), 0);
    assert_int_equal(faults_count(FAULT_GETRANDOM), 3);
    check_uuid_shape(id);
    snprintf(id, sizeof(id), "untouched");
    faults_at(FAULT_GETRANDOM, 1, ENOSYS);
    assert_int_equal(soc_uuid7(id), -ENOSYS);
    assert_string_equal(id, "untouched");
}

/* Ids out of one pool are as different as others, and the pool is filled again when it is used up. */
static void test_a_pool_of_randomness(void **state)
{
    struct soc_random pool = {0};
    char ids[sizeof(pool.bytes) / 10 + 1][SOC_UUID_SIZE];

    (void)state;
    faults_at(FAULT_GETRANDOM, 1, EIO);
    snprintf(ids[0], sizeof(ids[0]), "untouched");
    assert_int_equal(soc_uuid7_of(&pool, 1, ids[0]), -EIO);
    assert_string_equal(ids[0], "untouched");
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        assert_int_equal(soc_uuid7_of(&pool, soc_now_ms(), ids[i]), 0);
        check_uuid_shape(ids[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(ids[i], ids[j]);
    }
    assert_int_equal(faults_count(FAULT_GETRANDOM), 3);
}

/* Whatever stood there before, a moment is written like its time. */
static void test_moments(void **state)
{
    static const long long steps[] = {0, 1, 9, 90, 899, 1, 999, 1, -1, -1000, 86400000, -400, 7};
    struct soc_moment moment = {0};
    char expected[SOC_TIME_SIZE];

    (void)state;
    faults_clock_stop();
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        faults_clock_move(steps[i]);
        soc_moment_now(&moment);
        assert_int_equal(moment.ms, soc_now_ms());
        soc_format_time(expected, moment.ms);
        assert_string_equal(moment.text, expected);
    }
}

static void test_the_bits_of_an_id(void **state)
{
    static const unsigned char bytes[] = {0xff, 0xff, 0x12, 0x34, 0x56,
                                          0x78, 0x9a, 0xbc, 0xde, 0xf0};
    static const unsigned char others[] = {0x00, 0x0a, 0xff, 0xff, 0x0a,
                                           0x09, 0x90, 0xa0, 0x9f, 0xf9};
    struct soc_random pool = {0};
    char id[SOC_UUID_SIZE];

    (void)state;
    memcpy(pool.bytes, bytes, sizeof(bytes));
    memcpy(pool.bytes + sizeof(bytes), others, sizeof(others));
    pool.left = 2 * sizeof(bytes);
    assert_int_equal(soc_uuid7_of(&pool, 0x0123456789ab, id), 0);
    assert_string_equal(id, "01234567-89ab-700a-bfff-0a0990a09ff9");
    assert_int_equal(soc_uuid7_of(&pool, 0xfedcba987654, id), 0);
    assert_string_equal(id, "fedcba98-7654-7fff-9234-56789abcdef0");
}

static void test_the_machine(void **state)
{
    char id[SOC_UUID_SIZE], again[SOC_UUID_SIZE];
    char name[65], expected[65] = "";

    (void)state;
    soc_boot_id(id);
    soc_boot_id(again);
    check_uuid_shape(id);
    assert_string_equal(id, again);
    soc_host_name(name);
    gethostname(expected, 64);
    assert_string_equal(name, expected);
}

static void test_no_boot_id(void **state)
{
    char id[SOC_UUID_SIZE];

    (void)state;
    faults_at(FAULT_OPENAT, 1, ENOENT);
    soc_boot_id(id);
    assert_string_equal(id, "");
    faults_at(FAULT_READ, 1, EIO);
    soc_boot_id(id);
    assert_string_equal(id, "");
    faults_short(FAULT_READ, 1, 5);
    soc_boot_id(id);
    assert_string_equal(id, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formatting),
        cmocka_unit_test(test_times_beyond_are_clamped),
        cmocka_unit_test(test_parsing),
        cmocka_unit_test(test_what_is_no_time),
        cmocka_unit_test(test_every_day_there_and_back),
        cmocka_unit_test(test_dates_agree_with_the_c_library),
        cmocka_unit_test_setup_teardown(test_clocks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_uuids, setup, teardown),
        cmocka_unit_test_setup_teardown(test_randomness_in_pieces_and_failing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_pool_of_randomness, setup, teardown),
        cmocka_unit_test_setup_teardown(test_moments, setup, teardown),
        cmocka_unit_test(test_the_bits_of_an_id),
        cmocka_unit_test(test_the_machine),
        cmocka_unit_test_setup_teardown(test_no_boot_id, setup, teardown),
    };

    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
