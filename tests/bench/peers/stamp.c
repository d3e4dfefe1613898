/* SPDX-License-Identifier: MIT */
/*
 * The handler behind `tail -F`, for shell.sh: reads lines and prints the nanoseconds since the stamp of each that is for AGENT. A
 * stamp is the time of day, which is the only clock that a shell has.
 *
 *     tail -n 0 -F LOG | stamp AGENT
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bench/peers/peer.h"
#include "harness/die.h"

int main(int argc, char **argv)
{
    char wanted[80];
    char line[4096];
    if (argc != 2)
        die("usage: stamp AGENT");
    snprintf(wanted, sizeof wanted, "\"to\":\"%s\"", argv[1]);
    while (fgets(line, sizeof line, stdin)) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        if (!strstr(line, wanted))
            continue;
        printf("%lld\n",
               (long long)(now.tv_sec * INT64_C(1000000000) + now.tv_nsec - stamp_of(line)));
        fflush(stdout);
    }
    return 0;
}
