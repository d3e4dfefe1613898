/* SPDX-License-Identifier: MIT */
/*
 * What hangs together: under each task its subtasks and what it needs, or all of it for Graphviz.
 *
 * A task can hang under several others. It is unfolded once, where it stands first; that also ends every cycle that parents may
 * form. What lies deeper than DEPTH is left for later and becomes a tree of its own, so that a long chain neither runs off the
 * screen nor costs the square of its length.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <society/task.h>

#include "escape.h"
#include "json.h"
#include "output.h"
#include "task.h"

enum { DEPTH = 32, NOBODY = -1 };

struct node {
    json_value *task;
    const char *id;
    int first_child, last_child, next_sibling; /* NOBODY: none */
    int hangs;                                 /* under another */
    int unfolded;
};

struct name {
    const char *id;
    int node;
};

struct graph {
    struct node *nodes;
    struct name *names; /* sorted */
    int count;
};

/* ---- Building ---- */

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->id, ((const struct name *)b)->id);
}

static int find(const struct graph *g, const char *id)
{
    struct name wanted = {id, NOBODY};
    const struct name *found =
        id && g->count > 0 ? bsearch(&wanted, g->names, (size_t)g->count, sizeof *g->names, by_id)
                           : NULL;
    return found ? found->node : NOBODY;
}

static void add_node(struct graph *g, const char *text)
{
    json_value *task = json_read(text, NULL);
    const char *id = json_member_text(task, "id", "");
    g->nodes[g->count] = (struct node){task, id, NOBODY, NOBODY, NOBODY, 0, 0};
    g->names[g->count] = (struct name){id, g->count};
    g->count++;
}

static json_value *needs_of(const struct graph *g, int node)
{
    return json_member(g->nodes[node].task, "dependsOn");
}

static int parent_of(const struct graph *g, int node)
{
    int parent = find(g, json_member_text(g->nodes[node].task, "parent", NULL));
    return parent == node ? NOBODY : parent;
}

static void link_node(struct graph *g, int node)
{
    int parent = parent_of(g, node);
    json_value *needs = needs_of(g, node);
    for (size_t i = 0; i < json_count(needs); i++) {
        int needed = find(g, json_text(json_element(needs, i)));
        if (needed != NOBODY)
            g->nodes[needed].hangs = 1;
    }
    if (parent == NOBODY)
        return;
    g->nodes[node].hangs = 1;
    if (g->nodes[parent].last_child == NOBODY)
        g->nodes[parent].first_child = node;
    else
        g->nodes[g->nodes[parent].last_child].next_sibling = node;
    g->nodes[parent].last_child = node;
}

static void build(struct graph *g, const society_list *tasks)
{
    size_t count = (size_t)society_list_count(tasks);
    g->nodes = calloc(count + 1, sizeof *g->nodes);
    g->names = calloc(count + 1, sizeof *g->names);
    if (!g->nodes || !g->names)
        tool_fail(STATUS_SYSTEM, "out of memory");
    for (size_t i = 0; i < count; i++)
        add_node(g, society_list_item(tasks, (int64_t)i));
    qsort(g->names, count, sizeof *g->names, by_id);
    for (int i = 0; i < g->count; i++)
        link_node(g, i);
}

static void free_graph(struct graph *g)
{
    for (int i = 0; i < g->count; i++)
        json_release(g->nodes[i].task);
    free(g->nodes);
    free(g->names);
}

/* ---- The tree ---- */

struct branch {
    const char *id;
    int node; /* NOBODY: there is no such task */
    int needed;
};

/* What hangs under a node: subtasks, then what it needs and is none of them. To be given to free(). */
static struct branch *branches_of(const struct graph *g, int node, int *ret_count)
{
    json_value *needs = needs_of(g, node);
    size_t room = json_count(needs) + 1;
    int count = 0;
    for (int child = g->nodes[node].first_child; child != NOBODY;
         child = g->nodes[child].next_sibling)
        room++;
    struct branch *branches = calloc(room, sizeof *branches);
    if (!branches)
        tool_fail(STATUS_SYSTEM, "out of memory");
    for (int child = g->nodes[node].first_child; child != NOBODY;
         child = g->nodes[child].next_sibling)
        branches[count++] = (struct branch){g->nodes[child].id, child, 0};
    for (size_t i = 0; i < json_count(needs); i++) {
        const char *id = json_text(json_element(needs, i));
        int needed = find(g, id);
        if (id && (needed == NOBODY || parent_of(g, needed) != node))
            branches[count++] = (struct branch){id, needed, 1};
    }
    *ret_count = count;
    return branches;
}

static const char *style_of(const char *state)
{
    if (strcmp(state, "done") == 0)
        return STYLE_GOOD;
    if (strcmp(state, "failed") == 0 || strcmp(state, "blocked") == 0)
        return STYLE_BAD;
    return strcmp(state, "claimed") == 0 ? STYLE_BOLD : STYLE_DIM;
}

/* ID [STATE] TITLE, and who has it. */
static void print_label(const struct graph *g, const struct branch *b)
{
    json_value *task = b->node == NOBODY ? NULL : g->nodes[b->node].task;
    const char *state = task ? json_member_text(task, "state", "-") : "absent";
    const char *holder = json_member_text(task, "holder", NULL);
    fputs(b->needed ? "needs " : "", stdout);
    output_text(stdout, b->id);
    output_style(style_of(state));
    fputs(" [", stdout);
    output_text(stdout, state);
    fputs(holder ? " by " : "", stdout);
    output_text(stdout, holder ? holder : "");
    putchar(']');
    output_style(NULL);
    fputs(task ? " " : "", stdout);
    output_text(stdout, json_member_text(task, "title", ""));
}

static void print_branches(struct graph *g, int node, char *indent, size_t length, int depth);

/* One line, and everything under it unless it stands elsewhere. */
static void print_branch(struct graph *g, const struct branch *b, char *indent, size_t length,
                         int depth)
{
    struct node *node = b->node == NOBODY ? NULL : &g->nodes[b->node];
    int has_more = node && (node->first_child != NOBODY || json_count(needs_of(g, b->node)) > 0);
    print_label(g, b);
    if (has_more && node->unfolded)
        fputs(" (above)", stdout);
    else if (has_more && depth == DEPTH)
        fputs(" (below)", stdout);
    putchar('\n');
    if (!node || node->unfolded || (has_more && depth == DEPTH))
        return;
    node->unfolded = 1;
    print_branches(g, b->node, indent, length, depth);
}

/* `indent` has room for DEPTH levels; its first `length` bytes stand before every line here. */
static void print_branches(struct graph *g, int node, char *indent, size_t length, int depth)
{
    static const char *const forks[] = {"├─ ", "└─ "};
    static const char *const gaps[] = {"│  ", "   "};
    int count = 0;
    struct branch *branches = branches_of(g, node, &count);
    for (int i = 0; i < count; i++) {
        int last = i == count - 1;
        size_t more = strlen(gaps[last]);
        fwrite(indent, 1, length, stdout);
        fputs(forks[last], stdout);
        memcpy(indent + length, gaps[last], more);
        print_branch(g, &branches[i], indent, length + more, depth + 1);
    }
    free(branches);
}

static void print_tree(struct graph *g)
{
    char indent[DEPTH * sizeof "│  "];
    /* First the roots; then what was too deep, and cycles, which have none. */
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < g->count; i++) {
            struct branch root = {g->nodes[i].id, i, 0};
            if (!g->nodes[i].unfolded && (pass == 1 || !g->nodes[i].hangs))
                print_branch(g, &root, indent, 0, 0);
        }
}

/* ---- Graphviz ---- */

/* Quotes for dot: backslashes and ampersands mean something inside its labels. Controls are made visible first. */
static void print_dot_text(const char *text)
{
    char *visible = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&visible, &size);
    if (!out)
        tool_fail(STATUS_SYSTEM, "out of memory");
    escape_line(out, text, strlen(text));
    if (fclose(out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    for (const char *at = visible; *at; at++) {
        if (*at == '&')
            fputs("&amp;", stdout);
        else
            printf(*at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
    }
    free(visible);
}

static const char *colour_of(const char *state)
{
    static const char *const colours[][2] = {
        {"claimed", "lightyellow"}, {"review", "lightblue"},  {"done", "palegreen"},
        {"blocked", "lightpink"},   {"failed", "lightcoral"}, {"cancelled", "lightgrey"},
    };
    for (size_t i = 0; i < sizeof colours / sizeof *colours; i++)
        if (strcmp(state, colours[i][0]) == 0)
            return colours[i][1];
    return "white";
}

static void print_edge(const char *from, const char *to, const char *attributes)
{
    fputs("  \"", stdout);
    print_dot_text(from);
    fputs("\" -> \"", stdout);
    print_dot_text(to);
    printf("\"%s;\n", attributes);
}

static void print_dot_node(const struct graph *g, int node)
{
    json_value *task = g->nodes[node].task;
    const char *state = json_member_text(task, "state", "");
    const char *parent = json_member_text(task, "parent", NULL);
    json_value *needs = needs_of(g, node);
    fputs("  \"", stdout);
    print_dot_text(g->nodes[node].id);
    fputs("\" [label=\"", stdout);
    print_dot_text(g->nodes[node].id);
    fputs("\\n", stdout);
    print_dot_text(json_member_text(task, "title", ""));
    printf("\", fillcolor=%s];\n", colour_of(state));
    for (size_t i = 0; i < json_count(needs); i++)
        if (json_text(json_element(needs, i)))
            print_edge(g->nodes[node].id, json_text(json_element(needs, i)), "");
    if (parent)
        print_edge(parent, g->nodes[node].id, " [style=dashed, arrowhead=none]");
}

static void print_dot(const struct graph *g)
{
    puts("digraph tasks {\n  rankdir=LR;\n  node [shape=box, style=filled];");
    for (int i = 0; i < g->count; i++)
        print_dot_node(g, i);
    puts("}");
}

int task_graph(struct tool *t, const struct task_request *r)
{
    struct graph g = {0};
    society_list *tasks = NULL;
    tool_expect_arguments(t, 1, 1, "");
    tool_open(t);
    int result = society_tasks(t->society, 0, NULL, &tasks);
    if (result < 0)
        tool_fail_result(t, result);
    build(&g, tasks);
    if (r->dot)
        print_dot(&g);
    else
        print_tree(&g);
    free_graph(&g);
    society_list_free(tasks);
    return STATUS_DONE;
}
