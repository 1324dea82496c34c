/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * quantise.c: QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear.
 *
 *   stored = saturate(round(real / scale) + zero_point)     real = (stored - zero_point) * scale
 *
 * Ties round to even. Scale and zero point are one pair, or one for each index along `axis`, or
 * (block_size, from opset 21) one for each block of indices along it.
 */
#include <math.h>

#include "base/parallel.h"
#include "runtime/convert.h"

enum { SOURCE, SCALE, ZERO, CHUNK = 256 };

/* Which pair element i takes: (i / (length*inner)) * outer_step + ((i / inner) % length / block) *
 * step + (i % inner) * inner_step. */
typedef struct pairs {
    int64_t length, inner, block, outer_step, step, inner_step;
} pairs;

typedef struct quantise_job {
    const seg_eval *call;
    pairs pairs;
    int64_t count;
    double least, most; /* of the stored type */
} quantise_job;

static int64_t pair_of(const pairs *p, int64_t i)
{
    int64_t at = i / p->inner;
    return at / p->length * p->outer_step + at % p->length / p->block * p->step +
           i % p->inner * p->inner_step;
}

static seg_status bad_scale(seg_eval *call)
{
    char text[SEG_SHAPE_TEXT_SIZE], other[SEG_SHAPE_TEXT_SIZE];
    return seg_eval_fail(call, SEG_INVALID, "a scale of %s does not fit an input of %s",
                         seg_shape_text(&call->src[SCALE].shape, text),
                         seg_shape_text(&call->src[SOURCE].shape, other));
}

/* One pair for each block along an axis; scale has the rank of the source. */
static seg_status find_blocks(seg_eval *call, int axis, pairs *p)
{
    const seg_shape *src = &call->src[SOURCE].shape, *scale = &call->src[SCALE].shape;
    int64_t block = seg_program_int(call->node, "block_size", 0);
    if (scale->rank != src->rank || block < 1)
        return bad_scale(call);
    for (int a = 0; a < src->rank; a++) {
        int64_t wanted = a == axis ? (src->dim[a] + block - 1) / block : src->dim[a];
        if (scale->dim[a] != wanted)
            return bad_scale(call);
    }
    p->block = block;
    p->inner_step = 1;
    p->step = p->inner;
    p->outer_step = p->inner * scale->dim[axis];
    return SEG_OK;
}

static seg_status find_pairs(seg_eval *call, pairs *p)
{
    const seg_shape *src = &call->src[SOURCE].shape, *scale = &call->src[SCALE].shape;
    *p = (pairs){.length = 1, .inner = 1, .block = 1};
    if (seg_eval_has(call, ZERO) &&
        seg_shape_count(&call->src[ZERO].shape) != seg_shape_count(scale))
        return seg_eval_fail(call, SEG_INVALID, "%lld zero points for %lld scales",
                             (long long)seg_shape_count(&call->src[ZERO].shape),
                             (long long)seg_shape_count(scale));
    if (seg_shape_count(scale) == 1 && scale->rank <= 1)
        return SEG_OK;
    int64_t axis = seg_program_int(call->node, "axis", 1);
    if (axis < -src->rank || axis >= src->rank)
        return seg_eval_fail(call, SEG_INVALID, "axis %lld of %d axes", (long long)axis, src->rank);
    axis += axis < 0 ? src->rank : 0;
    p->length = src->dim[axis];
    for (int a = (int)axis + 1; a < src->rank; a++)
        p->inner *= src->dim[a];
    if (scale->rank != 1)
        return find_blocks(call, (int)axis, p);
    p->step = 1;
    return scale->dim[0] == src->dim[axis] ? SEG_OK : bad_scale(call);
}

static bool stored_range(seg_dtype dtype, double *least, double *most)
{
    static const struct {
        seg_dtype dtype;
        double least, most;
    } ranges[] = {
        {SEG_U8, 0, 255}, {SEG_I8, -128, 127}, {SEG_U16, 0, 65535}, {SEG_I16, -32768, 32767}};
    for (int i = 0; i < 4; i++) {
        if (ranges[i].dtype == dtype) {
            *least = ranges[i].least;
            *most = ranges[i].most;
            return true;
        }
    }
    return false;
}

static double scalar_at(const seg_tensor *tensor, int64_t i)
{
    double value;
    seg_load_f64(tensor->shape.dtype, tensor->data, i, 1, &value);
    return value;
}

static double zero_at(const seg_eval *call, int64_t pair)
{
    return seg_eval_has(call, ZERO) ? scalar_at(&call->src[ZERO], pair) : 0;
}

static seg_status run(seg_eval *call, quantise_job *job, seg_dtype dtype, seg_parallel_body body)
{
    job->call = call;
    seg_shape dst = call->src[SOURCE].shape;
    dst.dtype = dtype;
    seg_status status = find_pairs(call, &job->pairs);
    if (status == SEG_OK)
        status = seg_eval_result(call, 0, &dst);
    job->count = seg_shape_count(&dst);
    if (status == SEG_OK)
        seg_parallel_for(call->threads, (job->count + CHUNK - 1) / CHUNK, body, job);
    return status;
}

/* ---- QuantizeLinear ---- */

/* The quotient is a float's, as the types of the file say. */
static double stored_of(const quantise_job *job, double real, double scale, double zero)
{
    double value = rint((double)((float)real / (float)scale)) + zero;
    return value < job->least ? job->least : value > job->most ? job->most : value;
}

static void quantise_chunk(void *context, int64_t index, int thread)
{
    (void)thread;
    const quantise_job *job = context;
    const seg_tensor *src = &job->call->src[SOURCE], *dst = &job->call->dst[0];
    const int64_t first = index * CHUNK;
    int64_t count = job->count - first < CHUNK ? job->count - first : CHUNK;
    double chunk[CHUNK];
    seg_load_f64(src->shape.dtype, src->data, first, count, chunk);
    for (int64_t i = 0; i < count; i++) {
        int64_t pair = pair_of(&job->pairs, first + i);
        chunk[i] = stored_of(job, chunk[i], scalar_at(&job->call->src[SCALE], pair),
                             zero_at(job->call, pair));
    }
    seg_store_f64(dst->shape.dtype, dst->data, first, count, chunk);
}

/* The type of the zero point, or output_dtype (a number of the standard's), or u8. */
static seg_status stored_type(seg_eval *call, seg_dtype *dtype)
{
    int64_t code = seg_program_int(call->node, "output_dtype", 0);
    *dtype = code == 3 ? SEG_I8 : code == 4 ? SEG_U16 : code == 5 ? SEG_I16 : SEG_U8;
    if (code != 0 && (code < 2 || code > 5))
        return seg_eval_fail(call, SEG_UNSUPPORTED, "output_dtype %lld is not supported",
                             (long long)code);
    if (!seg_eval_has(call, ZERO))
        return SEG_OK;
    if (code != 0 && *dtype != call->src[ZERO].shape.dtype)
        return seg_eval_fail(call, SEG_INVALID, "output_dtype %lld, but a zero point of %s",
                             (long long)code, seg_dtype_name(call->src[ZERO].shape.dtype));
    *dtype = call->src[ZERO].shape.dtype;
    return SEG_OK;
}

static seg_status quantize_linear(seg_eval *call)
{
    quantise_job job = {.count = 0};
    seg_dtype dtype;
    seg_status status = stored_type(call, &dtype);
    if (status != SEG_OK)
        return status;
    if (!stored_range(dtype, &job.least, &job.most))
        return seg_eval_bad_dtype(call, ZERO);
    for (int i = SOURCE; i <= SCALE; i++) {
        seg_dtype real = call->src[i].shape.dtype;
        if (!seg_dtype_is_real(real) && real != SEG_I32)
            return seg_eval_bad_dtype(call, i);
    }
    return run(call, &job, dtype, quantise_chunk);
}

const seg_runtime_op seg_runtime_op_QuantizeLinear = {.domain = "",
                                                      .name = "QuantizeLinear",
                                                      .src_min = 2,
                                                      .src_max = 3,
                                                      .evaluate = quantize_linear};

/* ---- DequantizeLinear ---- */

static void dequantise_chunk(void *context, int64_t index, int thread)
{
    (void)thread;
    const quantise_job *job = context;
    const seg_tensor *src = &job->call->src[SOURCE], *dst = &job->call->dst[0];
    const int64_t first = index * CHUNK;
    int64_t count = job->count - first < CHUNK ? job->count - first : CHUNK;
    double chunk[CHUNK];
    seg_load_f64(src->shape.dtype, src->data, first, count, chunk);
    for (int64_t i = 0; i < count; i++) {
        int64_t pair = pair_of(&job->pairs, first + i);
        chunk[i] = (chunk[i] - zero_at(job->call, pair)) * scalar_at(&job->call->src[SCALE], pair);
    }
    seg_store_f64(dst->shape.dtype, dst->data, first, count, chunk);
}

static seg_status dequantize_linear(seg_eval *call)
{
    quantise_job job = {.count = 0};
    seg_dtype stored = call->src[SOURCE].shape.dtype, real = call->src[SCALE].shape.dtype;
    double least, most;
    if (!stored_range(stored, &least, &most) && stored != SEG_I32)
        return seg_eval_bad_dtype(call, SOURCE);
    if (!seg_dtype_is_real(real))
        return seg_eval_bad_dtype(call, SCALE);
    if (seg_eval_has(call, ZERO) && call->src[ZERO].shape.dtype != stored)
        return seg_eval_bad_dtype(call, ZERO);
    return run(call, &job, real, dequantise_chunk);
}

const seg_runtime_op seg_runtime_op_DequantizeLinear = {.domain = "",
                                                        .name = "DequantizeLinear",
                                                        .src_min = 2,
                                                        .src_max = 3,
                                                        .evaluate = dequantize_linear};

/* ---- DynamicQuantizeLinear: u8, with the pair that the values' range (and 0) asks for ---- */

static seg_status dynamic_quantize_linear(seg_eval *call)
{
    const seg_tensor *src = &call->src[SOURCE];
    const int64_t count = seg_shape_count(&src->shape);
    const seg_shape scalar = {.dtype = SEG_F32}, byte = {.dtype = SEG_U8};
    float low = 0, high = 0;
    if (src->shape.dtype != SEG_F32)
        return seg_eval_bad_dtype(call, SOURCE);
    for (int64_t i = 0; i < count; i++) {
        low = fminf(low, seg_f32(src)[i]);
        high = fmaxf(high, seg_f32(src)[i]);
    }
    seg_shape dst = src->shape;
    dst.dtype = SEG_U8;
    seg_status status = seg_eval_result(call, 0, &dst);
    if (status == SEG_OK)
        status = seg_eval_result(call, 1, &scalar);
    if (status == SEG_OK)
        status = seg_eval_result(call, 2, &byte);
    if (status != SEG_OK)
        return status;
    quantise_job job = {.least = 0, .most = 255};
    float scale = high > low ? (high - low) / 255.0f : 1.0f;
    double zero = stored_of(&job, -(double)low, (double)scale, 0);
    for (int64_t i = 0; i < count; i++) {
        double stored = stored_of(&job, (double)seg_f32(src)[i], (double)scale, zero);
        seg_store_f64(SEG_U8, call->dst[0].data, i, 1, &stored);
    }
    *seg_f32(&call->dst[1]) = scale;
    seg_store_f64(SEG_U8, call->dst[2].data, 0, 1, &zero);
    return SEG_OK;
}

const seg_runtime_op seg_runtime_op_DynamicQuantizeLinear = {.domain = "",
                                                             .name = "DynamicQuantizeLinear",
                                                             .src_min = 1,
                                                             .src_max = 1,
                                                             .evaluate = dynamic_quantize_linear};
