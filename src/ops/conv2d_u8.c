/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * conv2d_u8: conv2d over quantised images.
 *   sum      = bias + sum over taps, ic: (src - src_zero) * weights, all of them integers
 *   dst      = clamp(round(sum * src_scale * step[oc] / dst_scale)) + dst_zero   (or f32: sum * ..)
 * src u8 N,IH,IW,IC   weights f32 KH,KW,IC,OC   bias f32 OC (optional)   dst u8 or f32 N,OH,OW,OC
 * packed: panels of nr output channels: start and scale of each, the sum of weights of each tap,
 * then the weights [tap][IC / 4][nr][4].
 *
 * Pixels that meet the same taps make a region, as in convolution_gather.c, so padding costs nothing.
 * The source's zero point is part of a panel's start: what absent taps would have taken from it is
 * given back where a region lacks some.
 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "ops/convolution.h"
#include "ops/quantised.h"

typedef seg_conv2d_u8_params params;

#define FIELD(name) offsetof(params, name)
static const seg_param param_list[] = {
    SEG_CONV_U8_PARAMS(params),
    {"groups", "1: no groups of channels", SEG_PARAM_INT, FIELD(conv.groups), 1, 1},
    SEG_QUANT_PARAMS(params, src, "src_scale", "src_zero", "src"),
    SEG_QUANT_PARAMS(params, dst, "dst_scale", "dst_zero", "dst"),
    {"to_float", "1: dst is f32", SEG_PARAM_INT, FIELD(to_float), 0, 1},
    {0},
};

static seg_status shape(const void *given, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    const params *p = given;
    seg_status status =
        seg_shape_of_conv_u8(&seg_op_conv2d, "conv2d_u8", &p->conv, src_count, src, dst, err);
    if (status != SEG_OK)
        return status;
    const int64_t depth = src[1].kh * src[1].kw * src[1].ic;
    if (depth > SEG_U8_DEPTH_MAX)
        return seg_fail(err, SEG_UNSUPPORTED, "conv2d_u8: sums of %lld products, at most %d",
                        (long long)depth, SEG_U8_DEPTH_MAX);
    dst->dtype = p->to_float != 0 ? SEG_F32 : SEG_U8;
    return SEG_OK;
}

/* ---- packed weights ---- */

typedef struct panels {
    int64_t nr, count, taps, depth, groups; /* groups: of 4 source channels of a tap */
    size_t sums, weights, size;             /* bytes from a panel's start; of a panel */
} panels;

static panels panels_of(const seg_op_call *call)
{
    const seg_shape *w = &call->src[1].shape;
    panels p = {.nr = call->kernels->u8.nr, .taps = w->kh * w->kw, .depth = w->ic};
    p.count = (w->oc + p.nr - 1) / p.nr;
    p.groups = (p.depth + SEG_U8_GROUP - 1) / SEG_U8_GROUP;
    p.sums = (size_t)p.nr * (sizeof(int32_t) + sizeof(float));
    p.weights = p.sums + (size_t)(p.taps * p.nr) * sizeof(int32_t);
    p.size = seg_align_up(p.weights + (size_t)(p.taps * p.groups * p.nr * SEG_U8_GROUP));
    return p;
}

static size_t packed_size(const seg_op_call *call)
{
    panels p = panels_of(call);
    return (size_t)p.count * p.size;
}

/* Channel `place` of a panel: its weights, their sums, where sums start and how they are scaled. */
static void pack_channel(const seg_op_call *call, const panels *k, char *panel, int64_t channel,
                         int64_t place, int8_t *row)
{
    const params *p = call->params;
    const int64_t oc = call->src[1].shape.oc, count = k->taps * k->depth;
    const float bias = call->src_count > 2 ? seg_f32(&call->src[2])[channel] : 0.0f;
    int32_t *start = (int32_t *)(void *)panel, *sums = (int32_t *)(void *)(panel + k->sums);
    float *scale = (float *)(void *)(start + k->nr);
    int8_t *weights = (int8_t *)panel + k->weights;
    const float step =
        seg_quant_weights(seg_f32(&call->src[1]) + channel, count, oc, bias, p->src.scale, row);
    int64_t total = seg_quant_bias(bias, step, p->src.scale);
    for (int64_t t = 0; t < k->taps; t++) {
        int32_t sum = 0;
        for (int64_t d = 0; d < k->depth; d++) {
            const int8_t w = row[t * k->depth + d];
            const int64_t group = t * k->groups + d / SEG_U8_GROUP;
            weights[(group * k->nr + place) * SEG_U8_GROUP + d % SEG_U8_GROUP] = w;
            sum += w;
        }
        sums[t * k->nr + place] = sum;
        total -= p->src.zero * sum;
    }
    start[place] = (int32_t)total; /* at most 2^30 + 255 * 127 * SEG_U8_DEPTH_MAX: below 2^31 */
    scale[place] = (float)((double)step * p->src.scale / (p->to_float != 0 ? 1 : p->dst.scale));
}

static void pack_panel(void *context, int64_t index, int thread)
{
    (void)thread;
    int8_t row[SEG_U8_DEPTH_MAX];
    const seg_op_call *call = context;
    const panels k = panels_of(call);
    const int64_t first = index * k.nr;
    char *panel = (char *)call->packed + (size_t)index * k.size;
    memset(panel, 0, k.size);
    for (int64_t i = 0; i < k.nr && first + i < call->src[1].shape.oc; i++)
        pack_channel(call, &k, panel, first + i, i, row);
}

static void pack(const seg_op_call *call)
{
    seg_op_call copy = *call;
    seg_parallel_for(call->threads, panels_of(call).count, pack_panel, &copy);
}

/* ---- plan ---- */

enum {
    BLOCK_TILES_MAX = 64,
    BLOCK_SOURCE_BYTES = 192 << 10, /* of a block's source pixels: a share of the L2 cache */
    PIECES_WANTED = 16,             /* of parallel work, when there is enough of it */
};

/* Positions first, first + 1, ... of dst that meet the same taps, all of them inside src. */
typedef struct span {
    int64_t first, count;
    int64_t tap, taps, src; /* src: of the first tap at the first position */
} span;

typedef struct region {
    const span *y, *x;
    const seg_u8_tap *taps;
    int64_t tap_count, depth; /* depth: neighbours may be read as one run of channels */
    int64_t pixels, first_tile, tiles;
    bool whole; /* no tap is absent */
} region;

typedef struct plan {
    const seg_op_call *call;
    panels panels;
    seg_quant src;
    int64_t sh, sw;
    const region *regions;
    int64_t region_count, tiles, block_tiles, blocks, panel_groups;
    float lowest, highest;
} plan;

/* At most 2 * kernel + 1 spans: each ends where a tap enters or leaves the source. */
static int64_t find_spans(int64_t dst, int64_t src, int64_t kernel, int64_t stride, int64_t pad,
                          int64_t dilation, span *spans)
{
    int64_t count = 0;
    for (int64_t o = 0; o < dst; o++) {
        const int64_t at = o * stride - pad;
        int64_t first = at < 0 ? (-at + dilation - 1) / dilation : 0;
        int64_t end = at < src ? (src - at + dilation - 1) / dilation : 0;
        first = conv_min(first, kernel);
        end = conv_max(first, conv_min(end, kernel));
        span *last = spans + count - 1;
        if (count > 0 && last->tap == first && last->taps == end - first)
            last->count++;
        else
            spans[count++] = (span){o, 1, first, end - first, at + first * dilation};
    }
    return count;
}

/* Taps of a region; neighbours side by side become one tap of more channels. Returns how many. */
static int64_t region_taps(const plan *p, const span *y, const span *x, seg_u8_tap *taps)
{
    const params *given = p->call->params;
    const seg_conv2d_params *c = &given->conv;
    const seg_shape *src = &p->call->src[0].shape, *w = &p->call->src[1].shape;
    const bool run = c->dw == 1 && w->ic % SEG_U8_GROUP == 0;
    const int64_t columns = run ? conv_min(x->taps, 1) : x->taps;
    for (int64_t i = 0; i < y->taps; i++) {
        for (int64_t j = 0; j < columns; j++) {
            const int64_t tap = (y->tap + i) * w->kw + x->tap + j;
            taps[i * columns + j] =
                (seg_u8_tap){.src = (i * c->dh * src->w + j * c->dw) * src->c,
                             .weights = tap * p->panels.groups * p->panels.nr * SEG_U8_GROUP};
        }
    }
    return y->taps * columns;
}

static void plan_regions(plan *p, const span *ys, int64_t y_count, const span *xs, int64_t x_count,
                         region *regions, seg_u8_tap *taps)
{
    const seg_op_call *call = p->call;
    const seg_shape *w = &call->src[1].shape;
    const int64_t mr = call->kernels->u8.mr;
    for (int64_t i = 0; i < y_count * x_count; i++) {
        const span *y = &ys[i / x_count], *x = &xs[i % x_count];
        region *r = &regions[i];
        *r = (region){.y = y, .x = x, .taps = taps, .first_tile = p->tiles};
        r->tap_count = region_taps(p, y, x, taps);
        r->depth = r->tap_count > 0 ? y->taps * x->taps * w->ic / r->tap_count : 0;
        r->whole = y->taps == w->kh && x->taps == w->kw;
        r->pixels = call->dst->shape.n * y->count * x->count;
        r->tiles = (r->pixels + mr - 1) / mr;
        p->tiles += r->tiles;
        taps += r->tap_count;
    }
    p->regions = regions;
    p->region_count = y_count * x_count;
}

/* How many tiles share a panel of weights, and whether panels are spread over threads too. */
static void plan_blocks(plan *p)
{
    const int64_t tile = p->call->kernels->u8.mr * p->panels.depth * p->sh * p->sw;
    int64_t tiles = BLOCK_SOURCE_BYTES / conv_max(tile, 1);
    tiles = conv_max(4, conv_min(tiles, BLOCK_TILES_MAX));
    p->block_tiles = conv_max(1, conv_min(tiles, p->tiles));
    p->blocks = (p->tiles + p->block_tiles - 1) / p->block_tiles;
    p->panel_groups = conv_min(p->panels.count, (PIECES_WANTED + p->blocks - 1) / p->blocks);
}

typedef struct tables {
    size_t y, x, regions, taps, size; /* bytes from the start of scratch */
} tables;

static tables tables_of(const seg_op_call *call)
{
    const seg_shape *w = &call->src[1].shape;
    const size_t y = (size_t)(2 * w->kh + 1), x = (size_t)(2 * w->kw + 1);
    tables t = {.y = 0};
    t.x = t.y + y * sizeof(span);
    t.regions = t.x + x * sizeof(span);
    t.taps = t.regions + y * x * sizeof(region);
    t.size = t.taps + y * x * (size_t)(w->kh * w->kw) * sizeof(seg_u8_tap);
    return t;
}

static size_t scratch_size(const seg_op_call *call)
{
    return tables_of(call).size;
}

static void plan_make(plan *p, const seg_op_call *call)
{
    const params *given = call->params;
    const seg_conv2d_params *c = &given->conv;
    const seg_shape *src = &call->src[0].shape, *w = &call->src[1].shape, *dst = &call->dst->shape;
    const tables t = tables_of(call);
    char *scratch = call->scratch;
    span *y = (span *)(void *)(scratch + t.y), *x = (span *)(void *)(scratch + t.x);
    *p = (plan){
        .call = call, .panels = panels_of(call), .src = given->src, .sh = c->sh, .sw = c->sw};
    const int64_t y_count = find_spans(dst->h, src->h, w->kh, c->sh, c->ph, c->dh, y);
    const int64_t x_count = find_spans(dst->w, src->w, w->kw, c->sw, c->pw, c->dw, x);
    plan_regions(p, y, y_count, x, x_count, (region *)(void *)(scratch + t.regions),
                 (seg_u8_tap *)(void *)(scratch + t.taps));
    plan_blocks(p);
    seg_quant_range(c->activation, &given->dst, &p->lowest, &p->highest);
    if (given->to_float != 0) {
        p->lowest = c->activation != SEG_ACT_NONE ? 0 : -INFINITY;
        p->highest = c->activation == SEG_ACT_RELU6 ? 6 : INFINITY;
    }
}

/* ---- run ---- */

typedef struct tile {
    const region *region;
    int64_t first, pixels; /* pointers of the block */
} tile;

typedef struct block {
    tile tiles[BLOCK_TILES_MAX];
    int64_t tile_count;
    const uint8_t *src[BLOCK_TILES_MAX * SEG_U8_MR_MAX];
    void *dst[BLOCK_TILES_MAX * SEG_U8_MR_MAX];
} block;

/* Pointers of pixels first..first+count-1 of a region (images, rows, columns), appended at `at`. */
static void point(const plan *p, const region *r, int64_t first, int64_t count, block *b,
                  int64_t at)
{
    const seg_shape *s = &p->call->src[0].shape, *d = &p->call->dst->shape;
    const int64_t pixel = d->c * (d->dtype == SEG_F32 ? (int64_t)sizeof(float) : 1);
    int64_t column = first % r->x->count, row = first / r->x->count % r->y->count;
    int64_t image = first / r->x->count / r->y->count;
    while (count > 0) {
        const int64_t sy = image * s->h + r->y->src + row * p->sh;
        const int64_t dy = image * d->h + r->y->first + row;
        const uint8_t *src =
            seg_u8(&p->call->src[0]) + (sy * s->w + r->x->src + column * p->sw) * s->c;
        char *dst = (char *)p->call->dst->data + (dy * d->w + r->x->first + column) * pixel;
        const int64_t run = conv_min(count, r->x->count - column);
        for (int64_t i = 0; i < run; i++) {
            b->src[at + i] = src + i * p->sw * s->c;
            b->dst[at + i] = dst + i * pixel;
        }
        at += run;
        count -= run;
        column = 0;
        if (++row == r->y->count) {
            row = 0;
            image++;
        }
    }
}

/* Tiles first..last-1 of the plan; pixels are spread evenly over a region's tiles. */
static void block_make(const plan *p, int64_t first, int64_t last, block *b)
{
    int64_t at = 0;
    const region *r = p->regions;
    b->tile_count = 0;
    while (r->first_tile + r->tiles <= first)
        r++;
    for (; first < last; r++) {
        const int64_t from = first - r->first_tile, to = conv_min(r->tiles, last - r->first_tile);
        const int64_t start = r->pixels * from / r->tiles;
        point(p, r, start, r->pixels * to / r->tiles - start, b, at);
        for (int64_t t = from; t < to; t++) {
            int64_t pixels = r->pixels * (t + 1) / r->tiles - r->pixels * t / r->tiles;
            b->tiles[b->tile_count++] = (tile){.region = r, .first = at, .pixels = pixels};
            at += pixels;
        }
        first = r->first_tile + to;
    }
}

/* Where sums of a region that lacks taps start: the panel's start took their zero points off. */
static void start_of(const plan *p, const region *r, const char *panel, int32_t *start)
{
    const int64_t nr = p->panels.nr, kw = p->call->src[1].shape.kw;
    const int32_t *sums = (const int32_t *)(const void *)(panel + p->panels.sums);
    memcpy(start, panel, (size_t)nr * sizeof *start);
    for (int64_t t = 0; t < p->panels.taps; t++) {
        const int64_t y = t / kw - r->y->tap, x = t % kw - r->x->tap;
        if (y >= 0 && y < r->y->taps && x >= 0 && x < r->x->taps)
            continue;
        for (int64_t i = 0; i < nr; i++)
            start[i] += (int32_t)p->src.zero * sums[t * nr + i];
    }
}

static void run_panel(const plan *p, const block *b, int64_t index)
{
    const params *given = p->call->params;
    const int64_t nr = p->panels.nr, first = index * nr;
    const char *panel = (const char *)p->call->packed + (size_t)index * p->panels.size;
    const int32_t *whole = (const int32_t *)(const void *)panel;
    int32_t start[SEG_U8_NR_MAX];
    const region *started = NULL; /* the one that start is for */
    seg_u8_gather job = {
        .end = seg_u8(&p->call->src[0]) + seg_shape_count(&p->call->src[0].shape),
        .weights = (const int8_t *)panel + p->panels.weights,
        .store = {(const float *)(const void *)(whole + nr), p->lowest, p->highest,
                  (int32_t)given->dst.zero},
        .dst_offset = first,
        .width = conv_min(nr, p->call->dst->shape.c - first),
        .to_float = given->to_float != 0,
    };
    for (int64_t t = 0; t < b->tile_count; t++) {
        const tile *now = &b->tiles[t];
        const region *r = now->region;
        const bool plain = r->whole || p->src.zero == 0;
        if (!plain && r != started)
            start_of(p, r, panel, start);
        started = plain ? started : r;
        job.start = plain ? whole : start;
        job.taps = r->taps;
        job.tap_count = r->tap_count;
        job.depth = r->depth;
        p->call->kernels->u8.gather(&job, now->pixels, b->src + now->first, b->dst + now->first);
    }
}

static void run_piece(void *context, int64_t index, int thread)
{
    (void)thread;
    const plan *p = context;
    block b;
    const int64_t first = index % p->blocks * p->block_tiles, part = index / p->blocks;
    block_make(p, first, conv_min(p->tiles, first + p->block_tiles), &b);
    const int64_t end = p->panels.count * (part + 1) / p->panel_groups;
    for (int64_t panel = p->panels.count * part / p->panel_groups; panel < end; panel++)
        run_panel(p, &b, panel);
}

static void forward(const seg_op_call *call)
{
    plan p;
    plan_make(&p, call);
    seg_parallel_for(call->threads, p.blocks * p.panel_groups, run_piece, &p);
}

static int64_t multiply_adds(const seg_op_call *call)
{
    const seg_shape *w = &call->src[1].shape;
    return seg_shape_count(&call->dst->shape) * w->kh * w->kw * w->ic;
}

static const char *algorithm(const seg_op_call *call)
{
    const params *p = call->params;
    return p->to_float != 0 ? "int8 indirect GEMM, to float" : "int8 indirect GEMM";
}

const seg_op seg_op_conv2d_u8 = {
    .name = "conv2d_u8",
    .params = param_list,
    .params_size = sizeof(params),
    .src_min = 2,
    .src_max = 3,
    .shape = shape,
    .packed_size = packed_size,
    .scratch_size = scratch_size,
    .pack = pack,
    .forward = forward,
    .multiply_adds = multiply_adds,
    .algorithm = algorithm,
};
