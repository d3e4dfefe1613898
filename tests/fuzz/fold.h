/* SPDX-License-Identifier: MIT */
/*
 * What the targets of the folds share. The bytes become records, sound and hostile ones, of the target's words. They are put to
 * a state; the state is compacted and read into another; both go on with further records, and must agree on each of them and at
 * the end: who read history and who came after its compaction see the same.
 *
 * Bytes that begin with '{' are records as they stand, one a line; an empty line compacts.
 */
#ifndef FUZZ_FOLD_H
#define FUZZ_FOLD_H

#include <jansson.h>

#include "fuzz/fuzz.h"
#include "record.h"
#include "state.h"

/* Ends in NULL each. A value "@" is a token: one of the last positions. */
struct fold_words {
    const struct soc_fold *fold;
    const char *const *types;
    const char *const *subjects; /* members, whole: "\"task\":\"t1\"" */
    const char *const *keys;
    const char *const *values;
    void (*check)(const void *state); /* must hold of every state; NULL */
};

struct fold_run {
    const struct fold_words *words;
    void *state;
    void *compacted; /* NULL before the compaction */
    int64_t position;
    int64_t recent[4];
};

static inline const char *fold_word(struct feed *feed, const char *const *words)
{
    unsigned count = 0;

    while (words[count])
        count++;
    return words[feed_below(feed, count)];
}

static inline void fold_add_value(struct fold_run *run, struct feed *feed, struct soc_strbuf *out)
{
    const char *value = fold_word(feed, run->words->values);

    if (strcmp(value, "@") == 0)
        soc_strbuf_add_format(out, "%lld", (long long)run->recent[feed_below(feed, 4)]);
    else
        soc_strbuf_add_string(out, value);
}

/* One record; members may stand in it twice, and then it is malformed, as everywhere. */
static inline void fold_make(struct fold_run *run, struct feed *feed, struct soc_strbuf *out)
{
    unsigned members = feed_below(feed, 6);

    soc_strbuf_add_format(out, "{\"type\":\"%s\",\"from\":\"w%u\"",
                          fold_word(feed, run->words->types), feed_below(feed, 3));
    soc_strbuf_add_format(out, ",%s", fold_word(feed, run->words->subjects));
    for (unsigned i = 0; i < members; i++) {
        soc_strbuf_add_format(out, ",\"%s\":", fold_word(feed, run->words->keys));
        fold_add_value(run, feed, out);
    }
    soc_strbuf_add_string(out, "}");
}

static inline int fold_apply(const struct fold_run *run, void *state, const soc_json *json)
{
    const char *type = soc_json_get_string(json, "type");
    struct soc_record record = {json, type ? type : "", run->position, run->position + 100};
    int result = run->words->fold->apply(state, &record);

    must(result == 0 || result == 1);
    if (run->words->check)
        run->words->check(state);
    return result;
}

/* A line of a log, to one state or both; what is no object is malformed and reaches no fold. */
static inline void fold_put(struct fold_run *run, const char *text, size_t length)
{
    SOC_AUTO_JSON soc_json *json = soc_json_parse(text, length, NULL);

    run->position += 100;
    if (soc_json_kind(json) != SOC_JSON_OBJECT)
        return;
    int result = fold_apply(run, run->state, json);
    if (run->compacted)
        must(fold_apply(run, run->compacted, json) == result);
    if (result == 0)
        return;
    memmove(run->recent + 1, run->recent, 3 * sizeof run->recent[0]);
    run->recent[0] = run->position;
}

/* A state as text, without what is new in every writing and with its members sorted. */
static inline void fold_write(const struct fold_run *run, const void *state, struct soc_strbuf *out)
{
    SOC_AUTO_STRBUF struct soc_strbuf lines = SOC_STRBUF_INIT;
    char *end;

    must(run->words->fold->dump(state, &lines) == 0 && !lines.failed);
    for (char *line = lines.data; line && (end = strchr(line, '\n')); line = end + 1) {
        json_t *json = json_loadb(line, (size_t)(end - line), 0, NULL);
        must(json);
        json_object_del(json, "id");
        json_object_del(json, "timestamp");
        json_object_del(json, "crc");
        json_t *own = json_object_get(json, "own");
        if (json_is_false(json_object_get(own, "waiting"))) /* as good as none */
            json_object_del(own, "waiting");
        char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
        soc_strbuf_add_format(out, "%s\n", text);
        free(text);
        json_decref(json);
    }
}

static inline void fold_agree(const struct fold_run *run)
{
    SOC_AUTO_STRBUF struct soc_strbuf one = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf other = SOC_STRBUF_INIT;

    fold_write(run, run->state, &one);
    fold_write(run, run->compacted, &other);
    if (one.length != other.length || (one.length && strcmp(one.data, other.data) != 0)) {
        fprintf(stderr, "by its history:\n%safter compaction:\n%s", one.data, other.data);
        abort();
    }
}

static inline void fold_compact(struct fold_run *run)
{
    SOC_AUTO_STRBUF struct soc_strbuf lines = SOC_STRBUF_INIT;
    char *end;

    if (run->compacted)
        run->words->fold->free(run->compacted);
    run->compacted = run->words->fold->make();
    must(run->compacted);
    must(run->words->fold->dump(run->state, &lines) == 0 && !lines.failed);
    for (char *line = lines.data; line && (end = strchr(line, '\n')); line = end + 1) {
        SOC_AUTO_JSON soc_json *json = soc_json_parse(line, (size_t)(end - line), NULL);
        run->position += 100;
        must(json);
        must(fold_apply(run, run->compacted, json) == 1);
    }
    fold_agree(run);
}

static inline void fold_read_lines(struct fold_run *run, struct feed *feed)
{
    while (feed->left > 0) {
        char *line = feed_text(feed, '\n');
        if (*line == '\0')
            fold_compact(run);
        else
            fold_put(run, line, strlen(line));
        free(line);
    }
}

static inline void fold_make_records(struct fold_run *run, struct feed *feed)
{
    while (feed->left > 0) {
        SOC_AUTO_STRBUF struct soc_strbuf line = SOC_STRBUF_INIT;
        if (feed_below(feed, 16) == 0)
            fold_compact(run);
        fold_make(run, feed, &line);
        fold_put(run, line.data, line.length);
    }
}

static inline int fold_run(const struct fold_words *words, const uint8_t *data, size_t size)
{
    struct fold_run run = {.words = words, .state = words->fold->make(), .position = 1000};
    struct feed feed = {data, size};

    must(run.state);
    if (size > 0 && data[0] == '{')
        fold_read_lines(&run, &feed);
    else
        fold_make_records(&run, &feed);
    if (!run.compacted)
        fold_compact(&run);
    fold_agree(&run);
    words->fold->free(run.compacted);
    words->fold->free(run.state);
    return 0;
}

#endif
