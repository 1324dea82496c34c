/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * convolution_winograd.c: 3x3 kernels at stride 1 by Winograd's minimal filtering
 * (kernels/winograd.h), dense or dilated.
 *
 * With rates dy and dx the image is dy*dx interleaved images that never meet, each convolved
 * densely, so a tile is m x m pixels that lie a rate apart. Tiles that follow each other make a
 * block, done in three steps: transform the sources of all tiles, multiply each of the n*n elements
 * by its matrix of weights with the tiles of igemm.h, transform back. A block is so large that the
 * weights, which pass once for each block, cost less than the arithmetic, and so small that its
 * elements stay in cache between the steps. One thread does all steps of a block, for a range of
 * panels where there are fewer blocks than threads: elements that one processor has written are slow
 * to read from another. Pixels outside the image are read from zeros and written to nowhere.
 * What a tile gives does not depend on the block that it is in.
 *
 * Packed weights: a bias of nr floats a panel, then [element][panel][input channel][nr].
 */
#include "ops/convolution.h"

#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "ops/elementwise.h"

enum {
    TILES_LEAST = 28,      /* of a block */
    TILES_MOST = 42,       /* the same, when its weights come from a cache */
    TILES_MOST_FAR = 112,  /* and when they come from memory */
    NEAR_FLOATS = 4 << 20, /* weights that a cache keeps */
    ELEMENTS_MAX = SEG_WINOGRAD_SPAN_MAX * SEG_WINOGRAD_SPAN_MAX,
    PACKED_ROWS = 16, /* of a panel that are transformed at a time */
    NR_MAX = 64,
    LINE = SEG_ALIGN / sizeof(float), /* elements lie a line apart in the sets of the cache */
};

static const int edges[] = {3, 4, 6};
/* Multiply-adds that take the time of transforming one number of an element, by measurement, and of
 * reading one weight once for a block. */
static const double TRANSFORM_COST = 20, WEIGHT_COST = 4;
/* What Winograd must save before its rounding is worth it. */
static const double WORTH = 0.8;

/* Tiles along one axis: phase r of the rate has pixels r, r + rate, ... */
typedef struct lines {
    int64_t dst, src, rate;
    int64_t first; /* where pixel 0 of dst reads its first tap */
    int64_t count;
    int64_t *start; /* [count] first pixel of dst of each line of tiles */
} lines;

typedef struct plan {
    const seg_convolution *conv;
    const seg_conv_gather *job;
    int m, elements;
    lines y, x;
    int64_t depth, width, panels;
    int64_t tiles, block_tiles, blocks;
    int64_t panel_groups;             /* a block times one of them is a piece of parallel work */
    int64_t depth_span, width_span;   /* floats of a tile's values, of its products */
    int64_t value_step, product_step; /* from one element to the next */
    int64_t piece_floats, zero_floats;
    float *zeros, *memory; /* memory: piece_floats for each thread */
} plan;

static int64_t round_up(int64_t a, int64_t unit)
{
    return (a + unit - 1) / unit * unit;
}

/* ---- plan ---- */

/* start NULL: only counts */
static lines lines_make(const seg_conv_axis *axis, bool to_fine, int m, int64_t *start)
{
    lines l = {.dst = to_fine ? axis->fine : axis->coarse,
               .src = to_fine ? axis->coarse : axis->fine,
               .rate = axis->dilation,
               .first = to_fine ? axis->pad - 2 * axis->dilation : -axis->pad,
               .start = start};
    for (int64_t phase = 0; phase < conv_min(l.rate, l.dst); phase++) {
        for (int64_t at = phase; at < l.dst; at += m * l.rate) {
            if (start != NULL)
                start[l.count] = at;
            l.count++;
        }
    }
    return l;
}

static bool reads_fine(const seg_convolution *conv, bool backward)
{
    return conv->up == backward;
}

static void plan_blocks(plan *p)
{
    const int64_t nr = p->conv->kernels->igemm.nr, threads = p->conv->threads;
    p->tiles = p->conv->n * p->y.count * p->x.count;
    const int64_t weights = p->elements * p->depth * p->width;
    const int64_t most = weights < NEAR_FLOATS ? TILES_MOST : TILES_MOST_FAR;
    p->blocks = (p->tiles + most - 1) / most;
    p->blocks = (p->blocks + threads - 1) / threads * threads; /* as many for each */
    p->blocks = conv_min(p->blocks, (p->tiles + TILES_LEAST - 1) / TILES_LEAST);
    p->block_tiles = (p->tiles + p->blocks - 1) / p->blocks;
    p->panel_groups = conv_min(p->panels, (threads + p->blocks - 1) / p->blocks);
    p->depth_span = round_up(p->depth, p->conv->kernels->vector_floats);
    p->width_span = (p->panels + p->panel_groups - 1) / p->panel_groups * nr;
    p->value_step = round_up(p->block_tiles * p->depth_span, LINE) + LINE;
    p->product_step = round_up(p->block_tiles * p->width_span, LINE) + LINE;
    int64_t nowhere = round_up(p->width_span, LINE);
    p->piece_floats = p->elements * (p->value_step + p->product_step) + nowhere;
    p->zero_floats = round_up(conv_max(p->depth_span, nr), LINE);
}

static plan plan_make(const seg_convolution *conv, bool backward, int m)
{
    const bool to_fine = !reads_fine(conv, backward);
    plan p = {.conv = conv,
              .m = m,
              .elements = (m + 2) * (m + 2),
              .depth = backward ? conv->oc : conv->ic,
              .width = backward ? conv->ic : conv->oc,
              .y = lines_make(&conv->y, to_fine, m, NULL),
              .x = lines_make(&conv->x, to_fine, m, NULL)};
    p.panels = (p.width + conv->kernels->igemm.nr - 1) / conv->kernels->igemm.nr;
    plan_blocks(&p);
    return p;
}

/* Pairs of pixels along one axis that a tap joins, none of them outside. */
static int64_t meetings(const seg_conv_axis *axis)
{
    int64_t sum = 0;
    for (int64_t k = 0; k < axis->kernel; k++) {
        int64_t shift = k * axis->dilation - axis->pad; /* fine pixel = coarse pixel + shift */
        int64_t low = conv_max(0, -shift), high = conv_min(axis->coarse, axis->fine - shift);
        sum += conv_max(0, high - low);
    }
    return sum;
}

int seg_conv_winograd_edge(const seg_convolution *conv, bool backward)
{
    const seg_conv_axis *y = &conv->y, *x = &conv->x;
    if (conv->groups != 1 || y->kernel != 3 || x->kernel != 3 || y->stride != 1 || x->stride != 1)
        return 0;
    const double pair = (double)conv->ic * (double)conv->oc;
    double best = WORTH * (double)(conv->n * meetings(y) * meetings(x)) * pair;
    int edge = 0;
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        const plan p = plan_make(conv, backward, edges[i]);
        double numbers = TRANSFORM_COST * (double)(p.tiles * (conv->ic + conv->oc));
        double cost =
            p.elements * ((double)p.tiles * pair + numbers + WEIGHT_COST * (double)p.blocks * pair);
        if (cost < best) {
            best = cost;
            edge = edges[i];
        }
    }
    return edge;
}

/* ---- packing ---- */

size_t seg_conv_winograd_pack_count(const seg_convolution *conv, bool backward, int m)
{
    plan p = plan_make(conv, backward, m);
    return (size_t)(p.panels * conv->kernels->igemm.nr * (1 + p.elements * p.depth));
}

typedef struct packing {
    plan p;
    bool backward;
    const float *weights, *bias;
    float *packed;
} packing;

static void pack_panel(void *context, int64_t panel, int thread)
{
    (void)thread;
    const packing *k = context;
    const plan *p = &k->p;
    const int64_t nr = p->conv->kernels->igemm.nr, panel_floats = p->depth * nr;
    const bool flip = !reads_fine(p->conv, k->backward);
    _Alignas(SEG_ALIGN) float taps[9][PACKED_ROWS * NR_MAX];
    float *bias = k->packed + panel * nr;
    memset(bias, 0, (size_t)nr * sizeof *bias);
    if (k->bias != NULL)
        memcpy(bias, k->bias + panel * nr,
               (size_t)conv_min(nr, p->width - panel * nr) * sizeof *bias);
    float *out = k->packed + p->panels * nr + panel * panel_floats;
    for (int64_t first = 0; first < p->depth; first += PACKED_ROWS) {
        int64_t last = conv_min(p->depth, first + PACKED_ROWS);
        for (int64_t t = 0; t < 9; t++)
            seg_conv_pack_tap(p->conv, k->backward, k->weights, 0, panel, flip ? 8 - t : t, first,
                              last, taps[t]);
        p->conv->kernels->winograd.weights(p->m, taps[0], PACKED_ROWS * NR_MAX, (last - first) * nr,
                                           out + first * nr, p->panels * panel_floats);
    }
}

void seg_conv_winograd_pack(const seg_convolution *conv, bool backward, int m, const float *weights,
                            const float *bias, float *packed)
{
    packing k = {plan_make(conv, backward, m), backward, weights, bias, packed};
    seg_parallel_for(conv->threads, k.p.panels, pack_panel, &k);
}

/* ---- run ---- */

/* A block and a range of panels, and its memory. */
typedef struct piece {
    const plan *p;
    int64_t first, tiles;  /* of the plan */
    int64_t panel, panels; /* the first, and how many */
    float *values, *products, *nowhere;
} piece;

/* Where tile `index` starts in dst. */
typedef struct place {
    int64_t image, y, x;
} place;

static place place_of(const plan *p, int64_t index)
{
    return (place){index / (p->y.count * p->x.count), p->y.start[index / p->x.count % p->y.count],
                   p->x.start[index % p->x.count]};
}

static void split_tile(const piece *w, int64_t tile)
{
    const plan *p = w->p;
    const int n = p->m + 2;
    const place at = place_of(p, w->first + tile);
    const float *pixels[ELEMENTS_MAX];
    for (int i = 0; i < n; i++) {
        int64_t y = at.y + p->y.first + i * p->y.rate;
        for (int j = 0; j < n; j++) {
            int64_t x = at.x + p->x.first + j * p->x.rate;
            bool inside = y >= 0 && y < p->y.src && x >= 0 && x < p->x.src;
            pixels[i * n + j] =
                !inside ? p->zeros
                        : p->job->src + ((at.image * p->y.src + y) * p->x.src + x) * p->depth;
        }
    }
    p->conv->kernels->winograd.split(p->m, pixels, p->depth, w->values + tile * p->depth_span,
                                     p->value_step);
}

static void join_tile(const piece *w, int64_t tile)
{
    const plan *p = w->p;
    const int64_t nr = p->conv->kernels->igemm.nr, channel = w->panel * nr;
    const place at = place_of(p, w->first + tile);
    float *pixels[ELEMENTS_MAX], lo, hi;
    for (int i = 0; i < p->m; i++) {
        int64_t y = at.y + i * p->y.rate;
        for (int j = 0; j < p->m; j++) {
            int64_t x = at.x + j * p->x.rate;
            bool inside = y < p->y.dst && x < p->x.dst;
            pixels[i * p->m + j] =
                !inside
                    ? w->nowhere
                    : p->job->dst + channel + ((at.image * p->y.dst + y) * p->x.dst + x) * p->width;
        }
    }
    seg_activation_range(p->job->activation, &lo, &hi);
    p->conv->kernels->winograd.join(p->m, w->products + tile * p->width_span, p->product_step,
                                    p->job->packed + channel,
                                    conv_min(w->panels * nr, p->width - channel), lo, hi, pixels);
}

/* Element `e` of all tiles times its weights. */
static void multiply(const piece *w, int64_t e)
{
    const plan *p = w->p;
    const int64_t mr = p->conv->kernels->igemm.mr, nr = p->conv->kernels->igemm.nr;
    const int64_t rows = (w->tiles + mr - 1) / mr, panel_floats = p->depth * nr;
    const seg_igemm_tap tap = {0, 0};
    const float *src[SEG_IGEMM_MR_MAX];
    float *dst[SEG_IGEMM_MR_MAX];
    seg_igemm_gather job = {
        .taps = &tap,
        .tap_count = 1,
        .depth = p->depth,
        .bias = p->zeros,
        .src_offset = e * p->value_step,
        .width = nr,
    };
    const float *weights =
        p->job->packed + p->panels * nr + (e * p->panels + w->panel) * panel_floats;
    for (int64_t k = 0; k < w->panels; k++) {
        job.weights = weights + k * panel_floats;
        job.dst_offset = e * p->product_step + k * nr;
        for (int64_t r = 0; r < rows; r++) {
            int64_t first = w->tiles * r / rows, count = w->tiles * (r + 1) / rows - first;
            for (int64_t i = 0; i < count; i++) {
                src[i] = w->values + (first + i) * p->depth_span;
                dst[i] = w->products + (first + i) * p->width_span;
            }
            p->conv->kernels->igemm.gather(&job, count, src, dst);
        }
    }
}

static void run_piece(void *context, int64_t index, int thread)
{
    const plan *p = context;
    const int64_t block = index / p->panel_groups, group = index % p->panel_groups;
    const int64_t panel = p->panels * group / p->panel_groups;
    piece w = {.p = p,
               .first = p->tiles * block / p->blocks,
               .panel = panel,
               .panels = p->panels * (group + 1) / p->panel_groups - panel,
               .values = p->memory + thread * p->piece_floats};
    w.tiles = p->tiles * (block + 1) / p->blocks - w.first;
    w.products = w.values + p->elements * p->value_step;
    w.nowhere = w.products + p->elements * p->product_step;
    for (int64_t t = 0; t < w.tiles; t++)
        split_tile(&w, t);
    for (int64_t e = 0; e < p->elements; e++)
        multiply(&w, e);
    for (int64_t t = 0; t < w.tiles; t++)
        join_tile(&w, t);
}

size_t seg_conv_winograd_scratch(const seg_convolution *conv, bool backward, int m)
{
    plan p = plan_make(conv, backward, m);
    return seg_align_up((size_t)(p.y.count + p.x.count) * sizeof(int64_t)) +
           (size_t)(p.zero_floats + conv->threads * p.piece_floats) * sizeof(float);
}

void seg_conv_winograd_run(const seg_convolution *conv, int m, const seg_conv_gather *job,
                           void *scratch)
{
    plan p = plan_make(conv, job->backward, m);
    const bool to_fine = !reads_fine(conv, job->backward);
    int64_t *starts = scratch;
    p.y = lines_make(&conv->y, to_fine, m, starts);
    p.x = lines_make(&conv->x, to_fine, m, starts + p.y.count);
    p.zeros = (float *)(void *)((char *)scratch +
                                seg_align_up((size_t)(p.y.count + p.x.count) * sizeof(int64_t)));
    p.memory = p.zeros + p.zero_floats;
    p.job = job;
    memset(p.zeros, 0, (size_t)p.zero_floats * sizeof(float));
    seg_parallel_for(conv->threads, p.blocks * p.panel_groups, run_piece, &p);
}
