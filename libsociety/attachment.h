/* SPDX-License-Identifier: MIT */
/*
 * Attachments: files under attachments/, each named by the SHA-256 of its content, so that the same
 * content is stored once and what is opened can be verified.
 */
#ifndef SOC_ATTACHMENT_H
#define SOC_ATTACHMENT_H

#include <stdbool.h>

#include "error.h"
#include "fs.h"
#include "sha256.h"

#define SOC_ATTACHMENTS "attachments"
#define SOC_ATTACHMENT_MAX (10 * 1024 * 1024)

/* 64 lower-case hexadecimal digits. */
bool soc_is_attachment(const char *name);

/* Opens an attachment whose content is what its name says. A descriptor at offset 0; -ENOENT
 * without words; SOCIETY_E_CORRUPT; SOCIETY_E_UNSAFE_FILE; errnos. */
int soc_attachment_open(const struct soc_dir *dir, const char *hash, struct soc_error *error);

#endif
