/* SPDX-License-Identifier: MIT */
/*
 * Whole files and lists of files, on top of fs.c's opening. What changes names goes by the
 * descriptor of the subdirectory, opened like everything else, so that a link planted in its place
 * is never followed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "fs.h"
#include "sys.h"

#define CHUNK 16384

int soc_fs_read(const struct soc_dir *dir, const char *name, size_t max, struct soc_strbuf *out,
                struct soc_error *error)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    SOC_AUTO_FD int fd = soc_fs_open(dir, name, O_RDONLY, error);
    ssize_t got = 1;

    if (fd < 0)
        return fd;
    while (got != 0) {
        char *end = soc_strbuf_reserve(&text, CHUNK);

        if (!end)
            return soc_fail_memory(error);
        got = soc_sys->pread(fd, end, CHUNK, (off_t)text.length);
        if (got < 0 && errno != EINTR)
            return soc_fail_errno(error, "can't read %s", name);
        text.length += got > 0 ? (size_t)got : 0;
        if (text.length > max)
            return soc_fail(error, SOCIETY_E_TOO_BIG, "%s is larger than %zu bytes", name, max);
    }
    soc_strbuf_add(out, text.data, text.length);
    return out->failed ? soc_fail_memory(error) : 0;
}

int soc_fs_write_all(int fd, const void *data, size_t length, const char *name,
                     struct soc_error *error)
{
    const char *bytes = data;

    while (length > 0) {
        ssize_t written = soc_sys->write(fd, bytes, length);

        if (written < 0 && errno == EINTR)
            continue;
        if (written == 0) /* never for a regular file; and never a reason to turn for ever */
            errno = EIO;
        if (written <= 0)
            return soc_fail_errno(error, "can't write %s", name);
        bytes += written;
        length -= (size_t)written;
    }
    return 0;
}

/* Goes on after a short read (NFS, signals), unless `lines` and what came ends one. */
static ssize_t read_on(int fd, char *data, size_t length, int64_t offset, bool lines)
{
    size_t done = 0;

    while (done < length && !(lines && done > 0 && data[done - 1] == '\n')) {
        ssize_t got = soc_sys->pread(fd, data + done, length - done, offset + (int64_t)done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

ssize_t soc_fs_pread(int fd, void *data, size_t length, int64_t offset)
{
    return read_on(fd, data, length, offset, false);
}

ssize_t soc_fs_pread_text(int fd, char *text, size_t size)
{
    return read_on(fd, text, size, 0, true);
}

/* The directory that holds `name`, as a base for the calls that take a name: a view of `dir` with
 * another descriptor. */
struct place {
    struct soc_dir dir;
    int fd; /* to be closed; -1 when it is dir's own */
    const char *base;
};

static void leave(struct place *place)
{
    soc_cleanup_fd(&place->fd);
}

static int enter(const struct soc_dir *dir, const char *name, struct place *place,
                 struct soc_error *error)
{
    const char *slash = strchr(name, '/');
    char parent[NAME_MAX + 1];

    *place = (struct place){.dir = *dir, .fd = -1, .base = name};
    if (!slash)
        return 0;
    if (slash - name > NAME_MAX)
        return soc_fail(error, -ENAMETOOLONG, "%s is too long a name", name);
    memcpy(parent, name, (size_t)(slash - name));
    parent[slash - name] = '\0';
    place->base = slash + 1;
    place->fd = soc_fs_open_dir(dir, parent, error);
    place->dir.fd = place->fd;
    return place->fd < 0 ? place->fd : 0;
}

static int temporary_name(const char *base, char name[NAME_MAX + 1], struct soc_error *error)
{
    uint64_t random;
    ssize_t got;
    int length;

    do {
        got = soc_sys->getrandom(&random, sizeof(random));
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return soc_fail_errno(error, "no random bytes for a temporary file");
    length = snprintf(name, NAME_MAX + 1, ".%s.%016" PRIx64 ".tmp", base, random);
    return length > NAME_MAX ? soc_fail(error, -ENAMETOOLONG, "%s is too long a name", base) : 0;
}

static int sync_place(const struct place *place, const char *name, struct soc_error *error)
{
    if (soc_sys->fsync(place->dir.fd) < 0)
        return soc_fail_errno(error, "can't sync the directory of %s", name);
    return 0;
}

struct content {
    const void *data;
    size_t length;
    bool durable;
};

static int write_temporary(int fd, const struct content *content, const char *name,
                           struct soc_error *error)
{
    int result = soc_fs_write_all(fd, content->data, content->length, name, error);

    if (result == 0 && content->durable && soc_sys->fdatasync(fd) < 0)
        result = soc_fail_errno(error, "can't sync %s", name);
    return result;
}

static int replace_in(const struct place *place, const char *name, const struct content *content,
                      struct soc_error *error)
{
    char temporary[NAME_MAX + 1];
    int result = temporary_name(place->base, temporary, error);
    SOC_AUTO_FD int fd = -1;

    if (result < 0)
        return result;
    fd = soc_fs_open(&place->dir, temporary, O_WRONLY | O_CREAT | O_EXCL, error);
    result = fd < 0 ? fd : write_temporary(fd, content, name, error);
    if (result == 0 &&
        soc_sys->renameat2(place->dir.fd, temporary, place->dir.fd, place->base, 0) < 0)
        result = soc_fail_errno(error, "can't replace %s", name);
    if (result < 0)
        soc_sys->unlinkat(place->dir.fd, temporary, 0); /* what counts was reported already */
    return result;
}

int soc_fs_replace(const struct soc_dir *dir, const char *name, const void *data, size_t length,
                   bool durable, struct soc_error *error)
{
    const struct content content = {data, length, durable};
    SOC_CLEANUP(leave) struct place place;
    int result = enter(dir, name, &place, error);

    if (result == 0)
        result = replace_in(&place, name, &content, error);
    if (result == 0 && durable)
        result = sync_place(&place, name, error);
    return result == -ENOENT ? soc_fail(error, result, "the directory of %s is missing", name)
                             : result;
}

int soc_fs_sync_dir(const struct soc_dir *dir, const char *name, struct soc_error *error)
{
    SOC_AUTO_FD int fd = soc_fs_open_dir(dir, name, error);

    if (fd < 0)
        return fd;
    if (soc_sys->fsync(fd) < 0)
        return soc_fail_errno(error, "can't sync the directory %s", *name ? name : dir->path);
    return 0;
}

int soc_fs_remove(const struct soc_dir *dir, const char *name, struct soc_error *error)
{
    SOC_CLEANUP(leave) struct place place;
    int result = enter(dir, name, &place, error);

    if (result == 0 && soc_sys->unlinkat(place.dir.fd, place.base, 0) < 0)
        result = errno == ENOENT ? 0 : soc_fail_errno(error, "can't remove %s", name);
    return result == -ENOENT ? 0 : result;
}

void soc_fs_free_names(char **names)
{
    if (!names)
        return;
    for (char **name = names; *name; name++)
        free(*name);
    free(names);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names so far, with room for one more and the NULL that ends them. */
struct names {
    char **data;
    size_t count, capacity;
};

static bool add_name(struct names *names, const char *name)
{
    if (names->count + 2 > names->capacity) {
        size_t capacity = names->capacity * 2 + 16;
        char **data = realloc(names->data, capacity * sizeof(*data));

        if (!data)
            return false;
        names->data = data;
        names->capacity = capacity;
        names->data[names->count] = NULL;
    }
    if (!name)
        return true;
    names->data[names->count] = strdup(name);
    if (!names->data[names->count])
        return false;
    names->data[++names->count] = NULL;
    return true;
}

static bool add_entries(struct names *names, const char *entries, ssize_t length)
{
    bool added = true;

    for (ssize_t at = 0; added && at < length;) {
        const struct dirent64 *entry = (const struct dirent64 *)(const void *)(entries + at);

        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            added = add_name(names, entry->d_name);
        at += entry->d_reclen;
    }
    return added;
}

static int list_names(int fd, const char *name, struct names *names, struct soc_error *error)
{
    char entries[CHUNK] __attribute__((aligned(__alignof__(struct dirent64))));
    ssize_t got;

    while ((got = soc_sys->getdents64(fd, entries, sizeof(entries))) > 0) {
        if (!add_entries(names, entries, got))
            return soc_fail_memory(error);
    }
    return got < 0 ? soc_fail_errno(error, "can't list %s", name) : 0;
}

int soc_fs_list(const struct soc_dir *dir, const char *name, char ***ret_names,
                struct soc_error *error)
{
    struct names names = {0};
    SOC_AUTO_FD int fd = soc_fs_open_dir(dir, name, error);
    int result = 0;

    if (fd < 0 && fd != -ENOENT)
        return fd;
    if (fd >= 0)
        result = list_names(fd, *name ? name : dir->path, &names, error);
    if (result == 0 && !add_name(&names, NULL))
        result = soc_fail_memory(error);
    if (result < 0) {
        soc_fs_free_names(names.data);
        return result;
    }
    if (names.count > 1)
        qsort(names.data, names.count, sizeof(*names.data), compare);
    *ret_names = names.data;
    return 0;
}
