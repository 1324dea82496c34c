/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * roi_align.c: RoiAlign: a region of interest becomes output_height x output_width bins, each the
 * mean (or, mode max, the largest) of samples on a grid inside it, taken bilinearly.
 *
 * X N,C,H,W    rois R,4: x0, y0, x1, y1, times spatial_scale    batch_indices R    dst R,C,oh,ow
 * half_pixel (from opset 16; before it output_half_pixel) moves regions by half a pixel; without it
 * they are at least one pixel large. sampling_ratio 0: as many samples as a bin has pixels, rounded
 * up. A sample more than a pixel outside is 0. With max, the four weighted corners of a sample
 * compete one by one: what ONNX Runtime and the standard's tests do.
 */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "runtime/convert.h"

enum { IMAGE, ROIS, INDICES, SAMPLES_MAX = 1 << 12 };

typedef struct roi_align {
    const float *src;
    float *dst;
    const double *rois;
    const int64_t *images;
    int64_t c, h, w, oh, ow, sampling;
    double scale;
    bool half_pixel, max;
} roi_align;

/* One axis of a region: first position, extent of a bin, samples of a bin. */
typedef struct roi_axis {
    double first, bin;
    int64_t samples;
} roi_axis;

static roi_axis axis_of(const roi_align *r, double from, double to, int64_t out)
{
    const double shift = r->half_pixel ? 0.5 : 0;
    double first = from * r->scale - shift, extent = to * r->scale - shift - first;
    if (!r->half_pixel && extent < 1)
        extent = 1;
    roi_axis axis = {first, extent / (double)out, r->sampling};
    if (axis.samples == 0) {
        double bins = ceil(axis.bin);
        axis.samples = bins > 0 ? bins < SAMPLES_MAX ? (int64_t)bins : SAMPLES_MAX : 0;
    }
    return axis;
}

/* Low element, and the share of the one after it; false: too far outside. */
static bool locate(double at, int64_t length, int64_t *low, double *share)
{
    if (!(at >= -1 && at <= (double)length))
        return false;
    at = at > 0 ? at : 0;
    *low = (int64_t)at;
    if (*low >= length - 1) {
        *low = length - 1;
        at = (double)*low;
    }
    *share = at - (double)*low;
    return true;
}

/* A sample: the sum of its weighted corners, or the largest of them. */
static double sample(const roi_align *r, const float *plane, double y, double x)
{
    int64_t y0, x0;
    double dy, dx;
    if (!locate(y, r->h, &y0, &dy) || !locate(x, r->w, &x0, &dx))
        return 0;
    const float *at = plane + y0 * r->w + x0;
    int64_t below = y0 + 1 < r->h ? r->w : 0, right = x0 + 1 < r->w ? 1 : 0;
    double corners[4] = {(1 - dy) * (1 - dx) * (double)at[0], (1 - dy) * dx * (double)at[right],
                         dy * (1 - dx) * (double)at[below], dy * dx * (double)at[below + right]};
    if (!r->max)
        return corners[0] + corners[1] + corners[2] + corners[3];
    return fmax(fmax(corners[0], corners[1]), fmax(corners[2], corners[3]));
}

static double bin_of(const roi_align *r, const float *plane, const roi_axis *rows,
                     const roi_axis *columns, int64_t oy, int64_t ox)
{
    double sum = 0;
    for (int64_t i = 0; i < rows->samples; i++) {
        double y =
            rows->first + rows->bin * ((double)oy + ((double)i + 0.5) / (double)rows->samples);
        for (int64_t j = 0; j < columns->samples; j++) {
            double x = columns->first +
                       columns->bin * ((double)ox + ((double)j + 0.5) / (double)columns->samples);
            double value = sample(r, plane, y, x);
            sum = !r->max ? sum + value : i + j == 0 || value > sum ? value : sum;
        }
    }
    double count = (double)rows->samples * (double)columns->samples;
    return r->max || count < 1 ? sum : sum / count;
}

/* One region and channel. */
static void align_plane(void *context, int64_t index, int thread)
{
    (void)thread;
    const roi_align *r = context;
    const int64_t region = index / r->c, c = index % r->c;
    const double *roi = r->rois + region * 4;
    const float *plane = r->src + (r->images[region] * r->c + c) * r->h * r->w;
    float *dst = r->dst + index * r->oh * r->ow;
    roi_axis columns = axis_of(r, roi[0], roi[2], r->ow), rows = axis_of(r, roi[1], roi[3], r->oh);
    for (int64_t oy = 0; oy < r->oh; oy++) {
        for (int64_t ox = 0; ox < r->ow; ox++)
            dst[oy * r->ow + ox] = (float)bin_of(r, plane, &rows, &columns, oy, ox);
    }
}

static seg_status check_sources(seg_eval *call)
{
    const seg_shape *image = &call->src[IMAGE].shape, *rois = &call->src[ROIS].shape;
    const seg_tensor *indices = &call->src[INDICES];
    char text[SEG_SHAPE_TEXT_SIZE], other[SEG_SHAPE_TEXT_SIZE];
    if (!seg_dtype_is_real(image->dtype))
        return seg_eval_bad_dtype(call, IMAGE);
    if (!seg_dtype_is_real(rois->dtype))
        return seg_eval_bad_dtype(call, ROIS);
    if (indices->shape.dtype != SEG_I64)
        return seg_eval_bad_dtype(call, INDICES);
    if (image->rank != 4 || image->dim[2] < 1 || image->dim[3] < 1 || rois->rank != 2 ||
        rois->dim[1] != 4 || indices->shape.rank != 1 || indices->shape.dim[0] != rois->dim[0])
        return seg_eval_fail(call, SEG_INVALID, "rois of %s do not fit an image of %s",
                             seg_shape_text(rois, text), seg_shape_text(image, other));
    for (int64_t i = 0; i < rois->dim[0]; i++) {
        int64_t at = ((const int64_t *)indices->data)[i];
        if (at < 0 || at >= image->dim[0])
            return seg_eval_fail(call, SEG_INVALID, "region %lld is of image %lld of %lld",
                                 (long long)i, (long long)at, (long long)image->dim[0]);
    }
    return SEG_OK;
}

static seg_status read_node(seg_eval *call, roi_align *r)
{
    const seg_program_node *node = call->node;
    const seg_shape *image = &call->src[IMAGE].shape;
    const char *mode = seg_program_get_text(node, "mode", "avg");
    const char *where = seg_program_get_text(node, "coordinate_transformation_mode",
                                             call->opset < 16 ? "output_half_pixel" : "half_pixel");
    *r = (roi_align){.images = call->src[INDICES].data,
                     .c = image->dim[1],
                     .h = image->dim[2],
                     .w = image->dim[3],
                     .oh = seg_program_int(node, "output_height", 1),
                     .ow = seg_program_int(node, "output_width", 1),
                     .sampling = seg_program_int(node, "sampling_ratio", 0),
                     .scale = (double)seg_program_float(node, "spatial_scale", 1.0f),
                     .half_pixel = strcmp(where, "half_pixel") == 0,
                     .max = strcmp(mode, "max") == 0};
    if (!r->max && strcmp(mode, "avg") != 0)
        return seg_eval_fail(call, SEG_INVALID, "mode is '%s'", mode);
    if (!r->half_pixel && strcmp(where, "output_half_pixel") != 0)
        return seg_eval_fail(call, SEG_INVALID, "coordinate_transformation_mode is '%s'", where);
    if (r->oh < 1 || r->ow < 1 || r->sampling < 0 || r->sampling > SAMPLES_MAX)
        return seg_eval_fail(call, SEG_INVALID, "%lldx%lld bins, %lld samples", (long long)r->oh,
                             (long long)r->ow, (long long)r->sampling);
    return SEG_OK;
}

static seg_status evaluate(seg_eval *call)
{
    roi_align r = {.src = NULL};
    float *owned = NULL;
    double *rois = NULL;
    seg_status status = check_sources(call);
    if (status == SEG_OK)
        status = read_node(call, &r);
    if (status != SEG_OK)
        return status;
    seg_shape dst = {.dtype = call->src[IMAGE].shape.dtype,
                     .rank = 4,
                     .dim = {call->src[ROIS].shape.dim[0], r.c, r.oh, r.ow}};
    status = seg_eval_result_f32(call, 0, &dst, &r.dst);
    if (status == SEG_OK)
        status = seg_eval_f32(call, IMAGE, &r.src, &owned);
    if (status == SEG_OK)
        status = seg_eval_f64(call, ROIS, &r.rois, &rois);
    if (status == SEG_OK && seg_shape_count(&dst) > 0)
        seg_parallel_for(call->threads, dst.dim[0] * r.c, align_plane, &r);
    seg_block_free(owned);
    seg_block_free(rois);
    return seg_eval_finish_f32(call, 0, r.dst, status);
}

const seg_runtime_op seg_runtime_op_RoiAlign = {
    .domain = "", .name = "RoiAlign", .src_min = 3, .src_max = 3, .evaluate = evaluate};
