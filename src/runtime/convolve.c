/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* convolve.c: convolutions of any rank: geometry, and the loops for each type. */
#include "runtime/convolve.h"

#include "base/error.h"
#include "base/parallel.h"
#include "kernels/kernels.h"

enum { SEG_CONVOLVE_ROWS = 16 }; /* of a block */

/* ---- geometry ---- */

/* 1x1 kernels see neither rows nor columns: one long row does. */
static seg_convolve flatten(const seg_convolve *c)
{
    const seg_window *w = &c->window;
    seg_convolve flat = *c;
    int64_t count = 1;
    for (int i = 0; i < w->rank; i++) {
        if (w->kernel[i] != 1 || w->stride[i] != 1 || w->pad[i] != 0 || c->in[i] != c->out[i])
            return *c;
        count *= c->in[i];
    }
    flat.window.rank = 1;
    flat.in[0] = flat.out[0] = count;
    return flat;
}

static seg_status check_channels(const seg_convolve *c, const seg_shape *weights, seg_error *why)
{
    if (c->groups < 1 || c->ic % c->groups != 0 || c->oc % c->groups != 0)
        return seg_fail(why, SEG_INVALID, "group %lld does not divide %lld and %lld channels",
                        (long long)c->groups, (long long)c->ic, (long long)c->oc);
    int64_t taken = c->transposed ? weights->dim[0] : weights->dim[1] * c->groups;
    if (taken != c->ic)
        return seg_fail(why, SEG_INVALID,
                        "the weights take %lld channels in %lld groups, the input has %lld",
                        (long long)taken, (long long)c->groups, (long long)c->ic);
    return SEG_OK;
}

seg_status seg_convolve_of(const seg_program_node *node, const seg_shape *src,
                           const seg_shape *weights, bool transposed, seg_convolve *convolve,
                           seg_shape *dst, seg_error *why)
{
    char text[SEG_SHAPE_TEXT_SIZE], image[SEG_SHAPE_TEXT_SIZE];
    seg_convolve *c = convolve;
    *c = (seg_convolve){.threads = 1, .transposed = transposed};
    if (src->rank < 3 || weights->rank != src->rank)
        return seg_fail(why, SEG_INVALID, "weights of %s do not fit an input of %s",
                        seg_shape_text(weights, text), seg_shape_text(src, image));
    c->n = src->dim[0];
    c->ic = src->dim[1];
    c->groups = seg_program_int(node, "group", 1);
    if (c->groups < 1 || c->groups > INT32_MAX)
        return seg_fail(why, SEG_INVALID, "group is %lld", (long long)c->groups);
    if (weights->dim[0] > INT32_MAX || weights->dim[1] > INT32_MAX)
        return seg_fail(why, SEG_LIMIT, "weights of %s are too large",
                        seg_shape_text(weights, text));
    c->oc = transposed ? weights->dim[1] * c->groups : weights->dim[0];
    seg_status status = check_channels(c, weights, why);
    if (status == SEG_OK)
        status = seg_window_read(node, src, weights->dim + 2, &c->window, why);
    if (status != SEG_OK)
        return status;
    for (int i = 0; i < c->window.rank; i++)
        c->in[i] = src->dim[i + 2];
    status = transposed ? seg_window_fit_transposed(node, &c->window, c->in, c->out, why)
                        : seg_window_fit(&c->window, c->in, c->out, why);
    *dst = *src;
    dst->dim[1] = c->oc;
    for (int i = 0; i < c->window.rank && status == SEG_OK; i++)
        dst->dim[i + 2] = c->out[i];
    return status;
}

/* ---- what the loops share ---- */

static int64_t seg_divide_up(int64_t a, int64_t b) /* b > 0 */
{
    return a >= 0 ? (a + b - 1) / b : -(-a / b);
}

static int64_t seg_spatial_count(const int64_t *extent, int rank)
{
    int64_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= extent[i];
    return count;
}

/* The row of src (all axes but the last) that row `row` of dst meets through tap `tap` of these
 * axes; -1: none, padding. */
static int64_t seg_convolve_row(const seg_convolve *c, int64_t row, int64_t tap)
{
    const seg_window *w = &c->window;
    int64_t from = 0, step = 1;
    for (int i = w->rank - 2; i >= 0; i--) {
        int64_t o = row % c->out[i], k = tap % w->kernel[i];
        int64_t at = o * w->stride[i] + k * w->dilation[i] - w->pad[i];
        if (c->transposed) {
            at = o + w->pad[i] - k * w->dilation[i];
            if (at % w->stride[i] != 0)
                return -1;
            at /= w->stride[i];
        }
        if (at < 0 || at >= c->in[i])
            return -1;
        from += at * step;
        step *= c->in[i];
        row /= c->out[i];
        tap /= w->kernel[i];
    }
    return from;
}

static void axpy_f32(float *dst, int64_t dst_step, const float *src, int64_t src_step, float factor,
                     int64_t count)
{
    if (dst_step == 1 && src_step == 1) {
        seg_kernels_get()->rows.axpy(dst, src, factor, count);
        return;
    }
    for (int64_t i = 0; i < count; i++)
        dst[i * dst_step] += factor * src[i * src_step];
}

static void axpy_f64(double *dst, int64_t dst_step, const double *src, int64_t src_step,
                     double factor, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        dst[i * dst_step] += factor * src[i * src_step];
}

static void axpy_u32(uint32_t *dst, int64_t dst_step, const uint32_t *src, int64_t src_step,
                     uint32_t factor, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        dst[i * dst_step] += factor * src[i * src_step];
}

#define NUMBER  float
#define NAME(x) x##_f32
#define AXPY    axpy_f32
#include "runtime/convolve.inc"

#define NUMBER  double
#define NAME(x) x##_f64
#define AXPY    axpy_f64
#include "runtime/convolve.inc"

#define NUMBER  uint32_t
#define NAME(x) x##_u32
#define AXPY    axpy_u32
#include "runtime/convolve.inc"
