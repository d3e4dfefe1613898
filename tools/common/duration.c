/* SPDX-License-Identifier: MIT */
/*
 * A number and a unit. What would overflow is refused with what is malformed, never cut to a limit.
 */
#include "duration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *unit;
    int32_t milliseconds;
} units[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};

int32_t duration_parse(const char *text)
{
    if (*text < '0' || *text > '9')
        return -1;
    char *unit = NULL;
    errno = 0;
    long long number = strtoll(text, &unit, 10);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(unit, units[i].unit) != 0)
            continue;
        if (errno || number > INT32_MAX / units[i].milliseconds)
            return -1;
        return (int32_t)number * units[i].milliseconds;
    }
    return -1;
}
