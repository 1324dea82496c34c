/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * resize_planes: resize_bilinear whose result lies in planes: N,C,h,w.
 * src N,IH,IW,C    dst N,C,h,w (its axes H, W, C are these three)
 * It takes the place of a resize_bilinear and the permutation after it, at the end of networks
 * that give their logits as N,C,H,W: the result is as large as the picture, and is written once.
 *
 * Columns are blended first, while a pixel's channels lie side by side, and the few rows that this
 * gives are turned into planes; rows are blended into the result. Inference only.
 */
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "ops/resize.h"

enum {
    CHUNK_FLOATS = 16384, /* of one row: what a thread works on stays in the second-level cache */
    CHUNK_MULTIPLE = 64,  /* columns */
    BANDS = 16,           /* an image is cut into: each makes the row before its first anew */
    BAND_MIN = 8,         /* rows */
};

static const seg_param resize_planes_params[] = {SEG_RESIZE_PARAMS(1, 0)};

static seg_status resize_planes_shape(const void *params, int src_count, const seg_shape *src,
                                      seg_shape *dst, seg_error *err)
{
    (void)src_count;
    seg_status status = seg_resize_shape("resize_planes", params, src, dst, err);
    if (status == SEG_OK)
        *dst = seg_shape_nhwc(dst->n, dst->c, dst->h, dst->w);
    return status;
}

/* ---- what a thread holds ---- */

typedef struct job {
    const seg_kernels *kernels;
    const float *src;
    float *dst;
    int64_t n, c;
    seg_taps rows, cols;
    int64_t in_h, in_w, chunk, band; /* chunk: columns; band: rows of the result */
    char *memory;                    /* one share for each thread */
    size_t row_size, chunk_size;     /* bytes: a row of src; `chunk` columns of all channels */
} job;

static void job_sizes(const seg_op_call *call, const seg_axis axes[2], job *j)
{
    const int64_t c = call->src[0].shape.c;
    const int64_t chunk = CHUNK_FLOATS / c / CHUNK_MULTIPLE * CHUNK_MULTIPLE;
    *j = (job){.kernels = call->kernels,
               .n = call->src[0].shape.n,
               .c = c,
               .in_h = axes[0].in,
               .in_w = axes[1].in,
               .chunk = chunk > CHUNK_MULTIPLE ? chunk : CHUNK_MULTIPLE,
               .band = (axes[0].out + BANDS - 1) / BANDS};
    j->chunk = j->chunk < axes[1].out ? j->chunk : axes[1].out;
    j->band = j->band > BAND_MIN ? j->band : BAND_MIN;
    j->row_size = seg_align_up((size_t)(j->in_w * c + SEG_PIXELS_SLACK) * sizeof(float));
    j->chunk_size = seg_align_up((size_t)(j->chunk * c) * sizeof(float));
}

static size_t resize_planes_scratch_size(const seg_op_call *call)
{
    seg_axis axes[2];
    job j;
    seg_bilinear_axes(call, axes);
    job_sizes(call, axes, &j);
    return seg_taps_size(&axes[0]) + seg_taps_size(&axes[1]) +
           (size_t)call->threads * (j.row_size + 3 * j.chunk_size);
}

/* A piece of the result, and the source rows made for it: row r is in lines[r % 2]. */
typedef struct piece {
    const job *job;
    int64_t n, x, width;
    float *row, *pixels, *lines[2];
    int64_t held[2]; /* rows; -1: none */
} piece;

static const float *line_of(const piece *p, int64_t row)
{
    return p->lines[row % 2];
}

/* Columns x .. x+width-1 of source row `row`, as [c][width]. */
static void make_line(piece *p, int64_t row)
{
    const job *j = p->job;
    if (p->held[row % 2] == row)
        return;
    p->held[row % 2] = row;
    const seg_taps cols = {.count = p->width,
                           .start = j->cols.start + p->x,
                           .first = j->cols.first + p->x,
                           .weights = j->cols.weights};
    const int64_t last = p->width - 1, first = cols.start[0];
    const int64_t end = cols.start[last] + cols.first[last + 1] - cols.first[last];
    const float *src = j->src + (p->n * j->in_h + row) * j->in_w * j->c;
    /* A copy, since resample_row reads behind the row. */
    memcpy(p->row + first * j->c, src + first * j->c,
           (size_t)((end - first) * j->c) * sizeof *src);
    j->kernels->pixels.resample_row(&cols, p->row, j->c, p->pixels, j->c);
    j->kernels->transpose.apply(p->pixels, j->c, p->width, j->c, p->lines[row % 2], p->width);
}

/* Rows y .. end-1 of the result, which all start at one row of the source. */
static void blend_rows(const piece *p, int64_t y, int64_t end)
{
    const job *j = p->job;
    const int64_t start = j->rows.start[y];
    const float *above = line_of(p, start);
    for (int64_t c = 0; c < j->c; c++) {
        for (int64_t o = y; o < end; o++) {
            const int64_t first = j->rows.first[o], taps = j->rows.first[o + 1] - first;
            float *dst = j->dst + ((p->n * j->c + c) * j->rows.count + o) * j->cols.count + p->x;
            j->kernels->pixels.weighted_sum(above + c * p->width,
                                            taps > 1 ? line_of(p, start + 1) - above : 0,
                                            j->rows.weights + first, taps, dst, p->width);
        }
    }
}

static void resize_piece(void *context, int64_t index, int thread)
{
    const job *j = context;
    const int64_t chunks = (j->cols.count + j->chunk - 1) / j->chunk;
    const int64_t bands = (j->rows.count + j->band - 1) / j->band;
    char *memory = j->memory + (size_t)thread * (j->row_size + 3 * j->chunk_size);
    float *chunk[3];
    for (int k = 0; k < 3; k++)
        chunk[k] = (float *)(void *)(memory + j->row_size + (size_t)k * j->chunk_size);
    piece p = {.job = j,
               .n = index / chunks / bands,
               .x = index % chunks * j->chunk,
               .row = (float *)(void *)memory,
               .pixels = chunk[0],
               .lines = {chunk[1], chunk[2]},
               .held = {-1, -1}};
    p.width = j->cols.count - p.x < j->chunk ? j->cols.count - p.x : j->chunk;
    int64_t y = index / chunks % bands * j->band;
    const int64_t end = y + j->band < j->rows.count ? y + j->band : j->rows.count;
    while (y < end) {
        const int64_t start = j->rows.start[y];
        bool both = false;
        int64_t next = y;
        for (; next < end && j->rows.start[next] == start; next++)
            both = both || j->rows.first[next + 1] - j->rows.first[next] > 1;
        make_line(&p, start);
        if (both)
            make_line(&p, start + 1);
        blend_rows(&p, y, next);
        y = next;
    }
}

static void resize_planes_forward(const seg_op_call *call)
{
    seg_axis axes[2];
    job j;
    char *place = call->scratch;
    seg_bilinear_axes(call, axes);
    job_sizes(call, axes, &j);
    j.src = seg_f32(&call->src[0]);
    j.dst = seg_f32(call->dst);
    j.rows = seg_taps_make(&axes[0], &place);
    j.cols = seg_taps_make(&axes[1], &place);
    j.memory = place;
    seg_parallel_for(call->threads,
                     j.n * ((axes[0].out + j.band - 1) / j.band) *
                         ((axes[1].out + j.chunk - 1) / j.chunk),
                     resize_piece, &j);
}

const seg_op seg_op_resize_planes = {
    .name = "resize_planes",
    .params = resize_planes_params,
    .params_size = sizeof(seg_resize_params),
    .src_min = 1,
    .src_max = 1,
    .shape = resize_planes_shape,
    .scratch_size = resize_planes_scratch_size,
    .forward = resize_planes_forward,
};
