/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * activation.c: Relu LeakyRelu Elu Selu Celu ThresholdedRelu Shrink Sigmoid HardSigmoid HardSwish
 * Softplus Softsign Mish Gelu, and Clip in both its forms. NaN stays NaN.
 */
#include <math.h>
#include <string.h>

#include "runtime/args.h"
#include "runtime/lowering.h"
#include "runtime/map.h"

/* The two attributes that an activation has at most. */
typedef struct coefficients {
    double alpha, beta;
    float a, b; /* the same */
} coefficients;

#define BODY(name, type, expression)                                                               \
    static void name(const void *context, void *dst_, const void *const *src_, int64_t n)          \
    {                                                                                              \
        const coefficients *k = context;                                                           \
        const type *src = src_[0];                                                                 \
        type *dst = dst_;                                                                          \
        (void)k;                                                                                   \
        for (int64_t i = 0; i < n; i++) {                                                          \
            type x = src[i];                                                                       \
            dst[i] = expression;                                                                   \
        }                                                                                          \
    }
#define BODIES(name, in_float, in_double)                                                          \
    BODY(name##_f32, float, in_float)                                                              \
    BODY(name##_f64, double, in_double)

static inline float clampf(float x, float lowest, float highest)
{
    return x < lowest ? lowest : x > highest ? highest : x;
}

static inline double clamp(double x, double lowest, double highest)
{
    return x < lowest ? lowest : x > highest ? highest : x;
}

/* log(1 + e^x) without overflow */
static inline float softplusf(float x)
{
    return fmaxf(x, 0.0f) + log1pf(expf(-fabsf(x)));
}

static inline double softplus(double x)
{
    return fmax(x, 0.0) + log1p(exp(-fabs(x)));
}

/* As in double, back towards zero and within int64_t. */
static int64_t shrink_int(int64_t x, const coefficients *k)
{
    double value = (double)x;
    double y = value < -k->alpha ? value + k->beta : value > k->alpha ? value - k->beta : 0.0;
    return seg_number_as_int(SEG_F64, &y);
}

BODIES(relu, x < 0 ? 0.0f : x, x < 0 ? 0.0 : x)
BODY(relu_i64, int64_t, x < 0 ? 0 : x)
BODY(relu_u64, uint64_t, x)
BODIES(leaky_relu, x < 0 ? k->a * x : x, x < 0 ? k->alpha * x : x)
BODIES(elu, x < 0 ? k->a * expm1f(x) : x, x < 0 ? k->alpha * expm1(x) : x)
BODIES(selu, k->b *(x < 0 ? k->a * expm1f(x) : x), k->beta *(x < 0 ? k->alpha * expm1(x) : x))
BODIES(celu, x < 0 ? k->a * expm1f(x / k->a) : x, x < 0 ? k->alpha * expm1(x / k->alpha) : x)
BODIES(thresholded_relu, x <= k->a ? 0.0f : x, x <= k->alpha ? 0.0 : x)
BODIES(shrink, x<-k->a ? x + k->b : x> k->a ? x - k->b : 0.0f,
       x<-k->alpha ? x + k->beta : x> k->alpha ? x - k->beta : 0.0)
BODY(shrink_i64, int64_t, shrink_int(x, k))
BODIES(sigmoid, 1.0f / (1.0f + expf(-x)), 1.0 / (1.0 + exp(-x)))
BODIES(hard_sigmoid, clampf(k->a *x + k->b, 0.0f, 1.0f), clamp(k->alpha *x + k->beta, 0.0, 1.0))
BODIES(hard_swish, x *clampf(x / 6.0f + 0.5f, 0.0f, 1.0f), x *clamp(x / 6.0 + 0.5, 0.0, 1.0))
BODIES(softplus, softplusf(x), softplus(x))
BODIES(softsign, x / (1.0f + fabsf(x)), x / (1.0 + fabs(x)))
BODIES(mish, x *tanhf(softplusf(x)), x *tanh(softplus(x)))
BODIES(gelu, 0.5f * x * (1.0f + erff(x * 0.707106781f)),
       0.5 * x * (1.0 + erf(x * 0.70710678118654752440)))
BODIES(gelu_tanh, 0.5f * x * (1.0f + tanhf(0.797884561f * (x + 0.044715f * x * x * x))),
       0.5 * x * (1.0 + tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x))))

typedef struct activation {
    const char *op, *alpha_name, *beta_name;
    float alpha, beta; /* without the attributes */
    seg_bodies bodies;
} activation;

static const activation activations[] = {
    {"Celu", "alpha", NULL, 1.0f, 0.0f, {{celu_f32, celu_f64}}},
    {"Elu", "alpha", NULL, 1.0f, 0.0f, {{elu_f32, elu_f64}}},
    {"Gelu", NULL, NULL, 0.0f, 0.0f, {{gelu_f32, gelu_f64}}},
    {"HardSigmoid", "alpha", "beta", 0.2f, 0.5f, {{hard_sigmoid_f32, hard_sigmoid_f64}}},
    {"HardSwish", NULL, NULL, 0.0f, 0.0f, {{hard_swish_f32, hard_swish_f64}}},
    {"LeakyRelu", "alpha", NULL, 0.01f, 0.0f, {{leaky_relu_f32, leaky_relu_f64}}},
    {"Mish", NULL, NULL, 0.0f, 0.0f, {{mish_f32, mish_f64}}},
    {"Relu", NULL, NULL, 0.0f, 0.0f, {{relu_f32, relu_f64, relu_i64, relu_u64}}},
    {"Selu", "alpha", "gamma", 1.67326324f, 1.05070102f, {{selu_f32, selu_f64}}},
    {"Shrink", "lambd", "bias", 0.5f, 0.0f, {{shrink_f32, shrink_f64, shrink_i64}}},
    {"Sigmoid", NULL, NULL, 0.0f, 0.0f, {{sigmoid_f32, sigmoid_f64}}},
    {"Softplus", NULL, NULL, 0.0f, 0.0f, {{softplus_f32, softplus_f64}}},
    {"Softsign", NULL, NULL, 0.0f, 0.0f, {{softsign_f32, softsign_f64}}},
    {"ThresholdedRelu", "alpha", NULL, 1.0f, 0.0f, {{thresholded_relu_f32, thresholded_relu_f64}}},
};

static seg_status evaluate_activation(seg_eval *call)
{
    const activation *row = activations;
    while (strcmp(row->op, call->node->op) != 0)
        row++;
    coefficients k = {.a = row->alpha, .b = row->beta};
    if (row->alpha_name != NULL)
        k.a = seg_program_float(call->node, row->alpha_name, row->alpha);
    if (row->beta_name != NULL)
        k.b = seg_program_float(call->node, row->beta_name, row->beta);
    k.alpha = (double)k.a;
    k.beta = (double)k.b;
    return seg_eval_unary(call, &row->bodies, &k);
}

static seg_status evaluate_gelu(seg_eval *call)
{
    static const seg_bodies by_tanh = {{gelu_tanh_f32, gelu_tanh_f64}};
    const char *approximate = seg_program_get_text(call->node, "approximate", "none");
    if (strcmp(approximate, "tanh") == 0)
        return seg_eval_unary(call, &by_tanh, NULL);
    if (strcmp(approximate, "none") != 0)
        return seg_eval_fail(call, SEG_INVALID, "approximate '%s' is not none or tanh",
                             approximate);
    return evaluate_activation(call);
}

/* ---- Clip ---- */

/* Bounds, numbers of the source's kind. */
typedef struct clip_range {
    seg_cell lowest, highest;
} clip_range;

/* A lowest above the highest gives the highest. */
#define CLIP(name, type, field)                                                                    \
    static void name(const void *context, void *dst_, const void *const *src_, int64_t n)          \
    {                                                                                              \
        const clip_range *range = context;                                                         \
        const type *src = src_[0], lowest = range->lowest.field, highest = range->highest.field;   \
        type *dst = dst_;                                                                          \
        for (int64_t i = 0; i < n; i++) {                                                          \
            type x = src[i] < lowest ? lowest : src[i];                                            \
            dst[i] = x > highest ? highest : x;                                                    \
        }                                                                                          \
    }

CLIP(clip_f32, float, f32)
CLIP(clip_f64, double, f64)
CLIP(clip_i64, int64_t, i64)
CLIP(clip_u64, uint64_t, u64)

/* A bound: source `src` from opset 11 on, before that the attribute `name`. */
static seg_status clip_bound(seg_eval *call, int src, const char *name, seg_cell *bound)
{
    const seg_dtype dtype = call->src[0].shape.dtype;
    const seg_number number = seg_number_of(dtype);
    seg_cell stored; /* an element of that type */
    if (seg_eval_has(call, src)) {
        seg_status status = seg_eval_scalar(call, src, name);
        if (status == SEG_OK)
            seg_number_load(dtype, call->src[src].data, number, bound, 1);
        return status;
    }
    const seg_attribute *attribute = seg_program_attribute(call->node, name);
    if (attribute != NULL && attribute->type == SEG_ATTRIBUTE_FLOAT) {
        seg_number_from_double(dtype, &stored, (double)attribute->floats[0]);
        seg_number_load(dtype, &stored, number, bound, 1);
    }
    return SEG_OK;
}

static seg_status evaluate_clip(seg_eval *call)
{
    static const seg_bodies bodies = {{clip_f32, clip_f64, clip_i64, clip_u64}};
    clip_range range;
    seg_number_limits(call->src[0].shape.dtype, &range.lowest, &range.highest);
    seg_status status = seg_eval_same_dtype(call, 1);
    if (status == SEG_OK)
        status = clip_bound(call, 1, "min", &range.lowest);
    if (status == SEG_OK)
        status = clip_bound(call, 2, "max", &range.highest);
    return status == SEG_OK ? seg_eval_unary(call, &bodies, &range) : status;
}

#define ACTIVATION(name_, evaluate_, lower_)                                                       \
    const seg_runtime_op seg_runtime_op_##name_ = {.domain = "",                                   \
                                                   .name = #name_,                                 \
                                                   .src_min = 1,                                   \
                                                   .src_max = 1,                                   \
                                                   .evaluate = evaluate_,                          \
                                                   .lower = lower_};

ACTIVATION(Celu, evaluate_activation, NULL)
ACTIVATION(Elu, evaluate_activation, seg_lower_unary)
ACTIVATION(Gelu, evaluate_gelu, seg_lower_gate)
ACTIVATION(HardSigmoid, evaluate_activation, seg_lower_unary)
ACTIVATION(HardSwish, evaluate_activation, seg_lower_unary)
ACTIVATION(LeakyRelu, evaluate_activation, seg_lower_unary)
ACTIVATION(Mish, evaluate_activation, seg_lower_gate)
ACTIVATION(Relu, evaluate_activation, seg_lower_unary)
ACTIVATION(Selu, evaluate_activation, NULL)
ACTIVATION(Shrink, evaluate_activation, NULL)
ACTIVATION(Sigmoid, evaluate_activation, seg_lower_unary)
ACTIVATION(Softplus, evaluate_activation, seg_lower_unary)
ACTIVATION(Softsign, evaluate_activation, NULL)
ACTIVATION(ThresholdedRelu, evaluate_activation, NULL)

const seg_runtime_op seg_runtime_op_Clip = {.domain = "",
                                            .name = "Clip",
                                            .src_min = 1,
                                            .src_max = 3,
                                            .evaluate = evaluate_clip,
                                            .lower = seg_lower_clip};
