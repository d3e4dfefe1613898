/* SPDX-License-Identifier: MIT */
/*
 * Records as they are written, byte for byte, and read back.
 */
#include "record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crc32c.h"
#include "error.h"
#include "harness/internal/faults.h"
#include "harness/internal/store.h"
#include "harness/unit.h"
#include "scan.h"

static struct soc_strbuf out;

static int setup(void **state)
{
    (void)state;
    out = (struct soc_strbuf)SOC_STRBUF_INIT;
    faults_install();
    faults_clock_stop();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    faults_remove();
    soc_strbuf_free(&out);
    return 0;
}

static void test_bytes(void **state)
{
    static const char body[] =
        "{\"type\":\"agent_status\",\"from\":\"w1\",\"note\":\"a \\\"b\\\"\\n\","
        "\"pid\":-17,\"list\":[1,2],\"id\":\"i1\","
        "\"timestamp\":\"2026-02-10T10:00:00.000Z\"";
    char expected[400];

    (void)state;
    soc_record_begin(&out, "agent_status");
    soc_record_string(&out, "from", "w1");
    soc_record_string(&out, "note", "a \"b\"\n");
    soc_record_integer(&out, "pid", -17);
    soc_record_raw(&out, "list", "[1,2]", 5);
    assert_int_equal(soc_record_end(&out, 0, "i1"), 0);
    snprintf(expected, sizeof(expected), "%s,\"crc\":\"%08x\"}\n", body,
             soc_crc32c(body, sizeof(body) - 1));
    assert_string_equal(out.data, expected);
}

static void test_several(void **state)
{
    struct soc_line line;
    size_t start;

    (void)state;
    soc_record_begin(&out, "a");
    assert_int_equal(soc_record_end(&out, 0, NULL), 0);
    start = out.length;
    soc_record_begin(&out, "b");
    assert_int_equal(soc_record_end(&out, start, NULL), 0);
    soc_scan_line(out.data + start, out.length - start - 1, &line);
    assert_int_equal(line.kind, SOC_LINE_RECORD);
    assert_false(line.foreign);
    assert_true(soc_slice_is(line.peek.type, "b"));
    assert_int_equal(soc_slice_plain(line.peek.id).length, 36);
}

static void test_the_limit(void **state)
{
    char *filler = store_filler(SOC_LINE_MAX);

    (void)state;
    for (int over = 0; over < 2; over++) {
        soc_strbuf_clear(&out);
        soc_record_begin(&out, "x");
        soc_record_raw(&out, "a", "\"", 1);
        soc_strbuf_add(&out, filler, (size_t)(SOC_LINE_MAX - 85 + over));
        soc_strbuf_add_char(&out, '"');
        assert_int_equal(soc_record_end(&out, 0, "i"), over ? SOCIETY_E_TOO_BIG : 0);
        assert_int_equal(out.length, SOC_LINE_MAX + over);
    }
    free(filler);
}

static void test_failures(void **state)
{
    (void)state;
    soc_record_begin(&out, "x");
    faults_at(FAULT_GETRANDOM, 1, EIO);
    assert_int_equal(soc_record_end(&out, 0, NULL), -EIO);
    out.failed = true;
    assert_int_equal(soc_record_end(&out, 0, "i"), -ENOMEM);
    out.failed = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_several, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failures, setup, teardown),
    };

    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
