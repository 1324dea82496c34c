/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* conv.c: Conv and ConvTranspose. */
#include "base/memory.h"
#include "runtime/convert.h"
#include "runtime/convolve.h"
#include "runtime/lowering.h"

enum { IMAGE, WEIGHTS, BIAS };

static seg_status check_types(seg_eval *call, int64_t oc)
{
    const seg_shape *bias = &call->src[BIAS].shape;
    char text[SEG_SHAPE_TEXT_SIZE];
    if (!seg_dtype_is_real(call->src[IMAGE].shape.dtype))
        return seg_eval_bad_dtype(call, IMAGE);
    for (int i = WEIGHTS; i < call->src_count; i++) {
        if (seg_eval_has(call, i) && call->src[i].shape.dtype != call->src[IMAGE].shape.dtype)
            return seg_eval_bad_dtype(call, i);
    }
    if (seg_eval_has(call, BIAS) && (bias->rank != 1 || bias->dim[0] != oc))
        return seg_eval_fail(call, SEG_INVALID, "the bias must have %lld elements, is %s",
                             (long long)oc, seg_shape_text(bias, text));
    return SEG_OK;
}

/* In float, or double: sources are converted where the file has another type. */
#define CONVOLVE(suffix, type)                                                                     \
    static seg_status convolve_##suffix(seg_eval *call, const seg_convolve *c,                     \
                                        const seg_shape *shape)                                    \
    {                                                                                              \
        const type *src[3] = {NULL};                                                               \
        type *owned[3] = {NULL}, *dst = NULL;                                                      \
        seg_status status = seg_eval_result_##suffix(call, 0, shape, &dst);                        \
        for (int i = 0; i < 3 && status == SEG_OK; i++) {                                          \
            if (seg_eval_has(call, i))                                                             \
                status = seg_eval_##suffix(call, i, &src[i], &owned[i]);                           \
        }                                                                                          \
        if (status == SEG_OK)                                                                      \
            seg_convolve_##suffix(c, src[IMAGE], src[WEIGHTS], src[BIAS], dst);                    \
        for (int i = 0; i < 3; i++)                                                                \
            seg_block_free(owned[i]);                                                              \
        return seg_eval_finish_##suffix(call, 0, dst, status);                                     \
    }

CONVOLVE(f32, float)
CONVOLVE(f64, double)

static seg_status evaluate(seg_eval *call, bool transposed)
{
    seg_convolve c;
    seg_shape shape;
    seg_error why;
    seg_status status = seg_convolve_of(call->node, &call->src[IMAGE].shape,
                                        &call->src[WEIGHTS].shape, transposed, &c, &shape, &why);
    if (status != SEG_OK)
        return seg_eval_why(call, status, &why);
    c.threads = call->threads;
    status = check_types(call, c.oc);
    if (status != SEG_OK)
        return status;
    return shape.dtype == SEG_F64 ? convolve_f64(call, &c, &shape) : convolve_f32(call, &c, &shape);
}

static seg_status conv_evaluate(seg_eval *call)
{
    return evaluate(call, false);
}

static seg_status conv_transpose_evaluate(seg_eval *call)
{
    return evaluate(call, true);
}

const seg_runtime_op seg_runtime_op_Conv = {.domain = "",
                                            .name = "Conv",
                                            .src_min = 2,
                                            .src_max = 3,
                                            .evaluate = conv_evaluate,
                                            .lower = seg_lower_conv};

const seg_runtime_op seg_runtime_op_ConvTranspose = {.domain = "",
                                                     .name = "ConvTranspose",
                                                     .src_min = 2,
                                                     .src_max = 3,
                                                     .evaluate = conv_transpose_evaluate,
                                                     .lower = seg_lower_conv_transpose};
