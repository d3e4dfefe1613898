/* SPDX-License-Identifier: MIT */
/*
 * society-mcp: the society as tools of a coding agent, by the Model Context Protocol on standard
 * input and output. The server is in mcp/: mcp.h says how it hangs together.
 */
#include <stdio.h>
#include <unistd.h>

#include "common/compose.h"
#include "common/tool.h"
#include "mcp/client.h"
#include "mcp/mcp.h"

static const char help[] =
    "Usage: society-mcp [--workspace DIR] [--role R] [--capability C]...\n"
    "       society-mcp --print-config CLIENT | --install CLIENT\n"
    "Serves the Model Context Protocol on standard input and output: the society as tools\n"
    "of a coding agent. A client starts it; nothing happens before the first call.\n"
    "\n"
    "  -p, --print-config CLIENT  print what CLIENT's configuration needs\n"
    "      --install CLIENT       write it into the project's file, keeping the rest\n"
    "  -w, --workspace DIR        where the project is, if the client starts this elsewhere\n"
    "  -r, --role R               what the agent is registered as\n"
    "  -c, --capability C         what it can do; may be repeated\n"
    "CLIENT is claude, codex, kilo, cursor, gemini or vscode.\n"
    "\n";

enum { INSTALL = 256 };

static const struct tool_option options[] = {
    {'p', "print-config", 1}, {INSTALL, "install", 1}, {'w', "workspace", 1},
    {'r', "role", 1},         {'c', "capability", 1},  {0, NULL, 0},
};

struct request_of_user {
    const char *print;
    const char *install;
    struct client_server server;
    struct texts capabilities;
};

static void read_options(struct tool *t, struct request_of_user *u)
{
    const char *value;
    for (int code; (code = tool_next_option(t, &value)) != 0;) {
        switch (code) {
        case 'p': u->print = value; break;
        case INSTALL: u->install = value; break;
        case 'w': u->server.workspace = value; break;
        case 'r': u->server.role = value; break;
        default: texts_add(&u->capabilities, value); break;
        }
    }
    u->server.capability = u->capabilities.items;
    u->server.capability_count = u->capabilities.count;
    tool_expect_arguments(t, 0, 0, "");
    if (u->print && u->install)
        tool_usage("--print-config and --install exclude each other");
}

static int serve(struct tool *t, const struct client_server *server)
{
    struct mcp m;
    if (isatty(STDIN_FILENO))
        tool_warn("this speaks the Model Context Protocol and is started by a client: see "
                  "--print-config");
    mcp_begin(&m, t);
    m.workspace = server->workspace;
    m.role = server->role;
    m.capability = server->capability;
    m.capability_count = server->capability_count;
    int status = loop_run(&m);
    mcp_end(&m);
    return status;
}

int main(int argc, char **argv)
{
    struct tool t = {.name = "society-mcp", .help = help, .options = options};
    struct request_of_user user = {0};
    tool_start(&t, argc, argv);
    read_options(&t, &user);
    int status = user.print     ? client_print(&t, user.print, &user.server)
                 : user.install ? client_install(&t, user.install, &user.server)
                                : serve(&t, &user.server);
    texts_free(&user.capabilities);
    return tool_finish(&t, status);
}
