/* SPDX-License-Identifier: MIT */
/*
 * The fields of a task that records give.
 */
#ifndef SOC_TASK_FIELDS_H
#define SOC_TASK_FIELDS_H

#include <stdbool.h>

#include "error.h"
#include "json.h"

/* An editor; a creator, who may bring a task from elsewhere; compaction, which says all. */
enum soc_task_giver { SOC_TASK_EDITOR, SOC_TASK_CREATOR, SOC_TASK_COMPACTION };

/* Copies the fields that are known, sound and the giver's; a hostile one wastes its own bytes. 0;
 * -1 no memory. */
int soc_task_copy_fields(soc_json *task, const soc_json *given, enum soc_task_giver giver);

/* The same for compaction, with lists behind what the task's lists hold. */
int soc_task_add_fields(soc_json *task, const soc_json *given);

/* The name of the first field of `given` that would not be copied, though a task has it; NULL:
 * none. */
const char *soc_task_unsound_field(const soc_json *given, enum soc_task_giver giver);

/* Whether the `paths` of what is given can be patterns of the project: 0; SOCIETY_E_INVALID with the
 * words; -ENOMEM. For who writes them: nobody could claim the task together with what is none. */
int soc_task_check_paths(const soc_json *given, struct soc_error *error);

/* What a field of this name must be, in words: "must be a string". */
const char *soc_task_field_form(const char *key);

/* Whether a task can be in such a state. */
bool soc_task_is_state(const char *word);
#define SOC_TASK_STATES "open, claimed, blocked, review, done, failed, cancelled"

/* The name of the first field of `given` that no editor may change, known or not; NULL: none. */
const char *soc_task_uneditable_field(const soc_json *given);
/* "title, description, …": those that one may. */
void soc_task_editable_fields(struct soc_strbuf *out);

#endif
