/* SPDX-License-Identifier: MIT */
/* Names in memory: where paths lead, and what becomes of nodes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/unit.h"
#include "memtree.h"

static struct soc_memtree tree;
static struct soc_memnode *locks;
static struct soc_memnode *file;
static int released;

static void count(struct soc_memnode *node)
{
    (void)node;
    released++;
}

/* locks/a */
static int setup(void **state)
{
    (void)state;
    released = 0;
    if (soc_memtree_init(&tree) < 0)
        return -1;
    locks = soc_memtree_make(&tree, S_IFDIR | 0700);
    file = soc_memtree_make(&tree, S_IFREG | 0600);
    return soc_memtree_link(tree.root, "locks", locks) + soc_memtree_link(locks, "a", file);
}

static int teardown(void **state)
{
    (void)state;
    soc_memtree_free(&tree, count);
    return 0;
}

static struct soc_memplace at(struct soc_memnode *from, const char *path)
{
    struct soc_memplace place;

    assert_int_equal(soc_memtree_find(from, path, &place), 0);
    return place;
}

static void test_paths(void **state)
{
    static const char *const ways[] = {"locks/a", "./locks/a", "locks//a", "locks/./a"};

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct soc_memplace place = at(tree.root, ways[i]);
        assert_ptr_equal(place.node, file);
        assert_ptr_equal(place.parent, locks);
        assert_string_equal(place.name, "a");
    }
    assert_ptr_equal(at(locks, "a").node, file);
    assert_ptr_equal(at(tree.root, "locks/").node, locks);
    assert_ptr_equal(at(tree.root, "").node, tree.root);
    assert_ptr_equal(at(locks, ".").node, locks);
    assert_null(at(locks, ".").parent);
    assert_null(at(locks, "b").node);
    assert_ptr_equal(at(locks, "b").parent, locks);
    assert_null(at(locks, "aa").node);
}

static void test_ways_that_lead_nowhere(void **state)
{
    struct soc_memplace place = {.name = "as before"};
    char longest[300];

    (void)state;
    assert_int_equal(soc_memtree_find(tree.root, "none/a", &place), -ENOENT);
    assert_int_equal(soc_memtree_find(tree.root, "locks/a/b", &place), -ENOTDIR);
    assert_int_equal(soc_memtree_find(file, "b", &place), -ENOTDIR);
    assert_int_equal(soc_memtree_find(locks, "..", &place), -EXDEV);
    assert_int_equal(soc_memtree_find(tree.root, "locks/../locks", &place), -EXDEV);
    memset(longest, 'x', 256);
    longest[256] = '\0';
    assert_int_equal(soc_memtree_find(locks, longest, &place), -ENAMETOOLONG);
    longest[255] = '\0';
    assert_string_equal(place.name, "as before");
    assert_null(at(locks, longest).node);
}

static void test_names_and_nodes(void **state)
{
    (void)state;
    assert_int_equal(file->links, 1);
    assert_int_equal(soc_memtree_link(tree.root, "b", file), 0);
    assert_int_equal(file->links, 2);
    assert_true(soc_memtree_has(tree.root, file));
    soc_memtree_unlink(locks, "a");
    assert_false(soc_memtree_has(locks, file));
    assert_null(at(locks, "a").node);
    assert_ptr_equal(at(tree.root, "b").node, file);
    struct soc_memnode *other = soc_memtree_make(&tree, S_IFREG);
    soc_memtree_relink(tree.root, "b", other);
    assert_ptr_equal(at(tree.root, "b").node, other);
    assert_int_equal(file->links, 0);
    assert_int_equal(other->links, 1);
    soc_memtree_drop(&tree, file);
    soc_memtree_free(&tree, count);
    assert_int_equal(released, 3);
}

static void test_many_names(void **state)
{
    char name[16];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "n%d", i);
        assert_int_equal(soc_memtree_link(locks, name, file), 0);
    }
    assert_int_equal(file->links, 1001);
    for (int i = 0; i < 1000; i += 2) {
        snprintf(name, sizeof name, "n%d", i);
        soc_memtree_unlink(locks, name);
    }
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "n%d", i);
        assert_int_equal(at(locks, name).node == file, i % 2);
    }
}

static void test_inodes(void **state)
{
    (void)state;
    assert_null(soc_memtree_of(&tree, 1, 2));
    file->device = 1;
    file->inode = 2;
    assert_null(soc_memtree_of(&tree, 1, 2)); /* it has no content yet */
    file->fd = 9;
    assert_ptr_equal(soc_memtree_of(&tree, 1, 2), file);
    assert_null(soc_memtree_of(&tree, 2, 2));
    file->fd = -1;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_paths),           TEST(test_ways_that_lead_nowhere),
        TEST(test_names_and_nodes), TEST(test_many_names),
        TEST(test_inodes),
    };

    return cmocka_run_group_tests_name("memtree", tests, NULL, NULL);
}
