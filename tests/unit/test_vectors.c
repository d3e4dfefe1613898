/* SPDX-License-Identifier: MIT */
/*
 * The vectors of tests/formats through the library: every log's lines, the fold of the registry,
 * the tail of each agent's messages. One test for each folder.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <society/agent.h>
#include <society/ownership.h>
#include <society/tail.h>

#include "harness/die.h"
#include "harness/files.h"
#include "harness/tmp.h"
#include "harness/unit.h"
#include "json.h"
#include "reader.h"

#define FOLDERS_MAX 64

static const char *const logs[] = {"registry", "messages", "deliveries", "tasks", "ownership"};

#define LOGS (sizeof logs / sizeof logs[0])

struct vector {
    char *project;
    society *s;
    soc_json *expect;
};

static soc_json *parse(const char *text, size_t length)
{
    struct soc_error error = {0};
    soc_json *json = soc_json_parse(text, length, &error);

    if (!json)
        fail_msg("%s", error.text);
    return json;
}

static void copy_file(const char *folder, const char *directory, const char *name)
{
    char *from = tmp_path(folder, name);
    char *to = tmp_path(directory, name);
    size_t length;

    if (file_exists(from)) {
        char *data = read_file(from, &length);
        write_file(to, data, length);
        free(data);
    }
    free(from);
    free(to);
}

/* A society with the folder's files. */
static void open_vector(const char *folder, struct vector *v)
{
    char name[32];
    size_t length;
    society *maker;

    v->project = tmp_make();
    assert_int_equal(society_new(&maker), 0);
    assert_int_equal(society_init(maker, v->project, "vectors", 0), 1);
    for (size_t i = 0; i < LOGS; i++) {
        snprintf(name, sizeof name, "%s.jsonl", logs[i]);
        copy_file(folder, society_dir(maker), name);
    }
    copy_file(folder, society_dir(maker), "project.json");
    society_close(maker);
    assert_int_equal(society_new(&v->s), 0);
    assert_int_equal(society_open(v->s, v->project), 0);

    char *path = tmp_path(folder, "expect.json");
    char *text = read_file(path, &length);
    v->expect = parse(text, length);
    free(text);
    free(path);
}

static void close_vector(struct vector *v)
{
    soc_json_free(v->expect);
    society_close(v->s);
    tmp_remove(v->project);
}

static void check_lines(const struct vector *v, const char *log)
{
    struct soc_error error = {0};
    struct soc_dir dir;
    struct soc_reader reader;
    struct soc_line line;
    int64_t malformed = 0;
    int64_t expected = 0;
    int result;

    assert_int_equal(soc_dir_open(&dir, society_dir(v->s), &error), 0);
    assert_int_equal(soc_reader_open(&reader, &dir, log, SOC_READ_FROM_START, &error), 0);
    while ((result = soc_reader_next(&reader, &line, &error)) == 1)
        malformed += line.kind == SOC_LINE_MALFORMED || line.salvaged;
    assert_int_equal(result, 0);
    assert_string_equal(reader.incident, "");
    soc_json_get_integer(soc_json_get(v->expect, "malformed"), log, &expected);
    if (malformed != expected)
        fail_msg("%s: %lld malformed lines, expected %lld", log, (long long)malformed,
                 (long long)expected);
    soc_reader_close(&reader);
    soc_dir_close(&dir);
}

static void check_same(const char *what, const char *key, const soc_json *got, const soc_json *want)
{
    SOC_AUTO_STRBUF struct soc_strbuf got_text = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf want_text = SOC_STRBUF_INIT;

    if (got)
        soc_json_dump(got, &got_text);
    else
        soc_strbuf_add_string(&got_text, "null"); /* a field that is absent */
    soc_json_dump(want, &want_text);
    if (strcmp(got_text.data, want_text.data) != 0)
        fail_msg("%s: %s is %s, expected %s", what, key, got_text.data, want_text.data);
}

static void check_agents(const struct vector *v)
{
    const soc_json *agents = soc_json_get(v->expect, "agents");
    const char *id;
    const char *key;
    const soc_json *fields;
    const soc_json *value;
    society_list *list;

    if (!agents)
        return;
    assert_int_equal(society_agents(v->s, &list), soc_json_count(agents));
    society_list_free(list);
    for (void *i = NULL; (i = soc_json_next(agents, i, &id, &fields));) {
        char *text;
        assert_int_equal(society_agent_get(v->s, id, &text), 0);
        SOC_AUTO_JSON soc_json *agent = parse(text, strlen(text));
        for (void *j = NULL; (j = soc_json_next(fields, j, &key, &value));)
            check_same(id, key, soc_json_get(agent, key), value);
        society_free(text);
    }
}

/* The types and the positions of what the agent's tail gives. */
static void read_inbox(const struct vector *v, const char *agent, soc_json *types,
                       soc_json *positions)
{
    society_tail *tail;
    const char *record;
    int64_t position;
    int result;

    assert_int_equal(society_identify(v->s, agent), 0);
    assert_int_equal(society_tail_open(v->s, "messages", SOCIETY_FROM_START, 0, &tail), 0);
    while ((result = society_tail_next(tail, &record, &position)) == 1) {
        SOC_AUTO_JSON soc_json *json = parse(record, strlen(record));
        const char *type = soc_json_get_string(json, "type");
        assert_non_null(type);
        soc_json_append(types, soc_json_new_string(type, strlen(type)));
        soc_json_append(positions, soc_json_new_integer(position));
    }
    assert_int_equal(result, 0);
    assert_null(society_tail_incident(tail));
    society_tail_close(tail);
}

static void check_inboxes(const struct vector *v)
{
    const soc_json *wanted_positions = soc_json_get(v->expect, "positions");
    const char *agent;
    const soc_json *wanted;

    for (void *i = NULL;
         (i = soc_json_next(soc_json_get(v->expect, "inbox"), i, &agent, &wanted));) {
        SOC_AUTO_JSON soc_json *types = soc_json_new_array();
        SOC_AUTO_JSON soc_json *positions = soc_json_new_array();
        read_inbox(v, agent, types, positions);
        check_same(agent, "inbox", types, wanted);
        if (wanted_positions)
            check_same(agent, "positions", positions, soc_json_get(wanted_positions, agent));
    }
}

/* The reservations, in order, by the fields named. */
static void check_owned(const struct vector *v)
{
    const soc_json *owned = soc_json_get(v->expect, "owned");
    const char *key;
    const soc_json *value;
    society_list *list;

    if (!owned)
        return;
    assert_int_equal(society_own_list(v->s, &list), soc_json_count(owned));
    for (size_t i = 0; i < soc_json_count(owned); i++) {
        const char *text = society_list_item(list, (int64_t)i);
        SOC_AUTO_JSON soc_json *own = parse(text, strlen(text));
        for (void *j = NULL; (j = soc_json_next(soc_json_item(owned, i), j, &key, &value));)
            check_same("owned", key, soc_json_get(own, key), value);
    }
    society_list_free(list);
}

static void test_vector(void **state)
{
    struct vector v;

    open_vector(*state, &v);
    for (size_t i = 0; i < LOGS; i++)
        check_lines(&v, logs[i]);
    check_agents(&v);
    check_inboxes(&v);
    check_owned(&v);
    close_vector(&v);
}

int main(void)
{
    static struct CMUnitTest tests[FOLDERS_MAX];
    const char *source = getenv("SOCIETY_SRC");
    char *formats = tmp_path(source ? source : ".", "tests/formats");
    DIR *stream = opendir(formats);
    size_t count = 0;

    if (!stream)
        die("opendir %s", formats);
    for (const struct dirent *entry; (entry = readdir(stream));) {
        char *folder = tmp_path(formats, entry->d_name);
        char *expect = tmp_path(folder, "expect.json");
        if (entry->d_name[0] != '.' && file_exists(expect) && count < FOLDERS_MAX) {
            tests[count].name = strdup(entry->d_name);
            tests[count].test_func = test_vector;
            tests[count++].initial_state = folder;
            folder = NULL;
        }
        free(folder);
        free(expect);
    }
    closedir(stream);
    if (count == 0 || count == FOLDERS_MAX)
        die("%zu folders in %s", count, formats);
    free(formats);
    return _cmocka_run_group_tests("vectors", tests, count, NULL, NULL);
}
