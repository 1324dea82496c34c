/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * loss.h: what training minimises. Each loss is one file train/loss_<name>.c and one line in
 * losses.def.
 */
#ifndef TRAIN_LOSS_H
#define TRAIN_LOSS_H

#include "seg/image.h"
#include "tensor/tensor.h"

typedef struct seg_loss_opts {
    const float *class_weights; /* [classes], or NULL: all 1 */
    double focal_gamma;         /* focal: (1-p)^gamma; default 2 */
    double ohem_threshold;      /* ohem: pixels with p(truth) below it always count; default 0.7 */
    double ohem_keep;           /* ohem: at least this share of the pixels counts; default 0.25 */
    int threads;
} seg_loss_opts;

typedef struct seg_loss {
    const char *name, *help;
    /*
     * logits N,H,W,C; labels N*H*W ids (SEG_IGNORE does not count). diff_logits, same shape as
     * logits, receives d loss / d logits (zero where ignored). scratch_size(shape) bytes of
     * scratch. Returns the loss; 0 (and zero gradients) when every pixel is ignored.
     */
    double (*compute)(const seg_loss_opts *opts, const seg_tensor *logits, const uint8_t *labels,
                      float *diff_logits, void *scratch);
    size_t (*scratch_size)(const seg_shape *logits);
} seg_loss;

#define SEG_LOSS(name) extern const seg_loss seg_loss_##name;
#include "train/losses.def"
#undef SEG_LOSS

const seg_loss *seg_loss_find(const char *name);
const seg_loss *seg_loss_at(int index);

#endif
