/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * loss_pass.h: what the losses share: pixels cut into fixed blocks, and class weights.
 *
 * A block is done by one thread from start to end, so the softmax of a block is still in the cache
 * when its gradient is formed, and a block's share of a sum lands in a place of its own.
 */
#ifndef TRAIN_LOSS_PASS_H
#define TRAIN_LOSS_PASS_H

#include "kernels/kernels.h"
#include "train/loss.h"

enum { SEG_LOSS_BLOCK = 1024 }; /* pixels */

typedef struct seg_loss_pass {
    const seg_loss_opts *opts;
    const seg_train_kernels *kernels;
    const float *logits; /* pixels x classes */
    const uint8_t *labels;
    float *diff; /* pixels x classes: first the softmax, then the gradient */
    int64_t pixels, classes, blocks;
    double *sums;        /* [blocks] */
    double total_weight; /* of the pixels that count */
} seg_loss_pass;

/* The pixels first..first+count-1 of one block. */
typedef struct seg_loss_block {
    int64_t index, first, count;
} seg_loss_block;

/* scratch: seg_loss_pass_size(&logits->shape) bytes, 8-aligned. */
seg_loss_pass seg_loss_pass_make(const seg_loss_opts *opts, const seg_tensor *logits,
                                 const uint8_t *labels, float *diff, void *scratch);
size_t seg_loss_pass_size(const seg_shape *logits);
seg_loss_block seg_loss_block_at(const seg_loss_pass *pass, int64_t index);
double seg_loss_sum(const seg_loss_pass *pass); /* of sums, in order */

/* Weight of a pixel: 0 when it does not count. */
static inline double seg_loss_weight(const seg_loss_pass *pass, uint8_t label)
{
    if (label >= pass->classes)
        return 0.0;
    return pass->opts->class_weights != NULL ? (double)pass->opts->class_weights[label] : 1.0;
}

/* diff = softmax of the block; loss[i] = -log p(truth) of its pixel i. */
void seg_loss_softmax(const seg_loss_pass *pass, seg_loss_block block, float *loss);
/* diff = factor[i] * (softmax - onehot) for the block's pixel i. */
void seg_loss_softmax_grad(const seg_loss_pass *pass, seg_loss_block block, const float *factor);

#endif
