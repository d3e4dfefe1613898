/* SPDX-License-Identifier: MIT */
/* SplitMix64: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014.
 */
#include "seeded.h"

#include <string.h>

static struct soc_seeded *present;

uint64_t soc_seeded_next(struct soc_seeded *seeded)
{
    uint64_t z = seeded->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t soc_seeded_below(struct soc_seeded *seeded, uint64_t count)
{
    /* The numbers of the last, incomplete round are passed over, so that none is favoured. */
    uint64_t most = UINT64_MAX - UINT64_MAX % count;
    uint64_t drawn = soc_seeded_next(seeded);
    while (drawn >= most)
        drawn = soc_seeded_next(seeded);
    return drawn % count;
}

static ssize_t seeded_getrandom(void *data, size_t length)
{
    unsigned char *bytes = data;
    for (size_t done = 0; done < length;) {
        uint64_t drawn = soc_seeded_next(present);
        size_t part = length - done < sizeof drawn ? length - done : sizeof drawn;
        memcpy(bytes + done, &drawn, part);
        done += part;
    }
    return (ssize_t)length;
}

void soc_seeded_fill(struct soc_seeded *seeded, struct soc_sys *table)
{
    present = seeded;
    table->getrandom = seeded_getrandom;
}
