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
 * With dilation d, neighbouring rows share nothing but each d-th row does: so axes are walked in
 * such steps, phase after phase. Tasks are bands of rows in that order; backward-weights sums
 * fixed blocks of rows into scratch and adds these in order.
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
     SEG_ACT_HARD_SIGMOID},
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

typedef seg_depthwise_position position;
typedef seg_depthwise_axis axis;

static int64_t gcd(int64_t a, int64_t b)
{
    return b == 0 ? a : gcd(b, a % b);
}

static int64_t divide_up(int64_t a, int64_t b) /* b > 0 */
{
    return a >= 0 ? (a + b - 1) / b : -(-a / b);
}

/*
 * Walk in steps that share positions of src: with dilation d, each d-th. Then find the runs.
 * `shortest`: walks of fewer positions are not worth it.
 */
static void find_runs(axis *a, int64_t shortest)
{
    int64_t walk = a->from_tap / gcd(a->from_tap, a->from_step);
    if (a->length >= walk * a->step * shortest) {
        a->step *= walk;
        a->from_step *= walk;
    }
    for (int64_t p = a->length - 1; p >= 0; p--) {
        const int64_t next = p + a->step;
        bool same = next < a->length && a->at[next].tap == a->at[p].tap &&
                    a->at[next].taps == a->at[p].taps;
        a->at[p].run = same ? a->at[next].run + 1 : 1;
    }
}

/* Positions of dst read src: from = p*s + tap*d - pad. */
static axis forward_axis(position *at, int64_t out, int64_t in, int64_t taps, int64_t s, int64_t d,
                         int64_t pad, int64_t shortest)
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
    find_runs(&a, shortest);
    return a;
}

/* Positions of diff_src read diff_dst: from = (p + pad - tap*d) / s where that divides, the last
 * tap first, so that from grows. */
static axis backward_axis(position *at, int64_t out, int64_t in, int64_t taps, int64_t s, int64_t d,
                          int64_t pad, int64_t shortest)
{
    int64_t tap_step = s / gcd(s, d);
    axis a = {.length = in,
              .step = s,
              .from_step = 1,
              .tap_step = -tap_step,
              .from_tap = tap_step * d / s,
              .at = at};
    for (int64_t p = 0; p < in; p++) {
        position here = {0};
        for (int64_t tap = taps - 1; tap >= 0; tap--) {
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
    find_runs(&a, shortest);
    return a;
}

/* ---- a call, cut into tasks ---- */

enum {
    BAND = 8,       /* rows of a task */
    LONG_BAND = 16, /* the same where there are TASKS_WANTED: bands read shared rows twice */
    TASKS_WANTED = 8,
    SLICE = 128,           /* channels of a task: a tile's weights stay in the first cache, and what
                               columns of tiles share in the second */
    NEAR_FLOATS = 4 << 20, /* of dst, so that src and dst fit the last cache */
    LINE = 16,             /* floats of a cache line */
    SHORTEST = 8,          /* walk of columns: a tile's pixels */
    BLOCKS_MAX = 32,       /* of rows, in backward-weights */
};

/* Rows of all images are numbered in the order of their walks: image, phase, step. */
typedef struct job {
    const seg_op_call *call;
    seg_depthwise_layer layer;
    int64_t from_h;    /* rows of src of one image */
    int64_t row_count; /* n * rows of dst */
    int64_t channels;  /* of a task */
    int64_t band_rows, bands;
    float *dst;
    const float *src, *weights, *bias;
    int64_t blocks, block_rows;    /* backward-weights */
    int64_t stride;                /* floats from one block's partial sums to the next */
    float *partial, *partial_bias; /* of block 0: kh*kw*c, c */
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
    int64_t rows = dst->n * dst->h;
    j->block_rows = (rows + BLOCKS_MAX - 1) / BLOCKS_MAX;
    j->block_rows = j->block_rows < BAND ? BAND : j->block_rows;
    j->blocks = (rows + j->block_rows - 1) / j->block_rows;
    j->stride = seg_shape_count(&call->src[WEIGHTS].shape) + dst->c + SEG_BLOCK_GAP;
}

static size_t scratch_size(const seg_op_call *call)
{
    size_t size = seg_align_up((size_t)axis_positions(call) * sizeof(position));
    if (!call->train)
        return size;
    job j;
    set_blocks(&j, call);
    return size + (size_t)(j.blocks * j.stride) * sizeof(float);
}

/* from: what is read (src in forward, diff_dst in backward-data) */
static job job_of(const seg_op_call *call, const axis *rows, const axis *columns,
                  const seg_tensor *from)
{
    const seg_shape *weights = &call->src[WEIGHTS].shape;
    job j = {.call = call,
             .layer = {*rows, *columns, weights->oc, from->shape.w, weights->kw,
                       seg_activation_ramp(SEG_ACT_NONE),
                       from->shape.n * rows->length * columns->length * weights->oc >=
                           SEG_STREAM_FLOATS},
             .from_h = from->shape.h,
             .row_count = from->shape.n * rows->length,
             .channels = weights->oc,
             .src = from->data,
             .weights = seg_f32(&call->src[WEIGHTS])};
    return j;
}

static job forward_job(const seg_op_call *call)
{
    const seg_conv2d_params *p = call->params;
    const seg_shape *src = &call->src[IMAGE].shape, *dst = &call->dst->shape;
    const seg_shape *weights = &call->src[WEIGHTS].shape;
    position *at = call->scratch;
    axis rows = forward_axis(at, dst->h, src->h, weights->kh, p->sh, p->dh, p->ph, 1);
    axis columns =
        forward_axis(at + dst->h, dst->w, src->w, weights->kw, p->sw, p->dw, p->pw, SHORTEST);
    return job_of(call, &rows, &columns, &call->src[IMAGE]);
}

static job backward_job(const seg_op_call *call)
{
    const seg_conv2d_params *p = call->params;
    const seg_shape *src = &call->src[IMAGE].shape, *dst = &call->dst->shape;
    const seg_shape *weights = &call->src[WEIGHTS].shape;
    position *at = call->scratch;
    axis rows = backward_axis(at, dst->h, src->h, weights->kh, p->sh, p->dh, p->ph, 1);
    axis columns =
        backward_axis(at + src->h, dst->w, src->w, weights->kw, p->sw, p->dw, p->pw, SHORTEST);
    job j = job_of(call, &rows, &columns, call->diff_dst);
    j.dst = seg_f32(&call->diff_src[IMAGE]);
    return j;
}

typedef void (*part_body)(const job *j, int64_t n, seg_depthwise_part part, int64_t block);

/* body for `rows` rows from block*rows on, in parts of one image and one phase. */
static void for_parts(const job *j, int64_t block, int64_t rows, part_body body)
{
    const int64_t length = j->layer.rows.length, step = j->layer.rows.step;
    int64_t first = block * rows, end = first + rows, n = first / length, at = n * length;
    end = end < j->row_count ? end : j->row_count;
    for (int64_t phase = 0; at < end; phase++) {
        if (phase == step || phase == length) {
            phase = 0;
            n++;
        }
        int64_t count = (length - phase + step - 1) / step;
        int64_t from = first > at ? first - at : 0, to = end - at < count ? end - at : count;
        if (from < to)
            body(
                j, n,
                (seg_depthwise_part){phase + from * step, phase + (to - 1) * step + 1, j->channels},
                block);
        at += count;
    }
}

static void compute_part(const job *j, int64_t n, seg_depthwise_part part, int64_t block)
{
    const int64_t c = j->layer.channels;
    (void)block;
    j->call->kernels->depthwise.apply(
        &j->layer, part, j->dst + n * j->layer.rows.length * j->layer.columns.length * c,
        j->src + n * j->from_h * j->layer.from_w * c, j->weights, j->bias);
}

/* A band of rows and a slice of channels. */
static void compute_task(void *context, int64_t index, int thread)
{
    (void)thread;
    job j = *(const job *)context;
    const int64_t first = index / j.bands * j.channels, rest = j.layer.channels - first;
    j.channels = rest < j.channels ? rest : j.channels;
    j.src += first;
    j.dst += first;
    j.weights += first;
    j.bias = j.bias != NULL ? j.bias + first : NULL;
    for_parts(&j, index % j.bands, j.band_rows, compute_part);
}

/* Whether a task finds in a cache what others read before it. From memory, narrow slices and long
 * bands are slower than whole pixels; and where rates are wide, rows share next to nothing. */
static bool reads_again(const job *j)
{
    const seg_depthwise_axis *rows = &j->layer.rows;
    return j->row_count * j->layer.columns.length * j->layer.channels <= NEAR_FLOATS &&
           rows->step * j->call->src[WEIGHTS].shape.kh <= rows->length;
}

static void compute(job *j)
{
    const int64_t channels = j->layer.channels;
    int64_t slices = 1;
    j->band_rows = BAND;
    if (reads_again(j)) {
        slices = (channels + SLICE - 1) / SLICE;
        if ((j->row_count + LONG_BAND - 1) / LONG_BAND * slices >= TASKS_WANTED)
            j->band_rows = LONG_BAND;
    }
    j->channels = ((channels + slices - 1) / slices + LINE - 1) / LINE * LINE;
    j->bands = (j->row_count + j->band_rows - 1) / j->band_rows;
    seg_parallel_for(j->call->threads, j->bands * slices, compute_task, j);
}

static void forward(const seg_op_call *call)
{
    const seg_conv2d_params *p = call->params;
    job j = forward_job(call);
    j.dst = seg_f32(call->dst);
    j.bias = call->src_count > BIAS ? seg_f32(&call->src[BIAS]) : NULL;
    j.layer.ramp = seg_activation_ramp(p->activation);
    compute(&j);
}

/* ---- backward-weights ---- */

static void weights_part(const job *j, int64_t n, seg_depthwise_part part, int64_t block)
{
    const int64_t c = j->layer.channels;
    j->call->kernels->depthwise.apply_weights(
        &j->layer, part, j->partial + block * j->stride,
        j->src + n * j->from_h * j->layer.from_w * c,
        seg_f32(j->call->diff_dst) + n * j->layer.rows.length * j->layer.columns.length * c);
}

static void weights_task(void *context, int64_t block, int thread)
{
    const job *j = context;
    (void)thread;
    const int64_t count = seg_shape_count(&j->call->src[WEIGHTS].shape);
    j->call->kernels->rows.fill(j->partial + block * j->stride, 0, count);
    for_parts(j, block, j->block_rows, weights_part);
}

static void bias_task(void *context, int64_t block, int thread)
{
    const job *j = context;
    (void)thread;
    int64_t first = block * j->block_rows, rows = j->row_count - first;
    int64_t width = j->layer.columns.length, c = j->layer.channels;
    rows = rows < j->block_rows ? rows : j->block_rows;
    j->call->kernels->rows.channel_sums(j->partial_bias + block * j->stride,
                                        seg_f32(j->call->diff_dst) + first * width * c,
                                        rows * width, c);
}

/* sum of all blocks' `count` floats, in order */
static void add_blocks(const job *j, float *sum, const float *partial, int64_t count)
{
    memcpy(sum, partial, (size_t)count * sizeof *sum);
    for (int64_t b = 1; b < j->blocks; b++)
        j->call->kernels->rows.add(sum, sum, partial + b * j->stride, -INFINITY, INFINITY, count);
}

static void backward_weights(const seg_op_call *call)
{
    job j = forward_job(call);
    int64_t count = seg_shape_count(&call->src[WEIGHTS].shape);
    set_blocks(&j, call);
    j.partial = (float *)call->scratch +
                seg_align_up((size_t)axis_positions(call) * sizeof(position)) / sizeof(float);
    j.partial_bias = j.partial + count;
    if (call->diff_src[WEIGHTS].data != NULL) {
        seg_parallel_for(call->threads, j.blocks, weights_task, &j);
        add_blocks(&j, seg_f32(&call->diff_src[WEIGHTS]), j.partial, count);
    }
    if (call->src_count > BIAS && call->diff_src[BIAS].data != NULL) {
        seg_parallel_for(call->threads, j.blocks, bias_task, &j);
        add_blocks(&j, seg_f32(&call->diff_src[BIAS]), j.partial_bias, j.layer.channels);
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

static const char *algorithm(const seg_op_call *call)
{
    return seg_shape_count(&call->dst->shape) >= SEG_STREAM_FLOATS ? "by channels, past the caches"
                                                                   : "by channels";
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
    .algorithm = algorithm,
};
