/* SPDX-License-Identifier: MIT */
/* The handle's life: see <society/society.h>. */
#include <errno.h>
#include <society/society.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "discover.h"
#include "handle.h"
#include "identity.h"
#include "open.h"
#include "renew.h"
#include "sys.h"
#include "tail.h"
#include "wait.h"

SOC_PUBLIC const char *society_version(void)
{
    return SOCIETY_VERSION_STRING;
}

SOC_PUBLIC int32_t society_format_version(void)
{
    return SOCIETY_FORMAT_VERSION;
}

SOC_PUBLIC void society_free(void *text)
{
    free(text);
}

SOC_PUBLIC int society_new(society **ret_society)
{
    struct society *s = calloc(1, sizeof *s);
    if (!s)
        return -ENOMEM;
    s->pid = getpid();
    s->dir.fd = -1;
    s->presence = -1;
    s->keep = soc_renew_keep;
    s->messages.segment.fd = -1;
    s->deliveries.segment.fd = -1;
    soc_group_sync_init(&s->messages.group);
    soc_group_sync_init(&s->deliveries.group);
    int result = soc_uuid7(s->session);
    if (result < 0) {
        free(s);
        return result;
    }
    soc_handle_mark(s);
    *ret_society = s;
    return 0;
}

SOC_PUBLIC void society_close(society *s)
{
    if (!s)
        return;
    soc_tail_close_all(s);
    soc_wait_close_all(s);
    soc_state_close(&s->registry);
    soc_state_close(&s->tasks);
    soc_state_close(&s->ownership);
    soc_log_close(&s->messages);
    soc_log_close(&s->deliveries);
    soc_watch_free(s->watch);
    if (s->presence >= 0)
        soc_sys->close(s->presence);
    soc_json_free(s->renew_seen);
    soc_strbuf_free(&s->lines);
    soc_config_free(&s->config);
    soc_dir_close(&s->dir);
    if (s->slot)
        *s->slot = NULL;
    soc_handle_unmark(s);
    free(s);
}

int soc_open_at(struct society *s, const char *path)
{
    int result = soc_dir_open(&s->dir, path, &s->error);
    if (result == -ENOENT || result == -ENOTDIR)
        return soc_fail(&s->error, SOCIETY_E_NO_SOCIETY, "%s is not a directory", path);
    if (result < 0)
        return result;
    result = soc_config_load(&s->config, &s->dir, &s->error);
    if (result < 0) {
        soc_dir_close(&s->dir);
        s->dir.fd = -1;
        return result;
    }
    soc_log_init(&s->messages, &s->dir, "messages", soc_config_durable(&s->config, "messages"));
    soc_log_init(&s->deliveries, &s->dir, "deliveries",
                 soc_config_durable(&s->config, "deliveries"));
    return 0;
}

int soc_check_unopened(struct society *s)
{
    if (s->pid != getpid())
        return soc_fail(&s->error, -ECHILD,
                        "this handle belongs to the parent process; a child opens its own");
    if (s->dir.fd >= 0)
        return soc_fail(&s->error, -EBUSY, "the handle is open already, on %s", s->dir.path);
    return 0;
}

SOC_PUBLIC int society_open(society *s, const char *dir)
{
    SOC_AUTO_STRBUF struct soc_strbuf path = SOC_STRBUF_INIT;
    int result = soc_check_unopened(s);
    if (result == 0)
        result = soc_discover(dir, &path, &s->error);
    return result < 0 ? result : soc_open_at(s, path.data);
}

SOC_PUBLIC int society_identify(society *s, const char *agent)
{
    if (s->pid != getpid())
        return soc_fail(&s->error, -ECHILD,
                        "this handle belongs to the parent process; a child opens its own");
    if (s->presence >= 0)
        return soc_fail(&s->error, -EBUSY, "the handle has joined as %s", s->agent);
    s->touched_ms = 0;
    return soc_identify(agent, s->agent, &s->error);
}

SOC_PUBLIC const char *society_dir(const society *s)
{
    return s->dir.fd < 0 ? NULL : s->dir.path;
}

SOC_PUBLIC const char *society_agent(const society *s)
{
    return s->agent[0] ? s->agent : NULL;
}

SOC_PUBLIC const char *society_last_message(const society *s)
{
    return s->error.text;
}
