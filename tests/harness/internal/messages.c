/* SPDX-License-Identifier: MIT */
/* The messages of a store: see messages.h. */
#include "harness/internal/messages.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/die.h"
#include "harness/files.h"
#include "rotate.h"

struct soc_reader reader;

void open_at(int64_t position)
{
    if (soc_reader_open(&reader, &store_dir, "messages", position, &store_error) < 0)
        die("%s", store_error.text);
}

void put_ours(const char *id)
{
    store_put(LOG, store_ours("message", id));
}

void rotate_by_hand(const char *states)
{
    long long base = 0;
    char *text = read_file(store_path(LOG), NULL);
    char name[64];

    if (strncmp(text, "{\"type\":\"log_segment\"", 21) == 0)
        base = atoll(strstr(text, "\"base\":") + 7);
    free(text);
    snprintf(name, sizeof(name), "archive/messages-%lld.jsonl", base);
    base += file_size(store_path(LOG));
    store_put("archive/x", "");
    if (rename(store_path(LOG), store_path(name)) < 0)
        die("rename");
    store_put(LOG, store_header("messages", base));
    store_put(LOG, states);
}

void rotate(void)
{
    struct soc_segment segment = SOC_SEGMENT_INIT;

    if (soc_segment_open(&store_dir, "messages", -1, O_RDWR | O_APPEND, &segment, &store_error) <
            0 ||
        soc_rotate(&store_dir, "messages", &segment, file_size(store_path(LOG)), NULL, 0,
                   &store_error) < 0)
        die("%s", store_error.text);
    soc_segment_close(&segment);
}
