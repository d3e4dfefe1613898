/* SPDX-License-Identifier: MIT */
/*
 * The clients that we know, and the file in a project where each has its servers.
 */
#ifndef TOOLS_MCP_CLIENT_H
#define TOOLS_MCP_CLIENT_H

#include "common/tool.h"

struct client_server {
    const char *workspace; /* NULL: what the client calls it, where it starts servers elsewhere */
    const char *role;      /* NULL: none */
    char *const *capability;
    int capability_count;
};

/* Prints what a client's configuration needs. The exit status. */
int client_print(const struct tool *t, const char *name, const struct client_server *server);

/* Writes it into the project's file. The exit status. */
int client_install(const struct tool *t, const char *name, const struct client_server *server);

#endif
