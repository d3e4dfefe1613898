/* SPDX-License-Identifier: MIT */
/* Two members under faults: see faults_pair.h. */
#include "harness/internal/faults_pair.h"

int faults_pair_setup(void **state)
{
    member_setup(state);
    faults_install();
    pair_open();
    return 0;
}

int faults_pair_teardown(void **state)
{
    pair_close();
    faults_remove();
    return member_teardown(state);
}
