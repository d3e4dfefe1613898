/* SPDX-License-Identifier: MIT */
/*
 * Societies in memory: the same again from the same seed, and no trace outside.
 */
#include <errno.h>
#include <society/ownership.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/simulated.h"
#include "harness/tmp.h"

/* ---- The same again ---- */

/* Three workers do a hundred steps in whatever order comes, and now and then one dies. Who did what
 * and all logs, to be freed. */
static char *play(uint64_t seed)
{
    static const char *const logs[] = {"tasks.jsonl", "messages.jsonl", "ownership.jsonl"};
    static const char *const ids[] = {"lead", "w1", "w2"};
    size_t size;
    char *story;
    FILE *out = open_memstream(&story, &size);

    assert_int_equal(society_test_new(seed, &test), 0);
    for (size_t i = 0; i < 3; i++)
        simulated_agent(ids[i]);
    for (int i = 0; i < 100; i++) {
        society *s = society_test_next(test);
        char id[8];
        snprintf(id, sizeof id, "%s", society_agent(s));
        fprintf(out, "%s ", id);
        assert_ok(s, society_join(s));
        assert_ok(s, society_task_create(s, "{\"title\":\"a\"}", NULL));
        if (society_task_claim(s, NULL, 0, NULL) == 0 && i % 3 == 0)
            assert_ok(s, society_send(s, "{\"to\":\"all\",\"content\":\"mine\"}", NULL));
        society_own_acquire(s, "[\"src/**\"]", 0, NULL, 10, NULL);
        if (i % 7 == 0) {
            assert_int_equal(society_test_kill(test, id), 0);
            simulated_agent(id);
        }
        assert_int_equal(society_test_advance(test, 17), 0);
    }
    for (size_t i = 0; i < 3; i++)
        fprintf(out, "\n%s", simulated_text(logs[i]));
    fclose(out);
    society_test_free(test);
    return story;
}

static void test_a_seed_repeats_a_run(void **state)
{
    char *first = play(1);
    char *again = play(1);
    char *other = play(2);

    (void)state;
    assert_string_equal(first, again);
    assert_true(strncmp(first, other, 100) != 0);
    assert_true(strlen(first) > 20000);
    free(first);
    free(again);
    free(other);
}

/* ---- No trace ---- */

/* What a test may do: rotation, compaction, death. */
static void work(void)
{
    society_tail *tail;

    assert_ok(w1, society_join(w1));
    assert_ok(w1, society_tail_open(w1, "messages", SOCIETY_FROM_CURSOR, 0, &tail));
    member_send(lead, "w1", "a");
    assert_string_equal(member_await(tail, 1), "a");
    assert_ok(w1, society_tail_commit(tail));
    assert_ok(w1, society_own_acquire(w1, "[\"src/**\"]", 0, NULL, 0, NULL));
    task_add("{\"id\":\"t1\",\"title\":\"a\"}");
    task_claim(w1, "t1");
    assert_int_equal(society_compact(lead, NULL, SOCIETY_COMPACT_FORCE, NULL), 3);
}

/* Descriptors that name something on disk. */
static int count_on_disk(void)
{
    int count = 0;

    for (int fd = 3; fd < 1024; fd++) {
        char path[64], target[256];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(path, target, sizeof target);
        count += length > 0 && strncmp(target, "/memfd:society", 14) != 0 &&
                 strncmp(target, "anon_inode:", 11) != 0;
    }
    return count;
}

static void test_nothing_is_on_disk(void **state)
{
    int before = count_on_disk();
    char *tmp = tmp_make();
    char *home = get_current_dir_name();

    assert_int_equal(chdir(tmp), 0);
    simulated_setup(state);
    work();
    assert_int_equal(count_on_disk(), before);
    assert_int_equal(access(society_dir(w1), F_OK), -1);
    simulated_teardown(state);
    assert_int_equal(count_entries(tmp), 0);
    assert_int_equal(chdir(home), 0);
    tmp_remove(tmp);
    free(home);
}

static void test_no_descriptor_is_left(void **state)
{
    size_t before = count_descriptors();

    for (int i = 0; i < 3; i++) {
        simulated_setup(state);
        work();
        assert_int_equal(society_test_kill(test, "w1"), 0);
        simulated_teardown(state);
        assert_int_equal(count_descriptors(), before);
    }
}

/* Out of descriptors at any point: refused, and all is given back. */
static void test_no_descriptor_to_be_had(void **state)
{
    struct rlimit limit;
    size_t before = count_descriptors();
    int result = -1;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    rlim_t soft = limit.rlim_cur;
    for (limit.rlim_cur = 3; result < 0; limit.rlim_cur++) {
        assert_in_range(limit.rlim_cur, 3, 100);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
        result = society_test_new(1, &test);
        if (result != 0 && result != -EMFILE)
            fail_msg("%d descriptors: %s", (int)limit.rlim_cur, society_error_name(result));
    }
    limit.rlim_cur = soft;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    society_test_free(test);
    assert_int_equal(count_descriptors(), before);
}

static void test_afterwards_all_is_as_before(void **state)
{
    simulated_setup(state);
    simulated_teardown(state);
    society_test_free(NULL);
    member_setup(state);
    society *s = member_open("w1");
    member_send(s, "w1", "a");
    assert_true(file_exists(member_path("messages.jsonl")));
    assert_null(strstr(society_dir(s), "/dev/null"));
    society_close(s);
    member_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_seed_repeats_a_run),
        cmocka_unit_test(test_nothing_is_on_disk),
        cmocka_unit_test(test_no_descriptor_is_left),
        cmocka_unit_test(test_no_descriptor_to_be_had),
        cmocka_unit_test(test_afterwards_all_is_as_before),
    };

    return cmocka_run_group_tests_name("testing_runs", tests, NULL, NULL);
}
