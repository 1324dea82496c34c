/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* resize_of.c: the forms of Resize (opset 10, 11 to 17, 18, 19) and Upsample (7, 9). */
#include "runtime/resize_of.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "runtime/convert.h"

#define EXTENT_MAX 2147483648.0

/* ---- attributes ---- */

/* The place of the attribute's text in names[count]. */
static seg_status read_choice(const seg_program_node *node, const char *name, const char *missing,
                              int count, const char *const *names, int *choice, seg_error *why)
{
    const char *text = seg_program_get_text(node, name, missing);
    for (*choice = 0; *choice < count; *choice += 1) {
        if (strcmp(text, names[*choice]) == 0)
            return SEG_OK;
    }
    return seg_fail(why, SEG_INVALID, "%s is '%s'", name, text);
}

static seg_status read_attributes(const seg_program_node *node, bool modern, seg_resize *r,
                                  seg_error *why)
{
    static const char *const modes[] = {"nearest", "linear", "cubic", "bilinear"};
    static const char *const coordinates[] = {
        "half_pixel", "pytorch_half_pixel", "half_pixel_symmetric", "align_corners",
        "asymmetric", "tf_crop_and_resize", "tf_half_pixel_for_nn"};
    static const char *const nearest[] = {"round_prefer_floor", "round_prefer_ceil", "floor",
                                          "ceil"};
    int mode, where = SEG_AT_ASYMMETRIC, rounding = SEG_NEAREST_FLOOR;
    seg_status status = read_choice(node, "mode", "nearest", 4, modes, &mode, why);
    if (status == SEG_OK && modern)
        status = read_choice(node, "coordinate_transformation_mode", "half_pixel", 7, coordinates,
                             &where, why);
    if (status == SEG_OK && modern)
        status =
            read_choice(node, "nearest_mode", "round_prefer_floor", 4, nearest, &rounding, why);
    r->mode = mode == 3 ? SEG_RESIZE_LINEAR : (seg_resize_mode)mode;
    r->coordinates = (seg_coordinates)where;
    r->nearest = (seg_nearest)rounding;
    r->antialias = seg_program_int(node, "antialias", 0) != 0;
    r->exclude_outside = seg_program_int(node, "exclude_outside", 0) != 0;
    r->cubic_a = (double)seg_program_float(node, "cubic_coeff_a", -0.75f);
    r->extrapolation = (double)seg_program_float(node, "extrapolation_value", 0.0f);
    if (status == SEG_OK && r->antialias && r->mode == SEG_RESIZE_NEAREST)
        return seg_fail(why, SEG_INVALID, "antialias is not for mode 'nearest'");
    return status;
}

/* ---- sizes and scales ---- */

typedef struct resize_axes {
    int count;
    int axis[SEG_MAX_RANK];
} resize_axes;

static seg_status read_axes(const seg_program_node *node, int rank, resize_axes *axes,
                            seg_error *why)
{
    const int64_t *ints;
    int64_t count = seg_program_ints(node, "axes", &ints);
    axes->count = count > 0 && count <= rank ? (int)count : rank;
    if (count > rank)
        return seg_fail(why, SEG_INVALID, "%lld axes of %d", (long long)count, rank);
    for (int i = 0; i < axes->count; i++) {
        int64_t axis = count == 0 ? i : ints[i] < 0 ? ints[i] + rank : ints[i];
        if (axis < 0 || axis >= rank)
            return seg_fail(why, SEG_INVALID, "axis %lld of %d axes", (long long)ints[i], rank);
        axes->axis[i] = (int)axis;
    }
    return SEG_OK;
}

/* in * scale is rounded as float before its fraction goes, so that 65/33 given as a float makes 65
 * of 33. */
static seg_status set_scale(seg_resize_axis *axis, double scale, seg_error *why)
{
    double out = floor((double)(float)((double)axis->in * scale));
    if (!(scale > 0) || !(out < EXTENT_MAX))
        return seg_fail(why, SEG_INVALID, "scale %g of %lld elements", scale, (long long)axis->in);
    axis->scale = scale;
    axis->out = (int64_t)out;
    axis->exact = (double)axis->in * scale == out;
    return SEG_OK;
}

static seg_status set_size(seg_resize_axis *axis, int64_t out, seg_error *why)
{
    if (out < 0 || (double)out > EXTENT_MAX || (axis->in == 0 && out > 0))
        return seg_fail(why, SEG_INVALID, "%lld elements cannot become %lld", (long long)axis->in,
                        (long long)out);
    axis->out = out;
    axis->scale = axis->in > 0 ? (double)out / (double)axis->in : 1;
    axis->exact = true;
    return SEG_OK;
}

/* keep_aspect_ratio_policy: one scale for all axes, the least or the largest of what sizes ask. */
static void keep_ratio(seg_resize *r, const resize_axes *axes, bool larger)
{
    double scale = r->axis[axes->axis[0]].scale;
    for (int i = 1; i < axes->count; i++) {
        double other = r->axis[axes->axis[i]].scale;
        scale = (other > scale) == larger ? other : scale;
    }
    for (int i = 0; i < axes->count; i++) {
        seg_resize_axis *axis = &r->axis[axes->axis[i]];
        double out = scale * (double)axis->in;
        axis->scale = scale;
        axis->out = (int64_t)(out + 0.5);
        axis->exact = out == (double)axis->out;
    }
}

static seg_status read_sizes(const seg_program_node *node, const seg_tensor *sizes, seg_resize *r,
                             const resize_axes *axes, seg_error *why)
{
    static const char *const policies[] = {"stretch", "not_larger", "not_smaller"};
    int64_t list[SEG_MAX_RANK];
    int policy;
    char text[SEG_SHAPE_TEXT_SIZE];
    if (seg_shape_count(&sizes->shape) != axes->count ||
        (sizes->shape.dtype != SEG_I64 && sizes->shape.dtype != SEG_I32))
        return seg_fail(why, SEG_INVALID, "sizes of %d axes are %s", axes->count,
                        seg_shape_text(&sizes->shape, text));
    seg_load_i64(sizes->shape.dtype, sizes->data, 0, axes->count, list);
    seg_status status =
        read_choice(node, "keep_aspect_ratio_policy", "stretch", 3, policies, &policy, why);
    for (int i = 0; i < axes->count && status == SEG_OK; i++)
        status = set_size(&r->axis[axes->axis[i]], list[i], why);
    if (status == SEG_OK && policy > 0 && axes->count > 0)
        keep_ratio(r, axes, policy == 2);
    return status;
}

static seg_status read_scales(int64_t count, const double *scales, seg_resize *r,
                              const resize_axes *axes, seg_error *why)
{
    seg_status status = SEG_OK;
    if (count != axes->count)
        return seg_fail(why, SEG_INVALID, "%lld scales for %d axes", (long long)count, axes->count);
    for (int i = 0; i < axes->count && status == SEG_OK; i++)
        status = set_scale(&r->axis[axes->axis[i]], scales[i], why);
    return status;
}

static seg_status read_roi(const seg_tensor *roi, seg_resize *r, const resize_axes *axes,
                           seg_error *why)
{
    double list[2 * SEG_MAX_RANK];
    if (roi == NULL || seg_shape_count(&roi->shape) != 2 * axes->count)
        return seg_fail(why, SEG_INVALID, "roi must have %d numbers", 2 * axes->count);
    seg_load_f64(roi->shape.dtype, roi->data, 0, 2 * axes->count, list);
    for (int i = 0; i < axes->count; i++) {
        r->axis[axes->axis[i]].roi_start = list[i];
        r->axis[axes->axis[i]].roi_end = list[axes->count + i];
    }
    return SEG_OK;
}

/* Source `index` when it is there and not empty. */
static const seg_tensor *filled(int src_count, const seg_tensor *src, int index)
{
    if (index >= src_count || src[index].data == NULL || seg_shape_count(&src[index].shape) == 0)
        return NULL;
    return &src[index];
}

/* Where scales are: an attribute (Upsample 7), source 1, or source 2 behind roi. */
static seg_status read_extents(const seg_program_node *node, int src_count, const seg_tensor *src,
                               bool modern, seg_resize *r, seg_error *why)
{
    double list[SEG_MAX_RANK] = {0};
    resize_axes axes;
    const float *attribute;
    seg_status status = read_axes(node, r->rank, &axes, why);
    if (status != SEG_OK)
        return status;
    const seg_tensor *scales = filled(src_count, src, modern ? 2 : 1);
    const seg_tensor *sizes = modern ? filled(src_count, src, 3) : NULL;
    int64_t count = scales != NULL ? seg_shape_count(&scales->shape)
                                   : seg_program_floats(node, "scales", &attribute);
    if (sizes != NULL && scales != NULL)
        return seg_fail(why, SEG_INVALID, "both scales and sizes are given");
    if (modern && r->coordinates == SEG_AT_TF_CROP_AND_RESIZE)
        status = read_roi(filled(src_count, src, 1), r, &axes, why);
    if (status != SEG_OK)
        return status;
    if (sizes != NULL)
        return read_sizes(node, sizes, r, &axes, why);
    for (int64_t i = 0; i < count && i < axes.count; i++) {
        if (scales != NULL)
            seg_load_f64(scales->shape.dtype, scales->data, i, 1, &list[i]);
        else
            list[i] = (double)attribute[i];
    }
    return read_scales(count, list, r, &axes, why);
}

seg_status seg_resize_of(const seg_program_node *node, int opset, int src_count,
                         const seg_tensor *src, seg_resize *resize, seg_shape *dst, seg_error *why)
{
    bool modern = strcmp(node->op, "Resize") == 0 && opset >= 11;
    *resize = (seg_resize){.rank = src[0].shape.rank};
    *dst = src[0].shape;
    for (int a = 0; a < resize->rank; a++) {
        int64_t in = dst->dim[a];
        if ((double)in > EXTENT_MAX)
            return seg_fail(why, SEG_LIMIT, "axis %d of %lld is too long", a, (long long)in);
        resize->axis[a] =
            (seg_resize_axis){.in = in, .out = in, .scale = 1, .exact = true, .roi_end = 1};
    }
    seg_status status = read_attributes(node, modern, resize, why);
    if (status == SEG_OK)
        status = read_extents(node, src_count, src, modern, resize, why);
    for (int a = 0; a < resize->rank && status == SEG_OK; a++)
        dst->dim[a] = resize->axis[a].out;
    return status;
}

/* ---- positions ---- */

bool seg_resize_keeps(const seg_resize *r, int axis)
{
    const seg_resize_axis *a = &r->axis[axis];
    return a->in == a->out && a->scale == 1 && a->roi_start == 0 && a->roi_end == 1;
}

/* (o + shift) / scale, exactly where the scale is a fraction of whole numbers. */
static double shrink(const seg_resize_axis *a, double o)
{
    return a->exact && a->out > 0 ? o * (double)a->in / (double)a->out : o / a->scale;
}

double seg_resize_position(const seg_resize *r, int axis, int64_t o)
{
    const seg_resize_axis *a = &r->axis[axis];
    const double at = (double)o, in = (double)a->in;
    const double length = a->exact ? (double)a->out : in * a->scale;
    switch (r->coordinates) {
    case SEG_AT_ALIGN_CORNERS:
        return length == 1 ? 0 : at * (in - 1) / (length - 1);
    case SEG_AT_ASYMMETRIC:
        return shrink(a, at);
    case SEG_AT_TF_HALF_PIXEL_FOR_NN:
        return shrink(a, at + 0.5);
    case SEG_AT_TF_CROP_AND_RESIZE: {
        double span = (a->roi_end - a->roi_start) * (in - 1);
        return a->roi_start * (in - 1) + (length == 1 ? span / 2 : at * span / (length - 1));
    }
    case SEG_AT_PYTORCH_HALF_PIXEL:
        return length == 1 ? -0.5 : shrink(a, at + 0.5) - 0.5;
    case SEG_AT_HALF_PIXEL_SYMMETRIC:
        return in / 2 * (1 - (double)a->out / length) + shrink(a, at + 0.5) - 0.5;
    case SEG_AT_HALF_PIXEL:
        break;
    }
    return shrink(a, at + 0.5) - 0.5;
}

int64_t seg_resize_pick(const seg_resize *r, int axis, int64_t o)
{
    const seg_resize_axis *a = &r->axis[axis];
    double at = seg_resize_position(r, axis, o);
    if (r->coordinates == SEG_AT_TF_CROP_AND_RESIZE && !(at >= 0 && at <= (double)(a->in - 1)))
        return -1;
    if (!a->exact) /* scales are floats: what they miss a whole number by is below a float's step */
        at = (double)(float)at;
    switch (r->nearest) {
    case SEG_NEAREST_PREFER_FLOOR:
        at = ceil(at - 0.5);
        break;
    case SEG_NEAREST_PREFER_CEIL:
        at = floor(at + 0.5);
        break;
    case SEG_NEAREST_FLOOR:
        at = floor(at);
        break;
    case SEG_NEAREST_CEIL:
        at = ceil(at);
        break;
    }
    return at < 0 ? 0 : at > (double)(a->in - 1) ? a->in - 1 : (int64_t)at;
}
