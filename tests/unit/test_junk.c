/* SPDX-License-Identifier: MIT */
/*
 * Files in the archive that are no segments, whatever their names say: they stop no reader.
 */
#include "reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/internal/messages.h"
#include "harness/unit.h"

static void expect_incident(const char *words)
{
    assert_non_null(strstr(reader.incident, words));
    reader.incident[0] = '\0';
}

static void test_junk_in_the_archive(void **state)
{
    (void)state;
    put_ours("a");
    put_ours("b");
    open_at(SOC_READ_FROM_START);
    assert_string_equal(store_read(&reader), "r:a r:b");
    put_ours("c");
    rotate_by_hand("");
    put_ours("d");
    store_put("archive/messages-5.jsonl", "junk\n");
    assert_int_equal(mkfifo(store_path("archive/messages-7.jsonl"), 0600), 0);
    /* Who held the segment when it was moved, and who comes later. */
    assert_string_equal(store_read(&reader), "r:c r:d");
    expect_incident("archive/messages-5.jsonl: field base is 0; it is passed over; "
                    "archive/messages-7.jsonl is a FIFO; it is passed over");
    soc_reader_close(&reader);
    for (int64_t position = SOC_READ_FROM_START; position <= 0; position++) {
        open_at(position);
        expect_incident("archive/messages-5.jsonl: field base is 0");
        assert_string_equal(store_read(&reader), "r:a r:b r:c r:d");
        assert_string_equal(reader.incident, "");
        soc_reader_close(&reader);
    }
    assert_string_equal(store_read_log("messages", 8), "r:b r:c r:d");
    /* The disk says nothing of the file. */
    faults_at(FAULT_PREAD, 2, EIO);
    assert_int_equal(soc_reader_open(&reader, &store_dir, "messages", 0, &store_error), -EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_junk_in_the_archive, store_setup, store_teardown),
    };

    return cmocka_run_group_tests_name("junk", tests, NULL, NULL);
}
