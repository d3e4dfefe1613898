/* SPDX-License-Identifier: MIT */
/* Whom a message is for: see address.h. Roles are as they are now, not as they were when the
 * message was sent. */
#include "address.h"

#include <errno.h>
#include <string.h>

#include "json.h"
#include "registry.h"

/* Whether the registry has to be asked for this addressee. */
static bool is_group(const char *to)
{
    return strncmp(to, "role:", 5) == 0 || strcmp(to, "supervisor") == 0;
}

static int matches(struct society *s, const char *to, const char *from, const char *agent)
{
    const soc_json *registry = NULL;
    int result = 0;
    if (is_group(to) && !(registry = soc_registry(s, &result)))
        return result;
    return soc_registry_is_for(registry, to, from, agent, s->config.supervisor);
}

/* By decoding: an array, text with escapes, a long name. */
static int decoded_matches(struct society *s, const struct soc_line *line, const char *agent)
{
    struct soc_error why = {0};
    SOC_AUTO_JSON soc_json *json = soc_json_parse(line->text, line->length, &why);
    if (!json)
        return why.code == -ENOMEM ? soc_fail_memory(&s->error) : 0;
    const soc_json *to = soc_json_get(json, "to");
    const char *from = soc_json_get_string(json, "from");
    const char *one = soc_json_string(to);
    if (one)
        return matches(s, one, from ? from : "", agent);
    for (size_t i = 0; i < soc_json_count(to); i++) {
        const char *each = soc_json_string(soc_json_item(to, i));
        int result = each ? matches(s, each, from ? from : "", agent) : 0;
        if (result != 0)
            return result;
    }
    return 0;
}

bool soc_may_hide_to(const struct soc_line *line)
{
    return memmem(line->text, line->length, "\\u00", 4) != NULL;
}

int soc_is_addressed(struct society *s, const struct soc_line *line, const char *agent)
{
    struct soc_slice to = soc_slice_plain(line->peek.to);
    struct soc_slice from = soc_slice_plain(line->peek.from);
    char name[SOC_ID_MAX + sizeof "role:"];
    char sender[SOC_ID_MAX + 1] = "";
    if (!line->peek.to.data && !soc_may_hide_to(line))
        return 0;
    if (!to.data || to.length >= sizeof name ||
        (line->peek.from.data && (!from.data || from.length >= sizeof sender)))
        return decoded_matches(s, line, agent);
    memcpy(name, to.data, to.length);
    name[to.length] = '\0';
    if (from.data)
        memcpy(sender, from.data, from.length);
    return matches(s, name, sender, agent);
}
