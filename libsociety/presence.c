/* SPDX-License-Identifier: MIT */
/* Presence by lock files: see presence.h. */
#include "presence.h"

#include <errno.h>
#include <inttypes.h>
#include <society/agent.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "json.h"
#include "lock.h"
#include "record.h"
#include "sys.h"

#define PREFIX "agent-"
#define SUFFIX ".lock"
#define NAME_SIZE (sizeof "locks/" PREFIX SUFFIX + SOC_ID_MAX)
#define CONTENT_MAX 2048
#define JOIN_TIMEOUT_MS 50 /* a short call may hold the lock for a moment, to empty the file */
#define TOUCH_EVERY_MS 1000

static void make_name(char out[NAME_SIZE], const char *agent)
{
    snprintf(out, NAME_SIZE, "locks/" PREFIX "%s" SUFFIX, agent);
}

/* ---- Looking ---- */

static void copy_member(const soc_json *json, const char *key, char *out, size_t size)
{
    const char *text = soc_json_get_string(json, key);
    if (text && strlen(text) < size)
        memcpy(out, text, strlen(text) + 1);
}

/* What the holder wrote of itself; damaged content says nothing. True when there is any content. */
static bool read_content(int fd, struct soc_presence *presence)
{
    char text[CONTENT_MAX];
    ssize_t got = soc_sys->pread(fd, text, sizeof text, 0);
    if (got <= 0)
        return false;
    SOC_AUTO_JSON soc_json *json = soc_json_parse(text, (size_t)got, NULL);
    copy_member(json, "session", presence->session, sizeof presence->session);
    copy_member(json, "host", presence->host, sizeof presence->host);
    soc_json_get_integer(json, "pid", &presence->pid);
    return true;
}

int soc_presence_look(struct society *s, const char *agent, struct soc_presence *ret_presence)
{
    struct soc_presence presence = {0};
    char name[NAME_SIZE];
    make_name(name, agent);
    SOC_AUTO_FD int fd = soc_fs_open(&s->dir, name, O_RDONLY, &s->error);
    if (fd == -ENOENT) {
        *ret_presence = presence;
        return 0;
    }
    if (fd < 0)
        return fd;
    struct stat st;
    if (soc_sys->fstat(fd, &st) < 0)
        return soc_fail_errno(&s->error, "%s: cannot stat", name);
    int held = soc_lock_held(fd, name, &s->error);
    if (held < 0)
        return held;
    presence.known = true;
    presence.held = held == 1;
    presence.seen_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
    bool written = read_content(fd, &presence);
    int64_t until = presence.seen_ms + s->config.online_seconds * 1000;
    if (!presence.held && !written && soc_now_ms() < until)
        presence.until_ms = until;
    presence.online = presence.held || presence.until_ms != 0;
    *ret_presence = presence;
    return 0;
}

/* "agent-w1.lock" -> "w1", in place; NULL for another name. */
static char *agent_of(char *name)
{
    size_t length = strlen(name);
    if (length <= sizeof PREFIX SUFFIX - 1 || strncmp(name, PREFIX, sizeof PREFIX - 1) != 0 ||
        strcmp(name + length - (sizeof SUFFIX - 1), SUFFIX) != 0)
        return NULL;
    name[length - (sizeof SUFFIX - 1)] = '\0';
    char *id = name + sizeof PREFIX - 1;
    return soc_is_agent_id(id, strlen(id)) ? id : NULL;
}

int soc_presence_list(struct society *s, char ***ret_agents)
{
    char **names;
    int result = soc_fs_list(&s->dir, "locks", &names, &s->error);
    if (result < 0)
        return result;
    size_t count = 0;
    for (size_t i = 0; names[i]; i++) {
        char *id = agent_of(names[i]);
        if (id) {
            memmove(names[i], id, strlen(id) + 1);
            names[count++] = names[i];
        } else {
            free(names[i]);
        }
    }
    names[count] = NULL;
    *ret_agents = names;
    return 0;
}

/* ---- Short calls ---- */

/* A dead session's writing says "offline": empty the file, unless a live one holds it. */
static void revive(struct society *s, const char *name)
{
    SOC_AUTO_FD int fd = soc_fs_open(&s->dir, name, O_RDWR, NULL);
    if (fd >= 0 && soc_lock(fd, 0, name, NULL) == 0)
        soc_sys->ftruncate(fd, 0);
}

static void touch(struct society *s, const char *name)
{
    SOC_AUTO_FD int locks = soc_fs_open_dir(&s->dir, "locks", NULL);
    struct stat st;
    const char *base = name + sizeof "locks/" - 1;
    if (locks == -ENOENT)
        soc_fs_mkdir(&s->dir, "locks", NULL);
    if (locks < 0 || soc_sys->fstatat(locks, base, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        SOC_AUTO_FD int made = soc_fs_open(&s->dir, name, O_WRONLY | O_CREAT, NULL);
        return;
    }
    if (st.st_size > 0 && s->presence < 0)
        revive(s, name);
    soc_sys->utimensat(locks, base, NULL, AT_SYMLINK_NOFOLLOW);
}

void soc_presence_touch(struct society *s)
{
    char name[NAME_SIZE];
    int64_t now = soc_monotonic_ms();
    if (s->touched_ms != 0 && now - s->touched_ms < TOUCH_EVERY_MS)
        return;
    s->touched_ms = now;
    make_name(name, s->agent);
    touch(s, name);
}

int soc_enter_as(struct society *s)
{
    int result = soc_enter(s);
    if (result < 0)
        return result;
    if (s->agent[0] == '\0')
        return soc_fail(&s->error, SOCIETY_E_NO_AGENT,
                        "no agent: this handle was not told who is speaking");
    soc_presence_touch(s);
    return 0;
}

void soc_presence_forget(struct society *s, const char *agent)
{
    char name[NAME_SIZE];
    make_name(name, agent);
    SOC_AUTO_FD int fd = soc_fs_open(&s->dir, name, O_RDWR, NULL);
    if (fd >= 0 && soc_lock(fd, 0, name, NULL) == 0)
        soc_fs_remove(&s->dir, name, NULL);
    s->touched_ms = 0;
}

/* ---- Joining ---- */

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
        read_content(fd, &other);
    return soc_fail(&s->error, SOCIETY_E_HELD,
                    "%s is held by another live process (pid %" PRId64 " on host %s, session %s)",
                    s->agent, other.pid, other.host[0] ? other.host : "unknown",
                    other.session[0] ? other.session : "unknown");
}

/* Through a descriptor of its own: its close is what wakes those who watch locks/. */
static int write_content(struct society *s, const char *name)
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
    SOC_AUTO_FD int fd = soc_fs_open(&s->dir, name, O_WRONLY, &s->error);
    if (fd < 0)
        return fd == -ENOENT ? soc_fail(&s->error, fd, "%s was removed", name) : fd;
    if (soc_sys->ftruncate(fd, 0) < 0)
        return soc_fail_errno(&s->error, "%s: cannot truncate", name);
    return soc_fs_write_all(fd, text.data, text.length, name, &s->error);
}

/* Takes the lock of a file that has the name: a descriptor, or an error. */
static int hold(struct society *s, const char *name)
{
    for (;;) {
        SOC_AUTO_FD int fd = soc_fs_open(&s->dir, name, O_RDWR | O_CREAT, &s->error);
        if (fd < 0)
            return fd == -ENOENT
                       ? soc_fail(&s->error, SOCIETY_E_GONE, "%s was removed", s->dir.path)
                       : fd;
        int result = soc_lock(fd, JOIN_TIMEOUT_MS, name, &s->error);
        if (result == SOCIETY_E_TIMEOUT)
            return fail_held(s, name);
        if (result < 0)
            return result;
        if (is_named(s, fd, name))
            return soc_steal_fd(&fd);
    }
}

SOC_PUBLIC int society_join(society *s)
{
    int result = soc_enter_as(s);
    if (result < 0 || s->presence >= 0)
        return result;
    char name[NAME_SIZE];
    make_name(name, s->agent);
    result = soc_fs_mkdir(&s->dir, "locks", &s->error);
    if (result < 0)
        return result;
    SOC_AUTO_FD int fd = hold(s, name);
    if (fd < 0)
        return fd;
    result = write_content(s, name);
    if (result == 0)
        s->presence = soc_steal_fd(&fd);
    return result;
}

SOC_PUBLIC int society_part(society *s)
{
    int result = soc_enter(s);
    if (result < 0 || s->presence < 0)
        return result;
    /* What is written in the file stays: it says that this session is over. A child may have the
     * descriptor too, so the lock is given back before the close, which wakes the watchers. */
    soc_unlock(s->presence);
    close(s->presence);
    s->presence = -1;
    return 0;
}

SOC_PUBLIC int society_online(society *s, const char *agent)
{
    struct soc_presence presence;
    int result = soc_enter(s);
    if (result < 0)
        return result;
    if (!agent || !soc_is_agent_id(agent, strlen(agent)))
        return soc_fail(&s->error, SOCIETY_E_INVALID, "\"%.80s\" is not an agent id",
                        agent ? agent : "");
    result = soc_presence_look(s, agent, &presence);
    return result < 0 ? result : presence.online;
}
