/* SPDX-License-Identifier: MIT */
/* Snapshots: lists of JSON texts that nobody changes any more once they were given away. */
#include "list.h"

#include <errno.h>
#include <stdlib.h>

#include "public.h"
#include "strbuf.h"

struct society_list {
    char **items;
    int64_t count;
    int64_t capacity;
};

society_list *soc_list_new(void)
{
    return calloc(1, sizeof(society_list));
}

int soc_list_add(society_list *list, char *text)
{
    if (text && list->count == list->capacity) {
        int64_t capacity = list->capacity ? list->capacity * 2 : 16;
        char **items = realloc(list->items, (size_t)capacity * sizeof *items);
        if (!items) {
            free(text);
            return -ENOMEM;
        }
        list->items = items;
        list->capacity = capacity;
    }
    if (!text)
        return -ENOMEM;
    list->items[list->count++] = text;
    return 0;
}

int soc_list_add_json(society_list *list, const soc_json *json)
{
    struct soc_strbuf text = SOC_STRBUF_INIT;
    soc_json_dump(json, &text);
    return soc_list_add(list, text.failed ? NULL : soc_strbuf_steal(&text));
}

void soc_list_free_slot(society_list **slot)
{
    society_list_free(*slot);
}

SOC_PUBLIC int64_t society_list_count(const society_list *list)
{
    return list ? list->count : 0;
}

SOC_PUBLIC const char *society_list_item(const society_list *list, int64_t index)
{
    return list && index >= 0 && index < list->count ? list->items[index] : NULL;
}

SOC_PUBLIC void society_list_free(society_list *list)
{
    if (!list)
        return;
    for (int64_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    free(list);
}
