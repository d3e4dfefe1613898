/* SPDX-License-Identifier: MIT */
/*
 * Snapshots under construction. society_list is public; this is how it is made.
 */
#ifndef SOC_LIST_H
#define SOC_LIST_H

#include <society/society.h>

#include "cleanup.h"
#include "json.h"

society_list *soc_list_new(void); /* NULL: no memory */
/* Adds an item, taking the text over (also on failure); NULL is a failure. 0; -ENOMEM. */
int soc_list_add(society_list *list, char *text);
/* Adds the compact text of a value. */
int soc_list_add_json(society_list *list, const soc_json *json);
void soc_list_free_slot(society_list **slot);
#define SOC_AUTO_LIST SOC_CLEANUP(soc_list_free_slot)

#endif
