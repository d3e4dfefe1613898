/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 against the examples of FIPS 180-4.
 */
#include <string.h>

#include "harness/unit.h"
#include "sha256.h"

static void check(const char *text, size_t pieces, const char *expected)
{
    struct soc_sha256 *sum = soc_sha256_new();
    char hex[SOC_SHA256_HEX];

    assert_non_null(sum);
    for (size_t i = 0; i < pieces; i++)
        soc_sha256_update(sum, text, strlen(text));
    soc_sha256_finish(sum, hex);
    assert_string_equal(hex, expected);
}

static void test_examples(void **state)
{
    (void)state;
    check("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    check("aaaaaaaaaa", 100000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void test_dropped_unfinished(void **state)
{
    struct soc_sha256 *sum = soc_sha256_new();

    (void)state;
    assert_non_null(sum);
    soc_sha256_update(sum, "abc", 3);
    soc_sha256_free(sum);
    soc_sha256_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_dropped_unfinished),
    };

    return cmocka_run_group_tests_name("sha256", tests, NULL, NULL);
}
