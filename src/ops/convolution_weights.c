/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * convolution_weights.c: gradients of weights and bias.
 *
 * Coarse rows (of all images) are cut into chunks, each with sums of its own when there is more
 * than one; a chunk times a part of the weights is one piece of parallel work. A piece
 * walks its rows in bands whose strips of channels stay in cache: for each tile of input channels,
 * each tap, each panel of output channels, the rectangle of coarse pixels that the tap meets.
 * Strips that are used often are first copied together: pixels a page apart are slow to walk.
 * Chunks and parts depend on shapes only, and chunks are added in order.
 *
 * With operands in bf16 both strips hold pairs of neighbouring columns, the first of which is even;
 * columns that a tap does not meet are zeros.
 */
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "ops/convolution.h"

enum {
    PIECES_WANTED = 16,
    CHUNK_PIXELS_MIN = 1 << 10, /* below that adding up chunks costs more than they bring */
    CHUNK_SUMS_MAX = 4 << 20,   /* floats of all chunks' sums together */
    IN_USES = 3,
    OUT_USES = 6,
    BAND_PIXELS = 256,       /* a band is whole rows: about as many pixels */
    BAND_FLOATS = 128 << 10, /* of dst in a band: a share of the L2 cache */
    REDUCE_BLOCK = 16 << 10, /* floats */
    BIAS_CHUNK_PIXELS = 1 << 10,
    CACHE_LINE_FLOATS = 16,
};

typedef struct plan {
    const seg_convolution *conv;
    const float *in, *out;
    float *diff_weights, *sums;        /* sums: one set of weights per chunk */
    float *strips;                     /* per thread: in_strip, then out_strips */
    int64_t in_channels, out_channels; /* of one group */
    int64_t tiles, tile_parts;         /* of input channels */
    int64_t panels, panel_parts;       /* of output channels */
    int64_t rows, chunks, band_rows;
    int64_t weight_count;
    int64_t in_strip, out_strips, strip_channels; /* floats, 0: not copied; channels of in_strip */
    bool bf16;
    int64_t strip_cols; /* of out_strips: coarse columns, or pairs of them */
} plan;

static int64_t round_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b * b;
}

/* Parts of tiles and panels, until there are enough; long parts reuse what they read. */
static void plan_parts(plan *p)
{
    int64_t chunks = p->chunks * p->conv->groups;
    p->tile_parts = p->panel_parts = 1;
    while (chunks * p->tile_parts * p->panel_parts < PIECES_WANTED) {
        int64_t tiles = p->tiles / p->tile_parts, panels = p->panels / p->panel_parts;
        if (tiles <= 1 && panels <= 1)
            break;
        if (tiles > panels)
            p->tile_parts++;
        else
            p->panel_parts++;
    }
}

/* Copying costs a few cycles per pixel and vector; it pays from some uses on. */
static void plan_strips(plan *p)
{
    const seg_convolution *c = p->conv;
    int64_t nr = c->kernels->igemm.nr, pixels = p->band_rows * c->x.coarse;
    p->strip_channels = round_up(c->kernels->igemm.mr, c->kernels->vector_floats);
    if (p->panels / p->panel_parts >= IN_USES)
        p->in_strip = pixels * p->strip_channels;
    int64_t uses = c->y.kernel * c->x.kernel * (p->tiles / p->tile_parts);
    if (!c->up && uses >= OUT_USES)
        p->out_strips = pixels * p->panels * nr;
    /* Rounding is part of copying, and half of a single column's pair would be wasted. */
    p->bf16 = c->bf16 && p->in_strip > 0 && p->out_strips > 0 && c->x.coarse > 1;
    p->strip_cols = p->bf16 ? (c->x.coarse + 1) / 2 : c->x.coarse;
}

static plan plan_make(const seg_convolution *conv)
{
    plan p = {.conv = conv};
    int64_t mr = conv->kernels->igemm.mr, nr = conv->kernels->igemm.nr;
    p.in_channels = conv->ic / conv->groups;
    p.out_channels = conv->oc / conv->groups;
    p.weight_count = conv->y.kernel * conv->x.kernel * p.in_channels * conv->oc;
    p.tiles = (p.in_channels + mr - 1) / mr;
    p.panels = (p.out_channels + nr - 1) / nr;
    p.rows = conv->n * conv->y.coarse;
    p.chunks = conv_min(PIECES_WANTED, p.rows * conv->x.coarse / CHUNK_PIXELS_MIN);
    p.chunks = conv_min(p.chunks, CHUNK_SUMS_MAX / p.weight_count);
    p.chunks = conv_max(1, conv_min(p.chunks, p.rows));
    plan_parts(&p);
    int64_t pixels = conv_min(BAND_PIXELS, BAND_FLOATS / (p.panels * nr));
    p.band_rows = conv_min(p.rows, conv_max(1, pixels / conv->x.coarse));
    plan_strips(&p);
    return p;
}

bool seg_conv_weights_bf16(const seg_convolution *conv)
{
    return plan_make(conv).bf16;
}

/* Coarse pixels first..last-1 that tap k meets inside the fine image. */
static void meet(const seg_conv_axis *a, int64_t k, int64_t *first, int64_t *last)
{
    int64_t at = k * a->dilation - a->pad; /* fine position at coarse 0 */
    *first = at >= 0 ? 0 : (-at + a->stride - 1) / a->stride;
    *last = at >= a->fine ? 0 : (a->fine - at + a->stride - 1) / a->stride;
    *last = conv_min(*last, a->coarse);
    *first = conv_min(*first, *last);
}

/* Memory that the next band reads, asked for while this one is worked on: two runs of floats. */
typedef struct fetches {
    const float *at[2], *end[2];
} fetches;

/* Coarse rows y..y_end-1 of an image, for one group of channels. */
typedef struct band {
    int64_t image, y, y_end, group;
    int64_t tile, tile_end, panel, panel_end; /* of this piece */
    float *sums, *in_strip;
    const float *out_strips; /* [panel][row][strip_cols][nr] */
    fetches next;
} band;

/* Where the pixels of a rectangle are, in floats. */
typedef struct place {
    const float *data;
    int64_t row, col;
} place;

/* The coarse pixels y..,x.. themselves, or the fine ones that they meet at a tap. */
static place coarse_place(const seg_convolution *c, const float *image, int64_t channels, int64_t n,
                          int64_t y, int64_t x)
{
    int64_t at = (n * c->y.coarse + y) * c->x.coarse + x;
    return (place){image + at * channels, c->x.coarse * channels, channels};
}

static place fine_place(const seg_convolution *c, const float *image, int64_t channels, int64_t n,
                        int64_t y, int64_t x, int64_t ky, int64_t kx)
{
    int64_t fy = y * c->y.stride + ky * c->y.dilation - c->y.pad;
    int64_t fx = x * c->x.stride + kx * c->x.dilation - c->x.pad;
    int64_t at = (n * c->y.fine + fy) * c->x.fine + fx;
    return (place){image + at * channels, c->y.stride * c->x.fine * channels,
                   c->x.stride * channels};
}

/* What one call of the kernel asks for, a cache line per pixel. */
static void take_fetch(fetches *next, int64_t pixels, seg_igemm_outer *job)
{
    int run = next->at[0] < next->end[0] ? 0 : 1;
    job->fetch = next->at[run];
    job->fetch_step = 0;
    if (next->at[run] < next->end[run]) {
        job->fetch_step = CACHE_LINE_FLOATS;
        next->at[run] += pixels * CACHE_LINE_FLOATS;
    }
}

/* Some channels of a rectangle from column x on, copied together; as pairs *cols becomes their
 * number. */
static place copy_in(const plan *p, const band *b, place in, int64_t rows, int64_t x, int64_t *cols,
                     int64_t height)
{
    const seg_kernels *kernels = p->conv->kernels;
    if (p->bf16) {
        const seg_bf16_strip job = {.src = in.data,
                                    .rows = rows,
                                    .cols = *cols,
                                    .row_step = in.row,
                                    .col_step = in.col,
                                    .width = height,
                                    .lead = x % 2,
                                    .pairs = (x % 2 + *cols + 1) / 2,
                                    .dst = b->in_strip,
                                    .span = p->strip_channels};
        kernels->bf16.strip(&job);
        *cols = job.pairs;
    } else {
        kernels->igemm.strip(in.data, rows, *cols, in.row, in.col, height, b->in_strip,
                             p->strip_channels);
    }
    return (place){b->in_strip, *cols * p->strip_channels, p->strip_channels};
}

/* Input channels i..i+height-1 at one tap, over a band and all panels, added to its sums. */
static void run_tap(const plan *p, band *b, int64_t ky, int64_t kx, int64_t i, int64_t height)
{
    const seg_convolution *c = p->conv;
    const int64_t nr = c->kernels->igemm.nr;
    int64_t y, y_end, x, x_end;
    meet(&c->y, ky, &y, &y_end);
    meet(&c->x, kx, &x, &x_end);
    y = conv_max(y, b->y);
    y_end = conv_min(y_end, b->y_end);
    if (y >= y_end || x >= x_end)
        return;
    place in = c->up ? coarse_place(c, p->in, c->ic, b->image, y, x)
                     : fine_place(c, p->in, c->ic, b->image, y, x, ky, kx);
    place out = c->up ? fine_place(c, p->out, c->oc, b->image, y, x, ky, kx)
                      : coarse_place(c, p->out, c->oc, b->image, y, x);
    in.data += b->group * p->in_channels + i;
    out.data += b->group * p->out_channels;
    int64_t panel_step = nr, cols = x_end - x;
    if (p->in_strip > 0)
        in = copy_in(p, b, in, y_end - y, x, &cols, height);
    if (p->out_strips > 0) {
        int64_t at = (y - b->y) * p->strip_cols + (p->bf16 ? x / 2 : x);
        out = (place){b->out_strips + at * nr, p->strip_cols * nr, nr};
        panel_step = (b->y_end - b->y) * p->strip_cols * nr;
    }
    float *sums = b->sums + ((ky * c->x.kernel + kx) * p->in_channels + i) * c->oc +
                  b->group * p->out_channels;
    for (int64_t panel = b->panel; panel < b->panel_end; panel++) {
        seg_igemm_outer job = {
            .a = in.data,
            .a_row = in.row,
            .a_col = in.col,
            .b = out.data + panel * panel_step,
            .b_row = out.row,
            .b_col = out.col,
            .rows = y_end - y,
            .cols = cols,
            .height = height,
            .width = conv_min(nr, p->out_channels - panel * nr),
            .c = sums + panel * nr,
            .c_stride = c->oc,
            .add = true,
        };
        take_fetch(&b->next, job.rows * job.cols, &job);
        (p->bf16 ? c->kernels->bf16.outer : c->kernels->igemm.outer)(&job);
    }
}

static int64_t tile_start(const plan *p, int64_t tile)
{
    return p->in_channels * tile / p->tiles;
}

static void run_band(const plan *p, band *b)
{
    for (int64_t t = b->tile; t < b->tile_end; t++) {
        int64_t i = tile_start(p, t), height = tile_start(p, t + 1) - i;
        for (int64_t ky = 0; ky < p->conv->y.kernel; ky++) {
            for (int64_t kx = 0; kx < p->conv->x.kernel; kx++)
                run_tap(p, b, ky, kx, i, height);
        }
    }
}

/* dst's gradient of the band, panel by panel, each pixel nr floats wide. */
static void copy_out(const plan *p, const band *b, float *strips)
{
    const seg_convolution *c = p->conv;
    const int64_t nr = c->kernels->igemm.nr, rows = b->y_end - b->y;
    place out = coarse_place(c, p->out, c->oc, b->image, b->y, 0);
    out.data += b->group * p->out_channels;
    for (int64_t panel = b->panel; panel < b->panel_end; panel++) {
        const float *src = out.data + panel * nr;
        const int64_t width = conv_min(nr, p->out_channels - panel * nr);
        float *strip = strips + panel * rows * p->strip_cols * nr;
        if (p->bf16)
            c->kernels->bf16.strip(&(seg_bf16_strip){src, rows, c->x.coarse, out.row, out.col,
                                                     width, 0, p->strip_cols, strip, nr});
        else
            c->kernels->igemm.strip(src, 1, rows * c->x.coarse, 0, c->oc, width, strip, nr);
    }
}

/* A piece's sums start at zero. */
static void clear(const plan *p, const band *b)
{
    const seg_convolution *c = p->conv;
    int64_t nr = c->kernels->igemm.nr, first = b->panel * nr;
    int64_t width = conv_min(b->panel_end * nr, p->out_channels) - first;
    for (int64_t tap = 0; tap < c->y.kernel * c->x.kernel; tap++) {
        for (int64_t i = tile_start(p, b->tile); i < tile_start(p, b->tile_end); i++)
            memset(b->sums + (tap * p->in_channels + i) * c->oc + b->group * p->out_channels +
                       first,
                   0, (size_t)width * sizeof(float));
    }
}

/* Rows row..end-1 of both images, as far as they belong to one image of the batch. */
static fetches fetches_of(const plan *p, int64_t row, int64_t end)
{
    const seg_convolution *c = p->conv;
    const int64_t image = row / c->y.coarse, y = row % c->y.coarse;
    const int64_t y_end = conv_min(y + end - row, c->y.coarse);
    const int64_t coarse = c->up ? c->ic : c->oc, fine = c->up ? c->oc : c->ic;
    const float *from = coarse_place(c, c->up ? p->in : p->out, coarse, image, y, 0).data;
    const float *fine_image = c->up ? p->out : p->in;
    fetches next = {{from, from}, {from, from}};
    if (c->groups > 1 || y_end <= y)
        return next;
    const int64_t row_floats = c->x.fine * fine;
    next.end[0] += (y_end - y) * c->x.coarse * coarse;
    next.at[1] = fine_image + (image * c->y.fine + y * c->y.stride) * row_floats;
    next.end[1] =
        fine_image + (image * c->y.fine + conv_min(y_end * c->y.stride, c->y.fine)) * row_floats;
    return next;
}

static void run_rows(const plan *p, band *b, int64_t row, int64_t end, float *out_strips)
{
    const int64_t height = p->conv->y.coarse;
    for (; row < end; row += b->y_end - b->y) {
        b->image = row / height;
        b->y = row % height;
        b->y_end = conv_min(b->y + conv_min(p->band_rows, end - row), height);
        if (p->out_strips > 0)
            copy_out(p, b, out_strips);
        int64_t next = row + b->y_end - b->y;
        b->next = fetches_of(p, next, conv_min(next + p->band_rows, end));
        run_band(p, b);
    }
}

static void run_piece(void *context, int64_t index, int thread)
{
    const plan *p = context;
    int64_t tiles = index % p->tile_parts, rest = index / p->tile_parts;
    int64_t panels = rest % p->panel_parts, chunk = rest / p->panel_parts / p->conv->groups;
    float *strips = p->strips + thread * (p->in_strip + p->out_strips);
    band b = {
        .group = rest / p->panel_parts % p->conv->groups,
        .tile = p->tiles * tiles / p->tile_parts,
        .tile_end = p->tiles * (tiles + 1) / p->tile_parts,
        .panel = p->panels * panels / p->panel_parts,
        .panel_end = p->panels * (panels + 1) / p->panel_parts,
        .sums = p->chunks == 1 ? p->diff_weights : p->sums + chunk * p->weight_count,
        .in_strip = strips,
        .out_strips = strips + p->in_strip,
    };
    clear(p, &b);
    run_rows(p, &b, p->rows * chunk / p->chunks, p->rows * (chunk + 1) / p->chunks,
             strips + p->in_strip);
}

static void reduce_block(void *context, int64_t index, int thread)
{
    (void)thread;
    const plan *p = context;
    int64_t first = index * REDUCE_BLOCK, last = conv_min(p->weight_count, first + REDUCE_BLOCK);
    p->conv->kernels->igemm.sum_rows(p->sums + first, p->chunks, p->weight_count, last - first,
                                     p->diff_weights + first);
}

/* Scratch: the chunks' sums, then the strips of each thread. */
static size_t sums_size(const plan *p)
{
    return p->chunks == 1 ? 0 : seg_align_up((size_t)(p->chunks * p->weight_count) * sizeof(float));
}

size_t seg_conv_weights_scratch(const seg_convolution *conv)
{
    plan p = plan_make(conv);
    return sums_size(&p) + (size_t)(conv->threads * (p.in_strip + p.out_strips)) * sizeof(float);
}

void seg_conv_weights_run(const seg_convolution *conv, const float *in, const float *out,
                          float *diff_weights, void *scratch)
{
    plan p = plan_make(conv);
    p.in = in;
    p.out = out;
    p.diff_weights = diff_weights;
    p.sums = scratch;
    p.strips = (float *)(void *)((char *)scratch + sums_size(&p));
    seg_parallel_for(conv->threads, p.chunks * conv->groups * p.panel_parts * p.tile_parts,
                     run_piece, &p);
    if (p.chunks > 1)
        seg_parallel_for(conv->threads, (p.weight_count + REDUCE_BLOCK - 1) / REDUCE_BLOCK,
                         reduce_block, &p);
}

/* ---- bias ---- */

typedef struct bias_job {
    const seg_kernels *kernels;
    const float *image;
    int64_t pixels, channels;
    float *sums; /* [chunk][channels] */
} bias_job;

static void sum_chunk(void *context, int64_t index, int thread)
{
    (void)thread;
    const bias_job *job = context;
    int64_t first = index * BIAS_CHUNK_PIXELS;
    job->kernels->igemm.sum_rows(job->image + first * job->channels,
                                 conv_min(BIAS_CHUNK_PIXELS, job->pixels - first), job->channels,
                                 job->channels, job->sums + index * job->channels);
}

static int64_t bias_chunks(int64_t pixels)
{
    return (pixels + BIAS_CHUNK_PIXELS - 1) / BIAS_CHUNK_PIXELS;
}

size_t seg_conv_bias_scratch(int64_t pixels, int64_t channels)
{
    return (size_t)(bias_chunks(pixels) * channels) * sizeof(float);
}

void seg_conv_bias_run(const seg_kernels *kernels, int threads, const float *image, int64_t pixels,
                       int64_t channels, float *sums, void *scratch)
{
    bias_job job = {kernels, image, pixels, channels, scratch};
    seg_parallel_for(threads, bias_chunks(pixels), sum_chunk, &job);
    kernels->igemm.sum_rows(scratch, bias_chunks(pixels), channels, channels, sums);
}
