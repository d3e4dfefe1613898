/* SPDX-License-Identifier: MIT */
/* Who is speaking: see identity.h. */
#include "identity.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "git.h"
#include "sys.h"

static int take(const char *id, size_t length, const char *source, char ret_id[SOC_ID_MAX + 1],
                struct soc_error *error)
{
    if (!soc_is_agent_id(id, length))
        return soc_fail(
            error, SOCIETY_E_INVALID,
            "%s: \"%.80s\" is not an agent id (letters, digits, '.', '_', '-', at most %d, "
            "beginning with a letter or digit; not \"all\" or \"broadcast\")",
            source, id, SOC_ID_MAX);
    memcpy(ret_id, id, length);
    ret_id[length] = '\0';
    return 0;
}

/* The working copy's slot: as it was recorded, else, in a linked worktree, the `agent-NN` in the
 * name of its folder. */
static int from_worktree(char ret_id[SOC_ID_MAX + 1], struct soc_error *error)
{
    SOC_AUTO_FREE char *here = soc_sys->realpath(".");
    struct soc_git git;
    if (!here || soc_git_find(here, &git) <= 0)
        return SOCIETY_E_NO_AGENT;
    SOC_AUTO_STRBUF struct soc_strbuf file = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf line = SOC_STRBUF_INIT;
    soc_path_join(&file, git.dir.data, SOC_SLOT_FILE);
    size_t length;
    const char *slot = soc_find_slot(soc_path_base(git.root.data, &length), &length);
    int result = SOCIETY_E_NO_AGENT;
    if (!file.failed && soc_git_read_line(file.data, &line))
        result = take(line.data, line.length, file.data, ret_id, error);
    else if (git.linked && slot)
        result = take(slot, length, git.root.data, ret_id, error);
    soc_git_free(&git);
    return result;
}

int soc_identify(const char *agent, char ret_id[SOC_ID_MAX + 1], struct soc_error *error)
{
    static const char *const variables[] = {"SOCIETY_AGENT", "SOCIETY_AGENT_ID", "AMEIDE_AGENT_ID"};
    if (agent)
        return take(agent, strlen(agent), "agent", ret_id, error);
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = getenv(variables[i]);
        size_t length;
        if (!value || value[0] == '\0')
            continue;
        bool whole = i < 2 && soc_is_agent_id(value, strlen(value));
        const char *slot = i > 0 && !whole ? soc_find_slot(value, &length) : NULL;
        if (slot)
            return take(slot, length, variables[i], ret_id, error);
        return take(value, strlen(value), variables[i], ret_id, error);
    }
    int result = from_worktree(ret_id, error);
    if (result == SOCIETY_E_NO_AGENT)
        return soc_fail(error, result,
                        "no agent: say who is speaking with --agent ID or SOCIETY_AGENT=ID");
    return result;
}
