/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * loss_sum.h: what a run minimises: one loss, or the sum of several, written
 * "cross_entropy+lovasz" (such sums are usual: cross-entropy for calibrated probabilities, an
 * IoU surrogate for small classes).
 */
#ifndef TRAIN_LOSS_SUM_H
#define TRAIN_LOSS_SUM_H

#include "seg/status.h"
#include "train/loss.h"

enum { SEG_LOSS_TERMS = 4 };

typedef struct seg_loss_sum {
    const seg_loss *terms[SEG_LOSS_TERMS];
    int count;
} seg_loss_sum;

/* Errors: SEG_INVALID for a name that is no loss, one twice, none, or more than SEG_LOSS_TERMS. */
seg_status seg_loss_sum_parse(seg_loss_sum *out, const char *text, seg_error *err);
size_t seg_loss_sum_scratch_size(const seg_loss_sum *sum, const seg_shape *logits);
/* As seg_loss.compute, of the sum. */
double seg_loss_sum_compute(const seg_loss_sum *sum, const seg_loss_opts *opts,
                            const seg_tensor *logits, const uint8_t *labels, float *diff_logits,
                            void *scratch);

#endif
