/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * oom.c: an allocator that fails when told to, in front of the C library's (glibc lets a program
 * replace malloc and its family, for shared libraries too). It counts what is live, so a failure
 * that leaks is seen.
 */
#include "oom/oom.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "test.h"

#if defined(SEG_TEST_OOM) && defined(__GLIBC__)
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t align, size_t size);
extern void __libc_free(void *block);

/* Ours to see for the shared libraries too. */
#pragma GCC visibility push(default)
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);
void *aligned_alloc(size_t align, size_t size);
int posix_memalign(void **out, size_t align, size_t size);
void free(void *block);
#pragma GCC visibility pop

static _Thread_local bool armed, spared; /* only the thread under test */
static _Thread_local long countdown, live;

static bool refuse(void)
{
    if (!armed || spared || --countdown != 0)
        return false;
    errno = ENOMEM;
    return true;
}

static void *counted(void *block)
{
    live += armed && block != NULL;
    return block;
}

void *malloc(size_t size)
{
    return refuse() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return refuse() ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size)
{
    if (refuse())
        return NULL;
    void *moved = __libc_realloc(block, size);
    return block == NULL ? counted(moved) : moved;
}

void *aligned_alloc(size_t align, size_t size)
{
    return refuse() ? NULL : counted(__libc_memalign(align, size));
}

int posix_memalign(void **out, size_t align, size_t size)
{
    void *block = aligned_alloc(align, size);
    if (block == NULL)
        return ENOMEM;
    *out = block;
    return 0;
}

void free(void *block)
{
    live -= armed && block != NULL;
    __libc_free(block);
}

void oom_spare(bool spare)
{
    spared = spare;
}

/* The status of the call when its n-th allocation fails. */
static seg_status run(oom_call call, void *context, long n, seg_error *err)
{
    countdown = n;
    live = 0;
    armed = true;
    seg_status status = call(context, err);
    armed = false;
    return status;
}

void oom_torture(const char *name, oom_call call, void *context, seg_status or_else)
{
    enum { MOST = 100000 };
    seg_error err;
    ck_ok(run(call, context, 0, &err), err); /* once without, for what libraries keep for good */
    for (long n = 1; n < MOST; n++) {
        seg_status status = run(call, context, n, &err);
        ck_assert_msg(live == 0, "%s: %ld blocks leak when allocation %ld fails", name, live, n);
        if (status == SEG_OK && countdown > 0) {
            ck_assert_msg(n > 1, "%s allocates nothing: nothing was tested", name);
            return;
        }
        if (status == SEG_OK) /* got by with less, as libjpeg does */
            continue;
        if (status == or_else)
            continue;
        ck_assert_msg(status == SEG_NOMEM, "%s: allocation %ld fails: %s (%s)", name, n,
                      seg_status_text(status), err.text);
        ck_assert_msg(strstr(err.text, "memory") != NULL, "%s: '%s'", name, err.text);
    }
    ck_abort_msg("%s never succeeds", name);
}
#else
void oom_spare(bool spare)
{
    (void)spare;
}

void oom_torture(const char *name, oom_call call, void *context, seg_status or_else)
{
    seg_error err;
    (void)or_else;
    ck_ok(call(context, &err), err);
    printf("skipped: %s: another allocator is in charge\n", name);
}
#endif
