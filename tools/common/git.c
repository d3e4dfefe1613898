/* SPDX-License-Identifier: MIT */
/* git as a child process: see git.h. */
#include "git.h"

#include <stddef.h>

#include "common/child.h"
#include "common/tool.h"

#define WORDS_MAX 60

/* `git -C directory WORDS...` */
static void complete(const char *directory, const char *const *words, const char **out)
{
    int count = 0;
    out[count++] = "git";
    out[count++] = "-C";
    out[count++] = directory;
    while (*words) {
        if (count >= WORDS_MAX)
            tool_fail(STATUS_USAGE, "too many arguments for git");
        out[count++] = *words++;
    }
    out[count] = NULL;
}

int git_run_words(const char *directory, const char *const *words)
{
    const char *all[WORDS_MAX + 1];
    complete(directory, words, all);
    return child_run(all);
}

char *git_read_words(const char *directory, int quietly, const char *const *words)
{
    const char *all[WORDS_MAX + 1];
    size_t size = 0;
    complete(directory, words, all);
    char *text = child_read(all, quietly ? CHILD_QUIET : CHILD_LOUD, &size, NULL);
    if (text && size > 0 && text[size - 1] == '\n')
        text[size - 1] = '\0';
    return text;
}
