/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* resize.c: positions of pixels, for resize_bilinear and resize_nearest. */
#include "ops/resize.h"

#include <math.h>

#include "ops/shapes.h"

seg_status seg_resize_shape(const char *op, const void *params, const seg_shape *src,
                            seg_shape *dst, seg_error *err)
{
    const seg_resize_params *p = params;
    seg_status status = seg_want_image(op, src, err);
    if (status == SEG_OK)
        *dst = seg_shape_nhwc(src->n, p->h, p->w, src->c);
    return status;
}

seg_axis seg_axis_of_resize(const seg_resize_params *p, seg_resize_coordinates usual, int a,
                            int64_t in)
{
    seg_axis axis = {.in = in,
                     .out = a == 0 ? p->h : p->w,
                     .coordinates =
                         p->coordinates != SEG_COORDINATES_USUAL ? p->coordinates : (int64_t)usual,
                     .rounding = p->rounding,
                     .scale = a == 0 ? p->scale_h : p->scale_w,
                     .whole_in = a == 0 ? p->whole_h.src : p->whole_w.src,
                     .whole_out = a == 0 ? p->whole_h.dst : p->whole_w.dst,
                     .first_in = a == 0 ? p->whole_h.src_first : p->whole_w.src_first,
                     .first_out = a == 0 ? p->whole_h.dst_first : p->whole_w.dst_first};
    return axis;
}

void seg_resize_axes(const seg_op_call *call, seg_resize_coordinates usual, int64_t most,
                     int64_t (*rule)(const seg_axis *axis, int64_t o, int64_t *start,
                                     float *weights),
                     seg_axis axes[2])
{
    const seg_resize_params *p = call->params;
    for (int a = 0; a < 2; a++) {
        axes[a] = seg_axis_of_resize(p, usual, a, call->src[0].shape.dim[1 + a]);
        axes[a].most = most;
        axes[a].rule = rule;
    }
}

/* Of a scale that the caller gave. */
static void scaled_position(const seg_axis *axis, int64_t in, int64_t o, int64_t *whole,
                            double *share)
{
    const double length = (double)in * axis->scale;
    double at = (double)o / axis->scale;
    if (axis->coordinates == SEG_COORDINATES_HALF_PIXEL)
        at = ((double)o + 0.5) / axis->scale - 0.5;
    if (axis->coordinates == SEG_COORDINATES_ALIGN_CORNERS)
        at = length == 1 ? 0 : (double)o * (double)(in - 1) / (length - 1);
    /* Far outside is outside. */
    at = at < -2 ? -2 : at > (double)in + 1 ? (double)in + 1 : at;
    *whole = (int64_t)floor(at);
    *share = at - floor(at);
}

static void exact_position(const seg_axis *axis, int64_t in, int64_t out, int64_t o, int64_t *whole,
                           double *share)
{
    int64_t above = (2 * o + 1) * in - out, below = 2 * out;
    if (axis->coordinates == SEG_COORDINATES_ALIGN_CORNERS) {
        above = o * (in - 1);
        below = out > 1 ? out - 1 : 1;
    }
    if (axis->coordinates == SEG_COORDINATES_ASYMMETRIC) {
        above = o * in;
        below = out;
    }
    *whole = above >= 0 ? above / below : -((below - 1 - above) / below);
    *share = (double)(above - *whole * below) / (double)below;
}

void seg_pixel_position(const seg_axis *axis, int64_t o, int64_t *whole, double *share)
{
    const bool part = axis->whole_in > 0;
    const int64_t in = part ? axis->whole_in : axis->in, out = part ? axis->whole_out : axis->out;
    if (axis->scale > 0)
        scaled_position(axis, in, o + axis->first_out, whole, share);
    else
        exact_position(axis, in, out, o + axis->first_out, whole, share);
    *whole -= axis->first_in;
}

int64_t seg_pixel_nearest(const seg_axis *axis, int64_t o)
{
    int64_t pixel;
    double share;
    seg_pixel_position(axis, o, &pixel, &share);
    pixel += (axis->rounding == SEG_ROUNDING_HALF_DOWN && share > 0.5) ||
             (axis->rounding == SEG_ROUNDING_HALF_UP && share >= 0.5) ||
             (axis->rounding == SEG_ROUNDING_CEIL && share > 0.0);
    return pixel < 0 ? 0 : pixel < axis->in ? pixel : axis->in - 1;
}
