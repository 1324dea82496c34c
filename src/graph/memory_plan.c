/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* memory_plan.c: greedy by size. */
#include "graph/memory_plan.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"

/* Larger first; equal sizes in the order of their lives, so that plans do not depend on qsort. */
static int by_size(const void *a, const void *b)
{
    const seg_buffer *x = *(seg_buffer *const *)a, *y = *(seg_buffer *const *)b;
    if (x->size != y->size)
        return x->size < y->size ? 1 : -1;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return x < y ? -1 : x > y;
}

/* The lowest gap of that size between the placed buffers (sorted by offset) alive with `b`. */
static size_t lowest_gap(const seg_buffer *b, seg_buffer *const *placed, size_t count)
{
    size_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        const seg_buffer *other = placed[i];
        if (other->last < b->first || b->last < other->first)
            continue;
        if (other->offset >= offset && other->offset - offset >= b->size)
            break;
        size_t end = other->offset + seg_align_up(other->size);
        if (end > offset)
            offset = end;
    }
    return offset;
}

seg_status seg_memory_plan(seg_buffer *buffers, size_t count, size_t *total, seg_error *err)
{
    *total = 0;
    seg_buffer **order = calloc(2 * count + 1, sizeof *order);
    if (order == NULL)
        return seg_fail_nomem(err, 2 * count * sizeof *order, "the memory plan");
    seg_buffer **placed = order + count;
    size_t used = 0, placed_count = 0;
    for (size_t i = 0; i < count; i++)
        order[i] = &buffers[i];
    qsort(order, count, sizeof *order, by_size);
    for (size_t i = 0; i < count; i++) {
        seg_buffer *b = order[i];
        b->offset = 0;
        if (b->size == 0)
            continue;
        b->offset = lowest_gap(b, placed, placed_count);
        if (b->size > SIZE_MAX / 2 || b->offset > SIZE_MAX / 2 - b->size) {
            free(order);
            return seg_fail(err, SEG_LIMIT, "the activations do not fit any memory");
        }
        size_t k = placed_count++;
        for (; k > 0 && placed[k - 1]->offset > b->offset; k--)
            placed[k] = placed[k - 1];
        placed[k] = b;
        if (b->offset + seg_align_up(b->size) > used)
            used = b->offset + seg_align_up(b->size);
    }
    free(order);
    *total = used;
    return SEG_OK;
}
