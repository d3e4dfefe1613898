/* SPDX-License-Identifier: MIT */
/* A claim together with its reservation: see claim.h. */
#include "claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lease.h"
#include "lock.h"
#include "own_wait.h"
#include "sys.h"

#define ACTS "locks/acts.lock"
#define NOBODY "society" /* in whose name a handle without an agent tidies up */
#define NODE 24          /* where a UUID's last 48 bits begin, all of them random */

/* ---- Acts ---- */

int soc_act_begin(struct society *s, struct soc_act *ret_act)
{
    char unique[SOC_UUID_SIZE];
    int result = soc_uuid7(unique);
    if (result < 0)
        return soc_fail(&s->error, result, "no random bytes for a number");
    result = soc_fs_mkdir(&s->dir, "locks", &s->error);
    if (result < 0)
        return result;
    SOC_AUTO_FD int fd = soc_fs_open(&s->dir, ACTS, O_RDWR | O_CREAT, &s->error);
    if (fd < 0)
        return fd;
    int64_t number = strtoll(unique + NODE, NULL, 16);
    result = soc_lock_byte(fd, number, ACTS, &s->error);
    if (result < 0)
        return result;
    *ret_act = (struct soc_act){soc_steal_fd(&fd), number};
    return 0;
}

void soc_act_end(struct soc_act *act)
{
    if (act->fd >= 0)
        soc_sys->close(act->fd);
    act->fd = -1;
}

int soc_act_is_under_way(struct society *s, int64_t number)
{
    SOC_AUTO_FD int fd = soc_fs_open(&s->dir, ACTS, O_RDONLY, &s->error);
    if (fd < 0)
        return fd == -ENOENT ? 0 : fd;
    return soc_lock_byte_held(fd, number, ACTS, &s->error);
}

/* ---- What became of it ---- */

static bool is_text(const soc_json *task, const char *key, const char *text)
{
    const char *own = soc_json_get_string(task, key);
    return own && strcmp(own, text) == 0;
}

int soc_claim_is_void(struct society *s, const struct soc_own *own, const soc_json **ret_task)
{
    int64_t token = -1;
    *ret_task = NULL;
    int result = soc_act_is_under_way(s, own->act);
    if (result != 0)
        return result < 0 ? result : 0;
    const struct soc_tasks *tasks = soc_tasks(s, &result);
    if (!tasks)
        return result;
    const soc_json *task = soc_tasks_get(tasks, own->task);
    if (!is_text(task, "state", "claimed") || !is_text(task, "holder", own->holder) ||
        !soc_json_get_integer(task, "own", &token) || token != own->token)
        return 1;
    *ret_task = task;
    return 0;
}

int soc_claim_is_over(struct society *s, const soc_json *task, int64_t *ret_left_ms)
{
    char what[SOC_ID_MAX + 8];
    struct soc_holding holding = {.what = what,
                                  .holder = soc_json_get_string(task, "holder"),
                                  .session = soc_json_get_string(task, "session"),
                                  .present = soc_json_get_bool(task, "present", false)};
    *ret_left_ms = -1;
    if (!holding.holder)
        return 0;
    snprintf(what, sizeof what, "task:%s", soc_json_get_string(task, "id"));
    soc_json_get_integer(task, "token", &holding.token);
    soc_json_get_integer(task, "renewed", &holding.renewed);
    soc_json_get_integer(task, "leaseMs", &holding.lease_ms);
    return soc_lease_is_over(s, &holding, ret_left_ms);
}

/* ---- Burying ---- */

static int find_void(struct society *s, int64_t token, struct soc_own_request *request)
{
    int result = 0;
    const struct soc_owns *owns = soc_owns(s, &result);
    for (size_t i = 0; result >= 0 && owns && i < owns->count; i++) {
        const soc_json *task;
        const struct soc_own *own = &owns->items[i];
        if (own->act < 0 || (token >= 0 && own->token != token))
            continue;
        result = soc_claim_is_void(s, own, &task);
        if (result == 1)
            result = soc_own_add_evidence(request, own, &s->error);
    }
    return result;
}

int soc_claim_bury(struct society *s, int64_t token)
{
    struct soc_own_request request = {.agent = s->agent[0] ? s->agent : NOBODY};
    int result = find_void(s, token, &request);
    int count = (int)request.gone_count;
    if (result == 0 && count > 0)
        result = soc_transact(&s->ownership, soc_own_decide_expire, &request, &s->error);
    if (result == 0)
        soc_own_bury(s, &request);
    soc_own_forget(&request);
    return result < 0 ? result : count;
}

/* ---- Whose paths ---- */

/* Adds the patterns of a reservation. */
static int add_patterns(soc_json *patterns, const struct soc_own *own)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < soc_json_count(own->paths); i++)
        result = soc_json_append(patterns, soc_json_copy(soc_json_item(own->paths, i)));
    return result;
}

soc_json *soc_owns_of(struct society *s, const char *agent, int *ret_error)
{
    int result = 0;
    SOC_AUTO_JSON soc_json *patterns = soc_json_new_array();
    const struct soc_owns *owns = soc_owns(s, &result);
    if (owns && !patterns)
        result = soc_fail_memory(&s->error);
    for (size_t i = 0; result == 0 && owns && i < owns->count; i++) {
        const soc_json *task;
        const struct soc_own *own = &owns->items[i];
        if (own->waiting || strcmp(own->holder, agent) != 0)
            continue;
        int is_void = own->act < 0 ? 0 : soc_claim_is_void(s, own, &task);
        if (is_void < 0)
            result = is_void;
        else if (is_void == 0 && add_patterns(patterns, own) < 0)
            result = soc_fail_memory(&s->error);
    }
    *ret_error = result;
    return result < 0 ? NULL : soc_json_retain(patterns);
}
