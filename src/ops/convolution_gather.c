/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * convolution_gather.c: an image made from the other one.
 *
 * Along one axis the destination is cut into spans: runs of pixels (every `step`-th one when the
 * destination is the fine image: a phase of the stride) that meet the same taps, none outside the
 * source. A region is a span of rows times a span of columns over all images of the batch; inside
 * it each tap reads at a fixed distance from a pixel's own pointer. Regions are cut into tiles of
 * up to mr pixels, tiles into blocks; a block times a range of panels is one piece of parallel
 * work. Cuts depend on shapes only, so results do not depend on the number of threads.
 *
 * With operands in bf16 a "float" of the source and of weights is a pair of channels. The pairs of a
 * block (of 1x1 kernels) or of the whole source are made in scratch.
 */
#include "ops/convolution.h"

#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "ops/elementwise.h"

enum {
    BLOCK_TILES_MAX = 64,
    BLOCK_SOURCE_FLOATS = 96 << 10, /* of a block's source pixels: a share of the L2 cache */
    PIECES_WANTED = 16,             /* of parallel work, when there is enough of it */
    FETCH_FLOATS = 1 << 10,         /* a tile's pixels are asked for at least so far ahead */
    PAGE_PIXELS = 8, /* of a tile whose pixels lie whole pages apart, all in one set of the L1 */
};

/* Pixels dst, dst + step, ... that meet taps tap, tap + axis.tap_step, ... */
typedef struct span {
    int64_t dst, count;
    int64_t src; /* of the first tap at the first pixel */
    int64_t tap, taps;
} span;

/* One direction of the plane, seen from the destination. */
typedef struct axis {
    int64_t dst, src;           /* extents */
    int64_t dst_step, src_step; /* from one pixel of a span to the next */
    int64_t tap_step, tap_src;  /* from one tap of a span to the next, and how far that reads */
    span *spans;
    int64_t span_count, tap_sum; /* tap_sum: taps of all spans together */
} axis;

typedef struct region {
    const span *y, *x;
    const seg_igemm_tap *taps;
    int64_t tap_count, depth_taps; /* depth_taps: neighbours read as one run of channels */
    int64_t pixels, first_tile, tiles;
} region;

typedef struct plan {
    const seg_convolution *conv;
    const seg_conv_gather *job;
    axis y, x;
    int64_t depth, width; /* channels (bf16: pairs) of source, and of destination in one group */
    bool bf16, by_block;  /* by_block: a thread makes the pairs of the block that it works on */
    int64_t channels, src_pixel; /* of the source; floats from one pixel of src to the next */
    const float *src;
    float *pairs;
    int64_t pairs_floats;                       /* for each thread by_block */
    int64_t panels, panel_floats, slice_floats; /* of weights */
    int64_t tile_pixels;
    seg_conv_slices slices;
    region *regions;
    seg_igemm_tap *taps;
    int64_t region_count, tiles;
    int64_t block_tiles, blocks, panel_groups;
    bool stream;   /* dst is written past the caches */
    int64_t fetch; /* floats that source pixels are asked for ahead; 0: not */
} plan;

static int64_t div_up(int64_t a, int64_t b)
{
    return a > 0 ? (a + b - 1) / b : -(-a / b);
}

static int64_t gcd(int64_t a, int64_t b)
{
    return b == 0 ? a : gcd(b, a % b);
}

/* ---- spans ---- */

/* The span that starts at pixel `first` of a phase; src is that of tap 0 at the phase's pixel 0. */
static span span_at(const axis *a, int64_t first, int64_t pixels, int64_t src, int64_t taps)
{
    span s = {.count = pixels - first};
    for (int64_t t = 0; t < taps; t++) {
        int64_t at = src + t * a->tap_src; /* pixels low..high-1 have this tap inside */
        int64_t low = div_up(-at, a->src_step), high = div_up(a->src - at, a->src_step);
        if (low <= first && first < high && s.taps++ == 0) {
            s.tap = t;
            s.src = at + first * a->src_step;
        }
        if (low > first)
            s.count = conv_min(s.count, low - first);
        if (high > first)
            s.count = conv_min(s.count, high - first);
    }
    return s;
}

static void add_phase(axis *a, int64_t phase, int64_t first_tap, int64_t src, int64_t taps)
{
    int64_t pixels = (a->dst - phase + a->dst_step - 1) / a->dst_step;
    for (int64_t i = 0; i < pixels;) {
        span s = span_at(a, i, pixels, src, taps);
        s.dst = phase + i * a->dst_step;
        s.tap = first_tap + s.tap * a->tap_step;
        if (a->spans != NULL)
            a->spans[a->span_count] = s;
        a->span_count++;
        a->tap_sum += s.taps;
        i += s.count;
    }
}

/* Fine pixel r + i*s meets tap k when r + p - k*d is a multiple of s: then at coarse (..)/s + i. */
static void add_fine_phase(axis *a, const seg_conv_axis *c, int64_t phase)
{
    int64_t first = 0;
    while (first < a->tap_step && (phase + c->pad - first * c->dilation) % c->stride != 0)
        first++;
    int64_t taps = 0;
    if (first < a->tap_step && first < c->kernel)
        taps = (c->kernel - first + a->tap_step - 1) / a->tap_step;
    add_phase(a, phase, first, (phase + c->pad - first * c->dilation) / c->stride, taps);
}

/* spans may be NULL: then they are only counted. */
static axis axis_make(const seg_conv_axis *c, bool to_fine, span *spans)
{
    axis a = {.spans = spans};
    if (to_fine) {
        int64_t common = gcd(c->stride, c->dilation);
        a.dst = c->fine, a.src = c->coarse;
        a.dst_step = c->stride, a.src_step = 1;
        a.tap_step = c->stride / common, a.tap_src = -(c->dilation / common);
        for (int64_t phase = 0; phase < conv_min(c->stride, c->fine); phase++)
            add_fine_phase(&a, c, phase);
    } else {
        a.dst = c->coarse, a.src = c->fine;
        a.dst_step = 1, a.src_step = c->stride;
        a.tap_step = 1, a.tap_src = c->dilation;
        add_phase(&a, 0, 0, -c->pad, c->kernel);
    }
    return a;
}

/* ---- plan ---- */

static void plan_region(plan *p, region *r, const span *y, const span *x, seg_igemm_tap *taps)
{
    const int64_t pixel = p->depth * p->conv->groups, most = p->tile_pixels;
    const int64_t nr = p->conv->kernels->igemm.nr;
    /* Taps side by side whose channels follow each other are one tap with more channels. */
    bool run =
        p->x.tap_src == 1 && p->x.tap_step == 1 && p->conv->groups == 1 && p->slices.count == 1;
    int64_t tx = run && x->taps > 1 ? 1 : x->taps;
    *r = (region){.y = y, .x = x, .taps = taps, .tap_count = y->taps * tx};
    r->depth_taps = run && x->taps > 1 ? x->taps : 1;
    for (int64_t i = 0; i < y->taps; i++) {
        for (int64_t j = 0; j < tx; j++) {
            int64_t ky = y->tap + i * p->y.tap_step, kx = x->tap + j * p->x.tap_step;
            taps[i * tx + j].src = (i * p->y.tap_src * p->x.src + j * p->x.tap_src) * pixel;
            taps[i * tx + j].weights = (ky * p->conv->x.kernel + kx) * p->slices.depth * nr;
        }
    }
    r->pixels = p->conv->n * y->count * x->count;
    r->tiles = (r->pixels + most - 1) / most;
    r->first_tile = p->tiles;
    p->tiles += r->tiles;
}

static int64_t tiles_most(const plan *p)
{
    int64_t mr = p->conv->kernels->igemm.mr;
    int64_t tile_floats = mr * p->slices.depth * p->x.src_step * p->y.src_step;
    int64_t tiles = BLOCK_SOURCE_FLOATS / conv_max(tile_floats, 1);
    return conv_max(4, conv_min(tiles, BLOCK_TILES_MAX));
}

/* Where the source is read, and room for its pairs. */
static void plan_pairs(plan *p)
{
    p->src_pixel = p->channels;
    if (!p->bf16)
        return;
    p->by_block = p->conv->y.kernel * p->conv->x.kernel == 1;
    if (p->by_block) {
        p->pairs_floats = tiles_most(p) * p->conv->kernels->igemm.mr * p->depth;
    } else {
        p->pairs_floats = p->conv->n * p->y.src * p->x.src * p->depth;
        p->src_pixel = p->depth;
    }
}

/* Up to mr pixels, but not so many that source or destination do not fit a set of the L1. */
static void plan_tiles(plan *p)
{
    const int64_t src = p->x.src_step * p->src_pixel,
                  dst = p->x.dst_step * p->width * p->conv->groups;
    const bool pages = src % SEG_CONV_PAGE_FLOATS == 0 || dst % SEG_CONV_PAGE_FLOATS == 0;
    p->tile_pixels = p->conv->kernels->igemm.mr;
    if (pages)
        p->tile_pixels = conv_min(p->tile_pixels, PAGE_PIXELS);
}

/* How many tiles share a slice of weights, and whether panels are spread over threads too. */
static void plan_blocks(plan *p)
{
    int64_t tiles = tiles_most(p);
    p->block_tiles = conv_max(1, conv_min(tiles, p->tiles));
    p->blocks = (p->tiles + p->block_tiles - 1) / p->block_tiles;
    int64_t pieces = p->blocks * p->conv->groups;
    p->panel_groups = conv_min(p->panels, (PIECES_WANTED + pieces - 1) / pieces);
}

/* Puts the plan's tables into scratch; with scratch NULL only counts. Returns the bytes. */
static size_t plan_make(plan *p, const seg_convolution *conv, bool backward, char *scratch)
{
    const bool to_fine = conv->up != backward;
    const int64_t nr = conv->kernels->igemm.nr;
    *p = (plan){.conv = conv};
    p->channels = backward ? conv->oc : conv->ic;
    p->bf16 = seg_conv_bf16_fits(conv, backward);
    p->depth = p->bf16 ? (p->channels + 1) / 2 : p->channels / conv->groups;
    p->width = (backward ? conv->ic : conv->oc) / conv->groups;
    int64_t taps = conv->y.kernel * conv->x.kernel;
    p->panels = (p->width + nr - 1) / nr;
    p->slices = seg_conv_slices_of(conv, backward);
    p->slice_floats = taps * p->slices.depth * nr;
    p->panel_floats = nr + p->slices.count * p->slice_floats;
    p->y = axis_make(&conv->y, to_fine, NULL);
    p->x = axis_make(&conv->x, to_fine, NULL);
    plan_pairs(p);
    plan_tiles(p);
    size_t y_bytes = (size_t)p->y.span_count * sizeof(span);
    size_t x_bytes = (size_t)p->x.span_count * sizeof(span);
    p->region_count = p->y.span_count * p->x.span_count;
    size_t region_bytes = (size_t)p->region_count * sizeof(region);
    size_t tap_bytes = (size_t)(p->y.tap_sum * p->x.tap_sum) * sizeof(seg_igemm_tap);
    if (scratch == NULL)
        return y_bytes + x_bytes + region_bytes + tap_bytes;
    p->y = axis_make(&conv->y, to_fine, (span *)(void *)scratch);
    p->x = axis_make(&conv->x, to_fine, (span *)(void *)(scratch + y_bytes));
    p->regions = (region *)(void *)(scratch + y_bytes + x_bytes);
    p->taps = (seg_igemm_tap *)(void *)(scratch + y_bytes + x_bytes + region_bytes);
    seg_igemm_tap *tap = p->taps;
    region *r = p->regions;
    for (int64_t i = 0; i < p->y.span_count; i++) {
        for (int64_t j = 0; j < p->x.span_count; j++, r++) {
            plan_region(p, r, &p->y.spans[i], &p->x.spans[j], tap);
            tap += r->tap_count;
        }
    }
    plan_blocks(p);
    return y_bytes + x_bytes + region_bytes + tap_bytes;
}

size_t seg_conv_gather_scratch(const seg_convolution *conv, bool backward)
{
    plan p;
    size_t tables = seg_align_up(plan_make(&p, conv, backward, NULL));
    return tables + (size_t)(p.pairs_floats * (p.by_block ? conv->threads : 1)) * sizeof(float);
}

/* Floats from one pixel of dst to the next. */
static int64_t dst_pixel_of(const plan *p)
{
    return p->job->dst_step > 0 ? p->job->dst_step : p->width * p->conv->groups;
}

/* ---- run ---- */

typedef struct tile {
    const region *region;
    int64_t first, pixels; /* pointers of the block */
} tile;

typedef struct block {
    tile tiles[BLOCK_TILES_MAX];
    int64_t tile_count;
    const float *src[BLOCK_TILES_MAX * SEG_IGEMM_MR_MAX];
    float *dst[BLOCK_TILES_MAX * SEG_IGEMM_MR_MAX];
} block;

/* Pointers of pixels first..first+count-1 of a region (images, rows, columns), appended at `at`. */
static void point(const plan *p, const region *r, int64_t first, int64_t count, block *b,
                  int64_t at)
{
    const int64_t src_pixel = p->src_pixel, dst_pixel = dst_pixel_of(p);
    const int64_t src_step = p->x.src_step * src_pixel, dst_step = p->x.dst_step * dst_pixel;
    int64_t column = first % r->x->count, row = first / r->x->count % r->y->count;
    int64_t image = first / r->x->count / r->y->count;
    while (count > 0) {
        int64_t sy = image * p->y.src + r->y->src + row * p->y.src_step;
        int64_t dy = image * p->y.dst + r->y->dst + row * p->y.dst_step;
        const float *src =
            p->src + (sy * p->x.src + r->x->src + column * p->x.src_step) * src_pixel;
        float *dst = p->job->dst + (dy * p->x.dst + r->x->dst + column * p->x.dst_step) * dst_pixel;
        int64_t run = conv_min(count, r->x->count - column);
        for (int64_t i = 0; i < run; i++) {
            b->src[at + i] = src + i * src_step;
            b->dst[at + i] = dst + i * dst_step;
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

/* The region that holds tile `index`: the last one that starts at or before it. */
static const region *region_of(const plan *p, int64_t index)
{
    int64_t low = 0, high = p->region_count;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (p->regions[middle].first_tile <= index)
            low = middle;
        else
            high = middle;
    }
    return &p->regions[low];
}

/* Tiles first..last-1 of the plan; pixels are spread evenly over a region's tiles. */
static void block_make(const plan *p, int64_t first, int64_t last, block *b)
{
    int64_t at = 0;
    b->tile_count = 0;
    for (const region *r = region_of(p, first); first < last; r++) {
        int64_t from = first - r->first_tile, to = conv_min(r->tiles, last - r->first_tile);
        int64_t start = r->pixels * from / r->tiles;
        point(p, r, start, r->pixels * to / r->tiles - start, b, at);
        for (int64_t t = from; t < to; t++) {
            int64_t pixels = r->pixels * (t + 1) / r->tiles - r->pixels * t / r->tiles;
            b->tiles[b->tile_count++] = (tile){.region = r, .first = at, .pixels = pixels};
            at += pixels;
        }
        first = r->first_tile + to;
    }
}

/* Pixels first..end-1 of a block as pairs: runs that are equally far apart in one go. */
static void pair_pixels(const plan *p, block *b, int64_t first, int64_t end, float *pairs)
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

static void pair_block(const plan *p, block *b, float *pairs)
{
    for (int64_t t = 0; t < b->tile_count; t++) {
        const tile *now = &b->tiles[t];
        if (now->region->tap_count > 0) /* else its pixels read nothing, and point nowhere */
            pair_pixels(p, b, now->first, now->first + now->pixels, pairs);
    }
}

/* All tiles of the block for one slice of one panel. */
static void run_slice(const plan *p, const block *b, seg_igemm_gather *job, int64_t depth)
{
    const seg_kernels *kernels = p->conv->kernels;
    for (int64_t t = 0; t < b->tile_count; t++) {
        const tile *now = &b->tiles[t];
        job->taps = now->region->taps;
        job->tap_count = now->region->tap_count;
        job->depth = depth * now->region->depth_taps;
        (p->bf16 ? kernels->bf16.gather : kernels->igemm.gather)(
            job, now->pixels, b->src + now->first, b->dst + now->first);
    }
}

static void run_panel(const plan *p, const block *b, int64_t group, int64_t panel, bool first)
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
    job.weights = packed + nr;
    for (int64_t k = 0; k < p->depth; k += p->slices.depth) {
        int64_t depth = conv_min(p->slices.depth, p->depth - k);
        job.src_offset = group * p->depth + k;
        job.ramp = seg_activation_ramp(k + depth == p->depth ? p->job->activation : SEG_ACT_NONE);
        run_slice(p, b, &job, depth);
        job.weights += p->slice_floats;
        job.bias = NULL;
    }
}

static void run_piece(void *context, int64_t index, int thread)
{
    const plan *p = context;
    block b;
    int64_t at = index % p->blocks, part = index / p->blocks % p->panel_groups;
    int64_t group = index / p->blocks / p->panel_groups;
    int64_t first = at * p->block_tiles;
    block_make(p, first, conv_min(p->tiles, first + p->block_tiles), &b);
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
    int64_t floats = p->conv->n * p->y.dst * p->x.dst * p->width * p->conv->groups;
    bool aligned = pixel % vector == 0 && p->width % vector == 0 &&
                   (uintptr_t)p->job->dst % ((size_t)vector * sizeof(float)) == 0;
    return floats >= SEG_STREAM_FLOATS && aligned && p->slices.count == 1;
}

static void plan_memory(plan *p)
{
    p->stream = streams(p);
    /* A tile reads its pixels side by side, which no prefetcher follows. Taps share pixels. */
    if (p->region_count == 1 && p->slices.count == 1 && p->regions[0].tap_count == 1 && !p->bf16) {
        int64_t step = p->conv->kernels->igemm.mr * p->x.src_step * p->depth * p->conv->groups;
        p->fetch = (FETCH_FLOATS + step - 1) / step * step;
    }
}

void seg_conv_gather_run(const seg_convolution *conv, const seg_conv_gather *job, void *scratch)
{
    plan p;
    const size_t tables = plan_make(&p, conv, job->backward, scratch);
    p.job = job;
    p.src = job->src;
    plan_memory(&p);
    p.pairs = (float *)(void *)((char *)scratch + seg_align_up(tables));
    if (p.bf16 && !p.by_block) {
        seg_conv_pair_image(conv, job->src, conv->n * p.y.src * p.x.src, p.channels, p.pairs);
        p.src = p.pairs;
    }
    seg_parallel_for(conv->threads, p.blocks * p.panel_groups * conv->groups, run_piece, &p);
}

const char *seg_conv_gather_algorithm(const seg_convolution *conv, const seg_conv_gather *job)
{
    plan p;
    plan_make(&p, conv, job->backward, NULL);
    p.job = job;
    if (p.bf16)
        return p.slices.count > 1 ? "indirect GEMM in bf16, sliced" : "indirect GEMM in bf16";
    return p.slices.count > 1 ? "indirect GEMM, depth in slices"
           : streams(&p)      ? "indirect GEMM, past the caches"
                              : "indirect GEMM";
}
