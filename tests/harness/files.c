/* SPDX-License-Identifier: MIT */
/*
 * Plain system calls, so that a test sees the bytes that the library wrote and nothing else.
 */
#include "harness/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/die.h"

static int open_file(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0666);

    if (fd < 0)
        die("open %s", path);
    return fd;
}

char *read_file(const char *path, size_t *ret_length)
{
    int fd = open_file(path, O_RDONLY);
    size_t length = 0;
    size_t capacity = 4096;
    char *data = NULL;
    ssize_t got = 1;

    while (got > 0) {
        capacity *= 2;
        data = realloc(data, capacity);
        if (!data)
            die("realloc");
        while (length < capacity - 1 && (got = read(fd, data + length, capacity - 1 - length)) > 0)
            length += (size_t)got;
    }
    if (got < 0)
        die("read %s", path);
    close(fd);
    data[length] = '\0';
    if (ret_length)
        *ret_length = length;
    return data;
}

static void put_file(const char *path, int flags, const void *data, size_t length)
{
    int fd = open_file(path, O_WRONLY | O_CREAT | flags);

    if (write(fd, data, length) != (ssize_t)length)
        die("write %s", path);
    close(fd);
}

void write_file(const char *path, const void *data, size_t length)
{
    put_file(path, O_TRUNC, data, length);
}

void append_file(const char *path, const void *data, size_t length)
{
    put_file(path, O_APPEND, data, length);
}

void write_text(const char *path, const char *text)
{
    write_file(path, text, strlen(text));
}

void append_text(const char *path, const char *text)
{
    append_file(path, text, strlen(text));
}

bool file_exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

static struct stat look(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0)
        die("stat %s", path);
    return st;
}

long long file_size(const char *path)
{
    return look(path).st_size;
}

unsigned file_mode(const char *path)
{
    return look(path).st_mode & 07777;
}

size_t count_lines(const char *path)
{
    size_t length;
    size_t count = 0;
    char *data = read_file(path, &length);

    for (size_t i = 0; i < length; i++)
        count += data[i] == '\n';
    free(data);
    return count;
}

size_t count_text(const char *path, const char *text)
{
    size_t length;
    size_t count = 0;
    char *data = read_file(path, &length);
    const char *end = data + length;

    for (const char *at = data; (at = memmem(at, (size_t)(end - at), text, strlen(text)));
         at += strlen(text))
        count++;
    free(data);
    return count;
}

size_t count_entries(const char *path)
{
    DIR *stream = opendir(path);
    size_t count = 0;

    if (!stream)
        die("opendir %s", path);
    for (const struct dirent *entry; (entry = readdir(stream));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(stream);
    return count;
}

size_t count_descriptors(void)
{
    return count_entries("/proc/self/fd") - 1; /* without the one that looks */
}
