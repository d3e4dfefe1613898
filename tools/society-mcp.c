/* SPDX-License-Identifier: MIT */
/*
 * society-mcp: the society as tools of a coding agent, by the Model Context Protocol on standard input and output. The server is
 * in mcp/: mcp.h says how it hangs together.
 */
#include <stdio.h>
#include <string.h>

#include "common/compose.h"
#include "common/tool.h"
#include "mcp/mcp.h"

static const char help[] =
    "Usage: society-mcp [--role R] [--capability C]...\n"
    "       society-mcp --print-config CLIENT | --install CLIENT\n"
    "Serves the Model Context Protocol on standard input and output: the society as tools\n"
    "of a coding agent. A client starts it; nothing happens before the first call.\n"
    "\n"
    "  -p, --print-config CLIENT  print what CLIENT's configuration needs\n"
    "      --install CLIENT       write it into the project's file, keeping the rest\n"
    "  -r, --role R               what the agent is registered as\n"
    "  -c, --capability C         what it can do; may be repeated\n"
    "CLIENT is claude, codex, kilo, cursor, gemini or vscode.\n"
    "\n";

enum { INSTALL = 256 };

static const struct tool_option options[] = {
    {'p', "print-config", 1},
    {INSTALL, "install", 1},
    {'r', "role", 1},
    {'c', "capability", 1},
    {0, NULL, 0},
};

int main(int argc, char **argv)
{
    struct tool t = {.name = "society-mcp", .help = help, .options = options};
    struct texts capabilities = {0};
    const char *value;
    struct mcp m;
    tool_start(&t, argc, argv);
    mcp_begin(&m, &t);
    for (int code; (code = tool_next_option(&t, &value)) != 0;) {
        switch (code) {
        case 'r': m.role = value; break;
        case 'c': texts_add(&capabilities, value); break;
        default: break;
        }
    }
    tool_expect_arguments(&t, 0, 0, "");
    m.capability = capabilities.items;
    m.capability_count = capabilities.count;
    int status = loop_run(&m);
    mcp_end(&m);
    texts_free(&capabilities);
    return tool_finish(&t, status);
}
