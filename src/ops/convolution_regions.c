/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* convolution_regions.c: spans, regions, tiles and blocks. */
#include "ops/convolution_regions.h"

enum { PIECES_WANTED = 16 }; /* of parallel work, when there is enough of it */

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
static seg_conv_span span_at(const seg_conv_line *a, int64_t first, int64_t pixels, int64_t src,
                             int64_t taps)
{
    seg_conv_span s = {.count = pixels - first};
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

static void add_phase(seg_conv_line *a, int64_t phase, int64_t first_tap, int64_t src, int64_t taps)
{
    int64_t pixels = (a->dst - phase + a->dst_step - 1) / a->dst_step;
    for (int64_t i = 0; i < pixels;) {
        seg_conv_span s = span_at(a, i, pixels, src, taps);
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
static void add_fine_phase(seg_conv_line *a, const seg_conv_axis *c, int64_t phase)
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
static seg_conv_line line_make(const seg_conv_axis *c, bool to_fine, seg_conv_span *spans)
{
    seg_conv_line a = {.spans = spans};
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

/* ---- regions ---- */

static seg_conv_region region_make(const seg_conv_regions *r, const seg_conv_span *y,
                                   const seg_conv_span *x, seg_igemm_tap *taps)
{
    const seg_conv_layout *l = &r->layout;
    /* Taps side by side whose channels follow each other are one tap with more channels. */
    const bool run = l->runs && r->x.tap_src == 1 && r->x.tap_step == 1 && x->taps > 1;
    const int64_t tx = run ? 1 : x->taps;
    for (int64_t i = 0; i < y->taps; i++) {
        for (int64_t j = 0; j < tx; j++) {
            int64_t ky = y->tap + i * r->y.tap_step, kx = x->tap + j * r->x.tap_step;
            taps[i * tx + j].src = (i * r->y.tap_src * r->x.src + j * r->x.tap_src) * l->pixel;
            taps[i * tx + j].weights = (ky * r->kernel_width + kx) * l->weights;
        }
    }
    const int64_t pixels = r->n * y->count * x->count;
    return (seg_conv_region){.y = y,
                             .x = x,
                             .taps = taps,
                             .tap_count = y->taps * tx,
                             .depth_taps = run ? x->taps : 1,
                             .pixels = pixels,
                             .first_tile = r->tiles,
                             .tiles = (pixels + l->mr - 1) / l->mr};
}

int64_t seg_conv_tiles_most(const seg_conv_regions *r, const seg_conv_layout *layout)
{
    const int64_t tile = layout->mr * layout->depth * r->x.src_step * r->y.src_step;
    const int64_t tiles = layout->block_elements / conv_max(tile, 1);
    return conv_max(4, conv_min(tiles, SEG_CONV_BLOCK_TILES));
}

void seg_conv_regions_count(seg_conv_regions *r, const seg_convolution *conv, bool to_fine)
{
    *r = (seg_conv_regions){.n = conv->n, .kernel_width = conv->x.kernel};
    r->y = line_make(&conv->y, to_fine, NULL);
    r->x = line_make(&conv->x, to_fine, NULL);
    r->region_count = r->y.span_count * r->x.span_count;
}

typedef struct tables {
    size_t x, regions, taps, size; /* bytes from the start of scratch */
} tables;

static tables tables_of(const seg_conv_regions *r)
{
    tables t = {.x = (size_t)r->y.span_count * sizeof(seg_conv_span)};
    t.regions = t.x + (size_t)r->x.span_count * sizeof(seg_conv_span);
    t.taps = t.regions + (size_t)r->region_count * sizeof(seg_conv_region);
    t.size = t.taps + (size_t)(r->y.tap_sum * r->x.tap_sum) * sizeof(seg_igemm_tap);
    return t;
}

size_t seg_conv_regions_size(const seg_conv_regions *r)
{
    return tables_of(r).size;
}

void seg_conv_regions_make(seg_conv_regions *r, const seg_convolution *conv, bool to_fine,
                           const seg_conv_layout *layout, void *scratch)
{
    const tables t = tables_of(r);
    char *base = scratch;
    r->layout = *layout;
    r->y = line_make(&conv->y, to_fine, (seg_conv_span *)(void *)base);
    r->x = line_make(&conv->x, to_fine, (seg_conv_span *)(void *)(base + t.x));
    r->regions = (seg_conv_region *)(void *)(base + t.regions);
    seg_igemm_tap *tap = (seg_igemm_tap *)(void *)(base + t.taps);
    for (int64_t i = 0; i < r->region_count; i++) {
        r->regions[i] =
            region_make(r, &r->y.spans[i / r->x.span_count], &r->x.spans[i % r->x.span_count], tap);
        r->tiles += r->regions[i].tiles;
        tap += r->regions[i].tap_count;
    }
    r->block_tiles = conv_max(1, conv_min(seg_conv_tiles_most(r, layout), r->tiles));
    r->blocks = (r->tiles + r->block_tiles - 1) / r->block_tiles;
}

int64_t seg_conv_panel_groups(int64_t panels, int64_t pieces)
{
    return conv_min(panels, (PIECES_WANTED + pieces - 1) / pieces);
}

/* ---- blocks ---- */

/* Pointers of pixels first..first+count-1 of a region (images, rows, columns), appended at `at`. */
static void point(const seg_conv_regions *p, const seg_conv_region *r, int64_t first, int64_t count,
                  seg_conv_block *b, int64_t at)
{
    const int64_t src_step = p->x.src_step * p->src_pixel, dst_step = p->x.dst_step * p->dst_pixel;
    int64_t column = first % r->x->count, row = first / r->x->count % r->y->count;
    int64_t image = first / r->x->count / r->y->count;
    while (count > 0) {
        int64_t sy = image * p->y.src + r->y->src + row * p->y.src_step;
        int64_t dy = image * p->y.dst + r->y->dst + row * p->y.dst_step;
        const uint8_t *src = (const uint8_t *)p->src +
                             (sy * p->x.src + r->x->src + column * p->x.src_step) * p->src_pixel;
        char *dst =
            (char *)p->dst + (dy * p->x.dst + r->x->dst + column * p->x.dst_step) * p->dst_pixel;
        int64_t run = conv_min(count, r->x->count - column);
        for (int64_t i = 0; i < run; i++) {
            b->src_bytes[at + i] = src + i * src_step;
            b->dst_any[at + i] = dst + i * dst_step;
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
static const seg_conv_region *region_of(const seg_conv_regions *r, int64_t index)
{
    int64_t low = 0, high = r->region_count;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (r->regions[middle].first_tile <= index)
            low = middle;
        else
            high = middle;
    }
    return &r->regions[low];
}

/* Pixels are spread evenly over a region's tiles. */
void seg_conv_block_make(const seg_conv_regions *p, int64_t index, seg_conv_block *b)
{
    int64_t at = 0, first = index * p->block_tiles;
    const int64_t last = conv_min(p->tiles, first + p->block_tiles);
    b->tile_count = 0;
    for (const seg_conv_region *r = region_of(p, first); first < last; r++) {
        int64_t from = first - r->first_tile, to = conv_min(r->tiles, last - r->first_tile);
        int64_t start = r->pixels * from / r->tiles;
        point(p, r, start, r->pixels * to / r->tiles - start, b, at);
        for (int64_t t = from; t < to; t++) {
            int64_t pixels = r->pixels * (t + 1) / r->tiles - r->pixels * t / r->tiles;
            b->tiles[b->tile_count++] = (seg_conv_tile){.region = r, .first = at, .pixels = pixels};
            at += pixels;
        }
        first = r->first_tile + to;
    }
}
