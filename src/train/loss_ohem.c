/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * loss_ohem.c: cross-entropy of the hard pixels only (online hard example mining, Shrivastava
 * et al. 2016, in the per-pixel form of Wu et al. 2016).
 *
 * With q_i = p_i[t_i], the pixels with q_i < threshold count, and in any case the `keep` share of
 * the pixels with the smallest q (equal ones at its edge all count).
 *   L = sum over them of w[t_i] * -log q_i / sum over them of w[t_i]
 * Which pixels count is taken as constant in the gradient.
 */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "train/loss_pass.h"

typedef struct ohem {
    seg_loss_pass pass;
    float *loss; /* [pixels]: -log q, 0 where the label does not count */
    float limit; /* the least loss that counts */
    double share;
} ohem;

static void softmax_body(void *context, int64_t index, int thread)
{
    (void)thread;
    const ohem *work = context;
    seg_loss_block block = seg_loss_block_at(&work->pass, index);
    seg_loss_softmax(&work->pass, block, work->loss + block.first);
}

/* Losses are >= +0, and such floats are ordered as their bits are. */
static uint32_t bits_of(float x)
{
    uint32_t bits;
    x = x > 0.0f ? x : 0.0f;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* The rank-th largest (1 is the largest) loss of the pixels that count: 8 bits at a time. */
static float largest(const ohem *work, int64_t rank)
{
    uint32_t prefix = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
        int64_t counts[256] = {0};
        for (int64_t i = 0; i < work->pass.pixels; i++) {
            uint32_t bits = bits_of(work->loss[i]);
            if (work->pass.labels[i] < work->pass.classes &&
                (shift == 24 || bits >> (shift + 8) == prefix))
                counts[bits >> shift & 255]++;
        }
        uint32_t digit = 255;
        while (digit > 0 && counts[digit] < rank)
            rank -= counts[digit--];
        prefix = prefix << 8 | digit;
    }
    float value;
    memcpy(&value, &prefix, sizeof value);
    return value;
}

static bool kept(const ohem *work, int64_t i)
{
    /* "not less" keeps a NaN, so that it shows. */
    return work->pass.labels[i] < work->pass.classes && !(work->loss[i] < work->limit);
}

static void grad_body(void *context, int64_t index, int thread)
{
    (void)thread;
    const ohem *work = context;
    const seg_loss_pass *pass = &work->pass;
    seg_loss_block block = seg_loss_block_at(pass, index);
    float factor[SEG_LOSS_BLOCK];
    double sum = 0.0;
    for (int64_t i = 0; i < block.count; i++) {
        int64_t p = block.first + i;
        float weight = (float)(seg_loss_weight(pass, pass->labels[p]) * work->share);
        factor[i] = kept(work, p) ? weight : 0.0f;
        if (factor[i] > 0.0f)
            sum += (double)factor[i] * (double)work->loss[p];
    }
    seg_loss_softmax_grad(pass, block, factor);
    pass->sums[index] = sum;
}

static double compute(const seg_loss_opts *opts, const seg_tensor *logits, const uint8_t *labels,
                      float *diff_logits, void *scratch)
{
    size_t sums_size = seg_align_up(seg_loss_pass_size(&logits->shape));
    ohem work = {.pass = seg_loss_pass_make(opts, logits, labels, diff_logits, scratch),
                 .loss = (float *)(void *)((char *)scratch + sums_size)};
    seg_parallel_for(opts->threads, work.pass.blocks, softmax_body, &work);

    int64_t valid = 0;
    for (int64_t i = 0; i < work.pass.pixels; i++)
        valid += labels[i] < work.pass.classes;
    int64_t least = (int64_t)ceil(opts->ohem_keep * (double)valid);
    /* q < threshold is loss > -log(threshold): the next float above keeps "<" strict. */
    work.limit = nextafterf(-logf((float)opts->ohem_threshold), INFINITY);
    if (least > 0)
        work.limit = fminf(work.limit, largest(&work, least < valid ? least : valid));

    double total = 0.0;
    for (int64_t i = 0; i < work.pass.pixels; i++)
        total += kept(&work, i) ? seg_loss_weight(&work.pass, labels[i]) : 0.0;
    work.share = total > 0.0 ? 1.0 / total : 0.0;
    seg_parallel_for(opts->threads, work.pass.blocks, grad_body, &work);
    return seg_loss_sum(&work.pass);
}

static size_t scratch_size(const seg_shape *logits)
{
    return seg_align_up(seg_loss_pass_size(logits)) +
           (size_t)(logits->n * logits->h * logits->w) * sizeof(float);
}

const seg_loss seg_loss_ohem = {
    .name = "ohem",
    .help = "cross-entropy of the hard pixels only (see --ohem-threshold, --ohem-keep)",
    .compute = compute,
    .scratch_size = scratch_size,
};
