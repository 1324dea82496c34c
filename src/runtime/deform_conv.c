/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * deform_conv.c: DeformConv: a convolution of two spatial axes whose taps are moved by offsets that
 * differ from pixel to pixel, and weighed by a mask.
 *
 * X N,IC,H,W    W OC,IC/g,KH,KW    offset N,og*KH*KW*2,OH,OW (y, x)    mask N,og*KH*KW,OH,OW
 * Values between pixels are blended linearly; outside of the image is zero.
 */
#include <math.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "runtime/convert.h"
#include "runtime/convolve.h"

enum { IMAGE, WEIGHTS, OFFSET, BIAS, MASK, SOURCES };

typedef struct deform_conv {
    seg_convolve c;
    int64_t offset_groups;
    const double *src[SOURCES]; /* NULL: left out */
    double *owned[SOURCES];
    double *dst;
} deform_conv;

static double pixel(const double *plane, int64_t h, int64_t w, double y, double x)
{
    return y >= 0 && x >= 0 && y < (double)h && x < (double)w ? plane[(int64_t)y * w + (int64_t)x]
                                                              : 0;
}

static double sample(const double *plane, int64_t h, int64_t w, double y, double x)
{
    const double y0 = floor(y), x0 = floor(x), dy = y - y0, dx = x - x0;
    return (1 - dy) *
               ((1 - dx) * pixel(plane, h, w, y0, x0) + dx * pixel(plane, h, w, y0, x0 + 1)) +
           dy * ((1 - dx) * pixel(plane, h, w, y0 + 1, x0) +
                 dx * pixel(plane, h, w, y0 + 1, x0 + 1));
}

/* Input channel i of one result element: o its channel, at its place in a plane. */
static double taps_of(const deform_conv *d, int64_t n, int64_t o, int64_t i, int64_t at)
{
    const seg_convolve *c = &d->c;
    const seg_window *w = &c->window;
    const int64_t kw = w->kernel[1], taps = w->kernel[0] * kw, out = c->out[0] * c->out[1];
    const int64_t icg = c->ic / c->groups;
    const int64_t from = n * d->offset_groups + i / (c->ic / d->offset_groups);
    const double *plane = d->src[IMAGE] + (n * c->ic + i) * c->in[0] * c->in[1];
    const double *weights = d->src[WEIGHTS] + (o * icg + i % icg) * taps;
    const double *offset = d->src[OFFSET] + from * taps * 2 * out + at;
    double sum = 0;
    for (int64_t t = 0; t < taps; t++) {
        double y = (double)(at / c->out[1] * w->stride[0] + t / kw * w->dilation[0] - w->pad[0]);
        double x = (double)(at % c->out[1] * w->stride[1] + t % kw * w->dilation[1] - w->pad[1]);
        double value = sample(plane, c->in[0], c->in[1], y + offset[2 * t * out],
                              x + offset[(2 * t + 1) * out]);
        if (d->src[MASK] != NULL)
            value *= d->src[MASK][(from * taps + t) * out + at];
        sum += weights[t] * value;
    }
    return sum;
}

static void make_plane(void *context, int64_t index, int thread)
{
    (void)thread;
    const deform_conv *d = context;
    const seg_convolve *c = &d->c;
    const int64_t n = index / c->oc, o = index % c->oc, out = c->out[0] * c->out[1];
    const int64_t icg = c->ic / c->groups, first = o / (c->oc / c->groups) * icg;
    for (int64_t at = 0; at < out; at++) {
        double sum = d->src[BIAS] != NULL ? d->src[BIAS][o] : 0;
        for (int64_t i = first; i < first + icg; i++)
            sum += taps_of(d, n, o, i, at);
        d->dst[index * out + at] = sum;
    }
}

/* A source that has this many channels of the result's planes. */
static bool has_planes(const seg_eval *call, int index, const seg_convolve *c, int64_t channels)
{
    const seg_shape *s = &call->src[index].shape;
    return s->rank == 4 && s->dim[0] == c->n && s->dim[1] == channels && s->dim[2] == c->out[0] &&
           s->dim[3] == c->out[1];
}

static seg_status read_node(seg_eval *call, deform_conv *d, seg_shape *dst)
{
    const seg_shape *src = &call->src[IMAGE].shape;
    seg_error why;
    seg_status status =
        seg_convolve_of(call->node, src, &call->src[WEIGHTS].shape, false, &d->c, dst, &why);
    if (status != SEG_OK)
        return seg_eval_why(call, status, &why);
    const int64_t taps = d->c.window.kernel[0] * d->c.window.kernel[1];
    d->offset_groups = seg_program_int(call->node, "offset_group", 1);
    if (src->rank != 4 || d->offset_groups < 1 || d->c.ic % d->offset_groups != 0)
        return seg_eval_fail(call, SEG_INVALID, "%d axes, %lld groups of offsets for %lld channels",
                             src->rank, (long long)d->offset_groups, (long long)d->c.ic);
    if (!has_planes(call, OFFSET, &d->c, d->offset_groups * taps * 2) ||
        (seg_eval_has(call, MASK) && !has_planes(call, MASK, &d->c, d->offset_groups * taps)))
        return seg_eval_fail(call, SEG_INVALID, "offsets or mask do not fit %lld taps of %lldx%lld",
                             (long long)taps, (long long)d->c.out[0], (long long)d->c.out[1]);
    if (seg_eval_has(call, BIAS) && seg_shape_count(&call->src[BIAS].shape) != d->c.oc)
        return seg_eval_fail(call, SEG_INVALID, "the bias must have %lld elements",
                             (long long)d->c.oc);
    return SEG_OK;
}

static seg_status evaluate(seg_eval *call)
{
    deform_conv d = {.dst = NULL};
    seg_shape dst;
    for (int i = 0; i < call->src_count; i++) {
        if (seg_eval_has(call, i) && !seg_dtype_is_real(call->src[i].shape.dtype))
            return seg_eval_bad_dtype(call, i);
    }
    seg_status status = read_node(call, &d, &dst);
    if (status == SEG_OK)
        status = seg_eval_result_f64(call, 0, &dst, &d.dst);
    for (int i = 0; i < SOURCES && status == SEG_OK; i++) {
        if (seg_eval_has(call, i))
            status = seg_eval_f64(call, i, &d.src[i], &d.owned[i]);
    }
    if (status == SEG_OK && seg_shape_count(&dst) > 0)
        seg_parallel_for(call->threads, d.c.n * d.c.oc, make_plane, &d);
    for (int i = 0; i < SOURCES; i++)
        seg_block_free(d.owned[i]);
    return seg_eval_finish_f64(call, 0, d.dst, status);
}

const seg_runtime_op seg_runtime_op_DeformConv = {
    .domain = "", .name = "DeformConv", .src_min = 3, .src_max = 5, .evaluate = evaluate};
