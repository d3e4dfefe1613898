/* SPDX-License-Identifier: MIT */
/*
 * project.json: defaults, every field at its bounds, and words that say where it is wrong.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/internal/store.h"
#include "harness/unit.h"

static struct soc_config config;

static int load(const char *text)
{
    soc_config_free(&config);
    write_text(store_path("project.json"), text);
    return soc_config_load(&config, &store_dir, &store_error);
}

static void accept(const char *text)
{
    if (load(text) < 0)
        fail_msg("%s", store_error.text);
}

static void refuse(const char *text, int code, const char *words)
{
    assert_int_equal(load(text), code);
    assert_string_equal(store_error.text, words);
    assert_null(config.json);
}

static void test_defaults(void **state)
{
    (void)state;
    assert_int_equal(soc_config_load(&config, &store_dir, &store_error), 0);
    assert_null(config.json);
    for (int i = 0; i < 2; i++) {
        assert_null(config.project_id);
        assert_null(config.supervisor);
        assert_int_equal(config.lease_seconds, 600);
        assert_int_equal(config.online_seconds, 120);
        assert_int_equal(config.rotate_bytes, 16 << 20);
        assert_int_equal(config.retain_days, -1);
        assert_int_equal(config.retain_bytes, -1);
        assert_true(config.lock_files);
        assert_false(soc_config_durable(&config, "messages"));
        assert_false(soc_config_durable(&config, "registry"));
        assert_true(soc_config_durable(&config, "tasks"));
        assert_true(soc_config_durable(&config, "ownership"));
        accept("{\"version\":null,\"leaseSeconds\":null,\"team\":{\"supervisor\":null},"
               "\"roles\":[],\"context\":[\".claw.md\"],\"unknown\":{}}");
    }
    soc_config_free(&config);
}

static void test_fields(void **state)
{
    (void)state;
    accept("{\"version\":1,\"projectId\":\"p\",\"leaseSeconds\":1,\"onlineForSeconds\":0,"
           "\"rotateBytes\":4096,\"retention\":{\"messagesDays\":0,\"archiveBytes\":5},"
           "\"lockFiles\":false,\"team\":{\"supervisor\":\"boss\"},"
           "\"durability\":{\"messages\":\"power\",\"tasks\":\"process\"}}");
    assert_string_equal(config.project_id, "p");
    assert_string_equal(config.supervisor, "boss");
    assert_int_equal(config.lease_seconds, 1);
    assert_int_equal(config.online_seconds, 0);
    assert_int_equal(config.rotate_bytes, 4096);
    assert_int_equal(config.retain_days, 0);
    assert_int_equal(config.retain_bytes, 5);
    assert_false(config.lock_files);
    assert_true(soc_config_durable(&config, "messages"));
    assert_false(soc_config_durable(&config, "tasks"));
    assert_true(soc_config_durable(&config, "ownership"));
    soc_config_free(&config);
    accept("{\"team\":{\"supervisor\":{\"agentId\":\"s1\"}}}");
    assert_string_equal(config.supervisor, "s1");
    soc_config_free(&config);
    accept("{\"team\":{\"supervisor\":{\"id\":\"s2\"}}}");
    assert_string_equal(config.supervisor, "s2");
    soc_config_free(&config);
}

static void test_out_of_range(void **state)
{
    (void)state;
    refuse("{\n  \"version\": 1,\n  \"leaseSeconds\": 0\n}", SOCIETY_E_INVALID,
           "project.json: line 3, column 3: field leaseSeconds must be an integer of at least 1");
    refuse("{\"onlineForSeconds\":-1}", SOCIETY_E_INVALID,
           "project.json: line 1, column 2: field onlineForSeconds must be an integer of at least "
           "0");
    refuse("{\"rotateBytes\":4095}", SOCIETY_E_INVALID,
           "project.json: line 1, column 2: field rotateBytes must be an integer of at least 4096");
    refuse("{\"rotateBytes\":\"1 MiB\"}", SOCIETY_E_INVALID,
           "project.json: line 1, column 2: field rotateBytes must be an integer of at least 4096");
    refuse("{\"retention\":{\"messagesDays\":1.5}}", SOCIETY_E_INVALID,
           "project.json: line 1, column 15: field retention.messagesDays must be an integer of at "
           "least 0");
    refuse("{\"retention\":{\"archiveBytes\":true}}", SOCIETY_E_INVALID,
           "project.json: line 1, column 15: field retention.archiveBytes must be an integer of at "
           "least 0");
    refuse("{\"durability\":[]}", SOCIETY_E_INVALID,
           "project.json: line 1, column 2: field durability must be an object");
    refuse(
        "{\"durability\":{\"tasks\":\"never\"}}", SOCIETY_E_INVALID,
        "project.json: line 1, column 2: field durability must give \"process\" or \"power\" for "
        "each log");
    refuse(
        "{\"durability\":{\"tasks\":1}}", SOCIETY_E_INVALID,
        "project.json: line 1, column 2: field durability must give \"process\" or \"power\" for "
        "each log");
    refuse("{\"team\":{\"supervisor\":\"all\"}}", SOCIETY_E_INVALID,
           "project.json: line 1, column 10: field team.supervisor must be an agent id");
    refuse("{\"team\":{\"supervisor\":{}}}", SOCIETY_E_INVALID,
           "project.json: line 1, column 10: field team.supervisor must be an agent id");
}

static void test_formats(void **state)
{
    (void)state;
    refuse("[]", SOCIETY_E_FORMAT, "project.json: line 1, column 1: not a JSON object");
    refuse("{\"version\":2}", SOCIETY_E_FORMAT,
           "project.json: field version is 2, this library reads 1");
    assert_int_equal(load(""), SOCIETY_E_FORMAT);
    assert_int_equal(load("{\n\"version\": 1,\n}"), SOCIETY_E_FORMAT);
    assert_non_null(strstr(store_error.text, "project.json: line 3, column"));
    assert_int_equal(load("{\"a\":1,\"a\":2}"), SOCIETY_E_FORMAT);
}

static void test_files(void **state)
{
    char *filler = store_filler((1 << 20) + 1);

    (void)state;
    assert_int_equal(load(filler), SOCIETY_E_TOO_BIG);
    free(filler);
    assert_int_equal(load("{}"), 0);
    soc_config_free(&config);
    faults_at(FAULT_PREAD, 1, EIO);
    assert_int_equal(soc_config_load(&config, &store_dir, &store_error), -EIO);
    assert_int_equal(unlink(store_path("project.json")), 0);
    assert_int_equal(mkfifo(store_path("project.json"), 0600), 0);
    assert_int_equal(soc_config_load(&config, &store_dir, &store_error), SOCIETY_E_UNSAFE_FILE);
    assert_int_equal(unlink(store_path("project.json")), 0);
    assert_int_equal(symlink("/etc/passwd", store_path("project.json")), 0);
    assert_int_equal(soc_config_load(&config, &store_dir, &store_error), SOCIETY_E_UNSAFE_FILE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_defaults), TEST(test_fields), TEST(test_out_of_range),
        TEST(test_formats),  TEST(test_files),
    };

    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
