/* SPDX-License-Identifier: MIT */
/*
 * Tools name their file in a member of their arguments; a patch names its files in lines of its
 * own:
 *
 *   *** Update File: src/a.c      also Add, Delete; `*** Move to: src/b.c` behind an Update
 */
#include "guard/edits.h"

#include <stdlib.h>
#include <string.h>

#include "common/tool.h"

static void add_line(const char *line, size_t length, struct texts *paths)
{
    while (length > 0 && strchr(" \t\r", line[length - 1]))
        length--;
    char *path = strndup(line, length);
    if (!path)
        tool_fail(STATUS_SYSTEM, "out of memory");
    if (*path)
        texts_add(paths, path);
    free(path);
}

static void patch_paths(const char *patch, struct texts *paths)
{
    static const char *const heads[] = {
        "*** Add File: ", "*** Update File: ", "*** Delete File: ", "*** Move to: "};
    for (const char *line = patch; *line; line += *line == '\n') {
        size_t length = strcspn(line, "\n");
        size_t blank = strspn(line, " \t");
        for (size_t i = 0; blank < length && i < sizeof heads / sizeof *heads; i++) {
            size_t head = strlen(heads[i]);
            if (length - blank > head && strncmp(line + blank, heads[i], head) == 0)
                add_line(line + blank + head, length - blank - head, paths);
        }
        line += length;
    }
}

void edits_paths(json_value *arguments, struct texts *paths)
{
    static const char *const names[] = {"file_path",   "notebook_path",   "filePath",      "path",
                                        "target_file", "target_notebook", "absolute_path", NULL};
    static const char *const patches[] = {"command", "patch", "patchText", "input", NULL};
    for (int i = 0; names[i]; i++) {
        const char *path = json_member_text(arguments, names[i], NULL);
        if (path && *path)
            texts_add(paths, path);
    }
    for (int i = 0; patches[i]; i++) {
        const char *patch = json_text(json_member(arguments, patches[i]));
        if (patch)
            patch_paths(patch, paths);
    }
    if (json_is_text(arguments)) /* a tool that takes nothing but a patch */
        patch_paths(json_text(arguments), paths);
}
