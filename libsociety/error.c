/* SPDX-License-Identifier: MIT */
/*
 * Results with words, and the public names of results. The words end up in terminals and logs, so
 * whatever was formatted is made one line of UTF-8 here, once, for every caller.
 */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "public.h"
#include "utf8.h"

#define ERRNO_MAX 4095
/* Formatted text this long can't be cut in the middle of what the error then holds. */
#define FORMATTED_SIZE 2048

static const struct {
    const char *name;
    const char *text;
} outcomes[] = {
    {"HELD", "held by another"},
    {"NOT_FOUND", "not found"},
    {"FENCED", "the token is no longer the current one"},
    {"DEADLOCK", "waiting would close a cycle"},
    {"TIMEOUT", "the deadline passed"},
    {"CORRUPT", "what is stored is damaged"},
    {"FORMAT", "malformed, or of a later version"},
    {"INVALID", "missing or invalid value"},
    {"UNSAFE_FILESYSTEM", "locks may not hold on this file system"},
    {"UNSAFE_FILE", "not a regular file of its own"},
    {"GIT", "git refused"},
    {"NO_SOCIETY", "no society here or above"},
    {"NO_AGENT", "no agent id is set"},
    {"GONE", "the society was removed"},
    {"TOO_BIG", "larger than the format allows"},
    {"WOKEN", "the wait was ended"},
    {"VOID", "an unlocked writer was faster"},
};

#define OUTCOMES ((int)(sizeof(outcomes) / sizeof(outcomes[0])))
_Static_assert(sizeof(outcomes) / sizeof(outcomes[0]) == SOCIETY_E_HELD - SOCIETY_E_VOID + 1,
               "one row for each result, in order");

SOC_PUBLIC const char *society_strerror(int result)
{
    const char *text = NULL;

    if (result >= 0)
        return "success";
    if (result >= -ERRNO_MAX)
        text = strerrordesc_np(-result);
    else if (SOCIETY_E_HELD - result < OUTCOMES)
        text = outcomes[SOCIETY_E_HELD - result].text;
    return text ? text : "unknown error";
}

SOC_PUBLIC const char *society_error_name(int result)
{
    const char *name = NULL;

    if (result >= 0)
        return "OK";
    if (result >= -ERRNO_MAX)
        name = strerrorname_np(-result);
    else if (SOCIETY_E_HELD - result < OUTCOMES)
        name = outcomes[SOCIETY_E_HELD - result].name;
    return name ? name : "UNKNOWN";
}

/* U+0080 to U+009F act on some terminals like the control characters below U+0020. */
static int is_control(const char *text, size_t length)
{
    unsigned char first = (unsigned char)text[0];

    if (length == 1)
        return first < 0x20 || first == 0x7f;
    return length == 2 && first == 0xc2 && (unsigned char)text[1] < 0xa0;
}

/* Copies what is printable UTF-8, puts '?' for the rest, and cuts between characters. */
static void set_text(struct soc_error *error, const char *text, size_t length)
{
    size_t used = 0;

    for (size_t at = 0, step; at < length; at += step) {
        size_t character = soc_utf8_length(text + at, length - at);
        int plain = character > 0 && !is_control(text + at, character);
        size_t needed = plain ? character : 1;

        step = character > 0 ? character : 1;
        if (used + needed >= sizeof(error->text))
            break;
        memcpy(error->text + used, plain ? text + at : "?", needed);
        used += needed;
    }
    error->text[used] = '\0';
}

/* By way of a buffer, because the arguments may be the error's own former words. */
__attribute__((format(printf, 3, 0))) static int fail(struct soc_error *error, int code,
                                                      const char *format, va_list arguments,
                                                      const char *reason)
{
    char text[FORMATTED_SIZE];
    int length;
    size_t used;

    if (!error)
        return code;
    length = vsnprintf(text, sizeof(text), format, arguments);
    used = length < 0 ? 0 : strnlen(text, sizeof(text));
    if (reason)
        used += (size_t)snprintf(text + used, sizeof(text) - used, ": %s", reason);
    set_text(error, text, used < sizeof(text) ? used : sizeof(text) - 1);
    error->code = code;
    return code;
}

int(soc_fail)(struct soc_error *error, int code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    code = fail(error, code, format, arguments, NULL);
    va_end(arguments);
    return code;
}

int(soc_fail_errno)(struct soc_error *error, const char *format, ...)
{
    int code = errno > 0 ? -errno : -EIO; /* a failure is never taken for success */
    va_list arguments;

    va_start(arguments, format);
    code = fail(error, code, format, arguments, society_strerror(code));
    va_end(arguments);
    return code;
}

int(soc_fail_memory)(struct soc_error *error)
{
    return soc_fail(error, -ENOMEM, "out of memory");
}
