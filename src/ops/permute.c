/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * permute: the axes of a tensor in another order.
 *   dst[i0,i1,i2,i3] = src[j0,j1,j2,j3]   with j[axis[d]] = i[d]
 * src  four axes    dst  extent d is the source's extent axis[d]
 * backward  the inverse permutation of diff_dst
 */
#include "base/error.h"
#include "ops/move.h"
#include "ops/params.h"
#include "ops/shapes.h"

static const seg_param permute_params[] = {
    {"axis0", "source axis that becomes N", SEG_PARAM_INT, offsetof(seg_permute_params, axis[0]),
     0, 3},
    {"axis1", "source axis that becomes H", SEG_PARAM_INT, offsetof(seg_permute_params, axis[1]),
     0, 3},
    {"axis2", "source axis that becomes W", SEG_PARAM_INT, offsetof(seg_permute_params, axis[2]),
     0, 3},
    {"axis3", "source axis that becomes C", SEG_PARAM_INT, offsetof(seg_permute_params, axis[3]),
     0, 3},
    {0},
};

static seg_status shape(const void *params, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    (void)src_count;
    const seg_permute_params *p = params;
    unsigned seen = 0;
    seg_status status = seg_want_image("permute", src, err);
    if (status != SEG_OK)
        return status;
    for (int d = 0; d < 4; d++)
        seen |= 1u << p->axis[d];
    if (seen != 15)
        return seg_fail(err, SEG_INVALID, "permute: axes %lld %lld %lld %lld are no permutation",
                        (long long)p->axis[0], (long long)p->axis[1], (long long)p->axis[2],
                        (long long)p->axis[3]);
    *dst = seg_shape_nhwc(src->dim[p->axis[0]], src->dim[p->axis[1]], src->dim[p->axis[2]],
                          src->dim[p->axis[3]]);
    return SEG_OK;
}

/* `read` are the extents of `from`; axis d of `to` is its axis[d]. */
static void run(const seg_op_call *call, const seg_shape *read, const int64_t *axis,
                const float *from, float *to)
{
    seg_move move;
    int64_t stride[SEG_MOVE_AXES] = {0}, step = 1;
    for (int a = SEG_MOVE_AXES; a-- > 0; step *= read->dim[a])
        stride[a] = step;
    step = 1;
    for (int d = SEG_MOVE_AXES; d-- > 0; step *= move.extent[d]) {
        move.extent[d] = read->dim[axis[d]];
        move.from[d] = stride[axis[d]];
        move.to[d] = step;
    }
    seg_move_run(call->kernels, call->threads, &move, from, to);
}

static void forward(const seg_op_call *call)
{
    const seg_permute_params *p = call->params;
    run(call, &call->src[0].shape, p->axis, seg_f32(&call->src[0]), seg_f32(call->dst));
}

static void backward(const seg_op_call *call)
{
    const seg_permute_params *p = call->params;
    int64_t inverse[4] = {0};
    for (int d = 0; d < 4; d++)
        inverse[p->axis[d]] = d;
    if (call->diff_src[0].data != NULL)
        run(call, &call->diff_dst->shape, inverse, seg_f32(call->diff_dst),
            seg_f32(&call->diff_src[0]));
}

const seg_op seg_op_permute = {
    .name = "permute",
    .params = permute_params,
    .params_size = sizeof(seg_permute_params),
    .src_min = 1,
    .src_max = 1,
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
