/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* loss_pass.c: blocks of pixels, class weights, and the list of losses. */
#include "train/loss_pass.h"

#include <string.h>

static const seg_loss *const losses[] = {
#define SEG_LOSS(name) &seg_loss_##name,
#include "train/losses.def"
#undef SEG_LOSS
};

enum { LOSS_COUNT = sizeof losses / sizeof *losses };

const seg_loss *seg_loss_at(int index)
{
    return index >= 0 && index < LOSS_COUNT ? losses[index] : NULL;
}

const seg_loss *seg_loss_find(const char *name)
{
    for (int i = 0; i < LOSS_COUNT; i++) {
        if (strcmp(losses[i]->name, name) == 0)
            return losses[i];
    }
    return NULL;
}

static int64_t block_count(int64_t pixels)
{
    return (pixels + SEG_LOSS_BLOCK - 1) / SEG_LOSS_BLOCK;
}

size_t seg_loss_pass_size(const seg_shape *logits)
{
    return (size_t)block_count(logits->n * logits->h * logits->w) * sizeof(double);
}

seg_loss_pass seg_loss_pass_make(const seg_loss_opts *opts, const seg_tensor *logits,
                                 const uint8_t *labels, float *diff, void *scratch)
{
    const seg_shape *shape = &logits->shape;
    seg_loss_pass pass = {.opts = opts,
                          .kernels = &seg_kernels_get()->train,
                          .logits = logits->data,
                          .labels = labels,
                          .diff = diff,
                          .pixels = shape->n * shape->h * shape->w,
                          .classes = shape->c,
                          .sums = scratch};
    int64_t counts[256] = {0};
    pass.blocks = block_count(pass.pixels);
    for (int64_t p = 0; p < pass.pixels; p++)
        counts[labels[p]]++;
    for (int label = 0; label < 256; label++)
        pass.total_weight += seg_loss_weight(&pass, (uint8_t)label) * (double)counts[label];
    return pass;
}

seg_loss_block seg_loss_block_at(const seg_loss_pass *pass, int64_t index)
{
    int64_t first = index * SEG_LOSS_BLOCK, left = pass->pixels - first;
    return (seg_loss_block){index, first, left < SEG_LOSS_BLOCK ? left : SEG_LOSS_BLOCK};
}

double seg_loss_sum(const seg_loss_pass *pass)
{
    double sum = 0.0;
    for (int64_t i = 0; i < pass->blocks; i++)
        sum += pass->sums[i];
    return sum;
}

void seg_loss_softmax(const seg_loss_pass *pass, seg_loss_block block, float *loss)
{
    int64_t offset = block.first * pass->classes;
    pass->kernels->softmax_loss(pass->logits + offset, pass->labels + block.first, block.count,
                                pass->classes, pass->diff + offset, loss);
}

void seg_loss_softmax_grad(const seg_loss_pass *pass, seg_loss_block block, const float *factor)
{
    pass->kernels->softmax_loss_grad(pass->diff + block.first * pass->classes,
                                     pass->labels + block.first, factor, block.count,
                                     pass->classes);
}
