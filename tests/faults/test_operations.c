/* SPDX-License-Identifier: MIT */
/*
 * Every operation of the library with every call that it makes failing in every way: refused, cut short, or made and then
 * reported as failed. After each: an error with words, the log sound, nothing lost that was there or acknowledged, no descriptor
 * left, and the same operation again succeeds. (Memory: the leak sanitizer, at the end.)
 *
 * In make check every STRIDE-th fault is injected, in the long run all. SOCIETY_STRIDE sets it, SOCIETY_OPERATION names the one
 * to be tried, SOCIETY_FAULT the only number; with SOCIETY_OPERATION_PLAIN no claim makes a lock file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/internal/operations.h"
#include "harness/limit.h"
#include "harness/member.h"
#include "harness/unit.h"

#define STRIDE 17

enum way { REFUSED, AFTERWARDS, SHORT };

static const struct fault {
    enum way way;
    int error;
} faults[] = {
    {REFUSED, EIO},    {REFUSED, ENOSPC}, {REFUSED, EDQUOT}, {REFUSED, EINTR},
    {REFUSED, EMFILE}, {REFUSED, ENOLCK}, {REFUSED, EAGAIN}, {REFUSED, ESTALE},
    {AFTERWARDS, EIO}, {SHORT, 1},        {SHORT, 0},
};
#define FAULTS (sizeof faults / sizeof faults[0])

static unsigned injected;
static unsigned complaints;
static unsigned failures;

/* All are wanted, not the first alone. */
__attribute__((format(printf, 1, 2))) static void complain(const char *format, ...)
{
    va_list arguments;

    printf("# ");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    if (++complaints == 100)
        fail_msg("too many to go on");
}

static void order(const struct fault *fault, unsigned nth)
{
    if (fault->way == SHORT)
        faults_short(FAULT_CALLS, nth, (size_t)fault->error);
    else if (fault->way == AFTERWARDS)
        faults_after(FAULT_CALLS, nth, fault->error);
    else
        faults_at(FAULT_CALLS, nth, fault->error);
}

static void reset(void)
{
    faults_reset();
    faults_skip_sync(true);
}

/* What a failed call may have to say. */
static bool is_clear(const struct operation *operation, society *s, int result)
{
    bool own_handle = strcmp(operation->name, "open") == 0 || strcmp(operation->name, "init") == 0;

    return (own_handle || society_last_message(s)[0] != '\0') &&
           strcmp(society_error_name(result), "UNKNOWN") != 0;
}

static const char *describe(const struct operation *operation, const struct fault *fault,
                            unsigned nth, enum fault_call call)
{
    static const char *const ways[] = {"refused with", "made and reported as", "cut to"};
    static char text[256];

    snprintf(text, sizeof text, "%s: call %u (%s) %s %s", operation->name, nth, faults_name(call),
             ways[fault->way],
             fault->way == SHORT ? (fault->error ? "a byte" : "nothing")
                                 : strerrorname_np(fault->error));
    return text;
}

static bool sees(const struct operation *operation)
{
    society *s = member_open("w1");
    bool done = !operation->is_done || operation->is_done(s);

    society_close(s);
    return done;
}

static void check_after(const char *what)
{
    society *s = member_open(NULL);

    if (!operations_kept(s))
        complain("%s: something is lost", what);
    if (!operations_sound(s, 1))
        complain("%s: the logs are damaged", what);
    society_close(s);
}

/* False when the operation makes fewer calls. */
static bool inject(const struct operation *operation, const struct fault *fault, unsigned nth)
{
    operations_restore();
    size_t descriptors = count_descriptors();
    society *s = member_open("w1");
    order(fault, nth);
    int result = operation->run(s);
    enum fault_call call = faults_hit();
    const char *what = describe(operation, fault, nth, call);
    reset();
    if (result < 0 && !is_clear(operation, s, result))
        complain("%s: %s without words", what, society_error_name(result));
    if (result >= 0 && !sees(operation))
        complain("%s: said to be done, and is not", what);
    if (result < 0) {
        char words[300];
        snprintf(words, sizeof words, "%s (%s)", society_last_message(s),
                 society_error_name(result));
        int again = operation->run(s);
        if (again < 0 && !(again == operation->again && again != 0))
            complain("%s: %s; and once more: %s (%s)", what, words, society_last_message(s),
                     society_error_name(again));
        if (!sees(operation))
            complain("%s: done again, and is not", what);
    }
    society_close(s);
    if (count_descriptors() != descriptors)
        complain("%s: a descriptor is left", what);
    check_after(what);
    failures += result < 0;
    injected += call != FAULT_CALLS;
    return call != FAULT_CALLS;
}

static unsigned number_of(const char *name, unsigned otherwise)
{
    const char *given = getenv(name);

    return given ? (unsigned)strtoul(given, NULL, 10) : otherwise;
}

/* All faults of one operation, or every stride-th; where it begins differs from one to the next. */
static void try_operation(const struct operation *operation, unsigned stride, unsigned from)
{
    unsigned only = number_of("SOCIETY_FAULT", 0);
    bool more = true;

    for (unsigned number = from; more; number += stride) {
        unsigned nth = number / FAULTS + 1;
        if (only > 0)
            number = only;
        more = inject(operation, &faults[number % FAULTS], only > 0 ? only / FAULTS + 1 : nth) &&
               only == 0;
    }
}

static void test_every_fault(void **state)
{
    unsigned stride = number_of("SOCIETY_STRIDE", getenv("SOCIETY_LONG") ? 1 : STRIDE);
    const char *wanted = getenv("SOCIETY_OPERATION");
    unsigned tried = 0;
    unsigned count = 0;

    (void)state;
    limit_begin();
    for (unsigned i = 0; operations[i].name; i++, count++) {
        if (limit_over() || (wanted && strcmp(wanted, operations[i].name) != 0))
            continue;
        try_operation(&operations[i], stride, i % stride);
        tried++;
    }
    limit_end(tried, wanted ? 1 : count, "operations");
    print_message("# %u faults injected, %u of them made the operation fail\n", injected, failures);
    assert_int_equal(complaints, 0);
    assert_true(injected > (tried < count ? 0 : 1000));
}

/* Each does what it says on the society as it is. */
static void test_without_a_fault(void **state)
{
    (void)state;
    for (unsigned i = 0; operations[i].name; i++) {
        operations_restore();
        society *s = member_open("w1");
        if (operations[i].is_done && operations[i].is_done(s))
            fail_msg("%s: done before", operations[i].name);
        int result = operations[i].run(s);
        if (result < 0)
            fail_msg("%s: %s", operations[i].name, society_last_message(s));
        society_close(s);
        assert_true(sees(&operations[i]));
        check_after(operations[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_fault),
        cmocka_unit_test(test_every_fault),
    };

    return cmocka_run_group_tests_name("operations", tests, operations_setup, operations_teardown);
}
