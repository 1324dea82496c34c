/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* convolution_u8.c: packing and running dense convolutions over bytes. */
#include "ops/convolution_u8.h"

#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "ops/convolution_regions.h"
#include "ops/quantised.h"

enum { BLOCK_SOURCE_BYTES = 192 << 10 }; /* of a block's source pixels: a share of the L2 cache */

seg_conv_u8 seg_conv_u8_of(const seg_op_call *call, const seg_conv2d_params *p)
{
    const seg_shape *image = &call->src[0].shape, *w = &call->src[1].shape;
    const seg_shape *dst = &call->dst->shape;
    return (seg_conv_u8){.conv = {.kernels = call->kernels,
                                  .threads = call->threads,
                                  .n = image->n,
                                  .groups = 1,
                                  .y = {image->h, dst->h, w->kh, p->sh, p->ph, p->dh},
                                  .x = {image->w, dst->w, w->kw, p->sw, p->pw, p->dw},
                                  .ic = image->c,
                                  .oc = dst->c},
                         .src = call->src[0].data,
                         .dst = call->dst->data,
                         .packed = call->packed};
}

/* ---- packed weights ---- */

typedef struct panels {
    int64_t nr, count, taps, depth, groups; /* groups: of 4 source channels of a tap */
    size_t sums, weights, size;             /* bytes from a panel's start; of a panel */
} panels;

static panels panels_of(const seg_conv_u8 *c)
{
    panels p = {.nr = c->conv.kernels->u8.nr, .depth = c->conv.ic};
    p.taps = c->conv.y.kernel * c->conv.x.kernel;
    p.count = (c->conv.oc + p.nr - 1) / p.nr;
    p.groups = (p.depth + SEG_U8_GROUP - 1) / SEG_U8_GROUP;
    p.sums = (size_t)p.nr * (sizeof(int32_t) + sizeof(float));
    p.weights = p.sums + (size_t)(p.taps * p.nr) * sizeof(int32_t);
    p.size = seg_align_up(p.weights + (size_t)(p.taps * p.groups * p.nr * SEG_U8_GROUP));
    return p;
}

size_t seg_conv_u8_packed_size(const seg_conv_u8 *c)
{
    panels p = panels_of(c);
    return (size_t)p.count * p.size;
}

/* One tap's weights of channel `place`, in groups of a panel; returns their sum. */
static int32_t pack_tap(const panels *k, const int8_t *row, int8_t *weights)
{
    int32_t sum = 0;
    for (int64_t d = 0; d < k->depth; d++)
        sum += row[d];
    for (int64_t d = 0; d < k->depth; d += SEG_U8_GROUP, weights += k->nr * SEG_U8_GROUP) {
        if (d + SEG_U8_GROUP <= k->depth)
            memcpy(weights, row + d, SEG_U8_GROUP);
        else
            memcpy(weights, row + d, (size_t)(k->depth - d));
    }
    return sum;
}

/* Channel `place` of a panel: its weights, their sums, where sums start and how they are scaled. */
static void pack_channel(const seg_conv_u8 *c, const panels *k, char *panel, int64_t place,
                         const seg_conv_u8_channel *from)
{
    int32_t *start = (int32_t *)(void *)panel, *sums = (int32_t *)(void *)(panel + k->sums);
    float *scale = (float *)(void *)(start + k->nr);
    int8_t *weights = (int8_t *)panel + k->weights + place * SEG_U8_GROUP;
    int64_t total = from->bias;
    for (int64_t t = 0; t < k->taps; t++) {
        const int32_t sum = pack_tap(k, from->weights + t * k->depth,
                                     weights + t * k->groups * k->nr * SEG_U8_GROUP);
        sums[t * k->nr + place] = sum - (int32_t)k->depth * c->weights_zero;
        total -= (int64_t)c->src_zero * sums[t * k->nr + place];
    }
    start[place] = (int32_t)(uint32_t)total;
    scale[place] = from->scale;
}

typedef struct packing {
    const seg_conv_u8 *c;
    const seg_op_call *call;
    seg_conv_u8_source source;
    panels panels;
} packing;

static void pack_panel(void *context, int64_t index, int thread)
{
    (void)thread;
    int8_t row[SEG_U8_DEPTH_MAX];
    const packing *p = context;
    const int64_t first = index * p->panels.nr;
    char *panel = (char *)p->call->packed + (size_t)index * p->panels.size;
    memset(panel, 0, p->panels.size);
    for (int64_t i = 0; i < p->panels.nr && first + i < p->c->conv.oc; i++) {
        seg_conv_u8_channel channel = {.weights = row};
        p->source(p->call, first + i, &channel);
        pack_channel(p->c, &p->panels, panel, i, &channel);
    }
}

void seg_conv_u8_pack(const seg_conv_u8 *c, const seg_op_call *call, seg_conv_u8_source source)
{
    packing p = {c, call, source, panels_of(c)};
    seg_parallel_for(c->conv.threads, p.panels.count, pack_panel, &p);
}

/* ---- run ---- */

typedef struct plan {
    const seg_conv_u8 *c;
    panels panels;
    seg_conv_regions regions;
    int64_t panel_groups;
    const uint8_t *end; /* of the source */
} plan;

size_t seg_conv_u8_scratch_size(const seg_conv_u8 *c)
{
    seg_conv_regions r;
    seg_conv_regions_count(&r, &c->conv, false);
    return seg_conv_regions_size(&r);
}

static void plan_make(plan *p, const seg_conv_u8 *c, void *scratch)
{
    *p = (plan){.c = c, .panels = panels_of(c)};
    const int64_t depth = p->panels.depth;
    const seg_conv_layout layout = {.mr = c->conv.kernels->u8.mr,
                                    .pixel = depth,
                                    .weights = p->panels.groups * p->panels.nr * SEG_U8_GROUP,
                                    .runs = depth % SEG_U8_GROUP == 0,
                                    .depth = depth,
                                    .block_elements = BLOCK_SOURCE_BYTES};
    seg_conv_regions *r = &p->regions;
    seg_conv_regions_count(r, &c->conv, false);
    seg_conv_regions_make(r, &c->conv, false, &layout, scratch);
    r->src = c->src;
    r->dst = c->dst;
    r->src_pixel = depth;
    r->dst_pixel = c->conv.oc * (c->to_float ? (int64_t)sizeof(float) : 1);
    p->panel_groups = seg_conv_panel_groups(p->panels.count, r->blocks);
    p->end = c->src + c->conv.n * c->conv.y.fine * c->conv.x.fine * depth;
}

/* Where sums of a region that lacks taps start: the panel's start took their zero points off. */
static void start_of(const plan *p, const seg_conv_region *r, const char *panel, int32_t *start)
{
    const int64_t nr = p->panels.nr, kw = p->c->conv.x.kernel;
    const int32_t *sums = (const int32_t *)(const void *)(panel + p->panels.sums);
    memcpy(start, panel, (size_t)nr * sizeof *start);
    for (int64_t t = 0; t < p->panels.taps; t++) {
        const int64_t y = t / kw - r->y->tap, x = t % kw - r->x->tap;
        if (y >= 0 && y < r->y->taps && x >= 0 && x < r->x->taps)
            continue;
        for (int64_t i = 0; i < nr; i++)
            start[i] = (int32_t)((uint32_t)start[i] +
                                 (uint32_t)p->c->src_zero * (uint32_t)sums[t * nr + i]);
    }
}

/* What the weights' zero point makes of each pixel's taps: the same for all channels. */
static void block_offsets(const plan *p, const seg_conv_block *b, int32_t *offsets)
{
    seg_u8_gather job = {.end = p->end};
    int64_t count = 0;
    for (int64_t t = 0; t < b->tile_count; t++) {
        const seg_conv_tile *now = &b->tiles[t];
        job.taps = now->region->taps;
        job.tap_count = now->region->tap_count;
        job.depth = p->panels.depth * now->region->depth_taps;
        p->c->conv.kernels->u8.sum_taps(&job, now->pixels, b->src_bytes + now->first,
                                        offsets + now->first);
        count = now->first + now->pixels;
    }
    for (int64_t i = 0; i < count; i++)
        offsets[i] = (int32_t)(-(uint32_t)p->c->weights_zero * (uint32_t)offsets[i]);
}

static void run_panel(const plan *p, const seg_conv_block *b, int64_t index, const int32_t *offsets)
{
    const seg_conv_u8 *c = p->c;
    const int64_t nr = p->panels.nr, first = index * nr;
    const char *panel = (const char *)c->packed + (size_t)index * p->panels.size;
    const int32_t *whole = (const int32_t *)(const void *)panel;
    int32_t start[SEG_U8_NR_MAX];
    const seg_conv_region *started = NULL; /* the one that start is for */
    seg_u8_gather job = {
        .end = p->end,
        .weights = (const int8_t *)panel + p->panels.weights,
        .store = {(const float *)(const void *)(whole + nr), c->lowest, c->highest, c->dst_zero},
        .dst_offset = first,
        .width = conv_min(nr, c->conv.oc - first),
        .to_float = c->to_float,
    };
    for (int64_t t = 0; t < b->tile_count; t++) {
        const seg_conv_tile *now = &b->tiles[t];
        const seg_conv_region *r = now->region;
        const bool plain =
            (r->y->taps == c->conv.y.kernel && r->x->taps == c->conv.x.kernel) || c->src_zero == 0;
        if (!plain && r != started)
            start_of(p, r, panel, start);
        started = plain ? started : r;
        job.start = plain ? whole : start;
        job.offsets = offsets != NULL ? offsets + now->first : NULL;
        job.taps = r->taps;
        job.tap_count = r->tap_count;
        job.depth = p->panels.depth * r->depth_taps;
        c->conv.kernels->u8.gather(&job, now->pixels, b->src_bytes + now->first,
                                   b->dst_any + now->first);
    }
}

static void run_piece(void *context, int64_t index, int thread)
{
    (void)thread;
    const plan *p = context;
    seg_conv_block b;
    int32_t offsets[SEG_CONV_BLOCK_PIXELS];
    const bool shifted = p->c->weights_zero != 0;
    const int64_t part = index / p->regions.blocks;
    seg_conv_block_make(&p->regions, index % p->regions.blocks, &b);
    if (shifted)
        block_offsets(p, &b, offsets);
    const int64_t end = p->panels.count * (part + 1) / p->panel_groups;
    for (int64_t panel = p->panels.count * part / p->panel_groups; panel < end; panel++)
        run_panel(p, &b, panel, shifted ? offsets : NULL);
}

void seg_conv_u8_run(const seg_conv_u8 *c, void *scratch)
{
    plan p;
    plan_make(&p, c, scratch);
    seg_parallel_for(c->conv.threads, p.regions.blocks * p.panel_groups, run_piece, &p);
}
