/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * convolution_gather.c: an image made from the other one, region by region (convolution_regions.h).
 *
 * With operands in bf16 a "float" of the source and of weights is a pair of channels. The pairs of a
 * block (of 1x1 kernels) or of the whole source are made in scratch.
 */
#include "base/memory.h"
#include "base/parallel.h"
#include "ops/convolution_regions.h"
#include "ops/elementwise.h"

enum {
    BLOCK_SOURCE_FLOATS = 96 << 10, /* of a block's source pixels: a share of the L2 cache */
    PANEL_SLICE_FLOATS = 64 << 10,  /* of a panel that stays in cache while tiles pass */
    FETCH_FLOATS = 1 << 10,         /* a tile's pixels are asked for at least so far ahead */
};

typedef struct plan {
    const seg_convolution *conv;
    const seg_conv_gather *job;
    seg_conv_regions regions;
    seg_conv_layout layout;
    int64_t depth, width; /* channels (bf16: pairs) of source, and of destination in one group */
    bool bf16, by_block;  /* by_block: a thread makes the pairs of the block that it works on */
    int64_t channels, src_pixel; /* of the source; floats from one pixel of src to the next */
    float *pairs;
    int64_t pairs_floats; /* for each thread by_block */
    int64_t panels, panel_floats, panel_groups;
    int64_t slices, slice; /* the depth is cut so that a panel's slice stays in cache */
    bool stream;           /* dst is written past the caches */
    int64_t fetch;         /* floats that source pixels are asked for ahead; 0: not */
} plan;

/* ---- plan ---- */

static seg_conv_layout layout_of(const plan *p)
{
    return (seg_conv_layout){.mr = p->conv->kernels->igemm.mr,
                             .pixel = p->depth * p->conv->groups,
                             .weights = p->depth * p->conv->kernels->igemm.nr,
                             .runs = p->conv->groups == 1 && p->slices == 1,
                             .depth = p->depth,
                             .block_elements = BLOCK_SOURCE_FLOATS};
}

/* Where the source is read, and room for its pairs. */
static void plan_pairs(plan *p)
{
    p->src_pixel = p->channels;
    if (!p->bf16)
        return;
    p->by_block = p->conv->y.kernel * p->conv->x.kernel == 1;
    if (p->by_block) {
        p->pairs_floats = seg_conv_tiles_most(&p->regions, &p->layout) * p->layout.mr * p->depth;
    } else {
        p->pairs_floats = p->conv->n * p->regions.y.src * p->regions.x.src * p->depth;
        p->src_pixel = p->depth;
    }
}

/* All but the tables, whose bytes are returned. */
static size_t plan_count(plan *p, const seg_convolution *conv, bool backward)
{
    const int64_t nr = conv->kernels->igemm.nr, taps = conv->y.kernel * conv->x.kernel;
    *p = (plan){.conv = conv};
    p->channels = backward ? conv->oc : conv->ic;
    p->bf16 = seg_conv_bf16_fits(conv, backward);
    p->depth = p->bf16 ? (p->channels + 1) / 2 : p->channels / conv->groups;
    p->width = (backward ? conv->ic : conv->oc) / conv->groups;
    p->panels = (p->width + nr - 1) / nr;
    p->panel_floats = nr * (1 + taps * p->depth);
    p->slices = (taps * p->depth * nr + PANEL_SLICE_FLOATS - 1) / PANEL_SLICE_FLOATS;
    p->slices = conv_min(p->slices, p->depth);
    p->slice = (p->depth + p->slices - 1) / p->slices;
    p->layout = layout_of(p);
    seg_conv_regions_count(&p->regions, conv, conv->up != backward);
    plan_pairs(p);
    return seg_conv_regions_size(&p->regions);
}

size_t seg_conv_gather_scratch(const seg_convolution *conv, bool backward)
{
    plan p;
    size_t tables = seg_align_up(plan_count(&p, conv, backward));
    return tables + (size_t)(p.pairs_floats * (p.by_block ? conv->threads : 1)) * sizeof(float);
}

/* Floats from one pixel of dst to the next. */
static int64_t dst_pixel_of(const plan *p)
{
    return p->job->dst_step > 0 ? p->job->dst_step : p->width * p->conv->groups;
}

/* ---- run ---- */

/* Pixels first..end-1 of a block as pairs: runs that are equally far apart in one go. */
static void pair_pixels(const plan *p, seg_conv_block *b, int64_t first, int64_t end, float *pairs)
{
    for (int64_t next; first < end; first = next) {
        const float *src = b->src[first];
        int64_t step = first + 1 < end ? b->src[first + 1] - src : 0;
        for (next = first; next < end && b->src[next] == src + (next - first) * step; next++)
            ;
        p->conv->kernels->bf16.pixels(src, step, next - first, p->channels,
                                      pairs + first * p->depth, p->depth);
        for (int64_t i = first; i < next; i++)
            b->src[i] = pairs + i * p->depth;
    }
}

static void pair_block(const plan *p, seg_conv_block *b, float *pairs)
{
    for (int64_t t = 0; t < b->tile_count; t++) {
        const seg_conv_tile *now = &b->tiles[t];
        if (now->region->tap_count > 0) /* else its pixels read nothing, and point nowhere */
            pair_pixels(p, b, now->first, now->first + now->pixels, pairs);
    }
}

/* All tiles of the block for one slice of one panel. */
static void run_slice(const plan *p, const seg_conv_block *b, seg_igemm_gather *job, int64_t depth)
{
    const seg_kernels *kernels = p->conv->kernels;
    for (int64_t t = 0; t < b->tile_count; t++) {
        const seg_conv_tile *now = &b->tiles[t];
        job->taps = now->region->taps;
        job->tap_count = now->region->tap_count;
        job->depth = depth * now->region->depth_taps;
        (p->bf16 ? kernels->bf16.gather : kernels->igemm.gather)(
            job, now->pixels, b->src + now->first, b->dst + now->first);
    }
}

static void run_panel(const plan *p, const seg_conv_block *b, int64_t group, int64_t panel,
                      bool first)
{
    const int64_t nr = p->conv->kernels->igemm.nr;
    const float *packed = p->job->packed + (group * p->panels + panel) * p->panel_floats;
    seg_igemm_gather job = {
        .bias = packed,
        .dst_offset = group * p->width + panel * nr,
        .width = conv_min(nr, p->width - panel * nr),
        .fetch = first ? p->fetch : 0,
        .stream = p->stream,
    };
    for (int64_t k = 0; k < p->depth; k += p->slice) {
        int64_t depth = conv_min(p->slice, p->depth - k);
        job.weights = packed + nr + k * nr;
        job.src_offset = group * p->depth + k;
        job.ramp = seg_activation_ramp(k + depth == p->depth ? p->job->activation : SEG_ACT_NONE);
        run_slice(p, b, &job, depth);
        job.bias = NULL;
    }
}

static void run_piece(void *context, int64_t index, int thread)
{
    const plan *p = context;
    seg_conv_block b;
    const int64_t blocks = p->regions.blocks;
    int64_t part = index / blocks % p->panel_groups, group = index / blocks / p->panel_groups;
    seg_conv_block_make(&p->regions, index % blocks, &b);
    if (p->by_block)
        pair_block(p, &b, p->pairs + thread * p->pairs_floats);
    int64_t start = p->panels * part / p->panel_groups;
    int64_t end = p->panels * (part + 1) / p->panel_groups;
    for (int64_t panel = start; panel < end; panel++)
        run_panel(p, &b, group, panel, panel == start);
    if (p->stream)
        p->conv->kernels->igemm.stream_end();
}

static bool streams(const plan *p)
{
    const int64_t vector = p->conv->kernels->vector_floats, pixel = dst_pixel_of(p);
    int64_t floats = p->conv->n * p->regions.y.dst * p->regions.x.dst * p->width * p->conv->groups;
    bool aligned = pixel % vector == 0 && p->width % vector == 0 &&
                   (uintptr_t)p->job->dst % ((size_t)vector * sizeof(float)) == 0;
    return floats >= SEG_STREAM_FLOATS && aligned && p->slices == 1;
}

static void plan_memory(plan *p)
{
    p->stream = streams(p);
    /* A tile reads its pixels side by side, which no prefetcher follows. Taps share pixels. */
    const seg_conv_regions *r = &p->regions;
    if (r->region_count == 1 && p->slices == 1 && r->regions[0].tap_count == 1 && !p->bf16) {
        int64_t step = p->layout.mr * r->x.src_step * p->layout.pixel;
        p->fetch = (FETCH_FLOATS + step - 1) / step * step;
    }
}

static void plan_make(plan *p, const seg_convolution *conv, const seg_conv_gather *job,
                      void *scratch)
{
    const size_t tables = plan_count(p, conv, job->backward);
    seg_conv_regions *r = &p->regions;
    seg_conv_regions_make(r, conv, conv->up != job->backward, &p->layout, scratch);
    p->job = job;
    p->pairs = (float *)(void *)((char *)scratch + seg_align_up(tables));
    p->panel_groups = seg_conv_panel_groups(p->panels, r->blocks * conv->groups);
    r->src = p->bf16 && !p->by_block ? p->pairs : job->src;
    r->dst = job->dst;
    r->src_pixel = p->src_pixel * (int64_t)sizeof(float);
    r->dst_pixel = dst_pixel_of(p) * (int64_t)sizeof(float);
    plan_memory(p);
}

void seg_conv_gather_run(const seg_convolution *conv, const seg_conv_gather *job, void *scratch)
{
    plan p;
    plan_make(&p, conv, job, scratch);
    const seg_conv_regions *r = &p.regions;
    if (p.bf16 && !p.by_block)
        seg_conv_pair_image(conv, job->src, conv->n * r->y.src * r->x.src, p.channels, p.pairs);
    seg_parallel_for(conv->threads, r->blocks * p.panel_groups * conv->groups, run_piece, &p);
}

const char *seg_conv_gather_algorithm(const seg_convolution *conv, const seg_conv_gather *job)
{
    plan p;
    plan_count(&p, conv, job->backward);
    p.job = job;
    if (p.bf16)
        return p.slices > 1 ? "indirect GEMM in bf16, sliced" : "indirect GEMM in bf16";
    return p.slices > 1  ? "indirect GEMM, depth in slices"
           : streams(&p) ? "indirect GEMM, past the caches"
                         : "indirect GEMM";
}
