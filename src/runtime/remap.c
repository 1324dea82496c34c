/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* remap.c: elements picked axis by axis, a row of the last axis at a time. */
#include "runtime/remap.h"

#include <string.h>

#include "base/error.h"
#include "base/parallel.h"

enum { ROWS = 64 }; /* of a block */

seg_status seg_remap_new(seg_eval *call, seg_remap *remap, const seg_shape *src,
                         const seg_shape *dst)
{
    size_t count = 0;
    *remap = (seg_remap){.src = *src, .dst = *dst};
    for (int a = 0; a < dst->rank; a++)
        count += (size_t)dst->dim[a];
    remap->block = seg_block_new((count + 1) * sizeof *remap->block);
    if (remap->block == NULL)
        return seg_fail_nomem(call->err, count * sizeof *remap->block, call->node->op);
    int64_t *next = remap->block;
    for (int a = 0; a < dst->rank; a++) {
        remap->map[a] = next;
        next += dst->dim[a];
        for (int64_t o = 0; o < dst->dim[a]; o++)
            remap->map[a][o] = o < src->dim[a] ? o : -1;
    }
    return SEG_OK;
}

void seg_remap_release(seg_remap *remap)
{
    seg_block_free(remap->block);
    *remap = (seg_remap){.block = NULL};
}

typedef struct remap_job {
    const seg_remap *remap;
    const char *src;
    char *dst;
    int64_t rows, width, src_width;
    bool straight; /* the last axis is a run of src */
} remap_job;

static int64_t row_of(const seg_remap *r, int64_t row)
{
    int64_t from = 0, step = 1;
    for (int a = r->dst.rank - 2; a >= 0; a--) {
        int64_t at = r->map[a][row % r->dst.dim[a]];
        if (at < 0)
            return -1;
        from += at * step;
        step *= r->src.dim[a];
        row /= r->dst.dim[a];
    }
    return from;
}

#define PICK_CASE(type)                                                                            \
    case sizeof(type):                                                                             \
        for (int64_t x = 0; x < width; x++)                                                        \
            ((type *)dst)[x] =                                                                     \
                src != NULL && map[x] >= 0 ? ((const type *)src)[map[x]] : *(const type *)fill;    \
        break;

/* src NULL: all of it is filled. */
static void pick_row(size_t item, const void *src, const int64_t *map, const void *fill,
                     int64_t width, void *dst)
{
    switch (item) {
        PICK_CASE(uint8_t)
        PICK_CASE(uint16_t)
        PICK_CASE(uint32_t)
        PICK_CASE(uint64_t)
    }
}

static void run_block(void *context, int64_t index, int thread)
{
    (void)thread;
    const remap_job *job = context;
    const seg_remap *r = job->remap;
    const size_t item = seg_dtype_size(r->dst.dtype);
    const int64_t *map = r->map[r->dst.rank - 1];
    for (int64_t row = index * ROWS; row < (index + 1) * ROWS && row < job->rows; row++) {
        int64_t from = row_of(r, row);
        char *dst = job->dst + (size_t)(row * job->width) * item;
        const char *src = from < 0 ? NULL : job->src + (size_t)(from * job->src_width) * item;
        if (src != NULL && job->straight)
            memcpy(dst, src + (size_t)map[0] * item, (size_t)job->width * item);
        else
            pick_row(item, src, map, &r->fill, job->width, dst);
    }
}

void seg_remap_run(seg_eval *call, const seg_remap *remap)
{
    const int last = remap->dst.rank - 1;
    if (last < 0) {
        memcpy(call->dst[0].data, call->src[0].data, seg_shape_size(&remap->dst));
        return;
    }
    remap_job job = {.remap = remap,
                     .src = call->src[0].data,
                     .dst = call->dst[0].data,
                     .width = remap->dst.dim[last],
                     .src_width = remap->src.dim[last],
                     .straight = true};
    job.rows = seg_shape_count(&remap->dst) / job.width;
    for (int64_t x = 0; x < job.width && job.straight; x++)
        job.straight = remap->map[last][0] >= 0 && remap->map[last][x] == remap->map[last][0] + x;
    seg_parallel_for(call->threads, (job.rows + ROWS - 1) / ROWS, run_block, &job);
}
