/* SPDX-License-Identifier: MIT */
/*
 * What is foretold is what git does: on generated pairs of branches (edits, additions, renames,
 * moved directories, deletions, modes, links, binary files) society_git_conflicts() says the same as
 * `git merge-tree --write-tree`, and names the same paths. Git has further rules for directories that
 * are split or moved by both sides: one pair in a thousand may differ, and one in a hundred in paths.
 *
 * SOCIETY_SEED chooses the pairs, SOCIETY_PAIRS their number.
 */
#include <society/git.h>
#include <society/society.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/git/repo.h"
#include "harness/unit.h"
#include "json.h"

#define FILES 12
#define LINES 40
#define PAIRS 300

/* ---- Random trees ---- */

static uint64_t seed = 1;

static unsigned below(unsigned limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)((seed >> 11) % limit);
}

struct file {
    char path[64];
    char text[LINES + 8][40]; /* "": no line */
    bool present, executable, link, binary;
};

struct tree {
    struct file files[FILES + 4];
};

static void make_file(struct file *f, int number, int directory)
{
    snprintf(f->path, sizeof f->path, "d%d/f%d", directory, number);
    f->present = true;
    f->binary = number % 6 == 5;
    for (int i = 0; i < LINES; i++)
        snprintf(f->text[i], sizeof f->text[0], "file %d line %d %u", number, i, below(1000));
}

static void make_base(struct tree *t)
{
    memset(t, 0, sizeof *t);
    for (int i = 0; i < FILES; i++)
        make_file(&t->files[i], i, i / 3);
}

static struct file *pick(struct tree *t)
{
    return &t->files[below(FILES)];
}

static void edit(struct tree *t, char side)
{
    struct file *f = pick(t);
    int at = (int)below(LINES);
    switch (below(4)) {
    case 0: /* the same on both sides, sometimes */
        snprintf(f->text[at], sizeof f->text[0], "changed %u", below(2));
        break;
    case 1: f->text[at][0] = '\0'; break;
    case 2:
        snprintf(f->text[LINES + below(8)], sizeof f->text[0], "%c appends %u", side, below(99));
        break;
    default: snprintf(f->text[at], sizeof f->text[0], "%c %u", side, below(99)); break;
    }
}

static void move_directory(struct tree *t)
{
    char from[8], to[24];
    snprintf(from, sizeof from, "d%u/", below(4));
    snprintf(to, sizeof to, "moved%u/", below(2));
    for (int i = 0; i < FILES; i++) {
        struct file *f = &t->files[i];
        if (strncmp(f->path, from, 3) != 0)
            continue;
        memmove(f->path + strlen(to), f->path + 3, strlen(f->path + 3) + 1);
        memcpy(f->path, to, strlen(to));
    }
}

static void add_file(struct tree *t, char side)
{
    struct file *f = &t->files[FILES + below(4)];
    if (f->present)
        return;
    make_file(f, 20 + (int)below(3), (int)below(4));
    snprintf(f->text[0], sizeof f->text[0], "%c has added this", side);
}

static bool taken(const struct tree *t, const char *path)
{
    for (int i = 0; i < FILES + 4; i++)
        if (t->files[i].present && strcmp(t->files[i].path, path) == 0)
            return true;
    return false;
}

static void change(struct tree *t, char side)
{
    struct file *f = pick(t);
    char path[64];
    switch (below(12)) {
    case 0: f->present = false; break;
    case 1:
        snprintf(path, sizeof path, "d%u/renamed%u", below(4), below(3));
        if (!taken(t, path))
            memcpy(f->path, path, sizeof path);
        break;
    case 2: f->executable = !f->executable; break;
    case 3: f->link = below(4) == 0; break;
    case 4: add_file(t, side); break;
    case 5:
        if (below(3) == 0)
            move_directory(t);
        break;
    default: edit(t, side); break;
    }
}

/* ---- Into git ---- */

static void write_content(FILE *out, const struct file *f)
{
    char content[(LINES + 8) * 41 + 1];
    int length = 0;
    if (f->binary)
        content[length++] = '\0';
    for (int i = 0; i < LINES + 8; i++)
        if (f->text[i][0] != '\0')
            length += sprintf(content + length, "%s\n", f->text[i]);
    if (f->link)
        length = sprintf(content, "target of %s", f->text[0]);
    fprintf(out, "data %d\n", length);
    fwrite(content, 1, (size_t)length, out);
    fputc('\n', out);
}

static void write_commit(FILE *out, const char *branch, const char *from, const struct tree *t)
{
    static const char *const modes[] = {"100644", "100755", "120000"};
    fprintf(out, "commit refs/heads/%s\ncommitter C <c@example.org> 0 +0000\ndata 1\n.\n", branch);
    if (from)
        fprintf(out, "from refs/heads/%s\n", from);
    fputs("deleteall\n", out);
    for (int i = 0; i < FILES + 4; i++) {
        const struct file *f = &t->files[i];
        if (!f->present)
            continue;
        fprintf(out, "M %s inline %s\n", modes[f->link ? 2 : f->executable], f->path);
        write_content(out, f);
    }
}

static void make_pairs(int pairs)
{
    struct tree base, side;
    char branch[32], from[32];
    FILE *out = fopen(repo_path("../stream"), "w");
    assert_non_null(out);
    for (int p = 0; p < pairs; p++) {
        make_base(&base);
        snprintf(from, sizeof from, "p%d", p);
        write_commit(out, from, NULL, &base);
        for (char name = 'a'; name <= 'b'; name++) {
            side = base;
            for (unsigned i = 1 + below(5); i > 0; i--)
                change(&side, name);
            snprintf(branch, sizeof branch, "p%d-%c", p, name);
            write_commit(out, branch, from, &side);
        }
    }
    assert_int_equal(fclose(out), 0);
    repo_run("git fast-import --quiet <../stream");
}

/* ---- Two opinions ---- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The paths that we name, a line each, sorted, each once. */
static void our_paths(const soc_json *pairs, char *out, size_t size)
{
    const char *names[256];
    size_t count = 0;
    out[0] = '\0';
    const soc_json *paths = soc_json_get(soc_json_item(pairs, 0), "paths");
    for (size_t i = 0; i < soc_json_count(paths) && count < 256; i++)
        names[count++] = soc_json_get_string(soc_json_item(paths, i), "path");
    qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 0, at = 0; i < count; i++)
        if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
            at += (size_t)snprintf(out + at, size - at, "%s%s", at ? "\n" : "", names[i]);
}

static void test_agreement(void **state)
{
    society_git *git = *state;
    const char *wanted = getenv("SOCIETY_PAIRS");
    int pairs = wanted ? atoi(wanted) : PAIRS;
    int different = 0, other_paths = 0, conflicts = 0;
    if (getenv("SOCIETY_SEED"))
        seed = strtoull(getenv("SOCIETY_SEED"), NULL, 10);
    make_pairs(pairs);
    assert_int_equal(society_git_open(git, repo_path("")), 0);
    for (int p = 0; p < pairs; p++) {
        char names[64], ours[8192];
        char *text;
        snprintf(names, sizeof names, "[\"p%d-a\",\"p%d-b\"]", p, p);
        int found = society_git_conflicts(git, names, &text);
        if (found < 0)
            fprintf(stderr, "pair %d: %s\n", p, society_git_last_message(git));
        assert_true(found >= 0);
        soc_json *json = soc_json_parse(text, strlen(text), NULL);
        const char *theirs =
            repo_says("git merge-tree --write-tree --name-only --no-messages p%d-a p%d-b"
                      " | sed '1d; s/~p[0-9]*-[ab]$//' | LC_ALL=C sort -u",
                      p, p);
        our_paths(json, ours, sizeof ours);
        conflicts += *theirs != '\0';
        if ((found > 0) != (*theirs != '\0'))
            different++;
        else if (strcmp(ours, theirs) != 0)
            other_paths++;
        if (strcmp(ours, theirs) != 0)
            fprintf(stderr, "pair %d: ours %s, git's %s\n", p, text, theirs);
        soc_json_free(json);
        society_free(text);
    }
    fprintf(stderr, "%d pairs, %d conflict, %d different, %d with other paths\n", pairs, conflicts,
            different, other_paths);
    assert_true(conflicts > pairs / 10);
    assert_true(different * 1000 <= pairs);
    assert_true(other_paths * 100 <= pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_agreement, repo_setup, repo_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
