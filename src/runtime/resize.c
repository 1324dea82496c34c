/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * resize.c: Resize and Upsample, of any rank, axis by axis.
 *
 * linear and cubic: output o at position x is the sum of weight((i - x) * s) * src[i] over the
 * elements i around x, s being 1, or with antialias the scale where that is below 1 (and weights
 * then sum to 1). weight is the triangle, or Keys' cubic with parameter cubic_coeff_a. Elements
 * beyond the source are those at its edge, or weigh nothing (exclude_outside). Sums are in double.
 * Integers are rounded, ties to even, and saturated.
 */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "runtime/convert.h"
#include "runtime/lowering.h"
#include "runtime/remap.h"
#include "runtime/resize_of.h"

enum { LINES = 64 }; /* of a block */

/* ---- nearest ---- */

static seg_status pick(seg_eval *call, const seg_resize *r, const seg_shape *dst)
{
    seg_remap remap;
    seg_status status = seg_remap_new(call, &remap, &call->src[0].shape, dst);
    if (status != SEG_OK)
        return status;
    seg_store_f64(dst->dtype, &remap.fill, 0, 1, &r->extrapolation);
    for (int a = 0; a < r->rank; a++) {
        for (int64_t o = 0; o < dst->dim[a] && !seg_resize_keeps(r, a); o++)
            remap.map[a][o] = seg_resize_pick(r, a, o);
    }
    seg_remap_run(call, &remap);
    seg_remap_release(&remap);
    return SEG_OK;
}

/* ---- linear and cubic: one axis ---- */

typedef struct resize_pass {
    const seg_resize *resize;
    int axis;
    int64_t outer, inner;
    int64_t taps, first_tap; /* of each output; tap k meets element base + first_tap + k */
    double *weights;         /* [out][taps] */
    int64_t *base;           /* [out]; INT64_MIN: outside of a roi */
    const double *src;
    double *dst;
} resize_pass;

static double weight(const seg_resize *r, double x)
{
    const double a = r->cubic_a;
    x = fabs(x);
    if (r->mode == SEG_RESIZE_LINEAR)
        return x < 1 ? 1 - x : 0;
    if (x <= 1)
        return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

static void weigh_output(resize_pass *p, int64_t o, double squeeze)
{
    const seg_resize *r = p->resize;
    const int64_t in = r->axis[p->axis].in;
    double *weights = p->weights + o * p->taps, sum = 0;
    double at = seg_resize_position(r, p->axis, o), whole = ceil(at) - 1;
    p->base[o] = (int64_t)whole;
    if (r->coordinates == SEG_AT_TF_CROP_AND_RESIZE && !(at >= 0 && at <= (double)(in - 1)))
        p->base[o] = INT64_MIN;
    for (int64_t k = 0; k < p->taps; k++) {
        double i = whole + (double)(p->first_tap + k);
        weights[k] = weight(r, (i - at) * squeeze);
        if (r->exclude_outside && (i < 0 || i > (double)(in - 1)))
            weights[k] = 0;
        sum += weights[k];
    }
    for (int64_t k = 0; k < p->taps && (squeeze < 1 || r->exclude_outside) && sum != 0; k++)
        weights[k] /= sum;
}

/* Line `index` of outer x out: `inner` elements. */
static void make_line(const resize_pass *p, int64_t index)
{
    const seg_resize_axis *axis = &p->resize->axis[p->axis];
    const int64_t o = index % axis->out;
    const double *src = p->src + index / axis->out * axis->in * p->inner;
    double *dst = p->dst + index * p->inner;
    const bool outside = p->base[o] == INT64_MIN;
    for (int64_t x = 0; x < p->inner; x++)
        dst[x] = outside ? p->resize->extrapolation : 0;
    for (int64_t k = 0; k < p->taps && !outside; k++) {
        const double factor = p->weights[o * p->taps + k];
        int64_t i = p->base[o] + p->first_tap + k;
        i = i < 0 ? 0 : i < axis->in ? i : axis->in - 1;
        for (int64_t x = 0; x < p->inner && factor != 0; x++)
            dst[x] += factor * src[i * p->inner + x];
    }
}

static void make_lines(void *context, int64_t block, int thread)
{
    (void)thread;
    const resize_pass *p = context;
    int64_t end = p->outer * p->resize->axis[p->axis].out;
    for (int64_t i = block * LINES; i < (block + 1) * LINES && i < end; i++)
        make_line(p, i);
}

/* From shape to shape with this axis resized; *data is replaced. */
static seg_status run_pass(seg_eval *call, const seg_resize *r, int axis, seg_shape *shape,
                           double **owned, const double *data)
{
    const int64_t out = r->axis[axis].out;
    const double radius = r->mode == SEG_RESIZE_CUBIC ? 2 : 1;
    double squeeze = r->antialias && r->axis[axis].scale < 1 ? r->axis[axis].scale : 1;
    resize_pass p = {.resize = r, .axis = axis, .outer = 1, .inner = 1, .src = data};
    p.first_tap = (int64_t)floor(-radius / squeeze) + 1;
    p.taps = 2 - 2 * p.first_tap;
    for (int a = 0; a < r->rank; a++) {
        if (a != axis)
            *(a < axis ? &p.outer : &p.inner) *= shape->dim[a];
    }
    size_t count = (size_t)(p.outer * p.inner), lines = 0, size = 0;
    bool fits = seg_size_mul((size_t)out, (size_t)p.taps * sizeof(double), &lines) &&
                seg_size_mul(count, (size_t)out * sizeof(double), &size);
    p.weights = fits ? seg_block_new(lines) : NULL;
    p.base = fits ? seg_block_new((size_t)out * sizeof *p.base) : NULL;
    p.dst = fits ? seg_block_new(size) : NULL;
    if (p.weights == NULL || p.base == NULL || p.dst == NULL) {
        seg_block_free(p.weights);
        seg_block_free(p.base);
        seg_block_free(p.dst);
        return seg_eval_fail(call, SEG_NOMEM, "no memory for %zu x %lld elements", count,
                             (long long)out);
    }
    for (int64_t o = 0; o < out; o++)
        weigh_output(&p, o, squeeze);
    seg_parallel_for(call->threads, (p.outer * out + LINES - 1) / LINES, make_lines, &p);
    seg_block_free(p.weights);
    seg_block_free(p.base);
    seg_block_free(*owned);
    *owned = p.dst;
    shape->dim[axis] = out;
    return SEG_OK;
}

static void round_all(double *data, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        data[i] = rint(data[i]);
}

static seg_status blend(seg_eval *call, const seg_resize *r, const seg_shape *dst)
{
    seg_shape shape = call->src[0].shape;
    const double *src;
    double *owned;
    seg_status status = seg_eval_f64(call, 0, &src, &owned);
    for (int a = 0; a < r->rank && status == SEG_OK; a++) {
        if (!seg_resize_keeps(r, a))
            status = run_pass(call, r, a, &shape, &owned, owned != NULL ? owned : src);
    }
    if (status == SEG_OK) {
        int64_t count = seg_shape_count(dst);
        if (!seg_dtype_is_real(dst->dtype) && owned != NULL)
            round_all(owned, count);
        seg_store_f64(dst->dtype, call->dst[0].data, 0, count, owned != NULL ? owned : src);
    }
    seg_block_free(owned);
    return status;
}

static seg_status evaluate(seg_eval *call)
{
    seg_resize resize;
    seg_shape dst;
    seg_error why;
    seg_status status =
        seg_resize_of(call->node, call->opset, call->src_count, call->src, &resize, &dst, &why);
    if (status != SEG_OK)
        return seg_eval_why(call, status, &why);
    status = seg_eval_result(call, 0, &dst);
    if (status != SEG_OK || seg_shape_count(&dst) == 0)
        return status;
    return resize.mode == SEG_RESIZE_NEAREST ? pick(call, &resize, &dst)
                                             : blend(call, &resize, &dst);
}

const seg_runtime_op seg_runtime_op_Resize = {.domain = "",
                                              .name = "Resize",
                                              .src_min = 1,
                                              .src_max = 4,
                                              .evaluate = evaluate,
                                              .lower = seg_lower_resize};

const seg_runtime_op seg_runtime_op_Upsample = {.domain = "",
                                                .name = "Upsample",
                                                .src_min = 1,
                                                .src_max = 2,
                                                .evaluate = evaluate,
                                                .lower = seg_lower_resize};
