/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * binary: a function of two tensors, element by element, with repetition.
 *   dst[n,y,x,c] = act(f(a[n,y,x,c], b[n,y,x,c]))
 * a, b  four axes; each extent is dst's, or 1: then that index is always 0
 * dst   the larger of the two extents, axis by axis
 * Backward is for training: the gradient of a repeated source is the sum over its repetitions, and
 * at a tie of max and min it goes to the first.
 */
#include <math.h>

#include "base/error.h"
#include "base/parallel.h"
#include "ops/elementwise.h"
#include "ops/params.h"
#include "ops/shapes.h"

static const seg_param binary_params[] = {
    {"activation", "applied to the result", SEG_PARAM_INT, offsetof(seg_binary_params, activation),
     SEG_ACT_NONE, SEG_ACT_HARD_SIGMOID},
    {"function", "which function", SEG_PARAM_INT, offsetof(seg_binary_params, function), 0,
     SEG_BINARY_FUNCTIONS - 1},
    {0},
};

static seg_status shape(const void *params, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    (void)params, (void)src_count;
    char a[SEG_SHAPE_TEXT_SIZE], b[SEG_SHAPE_TEXT_SIZE];
    seg_status status = seg_want_image("binary", &src[0], err);
    if (status == SEG_OK)
        status = seg_want_image("binary", &src[1], err);
    if (status != SEG_OK)
        return status;
    *dst = src[0];
    for (int d = 0; d < 4; d++) {
        if (src[0].dim[d] != src[1].dim[d] && src[0].dim[d] != 1 && src[1].dim[d] != 1)
            return seg_fail(err, SEG_INVALID, "binary: %s and %s do not fit each other",
                            seg_shape_text(&src[0], a), seg_shape_text(&src[1], b));
        dst->dim[d] = src[0].dim[d] > src[1].dim[d] ? src[0].dim[d] : src[1].dim[d];
    }
    if (!seg_shape_valid(dst))
        return seg_fail(err, SEG_LIMIT, "binary: the result of %s and %s is too large",
                        seg_shape_text(&src[0], a), seg_shape_text(&src[1], b));
    return SEG_OK;
}

static inline float value(int64_t function, float a, float b)
{
    switch ((seg_binary_function)function) {
    case SEG_BINARY_ADD:
        return a + b;
    case SEG_BINARY_SUB:
        return a - b;
    case SEG_BINARY_MUL:
        return a * b;
    case SEG_BINARY_DIV:
        return a / b;
    case SEG_BINARY_MAX: /* NaN stays NaN, as in ONNX and PyTorch */
        return a > b || isnan(a) ? a : b;
    case SEG_BINARY_MIN:
        return a < b || isnan(a) ? a : b;
    case SEG_BINARY_FUNCTIONS:
        break;
    }
    return a;
}

/* Of f at (a, b) by a (which 0) or b (which 1). */
static float slope(int64_t function, float a, float b, int which)
{
    switch ((seg_binary_function)function) {
    case SEG_BINARY_ADD:
        return 1.0f;
    case SEG_BINARY_SUB:
        return which == 0 ? 1.0f : -1.0f;
    case SEG_BINARY_MUL:
        return which == 0 ? b : a;
    case SEG_BINARY_DIV:
        return which == 0 ? 1.0f / b : -a / (b * b);
    case SEG_BINARY_MAX:
        return (a >= b) == (which == 0) ? 1.0f : 0.0f;
    case SEG_BINARY_MIN:
        return (a <= b) == (which == 0) ? 1.0f : 0.0f;
    case SEG_BINARY_FUNCTIONS:
        break;
    }
    return 0.0f;
}

/* Elements of a source to the next index of each axis; 0 where it repeats. */
static void find_steps(const seg_shape *src, int64_t step[4])
{
    int64_t stride = 1;
    for (int d = 4; d-- > 0; stride *= src->dim[d])
        step[d] = src->dim[d] > 1 ? stride : 0;
}

/* One call per function and kind of step, so that the compiler sees loops without choices. */
static inline void row_of(int64_t function, const float *a, int64_t da, const float *b, int64_t db,
                          float *dst, int64_t n)
{
    if (da == 1 && db == 1) {
        for (int64_t i = 0; i < n; i++)
            dst[i] = value(function, a[i], b[i]);
    } else if (da == 1 && db == 0) {
        for (int64_t i = 0; i < n; i++)
            dst[i] = value(function, a[i], b[0]);
    } else {
        for (int64_t i = 0; i < n; i++)
            dst[i] = value(function, a[i * da], b[i * db]);
    }
}

static void row(int64_t function, const float *a, int64_t da, const float *b, int64_t db,
                float *dst, int64_t n)
{
    switch ((seg_binary_function)function) {
    case SEG_BINARY_ADD:
        row_of(SEG_BINARY_ADD, a, da, b, db, dst, n);
        break;
    case SEG_BINARY_SUB:
        row_of(SEG_BINARY_SUB, a, da, b, db, dst, n);
        break;
    case SEG_BINARY_MUL:
        row_of(SEG_BINARY_MUL, a, da, b, db, dst, n);
        break;
    case SEG_BINARY_DIV:
        row_of(SEG_BINARY_DIV, a, da, b, db, dst, n);
        break;
    case SEG_BINARY_MAX:
        row_of(SEG_BINARY_MAX, a, da, b, db, dst, n);
        break;
    case SEG_BINARY_MIN:
        row_of(SEG_BINARY_MIN, a, da, b, db, dst, n);
        break;
    case SEG_BINARY_FUNCTIONS:
        break;
    }
}

/* The row (n, y) of the result: w x c elements. */
static void forward_row(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_op_call *call = context;
    const seg_binary_params *p = call->params;
    const seg_shape *d = &call->dst->shape;
    int64_t sa[4], sb[4], n = index / d->h, y = index % d->h;
    float *dst = seg_f32(call->dst) + index * d->w * d->c;
    find_steps(&call->src[0].shape, sa);
    find_steps(&call->src[1].shape, sb);
    const float *a = seg_f32(&call->src[0]) + n * sa[0] + y * sa[1];
    const float *b = seg_f32(&call->src[1]) + n * sb[0] + y * sb[1];
    bool flat = sa[2] == d->c * sa[3] && sb[2] == d->c * sb[3]; /* the row is one run */
    int64_t rows = flat ? 1 : d->w, length = flat ? d->w * d->c : d->c;
    for (int64_t x = 0; x < rows; x++)
        row(p->function, a + x * sa[2], sa[3], b + x * sb[2], sb[3], dst + x * length, length);
    const seg_ramp ramp = seg_activation_ramp(p->activation);
    if (ramp.kind != SEG_RAMP_NONE)
        call->kernels->rows.ramp(dst, dst, &ramp, d->w * d->c);
}

static void forward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    seg_parallel_for(call->threads, call->dst->shape.n * call->dst->shape.h, forward_row, &copy);
}

/* Adds what arrives at every element of dst to the source element that it came from; the order is
 * that of dst, whatever the number of threads (one). */
static void backward_source(const seg_op_call *call, int which)
{
    const seg_binary_params *p = call->params;
    const seg_shape *d = &call->dst->shape;
    const float *a = seg_f32(&call->src[0]), *b = seg_f32(&call->src[1]);
    const float *diff_dst = seg_f32(call->diff_dst);
    float *diff_src = seg_f32(&call->diff_src[which]);
    int64_t step[2][4], i[4], count = seg_shape_count(d);
    find_steps(&call->src[0].shape, step[0]);
    find_steps(&call->src[1].shape, step[1]);
    call->kernels->rows.fill(diff_src, 0.0f, seg_shape_count(&call->src[which].shape));
    for (int64_t e = 0; e < count; e++) {
        int64_t rest = e, at[2] = {0, 0};
        for (int k = 4; k-- > 0; rest /= d->dim[k]) {
            i[k] = rest % d->dim[k];
            at[0] += i[k] * step[0][k];
            at[1] += i[k] * step[1][k];
        }
        diff_src[at[which]] += diff_dst[e] * slope(p->function, a[at[0]], b[at[1]], which);
    }
}

static void backward(const seg_op_call *call)
{
    for (int which = 0; which < 2; which++) {
        if (call->diff_src[which].data != NULL)
            backward_source(call, which);
    }
}

const seg_op seg_op_binary = {
    .name = "binary",
    .params = binary_params,
    .params_size = sizeof(seg_binary_params),
    .src_min = 2,
    .src_max = 2,
    .flags = SEG_OP_READS_SRC | SEG_OP_FUSES_INFER,
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
