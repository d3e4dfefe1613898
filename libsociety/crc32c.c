/* SPDX-License-Identifier: MIT */
/*
 * CRC-32C, eight bytes at a time (M. Kounavis and F. Berry, "A Systematic Approach to Building High
 * Performance Software-based CRC Generators", 2005). The register is linear over GF(2): the entry
 * of a table for a byte is the exclusive or of the entries for its bits, so eight numbers say the
 * whole table and the compiler writes it out. Where the processor has an instruction for this very
 * polynomial (SSE 4.2), that is used: every record read or written is checked, and by the table
 * that was a fifth of the time of reading.
 */
#include "crc32c.h"

#include <endian.h>
#include <string.h>

#define BIT(i, bit, value) ((i) >> (bit)&1 ? (value) : 0)
#define ENTRY(i, a, b, c, d, e, f, g, h)                                                      \
    BIT(i, 0, a) ^ BIT(i, 1, b) ^ BIT(i, 2, c) ^ BIT(i, 3, d) ^ BIT(i, 4, e) ^ BIT(i, 5, f) ^ \
        BIT(i, 6, g) ^ BIT(i, 7, h)
#define ENTRIES_4(i, ...)                                                            \
    ENTRY(i, __VA_ARGS__), ENTRY((i) + 1, __VA_ARGS__), ENTRY((i) + 2, __VA_ARGS__), \
        ENTRY((i) + 3, __VA_ARGS__)
#define ENTRIES_16(i, ...)                                                                       \
    ENTRIES_4(i, __VA_ARGS__), ENTRIES_4((i) + 4, __VA_ARGS__), ENTRIES_4((i) + 8, __VA_ARGS__), \
        ENTRIES_4((i) + 12, __VA_ARGS__)
#define ENTRIES_64(i, ...)                                         \
    ENTRIES_16(i, __VA_ARGS__), ENTRIES_16((i) + 16, __VA_ARGS__), \
        ENTRIES_16((i) + 32, __VA_ARGS__), ENTRIES_16((i) + 48, __VA_ARGS__)
#define TABLE(...)                                                                             \
    {                                                                                          \
        ENTRIES_64(0, __VA_ARGS__), ENTRIES_64(64, __VA_ARGS__), ENTRIES_64(128, __VA_ARGS__), \
            ENTRIES_64(192, __VA_ARGS__)                                                       \
    }

/* forward[k][byte]: what `byte` does to the register when k more bytes follow it. */
static const uint32_t forward[8][256] = {
    TABLE(0xf26b8303u, 0xe13b70f7u, 0xc79a971fu, 0x8ad958cfu, 0x105ec76fu, 0x20bd8edeu, 0x417b1dbcu,
          0x82f63b78u),
    TABLE(0x13a29877u, 0x274530eeu, 0x4e8a61dcu, 0x9d14c3b8u, 0x3fc5f181u, 0x7f8be302u, 0xff17c604u,
          0xfbc3faf9u),
    TABLE(0xa541927eu, 0x4f6f520du, 0x9edea41au, 0x38513ec5u, 0x70a27d8au, 0xe144fb14u, 0xc76580d9u,
          0x8b277743u),
    TABLE(0xdd45aab8u, 0xbf672381u, 0x7b2231f3u, 0xf64463e6u, 0xe964b13du, 0xd725148bu, 0xaba65fe7u,
          0x52a0c93fu),
    TABLE(0x38116facu, 0x7022df58u, 0xe045beb0u, 0xc5670b91u, 0x8f2261d3u, 0x1ba8b557u, 0x37516aaeu,
          0x6ea2d55cu),
    TABLE(0xef306b19u, 0xdb8ca0c3u, 0xb2f53777u, 0x6006181fu, 0xc00c303eu, 0x85f4168du, 0x0e045bebu,
          0x1c08b7d6u),
    TABLE(0x68032cc8u, 0xd0065990u, 0xa5e0c5d1u, 0x4e2dfd53u, 0x9c5bfaa6u, 0x3d5b83bdu, 0x7ab7077au,
          0xf56e0ef4u),
    TABLE(0x493c7d27u, 0x9278fa4eu, 0x211d826du, 0x423b04dau, 0x847609b4u, 0x0d006599u, 0x1a00cb32u,
          0x34019664u),
};

/* The way back (Stigge et al.): the top bytes of forward[0] are all different, so the register's
 * top byte tells which entry j went in, and backward[top] is (forward[0][j] << 8) ^ j. */
static const uint32_t backward[256] = TABLE(0x05ec76f1u, 0x0bd8ede2u, 0x17b1dbc4u, 0x2f63b788u,
                                            0x5ec76f10u, 0xbd8ede20u, 0x7ef1cab1u, 0xfde39562u);

static uint32_t step(uint32_t state, unsigned char byte)
{
    return (state >> 8) ^ forward[0][(state ^ byte) & 0xff];
}

static uint32_t step_8(uint32_t state, const unsigned char *bytes)
{
    uint32_t low, high;

    memcpy(&low, bytes, sizeof(low));
    memcpy(&high, bytes + sizeof(low), sizeof(high));
    low = le32toh(low) ^ state;
    high = le32toh(high);
    return forward[7][low & 0xff] ^ forward[6][low >> 8 & 0xff] ^ forward[5][low >> 16 & 0xff] ^
           forward[4][low >> 24] ^ forward[3][high & 0xff] ^ forward[2][high >> 8 & 0xff] ^
           forward[1][high >> 16 & 0xff] ^ forward[0][high >> 24];
}

uint32_t soc_crc32c_by_table(uint32_t state, const void *data, size_t length)
{
    const unsigned char *bytes = data;

    for (; length >= 8; length -= 8, bytes += 8)
        state = step_8(state, bytes);
    for (; length > 0; length--, bytes++)
        state = step(state, *bytes);
    return state;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t update_by_instruction(uint32_t state,
                                                                        const unsigned char *bytes,
                                                                        size_t length)
{
    uint64_t wide = state;

    for (; length >= 8; length -= 8, bytes += 8) {
        uint64_t word;

        memcpy(&word, bytes, sizeof(word));
        wide = __builtin_ia32_crc32di(wide, word);
    }
    state = (uint32_t)wide;
    for (; length > 0; length--, bytes++)
        state = __builtin_ia32_crc32qi(state, *bytes);
    return state;
}
#endif

uint32_t soc_crc32c_update(uint32_t state, const void *data, size_t length)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("sse4.2"))
        return update_by_instruction(state, data, length);
#endif
    return soc_crc32c_by_table(state, data, length);
}

uint32_t soc_crc32c(const void *data, size_t length)
{
    return ~soc_crc32c_update(SOC_CRC32C_START, data, length);
}

uint32_t soc_crc32c_unstep(uint32_t state, unsigned char byte)
{
    return (state << 8) ^ backward[state >> 24] ^ byte;
}
