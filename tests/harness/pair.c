/* SPDX-License-Identifier: MIT */
/* Two members: see pair.h. */
#include "harness/pair.h"

society *w1;
society *w2;

void pair_open(void)
{
    w1 = member_open("w1");
    w2 = member_open("w2");
}

void pair_close(void)
{
    society_close(w1);
    society_close(w2);
}

int pair_setup(void **state)
{
    member_setup(state);
    pair_open();
    return 0;
}

int pair_teardown(void **state)
{
    pair_close();
    return member_teardown(state);
}
