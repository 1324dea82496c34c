/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * memory.h: overflow-checked sizes, aligned blocks, and an arena for what lives and dies together.
 *
 * Everything in libseg allocates through these or plain malloc/calloc/free; a NULL result is
 * always handled (the torture test fails every allocation in turn).
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEG_ALIGN = 64 }; /* bytes: a cache line and the widest vector */

/* *out = a * b; false when it does not fit. */
static inline bool seg_size_mul(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

/* size rounded up to a multiple of SEG_ALIGN (size must be at most SIZE_MAX - SEG_ALIGN). */
static inline size_t seg_align_up(size_t size)
{
    return (size + SEG_ALIGN - 1) / SEG_ALIGN * SEG_ALIGN;
}

/* SEG_ALIGN-aligned, uninitialised; NULL when out of memory. Size 0 gives a valid block. */
void *seg_block_new(size_t size_bytes);
void *seg_block_new_zero(size_t size_bytes);
/* For large blocks that live long: touching memory for the first time costs a fault for each page,
 * so these ask the system for large pages. (Blocks of one run are better off in what malloc kept.) */
void *seg_block_new_lasting(size_t size_bytes);
void seg_block_free(void *block); /* NULL is allowed */

/* Bump allocator over chunks: no single frees; all is freed at once. Zero is the empty arena. */
typedef struct seg_arena {
    struct seg_arena_chunk *chunk;
} seg_arena;

/* Zeroed, aligned for any type; NULL when out of memory. */
void *seg_arena_alloc(seg_arena *arena, size_t size_bytes);
char *seg_arena_strdup(seg_arena *arena, const char *text);
void seg_arena_release(seg_arena *arena);

/*
 * Grow a malloc'ed array so that it holds `count` items of `item_size`; capacity doubles.
 * False (array untouched) when out of memory. *items may be NULL with *capacity 0.
 */
bool seg_array_reserve(void **items, size_t *capacity, size_t count, size_t item_size);

#endif
