/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* axis_norm.c: LpNormalization, LRN (both along one axis) and MeanVarianceNormalization. */
#include <math.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "runtime/convert.h"

/* A tensor seen as outer, length, inner. */
typedef struct axis_view {
    int64_t outer, length, inner;
} axis_view;

static axis_view view_of(const seg_shape *shape, int axis)
{
    axis_view view = {1, shape->dim[axis], 1};
    for (int i = 0; i < shape->rank; i++) {
        if (i != axis)
            *(i < axis ? &view.outer : &view.inner) *= shape->dim[i];
    }
    return view;
}

/* All of these compute in double on the whole tensor. */
typedef struct axis_job {
    axis_view view;
    const double *src;
    double *dst;
    int64_t p, size; /* LpNormalization; LRN */
    double alpha, beta, bias;
} axis_job;

static seg_status run(seg_eval *call, axis_job *job, int64_t blocks, seg_parallel_body body)
{
    double *owned = NULL;
    if (!seg_dtype_is_real(call->src[0].shape.dtype))
        return seg_eval_bad_dtype(call, 0);
    seg_status status = seg_eval_result_f64(call, 0, &call->src[0].shape, &job->dst);
    if (status == SEG_OK)
        status = seg_eval_f64(call, 0, &job->src, &owned);
    if (status == SEG_OK && seg_shape_count(&call->src[0].shape) > 0)
        seg_parallel_for(call->threads, blocks, body, job);
    seg_block_free(owned);
    return seg_eval_finish_f64(call, 0, job->dst, status);
}

/* ---- LpNormalization: x / norm along the axis; a norm of 0 leaves 0 ---- */

static void normalise_lp(void *context, int64_t outer, int thread)
{
    (void)thread;
    const axis_job *job = context;
    const axis_view *v = &job->view;
    for (int64_t i = 0; i < v->inner; i++) {
        const int64_t first = outer * v->length * v->inner + i;
        double norm = 0;
        for (int64_t k = 0; k < v->length; k++) {
            double x = job->src[first + k * v->inner];
            norm += job->p == 1 ? fabs(x) : x * x;
        }
        norm = job->p == 1 ? norm : sqrt(norm);
        for (int64_t k = 0; k < v->length; k++)
            job->dst[first + k * v->inner] = norm == 0 ? 0 : job->src[first + k * v->inner] / norm;
    }
}

static seg_status lp_normalization(seg_eval *call)
{
    const seg_shape *src = &call->src[0].shape;
    int64_t axis = seg_program_int(call->node, "axis", -1);
    axis_job job = {.p = seg_program_int(call->node, "p", 2)};
    if (axis < -src->rank || axis >= src->rank)
        return seg_eval_fail(call, SEG_INVALID, "axis %lld of %d axes", (long long)axis, src->rank);
    if (job.p != 1 && job.p != 2)
        return seg_eval_fail(call, SEG_INVALID, "p is %lld, must be 1 or 2", (long long)job.p);
    job.view = view_of(src, (int)(axis < 0 ? axis + src->rank : axis));
    return run(call, &job, job.view.outer, normalise_lp);
}

/* ---- LRN: x / (bias + alpha/size * sum of squares of `size` channels around) ^ beta ---- */

static void normalise_plane(void *context, int64_t plane, int thread)
{
    (void)thread;
    const axis_job *job = context;
    const axis_view *v = &job->view;
    const int64_t c = plane % v->length;
    int64_t first = c - (job->size - 1) / 2, last = c + job->size / 2;
    first = first > 0 ? first : 0;
    last = last < v->length ? last : v->length - 1;
    for (int64_t i = 0; i < v->inner; i++) {
        double sum = 0;
        for (int64_t k = first; k <= last; k++) {
            double x = job->src[(plane - c + k) * v->inner + i];
            sum += x * x;
        }
        job->dst[plane * v->inner + i] =
            job->src[plane * v->inner + i] /
            pow(job->bias + job->alpha / (double)job->size * sum, job->beta);
    }
}

static seg_status lrn(seg_eval *call)
{
    const seg_shape *src = &call->src[0].shape;
    axis_job job = {.size = seg_program_int(call->node, "size", 0)};
    char text[SEG_SHAPE_TEXT_SIZE];
    if (src->rank < 2)
        return seg_eval_fail(call, SEG_INVALID, "the input must be N,C,..., is %s",
                             seg_shape_text(src, text));
    if (job.size < 1 || job.size > INT32_MAX)
        return seg_eval_fail(call, SEG_INVALID, "size is %lld", (long long)job.size);
    job.alpha = (double)seg_program_float(call->node, "alpha", 1e-4f);
    job.beta = (double)seg_program_float(call->node, "beta", 0.75f);
    job.bias = (double)seg_program_float(call->node, "bias", 1.0f);
    job.view = view_of(src, 1);
    return run(call, &job, job.view.outer * job.view.length, normalise_plane);
}

/* ---- MeanVarianceNormalization: (x - mean) / (standard deviation + 1e-9) over `axes` ---- */

typedef struct mean_variance {
    seg_shape shape;
    int64_t step[SEG_MAX_RANK]; /* of the group's number along each axis; 0: reduced */
    int64_t groups;
    double *mean, *square; /* [groups] */
} mean_variance;

static int64_t group_of(const mean_variance *m, int64_t i)
{
    int64_t group = 0;
    for (int a = m->shape.rank - 1; a >= 0; a--) {
        group += i % m->shape.dim[a] * m->step[a];
        i /= m->shape.dim[a];
    }
    return group;
}

static void normalise_groups(const mean_variance *m, const double *src, double *dst)
{
    const int64_t count = seg_shape_count(&m->shape);
    const double each = (double)count / (double)m->groups;
    for (int64_t g = 0; g < m->groups; g++)
        m->mean[g] = m->square[g] = 0;
    for (int64_t i = 0; i < count; i++)
        m->mean[group_of(m, i)] += src[i] / each;
    for (int64_t i = 0; i < count; i++) {
        int64_t g = group_of(m, i);
        m->square[g] += (src[i] - m->mean[g]) * (src[i] - m->mean[g]) / each;
    }
    for (int64_t i = 0; i < count; i++) {
        int64_t g = group_of(m, i);
        dst[i] = (src[i] - m->mean[g]) / (sqrt(m->square[g]) + 1e-9);
    }
}

static seg_status find_groups(seg_eval *call, mean_variance *m)
{
    static const int64_t usual[] = {0, 2, 3};
    const int64_t *axes;
    bool reduced[SEG_MAX_RANK] = {false};
    int64_t count = seg_program_ints(call->node, "axes", &axes);
    if (count == 0) {
        axes = usual;
        count = 3;
    }
    m->shape = call->src[0].shape;
    for (int64_t i = 0; i < count; i++) {
        if (axes[i] < -m->shape.rank || axes[i] >= m->shape.rank)
            return seg_eval_fail(call, SEG_INVALID, "axis %lld of %d axes", (long long)axes[i],
                                 m->shape.rank);
        reduced[axes[i] < 0 ? axes[i] + m->shape.rank : axes[i]] = true;
    }
    m->groups = 1;
    for (int a = m->shape.rank - 1; a >= 0; a--) {
        m->step[a] = reduced[a] ? 0 : m->groups;
        m->groups *= reduced[a] ? 1 : m->shape.dim[a];
    }
    return SEG_OK;
}

static seg_status mean_variance_normalization(seg_eval *call)
{
    mean_variance m = {.groups = 0};
    const double *src = NULL;
    double *dst = NULL, *owned = NULL;
    if (!seg_dtype_is_real(call->src[0].shape.dtype))
        return seg_eval_bad_dtype(call, 0);
    seg_status status = find_groups(call, &m);
    if (status == SEG_OK)
        status = seg_eval_result_f64(call, 0, &m.shape, &dst);
    if (status == SEG_OK)
        status = seg_eval_f64(call, 0, &src, &owned);
    if (status == SEG_OK && seg_shape_count(&m.shape) > 0) {
        m.mean = seg_block_new((size_t)m.groups * 2 * sizeof *m.mean);
        if (m.mean == NULL)
            status =
                seg_eval_fail(call, SEG_NOMEM, "no memory for %lld groups", (long long)m.groups);
    }
    if (m.mean != NULL) {
        m.square = m.mean + m.groups;
        normalise_groups(&m, src, dst);
    }
    seg_block_free(m.mean);
    seg_block_free(owned);
    return seg_eval_finish_f64(call, 0, dst, status);
}

const seg_runtime_op seg_runtime_op_LpNormalization = {.domain = "",
                                                       .name = "LpNormalization",
                                                       .src_min = 1,
                                                       .src_max = 1,
                                                       .evaluate = lp_normalization};

const seg_runtime_op seg_runtime_op_LRN = {
    .domain = "", .name = "LRN", .src_min = 1, .src_max = 1, .evaluate = lrn};

const seg_runtime_op seg_runtime_op_MeanVarianceNormalization = {
    .domain = "",
    .name = "MeanVarianceNormalization",
    .src_min = 1,
    .src_max = 1,
    .evaluate = mean_variance_normalization};
