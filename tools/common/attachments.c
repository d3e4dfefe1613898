/* SPDX-License-Identifier: MIT */
/*
 * The name of an attachment was chosen by whoever sent it: one that leads anywhere but into the directory, or begins with a
 * dot, is refused, and nothing that exists is overwritten or followed.
 */
#include "attachments.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <society/message.h>

static int is_plain_name(const char *name)
{
    if (name[0] == '\0' || name[0] == '.' || strlen(name) > 255 || strchr(name, '/'))
        return 0;
    for (; *name; name++)
        if ((unsigned char)*name < 0x20 || *name == 0x7f)
            return 0;
    return 1;
}

static int write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t done = write(fd, bytes, length);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -1;
        bytes += done;
        length -= (size_t)done;
    }
    return 0;
}

static int copy(int from, int to)
{
    char buffer[65536];
    ssize_t got;
    while ((got = read(from, buffer, sizeof buffer)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || write_all(to, buffer, (size_t)got) < 0)
            return -1;
    }
    return 0;
}

static void save(struct tool *t, json_value *attachment, int directory)
{
    int32_t from = -1;
    const char *name = json_member_text(attachment, "name", "");
    if (!is_plain_name(name))
        tool_fail(STATUS_NO, "the attachment's name '%s' is not a plain file name", name);
    int result =
        society_attachment_open(t->society, json_member_text(attachment, "hash", ""), &from);
    /* The hash came from a record, so an invalid one is no fault of the command line. */
    if (result < 0)
        tool_fail(result == SOCIETY_E_INVALID ? STATUS_SYSTEM : tool_status(result), "%s: %s", name,
                  tool_reason(t, result));
    int to = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (to < 0)
        tool_fail(STATUS_SYSTEM, "%s: %s", name, strerror(errno));
    int failed = copy(from, to) < 0;
    int reason = errno;
    if (close(to) < 0 && !failed) {
        failed = 1;
        reason = errno;
    }
    if (failed) {
        unlinkat(directory, name,
                 0); /* ours, and incomplete; if it stays, the error below says so */
        tool_fail(STATUS_SYSTEM, "%s: %s", name, strerror(reason));
    }
    close(from);
}

void attachments_save(struct tool *t, json_value *message, const char *directory)
{
    json_value *list = json_member(message, "attachments");
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        tool_fail(STATUS_SYSTEM, "%s: %s", directory, strerror(errno));
    for (size_t i = 0; i < json_count(list); i++)
        save(t, json_element(list, i), fd);
    close(fd);
}
