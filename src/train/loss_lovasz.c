/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * loss_lovasz.c: the Lovasz-softmax loss (Berman, Triki, Blaschko 2018): a convex surrogate of
 * 1 - IoU, over the batch, mean over the classes present.
 *
 * For class c, with errors e_i = |[t_i = c] - p_i[c]| in falling order, G the pixels of the class
 * and J_i = 1 - (G - sum_{k<=i} [t_k = c]) / (G + sum_{k<=i} [t_k != c]):
 *   L_c = sum_i e_i * (J_i - J_{i-1})          L = sum_c v_c L_c
 *   dL/dp_i[c] = -+ v_c * (J_i - J_{i-1})      minus where t_i = c
 * where v_c are the class weights, scaled to sum to 1 over the classes present. The order is taken
 * as constant in the gradient; equal errors keep the order of the pixels.
 */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "train/loss_pass.h"

/* Classes are dealt to SLOTS in turn, each with its own place to sort in. */
enum { SLOTS = 4, DIGIT_BITS = 10, DIGITS = 1 << DIGIT_BITS };

typedef struct lovasz_item {
    uint32_t key; /* falls as the error rises */
    uint32_t pixel;
} lovasz_item;

typedef struct lovasz {
    seg_loss_pass pass;
    float *diff_probs;  /* pixels x classes */
    lovasz_item *items; /* [SLOTS][2][pixels] */
    double loss[256], share[256];
    int64_t truth[256];
} lovasz;

static void softmax_body(void *context, int64_t index, int thread)
{
    (void)thread;
    const lovasz *work = context;
    seg_loss_block block = seg_loss_block_at(&work->pass, index);
    float loss[SEG_LOSS_BLOCK];
    seg_loss_softmax(&work->pass, block, loss);
    memset(work->diff_probs + block.first * work->pass.classes, 0,
           (size_t)(block.count * work->pass.classes) * sizeof(float));
}

/* Stable radix sort by key (30 bits, three digits); returns where the result lies: a or b. */
static lovasz_item *sort_items(lovasz_item *a, lovasz_item *b, int64_t count)
{
    for (int shift = 0; shift < 3 * DIGIT_BITS; shift += DIGIT_BITS) {
        int64_t starts[DIGITS + 1] = {0};
        for (int64_t i = 0; i < count; i++)
            starts[(a[i].key >> shift & (DIGITS - 1)) + 1]++;
        for (int d = 0; d < DIGITS; d++)
            starts[d + 1] += starts[d];
        for (int64_t i = 0; i < count; i++)
            b[starts[a[i].key >> shift & (DIGITS - 1)]++] = a[i];
        lovasz_item *swap = a;
        a = b;
        b = swap;
    }
    return a;
}

static float error_of(const lovasz *work, int64_t pixel, int c)
{
    float p = work->pass.diff[pixel * work->pass.classes + c];
    return work->pass.labels[pixel] == c ? 1.0f - p : p;
}

/* Errors lie in 0..1, whose bits as integers are ordered alike and at most ONE. */
static int64_t fill_items(const lovasz *work, int c, lovasz_item *items)
{
    const uint32_t one = 0x3f800000;
    int64_t count = 0;
    for (int64_t i = 0; i < work->pass.pixels; i++) {
        if (work->pass.labels[i] >= work->pass.classes)
            continue;
        float error = fminf(fmaxf(error_of(work, i, c), 0.0f), 1.0f);
        uint32_t bits;
        memcpy(&bits, &error, sizeof bits);
        items[count++] = (lovasz_item){one - bits, (uint32_t)i};
    }
    return count;
}

static void do_class(lovasz *work, int c, lovasz_item *items)
{
    const seg_loss_pass *pass = &work->pass;
    int64_t count = fill_items(work, c, items);
    const lovasz_item *sorted = sort_items(items, items + pass->pixels, count);
    double all = (double)work->truth[c], inside = 0.0, before = 0.0, loss = 0.0;
    for (int64_t i = 0; i < count; i++) {
        int64_t pixel = sorted[i].pixel;
        bool truth = pass->labels[pixel] == c;
        inside += truth;
        double jaccard = 1.0 - (all - inside) / (all + ((double)(i + 1) - inside));
        double slope = jaccard - before;
        before = jaccard;
        loss += slope * (double)error_of(work, pixel, c);
        work->diff_probs[pixel * pass->classes + c] =
            (float)((truth ? -slope : slope) * work->share[c]);
    }
    work->loss[c] = loss * work->share[c];
}

static void slot_body(void *context, int64_t slot, int thread)
{
    (void)thread;
    lovasz *work = context;
    for (int c = (int)slot; c < work->pass.classes; c += SLOTS) {
        if (work->share[c] > 0.0)
            do_class(work, c, work->items + slot * 2 * work->pass.pixels);
    }
}

static void grad_body(void *context, int64_t index, int thread)
{
    (void)thread;
    const lovasz *work = context;
    seg_loss_block block = seg_loss_block_at(&work->pass, index);
    int64_t offset = block.first * work->pass.classes;
    float *diff = work->pass.diff + offset;
    work->pass.kernels->softmax_grad(diff, work->diff_probs + offset, block.count,
                                     work->pass.classes, diff);
}

static void find_shares(lovasz *work)
{
    const seg_loss_pass *pass = &work->pass;
    double total = 0.0;
    for (int64_t i = 0; i < pass->pixels; i++)
        work->truth[pass->labels[i]]++;
    for (int c = 0; c < pass->classes; c++)
        total += work->truth[c] > 0 ? seg_loss_weight(pass, (uint8_t)c) : 0.0;
    for (int c = 0; c < pass->classes && total > 0.0; c++) {
        if (work->truth[c] > 0)
            work->share[c] = seg_loss_weight(pass, (uint8_t)c) / total;
    }
}

static double compute(const seg_loss_opts *opts, const seg_tensor *logits, const uint8_t *labels,
                      float *diff_logits, void *scratch)
{
    lovasz work = {.pass = seg_loss_pass_make(opts, logits, labels, diff_logits, scratch)};
    double loss = 0.0;
    work.items = scratch;
    work.diff_probs = (float *)(work.items + SLOTS * 2 * work.pass.pixels);
    find_shares(&work);
    seg_parallel_for(opts->threads, work.pass.blocks, softmax_body, &work);
    seg_parallel_for(opts->threads, SLOTS, slot_body, &work);
    seg_parallel_for(opts->threads, work.pass.blocks, grad_body, &work);
    for (int c = 0; c < work.pass.classes; c++)
        loss += work.loss[c];
    return loss;
}

static size_t scratch_size(const seg_shape *logits)
{
    size_t pixels = (size_t)(logits->n * logits->h * logits->w);
    return pixels * (SLOTS * 2 * sizeof(lovasz_item) + (size_t)logits->c * sizeof(float));
}

const seg_loss seg_loss_lovasz = {
    .name = "lovasz",
    .help = "Lovasz-softmax: a surrogate of the IoU itself",
    .compute = compute,
    .scratch_size = scratch_size,
};
