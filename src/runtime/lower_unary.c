/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* lower_unary.c: functions of one source as layers relu, relu6 and unary. */
#include <math.h>
#include <string.h>

#include "ops/params.h"
#include "runtime/args.h"
#include "runtime/lowering.h"
#include "runtime/number.h"

static const struct {
    const char *op;
    seg_unary_function function;
    const char *a_name, *b_name; /* attributes */
    float a, b;                  /* without them */
} functions[] = {
    {"Abs", SEG_UNARY_ABS, NULL, NULL, 0.0f, 0.0f},
    {"Elu", SEG_UNARY_ELU, "alpha", NULL, 1.0f, 0.0f},
    {"Erf", SEG_UNARY_ERF, NULL, NULL, 0.0f, 0.0f},
    {"Exp", SEG_UNARY_EXP, NULL, NULL, 0.0f, 0.0f},
    {"HardSigmoid", SEG_UNARY_HARD_SIGMOID, "alpha", "beta", 0.2f, 0.5f},
    {"HardSwish", SEG_UNARY_HARD_SWISH, NULL, NULL, 0.0f, 0.0f},
    {"LeakyRelu", SEG_UNARY_LEAKY_RELU, "alpha", NULL, 0.01f, 0.0f},
    {"Log", SEG_UNARY_LOG, NULL, NULL, 0.0f, 0.0f},
    {"Neg", SEG_UNARY_AFFINE, NULL, NULL, -1.0f, 0.0f},
    {"Sigmoid", SEG_UNARY_SIGMOID, NULL, NULL, 0.0f, 0.0f},
    {"Softplus", SEG_UNARY_SOFTPLUS, NULL, NULL, 0.0f, 0.0f},
    {"Sqrt", SEG_UNARY_SQRT, NULL, NULL, 0.0f, 0.0f},
    {"Tanh", SEG_UNARY_TANH, NULL, NULL, 0.0f, 0.0f},
};

seg_status seg_lower_unary(seg_lower *lower, bool *done)
{
    const seg_program_node *node = lower->node;
    int i = 0;
    if (!seg_lower_takes(lower, 0))
        return SEG_OK;
    *done = true;
    if (strcmp(node->op, "Relu") == 0) {
        seg_lower_over(lower, "relu", NULL);
        return SEG_OK;
    }
    while (strcmp(functions[i].op, node->op) != 0)
        i++;
    seg_unary_params params = {functions[i].function, (double)functions[i].a,
                               (double)functions[i].b};
    if (functions[i].a_name != NULL)
        params.a = (double)seg_program_float(node, functions[i].a_name, functions[i].a);
    if (functions[i].b_name != NULL)
        params.b = (double)seg_program_float(node, functions[i].b_name, functions[i].b);
    seg_lower_over(lower, "unary", &params);
    return SEG_OK;
}

/* Layers of one function each over source 0, then their product with it. */
static void lower_gate(seg_lower *lower, int count, const seg_unary_params *chain)
{
    const seg_binary_params product = {SEG_ACT_NONE, SEG_BINARY_MUL};
    seg_lowered src = seg_lower_src(lower, 0);
    seg_value both[2] = {src.value, src.value};
    for (int i = 0; i < count; i++)
        both[1] = seg_lower_layer(lower, "unary", &chain[i], 1, &both[1]);
    seg_lower_result(lower, 0, seg_lower_layer(lower, "binary", &product, 2, both), &src.axes);
}

/* x tanh(softplus(x)), x (1 + erf(x / sqrt 2)) / 2 */
seg_status seg_lower_gate(seg_lower *lower, bool *done)
{
    static const seg_unary_params mish[] = {{.function = SEG_UNARY_SOFTPLUS},
                                            {.function = SEG_UNARY_TANH}};
    static const seg_unary_params gelu[] = {{SEG_UNARY_AFFINE, 0.70710678118654752440, 0.0},
                                            {.function = SEG_UNARY_ERF},
                                            {SEG_UNARY_AFFINE, 0.5, 0.5}};
    const char *approximate = seg_program_get_text(lower->node, "approximate", "none");
    if (!seg_lower_takes(lower, 0) || strcmp(approximate, "none") != 0)
        return SEG_OK;
    if (strcmp(lower->node->op, "Mish") == 0)
        lower_gate(lower, 2, mish);
    else
        lower_gate(lower, 3, gelu);
    *done = true;
    return SEG_OK;
}

/* A bound that is fixed or left out; the first sources are checked to be f32. */
static bool clip_bound(const seg_lower *lower, int src, const char *name, double *bound)
{
    if (src >= lower->src_count || lower->node->src[src] == SEG_NO_SLOT) {
        *bound = (double)seg_program_float(lower->node, name, (float)*bound);
        return true;
    }
    const seg_tensor *fixed = &lower->fixed[src];
    if (fixed->data == NULL || fixed->shape.dtype != SEG_F32 || seg_shape_count(&fixed->shape) != 1)
        return false;
    *bound = (double)*seg_f32(fixed);
    return true;
}

seg_status seg_lower_clip(seg_lower *lower, bool *done)
{
    double lo = -(double)INFINITY, hi = (double)INFINITY;
    if (!seg_lower_takes(lower, 0) || !clip_bound(lower, 1, "min", &lo) ||
        !clip_bound(lower, 2, "max", &hi) || !(lo <= hi))
        return SEG_OK;
    seg_unary_params params = {SEG_UNARY_CLAMP, lo, hi};
    if (lo == 0.0 && hi == 6.0)
        seg_lower_over(lower, "relu6", NULL);
    else if (lo == 0.0 && isinf(hi))
        seg_lower_over(lower, "relu", NULL);
    else
        seg_lower_over(lower, "unary", &params);
    *done = true;
    return SEG_OK;
}

seg_status seg_lower_dropout(seg_lower *lower, bool *done)
{
    seg_eval call = seg_lower_eval(lower);
    if (!seg_lower_fixed_from(lower, 1) || seg_eval_wants(&call, 1) ||
        seg_dropout_check(&call) != SEG_OK)
        return SEG_OK;
    return seg_lower_same(lower, done);
}

seg_status seg_lower_reciprocal(seg_lower *lower, bool *done)
{
    const seg_shape one = seg_shape_nhwc(1, 1, 1, 1);
    const seg_binary_params params = {SEG_ACT_NONE, SEG_BINARY_DIV};
    float *data;
    if (!seg_lower_takes(lower, 0))
        return SEG_OK;
    seg_lowered src = seg_lower_src(lower, 0);
    seg_value both[2] = {seg_lower_constant(lower, "one", &one, &data), src.value};
    if (data != NULL)
        *data = 1.0f;
    seg_lower_result(lower, 0, seg_lower_layer(lower, "binary", &params, 2, both), &src.axes);
    *done = true;
    return SEG_OK;
}
