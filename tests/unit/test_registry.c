/* SPDX-License-Identifier: MIT */
/*
 * The fold of the registry as a plain function, and the questions asked of it.
 */
#include "registry.h"

#include <stdlib.h>
#include <string.h>

#include "harness/unit.h"

static void *agents;

static int setup(void **state)
{
    (void)state;
    agents = soc_registry_fold.make();
    return agents ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    soc_registry_fold.free(agents);
    return 0;
}

static int apply(const char *text)
{
    SOC_AUTO_JSON soc_json *json = soc_json_parse(text, strlen(text), NULL);
    const char *type = soc_json_get_string(json, "type");
    struct soc_record record = {json, type ? type : "", 0, 0};

    assert_non_null(json);
    return soc_registry_fold.apply(agents, &record);
}

/* The agent as JSON text; "" when there is none. */
static const char *agent(const char *id)
{
    static char text[1000];
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;
    const soc_json *json = soc_registry_agent(agents, id);

    text[0] = '\0';
    if (json) {
        soc_json_dump(json, &out);
        memcpy(text, out.data, out.length + 1);
    }
    return text;
}

static void test_registering(void **state)
{
    (void)state;
    assert_int_equal(apply("{\"type\":\"agent_register\",\"id\":\"x\",\"from\":\"w1\",\"agentId\":"
                           "\"w1\",\"role\":\"tester\",\"capabilities\":[\"a\"],\"pid\":17,"
                           "\"timestamp\":\"t\",\"crc\":\"c\",\"extra\":{\"a\":1}}"),
                     1);
    assert_string_equal(agent("w1"), "{\"role\":\"tester\",\"capabilities\":[\"a\"],\"pid\":17,"
                                     "\"extra\":{\"a\":1}}");
    /* What is not given keeps its value; null takes a text away. */
    assert_int_equal(apply("{\"type\":\"agent_register\",\"from\":\"w1\",\"role\":null}"), 1);
    assert_string_equal(agent("w1"), "{\"role\":null,\"capabilities\":[\"a\"],\"pid\":17,"
                                     "\"extra\":{\"a\":1}}");
}

static void test_lines_of_the_design_documents(void **state)
{
    (void)state;
    assert_int_equal(apply("{\"agentId\":\"backend-001\",\"role\":\"backend-developer\","
                           "\"vsCodePid\":4711,\"workspace\":\"/project/backend\","
                           "\"capabilities\":[\"api\"],\"timestamp\":\"2026-02-10T09:59:00Z\"}"),
                     1);
    assert_string_equal(agent("backend-001"),
                        "{\"role\":\"backend-developer\",\"workspace\":\"/project/backend\","
                        "\"capabilities\":[\"api\"],\"pid\":4711}");
    assert_int_equal(apply("{\"agentId\":\"backend-001\",\"status\":\"busy\","
                           "\"lastHeartbeat\":\"2026-02-10T10:00:00Z\"}"),
                     1);
    assert_non_null(strstr(agent("backend-001"), "\"status\":\"busy\""));
}

static void test_status_and_leaving(void **state)
{
    (void)state;
    assert_int_equal(apply("{\"type\":\"agent_status\",\"agentId\":\"w1\",\"status\":\"busy\","
                           "\"note\":\"thinking\",\"role\":\"king\"}"),
                     1);
    assert_string_equal(agent("w1"), "{\"status\":\"busy\",\"note\":\"thinking\"}");
    assert_int_equal(apply("{\"type\":\"agent_status\",\"from\":\"w1\",\"status\":\"idle\"}"), 1);
    assert_string_equal(agent("w1"), "{\"status\":\"idle\",\"note\":null}");
    assert_int_equal(apply("{\"type\":\"agent_status\",\"from\":\"w1\"}"), 0);
    assert_int_equal(apply("{\"type\":\"agent_leave\",\"from\":\"w1\"}"), 1);
    assert_string_equal(agent("w1"), "");
}

static void test_hostile_lines(void **state)
{
    (void)state;
    assert_int_equal(apply("{\"type\":\"agent_register\"}"), 0);
    assert_int_equal(apply("{\"type\":\"agent_register\",\"agentId\":\"all\"}"), 0);
    assert_int_equal(apply("{\"type\":\"agent_register\",\"agentId\":\"../x\"}"), 0);
    assert_int_equal(apply("{\"type\":\"agent_state\"}"), 0);
    assert_int_equal(apply("{\"type\":\"agent_state\",\"agent\":{\"role\":\"x\"}}"), 0);
    assert_int_equal(apply("{\"from\":\"w1\",\"role\":\"x\"}"), 0);
    assert_int_equal(apply("{\"type\":\"other\",\"agentId\":\"w1\"}"), 0);
    assert_int_equal(apply("{\"type\":\"agent_register\",\"agentId\":\"w1\",\"role\":17,"
                           "\"capabilities\":[1],\"pid\":\"x\",\"status\":[],\"vsCodePid\":{}}"),
                     1);
    assert_string_equal(agent("w1"), "{}");
    assert_int_equal(apply("{\"agentId\":\"w1\",\"capabilities\":\"api\"}"), 1);
    assert_string_equal(agent("w1"), "{}");
}

static void test_states(void **state)
{
    struct soc_strbuf out = SOC_STRBUF_INIT;
    void *again = soc_registry_fold.make();
    char *before;

    (void)state;
    apply("{\"agentId\":\"w1\",\"role\":\"tester\",\"x\":[1,{\"y\":null}]}");
    apply("{\"agentId\":\"w2\",\"status\":\"idle\"}");
    before = strdup(agent("w1"));
    assert_int_equal(soc_registry_fold.dump(agents, &out), 0);
    soc_registry_fold.free(agents);
    agents = again;
    for (char *line = out.data; *line; line = strchr(line, '\n') + 1) {
        char *text = strndup(line, strcspn(line, "\n"));

        assert_int_equal(apply(text), 1);
        free(text);
    }
    assert_string_equal(agent("w1"), before);
    assert_string_equal(agent("w2"), "{\"status\":\"idle\"}");
    /* A state replaces what was known. */
    apply("{\"type\":\"agent_state\",\"agent\":{\"agentId\":\"w1\",\"role\":\"new\"}}");
    assert_string_equal(agent("w1"), "{\"role\":\"new\"}");
    free(before);
    soc_strbuf_free(&out);
}

static bool is_for(const char *to, const char *from, const char *name, const char *supervisor)
{
    return soc_registry_is_for(agents, to, from, name, supervisor);
}

static void test_addressees(void **state)
{
    (void)state;
    apply("{\"agentId\":\"w1\",\"role\":\"tester\"}");
    apply("{\"agentId\":\"w2\",\"role\":\"supervisor\"}");
    apply("{\"agentId\":\"w3\",\"supervisor\":\"w1\"}");
    assert_true(is_for("w1", "w1", "w1", NULL));
    assert_false(is_for("w2", "w1", "w1", NULL));
    assert_true(is_for("all", "w1", "w2", NULL));
    assert_true(is_for("broadcast", "", "w2", NULL));
    assert_false(is_for("all", "w2", "w2", NULL));
    assert_true(is_for("role:tester", "w1", "w1", NULL));
    assert_false(is_for("role:tester", "w1", "w2", NULL));
    assert_false(is_for("role:", "w1", "w3", NULL));
    /* As registered, else as the project says, else whoever has the role. */
    assert_true(is_for("supervisor", "w3", "w1", "boss"));
    assert_false(is_for("supervisor", "w3", "w2", NULL));
    assert_true(is_for("supervisor", "w1", "boss", "boss"));
    assert_false(is_for("supervisor", "w1", "w2", "boss"));
    assert_true(is_for("supervisor", "w1", "w2", NULL));
    assert_false(is_for("supervisor", "w1", "w3", NULL));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_registering),
        TEST(test_lines_of_the_design_documents),
        TEST(test_status_and_leaving),
        TEST(test_hostile_lines),
        TEST(test_states),
        TEST(test_addressees),
    };

    return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
