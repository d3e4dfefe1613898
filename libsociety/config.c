/* SPDX-License-Identifier: MIT */
/* project.json: see config.h. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "path.h"

#define FILE_NAME "project.json"
#define FILE_MAX (1 << 20)

/* Says where in the text the field stands: the first place of its name, which is the field or
 * stands before it. */
static int fail_field(struct soc_error *error, const char *text, const char *field,
                      const char *what)
{
    const char *dot = strrchr(field, '.');
    char quoted[80];
    snprintf(quoted, sizeof quoted, "\"%s\"", dot ? dot + 1 : field);
    const char *at = strstr(text, quoted);
    size_t line = 1;
    size_t column = 1;
    for (const char *c = text; at && c < at; c++) {
        column = *c == '\n' ? 1 : column + 1;
        line += *c == '\n';
    }
    return soc_fail(error, SOCIETY_E_INVALID, FILE_NAME ": line %zu, column %zu: field %s %s", line,
                    column, field, what);
}

/* Reads an optional integer of at least `least`. */
static int read_integer(const soc_json *object, const char *field, int64_t least, const char *text,
                        int64_t *value, struct soc_error *error)
{
    const char *dot = strrchr(field, '.');
    const soc_json *json = soc_json_get(object, dot ? dot + 1 : field);
    char what[64];
    if (!json || soc_json_kind(json) == SOC_JSON_NULL)
        return 0;
    if (soc_json_integer(json, value) && *value >= least)
        return 0;
    snprintf(what, sizeof what, "must be an integer of at least %" PRId64, least);
    return fail_field(error, text, field, what);
}

static int check_durability(const soc_json *json, const char *text, struct soc_error *error)
{
    const soc_json *durability = soc_json_get(json, "durability");
    const char *key;
    const soc_json *value;
    if (!durability)
        return 0;
    if (soc_json_kind(durability) != SOC_JSON_OBJECT)
        return fail_field(error, text, "durability", "must be an object");
    for (void *i = NULL; (i = soc_json_next(durability, i, &key, &value));) {
        const char *word = soc_json_string(value);
        if (!word || (strcmp(word, "process") != 0 && strcmp(word, "power") != 0))
            return fail_field(error, text, "durability",
                              "must give \"process\" or \"power\" for each log");
    }
    return 0;
}

/* team.supervisor may be an id, or an object that has one. */
static int read_team(struct soc_config *config, const char *text, struct soc_error *error)
{
    const soc_json *supervisor = soc_json_get(soc_json_get(config->json, "team"), "supervisor");
    if (!supervisor || soc_json_kind(supervisor) == SOC_JSON_NULL)
        return 0;
    const char *id = soc_json_string(supervisor);
    if (!id)
        id = soc_json_get_string(supervisor, "agentId");
    if (!id)
        id = soc_json_get_string(supervisor, "id");
    if (!id || !soc_is_agent_id(id, strlen(id)))
        return fail_field(error, text, "team.supervisor", "must be an agent id");
    config->supervisor = id;
    return 0;
}

static int read_fields(struct soc_config *config, const char *text, struct soc_error *error)
{
    const soc_json *json = config->json;
    const soc_json *retention = soc_json_get(json, "retention");
    int64_t version = 1;
    if (soc_json_kind(json) != SOC_JSON_OBJECT)
        return soc_fail(error, SOCIETY_E_FORMAT, FILE_NAME ": line 1, column 1: not a JSON object");
    int result = read_integer(json, "version", 1, text, &version, error);
    if (result == 0 && version != 1)
        return soc_fail(error, SOCIETY_E_FORMAT,
                        FILE_NAME ": field version is %" PRId64 ", this library reads 1", version);
    if (result == 0)
        result = read_integer(json, "leaseSeconds", 1, text, &config->lease_seconds, error);
    if (result == 0)
        result = read_integer(json, "onlineForSeconds", 0, text, &config->online_seconds, error);
    if (result == 0)
        result = read_integer(json, "rotateBytes", 4096, text, &config->rotate_bytes, error);
    if (result == 0)
        result =
            read_integer(retention, "retention.messagesDays", 0, text, &config->retain_days, error);
    if (result == 0)
        result = read_integer(retention, "retention.archiveBytes", 0, text, &config->retain_bytes,
                              error);
    if (result == 0)
        result = check_durability(json, text, error);
    if (result == 0)
        result = read_team(config, text, error);
    config->project_id = soc_json_get_string(json, "projectId");
    config->lock_files = soc_json_get_bool(json, "lockFiles", true);
    return result;
}

int soc_config_load(struct soc_config *config, const struct soc_dir *dir, struct soc_error *error)
{
    *config = (struct soc_config){.lease_seconds = 600,
                                  .online_seconds = 120,
                                  .rotate_bytes = SOC_ROTATE_BYTES,
                                  .retain_days = -1,
                                  .retain_bytes = -1,
                                  .lock_files = true};
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    int result = soc_fs_read(dir, FILE_NAME, FILE_MAX, &text, error);
    if (result < 0)
        return result == -ENOENT ? 0 : result;
    struct soc_error why = {0};
    const char *bytes = text.data ? text.data : "";
    config->json = soc_json_parse(bytes, text.length, &why);
    if (!config->json)
        return soc_fail(error, why.code, FILE_NAME ": %s", why.text);
    result = read_fields(config, bytes, error);
    if (result < 0)
        soc_config_free(config);
    return result;
}

void soc_config_free(struct soc_config *config)
{
    soc_json_free(config->json);
    config->json = NULL;
    config->project_id = NULL;
    config->supervisor = NULL;
}

bool soc_config_durable(const struct soc_config *config, const char *log)
{
    const soc_json *durability = config->json ? soc_json_get(config->json, "durability") : NULL;
    const char *word = durability ? soc_json_get_string(durability, log) : NULL;
    if (word)
        return strcmp(word, "power") == 0;
    return strcmp(log, "tasks") == 0 || strcmp(log, "ownership") == 0;
}
