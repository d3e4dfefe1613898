/* SPDX-License-Identifier: MIT */
/* Power cuts: see power.h. Objects are files and directories; each keeps a list of what happened to it, with its moment. */
#include "harness/internal/power.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/die.h"
#include "harness/files.h"
#include "harness/tmp.h"
#include "sys.h"

enum { OBJECTS = 4096, CHANGES = 200000, NONE = -1 };

struct object {
    uint64_t inode; /* 0: the number was given to another */
    bool directory;
};

/* A write or truncation of a file, one or two names of a directory, or a sync of either. */
struct change {
    enum { WRITE, TRUNCATE, NAMES, SYNC } what;
    int object;
    int64_t offset;
    char *data;
    size_t length;
    char *names[2];
    int targets[2]; /* objects; NONE: the name goes */
};

static struct object objects[OBJECTS];
static int object_count;
static struct change changes[CHANGES];
static unsigned change_count;
static uint64_t random_state;
static int64_t clock_us;
static unsigned calls_left;
static bool dead, drops_data, drops_names;

/* xorshift64* (S. Vigna, public domain) */
static uint64_t next_random(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(0x2545F4914F6CDD1D);
}

unsigned power_below(unsigned end)
{
    return (unsigned)((next_random() >> 33) % end);
}

unsigned power_now(void)
{
    return change_count;
}

void power_die_after(unsigned calls)
{
    dead = false;
    calls_left = calls;
}

void power_drop(bool data, bool names)
{
    drops_data = data;
    drops_names = names;
}

/* ---- Noting ---- */

static int find_object(uint64_t inode)
{
    for (int i = object_count; i-- > 0;)
        if (objects[i].inode == inode)
            return i;
    return NONE;
}

static int add_object(uint64_t inode, bool directory)
{
    int old = find_object(inode);

    if (object_count == OBJECTS)
        die("too many files");
    if (old != NONE)
        objects[old].inode = 0;
    objects[object_count] = (struct object){inode, directory};
    return object_count++;
}

static struct change *add_change(int what, int object)
{
    if (change_count == CHANGES)
        die("too many changes");
    struct change *change = &changes[change_count++];
    *change = (struct change){.object = object, .targets = {NONE, NONE}};
    change->what = what;
    return change;
}

static void note_write(int object, int64_t offset, const void *data, size_t length)
{
    struct change *change = add_change(WRITE, object);

    change->offset = offset;
    change->length = length;
    change->data = malloc(length + 1);
    if (!change->data)
        die("malloc");
    memcpy(change->data, data, length);
}

static void note_name(int directory, const char *name, int target)
{
    struct change *change = add_change(NAMES, directory);

    change->names[0] = strdup(name);
    change->targets[0] = target;
}

static int object_of(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
               ? find_object(st.st_ino)
               : NONE;
}

static int object_at(int dir, const char *path)
{
    struct stat st;

    return fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 ? find_object(st.st_ino) : NONE;
}

/* The directory that a path's last name is in, and that name. */
static int parent_of(int dir, const char *path, const char **ret_name)
{
    const char *slash = strrchr(path, '/');
    char part[4096];

    *ret_name = slash ? slash + 1 : path;
    if (!slash)
        return dir == AT_FDCWD ? NONE : object_of(dir);
    snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
    return object_at(dir, part);
}

static void note_made(int dir, const char *path, bool directory)
{
    const char *name;
    struct stat st;
    int parent = parent_of(dir, path, &name);

    if (parent == NONE || fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    note_name(parent, name, add_object(st.st_ino, directory));
}

/* ---- The table ---- */

static bool fails(void)
{
    if (calls_left > 0 && --calls_left == 0)
        dead = true;
    if (dead)
        errno = EIO;
    return dead;
}

static int power_openat(int dir, const char *path, int flags, mode_t mode)
{
    int fd = fails() ? -1 : soc_sys_real.openat(dir, path, flags, mode);

    if (fd >= 0 && (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
        note_made(dir, path, false);
    return fd;
}

static int power_openat2(int dir, const char *path, const struct open_how *how)
{
    int fd = fails() ? -1 : soc_sys_real.openat2(dir, path, how);

    if (fd >= 0 && (how->flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
        note_made(dir, path, false);
    return fd;
}

static ssize_t power_write(int fd, const void *data, size_t length)
{
    int object = object_of(fd);
    bool appends = (fcntl(fd, F_GETFL) & O_APPEND) != 0;
    off_t offset = object == NONE ? 0 : lseek(fd, 0, appends ? SEEK_END : SEEK_CUR);
    ssize_t wrote = fails() ? -1 : soc_sys_real.write(fd, data, length);

    if (wrote > 0 && object != NONE)
        note_write(object, offset, data, (size_t)wrote);
    return wrote;
}

static int power_ftruncate(int fd, off_t length)
{
    int result = fails() ? -1 : soc_sys_real.ftruncate(fd, length);
    int object = object_of(fd);

    if (result == 0 && object != NONE)
        add_change(TRUNCATE, object)->offset = length;
    return result;
}

static int sync_object(int fd)
{
    int object = object_of(fd);

    if (fails())
        return -1;
    if (object != NONE && !(objects[object].directory ? drops_names : drops_data))
        add_change(SYNC, object);
    return 0;
}

static int power_mkdirat(int dir, const char *path, mode_t mode)
{
    int result = fails() ? -1 : soc_sys_real.mkdirat(dir, path, mode);

    if (result == 0)
        note_made(dir, path, true);
    return result;
}

static int power_renameat2(int from_dir, const char *from, int to_dir, const char *to,
                           unsigned flags)
{
    const char *old_name, *new_name;
    int target = object_at(from_dir, from);
    int result = fails() ? -1 : soc_sys_real.renameat2(from_dir, from, to_dir, to, flags);
    int old_parent = parent_of(from_dir, from, &old_name);
    int new_parent = parent_of(to_dir, to, &new_name);

    if (result < 0 || old_parent == NONE || target == NONE)
        return result;
    if (old_parent != new_parent)
        die("a rename from one directory to another");
    note_name(new_parent, new_name, target);
    changes[change_count - 1].names[1] = strdup(old_name);
    return result;
}

static int power_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    const char *name;
    int target = object_at(from_dir, from);
    int result = fails() ? -1 : soc_sys_real.linkat(from_dir, from, to_dir, to, flags);
    int parent = parent_of(to_dir, to, &name);

    if (result == 0 && parent != NONE)
        note_name(parent, name, target);
    return result;
}

static int power_unlinkat(int dir, const char *path, int flags)
{
    const char *name;
    int result = fails() ? -1 : soc_sys_real.unlinkat(dir, path, flags);
    int parent = parent_of(dir, path, &name);

    if (result == 0 && parent != NONE)
        note_name(parent, name, NONE);
    return result;
}

static int power_lock(int fd, int command, struct flock *lock)
{
    return fails() ? -1 : soc_sys_real.lock(fd, command, lock);
}

static int power_clock_gettime(clockid_t clock, struct timespec *now)
{
    int64_t us = clock_us += 7;

    if (clock == CLOCK_REALTIME)
        us += INT64_C(1770717600) * 1000000;
    *now = (struct timespec){us / 1000000, us % 1000000 * 1000};
    return 0;
}

static int power_nanosleep(const struct timespec *time)
{
    clock_us += time->tv_sec * 1000000 + time->tv_nsec / 1000 + 1;
    return 0;
}

static ssize_t power_getrandom(void *data, size_t length)
{
    unsigned char *bytes = data;

    for (size_t i = 0; i < length; i++)
        bytes[i] = (unsigned char)power_below(256);
    return (ssize_t)length;
}

static int no_sync(int fd)
{
    (void)fd;
    return 0;
}

static int no_inotify(void)
{
    errno = EMFILE;
    return -1;
}

static struct soc_sys table;

const struct soc_sys *power_look(void)
{
    static struct soc_sys looking;
    const struct soc_sys *before = soc_sys;

    looking = soc_sys_real;
    looking.fdatasync = no_sync;
    looking.fsync = no_sync;
    looking.inotify_init = no_inotify;
    soc_sys = &looking;
    return before;
}

/* ---- Beginning and ending ---- */

static void take_in(int parent, const char *name, const char *path)
{
    struct stat st;
    DIR *stream;

    if (lstat(path, &st) < 0)
        die("%s", path);
    int object = add_object(st.st_ino, S_ISDIR(st.st_mode));
    if (parent != NONE)
        note_name(parent, name, object);
    if (S_ISREG(st.st_mode)) {
        size_t length;
        char *data = read_file(path, &length);
        note_write(object, 0, data, length);
        free(data);
    }
    stream = S_ISDIR(st.st_mode) ? opendir(path) : NULL;
    for (const struct dirent *entry; stream && (entry = readdir(stream));) {
        char *inner = tmp_path(path, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            take_in(object, entry->d_name, inner);
        free(inner);
    }
    if (stream)
        closedir(stream);
    add_change(SYNC, object);
}

void power_begin(const char *path, uint64_t seed)
{
    random_state = seed * 2 + 1;
    clock_us = 1000000;
    power_die_after(0);
    power_drop(false, false);
    object_count = 0;
    change_count = 0;
    take_in(NONE, "", path);
    table = soc_sys_real;
    table.openat = power_openat;
    table.openat2 = power_openat2;
    table.write = power_write;
    table.ftruncate = power_ftruncate;
    table.fdatasync = sync_object;
    table.fsync = sync_object;
    table.mkdirat = power_mkdirat;
    table.renameat2 = power_renameat2;
    table.linkat = power_linkat;
    table.unlinkat = power_unlinkat;
    table.lock = power_lock;
    table.clock_gettime = power_clock_gettime;
    table.nanosleep = power_nanosleep;
    table.getrandom = power_getrandom;
    table.inotify_init = no_inotify;
    soc_sys = &table;
}

void power_end(void)
{
    soc_sys = &soc_sys_real;
    for (unsigned i = 0; i < change_count; i++) {
        free(changes[i].data);
        free(changes[i].names[0]);
        free(changes[i].names[1]);
    }
    change_count = 0;
}

/* ---- Cutting ---- */

/* How a cut treats what was not synced. */
enum mood { ALL_LOST, ALL_THERE, MIXED, MOODS };

struct cut {
    unsigned moment;
    enum mood mood;
    unsigned synced[OBJECTS]; /* changes before this one are safe */
    char *made[OBJECTS];      /* under which path a file was made: its other names are links */
};

static bool survives(const struct cut *cut, unsigned at)
{
    if (at < cut->synced[changes[at].object] || cut->mood == ALL_THERE)
        return true;
    return cut->mood == MIXED && power_below(2) == 0;
}

static void put_bytes(char **content, size_t *size, int64_t offset, const char *data, size_t length)
{
    size_t end = (size_t)offset + length;

    if (end > *size) {
        *content = realloc(*content, end + 1);
        if (!*content)
            die("realloc");
        memset(*content + *size, 0, end - *size);
        *size = end;
    }
    if (data && length > 0)
        memcpy(*content + offset, data, length);
}

/* A write that was not synced: whole, torn, or zeros of its length. */
static void put_unsynced(const struct change *change, char **content, size_t *size)
{
    unsigned how = power_below(4);
    size_t part = change->length > 0 ? power_below((unsigned)change->length) : 0;

    if (how == 0) /* the size arrived, the data did not */
        put_bytes(content, size, change->offset, NULL, change->length);
    if (how <= 1)
        put_bytes(content, size, change->offset, change->data, part);
    else
        put_bytes(content, size, change->offset, change->data, change->length);
}

static void make_file(const struct cut *cut, int object, const char *path)
{
    char *content = NULL;
    size_t size = 0;

    for (unsigned i = 0; i < cut->moment; i++) {
        const struct change *change = &changes[i];
        if (change->object != object || change->what == SYNC || !survives(cut, i))
            continue;
        if (change->what == TRUNCATE)
            size = (size_t)change->offset < size ? (size_t)change->offset : size;
        else if (i < cut->synced[object] || cut->mood == ALL_THERE)
            put_bytes(&content, &size, change->offset, change->data, change->length);
        else
            put_unsynced(change, &content, &size);
    }
    write_file(path, content ? content : "", size);
    chmod(path, 0600);
    free(content);
}

static void make_object(struct cut *cut, int object, const char *path);

/* The names as they are after what survived: the last change of each counts. */
static void make_directory(struct cut *cut, int object, const char *path)
{
    struct entry {
        const char *name;
        int target;
    } entries[512];
    int count = 0;

    mkdir(path, 0700);
    for (unsigned i = 0; i < cut->moment; i++) {
        if (changes[i].object != object || changes[i].what != NAMES || !survives(cut, i))
            continue;
        for (int n = 0; n < 2 && changes[i].names[n]; n++) {
            int at = 0;
            while (at < count && strcmp(entries[at].name, changes[i].names[n]) != 0)
                at++;
            if (at == count && ++count > 512)
                die("too many names");
            entries[at] = (struct entry){changes[i].names[n], changes[i].targets[n]};
        }
    }
    for (int i = 0; i < count; i++) {
        char *inner = tmp_path(path, entries[i].name);
        if (entries[i].target != NONE)
            make_object(cut, entries[i].target, inner);
        free(inner);
    }
}

static void make_object(struct cut *cut, int object, const char *path)
{
    if (objects[object].directory) {
        make_directory(cut, object, path);
    } else if (cut->made[object]) {
        if (link(cut->made[object], path) < 0)
            die("link %s", path);
    } else {
        make_file(cut, object, path);
        cut->made[object] = strdup(path);
    }
}

void power_cut(unsigned moment, const char *path)
{
    static struct cut cut;

    cut = (struct cut){.moment = moment, .mood = power_below(MOODS + 1) % MOODS};
    if (power_below(2) == 0)
        cut.mood = MIXED;
    for (unsigned i = 0; i < moment; i++)
        if (changes[i].what == SYNC)
            cut.synced[changes[i].object] = i;
    if (file_exists(path))
        tmp_remove(strdup(path));
    make_object(&cut, 0, path);
    for (int i = 0; i < OBJECTS; i++)
        free(cut.made[i]);
}
