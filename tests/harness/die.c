/* SPDX-License-Identifier: MIT */
/*
 * abort() and not exit(): the runner then shows a program that died, whatever results it printed
 * before.
 */
#include "harness/die.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *format, ...)
{
    int error = errno;
    va_list arguments;

    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, ": %s\n", strerror(error));
    abort();
}
