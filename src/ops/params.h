/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * params.h: the parameter structs of all ops, for whoever builds a graph.
 *
 * Dilation 1 is dense. Zero is only a default where the comment says so. Sizes are pixels.
 */
#ifndef OPS_PARAMS_H
#define OPS_PARAMS_H

#include "ops/op.h"

/*
 * conv2d         src: image N,IH,IW,IC; weights KH,KW,IC/G,OC; optional bias OC
 *                OH = (IH + ph + ph_end - dh*(KH-1) - 1)/sh + 1
 * depthwise2d    src: image N,IH,IW,C; weights KH,KW,1,C; optional bias C     (groups unused: 1)
 * Padding is zeros: ph rows above, ph_end below, pw left, pw_end right.
 */
typedef struct seg_conv2d_params {
    int64_t activation; /* seg_activation */
    int64_t sh, sw, ph, pw, ph_end, pw_end, dh, dw;
    int64_t groups;
} seg_conv2d_params;

/*
 * src: image N,IH,IW,IC; weights KH,KW,IC/G,OC; optional bias OC. The gradient of conv2d as a layer:
 * OH = (IH-1)*sh - ph - ph_end + dh*(KH-1) + 1 + out_pad_h
 */
typedef struct seg_conv_transpose2d_params {
    int64_t activation;
    int64_t sh, sw, ph, pw, ph_end, pw_end, dh, dw;
    int64_t out_pad_h, out_pad_w;
    int64_t groups; /* 0: one */
} seg_conv_transpose2d_params;

/* src: image N,H,W,C; weight (gamma) C; bias (beta) C; running_mean C; running_var C.
 * In training the batch's mean and (biased) variance normalise, and the running ones move by
 * `momentum` towards them (unbiased variance, as PyTorch): r = (1-m)*r + m*batch. frozen != 0 uses
 * the running ones in training too (and leaves them alone). */
typedef struct seg_batchnorm_params {
    int64_t activation;
    double epsilon, momentum;
    int64_t frozen;
} seg_batchnorm_params;

/* Windows kh x kw; ceil_mode != 0 keeps a last partial window (as PyTorch: it must start inside
 * the input or the left padding). Average: count_pad != 0 counts padding in the divisor (not what a
 * partial window covers beyond it). Half a window of padding at most. */
typedef struct seg_pool2d_params {
    int64_t kh, kw, sh, sw, ph, pw;
    int64_t ceil_mode, count_pad;
    int64_t ph_more, pw_more; /* padding below and on the right, beyond ph and pw; or less of it */
    int64_t dh, dw;           /* dilation of maxpool2d; 0: dense, as 1 */
} seg_pool2d_params;

/* Where output pixel o lies among `in` source pixels; s: scale, result pixels for a source pixel. */
typedef enum seg_resize_coordinates {
    SEG_COORDINATES_USUAL, /* resize_bilinear: what align_corners says; resize_nearest: asymmetric */
    SEG_COORDINATES_HALF_PIXEL,    /* (o + 1/2) / s - 1/2 */
    SEG_COORDINATES_ASYMMETRIC,    /* o / s */
    SEG_COORDINATES_ALIGN_CORNERS, /* o * (in - 1) / (s*in - 1); 0 when s*in is 1 */
    SEG_COORDINATES_COUNT
} seg_resize_coordinates;

typedef enum seg_resize_rounding {
    SEG_ROUNDING_FLOOR,
    SEG_ROUNDING_HALF_DOWN,
    SEG_ROUNDING_HALF_UP,
    SEG_ROUNDING_CEIL,
    SEG_ROUNDING_COUNT
} seg_resize_rounding;

/* A resize that is part of a larger one, rows or columns: extents of the whole (src 0: there is none),
 * and where in it src and dst begin. */
typedef struct seg_resize_part {
    int64_t src, dst, src_first, dst_first;
} seg_resize_part;

/* Target size in pixels. Half-pixel centres unless align_corners != 0. */
typedef struct seg_resize_params {
    int64_t h, w, align_corners;
    int64_t coordinates;     /* seg_resize_coordinates */
    int64_t rounding;        /* resize_nearest: seg_resize_rounding */
    double scale_h, scale_w; /* 0: h / H, w / W, exactly */
    seg_resize_part whole_h, whole_w;
} seg_resize_params;

/* Window of the source that is kept: rows top..top+h-1, columns left..left+w-1, channels
 * channel..channel+c-1 (c 0: all from there on). */
typedef struct seg_crop_params {
    int64_t top, left, h, w, channel, c;
} seg_crop_params;

/* Rows and columns of `value` around the source. */
typedef struct seg_pad_params {
    int64_t top, bottom, left, right;
    double value;
} seg_pad_params;

typedef struct seg_dropout_params {
    double rate; /* 0..1: share of elements set to zero in training; the rest grow by 1/(1-rate) */
} seg_dropout_params;

typedef struct seg_scale_params {
    double factor;
} seg_scale_params;

/* dst axis d is src axis `axis[d]`: 0 N, 1 H, 2 W, 3 C, each once. */
typedef struct seg_permute_params {
    int64_t axis[4];
} seg_permute_params;

/* A function of each element; `a` and `b` are what docs/ops/unary.md says for the function. */
typedef enum seg_unary_function {
    SEG_UNARY_CLAMP,        /* min(max(x, a), b) */
    SEG_UNARY_LEAKY_RELU,   /* x < 0 ? a*x : x */
    SEG_UNARY_ELU,          /* x < 0 ? a*(exp(x)-1) : x */
    SEG_UNARY_SIGMOID,      /* 1/(1+exp(-x)) */
    SEG_UNARY_HARD_SIGMOID, /* min(max(a*x + b, 0), 1) */
    SEG_UNARY_HARD_SWISH,   /* x * min(max(x/6 + 1/2, 0), 1) */
    SEG_UNARY_TANH,
    SEG_UNARY_EXP,
    SEG_UNARY_LOG,
    SEG_UNARY_SQRT,
    SEG_UNARY_ABS,
    SEG_UNARY_AFFINE,   /* a*x + b */
    SEG_UNARY_SOFTPLUS, /* log(1 + exp(x)) */
    SEG_UNARY_ERF,      /* 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x */
    SEG_UNARY_FUNCTIONS
} seg_unary_function;

typedef struct seg_unary_params {
    int64_t function; /* seg_unary_function */
    double a, b;
} seg_unary_params;

/* Of two sources, each extent of which is dst's or 1 (then repeated). */
typedef enum seg_binary_function {
    SEG_BINARY_ADD,
    SEG_BINARY_SUB,
    SEG_BINARY_MUL,
    SEG_BINARY_DIV,
    SEG_BINARY_MAX,
    SEG_BINARY_MIN,
    SEG_BINARY_FUNCTIONS
} seg_binary_function;

typedef struct seg_binary_params {
    int64_t activation;
    int64_t function; /* seg_binary_function */
} seg_binary_params;

/* add: 2 sources of one shape. */
typedef struct seg_add_params {
    int64_t activation;
} seg_add_params;

/*
 * Quantised numbers: a byte q stands for scale * (q - zero). Ops whose names end in _u8 take such
 * images; params say how the bytes of each are meant. Weights and biases stay float in their
 * sources: packing rounds them, kernels to -127..127 with a step for each output channel.
 */
typedef struct seg_quant {
    double scale; /* above 0 */
    int64_t zero; /* 0..255 */
} seg_quant;

/* As conv2d and depthwise2d, groups 1. to_float != 0: dst is f32, and its quant unused. */
typedef struct seg_conv2d_u8_params {
    seg_conv2d_params conv;
    seg_quant src, dst;
    int64_t to_float; /* conv2d_u8 only */
} seg_conv2d_u8_params;

typedef struct seg_add_u8_params {
    int64_t activation;
    seg_quant a, b, dst;
} seg_add_u8_params;

/* global_avgpool_u8 */
typedef struct seg_quants_params {
    seg_quant src, dst;
} seg_quants_params;

/* quantise (f32 to u8) and dequantise: the quant of the bytes. */
typedef struct seg_quant_params {
    seg_quant quant;
} seg_quant_params;

/*
 * conv2d_q8 and depthwise2d_q8: layers of files that are quantised already, in the file's integers.
 * src: image u8; weights u8 or i8; bias i32 OC; scale f32 OC. As conv2d and depthwise2d, groups 1,
 * no activation but the range.
 *   dst = clamp(round(scale * sum) + dst_zero, lowest, highest)   sum of (src - src_zero) * (w - weights_zero)
 */
typedef struct seg_conv2d_q8_params {
    seg_conv2d_params conv;
    int64_t src_zero, dst_zero, lowest, highest; /* bytes */
    int64_t weights_zero;                        /* as stored: -128..255 */
    int64_t weights_fit; /* 1: w - weights_zero is known to be -128..127; 0: at most 254 */
} seg_conv2d_q8_params;

/* add_q8: dst = clamp(((a * a_factor + b * b_factor + offset) >> shift) + zero, lowest, highest) */
typedef struct seg_add_q8_params {
    int64_t a_factor, b_factor, offset, shift, zero, lowest, highest;
} seg_add_q8_params;

/*
 * avgpool2d_q8: windows kh x kw, h x w of them; what lies outside the image counts nothing. `middle`:
 * the byte whose value is 0 for rounding, ties away from it.
 */
typedef struct seg_avgpool2d_q8_params {
    int64_t kh, kw, sh, sw, ph, pw, h, w, middle, lowest, highest;
} seg_avgpool2d_q8_params;

/* resize_bilinear_q8: coordinates as TensorFlow Lite's, in float; half-pixel centres or not. */
typedef struct seg_resize_q8_params {
    int64_t h, w, align_corners, half_pixel;
} seg_resize_q8_params;

/* concat_u8, maxpool2d_u8 and resize_bilinear_u8 move bytes that all have one quant: their params
 * are those of the op in float. */

/* map_u8: src: image u8; table u8 256. dst = table[src]. */

/* relu, relu6, concat (along C), softmax and argmax (over C; u8 N,H,W,1 out, C <= 255; ties: the
 * lowest id), global_avgpool (N,1,1,C out) have none. */

#endif
