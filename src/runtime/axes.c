/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* axes.c: where the axes of a tensor of a file lie in N,H,W,C, and moving from here to there. */
#include <string.h>

#include "base/parallel.h"
#include "ops/move.h"
#include "runtime/region.h"

seg_axes seg_axes_nchw(int rank)
{
    return (seg_axes){.rank = rank, .axis = {0, 3, 1, 2}};
}

seg_axes seg_axes_identity(int rank)
{
    return (seg_axes){.rank = rank, .axis = {0, 1, 2, 3}};
}

bool seg_axes_equal(const seg_axes *a, const seg_axes *b)
{
    return a->rank == b->rank && memcmp(a->axis, b->axis, (size_t)a->rank * sizeof *a->axis) == 0;
}

seg_shape seg_axes_physical(const seg_axes *axes, const seg_shape *logical)
{
    seg_shape physical = seg_shape_nhwc(1, 1, 1, 1);
    for (int i = 0; i < axes->rank; i++)
        physical.dim[axes->axis[i]] = logical->dim[i];
    return physical;
}

/* Elements from one index to the next, for each logical axis. */
static void find_strides(const seg_shape *shape, const seg_axes *axes, int64_t *strides)
{
    seg_shape physical = seg_axes_physical(axes, shape);
    int64_t of_axis[SEG_LOWER_RANK] = {0};
    uint64_t stride = 1; /* of an empty tensor it may wrap: nobody goes by it */
    for (int a = SEG_LOWER_RANK; a-- > 0; stride *= (uint64_t)physical.dim[a])
        of_axis[a] = (int64_t)stride;
    for (int i = 0; i < axes->rank; i++)
        strides[i] = of_axis[axes->axis[i]];
}

void seg_axes_steps(const seg_shape *shape, const seg_axes *from, const seg_axes *to,
                    int64_t steps[SEG_LOWER_RANK])
{
    int64_t strides[SEG_LOWER_RANK] = {0};
    find_strides(shape, from, strides);
    for (int a = 0; a < SEG_LOWER_RANK; a++)
        steps[a] = 0;
    for (int i = 0; i < to->rank; i++)
        steps[to->axis[i]] = strides[i];
}

bool seg_axes_same_order(const seg_shape *shape, const seg_axes *a, const seg_axes *b)
{
    int64_t strides[2][SEG_LOWER_RANK] = {{0}, {0}};
    find_strides(shape, a, strides[0]);
    find_strides(shape, b, strides[1]);
    for (int i = 0; i < shape->rank; i++) {
        if (shape->dim[i] > 1 && strides[0][i] != strides[1][i])
            return false;
    }
    return true;
}

seg_permute_params seg_axes_permutation(const seg_axes *from, const seg_axes *to)
{
    seg_permute_params params = {{-1, -1, -1, -1}};
    bool used[SEG_LOWER_RANK] = {false};
    for (int i = 0; i < from->rank; i++) {
        params.axis[to->axis[i]] = from->axis[i];
        used[from->axis[i]] = true;
    }
    for (int d = 0, s = 0; d < SEG_LOWER_RANK; d++) {
        if (params.axis[d] >= 0)
            continue;
        while (used[s])
            s++;
        params.axis[d] = s++;
    }
    return params;
}

typedef struct bytes_job {
    const uint8_t *src;
    int64_t count;
    uint8_t flip;
    uint8_t *dst;
    int64_t *wide;
} bytes_job;

enum { BYTES_BLOCK = 1 << 15 };

static void copy_bytes(void *context, int64_t index, int thread)
{
    (void)thread;
    const bytes_job *job = context;
    const uint8_t flip = job->flip;
    const int64_t first = index * BYTES_BLOCK, left = job->count - first;
    const int64_t count = left < BYTES_BLOCK ? left : BYTES_BLOCK;
    const uint8_t *src = job->src + first;
    uint8_t *dst = job->dst + first;
    for (int64_t i = 0; i < count; i++)
        dst[i] = src[i] ^ flip;
}

void seg_bytes_copy(int threads, const uint8_t *src, int64_t count, uint8_t flip, uint8_t *dst)
{
    bytes_job job = {src, count, flip, dst, NULL};
    seg_parallel_for(threads, (count + BYTES_BLOCK - 1) / BYTES_BLOCK, copy_bytes, &job);
}

static void widen_bytes(void *context, int64_t index, int thread)
{
    (void)thread;
    const bytes_job *job = context;
    const int64_t first = index * BYTES_BLOCK, left = job->count - first;
    const int64_t last = first + (left < BYTES_BLOCK ? left : BYTES_BLOCK);
    for (int64_t i = first; i < last; i++)
        job->wide[i] = job->src[i];
}

void seg_labels_widen(int threads, const uint8_t *src, int64_t count, int64_t *dst)
{
    bytes_job job = {src, count, 0, NULL, dst};
    seg_parallel_for(threads, (count + BYTES_BLOCK - 1) / BYTES_BLOCK, widen_bytes, &job);
}

void seg_axes_copy(int threads, const seg_shape *shape, const float *src, const seg_axes *from,
                   float *dst, const seg_axes *to)
{
    seg_move move = {{1, 1, 1, 1}, {0}, {0}};
    for (int i = 0; i < shape->rank; i++)
        move.extent[i] = shape->dim[i];
    find_strides(shape, from, move.from);
    find_strides(shape, to, move.to);
    seg_move_run(seg_kernels_get(), threads, &move, src, dst);
}
