/* SPDX-License-Identifier: MIT */
/* Tasks as records: see task_dump.h. */
#include "task_dump.h"

#include <errno.h>
#include <string.h>

#include "record.h"

#define PIECE_MAX (128 << 10) /* text of a task that stands in one record, if it can be divided */

struct pieces {
    struct soc_strbuf *out;
    const char *id;
    soc_json *piece; /* what the next record holds */
    size_t length;   /* of its text */
    bool more;
};

static int write_piece(const soc_json *piece, bool more, struct soc_strbuf *out)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    size_t start = out->length;
    soc_json_dump(piece, &text);
    soc_record_begin(out, "task_state");
    if (more)
        soc_record_raw(out, "more", "true", 4);
    soc_record_raw(out, "task", text.data ? text.data : "", text.length);
    out->failed |= text.failed;
    int result = soc_record_end(out, start, NULL);
    if (result != SOCIETY_E_TOO_BIG)
        return result;
    /* One member whose text grew beyond what a record can hold (numbers may): it is lost, and
     * compaction is not. */
    out->length = start;
    return 0;
}

static int begin_piece(struct pieces *pieces)
{
    soc_json_free(pieces->piece);
    pieces->length = 0;
    pieces->piece = soc_json_new_object();
    return pieces->piece ? soc_json_set_string(pieces->piece, "id", pieces->id) : -ENOMEM;
}

/* Makes room for so many bytes. */
static int make_room(struct pieces *pieces, size_t length)
{
    if (pieces->length == 0 || pieces->length + length <= PIECE_MAX)
        return 0;
    int result = write_piece(pieces->piece, pieces->more, pieces->out);
    pieces->more = true;
    return result < 0 ? result : begin_piece(pieces);
}

static size_t length_of(const soc_json *value)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    soc_json_dump(value, &text);
    return text.length + 1;
}

static int add_member(struct pieces *pieces, const char *key, const soc_json *value)
{
    size_t length = length_of(value) + strlen(key);
    int result = make_room(pieces, length);
    pieces->length += length;
    return result < 0 ? result : soc_json_set(pieces->piece, key, soc_json_copy(value));
}

/* One more item of a list. */
static int add_item(struct pieces *pieces, const char *key, const soc_json *item)
{
    size_t length = length_of(item);
    int result = make_room(pieces, length);
    if (result == 0 && !soc_json_get(pieces->piece, key))
        result = soc_json_set(pieces->piece, key, soc_json_new_array());
    if (result < 0)
        return result;
    pieces->length += length;
    soc_json *list = (soc_json *)(uintptr_t)soc_json_get(pieces->piece, key);
    return soc_json_append(list, soc_json_copy(item));
}

static int divide(const soc_json *task, struct pieces *pieces)
{
    const char *key;
    const soc_json *value;
    int result = begin_piece(pieces);
    for (void *i = NULL; result == 0 && (i = soc_json_next(task, i, &key, &value));) {
        bool list = soc_json_kind(value) == SOC_JSON_ARRAY && strcmp(key, "result") != 0;
        if (!list && strcmp(key, "id") != 0)
            result = add_member(pieces, key, value);
        for (size_t n = 0; list && result == 0 && n < soc_json_count(value); n++)
            result = add_item(pieces, key, soc_json_item(value, n));
    }
    return result < 0 ? result : write_piece(pieces->piece, pieces->more, pieces->out);
}

int soc_task_dump(const soc_json *task, struct soc_strbuf *out)
{
    if (length_of(task) <= PIECE_MAX)
        return write_piece(task, false, out);
    struct pieces pieces = {.out = out, .id = soc_json_get_string(task, "id")};
    int result = divide(task, &pieces);
    soc_json_free(pieces.piece);
    return result;
}
