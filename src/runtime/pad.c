/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * pad.c: Pad (constant, reflect, edge, wrap) and CenterCropPad.
 *
 * Negative padding crops. Where an axis is cropped at one end and padded at the other, modes look
 * at what the cropping left. Reflection goes to and fro as often as it takes.
 */
#include <string.h>

#include "base/memory.h"
#include "runtime/convert.h"
#include "runtime/lowering.h"
#include "runtime/pads.h"
#include "runtime/remap.h"

/* ---- Pad ---- */

/* o: position relative to what is left of the source, `length` > 0 elements; -1: constant. */
static int64_t source_of(seg_pad_mode mode, int64_t o, int64_t length)
{
    if (o >= 0 && o < length)
        return o;
    if (mode == SEG_PAD_CONSTANT)
        return -1;
    if (mode == SEG_PAD_EDGE || length == 1)
        return o < 0 ? 0 : length - 1;
    int64_t period = mode == SEG_PAD_WRAP ? length : 2 * (length - 1);
    int64_t at = o % period;
    at += at < 0 ? period : 0;
    return at < length ? at : period - at;
}

static void fill_maps(seg_remap *remap, const seg_pads *pads)
{
    for (int a = 0; a < remap->dst.rank; a++) {
        int64_t cut = pads->before[a] < 0 ? -pads->before[a] : 0;
        int64_t cut_end = pads->after[a] < 0 ? -pads->after[a] : 0;
        int64_t length = remap->src.dim[a] - cut - cut_end;
        for (int64_t o = 0; o < remap->dst.dim[a]; o++) {
            int64_t from =
                length < 1 ? -1 : source_of(pads->mode, o - pads->before[a] - cut, length);
            remap->map[a][o] = from < 0 ? -1 : from + cut;
        }
    }
}

static seg_status pad(seg_eval *call)
{
    seg_pads pads;
    seg_remap remap;
    seg_shape dst;
    seg_error why;
    seg_status status =
        seg_pads_of(call->node, call->opset, call->src_count, call->src, &pads, &dst, &why);
    if (status != SEG_OK)
        return seg_eval_why(call, status, &why);
    status = seg_eval_result(call, 0, &dst);
    if (status != SEG_OK || seg_shape_count(&dst) == 0)
        return status;
    status = seg_remap_new(call, &remap, &call->src[0].shape, &dst);
    if (status != SEG_OK)
        return status;
    memcpy(&remap.fill, pads.fill, sizeof remap.fill);
    fill_maps(&remap, &pads);
    seg_remap_run(call, &remap);
    seg_remap_release(&remap);
    return SEG_OK;
}

const seg_runtime_op seg_runtime_op_Pad = {.domain = "",
                                           .name = "Pad",
                                           .src_min = 1,
                                           .src_max = 4,
                                           .evaluate = pad,
                                           .lower = seg_lower_pad};

/* ---- CenterCropPad: the middle of an axis, or zeros around it; odd ones at the end ---- */

static seg_status center_shape(seg_eval *call, seg_shape *dst)
{
    int64_t extents[SEG_MAX_RANK];
    int count;
    *dst = call->src[0].shape;
    seg_status status = seg_eval_ints(call, 1, extents, SEG_MAX_RANK, &count);
    if (status != SEG_OK)
        return status;
    const int64_t *axes;
    int64_t axis_count = seg_program_ints(call->node, "axes", &axes);
    int64_t wanted = axis_count > 0 ? axis_count : dst->rank;
    if (count != wanted)
        return seg_eval_fail(call, SEG_INVALID, "%d extents for %lld axes", count,
                             (long long)wanted);
    for (int i = 0; i < count; i++) {
        int64_t axis = axis_count > 0 ? axes[i] : i;
        axis += axis < 0 ? dst->rank : 0;
        if (axis < 0 || axis >= dst->rank || extents[i] < 0)
            return seg_eval_fail(call, SEG_INVALID, "axis %lld is to get %lld elements",
                                 (long long)axis, (long long)extents[i]);
        dst->dim[axis] = extents[i];
    }
    return SEG_OK;
}

static seg_status center_crop_pad(seg_eval *call)
{
    seg_remap remap;
    seg_shape dst;
    seg_status status = center_shape(call, &dst);
    if (status == SEG_OK)
        status = seg_eval_result(call, 0, &dst);
    if (status != SEG_OK || seg_shape_count(&dst) == 0)
        return status;
    status = seg_remap_new(call, &remap, &call->src[0].shape, &dst);
    if (status != SEG_OK)
        return status;
    for (int a = 0; a < dst.rank; a++) {
        int64_t in = remap.src.dim[a], out = dst.dim[a];
        int64_t shift = in >= out ? (in - out) / 2 : -((out - in) / 2);
        for (int64_t o = 0; o < out; o++)
            remap.map[a][o] = o + shift >= 0 && o + shift < in ? o + shift : -1;
    }
    seg_remap_run(call, &remap);
    seg_remap_release(&remap);
    return SEG_OK;
}

const seg_runtime_op seg_runtime_op_CenterCropPad = {
    .domain = "", .name = "CenterCropPad", .src_min = 2, .src_max = 2, .evaluate = center_crop_pad};
