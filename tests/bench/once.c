/* SPDX-License-Identifier: MIT */
/* The floor of a command that sends: a C program that does nothing but one append as floor.h makes it, linked with the C library
 * alone. */
#include "bench/floor.h"

int main(void)
{
    floor_append(floor_open(), 0);
    return 0;
}
