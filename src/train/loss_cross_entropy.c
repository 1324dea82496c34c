/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * loss_cross_entropy.c: weighted cross-entropy of the softmax, per pixel.
 *
 *   L = sum_i w[t_i] * -log p_i[t_i] / W        W = sum_i w[t_i] over the pixels that count
 *   dL/dz_i[j] = w[t_i]/W * (p_i[j] - [j = t_i])
 *
 * As PyTorch's CrossEntropyLoss(weight, ignore_index=255), except that no pixel at all gives 0.
 */
#include "base/parallel.h"
#include "train/loss_pass.h"

static void block_body(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_loss_pass *pass = context;
    seg_loss_block block = seg_loss_block_at(pass, index);
    float loss[SEG_LOSS_BLOCK], factor[SEG_LOSS_BLOCK];
    double sum = 0.0, share = pass->total_weight > 0.0 ? 1.0 / pass->total_weight : 0.0;
    seg_loss_softmax(pass, block, loss);
    for (int64_t i = 0; i < block.count; i++) {
        factor[i] = (float)(seg_loss_weight(pass, pass->labels[block.first + i]) * share);
        sum += (double)factor[i] * (double)loss[i];
    }
    seg_loss_softmax_grad(pass, block, factor);
    pass->sums[index] = sum;
}

static double compute(const seg_loss_opts *opts, const seg_tensor *logits, const uint8_t *labels,
                      float *diff_logits, void *scratch)
{
    seg_loss_pass pass = seg_loss_pass_make(opts, logits, labels, diff_logits, scratch);
    seg_parallel_for(opts->threads, pass.blocks, block_body, &pass);
    return seg_loss_sum(&pass);
}

const seg_loss seg_loss_cross_entropy = {
    .name = "cross_entropy",
    .help = "cross-entropy of the softmax, the usual choice",
    .compute = compute,
    .scratch_size = seg_loss_pass_size,
};
