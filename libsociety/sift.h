/* SPDX-License-Identifier: MIT */
/*
 * A reader that sifts: how it goes to the next line that a needle stands in, and what it owes to the
 * rule of repeats. "Readers drop a record whose id stood in the 4,096 before it", and it has not read
 * them all.
 *
 * A retried append is the same record again, with the same addressee: where the record was looked at,
 * so is its repeat. So a record of ours (its checksum is right) whose id is a UUIDv7 is news unless
 * the id stands among those of the lines that were looked at; the id was made for this record, and no
 * other can bear it before. Everything else is in doubt: an id that was met (but how many records
 * ago?), an id that a person or a foreign writer chose, who may give it to messages for several
 * agents. Then the 4,096 records before are read, one by one, and the answer is that of a reader of
 * every line: the same for a tail, an inbox, and one who reads everything. After that the reader looks
 * at every one of the 4,096 that follow the last of that kind, so that a log full of such ids costs what
 * reading it costs.
 *
 * What is left: two different messages that a program of ours was told to send with one UUIDv7, to
 * different agents, less than 4,096 records apart. Who reads everything drops the second; its
 * addressee gets it.
 */
#ifndef SOC_SIFT_H
#define SOC_SIFT_H

#include "reader.h"

/* Takes from the buffer the whole lines that no needle stands in, up to one where one does. */
void soc_sift(struct soc_reader *reader);

/* To be called with a line before it is taken: makes `seen` tell whether it is a repeat. 0; errors of
 * reading and of memory, after which it may be called again. */
int soc_sift_recall(struct soc_reader *reader, const struct soc_line *line,
                    struct soc_error *error);

/* To be called when the reader is at another log, in which the ids that it has met can't be found
 * again: what `seen` has now is what it knows, until it has read 4,096 records more. */
void soc_sift_anew(struct soc_reader *reader);

/* To be called when the reader's file was moved away and `limit` is known. Late lines that it had
 * read behind that are not there for who looks back, and come again. */
void soc_sift_moved(struct soc_reader *reader);

#endif
