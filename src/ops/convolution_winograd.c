/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * convolution_winograd.c: 3x3 kernels at stride 1 by Winograd's minimal filtering.
 *
 * Tiles that follow each other (winograd_tiles.h) make a block, done in three steps: transform the sources of all tiles, multiply each of the n*n elements
 * by its matrix of weights with the tiles of igemm.h, transform back. A block is so large that the
 * weights, which pass once for each block, cost less than the arithmetic, and so small that its
 * elements stay in cache between the steps. One thread does all steps of a block, for a range of
 * panels where there are fewer blocks than threads: elements that one processor has written are slow
 * to read from another. Pixels outside the image are read from zeros and written to nowhere.
 * What a tile gives does not depend on the block that it is in.
 *
 * Packed weights: a bias of nr floats a panel, then [element][panel][input channel][nr].
 */
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "ops/elementwise.h"
#include "ops/winograd_tiles.h"

enum {
    TILES_LEAST = 28,      /* of a block */
    TILES_MOST = 42,       /* the same, when its weights come from a cache */
    TILES_MOST_FAR = 112,  /* and when they come from memory */
    NEAR_FLOATS = 4 << 20, /* weights that a cache keeps */
    PACKED_ROWS = 16,      /* of a panel that are transformed at a time */
    NR_MAX = 64,
    LINE = SEG_ALIGN / sizeof(float), /* elements lie a line apart in the sets of the cache */
};

/* Multiply-adds that take the time of reading one weight once for a block. */
static const double WEIGHT_COST = 4;

typedef struct plan {
    const seg_convolution *conv;
    const seg_conv_gather *job;
    seg_winograd_tiles tiles;
    int64_t elements, depth, width, panels;
    int64_t block_tiles, blocks;
    int64_t panel_groups;             /* a block times one of them is a piece of parallel work */
    int64_t depth_span, width_span;   /* floats of a tile's values, of its products */
    int64_t value_step, product_step; /* from one element to the next */
    int64_t piece_floats, zero_floats;
    float *zeros, *memory; /* memory: piece_floats for each thread */
} plan;

/* ---- plan ---- */

static bool reads_fine(const seg_convolution *conv, bool backward)
{
    return conv->up == backward;
}

/* Tiles of a block, at most. */
static int64_t tiles_most(const plan *p)
{
    return p->elements * p->depth * p->width < NEAR_FLOATS ? TILES_MOST : TILES_MOST_FAR;
}

/* Floats from one tile to the next, `count` of them used: tiles whole pages apart would share a set
 * of the cache. */
static int64_t apart(int64_t count)
{
    return count % SEG_CONV_PAGE_FLOATS == 0 ? count + LINE : count;
}

static void plan_blocks(plan *p)
{
    const int64_t nr = p->conv->kernels->igemm.nr, threads = p->conv->threads;
    p->blocks = (p->tiles.count + tiles_most(p) - 1) / tiles_most(p);
    p->blocks = winograd_round_up(p->blocks, threads); /* as many for each */
    p->blocks = conv_min(p->blocks, (p->tiles.count + TILES_LEAST - 1) / TILES_LEAST);
    p->block_tiles = (p->tiles.count + p->blocks - 1) / p->blocks;
    p->panel_groups = conv_min(p->panels, (threads + p->blocks - 1) / p->blocks);
    p->depth_span = apart(winograd_round_up(p->depth, p->conv->kernels->vector_floats));
    p->width_span = apart((p->panels + p->panel_groups - 1) / p->panel_groups * nr);
    p->value_step = winograd_round_up(p->block_tiles * p->depth_span, LINE) + LINE;
    p->product_step = winograd_round_up(p->block_tiles * p->width_span, LINE) + LINE;
    int64_t nowhere = winograd_round_up(p->width_span, LINE);
    p->piece_floats = p->elements * (p->value_step + p->product_step) + nowhere;
    p->zero_floats = winograd_round_up(conv_max(p->depth_span, nr), LINE);
}

static plan plan_make(const seg_convolution *conv, bool backward, int m, int64_t *starts)
{
    plan p = {.conv = conv,
              .tiles = seg_winograd_tiles_make(conv, !reads_fine(conv, backward), m, starts),
              .elements = (m + 2) * (m + 2),
              .depth = backward ? conv->oc : conv->ic,
              .width = backward ? conv->ic : conv->oc};
    p.panels = (p.width + conv->kernels->igemm.nr - 1) / conv->kernels->igemm.nr;
    plan_blocks(&p);
    return p;
}

/* Nothing here may depend on the number of threads: other tiles round otherwise. */
int seg_conv_winograd_edge(const seg_convolution *conv, bool backward)
{
    if (!seg_winograd_fits(conv))
        return 0;
    const double pair = (double)conv->ic * (double)conv->oc;
    const double each = seg_conv_bf16_fits(conv, backward) ? SEG_CONV_BF16_COST : 1;
    double best = SEG_WINOGRAD_WORTH * each * (double)seg_winograd_meetings(conv) * pair;
    int edge = 0;
    for (size_t i = 0; i < SEG_WINOGRAD_EDGES; i++) {
        const plan p = plan_make(conv, backward, seg_winograd_edges[i], NULL);
        const double tiles = (double)p.tiles.count, passes = tiles / (double)tiles_most(&p) + 1;
        double cost = (double)p.elements *
                      (tiles * pair + WEIGHT_COST * passes * pair +
                       SEG_WINOGRAD_TRANSFORM_COST * tiles * (double)(conv->ic + conv->oc));
        if (cost < best) {
            best = cost;
            edge = seg_winograd_edges[i];
        }
    }
    return edge;
}

/* ---- packing ---- */

size_t seg_conv_winograd_pack_count(const seg_convolution *conv, bool backward, int m)
{
    plan p = plan_make(conv, backward, m, NULL);
    return (size_t)(p.panels * conv->kernels->igemm.nr * (1 + p.elements * p.depth));
}

typedef struct packing {
    plan p;
    bool backward;
    const seg_conv_kernel *kernel;
    float *packed;
} packing;

static void pack_panel(void *context, int64_t panel, int thread)
{
    (void)thread;
    const packing *k = context;
    const plan *p = &k->p;
    const int64_t nr = p->conv->kernels->igemm.nr, panel_floats = p->depth * nr;
    const bool flip = !reads_fine(p->conv, k->backward);
    float taps[9 * PACKED_ROWS * NR_MAX];
    seg_conv_pack_bias(p->conv, k->kernel, 0, panel, k->packed + panel * nr);
    float *out = k->packed + p->panels * nr + panel * panel_floats;
    for (int64_t first = 0; first < p->depth; first += PACKED_ROWS) {
        int64_t count = conv_min(p->depth - first, PACKED_ROWS), tap = count * nr;
        seg_conv_pack_taps(p->conv, k->backward, k->kernel, 0, panel,
                           (seg_conv_depth){first, count, count}, taps);
        p->conv->kernels->winograd.weights(p->tiles.m, flip ? taps + 8 * tap : taps,
                                           flip ? -tap : tap, tap, out + first * nr,
                                           p->panels * panel_floats);
    }
}

void seg_conv_winograd_pack(const seg_convolution *conv, bool backward, int m,
                            const seg_conv_kernel *kernel, float *packed)
{
    packing k = {plan_make(conv, backward, m, NULL), backward, kernel, packed};
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

static void split_tile(const piece *w, int64_t tile)
{
    const plan *p = w->p;
    int64_t at[SEG_WINOGRAD_ELEMENTS_MAX];
    const float *pixels[SEG_WINOGRAD_ELEMENTS_MAX];
    seg_winograd_src_at(&p->tiles, w->first + tile, p->depth, at);
    for (int64_t i = 0; i < p->elements; i++)
        pixels[i] = at[i] < 0 ? p->zeros : p->job->src + at[i];
    p->conv->kernels->winograd.split(p->tiles.m, pixels, p->depth, w->values + tile * p->depth_span,
                                     p->value_step);
}

static void join_tile(const piece *w, int64_t tile)
{
    const plan *p = w->p;
    const int64_t nr = p->conv->kernels->igemm.nr, channel = w->panel * nr;
    int64_t at[SEG_WINOGRAD_ELEMENTS_MAX];
    float *pixels[SEG_WINOGRAD_ELEMENTS_MAX];
    const int64_t step = p->job->dst_step != 0 ? p->job->dst_step : p->width;
    seg_winograd_dst_at(&p->tiles, w->first + tile, step, at);
    for (int i = 0; i < p->tiles.m * p->tiles.m; i++)
        pixels[i] = at[i] < 0 ? w->nowhere : p->job->dst + channel + at[i];
    const seg_ramp ramp = seg_activation_ramp(p->job->activation);
    p->conv->kernels->winograd.join(p->tiles.m, w->products + tile * p->width_span, p->product_step,
                                    p->job->packed + channel,
                                    conv_min(w->panels * nr, p->width - channel), &ramp, pixels);
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
               .first = p->tiles.count * block / p->blocks,
               .panel = panel,
               .panels = p->panels * (group + 1) / p->panel_groups - panel,
               .values = p->memory + thread * p->piece_floats};
    w.tiles = p->tiles.count * (block + 1) / p->blocks - w.first;
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
    plan p = plan_make(conv, backward, m, NULL);
    return seg_winograd_starts_size(&p.tiles) +
           (size_t)(p.zero_floats + conv->threads * p.piece_floats) * sizeof(float);
}

void seg_conv_winograd_run(const seg_convolution *conv, int m, const seg_conv_gather *job,
                           void *scratch)
{
    plan p = plan_make(conv, job->backward, m, scratch);
    p.zeros = (float *)(void *)((char *)scratch + seg_winograd_starts_size(&p.tiles));
    p.memory = p.zeros + p.zero_floats;
    p.job = job;
    memset(p.zeros, 0, (size_t)p.zero_floats * sizeof(float));
    seg_parallel_for(conv->threads, p.blocks * p.panel_groups, run_piece, &p);
}
