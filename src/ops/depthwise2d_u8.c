/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * depthwise2d_u8: depthwise2d over quantised images.
 *   sum = bias + sum over taps: (src - src_zero) * weights, all of them integers
 *   dst = clamp(round(sum * src_scale * step[c] / dst_scale)) + dst_zero
 * src u8 N,IH,IW,C   weights f32 KH,KW,1,C   bias f32 C (optional)   dst u8 N,OH,OW,C
 * packed: start and scale of each channel, then weights, in the kernel's order of channels; and a
 * row of zero points, which taps outside the image read: so no border is special.
 * Taps are taken four at a time, down the columns of the kernel. With stride 1, pixels `dilation`
 * apart share all but one of these columns, so rows are walked in such steps.
 */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "ops/quantised.h"

typedef seg_conv2d_u8_params params;

#define FIELD(name) offsetof(params, name)
static const seg_param param_list[] = {
    SEG_CONV_U8_PARAMS(params),
    {"groups", "unused: 1", SEG_PARAM_INT, FIELD(conv.groups), 1, 1},
    SEG_QUANT_PARAMS(params, src, "src_scale", "src_zero", "src"),
    SEG_QUANT_PARAMS(params, dst, "dst_scale", "dst_zero", "dst"),
    {"to_float", "unused: 0", SEG_PARAM_INT, FIELD(to_float), 0, 0},
    {0},
};

enum {
    TAPS_MAX = 256, /* of a kernel: pointers to them stand on the stack */
    STRIP = 32, /* pixels of a block of channels before the next: their rows stay in the cache */
};

static seg_status shape(const void *given, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    const params *p = given;
    seg_status status = seg_shape_of_conv_u8(&seg_op_depthwise2d, "depthwise2d_u8", &p->conv,
                                             src_count, src, dst, err);
    if (status != SEG_OK)
        return status;
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
    l.size = l.zeros + (size_t)(call->src[0].shape.w * w->oc);
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
    memset((char *)call->packed + l.zeros, (int)p->src.zero, l.size - l.zeros);
    for (int64_t place = 0; place < l.channels; place++) {
        const int64_t c =
            place / kernels->vector * kernels->vector + kernels->order[place % kernels->vector];
        if (c < call->src[1].shape.oc)
            pack_channel(call, &l, c, place % kernels->vector);
    }
}

/* ---- run ---- */

typedef struct job {
    const seg_op_call *call;
    layout layout;
    seg_u8_depthwise kernel;
    int64_t walk;        /* columns are done in steps of it: neighbours then share taps */
    int64_t first, last; /* columns first..last-1 read no pixel outside */
} job;

/* The rows that row y of dst reads, one for each tap of a column of the kernel, rounded up. */
static void find_lines(const job *j, const uint8_t *image, int64_t y, const uint8_t **lines)
{
    const params *p = j->call->params;
    const seg_shape *s = &j->call->src[0].shape;
    const int64_t kh = j->call->src[1].shape.kh;
    for (int64_t k = 0; k < j->layout.rows * SEG_U8_GROUP; k++) {
        const int64_t row = y * p->conv.sh - p->conv.ph + k * p->conv.dh;
        const bool inside = k < kh && row >= 0 && row < s->h;
        lines[k] =
            inside ? image + row * s->w * s->c : (const uint8_t *)j->call->packed + j->layout.zeros;
    }
}

/* Pixels x, x + walk, ... of a row, which all have the columns of the kernel inside that x has. */
static void run_strip(const job *j, const uint8_t *const *lines, int64_t x, int64_t pixels,
                      uint8_t *row)
{
    const params *p = j->call->params;
    const seg_shape *s = &j->call->src[0].shape;
    const int64_t kw = j->call->src[1].shape.kw, rows = j->layout.rows * SEG_U8_GROUP;
    const uint8_t *zeros = (const uint8_t *)j->call->packed + j->layout.zeros;
    const uint8_t *taps[TAPS_MAX];
    for (int64_t k = 0; k < kw; k++) {
        const int64_t at = x * p->conv.sw - p->conv.pw + k * p->conv.dw;
        const bool inside = at >= 0 && at < s->w;
        for (int64_t i = 0; i < rows; i++)
            taps[k * rows + i] = inside ? lines[i] + at * s->c : zeros;
    }
    j->call->kernels->u8.depthwise(&j->kernel, pixels, taps, row + x * s->c);
}

static void run_row(void *context, int64_t index, int thread)
{
    (void)thread;
    const job *j = context;
    const seg_shape *s = &j->call->src[0].shape, *d = &j->call->dst->shape;
    const uint8_t *image = seg_u8(&j->call->src[0]) + index / d->h * s->h * s->w * s->c;
    uint8_t *row = seg_u8(j->call->dst) + index * d->w * d->c;
    const uint8_t *lines[TAPS_MAX];
    find_lines(j, image, index % d->h, lines);
    for (int64_t phase = 0; phase < j->walk && phase < d->w; phase++) {
        for (int64_t x = phase; x < d->w;) {
            int64_t pixels = 1;
            if (x >= j->first && x < j->last)
                pixels = (j->last - x + j->walk - 1) / j->walk;
            pixels = pixels < STRIP ? pixels : STRIP;
            run_strip(j, lines, x, pixels, row);
            x += pixels * j->walk;
        }
    }
}

static job job_of(const seg_op_call *call)
{
    const params *p = call->params;
    const seg_conv2d_params *c = &p->conv;
    const seg_shape *s = &call->src[0].shape, *w = &call->src[1].shape, *d = &call->dst->shape;
    const layout l = layout_of(call);
    const char *packed = call->packed;
    job j = {.call = call, .layout = l, .walk = c->sw == 1 ? c->dw : 1};
    const int64_t room = s->w - 1 - (w->kw - 1) * c->dw + c->pw; /* of the first tap's column */
    j.first = (c->pw + c->sw - 1) / c->sw;
    j.last = room >= 0 ? room / c->sw + 1 : 0;
    j.last = j.last < d->w ? j.last : d->w;
    j.kernel = (seg_u8_depthwise){
        .channels = s->c,
        .groups = l.groups,
        .src_step = j.walk * c->sw * s->c,
        .dst_step = j.walk * s->c,
        .slides = c->sw == 1 && l.rows == 1,
        .weights = (const int8_t *)packed + l.weights,
        .start = (const int32_t *)(const void *)packed,
        .store = {.scale = (const float *)(const void *)(packed + l.scale),
                  .zero = (int32_t)p->dst.zero},
    };
    seg_quant_range(c->activation, &p->dst, &j.kernel.store.lowest, &j.kernel.store.highest);
    return j;
}

static void forward(const seg_op_call *call)
{
    job j = job_of(call);
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
