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

void seg_resize_axes(const seg_op_call *call, seg_resize_coordinates usual, int64_t most,
                     int64_t (*rule)(const seg_axis *axis, int64_t o, int64_t *start,
                                     float *weights),
                     seg_axis axes[2])
{
    const seg_resize_params *p = call->params;
    for (int a = 0; a < 2; a++)
        axes[a] =
            (seg_axis){.in = call->src[0].shape.dim[1 + a],
                       .out = a == 0 ? p->h : p->w,
                       .most = most,
                       .rule = rule,
                       .coordinates = p->coordinates != SEG_COORDINATES_USUAL ? p->coordinates
                                                                              : (int64_t)usual,
                       .rounding = p->rounding,
                       .scale = a == 0 ? p->scale_h : p->scale_w};
}

/* Of a scale that the caller gave. */
static void scaled_position(const seg_axis *axis, int64_t o, int64_t *whole, double *share)
{
    const double length = (double)axis->in * axis->scale;
    double at = (double)o / axis->scale;
    if (axis->coordinates == SEG_COORDINATES_HALF_PIXEL)
        at = ((double)o + 0.5) / axis->scale - 0.5;
    if (axis->coordinates == SEG_COORDINATES_ALIGN_CORNERS)
        at = length == 1 ? 0 : (double)o * (double)(axis->in - 1) / (length - 1);
    /* Far outside is outside. */
    at = at < -2 ? -2 : at > (double)axis->in + 1 ? (double)axis->in + 1 : at;
    *whole = (int64_t)floor(at);
    *share = at - floor(at);
}

void seg_pixel_position(const seg_axis *axis, int64_t o, int64_t *whole, double *share)
{
    int64_t above = (2 * o + 1) * axis->in - axis->out, below = 2 * axis->out;
    if (axis->scale > 0) {
        scaled_position(axis, o, whole, share);
        return;
    }
    if (axis->coordinates == SEG_COORDINATES_ALIGN_CORNERS) {
        above = o * (axis->in - 1);
        below = axis->out > 1 ? axis->out - 1 : 1;
    }
    if (axis->coordinates == SEG_COORDINATES_ASYMMETRIC) {
        above = o * axis->in;
        below = axis->out;
    }
    *whole = above >= 0 ? above / below : -((below - 1 - above) / below);
    *share = (double)(above - *whole * below) / (double)below;
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
