/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* integers.c: quantised tensors in, sums of int32_t out, and back. */
#include "runtime/integers.h"

#include <math.h>

#include "base/error.h"
#include "base/parallel.h"
#include "runtime/convert.h"

enum { CHUNK = 1024 };

static bool stored(seg_dtype dtype)
{
    return dtype == SEG_U8 || dtype == SEG_I8;
}

typedef struct load_job {
    const seg_tensor *src, *zero;
    int64_t count, inner, length; /* of the axis of zero points */
    uint32_t *out;
} load_job;

static int64_t integer_at(const seg_tensor *tensor, int64_t i)
{
    return tensor->shape.dtype == SEG_U8 ? (int64_t)((const uint8_t *)tensor->data)[i]
                                         : (int64_t)((const int8_t *)tensor->data)[i];
}

static void load_chunk(void *context, int64_t index, int thread)
{
    (void)thread;
    const load_job *job = context;
    for (int64_t i = index * CHUNK; i < (index + 1) * CHUNK && i < job->count; i++) {
        int64_t zero = 0;
        if (job->zero != NULL)
            zero = integer_at(job->zero, job->length > 1 ? i / job->inner % job->length : 0);
        job->out[i] = (uint32_t)(integer_at(job->src, i) - zero);
    }
}

seg_status seg_integers_load(seg_eval *call, int index, int zero, int axis, uint32_t **out)
{
    const seg_shape *shape = &call->src[index].shape;
    load_job job = {.src = &call->src[index], .count = seg_shape_count(shape), .inner = 1};
    *out = NULL;
    if (!stored(shape->dtype))
        return seg_eval_bad_dtype(call, index);
    if (seg_eval_has(call, zero)) {
        job.zero = &call->src[zero];
        job.length = seg_shape_count(&job.zero->shape);
        if (job.zero->shape.dtype != shape->dtype)
            return seg_eval_bad_dtype(call, zero);
        if (job.length != 1 && (axis >= shape->rank || job.length != shape->dim[axis]))
            return seg_eval_fail(call, SEG_INVALID, "%lld zero points along axis %d of %lld",
                                 (long long)job.length, axis,
                                 (long long)(axis < shape->rank ? shape->dim[axis] : 0));
    }
    for (int a = axis + 1; a < shape->rank; a++)
        job.inner *= shape->dim[a];
    size_t size = 0;
    if (!seg_size_mul((size_t)job.count, sizeof **out, &size) ||
        (*out = seg_block_new(size)) == NULL)
        return seg_fail_nomem(call->err, size, call->node->op);
    job.out = *out;
    seg_parallel_for(call->threads, (job.count + CHUNK - 1) / CHUNK, load_chunk, &job);
    return SEG_OK;
}

static float scale_at(const seg_tensor *scale, int64_t i)
{
    float value;
    seg_load_f32(scale->shape.dtype, scale->data, i, 1, &value);
    return value;
}

seg_status seg_integers_factors(seg_eval *call, int x_scale, int w_scale, int y_scale,
                                int64_t channels, float **factors)
{
    const seg_tensor *w = &call->src[w_scale];
    const int sources[3] = {x_scale, w_scale, y_scale};
    int64_t count = seg_shape_count(&w->shape);
    *factors = NULL;
    for (int i = 0; i < 3; i++) {
        int64_t found = seg_shape_count(&call->src[sources[i]].shape);
        if (!seg_dtype_is_real(call->src[sources[i]].shape.dtype))
            return seg_eval_bad_dtype(call, sources[i]);
        if (found != 1 && (i != 1 || found != channels))
            return seg_eval_fail(call, SEG_INVALID, "input %d has %lld scales", sources[i],
                                 (long long)found);
    }
    *factors = seg_block_new((size_t)channels * sizeof **factors);
    if (*factors == NULL)
        return seg_fail_nomem(call->err, (size_t)channels * sizeof **factors, call->node->op);
    for (int64_t c = 0; c < channels; c++)
        (*factors)[c] = scale_at(&call->src[x_scale], 0) * scale_at(w, count > 1 ? c : 0) /
                        scale_at(&call->src[y_scale], 0);
    return SEG_OK;
}

typedef struct store_job {
    const seg_requantise *r;
    seg_tensor *dst;
    int64_t count, zero;
} store_job;

static void store_chunk(void *context, int64_t index, int thread)
{
    (void)thread;
    const store_job *job = context;
    const seg_requantise *r = job->r;
    for (int64_t i = index * CHUNK; i < (index + 1) * CHUNK && i < job->count; i++) {
        float factor = r->factors[i / r->inner % r->channels];
        double value = rint((double)((float)(int32_t)r->sums[i] * factor)) + (double)job->zero;
        seg_store_f64(job->dst->shape.dtype, job->dst->data, i, 1, &value);
    }
}

void seg_integers_store(seg_eval *call, int zero, const seg_requantise *requantise)
{
    store_job job = {.r = requantise,
                     .dst = &call->dst[0],
                     .count = seg_shape_count(&call->dst[0].shape),
                     .zero = integer_at(&call->src[zero], 0)};
    seg_parallel_for(call->threads, (job.count + CHUNK - 1) / CHUNK, store_chunk, &job);
}
