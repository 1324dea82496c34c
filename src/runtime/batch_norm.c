/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * batch_norm.c: BatchNormalization: y = scale * (x - mean) / sqrt(var + epsilon) + bias, by channel.
 *
 * In training (training_mode; before opset 14: more results than one are asked for) the batch's own
 * mean and biased variance normalise, and the given ones move: r * momentum + batch * (1 -
 * momentum). `spatial` 0 (before opset 9): every element of an image is a channel.
 */
#include <math.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "runtime/convert.h"
#include "runtime/lowering.h"

enum { IMAGE, SCALE, BIAS, MEAN, VAR, SOURCES, CHUNK = 256 };

typedef struct batch_norm {
    const seg_eval *call;
    int64_t n, c, inner; /* X is n,c,inner */
    double epsilon, momentum;
    const double *src[SOURCES]; /* but IMAGE */
    double *owned[SOURCES];
    double *batch; /* training: mean and variance of each channel; else NULL */
} batch_norm;

/* ---- statistics of a batch ---- */

/* Sum over a channel of (x - mean)^power. */
static double sum_powers(const batch_norm *b, int64_t c, double mean, int power)
{
    const seg_tensor *src = &b->call->src[IMAGE];
    double chunk[CHUNK], sum = 0;
    for (int64_t n = 0; n < b->n; n++) {
        for (int64_t at = 0; at < b->inner; at += CHUNK) {
            int64_t count = b->inner - at < CHUNK ? b->inner - at : CHUNK;
            seg_load_f64(src->shape.dtype, src->data, (n * b->c + c) * b->inner + at, count, chunk);
            for (int64_t i = 0; i < count; i++)
                sum += power == 1 ? chunk[i] - mean : (chunk[i] - mean) * (chunk[i] - mean);
        }
    }
    return sum;
}

static void measure_channel(void *context, int64_t c, int thread)
{
    (void)thread;
    const batch_norm *b = context;
    double count = (double)b->n * (double)b->inner;
    b->batch[2 * c] = sum_powers(b, c, 0, 1) / count;
    b->batch[2 * c + 1] = sum_powers(b, c, b->batch[2 * c], 2) / count;
}

/* Result `index` of mean (0) or variance (1): the moved one, or the batch's own. */
static seg_status store_statistic(seg_eval *call, const batch_norm *b, int index, int which,
                                  bool moved)
{
    if (!seg_eval_wants(call, index))
        return SEG_OK;
    seg_status status = seg_eval_result(call, index, &call->src[MEAN + which].shape);
    for (int64_t c = 0; c < b->c && status == SEG_OK; c++) {
        double value = b->batch[2 * c + which];
        if (moved)
            value = b->src[MEAN + which][c] * b->momentum + value * (1 - b->momentum);
        seg_store_f64(call->dst[index].shape.dtype, call->dst[index].data, c, 1, &value);
    }
    return status;
}

static seg_status train(seg_eval *call, batch_norm *b)
{
    size_t size = 0;
    if (!seg_size_mul((size_t)b->c, 2 * sizeof *b->batch, &size) ||
        (b->batch = seg_block_new(size)) == NULL)
        return seg_eval_fail(call, SEG_NOMEM, "no memory for statistics of %lld channels",
                             (long long)b->c);
    seg_parallel_for(call->threads, b->c, measure_channel, b);
    seg_status status = store_statistic(call, b, 1, 0, true);
    if (status == SEG_OK)
        status = store_statistic(call, b, 2, 1, true);
    if (status == SEG_OK)
        status = store_statistic(call, b, 3, 0, false);
    if (status == SEG_OK)
        status = store_statistic(call, b, 4, 1, false);
    return status;
}

/* ---- the image ---- */

static void normalise_plane(void *context, int64_t plane, int thread)
{
    (void)thread;
    const batch_norm *b = context;
    const seg_tensor *src = &b->call->src[IMAGE], *dst = &b->call->dst[0];
    const int64_t c = plane % b->c;
    double mean = b->batch != NULL ? b->batch[2 * c] : b->src[MEAN][c];
    double var = b->batch != NULL ? b->batch[2 * c + 1] : b->src[VAR][c];
    double factor = b->src[SCALE][c] / sqrt(var + b->epsilon), chunk[CHUNK];
    for (int64_t at = 0; at < b->inner; at += CHUNK) {
        int64_t count = b->inner - at < CHUNK ? b->inner - at : CHUNK;
        seg_load_f64(src->shape.dtype, src->data, plane * b->inner + at, count, chunk);
        for (int64_t i = 0; i < count; i++)
            chunk[i] = (chunk[i] - mean) * factor + b->src[BIAS][c];
        seg_store_f64(dst->shape.dtype, dst->data, plane * b->inner + at, count, chunk);
    }
}

static seg_status read_node(seg_eval *call, batch_norm *b)
{
    const seg_shape *src = &call->src[IMAGE].shape;
    char text[SEG_SHAPE_TEXT_SIZE];
    *b = (batch_norm){.call = call, .n = 1, .c = 1, .inner = 1};
    b->epsilon = (double)seg_program_float(call->node, "epsilon", 1e-5f);
    b->momentum = (double)seg_program_float(call->node, "momentum", 0.9f);
    if (src->rank < 1)
        return seg_eval_fail(call, SEG_INVALID, "the input is a scalar");
    bool spatial = call->opset >= 9 || seg_program_int(call->node, "spatial", 1) != 0;
    b->n = src->dim[0];
    for (int i = 1; i < src->rank; i++)
        *(i == 1 || !spatial ? &b->c : &b->inner) *= src->dim[i];
    for (int i = 0; i < SOURCES; i++) {
        if (!seg_dtype_is_real(call->src[i].shape.dtype))
            return seg_eval_bad_dtype(call, i);
        if (i != IMAGE && seg_shape_count(&call->src[i].shape) != b->c)
            return seg_eval_fail(call, SEG_INVALID, "input %d is %s for %lld channels", i,
                                 seg_shape_text(&call->src[i].shape, text), (long long)b->c);
    }
    return SEG_OK;
}

static bool in_training(const seg_eval *call)
{
    if (call->opset >= 14)
        return seg_program_int(call->node, "training_mode", 0) != 0;
    for (int i = 1; i < call->dst_count; i++) {
        if (seg_eval_wants(call, i))
            return true;
    }
    return false;
}

static seg_status evaluate(seg_eval *call)
{
    batch_norm b;
    seg_status status = read_node(call, &b);
    if (status == SEG_OK)
        status = seg_eval_result(call, 0, &call->src[IMAGE].shape);
    for (int i = SCALE; i < SOURCES && status == SEG_OK; i++)
        status = seg_eval_f64(call, i, &b.src[i], &b.owned[i]);
    if (status == SEG_OK && in_training(call))
        status = train(call, &b);
    if (status == SEG_OK && seg_shape_count(&call->dst[0].shape) > 0)
        seg_parallel_for(call->threads, b.n * b.c, normalise_plane, &b);
    for (int i = SCALE; i < SOURCES; i++)
        seg_block_free(b.owned[i]);
    seg_block_free(b.batch);
    return status;
}

const seg_runtime_op seg_runtime_op_BatchNormalization = {.domain = "",
                                                          .name = "BatchNormalization",
                                                          .src_min = 5,
                                                          .src_max = 5,
                                                          .evaluate = evaluate,
                                                          .lower = seg_lower_batch_norm};
