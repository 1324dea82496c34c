/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* resize.h: what the ops that resize share: parameters, and positions of pixels. */
#ifndef OPS_RESIZE_H
#define OPS_RESIZE_H

#include "ops/params.h"
#include "ops/resample.h"

#define SEG_RESIZE_WHOLE(axis, field, help)                                                        \
    {                                                                                              \
        "whole_" #axis "." #field, help, SEG_PARAM_INT,                                            \
            offsetof(seg_resize_params, whole_##axis) + offsetof(seg_resize_part, field), 0,       \
            1 << 24                                                                                \
    }
#define SEG_RESIZE_WHOLE_PARAMS(axis)                                                              \
    SEG_RESIZE_WHOLE(axis, src, "extent of the whole source; 0: this is it"),                      \
        SEG_RESIZE_WHOLE(axis, dst, "extent of the whole result"),                                 \
        SEG_RESIZE_WHOLE(axis, src_first, "where the source begins in it"),                        \
        SEG_RESIZE_WHOLE(axis, dst_first, "where the result begins in it")

/* Lines of a parameter table. */
#define SEG_RESIZE_PARAMS(align_corners_most, rounding_most)                                       \
    {"h", "target height", SEG_PARAM_INT, offsetof(seg_resize_params, h), 1, 1 << 24},             \
        {"w", "target width", SEG_PARAM_INT, offsetof(seg_resize_params, w), 1, 1 << 24},          \
        {"align_corners",                                                                          \
         "corner pixels meet",                                                                     \
         SEG_PARAM_INT,                                                                            \
         offsetof(seg_resize_params, align_corners),                                               \
         0,                                                                                        \
         align_corners_most},                                                                      \
        {"coordinates",                                                                            \
         "where pixels lie",                                                                       \
         SEG_PARAM_INT,                                                                            \
         offsetof(seg_resize_params, coordinates),                                                 \
         0,                                                                                        \
         SEG_COORDINATES_COUNT - 1},                                                               \
        {"rounding", "to the nearest pixel", SEG_PARAM_INT, offsetof(seg_resize_params, rounding), \
         0,          rounding_most},                                                               \
        {"scale_h",                                                                                \
         "rows of dst for a row of src; 0: h / H",                                                 \
         SEG_PARAM_FLOAT,                                                                          \
         offsetof(seg_resize_params, scale_h),                                                     \
         0,                                                                                        \
         1 << 24},                                                                                 \
        {"scale_w", "the same, columns", SEG_PARAM_FLOAT, offsetof(seg_resize_params, scale_w), 0, \
         1 << 24},                                                                                 \
        SEG_RESIZE_WHOLE_PARAMS(h), SEG_RESIZE_WHOLE_PARAMS(w),                                    \
    {                                                                                              \
        0                                                                                          \
    }

seg_status seg_resize_shape(const char *op, const void *params, const seg_shape *src,
                            seg_shape *dst, seg_error *err);

/* Axis a (0 rows, 1 columns) of a resize of `in` pixels, without a rule. */
seg_axis seg_axis_of_resize(const seg_resize_params *params, seg_resize_coordinates usual, int a,
                            int64_t in);
/* Rows and columns of a call, with this rule; usual: the coordinates that USUAL stands for. */
void seg_resize_axes(const seg_op_call *call, seg_resize_coordinates usual, int64_t most,
                     int64_t (*rule)(const seg_axis *axis, int64_t o, int64_t *start,
                                     float *weights),
                     seg_axis axes[2]);

/* Those of a bilinear call: one tap or two for each output. */
void seg_bilinear_axes(const seg_op_call *call, seg_axis axes[2]);

/* The pixel of the axis that is nearest to output o, by the axis's rounding. */
int64_t seg_pixel_nearest(const seg_axis *axis, int64_t o);

/* Output o lies at pixel *whole plus *share (0 <= share < 1) of the axis, possibly outside. */
void seg_pixel_position(const seg_axis *axis, int64_t o, int64_t *whole, double *share);

#endif
