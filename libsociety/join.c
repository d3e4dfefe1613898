/* SPDX-License-Identifier: MIT */
/*
 * Joining and parting. The lock file must never be there empty for a moment on behalf of somebody
 * who joins: a process killed in that moment would look like one that made a short call just now.
 * So where there is no file yet, it is made under a temporary name, locked and written, and only
 * then given its own.
 */
#include <errno.h>
#include <inttypes.h>
#include <society/agent.h>
#include <stdio.h>
#include <string.h>

#include "lock.h"
#include "presence.h"
#include "record.h"
#include "sys.h"

#define JOIN_TIMEOUT_MS 50 /* a short call may hold the lock for a moment, to empty the file */
#define LOCKS_PREFIX (sizeof "locks/" - 1)

/* Whether the path still names the locked file: somebody may have removed it between opening and
 * locking. */
static bool is_named(struct society *s, int fd, const char *name)
{
    struct stat opened;
    struct stat named;
    return soc_sys->fstat(fd, &opened) == 0 &&
           soc_sys->fstatat(s->dir.fd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

static int fail_held(struct society *s, const char *name)
{
    struct soc_presence other = {0};
    SOC_AUTO_FD int fd = soc_fs_open(&s->dir, name, O_RDONLY, NULL);
    if (fd >= 0)
        soc_presence_read(fd, name, &other, NULL); /* for the words alone */
    return soc_fail(&s->error, SOCIETY_E_HELD,
                    "%s is held by another live process (pid %" PRId64 " on host %s, session %s)",
                    s->agent, other.pid, other.host[0] ? other.host : "unknown",
                    other.session[0] ? other.session : "unknown");
}

/* Writes who holds the presence. */
static int write_content(struct society *s, int fd, const char *name)
{
    char host[65];
    char boot[SOC_UUID_SIZE];
    soc_host_name(host);
    soc_boot_id(boot);
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    soc_strbuf_add_string(&text, "{\"agent\":");
    soc_json_quote(&text, s->agent, strlen(s->agent));
    soc_record_string(&text, "session", s->session);
    soc_record_integer(&text, "pid", s->pid);
    soc_record_string(&text, "host", host);
    soc_record_string(&text, "bootId", boot);
    soc_strbuf_add_string(&text, "}\n");
    if (text.failed)
        return soc_fail_memory(&s->error);
    if (soc_sys->ftruncate(fd, 0) < 0)
        return soc_fail_errno(&s->error, "%s: cannot truncate", name);
    return soc_fs_write_all(fd, text.data, text.length, name, &s->error);
}

/* Locks and writes the new file, and gives it its name: 0; -EEXIST another was faster. */
static int publish(struct society *s, int locks, int fd, const char *fresh, const char *name)
{
    int result = soc_lock(fd, 0, fresh, &s->error);
    if (result == 0)
        result = write_content(s, fd, name);
    if (result == 0 && soc_sys->renameat2(locks, fresh + LOCKS_PREFIX, locks, name + LOCKS_PREFIX,
                                          RENAME_NOREPLACE) < 0)
        result = errno == EEXIST ? -EEXIST : soc_fail_errno(&s->error, "cannot make %s", name);
    if (result < 0)
        soc_sys->unlinkat(locks, fresh + LOCKS_PREFIX, 0);
    return result;
}

/* Makes the lock file: a descriptor that holds it; -EEXIST; errnos. */
static int make(struct society *s, const char *name)
{
    char unique[SOC_UUID_SIZE];
    char fresh[SOC_PRESENCE_NAME_MAX + SOC_UUID_SIZE + 8];
    int result = soc_uuid7(unique);
    if (result < 0)
        return soc_fail(&s->error, result, "no random bytes for a temporary file");
    snprintf(fresh, sizeof fresh, "locks/.%s.%s.tmp", name + LOCKS_PREFIX, unique);
    SOC_AUTO_FD int locks = soc_fs_open_dir(&s->dir, "locks", &s->error);
    if (locks < 0)
        return locks;
    SOC_AUTO_FD int fd = soc_fs_open(&s->dir, fresh, O_RDWR | O_CREAT | O_EXCL, &s->error);
    if (fd < 0)
        return fd;
    result = publish(s, locks, fd, fresh, name);
    return result < 0 ? result : soc_steal_fd(&fd);
}

/* Takes over a lock file that is there: a descriptor that holds it; -EAGAIN it was removed
 * meanwhile; SOCIETY_E_HELD; errnos. The content goes through a descriptor of its own: its close is
 * what wakes those who watch locks/. */
static int take(struct society *s, int existing, const char *name)
{
    SOC_AUTO_FD int fd = existing;
    int result = soc_lock(fd, JOIN_TIMEOUT_MS, name, &s->error);
    if (result < 0)
        return result == SOCIETY_E_TIMEOUT ? fail_held(s, name) : result;
    if (!is_named(s, fd, name))
        return -EAGAIN;
    SOC_AUTO_FD int writer = soc_fs_open(&s->dir, name, O_WRONLY, &s->error);
    if (writer < 0)
        return writer == -ENOENT ? -EAGAIN : writer;
    result = write_content(s, writer, name);
    return result < 0 ? result : soc_steal_fd(&fd);
}

static int hold(struct society *s, const char *name)
{
    int result = -EAGAIN;
    while (result == -EAGAIN || result == -EEXIST) {
        result = soc_fs_open_single(&s->dir, name, O_RDWR, NULL, &s->error);
        if (result >= 0)
            result = take(s, result, name);
        else if (result == -ENOENT)
            result = make(s, name);
    }
    if (result == -ENOENT)
        return soc_fail(&s->error, SOCIETY_E_GONE, "%s was removed", s->dir.path);
    return result;
}

SOC_PUBLIC int society_join(society *s)
{
    int result = soc_enter(s);
    if (result == 0)
        result = soc_need_agent(s);
    if (result < 0 || s->presence >= 0)
        return result;
    char name[SOC_PRESENCE_NAME_MAX];
    soc_presence_name(name, s->agent);
    result = soc_fs_mkdir(&s->dir, "locks", &s->error);
    if (result == 0)
        result = hold(s, name);
    if (result < 0)
        return result;
    s->presence = result;
    s->renew_at_ms = INT64_MAX;
    soc_renew_within(s, s->config.lease_seconds * INT64_C(1000));
    return 0;
}

SOC_PUBLIC int society_part(society *s)
{
    int result = soc_enter(s);
    if (result < 0 || s->presence < 0)
        return result;
    /* What is written in the file stays: it says that this session is over. A child may have the
     * descriptor too, so the lock is given back before the close, which wakes the watchers. */
    soc_unlock(s->presence);
    soc_sys->close(s->presence);
    s->presence = -1;
    return 0;
}
