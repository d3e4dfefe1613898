/* SPDX-License-Identifier: MIT */
/*
 * society VERB: runs society-VERB, found beside this program, then on the path, as git does. Common options before the
 * verb are handed on. Any program called society-something that is on the path is a verb.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/compose.h"
#include "common/output.h"
#include "common/tool.h"
#include "common/verbs.h"

static const char usage[] =
    "Usage: society [-C DIR] [-a ID] [-j] VERB [ARGUMENT]...\n"
    "       society help [VERB]\n"
    "Several agents in one project, without losing messages. Runs society-VERB.\n"
    "\n";

static void print_usage(struct tool *t)
{
    fputs(usage, stdout);
    verbs_print();
    puts("\nOptions before VERB are handed on to it. 'society help VERB' tells more.");
    exit(tool_finish(t, STATUS_DONE));
}

static _Noreturn void fail_unknown(const char *verb)
{
    const char *near = verbs_nearest(verb);
    if (near)
        tool_usage("there is no verb '%s'; did you mean '%s'?", verb, near);
    tool_usage("there is no verb '%s'", verb);
}

/* Becomes the verb; returns only if there is none of this name. */
static void become(const char *verb, char **arguments)
{
    char *path = verbs_find(verb);
    if (!path)
        return;
    execv(path, arguments);
    tool_fail(STATUS_SYSTEM, "%s: %s", path, strerror(errno));
}

/* Whether man had a page and showed it. */
static int show_page(const char *page)
{
    pid_t pid = fork();
    int status = -1;
    if (pid == 0) {
        /* Why man could not is of no interest: the caller falls back to --help. */
        if (freopen("/dev/null", "w", stderr))
            execlp("man", "man", page, (char *)NULL);
        _exit(127);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return pid > 0 && status == 0;
}

static _Noreturn void help_on(struct tool *t, const char *verb)
{
    char *page = NULL;
    char *path = verbs_find(verb);
    if (!path)
        fail_unknown(verb);
    free(path);
    if (asprintf(&page, "society-%s", verb) < 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    if (output_is_terminal() && show_page(page))
        exit(tool_finish(t, STATUS_DONE));
    struct texts words = {0};
    texts_add(&words, page);
    texts_add(&words, "--help");
    texts_add(&words, NULL);
    become(verb, words.items);
    fail_unknown(verb);
}

/* How many words of the command line an option before the verb takes; 0: it is the verb. */
static int option_words(struct tool *t, char **argv, int left)
{
    static const char *const with_value[] = {"-C", "--dir", "-a", "--agent", NULL};
    static const char *const flags[] = {"-j", "--json", NULL};
    const char *word = argv[0];
    if (word[0] != '-')
        return 0;
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)
        print_usage(t);
    if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0) {
        printf("society %s\n", society_version());
        exit(tool_finish(t, STATUS_DONE));
    }
    for (int i = 0; flags[i]; i++)
        if (strcmp(word, flags[i]) == 0)
            return 1;
    for (int i = 0; with_value[i]; i++) {
        size_t length = strlen(with_value[i]);
        if (strcmp(word, with_value[i]) == 0) {
            if (left < 2)
                tool_usage("%s needs a value", word);
            return 2;
        }
        if (strncmp(word, with_value[i], length) == 0 && (word[1] != '-' || word[length] == '='))
            return 1;
    }
    tool_usage("unknown option %s", word);
}

int main(int argc, char **argv)
{
    struct tool t = {.name = "society", .help = usage};
    struct texts words = {0};
    char *name = NULL;
    int at = 1;
    tool_start(&t, argc, argv);
    texts_add(&words, NULL);
    while (at < argc) {
        int taken = option_words(&t, argv + at, argc - at);
        if (taken == 0)
            break;
        for (; taken > 0; taken--)
            texts_add(&words, argv[at++]);
    }
    if (at == argc)
        tool_usage("say what to do");
    const char *verb = argv[at++];
    if (strcmp(verb, "help") == 0 && at == argc)
        print_usage(&t);
    if (strcmp(verb, "help") == 0)
        help_on(&t, argv[at]);
    if (asprintf(&name, "society-%s", verb) < 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    words.items[0] = name;
    while (at <= argc)
        texts_add(&words, argv[at++]); /* the NULL at the end too */
    become(verb, words.items);
    fail_unknown(verb);
}
