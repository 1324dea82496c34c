/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * tflite.h: quantised operators of TensorFlow Lite (domain "tflite"), over N,H,W,C bytes.
 *
 * A real number r is stored as q in u8 or i8: r = scale * (q - zero). Nothing but products and
 * sums of q - zero is ever needed, so an i8 is taken as the u8 that is 128 more, its zero point
 * likewise, and there is one code for both.
 *
 * The arithmetic is that of the interpreter as it is shipped, to the bit: XNNPACK's for what
 * that library takes over (convolutions, ADD, SUB, MUL, RESIZE_BILINEAR, ...), the kernels of
 * TensorFlow Lite itself for the rest. Sums of products are exact integers; what follows them is
 *   XNNPACK   round(scale * sum) in float, ties to even
 *   TFLite    a fixed-point multiplier of 31 bits, see seg_q8_multiply
 * Sources: github.com/google/XNNPACK (src/microparams-init.c, scalar kernels of src/qs8-*), and
 * github.com/google-ai-edge/LiteRT (tflite/kernels/internal/reference).
 */
#ifndef RUNTIME_TFLITE_H
#define RUNTIME_TFLITE_H

#include "runtime/op.h"

/* Fused activations, as the schema numbers them. */
enum { SEG_Q8_NONE = 0, SEG_Q8_RELU = 1, SEG_Q8_RELU_N1_TO_1 = 2, SEG_Q8_RELU6 = 3 };

/* How a tensor is stored. */
typedef struct seg_q8 {
    float scale;
    int32_t zero; /* 0..255 */
    uint8_t flip; /* stored byte ^ flip is the u8: 0x80 for i8 */
    seg_dtype dtype;
} seg_q8;

/* Of source or result `index`, which must be u8 or i8 with one scale. SEG_UNSUPPORTED, SEG_FORMAT. */
seg_status seg_q8_src(seg_eval *call, int index, seg_q8 *q);
seg_status seg_q8_dst(seg_eval *call, int index, seg_q8 *q);

/* Range of the stored u8 that a fused activation leaves. SEG_UNSUPPORTED: it is another one. */
seg_status seg_q8_range(seg_eval *call, const seg_q8 *dst, int64_t activation, int32_t *lowest,
                        int32_t *highest);

/* A real multiplier as multiplier * 2^(shift-31), multiplier 2^30..2^31-1 (or 0). */
typedef struct seg_q8_multiplier {
    int32_t multiplier;
    int shift;
} seg_q8_multiplier;

seg_q8_multiplier seg_q8_multiplier_of(double real);
/* x * multiplier * 2^(shift-31), rounded twice: the high half of the double product (ties away from
 * zero), and its shift. |x| < 2^32. */
int32_t seg_q8_multiply(int64_t x, seg_q8_multiplier m);
/* value / 2^bits to nearest, ties away from zero; bits 0..31. */
int32_t seg_q8_shift(int32_t value, int bits);

/* value - zero of `count` bytes as floats. */
void seg_q8_to_float(const seg_q8 *q, const uint8_t *src, int64_t count, float *dst);

static inline int32_t seg_q8_clamp(int32_t value, int32_t lowest, int32_t highest)
{
    return value < lowest ? lowest : value > highest ? highest : value;
}

/* The nearest integer, ties to even, of |value| < 2^22: its last bits once 1.5 * 2^23 is added. */
static inline int32_t seg_q8_round(float value)
{
    union {
        float real;
        int32_t bits;
    } sum = {.real = value + 12582912.0f};
    return sum.bits - 0x4b400000;
}

/* A result of this shape with the dtype that the file declares for it. */
seg_status seg_q8_result(seg_eval *call, int index, const seg_shape *shape);

/* Padding of TensorFlow along one axis: *out windows, *before pixels of padding in front. */
void seg_q8_window(bool same, int64_t in, int64_t kernel, int64_t dilation, int64_t stride,
                   int64_t *out, int64_t *before);

#endif
