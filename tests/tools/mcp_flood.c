/* SPDX-License-Identifier: MIT */
/*
 * mcp_flood CALLS: so many tool calls through one connection to society-mcp, sixteen under way at a
 * time, and each answer looked at. Prints `calls CALLS seconds S persecond N early KIB late KIB`:
 * the server's memory (RssAnon) at half time and at the end.
 *
 * The calls read: what the society holds stays the same, so memory that grows is the server's own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { UNDER_WAY = 16 };

#define TOOL(name, arguments) \
    "\"tools/call\",\"params\":{\"name\":\"" name "\",\"arguments\":" arguments "}}"

static const char *const calls[] = {
    TOOL("files_check", "{\"paths\":[\"src/a.c\"]}"),
    TOOL("inbox", "{}"),
    TOOL("task_list", "{\"ready\":true}"),
    TOOL("wait", "{\"for\":[\"message\"],\"seconds\":0}"),
    TOOL("task_claim", "{\"id\":\"none\"}"),
    "\"resources/read\",\"params\":{\"uri\":\"society://tasks\"}}",
};
enum { KINDS = sizeof calls / sizeof *calls };

static void send_call(FILE *in, long id)
{
    fprintf(in, "{\"jsonrpc\":\"2.0\",\"id\":%ld,\"method\":%s\n", id, calls[id % KINDS]);
}

static void fail(const char *what, const char *line)
{
    fprintf(stderr, "mcp_flood: %s: %s\n", what, line);
    exit(1);
}

static pid_t start(FILE **ret_in, FILE **ret_out)
{
    int in[2], out[2];
    if (pipe(in) < 0 || pipe(out) < 0)
        fail("pipe", "");
    pid_t pid = fork();
    if (pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[0]);
        close(in[1]);
        close(out[0]);
        close(out[1]);
        execlp("society-mcp", "society-mcp", "--agent", "flood-001", (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    *ret_in = fdopen(in[1], "w");
    *ret_out = fdopen(out[0], "r");
    if (pid < 0 || !*ret_in || !*ret_out)
        fail("fork", "");
    return pid;
}

static long memory(pid_t pid)
{
    char path[64], line[256];
    long kib = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *status = fopen(path, "r");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "RssAnon:", 8) == 0)
            kib = strtol(line + 8, NULL, 10);
    if (status)
        fclose(status);
    return kib;
}

/* One answer, to the call with this id. */
static void receive(FILE *out, long id)
{
    static char *line;
    static size_t size;
    char wanted[64];
    if (getline(&line, &size, out) < 0)
        fail("the server is gone", "");
    int length =
        snprintf(wanted, sizeof wanted, "{\"jsonrpc\":\"2.0\",\"id\":%ld,\"result\":{", id);
    if (strncmp(line, wanted, (size_t)length) != 0)
        fail("not the answer", line);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    FILE *in, *out;
    int status;
    long early = 0;
    long count = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    if (count < 100)
        fail("usage", "mcp_flood CALLS (100 or more)");
    pid_t pid = start(&in, &out);
    fputs("{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
          "\"2025-11-25\","
          "\"capabilities\":{},\"clientInfo\":{\"name\":\"flood\",\"version\":\"1\"}}}\n",
          in);
    fflush(in);
    receive(out, 0);
    double begun = now();
    for (long sent = 1, answered = 1; answered <= count; answered++) {
        while (sent <= count && sent - answered < UNDER_WAY) {
            send_call(in, sent);
            sent++;
        }
        fflush(in);
        receive(out, answered);
        if (answered == count / 2)
            early = memory(pid);
    }
    double seconds = now() - begun;
    printf("calls %ld seconds %.2f persecond %.0f early %ld late %ld\n", count, seconds,
           (double)count / seconds, early, memory(pid));
    fclose(in);
    if (waitpid(pid, &status, 0) != pid || status != 0)
        fail("the server's end", "");
    fclose(out);
    return 0;
}
