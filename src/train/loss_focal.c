/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * loss_focal.c: focal loss (Lin et al. 2017): easy pixels count less.
 *
 *   L = sum_i w[t_i] * (1-q_i)^gamma * -log q_i / W      q_i = p_i[t_i], W = sum_i w[t_i]
 *   dL/dz_i[j] = w/W * ((1-q)^gamma + gamma*q*(1-q)^(gamma-1) * -log q) * (p_i[j] - [j = t_i])
 *
 * gamma 0 is cross-entropy.
 */
#include <math.h>

#include "base/parallel.h"
#include "train/loss_pass.h"

static void block_body(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_loss_pass *pass = context;
    seg_loss_block block = seg_loss_block_at(pass, index);
    const float gamma = (float)pass->opts->focal_gamma;
    float loss[SEG_LOSS_BLOCK], factor[SEG_LOSS_BLOCK];
    double sum = 0.0, share = pass->total_weight > 0.0 ? 1.0 / pass->total_weight : 0.0;
    seg_loss_softmax(pass, block, loss);
    for (int64_t i = 0; i < block.count; i++) {
        uint8_t label = pass->labels[block.first + i];
        float weight = (float)(seg_loss_weight(pass, label) * share);
        float right = expf(-loss[i]);
        float wrong = fmaxf(1.0f - right, 1e-7f); /* keeps powers below 1 finite */
        float power = powf(wrong, gamma - 1.0f);
        factor[i] = weight * power * (wrong + gamma * right * loss[i]);
        sum += (double)(weight * power * wrong) * (double)loss[i];
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

const seg_loss seg_loss_focal = {
    .name = "focal",
    .help = "cross-entropy that counts easy pixels less (see --focal-gamma)",
    .compute = compute,
    .scratch_size = seg_loss_pass_size,
};
