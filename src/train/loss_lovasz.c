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
 *
 * Memory is what costs. Classes are planes of their own, which first hold the errors as keys, then
 * the gradients; a key tells the error and the truth, so that no pixel is looked up again.
 */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "train/loss_pass.h"

/* Classes are dealt to SLOTS in turn, each with its own place to sort in. */
enum { SLOTS = 4, DIGIT_BITS = 10, DIGITS = 1 << DIGIT_BITS, PASSES = 3, FETCH_AHEAD = 32 };

/* Errors lie in 0..1, whose bits as integers are ordered alike and at most ONE: 30 bits. */
#define ONE     0x3f800000u
#define ERROR   0x3fffffffu /* of a key: ONE less the bits of the error, so it falls as that rises */
#define TRUTH   0x40000000u /* the pixel is of the class */
#define IGNORED 0x80000000u /* its label does not count */

typedef struct lovasz_item {
    uint32_t key, pixel;
} lovasz_item;

typedef union lovasz_cell {
    uint32_t key;
    float diff; /* of the probability */
} lovasz_cell;

typedef struct lovasz {
    seg_loss_pass pass;
    lovasz_cell *planes; /* [classes][pixels] */
    lovasz_item *items;  /* [SLOTS][2][pixels] */
    double loss[256], share[256];
    int64_t truth[256];
} lovasz;

static uint32_t key_of(float p, bool truth)
{
    float error = truth ? 1.0f - p : p;
    error = error > 0.0f ? error : 0.0f; /* also when it is NaN */
    error = error < 1.0f ? error : 1.0f;
    uint32_t bits;
    memcpy(&bits, &error, sizeof bits);
    return (ONE - bits) | (truth ? TRUTH : 0);
}

static float error_of(uint32_t key)
{
    uint32_t bits = ONE - (key & ERROR);
    float error;
    memcpy(&error, &bits, sizeof error);
    return error;
}

static void softmax_body(void *context, int64_t index, int thread)
{
    (void)thread;
    const lovasz *work = context;
    const seg_loss_pass *pass = &work->pass;
    seg_loss_block block = seg_loss_block_at(pass, index);
    const uint8_t *labels = pass->labels + block.first;
    float loss[SEG_LOSS_BLOCK];
    seg_loss_softmax(pass, block, loss);
    pass->sums[index] = 0.0;
    for (int64_t i = 0; i < block.count; i++) {
        if (isnan(loss[i])) /* which keys cannot say */
            pass->sums[index] = (double)NAN;
    }
    for (int64_t c = 0; c < pass->classes; c++) {
        const float *probs = pass->diff + block.first * pass->classes + c;
        lovasz_cell *plane = work->planes + c * pass->pixels + block.first;
        for (int64_t i = 0; i < block.count; i++) {
            uint32_t key = key_of(probs[i * pass->classes], labels[i] == c);
            plane[i].key = labels[i] < pass->classes ? key : IGNORED;
        }
    }
}

typedef struct lovasz_starts {
    uint32_t at[PASSES][DIGITS];
} lovasz_starts;

static inline uint32_t digit(uint32_t key, int pass)
{
    return key >> pass * DIGIT_BITS & (DIGITS - 1);
}

/* Where the items of each digit start, in every pass; returns how many items there are. */
static int64_t find_starts(const lovasz_cell *plane, int64_t pixels, lovasz_starts *starts)
{
    int64_t count = 0;
    memset(starts, 0, sizeof *starts);
    for (int64_t i = 0; i < pixels; i++) {
        uint32_t key = plane[i].key;
        if (key == IGNORED)
            continue;
        count++;
        for (int pass = 0; pass < PASSES; pass++)
            starts->at[pass][digit(key, pass)]++;
    }
    for (int pass = 0; pass < PASSES; pass++) {
        uint32_t before = 0;
        for (int d = 0; d < DIGITS; d++) {
            uint32_t here = starts->at[pass][d];
            starts->at[pass][d] = before;
            before += here;
        }
    }
    return count;
}

static void sort_pass(const lovasz_item *from, lovasz_item *to, int64_t count, int pass,
                      lovasz_starts *starts)
{
    for (int64_t i = 0; i < count; i++)
        to[starts->at[pass][digit(from[i].key, pass)]++] = from[i];
}

/* Stable radix sort by error; the result lies in items. Returns how many there are. */
static int64_t sort_plane(const lovasz_cell *plane, int64_t pixels, lovasz_item *items)
{
    lovasz_starts starts;
    int64_t count = find_starts(plane, pixels, &starts);
    for (int64_t i = 0; i < pixels; i++) {
        uint32_t key = plane[i].key;
        if (key != IGNORED)
            items[starts.at[0][digit(key, 0)]++] = (lovasz_item){key, (uint32_t)i};
    }
    sort_pass(items, items + pixels, count, 1, &starts);
    sort_pass(items + pixels, items, count, 2, &starts);
    return count;
}

static void do_class(lovasz *work, int c, lovasz_item *items)
{
    const int64_t pixels = work->pass.pixels;
    lovasz_cell *plane = work->planes + c * pixels;
    int64_t count = sort_plane(plane, pixels, items);
    double all = (double)work->truth[c], inside = 0.0, before = 0.0, loss = 0.0;
    for (int64_t i = 0; i < count; i++) {
        __builtin_prefetch(&plane[items[i + FETCH_AHEAD < count ? i + FETCH_AHEAD : i].pixel], 1);
        bool truth = (items[i].key & TRUTH) != 0;
        inside += truth;
        double jaccard = 1.0 - (all - inside) / (all + ((double)(i + 1) - inside));
        double slope = jaccard - before;
        before = jaccard;
        loss += slope * (double)error_of(items[i].key);
        plane[items[i].pixel].diff = (float)((truth ? -slope : slope) * work->share[c]);
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

enum { GRAD_PIXELS = 64 }; /* whose gradients of all classes stand on the stack */

/* The planes of a few pixels, as rows of classes. */
static void gather_diff(const lovasz *work, int64_t first, int64_t count, float *diff)
{
    const int64_t classes = work->pass.classes;
    for (int64_t c = 0; c < classes; c++) {
        const lovasz_cell *plane = work->planes + c * work->pass.pixels + first;
        for (int64_t i = 0; i < count; i++) {
            bool counts = work->share[c] > 0.0 && work->pass.labels[first + i] < classes;
            diff[i * classes + c] = counts ? plane[i].diff : 0.0f;
        }
    }
}

static void grad_body(void *context, int64_t index, int thread)
{
    (void)thread;
    const lovasz *work = context;
    const int64_t classes = work->pass.classes;
    seg_loss_block block = seg_loss_block_at(&work->pass, index);
    float rows[GRAD_PIXELS * 256];
    for (int64_t i = 0; i < block.count; i += GRAD_PIXELS) {
        int64_t first = block.first + i, left = block.count - i;
        int64_t count = left < GRAD_PIXELS ? left : GRAD_PIXELS;
        float *diff = work->pass.diff + first * classes;
        gather_diff(work, first, count, rows);
        work->pass.kernels->softmax_grad(diff, rows, count, classes, diff);
    }
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

/* Scratch: the blocks' sums, items, planes. */
static size_t sums_size(const seg_shape *logits)
{
    return seg_align_up(seg_loss_pass_size(logits));
}

static double compute(const seg_loss_opts *opts, const seg_tensor *logits, const uint8_t *labels,
                      float *diff_logits, void *scratch)
{
    lovasz work = {.pass = seg_loss_pass_make(opts, logits, labels, diff_logits, scratch)};
    work.items = (lovasz_item *)(void *)((char *)scratch + sums_size(&logits->shape));
    work.planes = (lovasz_cell *)(work.items + SLOTS * 2 * work.pass.pixels);
    find_shares(&work);
    seg_parallel_for(opts->threads, work.pass.blocks, softmax_body, &work);
    seg_parallel_for(opts->threads, SLOTS, slot_body, &work);
    seg_parallel_for(opts->threads, work.pass.blocks, grad_body, &work);
    double loss = seg_loss_sum(&work.pass); /* 0, or NaN */
    for (int c = 0; c < work.pass.classes; c++)
        loss += work.loss[c];
    return loss;
}

static size_t scratch_size(const seg_shape *logits)
{
    size_t pixels = (size_t)(logits->n * logits->h * logits->w);
    return sums_size(logits) +
           pixels * (SLOTS * 2 * sizeof(lovasz_item) + (size_t)logits->c * sizeof(lovasz_cell));
}

const seg_loss seg_loss_lovasz = {
    .name = "lovasz",
    .help = "Lovasz-softmax: a surrogate of the IoU itself",
    .compute = compute,
    .scratch_size = scratch_size,
};
