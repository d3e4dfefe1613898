/* SPDX-License-Identifier: MIT */
/* Finding one message by its id: see find.h. Lines are decoded only when the id may stand in
 * them. */
#include "find.h"

#include <errno.h>
#include <string.h>

#include "address.h"
#include "reader.h"

/* Whether this line is the message: 1 with `found` filled, 0; errors. */
static int take(struct society *s, const struct soc_line *line, const char *id,
                struct soc_found *found)
{
    if (line->kind == SOC_LINE_MALFORMED || !soc_line_may_say(line, id, strlen(id)))
        return 0;
    struct soc_error why = {0};
    SOC_AUTO_JSON soc_json *json = soc_json_parse(line->text, line->length, &why);
    if (!json)
        return why.code == -ENOMEM ? soc_fail_memory(&s->error) : 0;
    const char *own = soc_json_get_string(json, "id");
    if (!own || strcmp(own, id) != 0)
        return 0;
    int addressed = s->agent[0] ? soc_is_addressed(s, line, s->agent) : 0;
    if (addressed < 0)
        return addressed;
    soc_json_minify(&found->text, line->text, line->length);
    if (found->text.failed)
        return soc_fail_memory(&s->error);
    found->json = soc_json_retain(json);
    found->position = line->position;
    found->addressed = addressed == 1;
    return 1;
}

static int search(struct society *s, const char *id, int64_t from, struct soc_found *found)
{
    struct soc_reader reader;
    struct soc_sieve sieve;
    struct soc_line line;
    int result = soc_reader_open(&reader, &s->dir, "messages", from, &s->error);
    if (result < 0)
        return result;
    int taken = 0;
    if (soc_is_word(id, strlen(id))) {
        soc_sieve_for_word(&sieve, id);
        soc_reader_sift(&reader, &sieve);
    }
    while (taken == 0 && (result = soc_reader_next(&reader, &line, &s->error)) == 1)
        taken = take(s, &line, id, found);
    soc_reader_close(&reader);
    return result < 0 ? result : taken;
}

int soc_find_message(struct society *s, const char *id, struct soc_found *ret_found)
{
    *ret_found = (struct soc_found){0};
    int result = search(s, id, SOC_READ_FROM_PRESENT, ret_found);
    return result != 0 ? result : search(s, id, SOC_READ_FROM_START, ret_found);
}

void soc_found_free(struct soc_found *found)
{
    soc_strbuf_free(&found->text);
    soc_json_free(found->json);
    found->json = NULL;
}
