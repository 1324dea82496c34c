/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * tflite_reduce.c: MEAN and SOFTMAX of bytes.
 *   MEAN     round(sum of (q - zero) * ratio / count + zero) in float, ties to even (XNNPACK)
 *   SOFTMAX  a table of exp(-scale * beta * d), sums in float (TensorFlow Lite)
 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/parallel.h"
#include "runtime/convert.h"
#include "runtime/tflite.h"

/* ---- MEAN ---- */

typedef struct mean {
    seg_shape in;
    bool reduced[SEG_MAX_RANK];
    int64_t count; /* elements behind one result */
    seg_shape out;
} mean;

static seg_status read_axes(seg_eval *call, mean *m)
{
    int64_t axes[SEG_MAX_RANK];
    int count;
    const bool keep = seg_program_int(call->node, "keep_dims", 0) != 0;
    m->in = call->src[0].shape;
    m->count = 1;
    m->out = (seg_shape){.rank = 0};
    seg_status status = seg_eval_ints(call, 1, axes, SEG_MAX_RANK, &count);
    if (status != SEG_OK)
        return status;
    for (int i = 0; i < count; i++) {
        const int64_t axis = axes[i] + (axes[i] < 0 ? m->in.rank : 0);
        if (axis < 0 || axis >= m->in.rank)
            return seg_eval_fail(call, SEG_INVALID, "axis %lld of %d", (long long)axes[i],
                                 m->in.rank);
        m->reduced[axis] = true;
    }
    for (int i = 0; i < m->in.rank; i++) {
        if (m->reduced[i])
            m->count *= m->in.dim[i];
        if (!m->reduced[i] || keep)
            m->out.dim[m->out.rank++] = m->reduced[i] ? 1 : m->in.dim[i];
    }
    if (seg_shape_count(&m->in) == 0 || m->count > INT32_MAX / 255)
        return seg_eval_fail(call, SEG_LIMIT, "a mean of %lld elements", (long long)m->count);
    return SEG_OK;
}

/* Sums of q - zero in the order of the result. */
static void sum_all(const mean *m, const seg_q8 *q, const uint8_t *src, int32_t *sums)
{
    int64_t stride[SEG_MAX_RANK], step = 1; /* in the result; 0 along what is summed */
    int64_t index[SEG_MAX_RANK] = {0}, at = 0;
    for (int i = m->in.rank - 1; i >= 0; i--) {
        stride[i] = m->reduced[i] ? 0 : step;
        step *= m->reduced[i] ? 1 : m->in.dim[i];
    }
    const int64_t total = seg_shape_count(&m->in);
    for (int64_t i = 0; i < total; i++) {
        sums[at] += (src[i] ^ q->flip) - q->zero;
        for (int k = m->in.rank - 1; k >= 0; k--) {
            at += stride[k];
            if (++index[k] < m->in.dim[k])
                break;
            at -= index[k] * stride[k];
            index[k] = 0;
        }
    }
}

static seg_status evaluate_mean(seg_eval *call)
{
    mean m = {.count = 0};
    seg_q8 src, dst;
    seg_status status = read_axes(call, &m);
    if (status == SEG_OK)
        status = seg_q8_src(call, 0, &src);
    if (status == SEG_OK)
        status = seg_q8_dst(call, 0, &dst);
    if (status == SEG_OK)
        status = seg_q8_result(call, 0, &m.out);
    if (status != SEG_OK)
        return status;
    const int64_t results = seg_shape_count(&m.out);
    int32_t *sums = seg_block_new_zero((size_t)results * sizeof *sums);
    if (sums == NULL)
        return seg_fail_nomem(call->err, (size_t)results * sizeof *sums, call->node->op);
    sum_all(&m, &src, call->src[0].data, sums);
    uint8_t *out = call->dst[0].data;
    const int32_t shift = dst.flip != 0 ? 128 : 0; /* rounded on the type's own scale */
    const float scale = src.scale / dst.scale * (1.0f / (float)m.count);
    for (int64_t i = 0; i < results; i++) {
        const float value = (float)sums[i] * scale + (float)(dst.zero - shift);
        const int32_t stored = seg_q8_round(fminf(fmaxf(value, -128), 255)) + shift;
        out[i] = (uint8_t)seg_q8_clamp(stored, 0, 255) ^ dst.flip;
    }
    seg_block_free(sums);
    return SEG_OK;
}

/* ---- SOFTMAX ---- */

typedef struct softmax {
    seg_q8 src, dst;
    float table[256]; /* of the distance from the largest */
    int64_t depth;
    const uint8_t *from;
    uint8_t *to;
} softmax;

static void softmax_row(void *context, int64_t row, int thread)
{
    (void)thread;
    const softmax *s = context;
    const uint8_t *src = s->from + row * s->depth;
    uint8_t *dst = s->to + row * s->depth;
    const uint8_t flip = s->src.flip;
    uint8_t most = 0;
    float sum = 0;
    for (int64_t i = 0; i < s->depth; i++)
        most = (src[i] ^ flip) > most ? src[i] ^ flip : most;
    for (int64_t i = 0; i < s->depth; i++)
        sum += s->table[most - (src[i] ^ flip)];
    const float inverse = 1.0f / (sum * s->dst.scale);
    for (int64_t i = 0; i < s->depth; i++) {
        const float value = s->table[most - (src[i] ^ flip)] * inverse;
        /* A u8 result has no zero point in this kernel. */
        const float stored = s->dst.flip != 0 ? roundf(value) + (float)s->dst.zero : value + 0.5f;
        /* Not a number, from scales that overflow, is none of its numbers: 0. */
        dst[i] = (uint8_t)(stored > 255 ? 255 : stored >= 0 ? (int32_t)stored : 0) ^ s->dst.flip;
    }
}

static seg_status evaluate_softmax(seg_eval *call)
{
    softmax s;
    const seg_shape *shape = &call->src[0].shape;
    const float beta = seg_program_float(call->node, "beta", 1);
    seg_status status = seg_q8_src(call, 0, &s.src);
    if (status == SEG_OK)
        status = seg_q8_dst(call, 0, &s.dst);
    if (status != SEG_OK)
        return status;
    if (shape->rank < 1 || seg_shape_count(shape) == 0)
        return seg_eval_fail(call, SEG_INVALID, "an input of rank %d", shape->rank);
    status = seg_q8_result(call, 0, shape);
    if (status != SEG_OK)
        return status;
    for (int i = 0; i < 256; i++)
        s.table[i] = expf(-s.src.scale * beta * (float)i);
    s.depth = shape->dim[shape->rank - 1];
    s.from = call->src[0].data;
    s.to = call->dst[0].data;
    seg_parallel_for(call->threads, seg_shape_count(shape) / s.depth, softmax_row, &s);
    return SEG_OK;
}

const seg_runtime_op seg_runtime_op_TfliteMean = {
    .domain = "tflite", .name = "MEAN", .src_min = 2, .src_max = 2, .evaluate = evaluate_mean};
const seg_runtime_op seg_runtime_op_TfliteSoftmax = {.domain = "tflite",
                                                     .name = "SOFTMAX",
                                                     .src_min = 1,
                                                     .src_max = 1,
                                                     .evaluate = evaluate_softmax};
