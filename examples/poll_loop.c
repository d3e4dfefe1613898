/* SPDX-License-Identifier: MIT */
/*
 * A tail in somebody else's loop: poll() over standard input and the tail's descriptor. A line of
 * standard input is a message to send, such as {"to":"all","content":"hello"}; messages for the
 * agent are printed. Usage: poll_loop AGENT, in a society; ends with standard input.
 */
#include <poll.h>
#include <society/message.h>
#include <society/tail.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void check(society *s, int result)
{
    if (result >= 0)
        return;
    fprintf(stderr, "poll_loop: %s\n", society_last_message(s));
    exit(1);
}

/* society_tail_next() never blocks: take what is there, then say that it was handled. */
static void print_messages(society *s, society_tail *tail)
{
    const char *message;
    int result;
    while ((result = society_tail_next(tail, &message, NULL)) == 1)
        puts(message);
    check(s, result);
    if (fflush(stdout) == 0)
        check(s, society_tail_commit(tail));
}

int main(int argc, char **argv)
{
    static char line[64 * 1024];
    society_tail *tail;
    society *s;

    if (society_new(&s) < 0)
        abort();
    check(s, society_open(s, NULL));
    check(s, society_identify(s, argc > 1 ? argv[1] : NULL));
    check(s, society_tail_open(s, "messages", SOCIETY_FROM_CURSOR, 0, &tail));
    setvbuf(stdin, NULL, _IONBF, 0); /* what stdio read ahead, poll() would not see */

    struct pollfd polled[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                              {.fd = society_tail_fd(tail), .events = POLLIN}};
    while (poll(polled, 2, -1) > 0) {
        if (polled[1].revents != 0)
            print_messages(s, tail);
        if (polled[0].revents == 0)
            continue;
        if (!fgets(line, sizeof line, stdin))
            break;
        if (society_send_lines(s, line, NULL) < 0) /* a bad line is told, and the loop goes on */
            fprintf(stderr, "poll_loop: %s\n", society_last_message(s));
    }
    society_close(s);
}
