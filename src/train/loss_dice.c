/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * loss_dice.c: soft Dice loss over the batch (Milletari et al. 2016), mean over classes present.
 *
 * Over the pixels that count, I_c = sum of p_i[c] where t_i = c, P_c = sum of p_i[c], T_c = pixels
 * with t_i = c:
 *   D_c = (2 I_c + 1) / (P_c + T_c + 1)        L = sum_c v_c (1 - D_c), over classes with T_c > 0
 *   dL/dp_i[c] = b_c + [t_i = c] * a_c         a_c = -2 v_c / (P_c+T_c+1), b_c = v_c D_c / (...)
 * where v_c are the class weights, scaled to sum to 1 over the classes present.
 */
#include "base/memory.h"
#include "base/parallel.h"
#include "train/loss_pass.h"

enum { ROWS = 16 }; /* pixels whose gradients stand on the stack together */

typedef struct dice {
    seg_loss_pass pass;
    double *partial; /* [blocks][2][classes]: I and P of a block */
    float a[256], b[256];
} dice;

static void sums_body(void *context, int64_t index, int thread)
{
    (void)thread;
    const dice *work = context;
    const seg_loss_pass *pass = &work->pass;
    seg_loss_block block = seg_loss_block_at(pass, index);
    float loss[SEG_LOSS_BLOCK];
    double *inside = work->partial + index * 2 * pass->classes, *all = inside + pass->classes;
    seg_loss_softmax(pass, block, loss);
    for (int64_t c = 0; c < pass->classes; c++)
        inside[c] = all[c] = 0.0;
    for (int64_t i = block.first; i < block.first + block.count; i++) {
        const float *probs = pass->diff + i * pass->classes;
        if (pass->labels[i] >= pass->classes)
            continue;
        inside[pass->labels[i]] += (double)probs[pass->labels[i]];
        for (int64_t c = 0; c < pass->classes; c++)
            all[c] += (double)probs[c];
    }
}

/* Sums of the blocks, in order; then the loss and the slopes a and b. */
static double finish_sums(dice *work)
{
    const seg_loss_pass *pass = &work->pass;
    double truth[256] = {0}, weights = 0.0, loss = 0.0;
    for (int64_t i = 0; i < pass->pixels; i++)
        truth[pass->labels[i]] += 1.0;
    for (int c = 0; c < pass->classes; c++)
        weights += truth[c] > 0.0 ? seg_loss_weight(pass, (uint8_t)c) : 0.0;
    for (int c = 0; c < pass->classes; c++) {
        double inside = 0.0, all = 0.0;
        for (int64_t k = 0; k < pass->blocks; k++) {
            inside += work->partial[k * 2 * pass->classes + c];
            all += work->partial[(k * 2 + 1) * pass->classes + c];
        }
        double size = all + truth[c] + 1.0, share = 0.0;
        if (truth[c] > 0.0 && weights > 0.0)
            share = seg_loss_weight(pass, (uint8_t)c) / weights;
        work->a[c] = (float)(-2.0 * share / size);
        work->b[c] = (float)(share * (2.0 * inside + 1.0) / (size * size));
        loss += share * (1.0 - (2.0 * inside + 1.0) / size);
    }
    return loss;
}

static void grad_rows(const dice *work, int64_t first, int64_t count)
{
    const seg_loss_pass *pass = &work->pass;
    const int64_t classes = pass->classes;
    float diff[ROWS * 255];
    for (int64_t i = 0; i < count; i++) {
        uint8_t label = pass->labels[first + i];
        bool counts = label < classes;
        for (int64_t c = 0; c < classes; c++)
            diff[i * classes + c] = counts ? work->b[c] : 0.0f;
        if (counts)
            diff[i * classes + label] += work->a[label];
    }
    float *probs = pass->diff + first * classes;
    pass->kernels->softmax_grad(probs, diff, count, classes, probs);
}

static void grad_body(void *context, int64_t index, int thread)
{
    (void)thread;
    const dice *work = context;
    seg_loss_block block = seg_loss_block_at(&work->pass, index);
    for (int64_t i = 0; i < block.count; i += ROWS)
        grad_rows(work, block.first + i, block.count - i < ROWS ? block.count - i : ROWS);
}

static double compute(const seg_loss_opts *opts, const seg_tensor *logits, const uint8_t *labels,
                      float *diff_logits, void *scratch)
{
    dice work = {.pass = seg_loss_pass_make(opts, logits, labels, diff_logits, scratch),
                 .partial = scratch};
    seg_parallel_for(opts->threads, work.pass.blocks, sums_body, &work);
    double loss = finish_sums(&work);
    seg_parallel_for(opts->threads, work.pass.blocks, grad_body, &work);
    return loss;
}

static size_t scratch_size(const seg_shape *logits)
{
    return seg_loss_pass_size(logits) * 2 * (size_t)logits->c;
}

const seg_loss seg_loss_dice = {
    .name = "dice",
    .help = "soft Dice over the batch: classes weigh the same whatever their size",
    .compute = compute,
    .scratch_size = scratch_size,
};
