/* SPDX-License-Identifier: MIT */
/*
 * Named mutexes: whoever holds the kernel's lock of locks/mutex-<name>.lock. What is written in the
 * file says who that is, for people. The close of the file is what wakes those who wait, be it that
 * the holder gave it back or died. The file stays: to remove it would pull it from under another.
 */
#include <society/ownership.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "await.h"
#include "lock.h"
#include "record.h"
#include "sys.h"

#define NAME_SIZE (sizeof "locks/mutex-.lock" + SOC_ID_MAX)
#define CONTENT_MAX 1024

struct society_mutex {
    int fd;
    pid_t pid; /* of the process that took it */
};

/* Who holds it is of interest to people alone: a failure leaves it unsaid. */
static void write_holder(struct society *s, int fd, const char *name)
{
    char host[65];
    char now[SOC_TIME_SIZE];
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    soc_host_name(host);
    soc_format_time(now, soc_now_ms());
    soc_strbuf_add_string(&text, "{\"agent\":");
    if (s->agent[0] != '\0')
        soc_json_quote(&text, s->agent, strlen(s->agent));
    else
        soc_strbuf_add_string(&text, "null");
    soc_record_integer(&text, "pid", getpid());
    soc_record_string(&text, "host", host);
    soc_record_string(&text, "since", now);
    soc_strbuf_add_string(&text, "}\n");
    if (soc_sys->ftruncate(fd, 0) == 0 && !text.failed)
        soc_fs_write_all(fd, text.data, text.length, name, NULL);
}

static int fail_held(struct society *s, const char *mutex, int fd, int code)
{
    char text[CONTENT_MAX];
    int64_t pid = 0;
    ssize_t got = soc_fs_pread_text(fd, text, sizeof text);
    SOC_AUTO_JSON soc_json *json = got > 0 ? soc_json_parse(text, (size_t)got, NULL) : NULL;
    const char *host = soc_json_get_string(json, "host");
    const char *agent = soc_json_get_string(json, "agent");
    soc_json_get_integer(json, "pid", &pid);
    return soc_fail(&s->error, code, "mutex %s is held by %s (pid %lld on host %s)", mutex,
                    agent ? agent : "another process", (long long)pid, host ? host : "unknown");
}

/* Tries until the deadline (-1: none), sleeping until something in locks/ was closed. */
static int take(struct society *s, const char *mutex, int fd, int64_t deadline_ms)
{
    struct soc_await await;
    int result = soc_await_begin(s, &await);
    if (result < 0)
        return result;
    while ((result = soc_lock(fd, 0, mutex, &s->error)) == SOCIETY_E_TIMEOUT) {
        int64_t left = deadline_ms < 0 ? -1 : deadline_ms - soc_monotonic_ms();
        if (deadline_ms >= 0 && left <= 0)
            result = fail_held(s, mutex, fd, SOCIETY_E_TIMEOUT);
        else
            result = soc_await_change(s, &await, NULL, left);
        if (result < 0)
            break;
    }
    soc_await_end(&await);
    return result;
}

static int open_and_take(struct society *s, const char *mutex, int32_t timeout_ms)
{
    char name[NAME_SIZE];
    int64_t deadline = timeout_ms < 0 ? -1 : soc_monotonic_ms() + timeout_ms;
    snprintf(name, sizeof name, "locks/mutex-%s.lock", mutex);
    int result = soc_fs_mkdir(&s->dir, "locks", &s->error);
    if (result < 0)
        return result;
    SOC_AUTO_FD int fd = soc_fs_open_single(&s->dir, name, O_RDWR | O_CREAT, NULL, &s->error);
    if (fd < 0)
        return fd;
    result = soc_lock(fd, 0, mutex, &s->error);
    if (result == SOCIETY_E_TIMEOUT && timeout_ms == 0)
        return fail_held(s, mutex, fd, SOCIETY_E_HELD);
    if (result == SOCIETY_E_TIMEOUT)
        result = take(s, mutex, fd, deadline);
    if (result < 0)
        return result;
    write_holder(s, fd, name);
    return soc_steal_fd(&fd);
}

SOC_PUBLIC int society_mutex_lock(society *s, const char *name, int32_t timeout_ms,
                                  society_mutex **ret_mutex)
{
    int result = soc_enter(s);
    if (result < 0)
        return result;
    if (!name || !soc_is_id(name, strlen(name)))
        return soc_fail(&s->error, SOCIETY_E_INVALID, "\"%.80s\" is not a mutex's name",
                        name ? name : "");
    struct society_mutex *mutex = calloc(1, sizeof *mutex);
    if (!mutex)
        return soc_fail_memory(&s->error);
    mutex->fd = open_and_take(s, name, timeout_ms);
    mutex->pid = s->pid;
    if (mutex->fd < 0) {
        result = mutex->fd;
        free(mutex);
        return result;
    }
    *ret_mutex = mutex;
    return 0;
}

SOC_PUBLIC void society_mutex_unlock(society_mutex *mutex)
{
    if (!mutex)
        return;
    /* The open file is a child's too: what it gives back would be its parent's. */
    if (mutex->pid == getpid()) {
        soc_sys->ftruncate(mutex->fd, 0);
        soc_unlock(mutex->fd);
    }
    soc_sys->close(mutex->fd);
    free(mutex);
}
