/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * tflite_resize.c: RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR on bytes.
 *
 * Bilinear: weights of 11 bits along each axis, products in int32, one rounding at the end with
 * ties up (XNNPACK); coordinates in float as that library computes them. Nearest: coordinates as
 * TensorFlow Lite's kernel.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/parallel.h"
#include "ops/params.h"
#include "runtime/convert.h"
#include "runtime/relabel.h"
#include "runtime/tflite.h"

/* Where one position of the result reads along an axis. */
typedef struct place {
    int64_t low, high;
    int32_t alpha; /* weight of high, of 2048 */
} place;

typedef struct resize {
    int64_t n, ih, iw, oh, ow, c;
    bool align, half, nearest;
    uint8_t flip_src, flip_dst;
    place *rows, *columns;
    const uint8_t *src;
    uint8_t *dst;
} resize;

static float scale_of(const resize *r, int64_t in, int64_t out)
{
    const int64_t less = r->align && out != 1 ? 1 : 0;
    return (float)(in - less) / (float)(out - less);
}

static place bilinear_place(const resize *r, int64_t in, int64_t out, int64_t index)
{
    const float scale = scale_of(r, in, out);
    float at = (float)index * scale;
    if (r->half)
        at = at + (0.5f * scale - 0.5f);
    at = fminf(fmaxf(at, 0), (float)(in - 1));
    const int64_t low = (int64_t)at;
    return (place){low, low + 1 < in ? low + 1 : in - 1,
                   (int32_t)lrintf((at - (float)low) * 2048.0f)};
}

static place nearest_place(const resize *r, int64_t in, int64_t out, int64_t index)
{
    const float at = ((float)index + (r->half ? 0.5f : 0.0f)) * scale_of(r, in, out);
    int64_t low = (int64_t)(r->align ? roundf(at) : floorf(at));
    low = low < 0 ? 0 : low < in ? low : in - 1;
    return (place){low, low, 0};
}

static void fill_places(const resize *r, int64_t in, int64_t out, place *places)
{
    for (int64_t i = 0; i < out; i++)
        places[i] = r->nearest ? nearest_place(r, in, out, i) : bilinear_place(r, in, out, i);
}

static void blend(const uint8_t *const corner[4], int32_t ax, int32_t ay, uint8_t flip_src,
                  uint8_t flip_dst, int64_t count, uint8_t *dst)
{
    for (int64_t c = 0; c < count; c++) {
        const int32_t tl = corner[0][c] ^ flip_src, tr = corner[1][c] ^ flip_src;
        const int32_t bl = corner[2][c] ^ flip_src, br = corner[3][c] ^ flip_src;
        const int32_t top = tl * 2048 + (tr - tl) * ax, bottom = bl * 2048 + (br - bl) * ax;
        const int32_t sum = top * 2048 + (bottom - top) * ay;
        dst[c] = (uint8_t)((sum + (1 << 21)) >> 22) ^ flip_dst;
    }
}

static void resize_row(void *context, int64_t row, int thread)
{
    (void)thread;
    const resize *r = context;
    const place *y = &r->rows[row % r->oh];
    const uint8_t *image = r->src + row / r->oh * r->ih * r->iw * r->c;
    const uint8_t *top = image + y->low * r->iw * r->c, *bottom = image + y->high * r->iw * r->c;
    uint8_t *dst = r->dst + row * r->ow * r->c;
    for (int64_t ox = 0; ox < r->ow; ox++, dst += r->c) {
        const place *x = &r->columns[ox];
        if (r->nearest) {
            memcpy(dst, top + x->low * r->c, (size_t)r->c);
            continue;
        }
        const uint8_t *const corner[4] = {top + x->low * r->c, top + x->high * r->c,
                                          bottom + x->low * r->c, bottom + x->high * r->c};
        blend(corner, x->alpha, y->alpha, r->flip_src, r->flip_dst, r->c, dst);
    }
}

static seg_status read_node(seg_eval *call, resize *r)
{
    const seg_shape *x = &call->src[0].shape;
    int64_t size[2];
    int count;
    seg_q8 src, dst;
    seg_status status = seg_q8_src(call, 0, &src);
    if (status == SEG_OK)
        status = seg_q8_dst(call, 0, &dst);
    if (status == SEG_OK)
        status = seg_eval_ints(call, 1, size, 2, &count);
    if (status != SEG_OK)
        return status;
    if (src.dtype != dst.dtype || src.zero != dst.zero || src.scale != dst.scale)
        return seg_eval_fail(call, SEG_UNSUPPORTED, "input and result are quantised differently");
    if (x->rank != 4 || seg_shape_count(x) == 0 || count != 2 || size[0] < 1 || size[1] < 1 ||
        size[0] >= 1 << 24 || size[1] >= 1 << 24 || x->dim[1] >= 1 << 24 || x->dim[2] >= 1 << 24)
        return seg_eval_fail(call, SEG_INVALID, "an image of rank %d to a size of %d numbers",
                             x->rank, count);
    *r = (resize){.n = x->dim[0],
                  .ih = x->dim[1],
                  .iw = x->dim[2],
                  .oh = size[0],
                  .ow = size[1],
                  .c = x->dim[3],
                  .align = seg_program_int(call->node, "align_corners", 0) != 0,
                  .half = seg_program_int(call->node, "half_pixel_centers", 0) != 0,
                  .flip_src = src.flip,
                  .flip_dst = dst.flip,
                  .src = call->src[0].data};
    if (r->align && r->half)
        return seg_eval_fail(call, SEG_UNSUPPORTED, "align_corners with half_pixel_centers");
    return SEG_OK;
}

static seg_status evaluate(seg_eval *call, bool nearest)
{
    resize r;
    seg_status status = read_node(call, &r);
    if (status != SEG_OK)
        return status;
    r.nearest = nearest;
    const seg_shape shape = {.rank = 4, .dim = {r.n, r.oh, r.ow, r.c}};
    status = seg_q8_result(call, 0, &shape);
    if (status != SEG_OK)
        return status;
    r.dst = call->dst[0].data;
    r.rows = malloc((size_t)(r.oh + r.ow) * sizeof *r.rows);
    if (r.rows == NULL)
        return seg_fail_nomem(call->err, (size_t)(r.oh + r.ow) * sizeof *r.rows, call->node->op);
    r.columns = r.rows + r.oh;
    fill_places(&r, r.ih, r.oh, r.rows);
    fill_places(&r, r.iw, r.ow, r.columns);
    seg_parallel_for(call->threads, r.n * r.oh, resize_row, &r);
    free(r.rows);
    return SEG_OK;
}

static seg_status evaluate_bilinear(seg_eval *call)
{
    return evaluate(call, false);
}

static seg_status evaluate_nearest(seg_eval *call)
{
    return evaluate(call, true);
}

static seg_status lower_bilinear(seg_lower *lower, bool *done)
{
    resize r;
    seg_eval call = seg_lower_eval(lower);
    if (!seg_lower_takes_bytes(lower, 0) || lower->fixed[1].data == NULL ||
        read_node(&call, &r) != SEG_OK)
        return SEG_OK;
    const seg_resize_q8_params params = {r.oh, r.ow, r.align, r.half};
    const seg_value src = seg_lower_bytes(lower, 0);
    seg_lower_bytes_result(lower, seg_lower_layer(lower, "resize_bilinear_q8", &params, 1, &src));
    *done = true;
    return SEG_OK;
}

const seg_runtime_op seg_runtime_op_TfliteResizeBilinear = {.domain = "tflite",
                                                            .name = "RESIZE_BILINEAR",
                                                            .src_min = 2,
                                                            .src_max = 2,
                                                            .evaluate = evaluate_bilinear,
                                                            .lower = lower_bilinear};
const seg_runtime_op seg_runtime_op_TfliteResizeNearestNeighbor = {.domain = "tflite",
                                                                   .name =
                                                                       "RESIZE_NEAREST_NEIGHBOR",
                                                                   .src_min = 2,
                                                                   .src_max = 2,
                                                                   .evaluate = evaluate_nearest};
