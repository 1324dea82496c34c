/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * lower_binary.c: arithmetic of broadcast sources as layers add, binary and (with one fixed
 * number) unary.
 */
#include <string.h>

#include "ops/params.h"
#include "runtime/args.h"
#include "runtime/lowering.h"
#include "runtime/view.h"

static const struct {
    const char *op;
    seg_binary_function function;
} functions[] = {
    {"Add", SEG_BINARY_ADD}, {"Div", SEG_BINARY_DIV}, {"Max", SEG_BINARY_MAX},
    {"Min", SEG_BINARY_MIN}, {"Mul", SEG_BINARY_MUL}, {"Sub", SEG_BINARY_SUB},
    {"Sum", SEG_BINARY_ADD},
};

static seg_binary_function function_of(const seg_lower *lower)
{
    int i = 0;
    while (strcmp(functions[i].op, lower->node->op) != 0)
        i++;
    return functions[i].function;
}

/* The shape that all sources broadcast to; false: a source cannot be taken, or they do not. */
static bool common_shape(const seg_lower *lower, seg_shape *shape)
{
    for (int i = 0; i < lower->src_count; i++) {
        if (!seg_lower_takes(lower, i))
            return false;
        if (i == 0)
            *shape = lower->src[0];
        else if (!seg_broadcast(shape, &lower->src[i], shape))
            return false;
    }
    return true;
}

/* The source whose layout the others take: of most axes among those made in the run. */
static int leading_source(const seg_lower *lower)
{
    int best = 0;
    for (int i = 1; i < lower->src_count; i++) {
        bool made = lower->fixed[i].data == NULL, best_made = lower->fixed[best].data == NULL;
        if ((made && !best_made) ||
            (made == best_made && lower->src[i].rank > lower->src[best].rank))
            best = i;
    }
    return best;
}

static seg_value add_layer(seg_lower *lower, seg_binary_function function, const seg_value src[2])
{
    const seg_binary_params params = {SEG_ACT_NONE, function};
    seg_shape a = seg_graph_shape(lower->graph, src[0]), b = seg_graph_shape(lower->graph, src[1]);
    if (function == SEG_BINARY_ADD && seg_shape_equal(&a, &b)) {
        const seg_add_params plain = {SEG_ACT_NONE};
        return seg_lower_layer(lower, "add", &plain, 2, src);
    }
    return seg_lower_layer(lower, "binary", &params, 2, src);
}

/* One number, fixed, beside a source of `rank` axes at least as many. */
static bool is_number(const seg_lower *lower, int src, int rank)
{
    return lower->fixed[src].data != NULL && seg_shape_count(&lower->src[src]) == 1 &&
           lower->src[src].rank <= rank;
}

/* With one number as a*x + b, where that is the same to the last bit. */
static bool lower_affine(seg_lower *lower, seg_binary_function function, int of, int number)
{
    const double value = (double)*seg_f32(&lower->fixed[number]);
    seg_unary_params params = {SEG_UNARY_AFFINE, 1.0, value};
    if (function == SEG_BINARY_MUL) {
        params.a = value;
        params.b = 0.0;
    } else if (function == SEG_BINARY_SUB) {
        params.a = of == 0 ? 1.0 : -1.0;
        params.b = of == 0 ? -value : value;
    } else if (function != SEG_BINARY_ADD) {
        return false;
    }
    seg_lowered src = seg_lower_src(lower, of);
    seg_lower_result(lower, 0, seg_lower_layer(lower, "unary", &params, 1, &src.value), &src.axes);
    return true;
}

seg_status seg_lower_binary(seg_lower *lower, bool *done)
{
    const seg_binary_function function = function_of(lower);
    seg_shape shape;
    if (!common_shape(lower, &shape))
        return SEG_OK;
    *done = true;
    if (lower->src_count == 1)
        return seg_lower_same(lower, done);
    for (int i = 0; i < 2 && lower->src_count == 2; i++) {
        if (is_number(lower, i, lower->src[1 - i].rank) && lower_affine(lower, function, 1 - i, i))
            return SEG_OK;
    }
    seg_axes own = seg_lower_axes(lower, leading_source(lower));
    seg_axes axes = seg_axes_widen(&own, shape.rank),
             narrow = seg_axes_narrow(&axes, lower->src[0].rank);
    seg_value value = seg_lower_src_as(lower, 0, &narrow);
    for (int i = 1; i < lower->src_count; i++) {
        narrow = seg_axes_narrow(&axes, lower->src[i].rank);
        const seg_value both[2] = {value, seg_lower_src_as(lower, i, &narrow)};
        value = add_layer(lower, function, both);
    }
    seg_lower_result(lower, 0, value, &axes);
    return SEG_OK;
}

/* ---- Pow ---- */

seg_status seg_lower_pow(seg_lower *lower, bool *done)
{
    if (!seg_lower_takes(lower, 0) || !seg_lower_takes(lower, 1) ||
        !is_number(lower, 1, lower->src[0].rank))
        return SEG_OK;
    const float exponent = *seg_f32(&lower->fixed[1]);
    const seg_unary_params root = {SEG_UNARY_SQRT, 0.0, 0.0};
    if (exponent == 1.0f)
        return seg_lower_same(lower, done);
    if (exponent == 0.5f) {
        seg_lower_over(lower, "unary", &root);
        *done = true;
    } else if (exponent == 2.0f || exponent == 3.0f) {
        seg_lowered src = seg_lower_src(lower, 0);
        seg_value both[2] = {src.value, src.value};
        both[0] = add_layer(lower, SEG_BINARY_MUL, both);
        if (exponent == 3.0f)
            both[0] = add_layer(lower, SEG_BINARY_MUL, both);
        seg_lower_result(lower, 0, both[0], &src.axes);
        *done = true;
    }
    return SEG_OK;
}

/* ---- PRelu: max(x, slope x) for slopes up to 1, min for others ---- */

static bool slopes_on_one_side(const seg_tensor *slopes, bool *steep)
{
    bool above = false, below = false;
    for (int64_t i = 0; i < seg_shape_count(&slopes->shape); i++) {
        above = above || !(seg_f32(slopes)[i] <= 1.0f); /* NaN too */
        below = below || !(seg_f32(slopes)[i] >= 1.0f);
    }
    *steep = above;
    return !above || !below;
}

seg_status seg_lower_prelu(seg_lower *lower, bool *done)
{
    bool steep;
    if (!seg_lower_takes(lower, 0) || !seg_lower_takes(lower, 1) || lower->fixed[1].data == NULL ||
        !seg_broadcasts_to(&lower->src[1], &lower->src[0]) ||
        !slopes_on_one_side(&lower->fixed[1], &steep))
        return SEG_OK;
    seg_lowered src = seg_lower_src(lower, 0);
    const seg_axes narrow = seg_axes_narrow(&src.axes, lower->src[1].rank);
    seg_value both[2] = {src.value, seg_lower_src_as(lower, 1, &narrow)};
    both[1] = add_layer(lower, SEG_BINARY_MUL, both);
    seg_lower_result(lower, 0, add_layer(lower, steep ? SEG_BINARY_MIN : SEG_BINARY_MAX, both),
                     &src.axes);
    *done = true;
    return SEG_OK;
}
