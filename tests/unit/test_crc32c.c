/* SPDX-License-Identifier: MIT */
/*
 * The checksum against published values and against its definition, bit by bit.
 */
#include <string.h>

#include "crc32c.h"
#include "harness/unit.h"

static uint32_t by_bits(uint32_t state, const unsigned char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        state ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            state = state & 1 ? state >> 1 ^ 0x82f63b78u : state >> 1;
    }
    return state;
}

/* RFC 3720, B.4, and the check value of the catalogue of CRCs. */
static void test_published_values(void **state)
{
    unsigned char bytes[32] = {0};

    (void)state;
    assert_int_equal(soc_crc32c("123456789", 9), 0xe3069283);
    assert_int_equal(soc_crc32c("", 0), 0);
    assert_int_equal(soc_crc32c(bytes, 32), 0x8a9136aa);
    memset(bytes, 0xff, 32);
    assert_int_equal(soc_crc32c(bytes, 32), 0x62a8ab43);
    for (int i = 0; i < 32; i++)
        bytes[i] = (unsigned char)i;
    assert_int_equal(soc_crc32c(bytes, 32), 0x46dd794e);
    for (int i = 0; i < 32; i++)
        bytes[i] = (unsigned char)(31 - i);
    assert_int_equal(soc_crc32c(bytes, 32), 0x113fdb5c);
}

static void fill(unsigned char *bytes, size_t length)
{
    uint32_t seed = 12345;

    for (size_t i = 0; i < length; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (unsigned char)(seed >> 24);
    }
}

static void test_all_lengths_and_alignments(void **state)
{
    unsigned char bytes[80];

    (void)state;
    fill(bytes, sizeof(bytes));
    for (size_t begin = 0; begin < 8; begin++) {
        for (size_t length = 0; begin + length <= sizeof(bytes); length++) {
            uint32_t wanted = by_bits(SOC_CRC32C_START, bytes + begin, length);

            assert_int_equal(soc_crc32c_update(SOC_CRC32C_START, bytes + begin, length), wanted);
            assert_int_equal(soc_crc32c_by_table(SOC_CRC32C_START, bytes + begin, length), wanted);
        }
    }
}

static void test_every_byte_in_every_state(void **state)
{
    (void)state;
    for (uint32_t start = 0; start < 256; start++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            unsigned char c = (unsigned char)byte;

            assert_int_equal(soc_crc32c_update(start * 0x01010101u, &c, 1),
                             by_bits(start * 0x01010101u, &c, 1));
        }
    }
}

static void test_parts_make_the_whole(void **state)
{
    unsigned char bytes[200];

    (void)state;
    fill(bytes, sizeof(bytes));
    for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
        uint32_t crc = soc_crc32c_update(SOC_CRC32C_START, bytes, cut);

        crc = soc_crc32c_update(crc, bytes + cut, sizeof(bytes) - cut);
        assert_int_equal(~crc, soc_crc32c(bytes, sizeof(bytes)));
    }
}

static void test_the_way_back(void **state)
{
    unsigned char bytes[256];
    uint32_t register_at[257] = {SOC_CRC32C_START};
    uint32_t crc;

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (unsigned char)i;
        register_at[i + 1] = soc_crc32c_update(register_at[i], &bytes[i], 1);
    }
    crc = register_at[256];
    for (size_t i = sizeof(bytes); i > 0; i--) {
        crc = soc_crc32c_unstep(crc, bytes[i - 1]);
        assert_int_equal(crc, register_at[i - 1]);
    }
    for (uint32_t top = 0; top < 256; top++) {
        unsigned char byte = (unsigned char)(top * 7);
        uint32_t before = soc_crc32c_unstep(top << 24 | 0x00abcdef, byte);

        assert_int_equal(soc_crc32c_update(before, &byte, 1), top << 24 | 0x00abcdef);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_values),
        cmocka_unit_test(test_all_lengths_and_alignments),
        cmocka_unit_test(test_every_byte_in_every_state),
        cmocka_unit_test(test_parts_make_the_whole),
        cmocka_unit_test(test_the_way_back),
    };

    return cmocka_run_group_tests_name("crc32c", tests, NULL, NULL);
}
