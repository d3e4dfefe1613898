/* SPDX-License-Identifier: MIT */
/*
 * Storing: the content is copied into a temporary file while it is hashed, synced, and given its
 * name by a link, or, where something else than this content has the name, by a rename. So a name
 * appears with all of its content or not at all, and two who store the same content at once end with
 * one file.
 */
#include "attachment.h"

#include <errno.h>
#include <inttypes.h>
#include <society/message.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "handle.h"
#include "record.h"
#include "sys.h"
#include "utf8.h"

#define CHUNK (64 * 1024)
#define NAME_SIZE (sizeof SOC_ATTACHMENTS + SOC_SHA256_HEX)
#define HEAD_MAX 8
#define UTF8_MAX 4

/* ---- What kind of content ---- */

/* The content as it passes by, in chunks. */
struct content {
    int64_t size;
    char head[HEAD_MAX];
    bool text;         /* UTF-8 without NUL so far */
    size_t unfinished; /* bytes of a character that the last chunk cut */
};

/* Whether whole characters stand here; what may be the beginning of one at the end is left over. */
static bool is_text(const char *bytes, size_t length, size_t *ret_left)
{
    size_t at = 0;
    size_t step;
    while ((step = soc_utf8_length(bytes + at, length - at)) > 0)
        at += step;
    *ret_left = length - at;
    return *ret_left < UTF8_MAX && !memchr(bytes, '\0', length);
}

/* Takes in a chunk. What is unfinished stands in front of it, in the room for UTF8_MAX bytes. */
static void look(struct content *content, char *chunk, size_t length)
{
    if (content->size == 0)
        memcpy(content->head, chunk, length < HEAD_MAX ? length : HEAD_MAX);
    content->size += (int64_t)length;
    if (!content->text)
        return;
    size_t left;
    content->text = is_text(chunk - content->unfinished, content->unfinished + length, &left);
    content->unfinished = content->text ? left : 0;
    memmove(chunk - content->unfinished, chunk + length - content->unfinished, content->unfinished);
}

static const char *type_of(const struct content *content)
{
    static const struct {
        const char *type;
        const char *signature;
    } known[] = {
        {"image/png", "\x89PNG\r\n\x1a\n"},
        {"image/jpeg", "\xff\xd8\xff"},
        {"image/gif", "GIF87a"},
        {"image/gif", "GIF89a"},
        {"application/pdf", "%PDF-"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (memcmp(content->head, known[i].signature, strlen(known[i].signature)) == 0)
            return known[i].type;
    return content->text && content->unfinished == 0 ? "text/plain" : "application/octet-stream";
}

/* ---- Storing ---- */

static void free_sum(struct soc_sha256 **sum)
{
    soc_sha256_free(*sum);
}

static int open_source(const char *path, struct soc_error *error)
{
    const int flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
    SOC_AUTO_FD int fd = soc_sys->openat(AT_FDCWD, path, flags, 0);
    struct stat st;
    if (fd < 0 && errno == ENXIO) /* a socket, or a device that is not there */
        return soc_fail(error, SOCIETY_E_INVALID, "%s is not a regular file", path);
    if (fd < 0)
        return soc_fail_errno(error, "can't open %s", path);
    if (soc_sys->fstat(fd, &st) < 0)
        return soc_fail_errno(error, "can't look at %s", path);
    if (!S_ISREG(st.st_mode))
        return soc_fail(error, SOCIETY_E_INVALID, "%s is not a regular file", path);
    return soc_steal_fd(&fd);
}

/* The next bytes of the source; 0 at its end. The limit is kept here, since a file can grow while
 * it is copied. */
static ssize_t read_chunk(int from, const char *path, char *chunk, int64_t so_far,
                          struct soc_error *error)
{
    ssize_t got;
    do {
        got = soc_sys->read(from, chunk, CHUNK);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return soc_fail_errno(error, "can't read %s", path);
    if (so_far + got > SOC_ATTACHMENT_MAX)
        return soc_fail(error, SOCIETY_E_TOO_BIG, "%s is larger than %d bytes", path,
                        SOC_ATTACHMENT_MAX);
    return got;
}

static int copy(int from, const char *path, int to, struct content *content,
                char ret_hash[SOC_SHA256_HEX], struct soc_error *error)
{
    SOC_CLEANUP(free_sum) struct soc_sha256 *sum = soc_sha256_new();
    SOC_AUTO_STRBUF struct soc_strbuf room = SOC_STRBUF_INIT;
    char *chunk = soc_strbuf_reserve(&room, UTF8_MAX + CHUNK);
    ssize_t got;
    if (!sum || !chunk)
        return soc_fail_memory(error);
    chunk += UTF8_MAX; /* look() keeps there what it has not finished */
    *content = (struct content){.text = true};
    while ((got = read_chunk(from, path, chunk, content->size, error)) > 0) {
        soc_sha256_update(sum, chunk, (size_t)got);
        look(content, chunk, (size_t)got);
        int result = soc_fs_write_all(to, chunk, (size_t)got, SOC_ATTACHMENTS, error);
        if (result < 0)
            return result;
    }
    if (got < 0)
        return (int)got;
    /* A name that a power cut leaves without its content would stand in the way for ever. */
    if (soc_sys->fdatasync(to) < 0)
        return soc_fail_errno(error, "can't sync an attachment");
    soc_sha256_finish(sum, ret_hash);
    sum = NULL;
    return 0;
}

/* Hashes without moving the descriptor's offset, up to one byte more than an attachment has. */
static int hash_file(int fd, const char *name, char ret_hash[SOC_SHA256_HEX],
                     struct soc_error *error)
{
    SOC_CLEANUP(free_sum) struct soc_sha256 *sum = soc_sha256_new();
    SOC_AUTO_STRBUF struct soc_strbuf room = SOC_STRBUF_INIT;
    char *chunk = soc_strbuf_reserve(&room, CHUNK);
    int64_t size = 0;
    ssize_t got;
    if (!sum || !chunk)
        return soc_fail_memory(error);
    while ((got = soc_sys->pread(fd, chunk, CHUNK, size)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return soc_fail_errno(error, "can't read %s", name);
        size += got;
        if (size > SOC_ATTACHMENT_MAX)
            return soc_fail(error, SOCIETY_E_CORRUPT, "%s is larger than %d bytes", name,
                            SOC_ATTACHMENT_MAX);
        soc_sha256_update(sum, chunk, (size_t)got);
    }
    soc_sha256_finish(sum, ret_hash);
    sum = NULL;
    return 0;
}

/* Whether what has the name already is the content that the name says, and nobody else's file: 1,
 * 0; errors of looking. A second link that another writer is about to take away does no harm. */
static int is_stored(const struct soc_dir *place, const char *hash, struct soc_error *error)
{
    SOC_AUTO_FD int fd = soc_fs_open(place, hash, O_RDONLY, error);
    struct stat st;
    char found[SOC_SHA256_HEX] = "";
    if (fd < 0)
        return fd == SOCIETY_E_UNSAFE_FILE || fd == -ENOENT ? 0 : fd;
    if (soc_sys->fstat(fd, &st) < 0)
        return soc_fail_errno(error, "can't look at " SOC_ATTACHMENTS "/%s", hash);
    if (st.st_nlink != 1 || st.st_size > SOC_ATTACHMENT_MAX)
        return 0;
    int result = hash_file(fd, hash, found, error);
    return result < 0 && result != SOCIETY_E_CORRUPT ? result : strcmp(found, hash) == 0;
}

/* Gives the temporary file its name. What has that name and is not the same content is replaced. */
static int publish(const struct soc_dir *place, const char *temporary, const char *hash,
                   struct soc_error *error)
{
    if (soc_sys->linkat(place->fd, temporary, place->fd, hash, 0) == 0)
        return 0;
    if (errno != EEXIST)
        return soc_fail_errno(error, "can't store " SOC_ATTACHMENTS "/%s", hash);
    int result = is_stored(place, hash, error);
    if (result != 0)
        return result < 0 ? result : 0;
    if (soc_sys->renameat2(place->fd, temporary, place->fd, hash, 0) < 0)
        return soc_fail_errno(error, "can't replace " SOC_ATTACHMENTS "/%s", hash);
    return 0;
}

/* Copies the source into the directory `place` under its hash. */
static int store_in(const struct soc_dir *place, int from, const char *path,
                    struct content *content, char ret_hash[SOC_SHA256_HEX], struct soc_error *error)
{
    char unique[SOC_UUID_SIZE];
    char temporary[sizeof ".attachment..tmp" + SOC_UUID_SIZE];
    int result = soc_uuid7(unique);
    if (result < 0)
        return soc_fail(error, result, "no random bytes for a temporary file");
    snprintf(temporary, sizeof temporary, ".attachment.%s.tmp", unique);
    SOC_AUTO_FD int to = soc_fs_open(place, temporary, O_WRONLY | O_CREAT | O_EXCL, error);
    if (to == -ENOENT)
        return soc_fail(error, SOCIETY_E_GONE, SOC_ATTACHMENTS " was removed");
    if (to < 0)
        return to;
    result = copy(from, path, to, content, ret_hash, error);
    if (result == 0)
        result = publish(place, temporary, ret_hash, error);
    /* One that can't be removed is what a crash leaves: society_check() removes it. */
    soc_sys->unlinkat(place->fd, temporary, 0);
    return result;
}

static int store(const struct soc_dir *dir, const char *path, struct content *content,
                 char ret_hash[SOC_SHA256_HEX], struct soc_error *error)
{
    SOC_AUTO_FD int from = open_source(path, error);
    if (from < 0)
        return from;
    int result = soc_fs_mkdir(dir, SOC_ATTACHMENTS, error);
    if (result < 0)
        return result;
    /* By its own descriptor: a link planted in its place later is not followed. */
    SOC_AUTO_FD int fd = soc_fs_open_dir(dir, SOC_ATTACHMENTS, error);
    if (fd == -ENOENT)
        return soc_fail(error, SOCIETY_E_GONE, SOC_ATTACHMENTS " was removed");
    if (fd < 0)
        return fd;
    struct soc_dir place = *dir;
    place.fd = fd;
    return store_in(&place, from, path, content, ret_hash, error);
}

SOC_PUBLIC int society_attach(society *s, const char *path, char **ret_attachment)
{
    int result = soc_enter(s);
    if (result < 0)
        return result;
    struct content content = {0};
    char hash[SOC_SHA256_HEX] = "";
    result = store(&s->dir, path, &content, hash, &s->error);
    if (result < 0)
        return result;
    size_t length;
    const char *base = soc_path_base(path, &length);
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    soc_strbuf_add_string(&text, "{\"name\":");
    soc_json_quote(&text, base, length);
    soc_record_string(&text, "type", type_of(&content));
    soc_record_integer(&text, "size", content.size);
    soc_record_string(&text, "hash", hash);
    soc_strbuf_add_format(&text, ",\"path\":\"" SOC_ATTACHMENTS "/%s\"}", hash);
    if (text.failed)
        return soc_fail_memory(&s->error);
    *ret_attachment = soc_strbuf_steal(&text);
    return 0;
}

/* ---- Opening ---- */

bool soc_is_attachment(const char *name)
{
    return strlen(name) == SOC_SHA256_HEX - 1 &&
           strspn(name, "0123456789abcdef") == SOC_SHA256_HEX - 1;
}

int soc_attachment_open(const struct soc_dir *dir, const char *hash, struct soc_error *error)
{
    char name[NAME_SIZE];
    char found[SOC_SHA256_HEX] = "";
    snprintf(name, sizeof name, SOC_ATTACHMENTS "/%s", hash);
    SOC_AUTO_FD int fd = soc_fs_open(dir, name, O_RDONLY, error);
    if (fd < 0)
        return fd;
    int result = hash_file(fd, name, found, error);
    if (result < 0)
        return result;
    if (strcmp(found, hash) != 0)
        return soc_fail(error, SOCIETY_E_CORRUPT, "%s: its content has the SHA-256 %s", name,
                        found);
    return soc_steal_fd(&fd);
}

SOC_PUBLIC int society_attachment_open(society *s, const char *hash, int32_t *ret_fd)
{
    int result = soc_enter(s);
    if (result < 0)
        return result;
    if (!soc_is_attachment(hash))
        return soc_fail(
            &s->error, SOCIETY_E_INVALID,
            "\"%.80s\" is not the hash of an attachment: 64 hexadecimal digits in lower "
            "case",
            hash);
    int fd = soc_attachment_open(&s->dir, hash, &s->error);
    if (fd == -ENOENT)
        return soc_fail(&s->error, SOCIETY_E_NOT_FOUND, "there is no attachment %s", hash);
    if (fd < 0)
        return fd;
    *ret_fd = fd;
    return 0;
}
