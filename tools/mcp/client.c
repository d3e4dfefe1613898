/* SPDX-License-Identifier: MIT */
/*
 * Places and forms are those of each client's own documentation (as of November 2026):
 *
 *   claude  Claude Code, "Connect Claude Code to tools via MCP": .mcp.json, mcpServers
 *   codex   Codex, "Model Context Protocol": .codex/config.toml, [mcp_servers.NAME]
 *   kilo    Kilo Code, "Using MCP in Kilo Code": kilo.json or in .kilo/, mcp; the command is a list
 *   cursor  Cursor, "Model Context Protocol": .cursor/mcp.json, mcpServers
 *   gemini  Gemini CLI, "MCP servers with the Gemini CLI": .gemini/settings.json, mcpServers
 *   vscode  Visual Studio Code, "MCP configuration reference": .vscode/mcp.json, servers
 *
 * Only the values that this server needs are set; whatever else somebody wrote beside them stays.
 */
#include "mcp/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config_file.h"
#include "common/json.h"
#include "common/output.h"
#include "common/splice.h"

enum { FILES = 5 };

#define FOLDER "${workspaceFolder}"

enum form { JSON_COMMAND, JSON_LIST, TOML };

static const struct client {
    const char *name;
    const char *files[FILES]; /* the first that there is, else the last */
    const char *section;
    enum form form;
    int comments;
    const char *type;      /* NULL: it has no field for it */
    const char *workspace; /* what it fills in for the project's directory, where it starts servers
                              elsewhere; NULL: it starts them there */
    const char *timeout;   /* the field that says how long a call may take, and a value of an hour:
                              a wait may take longer than what is usual; NULL: it needs none */
    const char *hour;
} clients[] = {
    {"claude", {".mcp.json"}, "mcpServers", JSON_COMMAND, 0, "stdio", NULL, NULL, NULL},
    {"codex",
     {".codex/config.toml"},
     "mcp_servers.society",
     TOML,
     1,
     NULL,
     NULL,
     "tool_timeout_sec",
     "3600"},
    {"kilo",
     {"kilo.json", "kilo.jsonc", ".kilo/kilo.json", ".kilo/kilo.jsonc"},
     "mcp",
     JSON_LIST,
     1,
     "local",
     NULL,
     "timeout",
     "3600000"},
    {"cursor", {".cursor/mcp.json"}, "mcpServers", JSON_COMMAND, 1, "stdio", FOLDER, NULL, NULL},
    {"gemini",
     {".gemini/settings.json"},
     "mcpServers",
     JSON_COMMAND,
     1,
     NULL,
     NULL,
     "timeout",
     "3600000"},
    {"vscode", {".vscode/mcp.json"}, "servers", JSON_COMMAND, 1, "stdio", FOLDER, NULL, NULL},
};
enum { CLIENTS = sizeof clients / sizeof *clients };

static const struct client *find_client(const char *name)
{
    for (int i = 0; i < CLIENTS; i++)
        if (strcmp(clients[i].name, name) == 0)
            return &clients[i];
    tool_usage("'%s' is none of claude, codex, kilo, cursor, gemini, vscode", name);
}

/* ---- What is to be said ---- */

static void add_option(json_value *list, const char *option, const char *value)
{
    if (!value)
        return;
    json_add(list, json_new_text(option));
    json_add(list, json_new_text(value));
}

static json_value *arguments_of(const struct tool *t, const struct client *client,
                                const struct client_server *server)
{
    json_value *list = json_new_list();
    char *dir = t->dir ? realpath(t->dir, NULL) : NULL; /* the client starts it anywhere */
    add_option(list, "--workspace", server->workspace ? server->workspace : client->workspace);
    add_option(list, "--dir", dir ? dir : t->dir);
    free(dir);
    add_option(list, "--agent", t->agent);
    add_option(list, "--role", server->role);
    for (int i = 0; i < server->capability_count; i++)
        add_option(list, "--capability", server->capability[i]);
    return list;
}

/* ---- The changes, one after another ---- */

struct edit {
    const struct client *client;
    const char *file; /* for errors */
    char *text;
};

/* Sets a field of the server's entry. Ends the process if the file is malformed. */
static void set(struct edit *e, const char *field, const char *value)
{
    struct splice_error error = {0};
    const char *const path[] = {e->client->section, "society", field, NULL};
    char *text = e->client->form == TOML
                     ? toml_set(e->text, e->client->section, field, value, &error)
                     : jsonc_set(e->text, path, value, e->client->comments, &error);
    if (!text)
        tool_fail(STATUS_SYSTEM, "%s: line %d, column %d: %s; nothing was written", e->file,
                  error.line, error.column, error.what);
    free(e->text);
    e->text = text;
}

static void set_value(struct edit *e, const char *field, json_value *value)
{
    char *text = json_compact(value); /* strings and lists of them are TOML as well */
    set(e, field, text);
    free(text);
    json_release(value);
}

static void change(struct edit *e, const struct tool *t, const struct client_server *server)
{
    char *command = config_program("society-mcp");
    json_value *arguments = arguments_of(t, e->client, server);
    if (e->client->type)
        set_value(e, "type", json_new_text(e->client->type));
    if (e->client->form == JSON_LIST) {
        json_value *list = json_new_list();
        json_add(list, json_new_text(command));
        for (size_t i = 0; i < json_count(arguments); i++)
            json_add(list, json_share(json_element(arguments, i)));
        set_value(e, "command", list);
        set_value(e, "enabled", json_new_flag(1));
    } else if (e->client->form == TOML) { /* new keys go below the header, the last one first */
        set(e, e->client->timeout, e->client->hour);
        set_value(e, "args", json_share(arguments));
        set_value(e, "command", json_new_text(command));
    } else {
        set_value(e, "command", json_new_text(command));
        set_value(e, "args", json_share(arguments));
    }
    if (e->client->timeout && e->client->form != TOML)
        set(e, e->client->timeout, e->client->hour);
    json_release(arguments);
    free(command);
}

/* ---- Files ---- */

/* The client's file in a project; through a symbolic link, the file that it leads to. */
static char *file_of(const struct client *client, const char *directory)
{
    char *path = NULL;
    for (int i = 0; i < FILES && client->files[i]; i++) {
        free(path);
        if (asprintf(&path, "%s/%s", directory, client->files[i]) < 0)
            tool_fail(STATUS_SYSTEM, "out of memory");
        char *target = realpath(path, NULL);
        if (target) {
            free(path);
            return target;
        }
    }
    return path;
}

int client_print(const struct tool *t, const char *name, const struct client_server *server)
{
    struct edit e = {.client = find_client(name), .file = name, .text = strdup("")};
    change(&e, t, server);
    fputs(e.text, stdout);
    output_flush();
    const char *file = NULL;
    for (int i = 0; i < FILES && e.client->files[i]; i++)
        file = e.client->files[i];
    tool_warn("this goes into %s of the project", file);
    free(e.text);
    return STATUS_DONE;
}

int client_install(const struct tool *t, const char *name, const struct client_server *server)
{
    mode_t mode = config_mode();
    struct edit e = {.client = find_client(name)};
    char *directory = config_project();
    char *path = file_of(e.client, directory);
    char *before = config_read(path, &mode);
    e.file = path;
    e.text = strdup(before);
    change(&e, t, server);
    e.text = config_end_lines(e.text, before);
    if (strcmp(before, e.text) != 0)
        config_write(path, e.text, mode);
    output_text(stdout, path);
    putchar('\n');
    free(e.text);
    free(before);
    free(path);
    free(directory);
    return STATUS_DONE;
}
