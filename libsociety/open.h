/* SPDX-License-Identifier: MIT */
/*
 * Opening a handle on a directory, for society_open() and society_init().
 */
#ifndef SOC_OPEN_H
#define SOC_OPEN_H

#include "handle.h"

/* 0; -ECHILD; -EBUSY. */
int soc_check_unopened(struct society *s);
/* Opens the directory at `path` and reads its configuration. Errors as society_open(). */
int soc_open_at(struct society *s, const char *path);

#endif
