/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * convolution.c: packing of weights, and the layer put together from its parts.
 *
 * What a layer does depends on its direction only: the gradient of its source is the gather of
 * the other direction, with weights packed from oc to ic channels.
 */
#include "ops/convolution.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"

typedef struct packing {
    const seg_convolution *conv;
    bool backward;
    const float *weights, *bias;
    float *packed;
    int64_t depth, width, panels, panel_floats;
} packing;

static packing packing_make(const seg_convolution *conv, bool backward)
{
    packing k = {.conv = conv, .backward = backward};
    int64_t nr = conv->kernels->igemm.nr;
    k.depth = (backward ? conv->oc : conv->ic) / conv->groups;
    k.width = (backward ? conv->ic : conv->oc) / conv->groups;
    k.panels = (k.width + nr - 1) / nr;
    k.panel_floats = nr * (1 + conv->y.kernel * conv->x.kernel * k.depth);
    return k;
}

size_t seg_conv_pack_count(const seg_convolution *conv, bool backward)
{
    packing k = packing_make(conv, backward);
    return (size_t)(conv->groups * k.panels * k.panel_floats);
}

/* Forward: the rows of a tap stand in the weights as they are. */
static void pack_rows(const seg_convolution *c, const float *in, int64_t live, int64_t first,
                      int64_t last, float *out)
{
    const int64_t nr = c->kernels->igemm.nr;
    for (int64_t d = first; d < last; d++, out += nr) {
        memcpy(out, in + d * c->oc, (size_t)live * sizeof *out);
        memset(out + live, 0, (size_t)(nr - live) * sizeof *out);
    }
}

/* Backward: transposed, in blocks so that each cache line is read once. */
static void pack_columns(const seg_convolution *c, const float *in, int64_t live, int64_t first,
                         int64_t last, float *out)
{
    enum { BLOCK = 16 };
    const int64_t nr = c->kernels->igemm.nr;
    for (int64_t start = first; start < last; start += BLOCK) {
        int64_t end = conv_min(start + BLOCK, last);
        for (int64_t w = 0; w < live; w++) {
            for (int64_t d = start; d < end; d++)
                out[(d - first) * nr + w] = in[w * c->oc + d];
        }
        for (int64_t w = live; w < nr; w++) {
            for (int64_t d = start; d < end; d++)
                out[(d - first) * nr + w] = 0;
        }
    }
}

void seg_conv_pack_tap(const seg_convolution *c, bool backward, const float *weights, int64_t group,
                       int64_t panel, int64_t tap, int64_t first, int64_t last, float *out)
{
    const int64_t nr = c->kernels->igemm.nr, ic = c->ic / c->groups, oc = c->oc / c->groups;
    const int64_t start = panel * nr, live = conv_min(nr, (backward ? ic : oc) - start);
    const float *in = weights + tap * ic * c->oc + group * oc;
    if (backward)
        pack_columns(c, in + start * c->oc, live, first, last, out);
    else
        pack_rows(c, in + start, live, first, last, out);
}

/* One panel of one group. */
static void pack_panel(void *context, int64_t index, int thread)
{
    (void)thread;
    const packing *k = context;
    const seg_convolution *c = k->conv;
    const int64_t nr = c->kernels->igemm.nr, group = index / k->panels, panel = index % k->panels;
    const int64_t live = conv_min(nr, k->width - panel * nr);
    float *out = k->packed + index * k->panel_floats;
    memset(out, 0, (size_t)nr * sizeof *out);
    if (k->bias != NULL)
        memcpy(out, k->bias + group * k->width + panel * nr, (size_t)live * sizeof *out);
    out += nr;
    for (int64_t t = 0; t < c->y.kernel * c->x.kernel; t++, out += k->depth * nr)
        seg_conv_pack_tap(c, k->backward, k->weights, group, panel, t, 0, k->depth, out);
}

void seg_conv_pack_run(const seg_convolution *conv, bool backward, const float *weights,
                       const float *bias, float *packed)
{
    packing k = packing_make(conv, backward);
    k.weights = weights;
    k.bias = bias;
    k.packed = packed;
    seg_parallel_for(conv->threads, conv->groups * k.panels, pack_panel, &k);
}

/* ---- the layer ---- */

seg_status seg_conv_check(const char *name, int src_count, const seg_shape *src, seg_error *err)
{
    char text[SEG_SHAPE_TEXT_SIZE];
    static const char *const names[] = {"src", "weights"};
    for (int i = 0; i < 2; i++) {
        if (src[i].rank != 4 || src[i].dtype != SEG_F32)
            return seg_fail(err, SEG_INVALID, "%s: %s must be f32 of rank 4, is %s", name, names[i],
                            seg_shape_text(&src[i], text));
    }
    seg_shape bias = seg_shape_vector(src[1].oc);
    if (src_count == 3 && !seg_shape_equal(&src[2], &bias))
        return seg_fail(err, SEG_INVALID, "%s: bias must be f32 %lld, is %s", name,
                        (long long)bias.dim[0], seg_shape_text(&src[2], text));
    return SEG_OK;
}

static size_t max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

static int64_t dst_pixels(const seg_convolution *c)
{
    return c->n * (c->up ? c->y.fine * c->x.fine : c->y.coarse * c->x.coarse);
}

/* One gather, by whichever way is chosen. */
static size_t gather_packed_size(const seg_convolution *conv, bool backward)
{
    int m = seg_conv_winograd_edge(conv, backward);
    size_t count = m > 0 ? seg_conv_winograd_pack_count(conv, backward, m)
                         : seg_conv_pack_count(conv, backward);
    return count * sizeof(float);
}

static size_t gather_scratch_size(const seg_convolution *conv, bool backward)
{
    int m = seg_conv_winograd_edge(conv, backward);
    return m > 0 ? seg_conv_winograd_scratch(conv, backward, m)
                 : seg_conv_gather_scratch(conv, backward);
}

static void gather_pack(const seg_convolution *conv, bool backward, const float *weights,
                        const float *bias, float *packed)
{
    int m = seg_conv_winograd_edge(conv, backward);
    if (m > 0)
        seg_conv_winograd_pack(conv, backward, m, weights, bias, packed);
    else
        seg_conv_pack_run(conv, backward, weights, bias, packed);
}

static void gather_run(const seg_convolution *conv, const seg_conv_gather *job, void *scratch)
{
    int m = seg_conv_winograd_edge(conv, job->backward);
    if (m > 0)
        seg_conv_winograd_run(conv, m, job, scratch);
    else
        seg_conv_gather_run(conv, job, scratch);
}

static size_t weights_scratch_size(const seg_convolution *conv)
{
    int m = seg_conv_winograd_weights_edge(conv);
    return m > 0 ? seg_conv_winograd_weights_scratch(conv, m) : seg_conv_weights_scratch(conv);
}

static void weights_run(const seg_convolution *conv, const float *in, const float *out,
                        float *diff_weights, void *scratch)
{
    int m = seg_conv_winograd_weights_edge(conv);
    if (m > 0)
        seg_conv_winograd_weights_run(conv, m, in, out, diff_weights, scratch);
    else
        seg_conv_weights_run(conv, in, out, diff_weights, scratch);
}

size_t seg_conv_packed_size(const seg_convolution *conv)
{
    return gather_packed_size(conv, false);
}

/* Weights packed for the gradient of src stand at the start of scratch. */
static size_t backward_packed_size(const seg_convolution *conv)
{
    return seg_align_up(gather_packed_size(conv, true));
}

size_t seg_conv_scratch_size(const seg_convolution *conv, bool train)
{
    size_t size = gather_scratch_size(conv, false);
    if (train) { /* the parts run one after the other */
        size = max_size(size, backward_packed_size(conv) + gather_scratch_size(conv, true));
        size = max_size(size, weights_scratch_size(conv));
        size = max_size(size, seg_conv_bias_scratch(dst_pixels(conv), conv->oc));
    }
    return size;
}

void seg_conv_pack(const seg_convolution *conv, const seg_op_call *call)
{
    const float *bias = call->src_count == 3 ? seg_f32(&call->src[2]) : NULL;
    gather_pack(conv, false, seg_f32(&call->src[1]), bias, call->packed);
}

void seg_conv_forward(const seg_convolution *conv, const seg_op_call *call,
                      seg_activation activation)
{
    seg_conv_gather job = {
        .src = seg_f32(&call->src[0]),
        .dst = seg_f32(call->dst),
        .packed = call->packed,
        .activation = activation,
    };
    gather_run(conv, &job, call->scratch);
}

const char *seg_conv_algorithm(const seg_convolution *conv, const seg_op_call *call)
{
    const seg_conv_gather job = {.dst = seg_f32(call->dst)};
    int m = seg_conv_winograd_edge(conv, false);
    if (m > 0)
        return m == 3   ? "Winograd F(3x3, 3x3)"
               : m == 4 ? "Winograd F(4x4, 3x3)"
                        : "Winograd F(6x6, 3x3)";
    return seg_conv_gather_algorithm(conv, &job);
}

static void backward_src(const seg_convolution *conv, const seg_op_call *call)
{
    seg_conv_gather job = {
        .src = seg_f32(call->diff_dst),
        .dst = seg_f32(&call->diff_src[0]),
        .backward = true,
        .packed = call->scratch,
    };
    gather_pack(conv, true, seg_f32(&call->src[1]), NULL, call->scratch);
    gather_run(conv, &job, (char *)call->scratch + backward_packed_size(conv));
}

void seg_conv_backward(const seg_convolution *conv, const seg_op_call *call)
{
    const float *diff_dst = seg_f32(call->diff_dst);
    if (call->diff_src[0].data != NULL)
        backward_src(conv, call);
    if (call->diff_src[1].data != NULL)
        weights_run(conv, seg_f32(&call->src[0]), diff_dst, seg_f32(&call->diff_src[1]),
                    call->scratch);
    if (call->src_count == 3 && call->diff_src[2].data != NULL)
        seg_conv_bias_run(conv->kernels, conv->threads, diff_dst, dst_pixels(conv), conv->oc,
                          seg_f32(&call->diff_src[2]), call->scratch);
}
