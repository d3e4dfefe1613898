/* SPDX-License-Identifier: MIT */
/*
 * The command line, by the rules of all tools: options and arguments mix, the common options may stand anywhere before
 * `--`, values are given as -xVALUE, -x VALUE, --name=VALUE or --name VALUE, flags of one letter may be bundled, and long names
 * are never abbreviated, so that a script written today means the same after options were added.
 *
 * Arguments are gathered at the front of argv, where everything has been read already.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "tool.h"

static const struct tool_option common_options[] = {
    {'C', "dir", 1},  {'a', "agent", 1},   {'j', "json", 0},
    {'h', "help", 0}, {'V', "version", 0}, {0, NULL, 0},
};

static const char common_help[] =
    "Common options:\n"
    "  -C, --dir DIR      the .society-agent directory (else $SOCIETY_DIR, else searched)\n"
    "  -a, --agent ID     who is speaking (else $SOCIETY_AGENT)\n"
    "  -j, --json         one JSON object per line\n"
    "  -h, --help  -V, --version\n";

/* The common options come second, so that a tool may give one of them a meaning of its own. */
static const struct tool_option *find_letter(const struct tool *t, char letter)
{
    for (const struct tool_option *o = t->options; o && o->code; o++)
        if (o->code == letter)
            return o;
    for (const struct tool_option *o = common_options; o->code; o++)
        if (o->code == letter)
            return o;
    tool_usage("unknown option -%c", letter);
}

static const struct tool_option *find_name(const struct tool *t, const char *name, size_t length)
{
    for (const struct tool_option *o = t->options; o && o->code; o++)
        if (strlen(o->name) == length && memcmp(o->name, name, length) == 0)
            return o;
    for (const struct tool_option *o = common_options; o->code; o++)
        if (strlen(o->name) == length && memcmp(o->name, name, length) == 0)
            return o;
    tool_usage("unknown option --%.*s", (int)length, name);
}

/* Whether the option was one of the common ones, and is dealt with. */
static int take_common(struct tool *t, const struct tool_option *option, const char *value)
{
    if (option < common_options ||
        option >= common_options + sizeof common_options / sizeof *common_options)
        return 0;
    switch (option->code) {
    case 'C': t->dir = value; break;
    case 'a': t->agent = value; break;
    case 'j': t->json = 1; break;
    case 'h': printf("%s%s", t->help, common_help); exit(tool_finish(t, STATUS_DONE));
    default: printf("%s %s\n", t->name, SOCIETY_VERSION_STRING); exit(tool_finish(t, STATUS_DONE));
    }
    return 1;
}

static const char *next_word(struct tool *t, const char *option)
{
    if (t->at >= t->argc)
        tool_usage("%s needs a value", option);
    return t->argv[t->at++];
}

static const struct tool_option *read_letter(struct tool *t, const char **ret_value)
{
    char shown[3] = {'-', *t->bundle, '\0'};
    const struct tool_option *option = find_letter(t, *t->bundle++);
    *ret_value = NULL;
    if (option->takes_value) {
        *ret_value = *t->bundle ? t->bundle : next_word(t, shown);
        t->bundle = NULL;
    } else if (*t->bundle == '\0') {
        t->bundle = NULL;
    }
    return option;
}

static const struct tool_option *read_name(struct tool *t, const char *word, const char **ret_value)
{
    size_t length = strcspn(word + 2, "=");
    const struct tool_option *option = find_name(t, word + 2, length);
    const char *equals = word[2 + length] ? word + 2 + length : NULL;
    *ret_value = NULL;
    if (option->takes_value)
        *ret_value = equals ? equals + 1 : next_word(t, word);
    else if (equals)
        tool_usage("--%s takes no value", option->name);
    return option;
}

int tool_next_option(struct tool *t, const char **ret_value)
{
    while (t->bundle || t->at < t->argc) {
        const struct tool_option *option;
        if (t->bundle) {
            option = read_letter(t, ret_value);
        } else {
            char *word = t->argv[t->at++];
            if (t->ended || word[0] != '-' || word[1] == '\0') {
                t->arguments[t->count++] = word;
                continue;
            }
            if (strcmp(word, "--") == 0) {
                t->ended = 1;
                t->separator = t->count;
                continue;
            }
            if (word[1] != '-') {
                t->bundle = word + 1;
                continue;
            }
            option = read_name(t, word, ret_value);
        }
        if (take_common(t, option, *ret_value))
            continue;
        t->given |= UINT64_C(1) << (option - t->options);
        return option->code;
    }
    return 0;
}

static int is_named(const char *name, const char *names)
{
    size_t length = strlen(name);
    for (const char *at = names; (at = strstr(at, name)); at += length)
        if ((at == names || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return 1;
    return 0;
}

void tool_expect_options(const struct tool *t, const char *verb, const char *names)
{
    for (size_t i = 0; t->options[i].code; i++)
        if ((t->given >> i & 1) != 0 && !is_named(t->options[i].name, names))
            tool_usage("%s takes no --%s", verb, t->options[i].name);
}

void tool_expect_arguments(const struct tool *t, int min, int max, const char *what)
{
    if (t->count < min)
        tool_usage("missing: %s", what);
    if (max >= 0 && t->count > max)
        tool_usage("unexpected argument '%s'", t->arguments[max]);
}

int64_t tool_number(const char *option, const char *text)
{
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno)
        tool_usage("%s needs a whole number, not '%s'", option, text);
    return number;
}
