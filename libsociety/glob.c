/* SPDX-License-Identifier: MIT */
/*
 * A pattern is compiled into a row of elements; the states of its automaton are the places
 * between them. A character either moves past an element or loops on it, so no move goes back,
 * and the product of two automata is walked like a table: row by row, each of the at most
 * (n+1)(m+1) cells once, two rows at a time, no memory taken. A path is walked against a pattern
 * the same way, each character of it an element of its own.
 *
 * A cell says in two bits how it can be reached: at the START of a component or INSIDE one. A
 * slash is only taken INSIDE, and a path only ends there; so no component is empty, and `**`
 * followed by a slash is one element that takes everything and is left at a START.
 */
#include "glob.h"

#include <stdint.h>
#include <string.h>

#include "glob_scan.h"

enum kind {
    NONE, /* takes nothing: a set without members, and the end */
    ONE,  /* a character of its ranges, or none of them when negated; never a slash */
    SLASH,
    STAR, /* any characters but slashes */
    TREE, /* `**` and the slash behind it: whole components */
    REST, /* `**` at the end */
};

struct element {
    uint8_t kind;
    bool negated;
    uint16_t first; /* its ranges in those of the pattern */
    uint16_t count;
};

/* Elements: a byte that is no character may become STAR ONE STAR, its last STAR also the next
 * one's first, or followed by a byte that is one element. Ranges: a letter's two cases for each
 * byte. */
#define ELEMENTS_MAX (SOC_GLOB_MAX * 2 + 2)
#define RANGES_MAX (SOC_GLOB_MAX * 2)

struct machine {
    bool fold;
    size_t count, range_count;
    struct element elements[ELEMENTS_MAX];
    struct soc_glob_range ranges[RANGES_MAX];
};

static void start(struct machine *machine, bool fold)
{
    machine->fold = fold;
    machine->count = machine->range_count = 0;
}

static struct element *add_element(struct machine *machine, enum kind kind)
{
    struct element *last = &machine->elements[machine->count];

    if (kind == STAR && machine->count > 0 && last[-1].kind == STAR)
        return last - 1;
    *last = (struct element){.kind = (uint8_t)kind, .first = (uint16_t)machine->range_count};
    machine->count++;
    return last;
}

static void add_range(struct machine *machine, uint32_t first, uint32_t last)
{
    machine->ranges[machine->range_count++] = (struct soc_glob_range){first, last};
    machine->elements[machine->count - 1].count++;
}

/* Adds what of a range is a letter of one case, in the other case. */
static void add_other_case(struct machine *machine, struct soc_glob_range range, char from, char to)
{
    uint32_t letter_a = (unsigned char)from;
    uint32_t first = range.first > letter_a ? range.first : letter_a;
    uint32_t last = range.last < letter_a + 25 ? range.last : letter_a + 25;

    if (first <= last)
        add_range(machine, first - letter_a + (unsigned char)to,
                  last - letter_a + (unsigned char)to);
}

static void add_member(struct machine *machine, struct soc_glob_range range)
{
    add_range(machine, range.first, range.last);
    if (machine->fold) {
        add_other_case(machine, range, 'a', 'A');
        add_other_case(machine, range, 'A', 'a');
    }
}

static bool meet(struct soc_glob_range left, struct soc_glob_range right)
{
    return left.first <= right.last && right.first <= left.last;
}

/* No file system sees these in another spelling, but for ASCII's two cases: ASCII, ideographs. */
static bool is_settled(struct soc_glob_range range)
{
    return range.last < 0x80 || (range.first >= 0x3400 && range.last <= 0x9fff);
}

/* ASCII, and what some file system takes for ASCII or for nothing at all: by folding (sharp s,
 * long s, the Turkish i, Kelvin, ligatures), as canonical equivalent, or as ignorable (UAX #44's
 * property Default_Ignorable_Code_Point). */
static bool may_be_ascii(struct soc_glob_range range)
{
    static const struct soc_glob_range table[] = {
        {0x0000, 0x007f},   {0x00ad, 0x00ad},   {0x00df, 0x00df}, {0x017f, 0x017f},
        {0x034f, 0x034f},   {0x037e, 0x037e},   {0x061c, 0x061c}, {0x115f, 0x1160},
        {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x1e9b, 0x1e9b}, {0x1e9e, 0x1e9e},
        {0x1fef, 0x1fef},   {0x200b, 0x200f},   {0x202a, 0x202e}, {0x2060, 0x206f},
        {0x212a, 0x212a},   {0x3164, 0x3164},   {0xfb00, 0xfb06}, {0xfe00, 0xfe0f},
        {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfff8}, {0x1bca0, 0x1bca3},
        {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (meet(range, table[i]))
            return true;
    }
    return false;
}

/* Puts what can't be decided about the last element's characters in its place: what glob.h says
 * about `fold`. Of a negated one, what it names beyond the settled is no longer left out. */
static void loosen(struct machine *machine)
{
    struct element *e = &machine->elements[machine->count - 1];
    size_t settled = 0;
    bool ascii = false;

    for (size_t i = 0; i < e->count; i++) {
        struct soc_glob_range range = machine->ranges[e->first + i];

        ascii = ascii || may_be_ascii(range);
        if (is_settled(range))
            machine->ranges[e->first + settled++] = range;
    }
    if (settled == e->count)
        return;
    if (e->negated) {
        machine->range_count = e->first + settled;
        e->count = (uint16_t)settled;
        return;
    }
    machine->range_count = e->first;
    machine->count--;
    add_element(machine, STAR);
    if (!ascii) {
        add_element(machine, ONE);
        add_range(machine, 0x80, SOC_GLOB_CHARACTER_MAX);
        add_element(machine, STAR);
    }
}

struct set {
    const struct soc_glob_range *ranges;
    size_t count;
    bool negated;
};

static struct set set_of(const struct machine *machine, const struct element *e)
{
    return (struct set){machine->ranges + e->first, e->count, e->negated};
}

static bool contains(const struct set *set, uint32_t c)
{
    for (size_t i = 0; i < set->count; i++) {
        if (c >= set->ranges[i].first && c <= set->ranges[i].last)
            return !set->negated;
    }
    return set->negated;
}

static bool in_both(const struct set *left, const struct set *right, uint32_t c)
{
    return c > 0 && c <= SOC_GLOB_CHARACTER_MAX && c != '/' && contains(left, c) &&
           contains(right, c);
}

static bool edge_in_both(const struct set *edges, const struct set *left, const struct set *right)
{
    for (size_t i = 0; i < edges->count; i++) {
        if (in_both(left, right, edges->ranges[i].first) ||
            in_both(left, right, edges->ranges[i].last + 1))
            return true;
    }
    return false;
}

/* Whether a character is in both. The least one is the least of all, or the one behind the
 * slash, or the one before it is missing from one set: there a range begins, or just ended. */
static bool overlap(const struct set *left, const struct set *right)
{
    return in_both(left, right, 1) || in_both(left, right, '/' + 1) ||
           edge_in_both(left, left, right) || edge_in_both(right, left, right);
}

/* Ends the last element's ranges. */
static void settle(struct machine *machine)
{
    static const struct set everything = {.negated = true};
    struct element *e = &machine->elements[machine->count - 1];
    struct set set = set_of(machine, e);

    if (!overlap(&set, &everything))
        e->kind = NONE;
    else if (machine->fold)
        loosen(machine);
}

static const char *compile_set(struct machine *machine, const char *at, const char *end)
{
    struct element *e = add_element(machine, ONE);
    const char *member = soc_glob_set_members(at, &e->negated);

    while (member < end - 1)
        add_member(machine, soc_glob_take_range(&member, end));
    settle(machine);
    return end;
}

static void compile_character(struct machine *machine, uint32_t c)
{
    add_element(machine, c == '/' ? SLASH : ONE);
    if (c != '/') {
        add_member(machine, (struct soc_glob_range){c, c});
        settle(machine);
    }
}

/* Compiles what stands at `at` and returns what is behind it. */
static const char *compile_next(struct machine *machine, const char *at, bool begins)
{
    const char *end = *at == '[' ? soc_glob_set_end(at) : NULL;

    if (begins && strncmp(at, "**/", 3) == 0) {
        add_element(machine, TREE);
        return at + 3;
    }
    if (begins && strcmp(at, "**") == 0) {
        add_element(machine, REST);
        return at + 2;
    }
    if (*at == '*') {
        add_element(machine, STAR);
        return at + 1;
    }
    if (*at == '?') {
        add_element(machine, ONE)->negated = true;
        return at + 1;
    }
    if (end)
        return compile_set(machine, at, end);
    compile_character(machine, soc_glob_take_escaped(&at));
    return at;
}

/* False: too long. */
static bool compile(const char *pattern, bool fold, struct machine *machine)
{
    if (strnlen(pattern, SOC_GLOB_MAX + 1) > SOC_GLOB_MAX)
        return false;
    start(machine, fold);
    for (const char *at = pattern; *at;)
        at = compile_next(machine, at, at == pattern || at[-1] == '/');
    machine->elements[machine->count] = (struct element){.kind = NONE};
    return true;
}

static bool loops(const struct element *e)
{
    return e->kind == STAR || e->kind == TREE || e->kind == REST;
}

static bool takes_slash(const struct element *e)
{
    return e->kind == SLASH || e->kind == TREE || e->kind == REST;
}

#define START 1U
#define INSIDE 2U

/* One row for each element of the right side, one cell for each of the left. */
struct walk {
    const struct machine *left;
    unsigned char rows[2][ELEMENTS_MAX];
    unsigned char *now, *next;
};

static void begin_walk(struct walk *walk, const struct machine *left)
{
    walk->left = left;
    walk->now = walk->rows[0];
    walk->next = walk->rows[1];
    memset(walk->now, 0, left->count + 1);
    memset(walk->next, 0, left->count + 1);
    walk->now[0] = START;
}

/* How an element can be left that takes nothing more. */
static unsigned char leaving(const struct element *e, unsigned char cell)
{
    if (e->kind == TREE)
        return cell & START;
    return loops(e) ? cell : 0;
}

/* Whether both take some character other than a slash, the same one. */
static bool share_character(const struct walk *walk, const struct element *l,
                            const struct machine *right, const struct element *r)
{
    bool left_takes = loops(l) || l->kind == ONE;
    bool right_takes = loops(r) || r->kind == ONE;
    struct set left_set, right_set;

    if (!left_takes || !right_takes || loops(l) || loops(r))
        return left_takes && right_takes;
    left_set = set_of(walk->left, l);
    right_set = set_of(right, r);
    return overlap(&left_set, &right_set);
}

static void walk_cell(struct walk *walk, size_t i, const struct machine *right,
                      const struct element *r)
{
    const struct element *l = &walk->left->elements[i];
    bool slash = takes_slash(l) && takes_slash(r);
    unsigned char cell = walk->now[i];
    unsigned char *target = (loops(r) ? walk->now : walk->next) + i + !loops(l);

    /* Both loop: the cell leads to itself, before it leads on. */
    if (loops(l) && loops(r))
        cell |= slash ? START | INSIDE : INSIDE;
    if (leaving(l, cell))
        walk->now[i + 1] |= leaving(l, cell);
    walk->next[i] |= leaving(r, cell);
    if (share_character(walk, l, right, r))
        *target |= INSIDE;
    if (slash && (cell & INSIDE))
        *target |= START;
}

static void walk_row(struct walk *walk, const struct machine *right, const struct element *r)
{
    for (size_t i = 0; i <= walk->left->count; i++) {
        if (walk->now[i])
            walk_cell(walk, i, right, r);
    }
}

static void walk_rows(struct walk *walk, const struct machine *right)
{
    for (size_t j = 0; j < right->count; j++) {
        unsigned char *done = walk->now;

        walk_row(walk, right, &right->elements[j]);
        walk->now = walk->next;
        walk->next = done;
        memset(done, 0, walk->left->count + 1);
    }
}

/* Whether both sides can be at their ends, inside of a component. */
static bool end_walk(struct walk *walk)
{
    static const struct element end = {.kind = NONE};

    walk_row(walk, walk->left, &end);
    return walk->now[walk->left->count] & INSIDE;
}

bool soc_glob_matches(const char *pattern, const char *path, bool fold)
{
    struct machine left, character;
    struct walk walk;

    if (!compile(pattern, fold, &left))
        return true;
    begin_walk(&walk, &left);
    for (const char *at = path; *at;) {
        start(&character, fold);
        compile_character(&character, soc_glob_take(&at));
        walk_rows(&walk, &character);
    }
    return end_walk(&walk);
}

bool soc_glob_intersects(const char *left, const char *right, bool fold)
{
    struct machine left_machine, right_machine;
    struct walk walk;

    if (!compile(left, fold, &left_machine) || !compile(right, fold, &right_machine))
        return true;
    begin_walk(&walk, &left_machine);
    walk_rows(&walk, &right_machine);
    return end_walk(&walk);
}
