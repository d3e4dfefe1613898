/* SPDX-License-Identifier: MIT */
/*
 * libmd's context, hidden so that its header stays here.
 */
#include "sha256.h"

#include <sha2.h>
#include <stdlib.h>

struct soc_sha256 {
    SHA2_CTX context;
};

struct soc_sha256 *soc_sha256_new(void)
{
    struct soc_sha256 *sum = malloc(sizeof(*sum));

    if (sum)
        SHA256Init(&sum->context);
    return sum;
}

void soc_sha256_update(struct soc_sha256 *sum, const void *data, size_t length)
{
    SHA256Update(&sum->context, data, length);
}

void soc_sha256_finish(struct soc_sha256 *sum, char out[SOC_SHA256_HEX])
{
    SHA256End(&sum->context, out);
    soc_sha256_free(sum);
}

void soc_sha256_free(struct soc_sha256 *sum)
{
    free(sum);
}
