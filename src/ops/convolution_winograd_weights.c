/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * convolution_winograd_weights.c: the gradient of 3x3 weights at stride 1 by Winograd's filtering.
 *
 *   diff_weights = G^T (sum over tiles of (B^T d B) * (A dY A^T)) G
 * For each of the n*n elements the sum is a matrix product of its own, over tiles: in x out
 * channels. Tiles are taken in chunks whose elements wait in the cache that processors share; first
 * all threads transform the tiles of a chunk, then each element is multiplied by one thread, so its
 * sums are added in the order of the tiles. Chunks depend on shapes only.
 *
 * Elements lie in panels of nr channels, [element][panel][tile][nr]: the products walk memory in
 * order.
 */
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "ops/winograd_tiles.h"

enum {
    CHUNK_TILES = 128,      /* at least */
    CHUNK_FLOATS = 4 << 20, /* of a chunk's elements, about */
    TRANSFORM_TILES = 4,    /* of a share of the first step */
    LINE = SEG_ALIGN / sizeof(float),
};

/* Multiply-adds that take the time of taking up one sum and putting it back. */
static const double SUM_COST = 8;

typedef struct plan {
    const seg_convolution *conv;
    const float *in, *out;
    float *diff_weights;
    seg_winograd_tiles tiles;
    int64_t elements, chunk_tiles, chunks;
    int64_t in_panels, out_panels;
    int64_t in_step, out_step, sum_step; /* from one element to the next */
    int64_t zero_floats;
    float *zeros, *ins, *outs, *sums;
    int64_t first, count; /* tiles of the chunk that is worked on */
} plan;

/* `starts` as in seg_winograd_tiles_make */
static plan plan_make(const seg_convolution *conv, int m, int64_t *starts)
{
    const int64_t nr = conv->kernels->igemm.nr;
    plan p = {.conv = conv,
              .tiles = seg_winograd_tiles_make(conv, false, m, starts),
              .elements = (m + 2) * (m + 2),
              .in_panels = (conv->ic + nr - 1) / nr,
              .out_panels = (conv->oc + nr - 1) / nr};
    const int64_t tile_floats = p.elements * (p.in_panels + p.out_panels) * nr;
    int64_t most = conv_max(CHUNK_TILES, CHUNK_FLOATS / tile_floats);
    p.chunks = (p.tiles.count + most - 1) / most;
    p.chunk_tiles = (p.tiles.count + p.chunks - 1) / p.chunks;
    p.in_step = p.in_panels * p.chunk_tiles * nr + LINE;
    p.out_step = p.out_panels * p.chunk_tiles * nr + LINE;
    p.sum_step = winograd_round_up(conv->ic * conv->oc, LINE) + LINE;
    p.zero_floats = winograd_round_up(conv_max(conv->ic, conv->oc), LINE);
    return p;
}

int seg_conv_winograd_weights_edge(const seg_convolution *conv)
{
    if (!seg_winograd_fits(conv) || conv->up)
        return 0;
    const double pair = (double)conv->ic * (double)conv->oc;
    const double each = seg_conv_weights_bf16(conv) ? SEG_CONV_BF16_COST : 1;
    double best = SEG_WINOGRAD_WORTH * each * (double)seg_winograd_meetings(conv) * pair;
    int edge = 0;
    for (size_t i = 0; i < SEG_WINOGRAD_EDGES; i++) {
        const plan p = plan_make(conv, seg_winograd_edges[i], NULL);
        const double tiles = (double)p.tiles.count;
        double cost = (double)p.elements *
                      ((tiles + SUM_COST * (double)(p.chunks + 1)) * pair +
                       SEG_WINOGRAD_TRANSFORM_COST * tiles * (double)(conv->ic + conv->oc));
        if (cost < best) {
            best = cost;
            edge = seg_winograd_edges[i];
        }
    }
    return edge;
}

/* One tile's pixels, panel by panel, to its place in `elements`. */
static void transform(const plan *p, const float *image, const int64_t *at, int64_t pixel_count,
                      int64_t channels, bool spread, float *elements, int64_t step)
{
    const seg_winograd_kernels *kernels = &p->conv->kernels->winograd;
    const int64_t nr = p->conv->kernels->igemm.nr;
    const float *pixels[SEG_WINOGRAD_ELEMENTS_MAX];
    for (int64_t c = 0; c < channels; c += nr) {
        for (int64_t i = 0; i < pixel_count; i++)
            pixels[i] = (at[i] < 0 ? p->zeros : image + at[i]) + c;
        (spread ? kernels->spread : kernels->split)(p->tiles.m, pixels, conv_min(nr, channels - c),
                                                    elements + c * p->chunk_tiles, step);
    }
}

static void transform_share(void *context, int64_t index, int thread)
{
    (void)thread;
    const plan *p = context;
    const seg_convolution *c = p->conv;
    const int64_t nr = c->kernels->igemm.nr, m = p->tiles.m;
    int64_t at[SEG_WINOGRAD_ELEMENTS_MAX];
    int64_t last = conv_min(p->count, (index + 1) * TRANSFORM_TILES);
    for (int64_t t = index * TRANSFORM_TILES; t < last; t++) {
        seg_winograd_src_at(&p->tiles, p->first + t, c->ic, at);
        transform(p, p->in, at, p->elements, c->ic, false, p->ins + t * nr, p->in_step);
        seg_winograd_dst_at(&p->tiles, p->first + t, c->oc, at);
        transform(p, p->out, at, m * m, c->oc, true, p->outs + t * nr, p->out_step);
    }
}

/* Channels of a product's tile: a part of a vector, so that panels are whole tiles. */
static int64_t tile_height(const seg_kernels *kernels)
{
    int64_t height = kernels->vector_floats;
    while (height > kernels->igemm.mr)
        height /= 2;
    return height;
}

/* The sums of one element for one panel of input channels. */
static void multiply_share(void *context, int64_t index, int thread)
{
    (void)thread;
    const plan *p = context;
    const seg_convolution *c = p->conv;
    const int64_t nr = c->kernels->igemm.nr, height = tile_height(c->kernels);
    const int64_t e = index / p->in_panels, panel = index % p->in_panels;
    const int64_t last = conv_min(c->ic, (panel + 1) * nr);
    seg_igemm_outer job = {.a_col = nr,
                           .b_col = nr,
                           .rows = 1,
                           .cols = p->count,
                           .c_stride = c->oc,
                           .add = p->first > 0};
    const float *ins = p->ins + e * p->in_step + panel * p->chunk_tiles * nr;
    for (int64_t o = 0; o < c->oc; o += nr) {
        job.b = job.fetch = p->outs + e * p->out_step + o * p->chunk_tiles;
        job.width = conv_min(nr, c->oc - o);
        for (int64_t i = panel * nr; i < last; i += height) {
            job.a = ins + i - panel * nr;
            job.height = conv_min(height, last - i);
            job.c = p->sums + e * p->sum_step + i * c->oc + o;
            c->kernels->igemm.outer(&job);
        }
    }
}

/* The taps of one input channel. */
static void taps_share(void *context, int64_t index, int thread)
{
    (void)thread;
    const plan *p = context;
    const seg_convolution *c = p->conv;
    c->kernels->winograd.taps(p->tiles.m, p->sums + index * c->oc, p->sum_step, c->oc,
                              p->diff_weights + index * c->oc, c->ic * c->oc);
}

size_t seg_conv_winograd_weights_scratch(const seg_convolution *conv, int m)
{
    const plan p = plan_make(conv, m, NULL);
    int64_t floats = p.zero_floats + p.elements * (p.in_step + p.out_step + p.sum_step);
    return seg_winograd_starts_size(&p.tiles) + (size_t)floats * sizeof(float);
}

void seg_conv_winograd_weights_run(const seg_convolution *conv, int m, const float *in,
                                   const float *out, float *diff_weights, void *scratch)
{
    plan p = plan_make(conv, m, scratch);
    p.in = in, p.out = out, p.diff_weights = diff_weights;
    p.zeros = (float *)(void *)((char *)scratch + seg_winograd_starts_size(&p.tiles));
    p.ins = p.zeros + p.zero_floats;
    p.outs = p.ins + p.elements * p.in_step;
    p.sums = p.outs + p.elements * p.out_step;
    memset(p.zeros, 0, (size_t)p.zero_floats * sizeof(float));
    for (int64_t chunk = 0; chunk < p.chunks; chunk++) {
        p.first = p.tiles.count * chunk / p.chunks;
        p.count = p.tiles.count * (chunk + 1) / p.chunks - p.first;
        seg_parallel_for(conv->threads, (p.count + TRANSFORM_TILES - 1) / TRANSFORM_TILES,
                         transform_share, &p);
        seg_parallel_for(conv->threads, p.elements * p.in_panels, multiply_share, &p);
    }
    seg_parallel_for(conv->threads, conv->ic, taps_share, &p);
}
