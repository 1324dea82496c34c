/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* quantised.h: what ops over bytes share: parameters, rounding of weights, ranges of stores. */
#ifndef OPS_QUANTISED_H
#define OPS_QUANTISED_H

#include "ops/params.h"

/* Limits of a scale: products of two and quotients stay finite in float32. */
#define SEG_QUANT_SCALE_MIN 1e-12
#define SEG_QUANT_SCALE_MAX 1e12

/* Lines of a parameter table: `field` is a seg_quant of `type`. */
#define SEG_QUANT_PARAMS(type, field, scale_name, zero_name, of)                                   \
    {scale_name,          "step of " of,      SEG_PARAM_FLOAT, offsetof(type, field.scale),        \
     SEG_QUANT_SCALE_MIN, SEG_QUANT_SCALE_MAX},                                                    \
    {                                                                                              \
        zero_name, "byte that means 0 in " of, SEG_PARAM_INT, offsetof(type, field.zero), 0, 255   \
    }

/* The first lines of the table of a convolution over bytes, whose parameters are `type`. */
#define SEG_CONV_U8_PARAM(type, name, help, least, most)                                           \
    {                                                                                              \
#name, help, SEG_PARAM_INT, offsetof(type, conv.name), least, most                         \
    }
#define SEG_CONV_U8_PARAMS(type)                                                                   \
    SEG_CONV_U8_PARAM(type, activation, "0 none, 1 ReLU, 2 ReLU6", 0, 2),                          \
        SEG_CONV_U8_PARAM(type, sh, "stride, rows", 1, 4096),                                      \
        SEG_CONV_U8_PARAM(type, sw, "stride, columns", 1, 4096),                                   \
        SEG_CONV_U8_PARAM(type, ph, "padding above", 0, 65536),                                    \
        SEG_CONV_U8_PARAM(type, pw, "padding on the left", 0, 65536),                              \
        SEG_CONV_U8_PARAM(type, ph_end, "padding below", 0, 65536),                                \
        SEG_CONV_U8_PARAM(type, pw_end, "padding on the right", 0, 65536),                         \
        SEG_CONV_U8_PARAM(type, dh, "dilation, rows", 1, 65536),                                   \
        SEG_CONV_U8_PARAM(type, dw, "dilation, columns", 1, 65536)

/* src is an image of bytes, every extent at least 1. SEG_INVALID otherwise. */
seg_status seg_want_bytes(const char *op, const seg_shape *src, seg_error *err);

/* The same, for an op whose shape() in float is `op`: called with f32 sources, dst in bytes. */
seg_status seg_shape_of_bytes(const seg_op *op, const char *name, const void *params, int src_count,
                              const seg_shape *src, seg_shape *dst, seg_error *err);

/* The same of a convolution, whose weights and bias are f32 anyway; dst is left f32. */
seg_status seg_shape_of_conv_u8(const seg_op *op, const char *name, const seg_conv2d_params *params,
                                int src_count, const seg_shape *src, seg_shape *dst,
                                seg_error *err);

/* Lines of the table of conv2d_q8 and depthwise2d_q8. */
#define SEG_CONV_Q8_PARAM(name, help, least, most)                                                 \
    {                                                                                              \
#name, help, SEG_PARAM_INT, offsetof(seg_conv2d_q8_params, name), least, most              \
    }
#define SEG_CONV_Q8_PARAMS                                                                         \
    SEG_CONV_Q8_PARAM(src_zero, "byte that means 0 in src", 0, 255),                               \
        SEG_CONV_Q8_PARAM(dst_zero, "byte that means 0 in dst", 0, 255),                           \
        SEG_CONV_Q8_PARAM(lowest, "least byte of dst", 0, 255),                                    \
        SEG_CONV_Q8_PARAM(highest, "largest byte of dst", 0, 255),                                 \
        SEG_CONV_Q8_PARAM(weights_zero, "number that means 0 in weights", -128, 255),              \
        SEG_CONV_Q8_PARAM(weights_fit, "1: weights less their zero are -128..127", 0, 1)

/* src of a convolution in a file's integers: image u8, weights u8 or i8, bias i32, scale f32. */
seg_status seg_shape_of_conv_q8(const seg_op *op, const char *name, const seg_conv2d_params *params,
                                const seg_shape *src, seg_shape *dst, seg_error *err);

static inline uint8_t *seg_u8(const seg_tensor *tensor)
{
    return tensor->data;
}

/*
 * Weights of output channel o of a convolution as integers: taps x depth of them, `stride` floats
 * apart. Returns the step: weight = step * out. Steps that would make the bias overflow a sum are
 * made larger; without weights the step still carries the bias.
 */
float seg_quant_weights(const float *weights, int64_t count, int64_t stride, float bias,
                        double src_scale, int8_t *out);

/* bias as a sum's start: in steps of weight_step * src_scale, at most 2^30. */
int32_t seg_quant_bias(float bias, float weight_step, double src_scale);

/* The range, in dst's steps from its zero, that an activation and a byte leave. */
void seg_quant_range(int64_t activation, const seg_quant *dst, float *lowest, float *highest);

#endif
