/* SPDX-License-Identifier: MIT */
/* Lock files for others to see: see lockfile.h. */
#include "lockfile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "record.h"
#include "sha256.h"
#include "sys.h"

#define ENCODED_MAX 200
#define CONTENT_MAX 2048
#define UNKNOWN INT64_MIN
#define LOCKS_PREFIX (sizeof "locks/" - 1)
/* An attempt is over after milliseconds. What is this old was left by a crash. */
#define ATTEMPT_MS 10000

/* ---- Names ---- */

static int hash_hex(const char *text, char out[SOC_SHA256_HEX])
{
    struct soc_sha256 *sum = soc_sha256_new();
    if (!sum)
        return -ENOMEM;
    soc_sha256_update(sum, text, strlen(text));
    soc_sha256_finish(sum, out);
    return 0;
}

/* A name that is too long keeps its beginning, for people, and ends in the hash of the whole, for
 * certainty. */
static int shorten(const char *subject, struct soc_strbuf *encoded)
{
    char hash[SOC_SHA256_HEX];
    int result = hash_hex(subject, hash);
    if (result < 0)
        return result;
    encoded->length = ENCODED_MAX - (SOC_SHA256_HEX - 1);
    encoded->data[encoded->length] = '\0';
    soc_strbuf_add_string(encoded, hash);
    return encoded->failed ? -ENOMEM : 0;
}

int soc_lockfile_name(enum soc_lockfile_kind kind, const char *subject,
                      char out[SOC_LOCKFILE_NAME_MAX])
{
    SOC_AUTO_STRBUF struct soc_strbuf encoded = SOC_STRBUF_INIT;
    const char *prefix = kind == SOC_LOCKFILE_TASK ? "task-claim-" : "file-write-";
    soc_path_encode(&encoded, subject);
    int result = encoded.failed ? -ENOMEM : 0;
    if (result == 0 && encoded.length > ENCODED_MAX)
        result = shorten(subject, &encoded);
    if (result == 0)
        snprintf(out, SOC_LOCKFILE_NAME_MAX, "locks/%s%s.lock", prefix,
                 encoded.data ? encoded.data : "");
    return result;
}

/* ---- Content ---- */

struct content {
    char agent[SOC_ID_MAX + 1]; /* "" unknown */
    int64_t token;              /* UNKNOWN: it names none */
    int64_t lease_ms;           /* 0 unknown */
    int64_t modified_ms;
};

/* What an existing file says; a foreign program may have written anything, or nothing. */
static int read_content(struct society *s, const char *name, struct content *content)
{
    char text[CONTENT_MAX];
    *content = (struct content){.token = UNKNOWN};
    struct stat st;
    SOC_AUTO_FD int fd = soc_fs_open(&s->dir, name, O_RDONLY, &s->error);
    if (fd < 0)
        return fd;
    if (soc_sys->fstat(fd, &st) < 0)
        return soc_fail_errno(&s->error, "%s: cannot stat", name);
    ssize_t got = soc_fs_pread_text(fd, text, sizeof text);
    struct soc_error why = {0};
    SOC_AUTO_JSON soc_json *json = got > 0 ? soc_json_parse(text, (size_t)got, &why) : NULL;
    if (why.code == -ENOMEM)
        return soc_fail_memory(&s->error);
    const char *agent = soc_json_get_string(json, "agent");
    content->modified_ms =
        (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / INT64_C(1000000);
    snprintf(content->agent, sizeof content->agent, "%s",
             agent && soc_is_id(agent, strlen(agent)) ? agent : "");
    soc_json_get_integer(json, "token", &content->token);
    soc_json_get_integer(json, "leaseMs", &content->lease_ms);
    return 0;
}

static int compose(struct society *s, const char *agent, const char *session, int64_t token,
                   int64_t lease_ms, struct soc_strbuf *out)
{
    char now[SOC_TIME_SIZE];
    soc_format_time(now, soc_now_ms());
    soc_strbuf_add_string(out, "{\"agent\":");
    soc_json_quote(out, agent, strlen(agent));
    if (session)
        soc_record_string(out, "session", session);
    soc_record_integer(out, "token", token);
    soc_record_string(out, "since", now);
    soc_record_integer(out, "leaseMs", lease_ms);
    soc_strbuf_add_string(out, "}\n");
    return out->failed ? soc_fail_memory(&s->error) : 0;
}

/* ---- Making and removing ---- */

static bool is_stale(const struct society *s, const struct content *content)
{
    int64_t lease =
        content->lease_ms > 0 ? content->lease_ms : s->config.lease_seconds * INT64_C(1000);
    int64_t age = soc_now_ms() - content->modified_ms;
    return age > lease || (content->token == SOC_LOCKFILE_ATTEMPT && age > ATTEMPT_MS);
}

int soc_lockfile_is_stale(struct society *s, const char *name)
{
    struct content content;
    int result = read_content(s, name, &content);
    return result < 0 ? result : is_stale(s, &content);
}

/* Whether a file that is there may be replaced: 0; SOCIETY_E_HELD; -EBUSY. One of ours, one that
 * the log's holder made, one whose age is past its lease; and an attempt, because the log decides
 * between those, but where the caller would rather have another. */
static int judge(struct society *s, const char *name, const struct content *content, bool polite,
                 const char *known_holder)
{
    bool attempt = content->token == SOC_LOCKFILE_ATTEMPT;
    if (strcmp(content->agent, s->agent) == 0 || is_stale(s, content) ||
        (known_holder && strcmp(content->agent, known_holder) == 0) || (attempt && !polite))
        return 0;
    char since[SOC_TIME_SIZE];
    soc_format_time(since, content->modified_ms);
    return soc_fail(&s->error, attempt ? -EBUSY : SOCIETY_E_HELD,
                    "%s says that %s holds it since %s", name,
                    content->agent[0] ? content->agent : "another program", since);
}

/* Writes the new file and gives it its name: 0; -EEXIST without words. */
static int publish(struct society *s, int locks, const char *fresh, const char *name,
                   const struct soc_strbuf *text)
{
    SOC_AUTO_FD int fd = soc_fs_open(&s->dir, fresh, O_WRONLY | O_CREAT | O_EXCL, &s->error);
    if (fd < 0)
        return fd;
    int result = soc_fs_write_all(fd, text->data, text->length, name, &s->error);
    if (result == 0 && soc_sys->renameat2(locks, fresh + LOCKS_PREFIX, locks, name + LOCKS_PREFIX,
                                          RENAME_NOREPLACE) < 0)
        result = errno == EEXIST ? -EEXIST : soc_fail_errno(&s->error, "cannot make %s", name);
    if (result < 0)
        soc_sys->unlinkat(locks, fresh + LOCKS_PREFIX, 0);
    return result;
}

/* Makes the file where there is none. It is never there without its content: whoever is killed in
 * between would look like a foreign holder. */
static int make(struct society *s, const char *name, const struct soc_strbuf *text)
{
    char unique[SOC_UUID_SIZE];
    char fresh[sizeof "locks/.claim..tmp" + SOC_UUID_SIZE];
    int result = soc_uuid7(unique);
    if (result < 0)
        return soc_fail(&s->error, result, "no random bytes for a temporary file");
    snprintf(fresh, sizeof fresh, "locks/.claim.%s.tmp", unique);
    SOC_AUTO_FD int locks = soc_fs_open_dir(&s->dir, "locks", &s->error);
    return locks < 0 ? locks : publish(s, locks, fresh, name, text);
}

/* 0 there is no file, 1 there is one that may be replaced; refusals as judge(). */
static int check_way(struct society *s, const char *name, bool polite, const char *known_holder)
{
    struct content content;
    int result = read_content(s, name, &content);
    if (result == -ENOENT)
        return 0;
    result = result < 0 ? result : judge(s, name, &content, polite, known_holder);
    return result < 0 ? result : 1;
}

int soc_lockfile_make(struct society *s, enum soc_lockfile_kind kind, const char *subject,
                      const char *session, int64_t token, int64_t lease_ms,
                      const char *known_holder)
{
    char name[SOC_LOCKFILE_NAME_MAX];
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    bool polite = token == SOC_LOCKFILE_POLITE;
    if (!s->config.lock_files)
        return 0;
    if (soc_lockfile_name(kind, subject, name) < 0)
        return soc_fail_memory(&s->error);
    /* Looking first is cheap; what is made in vain is not. */
    int there = check_way(s, name, polite, known_holder);
    int result = there < 0 ? there : soc_fs_mkdir(&s->dir, "locks", &s->error);
    if (result == 0)
        result =
            compose(s, s->agent, session, polite ? SOC_LOCKFILE_ATTEMPT : token, lease_ms, &text);
    if (result == 0 && there == 0) {
        result = make(s, name, &text);
        if (result != -EEXIST)
            return result;
        there = check_way(s, name, polite, known_holder);
        result = there < 0 ? there : 0;
    }
    return result < 0 ? result
                      : soc_fs_replace(&s->dir, name, text.data, text.length, false, &s->error);
}

int soc_lockfile_give(struct society *s, enum soc_lockfile_kind kind, const char *subject,
                      const char *agent, const char *session, int64_t token, int64_t lease_ms,
                      const char *giver)
{
    char name[SOC_LOCKFILE_NAME_MAX];
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    if (!s->config.lock_files)
        return 0;
    if (soc_lockfile_name(kind, subject, name) < 0)
        return soc_fail_memory(&s->error);
    int result = check_way(s, name, false, giver);
    if (result >= 0)
        result = soc_fs_mkdir(&s->dir, "locks", &s->error);
    if (result >= 0)
        result = compose(s, agent, session, token, lease_ms, &text);
    return result < 0 ? result
                      : soc_fs_replace(&s->dir, name, text.data, text.length, false, &s->error);
}

int64_t soc_lockfile_token(struct society *s, enum soc_lockfile_kind kind, const char *subject)
{
    char name[SOC_LOCKFILE_NAME_MAX];
    struct content content;
    if (!s->config.lock_files || soc_lockfile_name(kind, subject, name) < 0 ||
        read_content(s, name, &content) < 0)
        return -1;
    return content.token < 0 ? -1 : content.token;
}

void soc_lockfile_remove(struct society *s, enum soc_lockfile_kind kind, const char *subject,
                         int64_t token)
{
    char name[SOC_LOCKFILE_NAME_MAX];
    struct content content;
    if (!s->config.lock_files || soc_lockfile_name(kind, subject, name) < 0 ||
        read_content(s, name, &content) < 0 || content.token != token)
        return;
    if (token != SOC_LOCKFILE_ATTEMPT || strcmp(content.agent, s->agent) == 0)
        soc_fs_remove(&s->dir, name, NULL);
}
