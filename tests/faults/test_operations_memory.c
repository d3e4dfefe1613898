/* SPDX-License-Identifier: MIT */
/*
 * Every operation of the library without memory: its first allocation fails, then its second, and so on. After each: it says
 * that memory ran out, or did without; nothing is lost, no descriptor and no block of memory is left, and the same operation
 * again succeeds.
 *
 * In make check some 40 allocations of each operation, in the long run all. SOCIETY_OPERATION names the one to be tried,
 * SOCIETY_FAULT the number of the allocation.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/internal/memory.h"
#include "harness/internal/operations.h"
#include "harness/limit.h"
#include "harness/member.h"
#include "harness/unit.h"

#define SAMPLES 40

static unsigned injected;
static unsigned failures;
static unsigned complaints;

static void complain(const char *name, long nth, const char *what, const char *words)
{
    printf("# %s: allocation %ld: %s: %s\n", name, nth, what, words);
    if (++complaints == 100)
        fail_msg("too many to go on");
}

/* How many allocations the operation makes. */
static long count_allocations(const struct operation *operation)
{
    operations_restore();
    society *s = member_open("w1");
    long before = memory_made();
    operation->run(s);
    long count = memory_made() - before;
    society_close(s);
    return count;
}

static bool sees(const struct operation *operation)
{
    society *s = member_open("w1");
    bool done = !operation->is_done || operation->is_done(s);

    society_close(s);
    return done;
}

static void check_after(const struct operation *operation, long nth)
{
    society *s = member_open(NULL);

    if (!operations_kept(s))
        complain(operation->name, nth, "lost", "");
    if (!operations_sound(s, 0))
        complain(operation->name, nth, "damaged", "");
    society_close(s);
}

static void run_again(const struct operation *operation, society *s, long nth)
{
    int again = operation->run(s);

    if (again < 0 && !(again == operation->again && again != 0))
        complain(operation->name, nth, "once more", society_last_message(s));
    if (!sees(operation))
        complain(operation->name, nth, "not done", society_last_message(s));
}

static void starve(const struct operation *operation, long nth)
{
    operations_restore();
    size_t descriptors = count_descriptors();
    long live = memory_live();
    society *s = member_open("w1");
    memory_fail_at((unsigned)nth);
    int result = operation->run(s);
    injected += memory_restore();
    failures += result < 0;
    if (result < 0 && result != -ENOMEM)
        complain(operation->name, nth, society_error_name(result), society_last_message(s));
    if (result >= 0 && !sees(operation))
        complain(operation->name, nth, "said to be done", society_last_message(s));
    if (result < 0)
        run_again(operation, s, nth);
    society_close(s);
    if (memory_live() != live)
        complain(operation->name, nth, "memory is left", society_error_name(result));
    if (count_descriptors() != descriptors)
        complain(operation->name, nth, "a descriptor is left", society_error_name(result));
    check_after(operation, nth);
}

static void test_every_allocation(void **state)
{
    const char *wanted = getenv("SOCIETY_OPERATION");
    unsigned tried = 0;
    unsigned all = 0;

    (void)state;
    if (!memory_possible())
        skip_because(NO_MEMORY_FAULTS);
    limit_begin();
    for (unsigned i = 0; operations[i].name; i++, all++) {
        if (limit_over() || (wanted && strcmp(wanted, operations[i].name) != 0))
            continue;
        tried++;
        long count = count_allocations(&operations[i]);
        long step = getenv("SOCIETY_LONG") || count < SAMPLES ? 1 : count / SAMPLES;
        const char *only = getenv("SOCIETY_FAULT");
        if (only)
            starve(&operations[i], strtol(only, NULL, 10));
        for (long nth = 1 + i % step; !only && nth <= count; nth += step)
            starve(&operations[i], nth);
    }
    limit_end(tried, wanted ? 1 : all, "operations");
    print_message("# %u allocations failed, %u of them made the operation fail\n", injected,
                  failures);
    assert_int_equal(complaints, 0);
    assert_true(injected > (tried < all ? 0 : 500));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation),
    };

    return cmocka_run_group_tests_name("operations_memory", tests, operations_setup,
                                       operations_teardown);
}
