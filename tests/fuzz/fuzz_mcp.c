/* SPDX-License-Identifier: MIT */
/*
 * What a client may send to society-mcp, any bytes: whatever comes back is lines of JSON-RPC.
 *
 * The first byte says how the connection begins: its lowest bit, whether the agent has a name; the
 * next, whether the handshake has been made. The society is a real one in a temporary directory,
 * made anew now and then, so that it stays small.
 */
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/tool.h"
#include "mcp/mail.h"
#include "mcp/mcp.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NAMED = 1, OPENED = 2, RUNS_OF_A_SOCIETY = 500 };

static const char opening[] =
    "{\"jsonrpc\":\"2.0\",\"id\":\"open\",\"method\":\"initialize\",\"params\":{"
    "\"protocolVersion\":"
    "\"2025-11-25\",\"capabilities\":{\"elicitation\":{}},\"clientInfo\":{\"name\":\"fuzz\"}}}\n";

static char directory[256];

static void must(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz_mcp: %s\n", what);
    abort();
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void remove_society(void)
{
    char path[sizeof directory + 32];
    snprintf(path, sizeof path, "%s/.society-agent", directory);
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_society(void)
{
    society *s = NULL;
    remove_society();
    must(society_new(&s) == 0 && society_init(s, directory, "fuzz", 0) == 1, "no society");
    society_close(s);
}

static void clean_up(void)
{
    remove_society();
    must(rmdir(directory) == 0, "the directory was left");
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *parent = getenv("TMPDIR");
    (void)argc;
    (void)argv;
    snprintf(directory, sizeof directory, "%s/society-fuzz.XXXXXX", parent ? parent : "/tmp");
    must(mkdtemp(directory) != NULL, "no directory");
    atexit(clean_up);
    make_society();
    return 0;
}

static void check_line(const char *line, size_t length)
{
    const char *why;
    int row, column;
    json_value *message = json_read_bytes(line, length, &why, &row, &column);
    must(json_is_map(message), "a line is no object");
    must(strcmp(json_member_text(message, "jsonrpc", ""), "2.0") == 0, "a line is no JSON-RPC");
    must(json_has(message, "result") + json_has(message, "error") + json_has(message, "method") ==
             1,
         "a line is neither an answer nor a message");
    json_release(message);
}

static void check_output(const struct mcp *m)
{
    const char *at = m->out.data;
    const char *end = at ? at + m->out.used : NULL;
    while (at != end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        must(newline != NULL, "the last line does not end");
        check_line(at, (size_t)(newline - at));
        at = newline + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int runs;
    struct tool tool = {.name = "fuzz_mcp", .dir = directory};
    struct mcp m;
    if (size == 0)
        return 0;
    if (++runs % RUNS_OF_A_SOCIETY == 0)
        make_society();
    tool.agent = data[0] & NAMED ? "fuzz-001" : NULL;
    mcp_begin(&m, &tool);
    if (data[0] & OPENED)
        dispatch_bytes(&m, opening, sizeof opening - 1);
    dispatch_bytes(&m, (const char *)data + 1, size - 1);
    loop_step(&m);
    mail_commit(&m);
    loop_step(&m);
    check_output(&m);
    mcp_end(&m);
    return 0;
}
