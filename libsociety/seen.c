/* SPDX-License-Identifier: MIT */
/*
 * A ring of keys in the order of the log, and an open-addressing table (linear probing,
 * backward-shift deletion; D. Knuth, TAOCP 3, 6.4 algorithm R) that finds a key in it. The table is
 * four times the ring, so probes stay short.
 */
#include "seen.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sys.h"

#define RING (SOC_SEEN_WINDOW + 1) /* the window, and the key that is just taken */
#define SLOTS (4 * SOC_SEEN_WINDOW)

struct key {
    uint64_t high;
    uint64_t low;
};

struct soc_seen {
    uint64_t secret[2];
    size_t count; /* of records taken, ever */
    struct key ring[RING];
    uint16_t slots[SLOTS]; /* index in the ring, plus one; 0: free */
};

struct soc_seen *soc_seen_new(void)
{
    struct soc_seen *seen = calloc(1, sizeof *seen);
    /* Without randomness the key is the address: weaker, never wrong. */
    if (seen && soc_sys->getrandom(seen->secret, sizeof seen->secret) != sizeof seen->secret)
        seen->secret[0] = (uint64_t)(uintptr_t)seen;
    return seen;
}

void soc_seen_free(struct soc_seen *seen)
{
    free(seen);
}

void soc_seen_forget(struct soc_seen *seen)
{
    seen->count = 0;
    memset(seen->slots, 0, sizeof seen->slots);
}

static uint64_t mix(uint64_t x) /* the finaliser of MurmurHash3 (A. Appleby, public domain) */
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ULL;
    return x ^ x >> 33;
}

/* 0 to 15 for a digit; a higher bit for what is none. */
static unsigned digit_of(char c)
{
    unsigned decimal = (unsigned char)c - (unsigned)'0';
    unsigned letter = (unsigned char)c - (unsigned)'a';
    return decimal < 10 ? decimal : letter < 6 ? letter + 10 : 16;
}

/* Every record's id goes through here: one flag at the end, and no branch at a digit. */
static bool parse_uuid(const char *id, size_t length, struct key *key)
{
    static const unsigned char places[32] = {0,  1,  2,  3,  4,  5,  6,  7,  9,  10, 11,
                                             12, 14, 15, 16, 17, 19, 20, 21, 22, 24, 25,
                                             26, 27, 28, 29, 30, 31, 32, 33, 34, 35};
    if (length != 36 || id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-')
        return false;
    uint64_t half[2] = {0, 0};
    unsigned all = 0;
    for (int i = 0; i < 16; i++) {
        unsigned first = digit_of(id[places[i]]);
        unsigned second = digit_of(id[places[i + 16]]);
        half[0] = half[0] << 4 | first;
        half[1] = half[1] << 4 | second;
        all |= first | second;
    }
    *key = (struct key){half[0], half[1]};
    return all < 16;
}

static struct key make_key(const struct soc_seen *seen, const char *id, size_t length)
{
    struct key key;
    if (parse_uuid(id, length, &key))
        return key;
    key = (struct key){seen->secret[0] ^ length, seen->secret[1]};
    for (size_t i = 0; i < length; i++) {
        key.high = mix(key.high ^ (unsigned char)id[i]);
        key.low = mix(key.low + key.high);
    }
    return key;
}

static size_t home(const struct soc_seen *seen, struct key key)
{
    return mix(key.high ^ mix(key.low ^ seen->secret[0])) % SLOTS;
}

/* The slot that holds `key`, or the free one where it belongs. */
static size_t find(const struct soc_seen *seen, struct key key)
{
    size_t slot = home(seen, key);
    while (seen->slots[slot] != 0) {
        struct key other = seen->ring[seen->slots[slot] - 1];
        if (other.high == key.high && other.low == key.low)
            break;
        slot = (slot + 1) % SLOTS;
    }
    return slot;
}

static void forget(struct soc_seen *seen, size_t index)
{
    size_t hole = find(seen, seen->ring[index]);
    /* A repeat's first copy has left the ring already: then the slot names a younger index, and
     * stays. */
    if (seen->slots[hole] != index + 1)
        return;
    for (size_t next = (hole + 1) % SLOTS; seen->slots[next] != 0; next = (next + 1) % SLOTS) {
        size_t wants = home(seen, seen->ring[seen->slots[next] - 1]);
        bool stays = hole < next ? wants > hole && wants <= next : wants > hole || wants <= next;
        if (stays)
            continue;
        seen->slots[hole] = seen->slots[next];
        hole = next;
    }
    seen->slots[hole] = 0;
}

bool soc_seen_add(struct soc_seen *seen, const char *id, size_t length)
{
    struct key key = make_key(seen, id, length);
    size_t index = seen->count % RING;
    if (seen->count >= RING)
        forget(seen, index);
    seen->count++;
    size_t slot = find(seen, key);
    bool known = seen->slots[slot] != 0;
    seen->ring[index] = key;
    seen->slots[slot] = (uint16_t)(index + 1);
    return known;
}

bool soc_seen_has(const struct soc_seen *seen, const char *id, size_t length)
{
    return seen->slots[find(seen, make_key(seen, id, length))] != 0;
}

size_t soc_seen_count(const struct soc_seen *seen)
{
    return seen->count;
}

bool soc_seen_is_unique(const char *id, size_t length)
{
    struct key key;
    return parse_uuid(id, length, &key) && id[14] == '7' && strchr("89ab", id[19]) != NULL;
}
