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
#define CONTENT_MAX 2048
#define TOUCH_EVERY_MS 1000
#define FUTURE_MS 2000 /* by how much clocks of a shared file system may differ */

void soc_presence_name(char out[SOC_PRESENCE_NAME_MAX], const char *agent)
{
    snprintf(out, SOC_PRESENCE_NAME_MAX, "locks/" PREFIX "%s" SUFFIX, agent);
}

/* ---- Looking ---- */

static void copy_member(const soc_json *json, const char *key, char *out, size_t size)
{
    const char *text = soc_json_get_string(json, key);
    if (text && strlen(text) < size)
        memcpy(out, text, strlen(text) + 1);
}

/* Damaged content says nothing. */
int soc_presence_read(int fd, const char *name, struct soc_presence *presence,
                      struct soc_error *error)
{
    char text[CONTENT_MAX];
    struct soc_error why = {0};
    ssize_t got = soc_fs_pread_text(fd, text, sizeof text);
    if (got < 0)
        return soc_fail_errno(error, "%s: cannot read", name);
    if (got == 0)
        return 0;
    SOC_AUTO_JSON soc_json *json = soc_json_parse(text, (size_t)got, &why);
    if (why.code == -ENOMEM)
        return soc_fail_memory(error);
    copy_member(json, "session", presence->session, sizeof presence->session);
    copy_member(json, "host", presence->host, sizeof presence->host);
    soc_json_get_integer(json, "pid", &presence->pid);
    return 1;
}

int soc_presence_look(struct society *s, const char *agent, struct soc_presence *ret_presence)
{
    struct soc_presence presence = {0};
    char name[SOC_PRESENCE_NAME_MAX];
    soc_presence_name(name, agent);
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
    int written = soc_presence_read(fd, name, &presence, &s->error);
    if (written < 0)
        return written;
    int64_t now = soc_now_ms();
    int64_t until = presence.seen_ms + s->config.online_seconds * 1000;
    /* A time that is still to come is nobody's call. */
    if (!presence.held && !written && now < until && presence.seen_ms <= now + FUTURE_MS)
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
    SOC_AUTO_FD int fd = soc_fs_open_single(&s->dir, name, O_RDWR, NULL, NULL);
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
        int made = soc_fs_open(&s->dir, name, O_WRONLY | O_CREAT, NULL);
        soc_cleanup_fd(&made);
        return;
    }
    if (!S_ISREG(st.st_mode) || st.st_nlink > 1)
        return; /* planted: some other name shares it */
    if (st.st_size > 0 && s->presence < 0)
        revive(s, name);
    soc_sys->utimensat(locks, base, NULL, AT_SYMLINK_NOFOLLOW);
}

void soc_presence_touch(struct society *s)
{
    char name[SOC_PRESENCE_NAME_MAX];
    int64_t now = soc_monotonic_ms();
    if (s->touched_ms != 0 && now - s->touched_ms < TOUCH_EVERY_MS)
        return;
    s->touched_ms = now;
    soc_presence_name(name, s->agent);
    touch(s, name);
}

int soc_need_agent(struct society *s)
{
    if (s->agent[0] != '\0')
        return 0;
    return soc_fail(&s->error, SOCIETY_E_NO_AGENT,
                    "no agent: this handle was not told who is speaking");
}

int soc_enter_as(struct society *s)
{
    int result = soc_enter(s);
    if (result < 0)
        return result;
    result = soc_need_agent(s);
    if (result == 0)
        soc_presence_touch(s);
    return result;
}

void soc_presence_forget(struct society *s, const char *agent)
{
    char name[SOC_PRESENCE_NAME_MAX];
    soc_presence_name(name, agent);
    SOC_AUTO_FD int fd = soc_fs_open(&s->dir, name, O_RDWR, NULL);
    if (fd >= 0 && soc_lock(fd, 0, name, NULL) == 0)
        soc_fs_remove(&s->dir, name, NULL);
    s->touched_ms = 0;
}

SOC_PUBLIC int society_online(society *s, const char *agent)
{
    struct soc_presence presence = {0};
    int result = soc_enter(s);
    if (result < 0)
        return result;
    if (!agent || !soc_is_agent_id(agent, strlen(agent)))
        return soc_fail(&s->error, SOCIETY_E_INVALID, "\"%.80s\" is not an agent id",
                        agent ? agent : "");
    result = soc_presence_look(s, agent, &presence);
    return result < 0 ? result : presence.online;
}
