/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* depthwise_u8.c: packing and running depthwise convolutions over bytes. */
#include "ops/depthwise_u8.h"

#include <string.h>

#include "base/error.h"
#include "base/parallel.h"

/* pixels of a block of channels before the next: their rows stay in the cache */
enum { STRIP = 32 };

seg_status seg_depthwise_u8_check(const char *name, const seg_shape *weights, seg_error *err)
{
    const int64_t kh = weights->kh, kw = weights->kw, most = SEG_DEPTHWISE_TAPS_MAX;
    if (kw > most || kh > most || (kh + SEG_U8_GROUP - 1) / SEG_U8_GROUP * SEG_U8_GROUP * kw > most)
        return seg_fail(err, SEG_UNSUPPORTED, "%s: a kernel of %lldx%lld taps", name, (long long)kh,
                        (long long)kw);
    return SEG_OK;
}

/* ---- packed weights ---- */

typedef struct layout {
    int64_t channels; /* rounded up to blocks */
    int64_t rows;     /* groups of 4 taps in a column of the kernel */
    int64_t groups;
    size_t scale, weights, more, zeros, size; /* bytes from the start */
} layout;

static layout layout_of(const seg_depthwise_u8 *d)
{
    const seg_op_call *call = d->call;
    const seg_shape *w = &call->src[1].shape;
    const int64_t vector = call->kernels->u8.vector;
    layout l = {.channels = (w->oc + vector - 1) / vector * vector};
    l.rows = (w->kh + SEG_U8_GROUP - 1) / SEG_U8_GROUP;
    l.groups = l.rows * w->kw;
    l.scale = (size_t)l.channels * sizeof(int32_t);
    l.weights = l.scale + (size_t)l.channels * sizeof(float);
    const size_t weights = (size_t)(l.channels * l.groups * SEG_U8_GROUP);
    l.more = l.weights + weights;
    l.zeros = l.more + (d->wide ? weights : 0);
    l.size = l.zeros + (size_t)(call->src[0].shape.w * w->oc);
    return l;
}

size_t seg_depthwise_u8_packed_size(const seg_depthwise_u8 *d)
{
    return layout_of(d).size;
}

/* Channel c, at `place` of its block. What 8 bits do not hold of a weight goes into `more`. */
static void pack_channel(const seg_depthwise_u8 *d, const layout *l, int64_t c, int64_t place,
                         const seg_depthwise_u8_channel *from)
{
    const seg_shape *w = &d->call->src[1].shape;
    const int64_t vector = d->call->kernels->u8.vector, first = c / vector * vector;
    char *packed = d->call->packed;
    const int64_t block = first * l->groups * SEG_U8_GROUP;
    int8_t *out = (int8_t *)packed + l->weights + block, *more = (int8_t *)packed + l->more + block;
    int64_t start = from->bias;
    for (int64_t i = 0; i < w->kh; i++) {
        for (int64_t j = 0; j < w->kw; j++) {
            const int64_t group = j * l->rows + i / SEG_U8_GROUP;
            const int64_t at = (group * vector + place) * SEG_U8_GROUP + i % SEG_U8_GROUP;
            const int32_t weight = from->weights[i * w->kw + j];
            const int32_t part = weight < -128 ? -128 : weight > 127 ? 127 : weight;
            out[at] = (int8_t)part;
            if (d->wide)
                more[at] = (int8_t)(weight - part);
            start -= (int64_t)d->src_zero * weight;
        }
    }
    ((int32_t *)(void *)packed)[first + place] = (int32_t)(uint32_t)start;
    ((float *)(void *)(packed + l->scale))[first + place] = from->scale;
}

void seg_depthwise_u8_pack(const seg_depthwise_u8 *d, seg_depthwise_u8_source source)
{
    const seg_u8_kernels *kernels = &d->call->kernels->u8;
    const layout l = layout_of(d);
    memset(d->call->packed, 0, l.zeros);
    memset((char *)d->call->packed + l.zeros, d->src_zero, l.size - l.zeros);
    for (int64_t place = 0; place < l.channels; place++) {
        const int64_t c =
            place / kernels->vector * kernels->vector + kernels->order[place % kernels->vector];
        seg_depthwise_u8_channel channel;
        if (c >= d->call->src[1].shape.oc)
            continue;
        source(d->call, c, &channel);
        pack_channel(d, &l, c, place % kernels->vector, &channel);
    }
}

/* ---- run ---- */

typedef struct job {
    const seg_op_call *call;
    const seg_conv2d_params *conv;
    layout layout;
    seg_u8_depthwise kernel;
    int64_t walk;        /* columns are done in steps of it: neighbours then share taps */
    int64_t first, last; /* columns first..last-1 read no pixel outside */
} job;

/* The rows that row y of dst reads, one for each tap of a column of the kernel, rounded up. */
static void find_lines(const job *j, const uint8_t *image, int64_t y, const uint8_t **lines)
{
    const seg_conv2d_params *p = j->conv;
    const seg_shape *s = &j->call->src[0].shape;
    const int64_t kh = j->call->src[1].shape.kh;
    for (int64_t k = 0; k < j->layout.rows * SEG_U8_GROUP; k++) {
        const int64_t row = y * p->sh - p->ph + k * p->dh;
        const bool inside = k < kh && row >= 0 && row < s->h;
        lines[k] =
            inside ? image + row * s->w * s->c : (const uint8_t *)j->call->packed + j->layout.zeros;
    }
}

/* Pixels x, x + walk, ... of a row, which all have the columns of the kernel inside that x has. */
static void run_strip(const job *j, const uint8_t *const *lines, int64_t x, int64_t pixels,
                      uint8_t *row)
{
    const seg_conv2d_params *p = j->conv;
    const seg_shape *s = &j->call->src[0].shape;
    const int64_t kw = j->call->src[1].shape.kw, rows = j->layout.rows * SEG_U8_GROUP;
    const uint8_t *zeros = (const uint8_t *)j->call->packed + j->layout.zeros;
    const uint8_t *taps[SEG_DEPTHWISE_TAPS_MAX];
    for (int64_t k = 0; k < kw; k++) {
        const int64_t at = x * p->sw - p->pw + k * p->dw;
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
    const uint8_t *lines[SEG_DEPTHWISE_TAPS_MAX];
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

static job job_of(const seg_depthwise_u8 *d8)
{
    const seg_op_call *call = d8->call;
    const seg_conv2d_params *c = d8->conv;
    const seg_shape *s = &call->src[0].shape, *w = &call->src[1].shape, *d = &call->dst->shape;
    const layout l = layout_of(d8);
    const char *packed = call->packed;
    job j = {.call = call, .conv = c, .layout = l, .walk = c->sw == 1 ? c->dw : 1};
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
        .more = d8->wide ? (const int8_t *)packed + l.more : NULL,
        .start = (const int32_t *)(const void *)packed,
        .store = {.scale = (const float *)(const void *)(packed + l.scale),
                  .lowest = d8->lowest,
                  .highest = d8->highest,
                  .zero = d8->dst_zero},
    };
    return j;
}

void seg_depthwise_u8_run(const seg_depthwise_u8 *d)
{
    const seg_op_call *call = d->call;
    job j = job_of(d);
    seg_parallel_for(call->threads, call->dst->shape.n * call->dst->shape.h, run_row, &j);
}
