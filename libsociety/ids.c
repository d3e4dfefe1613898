/* SPDX-License-Identifier: MIT */
/* A sorted array of ranges: see ids.h. An id is its prefix and the longest number at its end that
 * has no zero in front, so that each id is split in one way, and prefix and number give it back. */
#include "ids.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"
#define DIGITS_MAX 15

void soc_ids_free(struct soc_ids *ids)
{
    for (size_t i = 0; i < ids->count; i++)
        free(ids->items[i].prefix);
    free(ids->items);
    *ids = (struct soc_ids){0};
}

/* Where the number of an id begins; its length if it has none. */
static size_t split(const char *id, size_t length)
{
    size_t at = length;
    while (at > 0 && id[at - 1] >= '0' && id[at - 1] <= '9')
        at--;
    while (at + 1 < length && id[at] == '0')
        at++;
    return length - at > DIGITS_MAX ? length : at;
}

static int compare(const struct soc_id_range *left, const struct soc_id_range *right)
{
    int by_prefix = strcmp(left->prefix, right->prefix);
    if (by_prefix != 0)
        return by_prefix;
    return (left->first > right->first) - (left->first < right->first);
}

static int compare_items(const void *left, const void *right)
{
    return compare(left, right);
}

/* Whether `next`, which is not before `item`, continues it or lies in it. */
static bool continues(const struct soc_id_range *item, const struct soc_id_range *next)
{
    if (strcmp(item->prefix, next->prefix) != 0)
        return false;
    return item->first < 0 ? next->first < 0 : next->first <= item->last + 1;
}

static void extend(struct soc_id_range *item, const struct soc_id_range *next)
{
    if (next->last > item->last)
        item->last = next->last;
    free(next->prefix);
}

/* Takes the prefix over. */
static int append(struct soc_ids *ids, const struct soc_id_range *item)
{
    struct soc_id_range *last = ids->count > 0 ? &ids->items[ids->count - 1] : NULL;
    if (last && compare(last, item) <= 0 && continues(last, item)) {
        extend(last, item);
        return 0;
    }
    ids->unsettled |= last && compare(last, item) > 0;
    if (!ids->items || ids->count == ids->capacity) {
        size_t capacity = ids->capacity ? ids->capacity * 2 : 16;
        struct soc_id_range *items = realloc(ids->items, capacity * sizeof *items);
        if (!items) {
            free(item->prefix);
            return -ENOMEM;
        }
        ids->items = items;
        ids->capacity = capacity;
    }
    ids->items[ids->count++] = *item;
    return 0;
}

static int add_range(struct soc_ids *ids, const char *text, size_t prefix, int64_t first,
                     int64_t last)
{
    struct soc_id_range item = {strndup(text, prefix), first, last};
    return item.prefix ? append(ids, &item) : -ENOMEM;
}

int soc_ids_add(struct soc_ids *ids, const char *item)
{
    size_t length = strcspn(item, ":");
    size_t at = split(item, length);
    int64_t first = at < length ? strtoll(item + at, NULL, 10) : -1;
    int64_t last = first;
    if (!soc_is_id(item, length))
        return -EINVAL;
    if (item[length] == ':') {
        const char *end = item + length + 1;
        size_t digits = strspn(end, DIGITS);
        if (digits == 0 || digits > DIGITS_MAX || end[digits] != '\0' || first < 0)
            return -EINVAL;
        last = strtoll(end, NULL, 10);
    }
    return last < first ? -EINVAL : add_range(ids, item, at, first, last);
}

int soc_ids_add_all(struct soc_ids *ids, const struct soc_ids *others)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < others->count; i++) {
        const struct soc_id_range *item = &others->items[i];
        result = add_range(ids, item->prefix, strlen(item->prefix), item->first, item->last);
    }
    return result;
}

void soc_ids_settle(struct soc_ids *ids)
{
    if (!ids->unsettled)
        return;
    qsort(ids->items, ids->count, sizeof *ids->items, compare_items);
    size_t kept = 0;
    for (size_t i = 1; i < ids->count; i++) {
        if (continues(&ids->items[kept], &ids->items[i]))
            extend(&ids->items[kept], &ids->items[i]);
        else
            ids->items[++kept] = ids->items[i];
    }
    ids->count = kept + 1;
    ids->unsettled = false;
}

bool soc_ids_has(const struct soc_ids *ids, const char *id)
{
    size_t length = strlen(id);
    if (ids->count == 0 || !soc_is_id(id, length))
        return false;
    char prefix[SOC_ID_MAX + 1];
    size_t at = split(id, length);
    memcpy(prefix, id, at);
    prefix[at] = '\0';
    int64_t number = at < length ? strtoll(id + at, NULL, 10) : -1;
    struct soc_id_range wanted = {prefix, number, number};
    size_t low = 0; /* the items before it do not come after what is wanted */
    for (size_t high = ids->count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (compare(&ids->items[middle], &wanted) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    const struct soc_id_range *item = low > 0 ? &ids->items[low - 1] : NULL;
    return item && strcmp(item->prefix, prefix) == 0 && number <= item->last &&
           (number < 0) == (item->first < 0);
}

void soc_ids_text(const struct soc_id_range *item, char out[SOC_IDS_TEXT_SIZE])
{
    if (item->first < 0)
        snprintf(out, SOC_IDS_TEXT_SIZE, "%s", item->prefix);
    else if (item->first == item->last)
        snprintf(out, SOC_IDS_TEXT_SIZE, "%s%" PRId64, item->prefix, item->first);
    else
        snprintf(out, SOC_IDS_TEXT_SIZE, "%s%" PRId64 ":%" PRId64, item->prefix, item->first,
                 item->last);
}
