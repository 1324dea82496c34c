/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * cast.c: Cast CastLike. Floats become integers towards zero and, where they do not fit (which
 * ONNX leaves open), the nearest one that does; NaN becomes 0. Integers wrap around.
 */
#include "runtime/args.h"
#include "runtime/view.h"

/* The conversion is that of storing numbers. */
static seg_status cast_to(seg_eval *call, seg_dtype dtype)
{
    seg_shape shape = call->src[0].shape;
    if (shape.dtype == dtype)
        return seg_eval_copy(call, 0, 0);
    shape.dtype = dtype;
    seg_status status = seg_eval_result(call, 0, &shape);
    if (status != SEG_OK)
        return status;
    seg_view view = seg_view_of(&call->src[0]);
    seg_view_store_all(&view, call->threads, &call->dst[0]);
    return SEG_OK;
}

static seg_status evaluate_cast(seg_eval *call)
{
    seg_dtype dtype;
    seg_status status = seg_eval_dtype_of(call, seg_program_int(call->node, "to", 0), &dtype);
    return status == SEG_OK ? cast_to(call, dtype) : status;
}

static seg_status evaluate_cast_like(seg_eval *call)
{
    seg_status status = seg_eval_need(call, 1, "target_type");
    return status == SEG_OK ? cast_to(call, call->src[1].shape.dtype) : status;
}

const seg_runtime_op seg_runtime_op_Cast = {
    .domain = "", .name = "Cast", .src_min = 1, .src_max = 1, .evaluate = evaluate_cast};

const seg_runtime_op seg_runtime_op_CastLike = {
    .domain = "", .name = "CastLike", .src_min = 2, .src_max = 2, .evaluate = evaluate_cast_like};
