/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * group_norm.c: InstanceNormalization, GroupNormalization and LayerNormalization: runs of
 * neighbouring elements are brought to mean 0 and variance 1, then scaled and shifted.
 *
 * A run is a plane; the planes of C/num_groups channels; or the axes from `axis` on. Variance is
 * biased; sums are in double.
 */
#include <math.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "runtime/convert.h"

enum { IMAGE, SCALE, BIAS, CHUNK = 256 };

typedef struct run_norm {
    const seg_eval *call;
    int64_t runs, length; /* of elements */
    double epsilon;
    const double *scale, *bias; /* bias NULL: none */
    double *owned[2];
    /* InstanceNormalization, GroupNormalization: element i takes entry i / each % entries */
    int64_t each, entries;
    /* LayerNormalization: broadcasting, by the strides of scale and bias along X's axes */
    bool broadcast;
    int64_t scale_step[SEG_MAX_RANK], bias_step[SEG_MAX_RANK];
} run_norm;

static void measure(const run_norm *r, int64_t first, double *mean, double *inverse)
{
    const seg_tensor *src = &r->call->src[IMAGE];
    double chunk[CHUNK], sum[2] = {0, 0};
    for (int pass = 0; pass < 2; pass++) {
        double from = pass == 0 ? 0 : sum[0] / (double)r->length;
        for (int64_t at = 0; at < r->length; at += CHUNK) {
            int64_t count = r->length - at < CHUNK ? r->length - at : CHUNK;
            seg_load_f64(src->shape.dtype, src->data, first + at, count, chunk);
            for (int64_t i = 0; i < count; i++)
                sum[pass] += pass == 0 ? chunk[i] : (chunk[i] - from) * (chunk[i] - from);
        }
    }
    *mean = sum[0] / (double)r->length;
    *inverse = 1 / sqrt(sum[1] / (double)r->length + r->epsilon);
}

/* Where element i of X finds its entry. */
static int64_t entry_of(const run_norm *r, int64_t i, const int64_t *step)
{
    const seg_shape *shape = &r->call->src[IMAGE].shape;
    int64_t at = 0;
    if (!r->broadcast)
        return i / r->each % r->entries;
    for (int a = shape->rank - 1; a >= 0; a--) {
        at += i % shape->dim[a] * step[a];
        i /= shape->dim[a];
    }
    return at;
}

static void normalise_run(void *context, int64_t run, int thread)
{
    (void)thread;
    const run_norm *r = context;
    const seg_tensor *src = &r->call->src[IMAGE], *dst = &r->call->dst[0];
    double mean, inverse, chunk[CHUNK];
    measure(r, run * r->length, &mean, &inverse);
    for (int64_t at = run * r->length, end = at + r->length; at < end; at += CHUNK) {
        int64_t count = end - at < CHUNK ? end - at : CHUNK;
        seg_load_f64(src->shape.dtype, src->data, at, count, chunk);
        for (int64_t i = 0; i < count; i++) {
            double y = (chunk[i] - mean) * inverse * r->scale[entry_of(r, at + i, r->scale_step)];
            chunk[i] = r->bias != NULL ? y + r->bias[entry_of(r, at + i, r->bias_step)] : y;
        }
        seg_store_f64(dst->shape.dtype, dst->data, at, count, chunk);
    }
    if (seg_eval_wants(r->call, 1) && r->call->dst[1].data != NULL)
        seg_store_f64(r->call->dst[1].shape.dtype, r->call->dst[1].data, run, 1, &mean);
    if (seg_eval_wants(r->call, 2) && r->call->dst[2].data != NULL)
        seg_store_f64(r->call->dst[2].shape.dtype, r->call->dst[2].data, run, 1, &inverse);
}

/* After runs, length and entries are set and checked. */
static seg_status normalise(seg_eval *call, run_norm *r)
{
    r->call = call;
    r->epsilon = (double)seg_program_float(call->node, "epsilon", 1e-5f);
    for (int i = 0; i < call->src_count; i++) {
        if (seg_eval_has(call, i) && !seg_dtype_is_real(call->src[i].shape.dtype))
            return seg_eval_bad_dtype(call, i);
    }
    seg_status status = seg_eval_result(call, 0, &call->src[IMAGE].shape);
    if (status == SEG_OK)
        status = seg_eval_f64(call, SCALE, &r->scale, &r->owned[0]);
    if (status == SEG_OK && seg_eval_has(call, BIAS))
        status = seg_eval_f64(call, BIAS, &r->bias, &r->owned[1]);
    if (status == SEG_OK && r->length > 0)
        seg_parallel_for(call->threads, r->runs, normalise_run, r);
    seg_block_free(r->owned[0]);
    seg_block_free(r->owned[1]);
    return status;
}

/* Scale and bias are vectors of `entries`. */
static seg_status check_vectors(seg_eval *call, int64_t entries)
{
    char text[SEG_SHAPE_TEXT_SIZE];
    for (int i = SCALE; i <= BIAS; i++) {
        const seg_shape *shape = &call->src[i].shape;
        if (shape->rank != 1 || shape->dim[0] != entries)
            return seg_eval_fail(call, SEG_INVALID, "input %d must have %lld elements, is %s", i,
                                 (long long)entries, seg_shape_text(shape, text));
    }
    return SEG_OK;
}

/* N,C,... with `groups` groups of channels. */
static seg_status normalise_groups(seg_eval *call, int64_t groups, int64_t entries)
{
    const seg_shape *src = &call->src[IMAGE].shape;
    run_norm r = {.runs = src->dim[0] * groups, .length = 1};
    seg_status status = check_vectors(call, entries);
    if (status != SEG_OK)
        return status;
    if (groups > 0)
        r.length = src->dim[1] / groups;
    for (int i = 2; i < src->rank; i++)
        r.length *= src->dim[i];
    r.entries = entries > 0 ? entries : 1;
    r.each = groups > 0 ? r.length * groups / r.entries : 1;
    r.each = r.each > 0 ? r.each : 1;
    return normalise(call, &r);
}

static seg_status check_image(seg_eval *call)
{
    char text[SEG_SHAPE_TEXT_SIZE];
    if (call->src[IMAGE].shape.rank >= 2)
        return SEG_OK;
    return seg_eval_fail(call, SEG_INVALID, "the input must be N,C,..., is %s",
                         seg_shape_text(&call->src[IMAGE].shape, text));
}

static seg_status instance(seg_eval *call)
{
    seg_status status = check_image(call);
    int64_t channels = call->src[IMAGE].shape.dim[1];
    return status == SEG_OK ? normalise_groups(call, channels, channels) : status;
}

/* Scale and bias are by channel; in opset 18 by group. */
static seg_status group(seg_eval *call)
{
    seg_status status = check_image(call);
    if (status != SEG_OK)
        return status;
    int64_t channels = call->src[IMAGE].shape.dim[1];
    int64_t groups = seg_program_int(call->node, "num_groups", 0);
    if (groups < 1 || channels % groups != 0)
        return seg_eval_fail(call, SEG_INVALID, "num_groups %lld does not divide %lld channels",
                             (long long)groups, (long long)channels);
    bool by_group = call->src[SCALE].shape.rank == 1 && call->src[SCALE].shape.dim[0] == groups;
    return normalise_groups(call, groups, by_group ? groups : channels);
}

/* ---- LayerNormalization ---- */

/* Strides of a source along X's axes, 0 where it is broadcast. */
static seg_status find_steps(seg_eval *call, int index, int64_t *step)
{
    const seg_shape *shape = &call->src[index].shape, *src = &call->src[IMAGE].shape;
    char text[SEG_SHAPE_TEXT_SIZE], image[SEG_SHAPE_TEXT_SIZE];
    int shift = src->rank - shape->rank;
    int64_t next = 1;
    for (int i = src->rank - 1; i >= 0; i--) {
        int64_t extent = i >= shift ? shape->dim[i - shift] : 1;
        if (shift < 0 || (extent != 1 && extent != src->dim[i]))
            return seg_eval_fail(call, SEG_INVALID, "input %d of %s does not fit %s", index,
                                 seg_shape_text(shape, text), seg_shape_text(src, image));
        step[i] = extent == 1 ? 0 : next;
        next *= extent;
    }
    return SEG_OK;
}

static seg_status layer(seg_eval *call)
{
    const seg_shape *src = &call->src[IMAGE].shape;
    int64_t axis = seg_program_int(call->node, "axis", -1);
    if (axis < -src->rank || axis >= src->rank)
        return seg_eval_fail(call, SEG_INVALID, "axis %lld of %d axes", (long long)axis, src->rank);
    axis += axis < 0 ? src->rank : 0;
    run_norm r = {.runs = 1, .length = 1};
    seg_shape means = *src;
    means.dtype = SEG_F32;
    for (int i = 0; i < src->rank; i++) {
        *(i < axis ? &r.runs : &r.length) *= src->dim[i];
        means.dim[i] = i < axis ? src->dim[i] : 1;
    }
    seg_status status = find_steps(call, SCALE, r.scale_step);
    if (status == SEG_OK && seg_eval_has(call, BIAS))
        status = find_steps(call, BIAS, r.bias_step);
    for (int i = 1; i <= 2 && status == SEG_OK; i++) {
        if (seg_eval_wants(call, i))
            status = seg_eval_result(call, i, &means);
    }
    if (status != SEG_OK)
        return status;
    bool bias_plain =
        !seg_eval_has(call, BIAS) || seg_shape_count(&call->src[BIAS].shape) == r.length;
    r.broadcast = seg_shape_count(&call->src[SCALE].shape) != r.length || !bias_plain;
    r.each = 1;
    r.entries = r.length > 0 ? r.length : 1;
    for (int i = 0; i < axis && !r.broadcast; i++)
        r.broadcast = r.scale_step[i] != 0 || r.bias_step[i] != 0;
    return normalise(call, &r);
}

const seg_runtime_op seg_runtime_op_InstanceNormalization = {.domain = "",
                                                             .name = "InstanceNormalization",
                                                             .src_min = 3,
                                                             .src_max = 3,
                                                             .evaluate = instance};

const seg_runtime_op seg_runtime_op_GroupNormalization = {
    .domain = "", .name = "GroupNormalization", .src_min = 3, .src_max = 3, .evaluate = group};

const seg_runtime_op seg_runtime_op_LayerNormalization = {
    .domain = "", .name = "LayerNormalization", .src_min = 2, .src_max = 3, .evaluate = layer};
