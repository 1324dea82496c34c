/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * depthwise2d_u8: depthwise2d over quantised images.
 *   sum = bias + sum over taps: (src - src_zero) * weights, all of them integers
 *   dst = clamp(round(sum * src_scale * step[c] / dst_scale)) + dst_zero
 * src u8 N,IH,IW,C   weights f32 KH,KW,1,C   bias f32 C (optional)   dst u8 N,OH,OW,C
 * packed: start and scale of each channel, then weights, in the kernel's order of channels; and a
 * pixel of zero points, which taps outside the image read: so no border is special.
 * Taps are taken four at a time, down the columns of the kernel.
 */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "ops/quantised.h"

typedef seg_conv2d_u8_params params;

#define FIELD(name) offsetof(params, name)
static const seg_param param_list[] = {
    {"activation", "0 none, 1 ReLU, 2 ReLU6", SEG_PARAM_INT, FIELD(conv.activation), 0, 2},
    {"sh", "stride, rows", SEG_PARAM_INT, FIELD(conv.sh), 1, 4096},
    {"sw", "stride, columns", SEG_PARAM_INT, FIELD(conv.sw), 1, 4096},
    {"ph", "padding above", SEG_PARAM_INT, FIELD(conv.ph), 0, 65536},
    {"pw", "padding on the left", SEG_PARAM_INT, FIELD(conv.pw), 0, 65536},
    {"ph_end", "padding below", SEG_PARAM_INT, FIELD(conv.ph_end), 0, 65536},
    {"pw_end", "padding on the right", SEG_PARAM_INT, FIELD(conv.pw_end), 0, 65536},
    {"dh", "dilation, rows", SEG_PARAM_INT, FIELD(conv.dh), 1, 65536},
    {"dw", "dilation, columns", SEG_PARAM_INT, FIELD(conv.dw), 1, 65536},
    {"groups", "unused: 1", SEG_PARAM_INT, FIELD(conv.groups), 1, 1},
    SEG_QUANT_PARAMS(params, src, "src_scale", "src_zero", "src"),
    SEG_QUANT_PARAMS(params, dst, "dst_scale", "dst_zero", "dst"),
    {"to_float", "unused: 0", SEG_PARAM_INT, FIELD(to_float), 0, 0},
    {0},
};

enum {
    TAPS_MAX = 256, /* of a kernel: pointers to them stand on the stack */
    STRIP = 16,     /* pixels whose taps are pointed at together */
};

static seg_status shape(const void *given, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    const params *p = given;
    seg_shape as_float[3];
    seg_error reason;
    seg_status status = seg_want_bytes("depthwise2d_u8", &src[0], err);
    if (status != SEG_OK)
        return status;
    memcpy(as_float, src, (size_t)src_count * sizeof *src);
    as_float[0].dtype = SEG_F32;
    status = seg_op_check(&seg_op_depthwise2d, &p->conv, src_count, as_float, dst, &reason);
    if (status != SEG_OK)
        return seg_fail(err, status, "depthwise2d_u8: as %s", reason.text);
    if (src[1].kw > TAPS_MAX || src[1].kh > TAPS_MAX ||
        (src[1].kh + SEG_U8_GROUP - 1) / SEG_U8_GROUP * SEG_U8_GROUP * src[1].kw > TAPS_MAX)
        return seg_fail(err, SEG_UNSUPPORTED, "depthwise2d_u8: a kernel of %lldx%lld taps",
                        (long long)src[1].kh, (long long)src[1].kw);
    dst->dtype = SEG_U8;
    return SEG_OK;
}

/* ---- packed weights ---- */

typedef struct layout {
    int64_t channels; /* rounded up to blocks */
    int64_t rows;     /* groups of 4 taps in a column of the kernel */
    int64_t groups;
    size_t scale, weights, zeros, size; /* bytes from the start */
} layout;

static layout layout_of(const seg_op_call *call)
{
    const seg_shape *w = &call->src[1].shape;
    const int64_t vector = call->kernels->u8.vector;
    layout l = {.channels = (w->oc + vector - 1) / vector * vector};
    l.rows = (w->kh + SEG_U8_GROUP - 1) / SEG_U8_GROUP;
    l.groups = l.rows * w->kw;
    l.scale = (size_t)l.channels * sizeof(int32_t);
    l.weights = l.scale + (size_t)l.channels * sizeof(float);
    l.zeros = l.weights + (size_t)(l.channels * l.groups * SEG_U8_GROUP);
    l.size = l.zeros + (size_t)l.channels;
    return l;
}

static size_t packed_size(const seg_op_call *call)
{
    return layout_of(call).size;
}

/* Channel c, at `place` of its block. */
static void pack_channel(const seg_op_call *call, const layout *l, int64_t c, int64_t place)
{
    const params *p = call->params;
    const seg_shape *w = &call->src[1].shape;
    const int64_t vector = call->kernels->u8.vector, first = c / vector * vector;
    const float bias = call->src_count > 2 ? seg_f32(&call->src[2])[c] : 0.0f;
    char *packed = call->packed;
    int8_t row[TAPS_MAX];
    const float step = seg_quant_weights(seg_f32(&call->src[1]) + c, w->kh * w->kw, w->oc, bias,
                                         p->src.scale, row);
    int64_t start = seg_quant_bias(bias, step, p->src.scale);
    int8_t *out = (int8_t *)packed + l->weights + first * l->groups * SEG_U8_GROUP;
    for (int64_t i = 0; i < w->kh; i++) {
        for (int64_t j = 0; j < w->kw; j++) {
            const int64_t group = j * l->rows + i / SEG_U8_GROUP;
            out[(group * vector + place) * SEG_U8_GROUP + i % SEG_U8_GROUP] = row[i * w->kw + j];
            start -= p->src.zero * row[i * w->kw + j];
        }
    }
    ((int32_t *)(void *)packed)[first + place] = (int32_t)start;
    ((float *)(void *)(packed + l->scale))[first + place] =
        (float)((double)step * p->src.scale / p->dst.scale);
}

static void pack(const seg_op_call *call)
{
    const params *p = call->params;
    const seg_u8_kernels *kernels = &call->kernels->u8;
    const layout l = layout_of(call);
    memset(call->packed, 0, l.zeros);
    memset((char *)call->packed + l.zeros, (int)p->src.zero, (size_t)l.channels);
    for (int64_t place = 0; place < l.channels; place++) {
        const int64_t c = place / kernels->vector * kernels->vector +
                          kernels->order[place % kernels->vector];
        if (c < call->src[1].shape.oc)
            pack_channel(call, &l, c, place % kernels->vector);
    }
}

/* ---- run ---- */

typedef struct job {
    const seg_op_call *call;
    layout layout;
    seg_u8_depthwise kernel;
} job;

/* A row of taps: column x of it is at + x * pixel; outside the image pixel is 0. */
typedef struct line {
    const uint8_t *at;
    int64_t pixel;
} line;

/* The rows that row y of dst reads, one for each tap of a column of the kernel, rounded up. */
static void find_lines(const job *j, const uint8_t *image, int64_t y, const uint8_t *zeros,
                       line *lines)
{
    const params *p = j->call->params;
    const seg_shape *s = &j->call->src[0].shape;
    const int64_t kh = j->call->src[1].shape.kh;
    for (int64_t k = 0; k < j->layout.rows * SEG_U8_GROUP; k++) {
        const int64_t row = y * p->conv.sh - p->conv.ph + k * p->conv.dh;
        const bool inside = k < kh && row >= 0 && row < s->h;
        lines[k] = inside ? (line){image + row * s->w * s->c, s->c} : (line){zeros, 0};
    }
}

/* Pointers at the taps of column x of dst. */
static void point(const job *j, const line *lines, int64_t x, const uint8_t *zeros,
                  const uint8_t **taps)
{
    const params *p = j->call->params;
    const int64_t w = j->call->src[0].shape.w, kw = j->call->src[1].shape.kw;
    const int64_t rows = j->layout.rows * SEG_U8_GROUP;
    for (int64_t k = 0; k < kw; k++, taps += rows) {
        const int64_t at = x * p->conv.sw - p->conv.pw + k * p->conv.dw;
        const bool inside = at >= 0 && at < w;
        for (int64_t i = 0; i < rows; i++)
            taps[i] = inside ? lines[i].at + at * lines[i].pixel : zeros;
    }
}

static void run_row(void *context, int64_t index, int thread)
{
    (void)thread;
    const job *j = context;
    const seg_shape *s = &j->call->src[0].shape, *d = &j->call->dst->shape;
    const int64_t taps = j->layout.groups * SEG_U8_GROUP;
    const uint8_t *zeros = (const uint8_t *)j->call->packed + j->layout.zeros;
    const uint8_t *image = seg_u8(&j->call->src[0]) + index / d->h * s->h * s->w * s->c;
    uint8_t *dst = seg_u8(j->call->dst) + index * d->w * d->c;
    const uint8_t *pointers[STRIP * 16];
    line lines[TAPS_MAX];
    const int64_t strip = (int64_t)(sizeof pointers / sizeof *pointers) / taps;
    find_lines(j, image, index % d->h, zeros, lines);
    for (int64_t x = 0; x < d->w; x += strip) {
        const int64_t pixels = x + strip < d->w ? strip : d->w - x;
        for (int64_t i = 0; i < pixels; i++)
            point(j, lines, x + i, zeros, pointers + i * taps);
        j->call->kernels->u8.depthwise(&j->kernel, pixels, pointers, dst + x * d->c);
    }
}

static void forward(const seg_op_call *call)
{
    const params *p = call->params;
    const layout l = layout_of(call);
    const char *packed = call->packed;
    job j = {.call = call, .layout = l};
    j.kernel = (seg_u8_depthwise){
        .channels = call->dst->shape.c,
        .groups = l.groups,
        .weights = (const int8_t *)packed + l.weights,
        .start = (const int32_t *)(const void *)packed,
        .store = {.scale = (const float *)(const void *)(packed + l.scale),
                  .zero = (int32_t)p->dst.zero},
    };
    seg_quant_range(p->conv.activation, &p->dst, &j.kernel.store.lowest, &j.kernel.store.highest);
    seg_parallel_for(call->threads, call->dst->shape.n * call->dst->shape.h, run_row, &j);
}

static int64_t multiply_adds(const seg_op_call *call)
{
    const seg_shape *w = &call->src[1].shape;
    return seg_shape_count(&call->dst->shape) * w->kh * w->kw;
}

static const char *algorithm(const seg_op_call *call)
{
    (void)call;
    return "int8, four taps a product";
}

const seg_op seg_op_depthwise2d_u8 = {
    .name = "depthwise2d_u8",
    .params = param_list,
    .params_size = sizeof(params),
    .src_min = 2,
    .src_max = 3,
    .shape = shape,
    .packed_size = packed_size,
    .pack = pack,
    .forward = forward,
    .multiply_adds = multiply_adds,
    .algorithm = algorithm,
};
