/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* lower_image.c: BatchNormalization, Resize, Upsample and Pad as layers. */
#include <math.h>

#include "ops/params.h"
#include "ops/resize.h"
#include "runtime/lower.h"
#include "runtime/lowering.h"
#include "runtime/pads.h"
#include "runtime/resize_of.h"

/* Every list among the sources (all but the image) is known, or left out. */
static bool knows_lists(const seg_lower *lower)
{
    for (int k = 1; k < lower->src_count; k++) {
        if (lower->node->src[k] != SEG_NO_SLOT && lower->fixed[k].data == NULL)
            return false;
    }
    return true;
}

/* ---- BatchNormalization ---- */

seg_status seg_lower_batch_norm(seg_lower *lower, bool *done)
{
    const seg_shape *image = &lower->src[0];
    *done = seg_lower_takes(lower, 0) && image->rank >= 2 &&
            seg_program_int(lower->node, "training_mode", 0) == 0 &&
            (lower->opset >= 9 || seg_program_int(lower->node, "spatial", 1) != 0);
    for (int k = 1; k < 5 && *done; k++)
        *done = seg_lower_knows(lower, k) && lower->src[k].rank == 1 &&
                lower->src[k].dim[0] == image->dim[1];
    for (int k = 1; k < lower->dst_count && *done; k++)
        *done = lower->node->dst[k] == SEG_NO_SLOT;
    if (!*done)
        return SEG_OK;
    const seg_axes axes = seg_axes_nchw(image->rank);
    seg_batchnorm_params params = {.epsilon =
                                       (double)seg_program_float(lower->node, "epsilon", 1e-5f)};
    seg_value src[5] = {seg_lower_src_as(lower, 0, &axes)};
    for (int k = 1; k < 5; k++)
        src[k] = seg_lower_vector(lower, k, image->dim[1]);
    seg_lower_result(lower, 0, seg_lower_layer(lower, "batchnorm", &params, 5, src), &axes);
    return SEG_OK;
}

/* ---- Resize and Upsample ---- */

/* The logical axes that rows and columns are, or -1. */
typedef struct plane_axes {
    int y, x;
} plane_axes;

static plane_axes plane_of(const seg_axes *axes)
{
    plane_axes plane = {-1, -1};
    for (int a = 0; a < axes->rank; a++) {
        plane.y = axes->axis[a] == 1 ? a : plane.y;
        plane.x = axes->axis[a] == 2 ? a : plane.x;
    }
    return plane;
}

/* Scale to give to the layer: 0 where out / in is meant. */
static double scale_of(const seg_resize *r, int axis)
{
    return axis < 0 || r->axis[axis].exact ? 0 : r->axis[axis].scale;
}

static bool linear_coordinates(const seg_resize *r, const plane_axes *plane, int64_t *coordinates)
{
    const int axes[2] = {plane->y, plane->x};
    for (int i = 0; i < 2; i++) {
        const seg_resize_axis *a = axes[i] >= 0 ? &r->axis[axes[i]] : NULL;
        if (a != NULL && r->coordinates == SEG_AT_PYTORCH_HALF_PIXEL && a->out == 1 && a->in > 1)
            return false;
        if (a != NULL && r->coordinates == SEG_AT_HALF_PIXEL_SYMMETRIC && !a->exact)
            return false;
    }
    switch (r->coordinates) {
    case SEG_AT_HALF_PIXEL:
    case SEG_AT_PYTORCH_HALF_PIXEL:
    case SEG_AT_HALF_PIXEL_SYMMETRIC:
        *coordinates = SEG_COORDINATES_HALF_PIXEL;
        return true;
    case SEG_AT_ALIGN_CORNERS:
        *coordinates = SEG_COORDINATES_ALIGN_CORNERS;
        return true;
    case SEG_AT_ASYMMETRIC:
        *coordinates = SEG_COORDINATES_ASYMMETRIC;
        return true;
    case SEG_AT_TF_CROP_AND_RESIZE:
    case SEG_AT_TF_HALF_PIXEL_FOR_NN:
        break;
    }
    return false;
}

/* The layer picks the pixels of an axis that the node picks. */
static bool same_pixels(const seg_resize *r, int axis, const seg_resize_params *p, double scale)
{
    if (axis < 0)
        return true;
    const seg_axis layer = {.in = r->axis[axis].in,
                            .out = r->axis[axis].out,
                            .coordinates = p->coordinates,
                            .rounding = p->rounding,
                            .scale = scale};
    for (int64_t o = 0; o < layer.out; o++) {
        if (seg_pixel_nearest(&layer, o) != seg_resize_pick(r, axis, o))
            return false;
    }
    return true;
}

/* Modes of the layer are tried until one picks the same pixels: so it does not matter how scales
 * were rounded. */
static bool nearest_mode(const seg_resize *r, const plane_axes *plane, seg_resize_params *p)
{
    const double scale_h = scale_of(r, plane->y), scale_w = scale_of(r, plane->x);
    for (int exact = 1; exact >= 0; exact--) {
        p->scale_h = exact ? 0 : scale_h;
        p->scale_w = exact ? 0 : scale_w;
        for (p->coordinates = SEG_COORDINATES_HALF_PIXEL; p->coordinates < SEG_COORDINATES_COUNT;
             p->coordinates++) {
            for (p->rounding = 0; p->rounding < SEG_ROUNDING_COUNT; p->rounding++) {
                if (same_pixels(r, plane->y, p, p->scale_h) &&
                    same_pixels(r, plane->x, p, p->scale_w))
                    return true;
            }
        }
    }
    return false;
}

/* The parameters of a layer that does it, and the layout it does it in. */
static bool read_resize(const seg_lower *lower, seg_resize *r, seg_axes *axes, seg_resize_params *p)
{
    bool changes[SEG_MAX_RANK];
    seg_shape dst;
    seg_error why;
    if (!seg_lower_takes(lower, 0) || !knows_lists(lower) ||
        seg_resize_of(lower->node, lower->opset, lower->src_count, lower->fixed, r, &dst, &why) !=
            SEG_OK ||
        !seg_shape_valid(&dst) || seg_shape_count(&dst) == 0 || r->antialias ||
        r->mode == SEG_RESIZE_CUBIC)
        return false;
    for (int a = 0; a < r->rank; a++)
        changes[a] = !seg_resize_keeps(r, a);
    if (!seg_lower_plane(lower, 0, changes, axes))
        return false;
    plane_axes plane = plane_of(axes);
    *p = (seg_resize_params){.h = plane.y < 0 ? 1 : dst.dim[plane.y],
                             .w = plane.x < 0 ? 1 : dst.dim[plane.x]};
    if (r->mode == SEG_RESIZE_NEAREST)
        return nearest_mode(r, &plane, p);
    p->scale_h = scale_of(r, plane.y);
    p->scale_w = scale_of(r, plane.x);
    return linear_coordinates(r, &plane, &p->coordinates);
}

seg_status seg_lower_resize(seg_lower *lower, bool *done)
{
    seg_resize r;
    seg_axes axes;
    seg_resize_params params;
    *done = read_resize(lower, &r, &axes, &params);
    if (!*done)
        return SEG_OK;
    seg_value src = seg_lower_src_as(lower, 0, &axes);
    const char *op = r.mode == SEG_RESIZE_NEAREST ? "resize_nearest" : "resize_bilinear";
    seg_lower_result(lower, 0, seg_lower_layer(lower, op, &params, 1, &src), &axes);
    return SEG_OK;
}

/* ---- Pad: constants around rows and columns, and cropping them ---- */

static int64_t positive(int64_t value)
{
    return value > 0 ? value : 0;
}

static seg_value crop(seg_lower *lower, seg_value src, const seg_pads *pads, plane_axes plane)
{
    seg_shape shape = seg_graph_shape(lower->graph, src);
    seg_crop_params params = {.h = shape.h, .w = shape.w};
    if (plane.y >= 0) {
        params.top = positive(-pads->before[plane.y]);
        params.h -= params.top + positive(-pads->after[plane.y]);
    }
    if (plane.x >= 0) {
        params.left = positive(-pads->before[plane.x]);
        params.w -= params.left + positive(-pads->after[plane.x]);
    }
    if (params.h == shape.h && params.w == shape.w)
        return src;
    return seg_lower_layer(lower, "crop", &params, 1, &src);
}

static seg_value surround(seg_lower *lower, seg_value src, const seg_pads *pads, plane_axes plane,
                          float value)
{
    seg_pad_params params = {.value = (double)value};
    if (plane.y >= 0) {
        params.top = positive(pads->before[plane.y]);
        params.bottom = positive(pads->after[plane.y]);
    }
    if (plane.x >= 0) {
        params.left = positive(pads->before[plane.x]);
        params.right = positive(pads->after[plane.x]);
    }
    if (params.top + params.bottom + params.left + params.right == 0)
        return src;
    return seg_lower_layer(lower, "pad", &params, 1, &src);
}

/* What may be padded: constants, and something must be left of every axis. */
static bool read_pads(const seg_lower *lower, seg_pads *pads, float *value, seg_axes *axes)
{
    bool changes[SEG_MAX_RANK];
    seg_shape dst;
    seg_error why;
    if (!seg_lower_takes(lower, 0) || !knows_lists(lower) ||
        seg_pads_of(lower->node, lower->opset, lower->src_count, lower->fixed, pads, &dst, &why) !=
            SEG_OK ||
        pads->mode != SEG_PAD_CONSTANT)
        return false;
    *value = *(const float *)(const void *)pads->fill;
    bool fits = isfinite(*value);
    for (int a = 0; a < dst.rank; a++) {
        int64_t cropped = positive(-pads->before[a]) + positive(-pads->after[a]);
        changes[a] = pads->before[a] != 0 || pads->after[a] != 0;
        fits = fits && cropped < lower->src[0].dim[a];
    }
    return fits && seg_lower_plane(lower, 0, changes, axes);
}

seg_status seg_lower_pad(seg_lower *lower, bool *done)
{
    seg_pads pads;
    seg_axes axes;
    float value;
    *done = read_pads(lower, &pads, &value, &axes);
    if (!*done)
        return SEG_OK;
    plane_axes plane = plane_of(&axes);
    seg_value src = crop(lower, seg_lower_src_as(lower, 0, &axes), &pads, plane);
    seg_lower_result(lower, 0, surround(lower, src, &pads, plane, value), &axes);
    return SEG_OK;
}
