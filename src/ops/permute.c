/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * permute: the axes of a tensor in another order.
 *   dst[i0,i1,i2,i3] = src[j0,j1,j2,j3]   with j[axis[d]] = i[d]
 * src  four axes    dst  extent d is the source's extent axis[d]
 * backward  the inverse permutation of diff_dst
 */
#include <string.h>

#include "base/error.h"
#include "base/parallel.h"
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

/* Moves `from` (extents of shape `read`) to `to`, whose axis d is from's axis[d]. */
typedef struct move {
    const float *from;
    float *to;
    int64_t extent[4]; /* of to */
    int64_t step[4];   /* elements of from to the next index of to's axis */
} move;

/* Rows of W x C at index (n, h) of the result. Tiles, since one side or the other strides. */
static void move_plane(void *context, int64_t index, int thread)
{
    (void)thread;
    enum { TILE = 16 };
    const move *m = context;
    const int64_t w = m->extent[2], c = m->extent[3];
    const float *from = m->from + index / m->extent[1] * m->step[0] +
                        index % m->extent[1] * m->step[1];
    float *to = m->to + index * w * c;
    for (int64_t x0 = 0; x0 < w; x0 += TILE) {
        int64_t x1 = x0 + TILE < w ? x0 + TILE : w;
        for (int64_t c0 = 0; c0 < c; c0 += TILE) {
            int64_t c1 = c0 + TILE < c ? c0 + TILE : c;
            for (int64_t x = x0; x < x1; x++) {
                for (int64_t k = c0; k < c1; k++)
                    to[x * c + k] = from[x * m->step[2] + k * m->step[3]];
            }
        }
    }
}

static void run(int threads, const seg_shape *read, const int64_t *axis, const float *from,
                float *to)
{
    move m = {.from = from, .to = to};
    int64_t stride[4] = {0}, step = 1;
    for (int a = 4; a-- > 0; step *= read->dim[a])
        stride[a] = step;
    for (int d = 0; d < 4; d++) {
        m.extent[d] = read->dim[axis[d]];
        m.step[d] = stride[axis[d]];
    }
    seg_parallel_for(threads, m.extent[0] * m.extent[1], move_plane, &m);
}

static void forward(const seg_op_call *call)
{
    const seg_permute_params *p = call->params;
    run(call->threads, &call->src[0].shape, p->axis, seg_f32(&call->src[0]), seg_f32(call->dst));
}

static void backward(const seg_op_call *call)
{
    const seg_permute_params *p = call->params;
    int64_t inverse[4] = {0};
    for (int d = 0; d < 4; d++)
        inverse[p->axis[d]] = d;
    if (call->diff_src[0].data != NULL)
        run(call->threads, &call->diff_dst->shape, inverse, seg_f32(call->diff_dst),
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
