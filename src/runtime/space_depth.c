/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * space_depth.c: DepthToSpace and SpaceToDepth: channels become pixels of a b x b block, and back.
 *
 *   coarse[n, k, y, x] = fine[n, c, y*b + dy, x*b + dx]
 *   k = (dy*b + dx)*C + c    DCR        k = (c*b + dy)*b + dx    CRD
 */
#include <string.h>

#include "base/parallel.h"
#include "runtime/convert.h"

typedef struct space_depth {
    int64_t block, c; /* c: channels of the fine image */
    int64_t h, w;     /* of the coarse image */
    bool crd, to_space;
    size_t item;
    const char *src;
    char *dst;
} space_depth;

#define COPY_CASE(type)                                                                            \
    case sizeof(type):                                                                             \
        for (int64_t i = 0; i < count; i++)                                                        \
            ((type *)dst)[i * dst_step] = ((const type *)src)[i * src_step];                       \
        break;

static void copy(size_t item, const void *src, int64_t src_step, void *dst, int64_t dst_step,
                 int64_t count)
{
    switch (item) {
        COPY_CASE(uint8_t)
        COPY_CASE(uint16_t)
        COPY_CASE(uint32_t)
        COPY_CASE(uint64_t)
    }
}

/* One row of the coarse image: image, channel k, y. */
static void move_row(void *context, int64_t row, int thread)
{
    (void)thread;
    const space_depth *s = context;
    const int64_t b = s->block, y = row % s->h, plane = row / s->h;
    const int64_t k = plane % (b * b * s->c), n = plane / (b * b * s->c);
    const int64_t c = s->crd ? k / (b * b) : k % s->c;
    const int64_t place = s->crd ? k % (b * b) : k / s->c;
    int64_t fine_row = (n * s->c + c) * s->h * b + y * b + place / b;
    size_t fine = (size_t)(fine_row * s->w * b + place % b) * s->item;
    size_t coarse = (size_t)(row * s->w) * s->item;
    if (s->to_space)
        copy(s->item, s->src + coarse, 1, s->dst + fine, b, s->w);
    else
        copy(s->item, s->src + fine, b, s->dst + coarse, 1, s->w);
}

static seg_status evaluate(seg_eval *call, bool to_space)
{
    const seg_shape *src = &call->src[0].shape;
    char text[SEG_SHAPE_TEXT_SIZE];
    int64_t b = seg_program_int(call->node, "blocksize", 0);
    const char *mode = seg_program_get_text(call->node, "mode", "DCR");
    if (src->rank != 4)
        return seg_eval_fail(call, SEG_INVALID, "the input must be N,C,H,W, is %s",
                             seg_shape_text(src, text));
    if (b < 1 || b > INT16_MAX)
        return seg_eval_fail(call, SEG_INVALID, "blocksize is %lld", (long long)b);
    if (strcmp(mode, "DCR") != 0 && strcmp(mode, "CRD") != 0)
        return seg_eval_fail(call, SEG_INVALID, "mode is '%s'", mode);
    if (to_space ? src->dim[1] % (b * b) != 0 : src->dim[2] % b != 0 || src->dim[3] % b != 0)
        return seg_eval_fail(call, SEG_INVALID, "blocks of %lld do not divide %s", (long long)b,
                             seg_shape_text(src, text));
    seg_shape dst = *src;
    dst.dim[1] = to_space ? src->dim[1] / (b * b) : src->dim[1] * b * b;
    for (int a = 2; a < 4; a++)
        dst.dim[a] = to_space ? src->dim[a] * b : src->dim[a] / b;
    seg_status status = seg_eval_result(call, 0, &dst);
    if (status != SEG_OK || seg_shape_count(&dst) == 0)
        return status;
    const seg_shape *fine = to_space ? &dst : src, *coarse = to_space ? src : &dst;
    space_depth s = {.block = b,
                     .c = fine->dim[1],
                     .h = coarse->dim[2],
                     .w = coarse->dim[3],
                     .crd = strcmp(mode, "CRD") == 0,
                     .to_space = to_space,
                     .item = seg_dtype_size(src->dtype),
                     .src = call->src[0].data,
                     .dst = call->dst[0].data};
    seg_parallel_for(call->threads, coarse->dim[0] * coarse->dim[1] * s.h, move_row, &s);
    return SEG_OK;
}

static seg_status depth_to_space(seg_eval *call)
{
    return evaluate(call, true);
}

static seg_status space_to_depth(seg_eval *call)
{
    return evaluate(call, false);
}

const seg_runtime_op seg_runtime_op_DepthToSpace = {
    .domain = "", .name = "DepthToSpace", .src_min = 1, .src_max = 1, .evaluate = depth_to_space};

const seg_runtime_op seg_runtime_op_SpaceToDepth = {
    .domain = "", .name = "SpaceToDepth", .src_min = 1, .src_max = 1, .evaluate = space_to_depth};
