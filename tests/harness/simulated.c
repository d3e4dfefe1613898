/* SPDX-License-Identifier: MIT */
/* A society in memory for tests: see simulated.h. */
#include "harness/simulated.h"

#include "harness/die.h"

#define SEED 7

society_test *test;
static char *text;

int simulated_setup(void **state)
{
    (void)state;
    int result = society_test_new(SEED, &test);
    if (result < 0)
        die("society_test_new: %s", society_error_name(result));
    lead = simulated_agent("lead");
    w1 = simulated_agent("w1");
    w2 = simulated_agent("w2");
    return 0;
}

int simulated_teardown(void **state)
{
    (void)state;
    society_test_free(test);
    society_free(text);
    text = NULL;
    return 0;
}

society *simulated_agent(const char *id)
{
    society *s;

    if (society_test_open(test, id, &s) < 0)
        die("%s: %s", id, society_test_last_message(test));
    return s;
}

const char *simulated_text(const char *name)
{
    char *now = NULL;

    if (society_test_text(test, name, &now) < 0)
        now = NULL;
    society_free(text);
    text = now;
    return text;
}
