/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * depthwise2d: a convolution of each channel with a kernel of its own.
 *   dst[n,oh,ow,c] = act(bias[c] + sum over kh,kw of
 *                        src[n, oh*sh + kh*dh - ph, ow*sw + kw*dw - pw, c] * weights[kh,kw,0,c])
 * src      image N,IH,IW,C; weights KH,KW,1,C; optional bias C; outside the image is zero
 * dst      N,OH,OW,C     OH = (IH + ph + ph_end - dh*(KH-1) - 1)/sh + 1
 *
 * Along one axis a position reads an arithmetic sequence of positions through a sequence of taps;
 * `axis` holds that per position, for forward and for backward-data alike (where a stride cuts
 * the image into sh x sw phases, each with taps of its own). Neighbours with the same taps make
 * one span of kernels/depthwise.h. So taps that fall on padding are never computed.
 *
 * Tasks are rows x chunks of channels; backward-weights sums fixed blocks of rows into scratch
 * and adds these in order.
 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "ops/elementwise.h"
#include "ops/params.h"
#include "ops/shapes.h"

enum { EXTENT_MAX = 1 << 20 }; /* of strides, padding and dilation: products stay far from 2^63 */

#define FIELD(name) offsetof(seg_conv2d_params, name)
static const seg_param depthwise2d_param_list[] = {
    {"activation", "applied to the result", SEG_PARAM_INT, FIELD(activation), SEG_ACT_NONE,
     SEG_ACT_RELU6},
    {"sh", "stride, rows", SEG_PARAM_INT, FIELD(sh), 1, EXTENT_MAX},
    {"sw", "stride, columns", SEG_PARAM_INT, FIELD(sw), 1, EXTENT_MAX},
    {"ph", "rows of padding above", SEG_PARAM_INT, FIELD(ph), 0, EXTENT_MAX},
    {"pw", "columns of padding on the left", SEG_PARAM_INT, FIELD(pw), 0, EXTENT_MAX},
    {"ph_end", "rows of padding below", SEG_PARAM_INT, FIELD(ph_end), 0, EXTENT_MAX},
    {"pw_end", "columns of padding on the right", SEG_PARAM_INT, FIELD(pw_end), 0, EXTENT_MAX},
    {"dh", "dilation, rows (1: dense)", SEG_PARAM_INT, FIELD(dh), 1, EXTENT_MAX},
    {"dw", "dilation, columns (1: dense)", SEG_PARAM_INT, FIELD(dw), 1, EXTENT_MAX},
    {"groups", "unused: 1", SEG_PARAM_INT, FIELD(groups), 1, 1},
    {0},
};

enum { IMAGE, WEIGHTS, BIAS };

static seg_status shape(const void *given, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    const seg_conv2d_params *p = given;
    const seg_shape *image = &src[IMAGE], *weights = &src[WEIGHTS];
    char text[SEG_SHAPE_TEXT_SIZE];
    seg_status status = seg_want_image("depthwise2d", image, err);
    if (status != SEG_OK)
        return status;
    if (weights->dtype != SEG_F32 || weights->rank != 4 || weights->kh < 1 || weights->kw < 1 ||
        weights->kh > EXTENT_MAX || weights->kw > EXTENT_MAX || weights->ic != 1 ||
        weights->oc != image->c)
        return seg_fail(err, SEG_MISMATCH, "depthwise2d: weights must be f32 KHxKWx1x%lld, are %s",
                        (long long)image->c, seg_shape_text(weights, text));
    if (src_count > BIAS)
        status = seg_want_vector("depthwise2d", "bias", &src[BIAS], image->c, err);
    int64_t oh = 0, ow = 0;
    if (status == SEG_OK)
        status = seg_window_extent("depthwise2d", "height", image->h, p->ph, p->ph_end,
                                   p->dh * (weights->kh - 1) + 1, p->sh, &oh, err);
    if (status == SEG_OK)
        status = seg_window_extent("depthwise2d", "width", image->w, p->pw, p->pw_end,
                                   p->dw * (weights->kw - 1) + 1, p->sw, &ow, err);
    *dst = seg_shape_nhwc(image->n, oh, ow, image->c);
    return status;
}

/* ---- geometry of one axis ---- */

/* What position p reads: taps tap + t*tap_step at from + t*from_tap, for t of 0..taps-1. */
typedef struct position {
    int64_t tap, taps, from;
    int64_t run; /* positions p, p + step, ... with the same taps, this one included */
} position;

typedef struct axis {
    int64_t length;          /* positions */
    int64_t step, from_step; /* from grows by from_step when the position grows by step */
    int64_t tap_step, from_tap;
    position *at; /* [length] */
} axis;

static int64_t gcd(int64_t a, int64_t b)
{
    return b == 0 ? a : gcd(b, a % b);
}

static int64_t divide_up(int64_t a, int64_t b) /* b > 0 */
{
    return a >= 0 ? (a + b - 1) / b : -(-a / b);
}

static void find_runs(axis *a)
{
    for (int64_t p = a->length - 1; p >= 0; p--) {
        const int64_t next = p + a->step;
        bool same = next < a->length && a->at[next].tap == a->at[p].tap &&
                    a->at[next].taps == a->at[p].taps;
        a->at[p].run = same ? a->at[next].run + 1 : 1;
    }
}

/* Positions of dst read src: from = p*s + tap*d - pad. */
static axis forward_axis(position *at, int64_t out, int64_t in, int64_t taps, int64_t s, int64_t d,
                         int64_t pad)
{
    axis a = {.length = out, .step = 1, .from_step = s, .tap_step = 1, .from_tap = d, .at = at};
    for (int64_t p = 0; p < out; p++) {
        int64_t first = divide_up(pad - p * s, d), end = divide_up(in + pad - p * s, d);
        first = first < 0 ? 0 : first;
        end = end > taps ? taps : end;
        at[p] = (position){0};
        if (first < end)
            at[p] = (position){first, end - first, p * s + first * d - pad, 0};
    }
    find_runs(&a);
    return a;
}

/* Positions of diff_src read diff_dst: from = (p + pad - tap*d) / s where that divides. */
static axis backward_axis(position *at, int64_t out, int64_t in, int64_t taps, int64_t s, int64_t d,
                          int64_t pad)
{
    int64_t tap_step = s / gcd(s, d);
    axis a = {.length = in,
              .step = s,
              .from_step = 1,
              .tap_step = tap_step,
              .from_tap = -(tap_step * d / s),
              .at = at};
    for (int64_t p = 0; p < in; p++) {
        position here = {0};
        for (int64_t tap = 0; tap < taps; tap++) {
            int64_t reach = p + pad - tap * d;
            if (reach < 0 || reach % s != 0 || reach / s >= out)
                continue;
            if (here.taps++ == 0) {
                here.tap = tap;
                here.from = reach / s;
            }
        }
        at[p] = here;
    }
    find_runs(&a);
    return a;
}

/* ---- a call, cut into tasks ---- */

enum {
    CHUNK = 128,    /* channels of a task */
    BAND = 16,      /* rows of a task */
    BLOCKS_MAX = 32 /* of rows, in backward-weights */
};

typedef struct job {
    const seg_op_call *call;
    axis rows, columns;
    int64_t channels, chunks, bands;
    int64_t kw;             /* columns of the kernel */
    int64_t from_h, from_w; /* extents of what is read */
    float *dst;
    const float *src, *weights, *bias;
    float lo, hi;
    int64_t row_count, blocks, block_rows; /* backward-weights: n * oh rows */
    float *partial, *partial_bias;         /* [blocks][kh*kw*c], [blocks][c] */
} job;

static int64_t axis_positions(const seg_op_call *call)
{
    const seg_shape *src = &call->src[IMAGE].shape, *dst = &call->dst->shape;
    int64_t in = src->h + src->w, out = dst->h + dst->w;
    return in > out ? in : out;
}

static void set_blocks(job *j, const seg_op_call *call)
{
    const seg_shape *dst = &call->dst->shape;
    j->row_count = dst->n * dst->h;
    j->block_rows = (j->row_count + BLOCKS_MAX - 1) / BLOCKS_MAX;
    j->blocks = (j->row_count + j->block_rows - 1) / j->block_rows;
}

static size_t scratch_size(const seg_op_call *call)
{
    size_t size = seg_align_up((size_t)axis_positions(call) * sizeof(position));
    if (!call->train)
        return size;
    job j;
    set_blocks(&j, call);
    int64_t floats = seg_shape_count(&call->src[WEIGHTS].shape) + call->dst->shape.c;
    return size + (size_t)(j.blocks * floats) * sizeof(float);
}

static job job_of(const seg_op_call *call, const axis *rows, const axis *columns)
{
    job j = {.call = call, .rows = *rows, .columns = *columns, .lo = -INFINITY, .hi = INFINITY};
    j.channels = call->dst->shape.c;
    j.chunks = (j.channels + CHUNK - 1) / CHUNK;
    j.bands = (rows->length + BAND - 1) / BAND;
    j.kw = call->src[WEIGHTS].shape.kw;
    j.weights = seg_f32(&call->src[WEIGHTS]);
    return j;
}

static job forward_job(const seg_op_call *call)
{
    const seg_conv2d_params *p = call->params;
    const seg_shape *src = &call->src[IMAGE].shape, *dst = &call->dst->shape;
    const seg_shape *weights = &call->src[WEIGHTS].shape;
    position *at = call->scratch;
    axis rows = forward_axis(at, dst->h, src->h, weights->kh, p->sh, p->dh, p->ph);
    axis columns = forward_axis(at + dst->h, dst->w, src->w, weights->kw, p->sw, p->dw, p->pw);
    job j = job_of(call, &rows, &columns);
    j.from_h = src->h;
    j.from_w = src->w;
    j.src = seg_f32(&call->src[IMAGE]);
    return j;
}

static job backward_job(const seg_op_call *call)
{
    const seg_conv2d_params *p = call->params;
    const seg_shape *src = &call->src[IMAGE].shape, *dst = &call->dst->shape;
    const seg_shape *weights = &call->src[WEIGHTS].shape;
    position *at = call->scratch;
    axis rows = backward_axis(at, dst->h, src->h, weights->kh, p->sh, p->dh, p->ph);
    axis columns = backward_axis(at + src->h, dst->w, src->w, weights->kw, p->sw, p->dw, p->pw);
    job j = job_of(call, &rows, &columns);
    j.from_h = dst->h;
    j.from_w = dst->w;
    j.src = seg_f32(call->diff_dst);
    j.dst = seg_f32(&call->diff_src[IMAGE]);
    return j;
}

/* The span that starts at `column` of a row; from there on only its pixels count. */
static seg_depthwise_span span_at(const job *j, const position *row, const position *column,
                                  int64_t channels)
{
    int64_t c = j->channels;
    return (seg_depthwise_span){
        .pixels = column->run,
        .channels = channels,
        .taps_h = row->taps,
        .taps_w = column->taps,
        .src_pixel = j->columns.from_step * c,
        .src_tap_h = j->rows.from_tap * j->from_w * c,
        .src_tap_w = j->columns.from_tap * c,
        .weights_tap_h = j->rows.tap_step * j->kw * c,
        .weights_tap_w = j->columns.tap_step * c,
        .dst_pixel = j->columns.step * c,
        .lo = j->lo,
        .hi = j->hi,
    };
}

static int64_t channels_from(const job *j, int64_t first)
{
    return j->channels - first < CHUNK ? j->channels - first : CHUNK;
}

/* Row `y` of image `n`, channels from `first`, span by span: phase after phase. */
static void compute_row(const job *j, int64_t n, int64_t y, int64_t first)
{
    const position *row = &j->rows.at[y];
    const float *src = j->src + (n * j->from_h + row->from) * j->from_w * j->channels + first;
    float *dst = j->dst + (n * j->rows.length + y) * j->columns.length * j->channels + first;
    const float *bias = j->bias != NULL ? j->bias + first : NULL;
    for (int64_t phase = 0; phase < j->columns.step && phase < j->columns.length; phase++) {
        for (int64_t x = phase; x < j->columns.length;) {
            const position *column = &j->columns.at[x];
            seg_depthwise_span span = span_at(j, row, column, channels_from(j, first));
            const float *weights = j->weights + (row->tap * j->kw + column->tap) * j->channels;
            j->call->kernels->depthwise.span(&span, dst + x * j->channels,
                                             src + column->from * j->channels, weights + first,
                                             bias);
            x += column->run * j->columns.step;
        }
    }
}

static void compute_task(void *context, int64_t index, int thread)
{
    const job *j = context;
    (void)thread;
    int64_t chunk = index % j->chunks, band = index / j->chunks % j->bands;
    int64_t n = index / j->chunks / j->bands, end = (band + 1) * BAND;
    end = end < j->rows.length ? end : j->rows.length;
    for (int64_t y = band * BAND; y < end; y++)
        compute_row(j, n, y, chunk * CHUNK);
}

static void compute(job *j)
{
    int64_t tasks = j->call->dst->shape.n * j->bands * j->chunks;
    seg_parallel_for(j->call->threads, tasks, compute_task, j);
}

static void forward(const seg_op_call *call)
{
    const seg_conv2d_params *p = call->params;
    job j = forward_job(call);
    j.dst = seg_f32(call->dst);
    j.bias = call->src_count > BIAS ? seg_f32(&call->src[BIAS]) : NULL;
    seg_activation_range(p->activation, &j.lo, &j.hi);
    compute(&j);
}

/* ---- backward-weights ---- */

/* Row `y` of image `n` of diff_dst, added into one block's partial sums. */
static void weights_row(const job *j, int64_t n, int64_t y, int64_t first, float *partial)
{
    const position *row = &j->rows.at[y];
    const float *src = j->src + (n * j->from_h + row->from) * j->from_w * j->channels + first;
    const float *diff = seg_f32(j->call->diff_dst) + first +
                        (n * j->rows.length + y) * j->columns.length * j->channels;
    for (int64_t x = 0; x < j->columns.length; x += j->columns.at[x].run) {
        const position *column = &j->columns.at[x];
        seg_depthwise_span span = span_at(j, row, column, channels_from(j, first));
        float *weights = partial + (row->tap * j->kw + column->tap) * j->channels + first;
        j->call->kernels->depthwise.span_weights(&span, weights, src + column->from * j->channels,
                                                 diff + x * j->channels);
    }
}

static void weights_task(void *context, int64_t index, int thread)
{
    const job *j = context;
    (void)thread;
    int64_t first = index % j->chunks * CHUNK, block = index / j->chunks;
    int64_t taps = seg_shape_count(&j->call->src[WEIGHTS].shape) / j->channels;
    int64_t channels = channels_from(j, first), end = (block + 1) * j->block_rows;
    float *partial = j->partial + block * taps * j->channels;
    for (int64_t tap = 0; tap < taps; tap++)
        j->call->kernels->rows.fill(partial + tap * j->channels + first, 0, channels);
    end = end < j->row_count ? end : j->row_count;
    for (int64_t r = block * j->block_rows; r < end; r++)
        weights_row(j, r / j->rows.length, r % j->rows.length, first, partial);
}

static void bias_task(void *context, int64_t block, int thread)
{
    const job *j = context;
    (void)thread;
    int64_t first = block * j->block_rows, rows = j->row_count - first;
    rows = (rows < j->block_rows ? rows : j->block_rows) * j->columns.length;
    j->call->kernels->rows.channel_sums(
        j->partial_bias + block * j->channels,
        seg_f32(j->call->diff_dst) + first * j->columns.length * j->channels, rows, j->channels);
}

/* sum of [blocks][count], in order */
static void add_blocks(const job *j, float *sum, const float *partial, int64_t count)
{
    memcpy(sum, partial, (size_t)count * sizeof *sum);
    for (int64_t b = 1; b < j->blocks; b++)
        j->call->kernels->rows.add(sum, sum, partial + b * count, -INFINITY, INFINITY, count);
}

static void backward_weights(const seg_op_call *call)
{
    job j = forward_job(call);
    int64_t count = seg_shape_count(&call->src[WEIGHTS].shape);
    set_blocks(&j, call);
    j.partial = (float *)call->scratch +
                seg_align_up((size_t)axis_positions(call) * sizeof(position)) / sizeof(float);
    j.partial_bias = j.partial + j.blocks * count;
    if (call->diff_src[WEIGHTS].data != NULL) {
        seg_parallel_for(call->threads, j.blocks * j.chunks, weights_task, &j);
        add_blocks(&j, seg_f32(&call->diff_src[WEIGHTS]), j.partial, count);
    }
    if (call->src_count > BIAS && call->diff_src[BIAS].data != NULL) {
        seg_parallel_for(call->threads, j.blocks, bias_task, &j);
        add_blocks(&j, seg_f32(&call->diff_src[BIAS]), j.partial_bias, j.channels);
    }
}

static void backward(const seg_op_call *call)
{
    if (call->diff_src[IMAGE].data != NULL) {
        job j = backward_job(call);
        compute(&j);
    }
    backward_weights(call);
}

static int64_t multiply_adds(const seg_op_call *call)
{
    const seg_shape *weights = &call->src[WEIGHTS].shape;
    return seg_shape_count(&call->dst->shape) * weights->kh * weights->kw;
}

const seg_op seg_op_depthwise2d = {
    .name = "depthwise2d",
    .params = depthwise2d_param_list,
    .params_size = sizeof(seg_conv2d_params),
    .src_min = 2,
    .src_max = 3,
    .flags = SEG_OP_READS_SRC | SEG_OP_FUSES_INFER,
    .shape = shape,
    .scratch_size = scratch_size,
    .forward = forward,
    .backward = backward,
    .multiply_adds = multiply_adds,
};
