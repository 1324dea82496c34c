/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * batchnorm: batch normalisation per channel (Ioffe, Szegedy 2015).
 *   dst = act((src - mean) * gamma * invstd + beta),   invstd = 1 / sqrt(var + epsilon)
 * src        image N,H,W,C; gamma C; beta C; running_mean C; running_var C
 * dst        N,H,W,C
 * workspace  mean, gamma*invstd, invstd: 3 x C
 *
 * Training takes mean and (biased) variance of the M = N*H*W pixels and moves the running ones,
 * which are sources that forward writes. A frozen norm and inference use the running ones.
 * With g = diff_dst masked by the activation, and x^ = (src - mean) * invstd:
 *   diff_beta = sum g,  diff_gamma = sum g * x^
 *   diff_src  = gamma*invstd * (g - diff_beta/M - x^ * diff_gamma/M)      batch statistics
 *             = gamma*invstd * g                                          running statistics
 *
 * Traps: the mask is computed anew from src instead of read from dst (memory is what costs
 * here); kernels/rows.inc makes both round alike. M = 1 has variance 0 and no unbiased variance:
 * the running one stays. Sums run in float over blocks of rows, in double across blocks
 * (moments by Chan, Golub, LeVeque 1979), so a mean far from zero costs no digits.
 */
#include <math.h>
#include <string.h>

#include "base/parallel.h"
#include "ops/elementwise.h"
#include "ops/params.h"
#include "ops/shapes.h"

static const seg_param batchnorm_param_list[] = {
    {"activation", "applied to the result", SEG_PARAM_INT,
     offsetof(seg_batchnorm_params, activation), SEG_ACT_NONE, SEG_ACT_RELU6},
    {"epsilon", "added to the variance", SEG_PARAM_FLOAT, offsetof(seg_batchnorm_params, epsilon),
     1e-12, 1},
    {"momentum", "share of the batch in the running statistics", SEG_PARAM_FLOAT,
     offsetof(seg_batchnorm_params, momentum), 0, 1},
    {"frozen", "1: running statistics in training too", SEG_PARAM_INT,
     offsetof(seg_batchnorm_params, frozen), 0, 1},
    {0},
};

enum { IMAGE, GAMMA, BETA, RUNNING_MEAN, RUNNING_VAR, SRC_COUNT };

static seg_status shape(const void *params, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    static const char *const names[] = {"", "gamma", "beta", "running_mean", "running_var"};
    (void)params;
    seg_status status = seg_want_image("batchnorm", &src[IMAGE], err);
    for (int i = GAMMA; i < src_count && status == SEG_OK; i++)
        status = seg_want_vector("batchnorm", names[i], &src[i], src[IMAGE].c, err);
    *dst = src[IMAGE];
    return status;
}

/* ---- blocks ---- */

enum {
    BLOCK_FLOATS = 65536, /* of a block of rows: fits the second-level cache */
    BLOCK_ROWS_MIN = 32,  /* keeps scratch small beside the image */
    CHUNK = 64,           /* channels that one task combines */
};

/* All sizes of one call, and the arrays that its tasks share. */
typedef struct job {
    const seg_op_call *call;
    const seg_batchnorm_params *params;
    int64_t rows, channels, block_rows, blocks;
    float *mean, *scale, *invstd; /* [channels], in workspace */
    float *partial_a, *partial_b; /* [channels] of block 0, in scratch */
    int64_t stride;               /* floats from one block's partial sums to the next */
    float *slope, *offset;        /* [channels], in scratch */
    seg_rows_norm norm;
} job;

static void set_sizes(job *j, const seg_op_call *call)
{
    const seg_shape *image = &call->src[IMAGE].shape;
    j->call = call;
    j->params = call->params;
    j->channels = image->c;
    j->rows = image->n * image->h * image->w;
    int64_t rows = BLOCK_FLOATS / j->channels / 4 * 4;
    rows = rows < BLOCK_ROWS_MIN ? BLOCK_ROWS_MIN : rows;
    j->block_rows = rows > SEG_ROWS_MOMENTS_MAX ? SEG_ROWS_MOMENTS_MAX : rows;
    j->blocks = (j->rows + j->block_rows - 1) / j->block_rows;
    j->stride = 2 * j->channels + SEG_BLOCK_GAP;
}

static size_t workspace_size(const seg_op_call *call)
{
    return 3 * (size_t)call->src[IMAGE].shape.c * sizeof(float);
}

static size_t scratch_size(const seg_op_call *call)
{
    job j;
    set_sizes(&j, call);
    return (size_t)(2 * j.channels + j.blocks * j.stride) * sizeof(float);
}

static job job_of(const seg_op_call *call)
{
    job j = {0};
    set_sizes(&j, call);
    j.mean = call->workspace;
    j.scale = j.mean + j.channels;
    j.invstd = j.scale + j.channels;
    j.slope = call->scratch;
    j.offset = j.slope + j.channels;
    j.partial_a = j.offset + j.channels;
    j.partial_b = j.partial_a + j.channels;
    j.norm = (seg_rows_norm){.mean = j.mean,
                             .scale = j.scale,
                             .shift = seg_f32(&call->src[BETA]),
                             .stream = j.rows * j.channels >= SEG_STREAM_FLOATS};
    seg_activation_range(j.params->activation, &j.norm.lo, &j.norm.hi);
    return j;
}

static bool uses_batch(const seg_op_call *call)
{
    const seg_batchnorm_params *params = call->params;
    return call->train && params->frozen == 0;
}

static int64_t rows_of_block(const job *j, int64_t block)
{
    int64_t rest = j->rows - block * j->block_rows;
    return rest < j->block_rows ? rest : j->block_rows;
}

static void for_blocks(job *j, seg_parallel_body body)
{
    seg_parallel_for(j->call->threads, j->blocks, body, j);
}

static void for_chunks(job *j, seg_parallel_body body)
{
    seg_parallel_for(j->call->threads, (j->channels + CHUNK - 1) / CHUNK, body, j);
}

static int64_t channels_of_chunk(const job *j, int64_t first)
{
    return j->channels - first < CHUNK ? j->channels - first : CHUNK;
}

/* ---- forward ---- */

static void moments_block(void *context, int64_t block, int thread)
{
    const job *j = context;
    (void)thread;
    int64_t at = block * j->block_rows * j->channels;
    j->call->kernels->rows.moments(
        j->partial_a + block * j->stride, j->partial_b + block * j->stride,
        seg_f32(&j->call->src[IMAGE]) + at, rows_of_block(j, block), j->channels);
}

static void set_channel(const job *j, int64_t c, double mean, double var)
{
    double invstd = 1.0 / sqrt(var + j->params->epsilon);
    j->mean[c] = (float)mean;
    j->invstd[c] = (float)invstd;
    j->scale[c] = (float)((double)seg_f32(&j->call->src[GAMMA])[c] * invstd);
}

static void move_running(const job *j, int64_t c, double mean, double m2)
{
    double m = j->params->momentum;
    float *running_mean = seg_f32(&j->call->src[RUNNING_MEAN]) + c;
    float *running_var = seg_f32(&j->call->src[RUNNING_VAR]) + c;
    *running_mean = (float)((1.0 - m) * (double)*running_mean + m * mean);
    if (j->rows > 1)
        *running_var = (float)((1.0 - m) * (double)*running_var + m * m2 / (double)(j->rows - 1));
}

/* Chan's formula over the blocks: two samples' moments give those of their union. */
static void combine_moments(void *context, int64_t index, int thread)
{
    const job *j = context;
    (void)thread;
    int64_t first = index * CHUNK, n = channels_of_chunk(j, first);
    double mean[CHUNK] = {0}, m2[CHUNK] = {0}, seen = 0;
    for (int64_t block = 0; block < j->blocks; block++) {
        const float *block_mean = j->partial_a + block * j->stride + first;
        const float *block_m2 = j->partial_b + block * j->stride + first;
        double rows = (double)rows_of_block(j, block), share = rows / (seen + rows);
        for (int64_t c = 0; c < n; c++) {
            double delta = (double)block_mean[c] - mean[c];
            mean[c] += delta * share;
            m2[c] += (double)block_m2[c] + delta * delta * seen * share;
        }
        seen += rows;
    }
    for (int64_t c = 0; c < n; c++) {
        set_channel(j, first + c, mean[c], m2[c] / (double)j->rows);
        move_running(j, first + c, mean[c], m2[c]);
    }
}

static void normalise_block(void *context, int64_t block, int thread)
{
    const job *j = context;
    (void)thread;
    int64_t at = block * j->block_rows * j->channels;
    j->call->kernels->rows.normalise(seg_f32(j->call->dst) + at, seg_f32(&j->call->src[IMAGE]) + at,
                                     rows_of_block(j, block), j->channels, &j->norm);
}

/* Fills workspace. */
static void find_statistics(job *j)
{
    const seg_op_call *call = j->call;
    if (uses_batch(call)) {
        for_blocks(j, moments_block);
        for_chunks(j, combine_moments);
        return;
    }
    for (int64_t c = 0; c < j->channels; c++)
        set_channel(j, c, (double)seg_f32(&call->src[RUNNING_MEAN])[c],
                    (double)seg_f32(&call->src[RUNNING_VAR])[c]);
}

static void forward(const seg_op_call *call)
{
    job j = job_of(call);
    if (!call->again)
        find_statistics(&j);
    for_blocks(&j, normalise_block);
}

/* ---- backward ---- */

static void sums_block(void *context, int64_t block, int thread)
{
    const job *j = context;
    (void)thread;
    int64_t at = block * j->block_rows * j->channels;
    j->call->kernels->rows.normalise_sums(
        j->partial_a + block * j->stride, j->partial_b + block * j->stride,
        seg_f32(j->call->diff_dst) + at, seg_f32(&j->call->src[IMAGE]) + at,
        rows_of_block(j, block), j->channels, &j->norm);
}

/* diff_beta and diff_gamma, and what the blocks of diff_src need of them. */
static void combine_sums(void *context, int64_t index, int thread)
{
    const job *j = context;
    (void)thread;
    int64_t first = index * CHUNK, n = channels_of_chunk(j, first);
    double sum[CHUNK] = {0}, dot[CHUNK] = {0}, rows = (double)j->rows;
    for (int64_t block = 0; block < j->blocks; block++) {
        const float *block_sum = j->partial_a + block * j->stride + first;
        const float *block_dot = j->partial_b + block * j->stride + first;
        for (int64_t c = 0; c < n; c++) {
            sum[c] += (double)block_sum[c];
            dot[c] += (double)block_dot[c];
        }
    }
    float *diff_gamma = seg_f32(&j->call->diff_src[GAMMA]);
    float *diff_beta = seg_f32(&j->call->diff_src[BETA]);
    bool batch = uses_batch(j->call);
    for (int64_t c = 0; c < n; c++) {
        double invstd = (double)j->invstd[first + c];
        if (diff_gamma != NULL)
            diff_gamma[first + c] = (float)(dot[c] * invstd);
        if (diff_beta != NULL)
            diff_beta[first + c] = (float)sum[c];
        j->slope[first + c] = batch ? (float)(-invstd * invstd * dot[c] / rows) : 0.0f;
        j->offset[first + c] = batch ? (float)(-sum[c] / rows) : 0.0f;
    }
}

static void diff_src_block(void *context, int64_t block, int thread)
{
    const job *j = context;
    (void)thread;
    int64_t at = block * j->block_rows * j->channels;
    j->call->kernels->rows.normalise_backward(
        seg_f32(&j->call->diff_src[IMAGE]) + at, seg_f32(j->call->diff_dst) + at,
        seg_f32(&j->call->src[IMAGE]) + at, rows_of_block(j, block), j->channels, &j->norm,
        j->slope, j->offset);
}

static void backward(const seg_op_call *call)
{
    job j = job_of(call);
    for_blocks(&j, sums_block);
    for_chunks(&j, combine_sums);
    if (call->diff_src[IMAGE].data != NULL)
        for_blocks(&j, diff_src_block);
    for (int i = RUNNING_MEAN; i < SRC_COUNT; i++) { /* statistics: nothing flows into them */
        if (call->diff_src[i].data != NULL)
            memset(call->diff_src[i].data, 0, seg_shape_size(&call->diff_src[i].shape));
    }
}

const seg_op seg_op_batchnorm = {
    .name = "batchnorm",
    .params = batchnorm_param_list,
    .params_size = sizeof(seg_batchnorm_params),
    .src_min = SRC_COUNT,
    .src_max = SRC_COUNT,
    .flags = SEG_OP_READS_SRC | SEG_OP_FUSES_INFER | SEG_OP_FUSES_TRAIN,
    .shape = shape,
    .workspace_size = workspace_size,
    .scratch_size = scratch_size,
    .forward = forward,
    .backward = backward,
};
