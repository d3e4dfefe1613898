/* SPDX-License-Identifier: MIT */
/*
 * Who is speaking, from a name, the environment, or the files of a worktree; and names made of any text. What is accepted can
 * stand in a file's name, and nothing leads out of the directory.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "git.h"
#include "harness/files.h"
#include "harness/tmp.h"
#include "identity.h"
#include "lockfile.h"

static char *directory;

static void clean_up(void)
{
    must(chdir("/") == 0);
    tmp_remove(directory);
}

static void begin(void)
{
    directory = tmp_make();
    atexit(clean_up);
    must(chdir(directory) == 0 && mkdir("slot", 0700) == 0);
    write_text("slot/commondir", "../main/.git\n");
}

static void check_safe(const char *name)
{
    must(strlen(name) <= 255 && name[0] != '\0' && !strchr(name, '/'));
    must(strcmp(name, ".") != 0 && strcmp(name, "..") != 0);
}

static void check_identity(const char *agent)
{
    char id[SOC_ID_MAX + 1];
    struct soc_error error = {0};
    int result = soc_identify(agent, id, &error);

    if (result < 0) {
        must(result == SOCIETY_E_INVALID || result == SOCIETY_E_NO_AGENT);
        must(error.text[0] != '\0');
        return;
    }
    check_safe(id);
    must(soc_is_agent_id(id, strlen(id)) && id[0] != '.' && id[0] != '-');
}

static void check_variables(const char *text)
{
    static const char *const variables[] = {"SOCIETY_AGENT", "SOCIETY_AGENT_ID", "AMEIDE_AGENT_ID"};

    for (int i = 0; i < 3; i++) {
        setenv(variables[i], text, 1);
        check_identity(NULL);
        unsetenv(variables[i]);
    }
}

/* A worktree whose files say this. */
static void check_worktree(const char *text)
{
    struct soc_git git;

    write_text("slot/" SOC_SLOT_FILE, text);
    write_text(".git", "gitdir: slot\n");
    check_identity(NULL);
    write_text(".git", text);
    if (soc_git_find(directory, &git) == 1) {
        must(git.root.length > 0 && git.dir.length > 0 && git.common.length > 0);
        SOC_AUTO_STRBUF struct soc_strbuf main_root = SOC_STRBUF_INIT;
        soc_git_main_root(&git, &main_root);
        soc_git_free(&git);
    }
    check_identity(NULL);
}

static void check_names(const char *text)
{
    SOC_AUTO_STRBUF struct soc_strbuf encoded = SOC_STRBUF_INIT;
    char lock[SOC_LOCKFILE_NAME_MAX];
    size_t length;
    const char *base = soc_path_base(text, &length);

    must(base >= text && base + length <= text + strlen(text) && !memchr(base, '/', length));
    soc_path_encode(&encoded, text);
    must(encoded.length >= strlen(text));
    for (size_t i = 0; i < encoded.length; i++)
        must(encoded.data[i] == '%' || soc_is_word(&encoded.data[i], 1));
    for (int kind = SOC_LOCKFILE_TASK; kind <= SOC_LOCKFILE_PATH; kind++) {
        must(soc_lockfile_name((enum soc_lockfile_kind)kind, text, lock) == 0);
        must(strncmp(lock, "locks/", 6) == 0);
        check_safe(lock + 6);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool begun;
    struct feed feed = {data, size};

    if (!begun)
        begin();
    begun = true;
    char *text = feed_text(&feed, '\0');
    check_identity(text);
    check_variables(text);
    check_worktree(text);
    check_names(text);
    free(text);
    return 0;
}
