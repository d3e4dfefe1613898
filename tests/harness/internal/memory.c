/* SPDX-License-Identifier: MIT */
/*
 * malloc() and its kin in front of glibc's, which has them under a second name.
 */
#include "harness/internal/memory.h"

#include <dlfcn.h>
#include <errno.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stdlib.h>

#ifdef __has_feature
#define HAS_FEATURE(feature) __has_feature(feature)
#else
#define HAS_FEATURE(feature) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||   \
    HAS_FEATURE(address_sanitizer) || HAS_FEATURE(thread_sanitizer) || \
    HAS_FEATURE(memory_sanitizer)
#define POSSIBLE false
#else
#define POSSIBLE true
#endif

static atomic_long left = -1; /* until the one that fails; -1: none will */
static atomic_bool all_after;
static atomic_bool has_failed;
static atomic_long live;
static atomic_long made;

static void order(unsigned nth, bool all)
{
    atomic_store(&has_failed, false);
    atomic_store(&all_after, all);
    atomic_store(&left, (long)nth);
}

void memory_fail_from(unsigned nth)
{
    order(nth, true);
}

void memory_fail_at(unsigned nth)
{
    order(nth, false);
}

bool memory_restore(void)
{
    atomic_store(&left, -1);
    return atomic_load(&has_failed);
}

/* By trying: what watches the program may have put a malloc() of its own in front of this one. */
bool memory_possible(void)
{
    void *volatile memory;

    memory_fail_at(1);
    memory = malloc(1);
    free(memory);
    return memory_restore();
}

long memory_live(void)
{
    return atomic_load(&live);
}

long memory_made(void)
{
    return atomic_load(&made);
}

#if POSSIBLE

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void __libc_free(void *memory);

static bool fails(void)
{
    long now = atomic_load(&left);

    if (now < 0)
        return false;
    if (now > 1 && atomic_fetch_sub(&left, 1) > 1)
        return false;
    if (!atomic_load(&all_after))
        atomic_store(&left, -1);
    atomic_store(&has_failed, true);
    errno = ENOMEM;
    return true;
}

static void *counted(void *memory)
{
    if (memory) {
        atomic_fetch_add(&live, 1);
        atomic_fetch_add(&made, 1);
    }
    return memory;
}

void *malloc(size_t size)
{
    return fails() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *old, size_t size)
{
    if (!old)
        return malloc(size);
    return fails() ? NULL : __libc_realloc(old, size);
}

/* jansson 2.14 runs over the end of a string when an allocation fails while it reads one, which no caller can prevent. So inside
 * of it nothing fails; the call as a whole does, where something would have. */
json_t *json_loadb(const char *text, size_t length, size_t flags, json_error_t *error)
{
    static json_t *(*real)(const char *, size_t, size_t, json_error_t *);
    long before = atomic_exchange(&left, -1);
    long allocations = atomic_load(&made);

    if (!real)
        real = (json_t * (*)(const char *, size_t, size_t, json_error_t *))
            dlsym(RTLD_NEXT, "json_loadb");
    json_t *json = real(text, length, flags, error);
    allocations = atomic_load(&made) - allocations;
    if (before < 0)
        return json;
    if (before > allocations) {
        atomic_store(&left, before - allocations);
        return json;
    }
    json_decref(json);
    atomic_store(&left, 1);
    fails();
    return NULL;
}

void free(void *memory)
{
    if (memory)
        atomic_fetch_sub(&live, 1);
    __libc_free(memory);
}

#endif
