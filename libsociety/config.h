/* SPDX-License-Identifier: MIT */
/*
 * project.json: what a project says of its society. A missing file means the defaults; unknown
 * fields are left alone.
 */
#ifndef SOC_CONFIG_H
#define SOC_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "fs.h"
#include "json.h"

#define SOC_ROTATE_BYTES (INT64_C(16) << 20)

struct soc_config {
    soc_json *json;         /* the whole document; NULL when there is no file */
    const char *project_id; /* borrowed from json; NULL */
    const char *supervisor; /* team.supervisor, an agent id; NULL */
    int64_t lease_seconds;  /* 600 */
    int64_t online_seconds; /* 120 */
    int64_t rotate_bytes;   /* 16 MiB: when messages and deliveries are rotated */
    int64_t retain_days;    /* retention.messagesDays; -1: for ever */
    int64_t retain_bytes;   /* retention.archiveBytes; -1: all */
    bool lock_files;        /* true */
};

/* Errors: SOCIETY_E_FORMAT (line and column) for what is no JSON object or of a later version;
 * SOCIETY_E_INVALID with the field, line and column for a value of the wrong type or out of range;
 * errnos. */
int soc_config_load(struct soc_config *config, const struct soc_dir *dir, struct soc_error *error);
void soc_config_free(struct soc_config *config);

/* Whether `log` is durable against power cuts: tasks and ownership unless project.json says
 * otherwise. */
bool soc_config_durable(const struct soc_config *config, const char *log);

#endif
