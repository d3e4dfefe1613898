/* SPDX-License-Identifier: MIT */
/*
 * The library is compiled with hidden symbols; what the public headers declare is marked with this
 * where it is defined.
 */
#ifndef SOC_PUBLIC_H
#define SOC_PUBLIC_H

#define SOC_PUBLIC __attribute__((visibility("default")))

#endif
