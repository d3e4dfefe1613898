/* SPDX-License-Identifier: MIT */
/*
 * Lock files of claims and reservations (lockfile.h) that no record explains. A name can't be turned
 * back into what it is about, for a long one ends in a hash; so the names are computed that the
 * records explain.
 */
#include "doctor_locks.h"

#include <errno.h>
#include <string.h>

#include "claim.h"
#include "lockfile.h"

#define LOCKS "locks/"

static int explain(soc_json *names, enum soc_lockfile_kind kind, const char *subject)
{
    char name[SOC_LOCKFILE_NAME_MAX];
    return soc_lockfile_name(kind, subject, name) < 0 ||
                   soc_json_set(names, name + sizeof LOCKS - 1, soc_json_new_null()) < 0
               ? -ENOMEM
               : 0;
}

static int explain_claims(struct society *s, soc_json *names)
{
    const soc_json *task;
    const char *id;
    int result = 0;
    const struct soc_tasks *tasks = soc_tasks(s, &result);
    for (void *i = NULL; result == 0 && tasks && (i = soc_json_next(tasks->tasks, i, &id, &task));)
        if (soc_json_get_string(task, "holder"))
            result = explain(names, SOC_LOCKFILE_TASK, id);
    return result;
}

static int explain_owns(struct society *s, soc_json *names)
{
    int result = 0;
    const struct soc_owns *owns = soc_owns(s, &result);
    for (size_t i = 0; result == 0 && owns && i < owns->count; i++)
        for (size_t j = 0; result == 0 && j < soc_json_count(owns->items[i].paths); j++)
            result = explain(names, SOC_LOCKFILE_PATH,
                             soc_json_string(soc_json_item(owns->items[i].paths, j)));
    return result;
}

/* Between the look and the removal somebody may have made it anew: then his claim stands in the log,
 * and he makes the file again when he renews it. */
static void check_file(struct society *s, const char *base, bool repair, struct soc_report *report)
{
    SOC_AUTO_STRBUF struct soc_strbuf name = SOC_STRBUF_INIT;
    struct soc_error error = {0};
    soc_strbuf_add_format(&name, LOCKS "%s", base);
    if (name.failed || soc_lockfile_is_stale(s, name.data) != 1)
        return;
    if (!repair)
        soc_report_problem(report, SOC_NO_POSITION,
                           "%s is older than its lease, and no record explains it", name.data);
    else if (soc_fs_remove(&s->dir, name.data, &error) < 0)
        soc_report_problem(report, SOC_NO_POSITION, "not repaired: %s", error.text);
}

static bool has_prefix(const char *base, const char *prefix)
{
    return strncmp(base, prefix, strlen(prefix)) == 0;
}

int soc_check_holdings(struct society *s, bool repair, struct soc_report *report)
{
    char **names = NULL;
    SOC_AUTO_JSON soc_json *explained = soc_json_new_object();
    int result = explained ? 0 : -ENOMEM;
    if (result == 0 && repair)
        result = soc_claim_bury(s, -1);
    if (result >= 0)
        result = explain_claims(s, explained);
    if (result == 0)
        result = explain_owns(s, explained);
    if (result == 0)
        result = soc_fs_list(&s->dir, "locks", &names, &s->error);
    for (size_t i = 0; result == 0 && names[i]; i++)
        if ((has_prefix(names[i], "task-claim-") || has_prefix(names[i], "file-write-")) &&
            !soc_json_get(explained, names[i]))
            check_file(s, names[i], repair, report);
    soc_fs_free_names(names);
    /* What is wrong with a log or the directory stands in their own reports. */
    return result == -ENOMEM ? result : 0;
}
