/* SPDX-License-Identifier: MIT */
/* Bells: see bell.h. */
#include "bell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "json.h"
#include "path.h"

#define BELL_NAME_MAX (sizeof "bells/" + SOC_ID_MAX)

static void bell_name(char out[BELL_NAME_MAX], const char *agent)
{
    snprintf(out, BELL_NAME_MAX, "bells/%s", agent);
}

int soc_bell_hang(const struct soc_dir *dir, const char *agent, struct soc_error *error)
{
    char name[BELL_NAME_MAX];
    bell_name(name, agent);
    int fd = soc_fs_open(dir, name, O_RDONLY | O_CREAT, error);
    if (fd != -ENOENT)
        return fd;
    int result = soc_fs_mkdir(dir, "bells", error);
    return result < 0 ? result : soc_fs_open(dir, name, O_RDONLY | O_CREAT, error);
}

void soc_bell_ring_all(struct soc_log *log)
{
    char name[SOC_SEGMENT_NAME_MAX];
    soc_segment_name(name, log->name);
    SOC_AUTO_FD int fd = soc_fs_open(log->dir, name, O_WRONLY, NULL);
    /* Without a descriptor to spare the log's own has to do, and is opened again for the next. */
    if (fd < 0)
        soc_log_close(log);
}

/* 1; 0 it can't be rung. Where there is no bell nobody listens to one. */
static int ring_agent(const struct soc_log *log, const char *agent)
{
    char name[BELL_NAME_MAX];
    if (!soc_is_agent_id(agent, strlen(agent)) || strcmp(agent, "supervisor") == 0)
        return 0; /* only who listens knows whether that is itself */
    bell_name(name, agent);
    SOC_AUTO_FD int fd = soc_fs_open(log->dir, name, O_RDONLY, NULL);
    return fd >= 0 || fd == -ENOENT;
}

/* Everyone in an array, or a text with escapes. */
static int ring_decoded(const struct soc_log *log, struct soc_slice to)
{
    SOC_AUTO_JSON soc_json *json = soc_json_parse(to.data, to.length, NULL);
    int rung = json != NULL && soc_json_kind(json) == SOC_JSON_ARRAY;
    for (size_t i = 0; rung && i < soc_json_count(json); i++) {
        const char *agent = soc_json_string(soc_json_item(json, i));
        rung = agent && ring_agent(log, agent);
    }
    return rung;
}

void soc_bell_ring(struct soc_log *log, struct soc_slice to)
{
    struct soc_slice plain = soc_slice_plain(to);
    char agent[SOC_ID_MAX + 1];
    int rung;
    if (plain.data && plain.length <= SOC_ID_MAX) {
        memcpy(agent, plain.data, plain.length);
        agent[plain.length] = '\0';
        rung = ring_agent(log, agent);
    } else {
        rung = ring_decoded(log, to);
    }
    if (!rung)
        soc_bell_ring_all(log);
}
