/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * convolution_weights.c: gradients of weights and bias.
 *
 * Coarse rows (of all images) are cut into chunks, each with a sum of its own when there is more
 * than one; a chunk times a panel of output channels is one piece of parallel work. Within a
 * piece a band of rows that fits the cache is used for all taps and input channels. The number of
 * chunks depends on shapes only and their sums are added in order.
 */
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "ops/convolution.h"

enum {
    PIECES_WANTED = 16,
    CHUNK_PIXELS_MIN = 512,    /* below that a partial sum costs more than it brings */
    BAND_FLOATS = 96 << 10,    /* of both images in a band: a share of the L2 cache */
    CHUNK_SUMS_MAX = 16 << 20, /* floats of all partial sums together */
    REDUCE_BLOCK = 16 << 10,   /* floats */
    BIAS_CHUNK_PIXELS = 1 << 10,
};

typedef struct plan {
    const seg_convolution *conv;
    const float *in, *out;
    float *sums, *diff_weights;        /* sums: one set of weights per chunk */
    int64_t in_channels, out_channels; /* of one group */
    int64_t panels, chunks, rows, band_rows;
    int64_t weight_count;
} plan;

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t max64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static plan plan_make(const seg_convolution *conv)
{
    plan p = {.conv = conv};
    int64_t nr = conv->kernels->igemm.nr;
    p.in_channels = conv->ic / conv->groups;
    p.out_channels = conv->oc / conv->groups;
    p.weight_count = conv->y.kernel * conv->x.kernel * p.in_channels * conv->oc;
    p.panels = (p.out_channels + nr - 1) / nr;
    p.rows = conv->n * conv->y.coarse;
    int64_t pieces = p.panels * conv->groups;
    p.chunks = (PIECES_WANTED + pieces - 1) / pieces;
    p.chunks = min64(p.chunks, p.rows * conv->x.coarse / CHUNK_PIXELS_MIN);
    p.chunks = min64(p.chunks, CHUNK_SUMS_MAX / p.weight_count);
    p.chunks = max64(1, min64(p.chunks, p.rows));
    int64_t fine_row = conv->x.fine * conv->y.stride * (conv->up ? nr : p.in_channels);
    int64_t coarse_row = conv->x.coarse * (conv->up ? p.in_channels : nr);
    p.band_rows = max64(1, BAND_FLOATS / (fine_row + coarse_row));
    return p;
}

/* Coarse pixels first..last-1 that tap k meets inside the fine image. */
static void meet(const seg_conv_axis *a, int64_t k, int64_t *first, int64_t *last)
{
    int64_t at = k * a->dilation - a->pad; /* fine position at coarse 0 */
    *first = at >= 0 ? 0 : (-at + a->stride - 1) / a->stride;
    *last = at >= a->fine ? 0 : (a->fine - at + a->stride - 1) / a->stride;
    *last = min64(*last, a->coarse);
    *first = min64(*first, *last);
}

/* One tap of one panel over coarse rows y..y_end-1 of an image, added to sums. */
static void run_tap(const plan *p, int64_t image, int64_t ky, int64_t kx, int64_t y, int64_t y_end,
                    int64_t group, int64_t panel, float *sums)
{
    const seg_convolution *c = p->conv;
    const int64_t mr = c->kernels->igemm.mr, nr = c->kernels->igemm.nr;
    int64_t first, last, x, x_end;
    meet(&c->y, ky, &first, &last);
    meet(&c->x, kx, &x, &x_end);
    first = max64(first, y);
    last = min64(last, y_end);
    if (first >= last || x >= x_end)
        return;
    int64_t coarse_at = (image * c->y.coarse + first) * c->x.coarse + x;
    int64_t fine_at =
        (image * c->y.fine + first * c->y.stride + ky * c->y.dilation - c->y.pad) * c->x.fine +
        x * c->x.stride + kx * c->x.dilation - c->x.pad;
    int64_t fine_row = c->y.stride * c->x.fine, fine_col = c->x.stride;
    int64_t in_at = c->up ? coarse_at : fine_at;
    int64_t out_at = c->up ? fine_at : coarse_at;
    seg_igemm_outer job = {
        .a_row = (c->up ? c->x.coarse : fine_row) * c->ic,
        .a_col = (c->up ? 1 : fine_col) * c->ic,
        .b = p->out + out_at * c->oc + group * p->out_channels + panel * nr,
        .b_row = (c->up ? fine_row : c->x.coarse) * c->oc,
        .b_col = (c->up ? fine_col : 1) * c->oc,
        .rows = last - first,
        .cols = x_end - x,
        .width = min64(nr, p->out_channels - panel * nr),
        .c_stride = c->oc,
        .add = true,
    };
    int64_t tiles = (p->in_channels + mr - 1) / mr;
    for (int64_t t = 0; t < tiles; t++) {
        int64_t i = p->in_channels * t / tiles;
        job.height = p->in_channels * (t + 1) / tiles - i;
        job.a = p->in + in_at * c->ic + group * p->in_channels + i;
        job.c = sums + ((ky * c->x.kernel + kx) * p->in_channels + i) * c->oc +
                group * p->out_channels + panel * nr;
        c->kernels->igemm.outer(&job);
    }
}

static void clear_panel(const plan *p, int64_t group, int64_t panel, float *sums)
{
    const int64_t nr = p->conv->kernels->igemm.nr;
    size_t width = (size_t)min64(nr, p->out_channels - panel * nr);
    int64_t rows = p->weight_count / p->conv->oc;
    for (int64_t i = 0; i < rows; i++)
        memset(sums + i * p->conv->oc + group * p->out_channels + panel * nr, 0,
               width * sizeof *sums);
}

static void run_piece(void *context, int64_t index, int thread)
{
    (void)thread;
    const plan *p = context;
    const seg_convolution *c = p->conv;
    int64_t panel = index % p->panels, group = index / p->panels % c->groups;
    int64_t chunk = index / p->panels / c->groups;
    float *sums = p->chunks == 1 ? p->diff_weights : p->sums + chunk * p->weight_count;
    clear_panel(p, group, panel, sums);
    int64_t end = p->rows * (chunk + 1) / p->chunks;
    for (int64_t row = p->rows * chunk / p->chunks; row < end;) {
        int64_t image = row / c->y.coarse, y = row % c->y.coarse;
        int64_t count = min64(min64(p->band_rows, end - row), c->y.coarse - y);
        for (int64_t ky = 0; ky < c->y.kernel; ky++) {
            for (int64_t kx = 0; kx < c->x.kernel; kx++)
                run_tap(p, image, ky, kx, y, y + count, group, panel, sums);
        }
        row += count;
    }
}

static void reduce_block(void *context, int64_t index, int thread)
{
    (void)thread;
    const plan *p = context;
    int64_t first = index * REDUCE_BLOCK, last = min64(p->weight_count, first + REDUCE_BLOCK);
    p->conv->kernels->igemm.sum_rows(p->sums + first, p->chunks, p->weight_count, last - first,
                                     p->diff_weights + first);
}

size_t seg_conv_weights_scratch(const seg_convolution *conv)
{
    plan p = plan_make(conv);
    return p.chunks == 1 ? 0 : (size_t)(p.chunks * p.weight_count) * sizeof(float);
}

void seg_conv_weights_run(const seg_convolution *conv, const float *in, const float *out,
                          float *diff_weights, void *scratch)
{
    plan p = plan_make(conv);
    p.in = in;
    p.out = out;
    p.diff_weights = diff_weights;
    p.sums = scratch;
    seg_parallel_for(conv->threads, p.chunks * conv->groups * p.panels, run_piece, &p);
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
                                 min64(BIAS_CHUNK_PIXELS, job->pixels - first), job->channels,
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
