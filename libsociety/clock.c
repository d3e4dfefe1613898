/* SPDX-License-Identifier: MIT */
/*
 * Time and identifiers. Days are turned into dates and back by arithmetic alone (Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms"): no time zone, no locale, no limit of time_t. The
 * years of that calendar begin in March, so that the leap day is the last of its year; an era is
 * 400 years.
 */
#include "clock.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "path.h"
#include "sys.h"

#define DAY_MS INT64_C(86400000)
#define ERA_DAYS 146097
#define EPOCH_DAYS 719468               /* from 1 March of year 0 to 1 January 1970 */
#define EARLIEST (-62167219200000)      /* 0000-01-01T00:00:00.000Z */
#define LATEST INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now = {0};

    soc_sys->clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t soc_now_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

int64_t soc_monotonic_ms(void)
{
    return clock_ms(CLOCK_BOOTTIME);
}

void soc_sleep_us(int64_t microseconds)
{
    struct timespec time = {
        .tv_sec = microseconds / 1000000,
        .tv_nsec = microseconds % 1000000 * 1000,
    };

    /* A signal may end it early: whoever sleeps looks at the clock again. */
    soc_sys->nanosleep(&time);
}

struct date {
    int year, month, day;
};

/* For days from 1 March of year 0 on, which all years from 0 to 9999 but two months of the first
 * are; those are shifted by an era. */
static struct date date_of(int64_t days_since_1970)
{
    int64_t days = days_since_1970 + EPOCH_DAYS + ERA_DAYS;
    int64_t era = days / ERA_DAYS;
    int day_of_era = (int)(days % ERA_DAYS);
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month = (5 * day_of_year + 2) / 153; /* 0 is March */
    struct date date = {
        .year = (int)(era - 1) * 400 + year_of_era + (month >= 10),
        .month = month < 10 ? month + 3 : month - 9,
        .day = day_of_year - (153 * month + 2) / 5 + 1,
    };

    return date;
}

static int64_t days_of(struct date date)
{
    int year = date.year + 400 - (date.month <= 2);
    int year_of_era = year % 400;
    int month = date.month > 2 ? date.month - 3 : date.month + 9;
    int day_of_year = (153 * month + 2) / 5 + date.day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return (int64_t)(year / 400 - 1) * ERA_DAYS + day_of_era - EPOCH_DAYS;
}

/* Two decimal digits at `out` and what stands behind them; returns what comes then. */
static char *put(char *out, int value, char behind)
{
    out[0] = (char)('0' + value / 10);
    out[1] = (char)('0' + value % 10);
    out[2] = behind;
    return out + 3;
}

void soc_format_time(char out[SOC_TIME_SIZE], int64_t ms)
{
    int64_t clamped = ms < EARLIEST ? EARLIEST : ms > LATEST ? LATEST : ms;
    int64_t since_year_0 = clamped - EARLIEST;
    int in_day = (int)(since_year_0 % DAY_MS);
    struct date date = date_of(since_year_0 / DAY_MS + EARLIEST / DAY_MS);

    put(out, date.year / 100, '\0');
    out = put(out + 2, date.year % 100, '-');
    out = put(out, date.month, '-');
    out = put(out, date.day, 'T');
    out = put(out, in_day / 3600000, ':');
    out = put(out, in_day / 60000 % 60, ':');
    out = put(out, in_day / 1000 % 60, '.');
    *out++ = (char)('0' + in_day % 1000 / 100);
    *put(out, in_day % 100, 'Z') = '\0';
}

void soc_moment_now(struct soc_moment *moment)
{
    int64_t now = soc_now_ms();
    int64_t second = now - now % 1000;

    if (moment->text[0] == '\0' || now < second || moment->ms < second ||
        moment->ms >= second + 1000) {
        soc_format_time(moment->text, now);
    } else {
        moment->text[20] = (char)('0' + now % 1000 / 100);
        put(moment->text + 21, (int)(now % 100), 'Z');
    }
    moment->ms = now;
}

/* What is still to be read. Every reader below answers whether it found what it wanted. */
struct reader {
    const char *text;
    size_t length;
};

static bool read_char(struct reader *reader, char wanted)
{
    /* 't' and 'z' may be written small (RFC 3339, 5.6). */
    if (reader->length == 0 ||
        (reader->text[0] != wanted && !(wanted >= 'A' && reader->text[0] == (wanted | 0x20))))
        return false;
    reader->text++;
    reader->length--;
    return true;
}

static bool read_digit(struct reader *reader, int *ret_digit)
{
    if (reader->length == 0 || reader->text[0] < '0' || reader->text[0] > '9')
        return false;
    *ret_digit = reader->text[0] - '0';
    reader->text++;
    reader->length--;
    return true;
}

static bool read_number(struct reader *reader, int digits, int low, int high, int *ret_value)
{
    int value = 0;

    for (int digit; digits > 0; digits--) {
        if (!read_digit(reader, &digit))
            return false;
        value = value * 10 + digit;
    }
    *ret_value = value;
    return value >= low && value <= high;
}

static bool read_date(struct reader *reader, struct date *ret_date)
{
    static const char days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year;

    if (!read_number(reader, 4, 0, 9999, &ret_date->year) || !read_char(reader, '-') ||
        !read_number(reader, 2, 1, 12, &ret_date->month) || !read_char(reader, '-') ||
        !read_number(reader, 2, 1, days[ret_date->month - 1], &ret_date->day))
        return false;
    year = ret_date->year;
    return ret_date->month != 2 || ret_date->day < 29 ||
           (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

static bool read_fraction(struct reader *reader, int *ret_ms)
{
    int digit, weight = 100;

    *ret_ms = 0;
    if (!read_char(reader, '.'))
        return true;
    if (!read_digit(reader, &digit))
        return false;
    do {
        *ret_ms += digit * weight;
        weight /= 10;
    } while (read_digit(reader, &digit));
    return true;
}

static bool read_offset(struct reader *reader, int *ret_minutes)
{
    int sign, hours, minutes;

    *ret_minutes = 0;
    if (read_char(reader, 'Z'))
        return true;
    if (read_char(reader, '+'))
        sign = 1;
    else if (read_char(reader, '-'))
        sign = -1;
    else
        return false;
    if (!read_number(reader, 2, 0, 23, &hours) || !read_char(reader, ':') ||
        !read_number(reader, 2, 0, 59, &minutes))
        return false;
    *ret_minutes = sign * (hours * 60 + minutes);
    return true;
}

bool soc_parse_time(const char *text, size_t length, int64_t *ret_ms)
{
    struct reader reader = {text, length};
    struct date date;
    int hour, minute, second, ms, offset;

    /* A leap second, 60, is the same as the next minute's 0: so it is in POSIX time. */
    if (!read_date(&reader, &date) || !read_char(&reader, 'T') ||
        !read_number(&reader, 2, 0, 23, &hour) || !read_char(&reader, ':') ||
        !read_number(&reader, 2, 0, 59, &minute) || !read_char(&reader, ':') ||
        !read_number(&reader, 2, 0, 60, &second) || !read_fraction(&reader, &ms) ||
        !read_offset(&reader, &offset) || reader.length != 0)
        return false;
    *ret_ms =
        days_of(date) * DAY_MS + ((hour * 60 + minute - offset) * INT64_C(60) + second) * 1000 + ms;
    return true;
}

static int random_bytes(unsigned char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t got = soc_sys->getrandom(bytes, length);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        bytes += got;
        length -= (size_t)got;
    }
    return 0;
}

#define ID_RANDOM 10 /* random bytes of an id */

/* Eight hexadecimal digits, all at once: each half byte in a byte of its own, and then what lies
 * between '0' and it, or between 'a' - 10 and it. */
static void put_hex(char out[8], uint32_t value)
{
    uint64_t digits = value;
    uint64_t letters;

    digits = (digits << 16 | digits) & UINT64_C(0x0000ffff0000ffff);
    digits = (digits << 8 | digits) & UINT64_C(0x00ff00ff00ff00ff);
    digits = (digits << 4 | digits) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    letters = (digits + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101);
    digits = htobe64(digits + UINT64_C(0x3030303030303030) + letters * ('a' - '0' - 10));
    memcpy(out, &digits, sizeof(digits));
}

static uint32_t load(const unsigned char bytes[4])
{
    uint32_t value;

    memcpy(&value, bytes, sizeof(value));
    return be32toh(value);
}

/* The id of this time with these random bytes: xxxxxxxx-xxxx-7xxx-yxxx-xxxxxxxxxxxx, y from 8 to b. */
static void format_id(char *out, int64_t now_ms, const unsigned char random[ID_RANDOM])
{
    char digits[16];

    put_hex(out, (uint32_t)(now_ms >> 16));
    put_hex(digits, (uint32_t)now_ms << 16 | 0x7000 | (load(random) >> 16 & 0x0fff));
    out[8] = '-';
    memcpy(out + 9, digits, 4);
    out[13] = '-';
    memcpy(out + 14, digits + 4, 4);
    out[18] = '-';
    put_hex(digits, (load(random + 2) & 0x3fffffff) | 0x80000000u);
    memcpy(out + 19, digits, 4);
    out[23] = '-';
    memcpy(out + 24, digits + 4, 4);
    put_hex(out + 28, load(random + 6));
    out[36] = '\0';
}

int soc_uuid7(char out[SOC_UUID_SIZE])
{
    unsigned char bytes[ID_RANDOM];
    int result = random_bytes(bytes, sizeof(bytes));

    if (result == 0)
        format_id(out, soc_now_ms(), bytes);
    return result;
}

int soc_uuid7_of(struct soc_random *pool, int64_t now_ms, char out[SOC_UUID_SIZE])
{
    if (pool->left < ID_RANDOM) {
        int result = random_bytes(pool->bytes, sizeof(pool->bytes));

        if (result < 0)
            return result;
        pool->left = sizeof(pool->bytes);
    }
    pool->left -= ID_RANDOM;
    format_id(out, now_ms, pool->bytes + pool->left);
    return 0;
}

void soc_boot_id(char out[SOC_UUID_SIZE])
{
    SOC_AUTO_FD int fd =
        soc_sys->openat(AT_FDCWD, "/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC, 0);
    ssize_t length = fd < 0 ? -1 : soc_sys->read(fd, out, SOC_UUID_SIZE - 1);

    out[length == SOC_UUID_SIZE - 1 && soc_is_word(out, SOC_UUID_SIZE - 1) ? length : 0] = '\0';
}

void soc_host_name(char out[65])
{
    struct utsname name;

    out[0] = '\0';
    if (uname(&name) == 0)
        snprintf(out, 65, "%.64s", name.nodename);
}
