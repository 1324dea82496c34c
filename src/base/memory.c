/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* memory.c: aligned blocks, the arena and growing arrays. */
#if defined(__linux__)
#define _DEFAULT_SOURCE /* madvise */
#endif
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

enum { HUGE_PAGE_BYTES = 2 << 20, HUGE_BLOCK_BYTES = 4 << 20 };

void *seg_block_new(size_t size_bytes)
{
    if (size_bytes > SIZE_MAX - SEG_ALIGN)
        return NULL;
    return aligned_alloc(SEG_ALIGN, seg_align_up(size_bytes + (size_bytes == 0)));
}

void *seg_block_new_lasting(size_t size_bytes)
{
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    /* Whole large pages only, so that no more becomes resident. */
    if (size_bytes >= HUGE_BLOCK_BYTES && size_bytes < SIZE_MAX / 2) {
        size_t size = (size_bytes + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
        void *block = aligned_alloc(HUGE_PAGE_BYTES, size);
        if (block != NULL)
            (void)madvise(block, size_bytes / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES, MADV_HUGEPAGE);
        return block;
    }
#endif
    return seg_block_new(size_bytes);
}

void *seg_block_new_zero(size_t size_bytes)
{
    void *block = seg_block_new(size_bytes);
    if (block != NULL)
        memset(block, 0, size_bytes);
    return block;
}

void seg_block_free(void *block)
{
    free(block);
}

struct seg_arena_chunk {
    struct seg_arena_chunk *next;
    size_t size, used; /* bytes of data[] */
    _Alignas(max_align_t) unsigned char data[];
};

enum { ARENA_CHUNK_BYTES = 16384 };

/* A chunk of its own for what would waste much of the current one, which stays current. */
static struct seg_arena_chunk *add_chunk(seg_arena *arena, size_t size)
{
    const bool large = size > ARENA_CHUNK_BYTES / 4;
    const size_t room = large ? size : ARENA_CHUNK_BYTES;
    struct seg_arena_chunk *chunk = calloc(1, sizeof *chunk + room); /* large: untouched pages */
    if (chunk == NULL)
        return NULL;
    struct seg_arena_chunk **place =
        large && arena->chunk != NULL ? &arena->chunk->next : &arena->chunk;
    chunk->next = *place;
    chunk->size = room;
    *place = chunk;
    return chunk;
}

void *seg_arena_alloc(seg_arena *arena, size_t size_bytes)
{
    const size_t align = _Alignof(max_align_t);
    if (size_bytes > SIZE_MAX / 2)
        return NULL;
    size_t size = (size_bytes + align - 1) / align * align;
    struct seg_arena_chunk *chunk = arena->chunk;
    if (chunk == NULL || chunk->size - chunk->used < size)
        chunk = add_chunk(arena, size);
    if (chunk == NULL)
        return NULL;
    void *data = chunk->data + chunk->used;
    chunk->used += size;
    return data;
}

char *seg_arena_strdup(seg_arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = seg_arena_alloc(arena, size);
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

void seg_arena_release(seg_arena *arena)
{
    while (arena->chunk != NULL) {
        struct seg_arena_chunk *next = arena->chunk->next;
        free(arena->chunk);
        arena->chunk = next;
    }
}

bool seg_array_reserve(void **items, size_t *capacity, size_t count, size_t item_size)
{
    if (count <= *capacity)
        return true;
    size_t wanted = *capacity < 8 ? 8 : *capacity, bytes;
    while (wanted < count) {
        if (!seg_size_mul(wanted, 2, &wanted))
            return false;
    }
    if (!seg_size_mul(wanted, item_size, &bytes))
        return false;
    void *grown = realloc(*items, bytes);
    if (grown == NULL)
        return false;
    *items = grown;
    *capacity = wanted;
    return true;
}
