/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * concat: the channels of all sources, side by side.
 * src[i] N,H,W,Ci    dst N,H,W,sum of Ci    (1 to 8 sources of one N,H,W)
 */
#include "base/error.h"
#include "base/parallel.h"
#include "ops/op.h"
#include "ops/shapes.h"

static seg_status concat_shape(const void *params, int src_count, const seg_shape *src,
                               seg_shape *dst, seg_error *err)
{
    (void)params;
    char text[2][SEG_SHAPE_TEXT_SIZE];
    int64_t c = 0;
    for (int i = 0; i < src_count; i++) {
        seg_status status = seg_want_image("concat", &src[i], err);
        if (status != SEG_OK)
            return status;
        if (src[i].n != src[0].n || src[i].h != src[0].h || src[i].w != src[0].w)
            return seg_fail(err, SEG_MISMATCH, "concat: source %d is %s, the first one %s", i,
                            seg_shape_text(&src[i], text[0]), seg_shape_text(&src[0], text[1]));
        if (__builtin_add_overflow(c, src[i].c, &c))
            return seg_fail(err, SEG_LIMIT, "concat: too many channels");
    }
    *dst = seg_shape_nhwc(src[0].n, src[0].h, src[0].w, c);
    return SEG_OK;
}

/* Whether source i was written where it belongs, channels `first` on (graph/exec_plan.c). */
static bool in_place(const seg_op_call *call, int i, int64_t first)
{
    return seg_f32(&call->src[i]) == seg_f32(call->dst) + first;
}

static bool all_in_place(const seg_op_call *call)
{
    int64_t first = 0;
    for (int i = 0; i < call->src_count; i++) {
        if (!in_place(call, i, first))
            return false;
        first += call->src[i].shape.c;
    }
    return true;
}

/* One image row of all sources. */
static void forward_row(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_op_call *call = context;
    const int64_t w = call->dst->shape.w, c = call->dst->shape.c;
    float *dst = seg_f32(call->dst) + index * w * c;
    int64_t first = 0;
    for (int i = 0; i < call->src_count; i++) {
        int64_t part = call->src[i].shape.c;
        const float *src = seg_f32(&call->src[i]) + index * w * part;
        if (!in_place(call, i, first))
            call->kernels->pixels.copy_runs(src, part, dst + first, c, w, part);
        first += part;
    }
}

static void backward_row(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_op_call *call = context;
    const int64_t w = call->dst->shape.w, c = call->dst->shape.c;
    const float *diff_dst = seg_f32(call->diff_dst) + index * w * c;
    for (int i = 0; i < call->src_count; i++) {
        int64_t part = call->src[i].shape.c;
        float *diff_src = seg_f32(&call->diff_src[i]);
        if (diff_src != NULL)
            call->kernels->pixels.copy_runs(diff_dst, c, diff_src + index * w * part, part, w,
                                            part);
        diff_dst += part;
    }
}

static void concat_forward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    if (!all_in_place(call))
        seg_parallel_for(call->threads, call->dst->shape.n * call->dst->shape.h, forward_row,
                         &copy);
}

static const char *concat_algorithm(const seg_op_call *call)
{
    return all_in_place(call) ? "in place" : "";
}

static void concat_backward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    seg_parallel_for(call->threads, call->dst->shape.n * call->dst->shape.h, backward_row, &copy);
}

const seg_op seg_op_concat = {
    .name = "concat",
    .src_min = 1,
    .src_max = SEG_OP_MAX_SRC,
    .shape = concat_shape,
    .forward = concat_forward,
    .backward = concat_backward,
    .algorithm = concat_algorithm,
};
