/* SPDX-License-Identifier: MIT */
/*
 * Records for people, whoever wrote them: fields may be missing, of other types, or hostile.
 */
#ifndef TOOLS_COMMON_RECORD_H
#define TOOLS_COMMON_RECORD_H

#include "json.h"

/* One record on standard output: `TIME FROM → TO [type/priority] subject: content`, or its other fields where it has no content. */
void record_print(const char *json);

/* The subject and content of a message, or its other fields, as one text; to be given to free(). */
char *record_summary(json_value *record);

/* Who wrote a record: `from`, or `agentId` in the registry; "-" if it does not say. */
const char *record_author(json_value *record);

/* A text from the command line, or from standard input for "-" (less its last newline). To be given to free(). */
char *record_read_text(const char *argument);

/* The thread that an answer to this message belongs to: its own thread, or the one that it begins; NULL: it has no id. */
const char *record_thread(json_value *record);

#endif
