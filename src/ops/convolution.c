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
    int64_t kh, kw, ic, oc; /* floats from one index of the weights to the next */
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

/* ---- panels ----
 *
 * out[(tap * depth + d) * nr + w] from `live` output channels w, those behind them 0.
 */

static void clear_behind(const packing *k, int64_t rows, int64_t live, float *out)
{
    const int64_t nr = k->conv->kernels->igemm.nr;
    for (int64_t r = 0; live < nr && r < rows; r++)
        memset(out + r * nr + live, 0, (size_t)(nr - live) * sizeof *out);
}

/* One tap whose rows or columns stand in the weights as they are. */
static void pack_tap(const packing *k, const float *in, int64_t live, float *out)
{
    const seg_kernels *kernels = k->conv->kernels;
    const int64_t nr = kernels->igemm.nr;
    if (k->oc == 1)
        kernels->pixels.copy_runs(in, k->ic, out, nr, k->depth, live);
    else
        kernels->transpose.apply(in, k->oc, live, k->depth, out, nr);
    clear_behind(k, k->depth, live, out);
}

/* Output channels that hold all taps of an input channel side by side, as in files' O,I,KH,KW:
 * some input channels at a time are transposed, and their taps then taken apart. */
static void pack_taps(const packing *k, const float *in, int64_t live, float *out)
{
    enum { ROOM = 8192 };
    float room[ROOM];
    const seg_kernels *kernels = k->conv->kernels;
    const int64_t nr = kernels->igemm.nr, taps = k->ic, most = ROOM / (taps * nr);
    for (int64_t d = 0; d < k->depth; d += most) {
        const int64_t count = conv_min(most, k->depth - d);
        kernels->transpose.apply(in + d * taps, k->oc, live, count * taps, room, nr);
        clear_behind(k, count * taps, live, room);
        for (int64_t t = 0; t < taps; t++)
            kernels->pixels.copy_runs(room + t * nr, taps * nr, out + (t * k->depth + d) * nr, nr,
                                      count, nr);
    }
}

/* Any order. */
static void pack_floats(const packing *k, const float *in, int64_t live, float *out)
{
    const seg_convolution *c = k->conv;
    const int64_t nr = c->kernels->igemm.nr, taps = c->y.kernel * c->x.kernel;
    for (int64_t d = 0; d < k->depth; d++) {
        for (int64_t w = 0; w < live; w++) {
            const float *from = in + d * k->ic + w * k->oc;
            for (int64_t t = 0; t < taps; t++)
                out[(t * k->depth + d) * nr + w] =
                    from[t / c->x.kernel * k->kh + t % c->x.kernel * k->kw];
        }
    }
    clear_behind(k, taps * k->depth, live, out);
}

static void pack_forward(const packing *k, const float *in, int64_t live, float *out)
{
    const seg_convolution *c = k->conv;
    const int64_t nr = c->kernels->igemm.nr, taps = c->y.kernel * c->x.kernel;
    if (k->oc == 1 || k->ic == 1) {
        for (int64_t t = 0; t < taps; t++, out += k->depth * nr)
            pack_tap(k, in + t / c->x.kernel * k->kh + t % c->x.kernel * k->kw, live, out);
    } else if (k->kw == 1 && k->kh == c->x.kernel && k->ic == taps && taps * nr <= 4096) {
        pack_taps(k, in, live, out);
    } else {
        pack_floats(k, in, live, out);
    }
}

/* One tap of a panel backward: transposed, in blocks so that each cache line is read once. */
static void pack_columns(const packing *k, const float *in, int64_t live, float *out)
{
    enum { BLOCK = 16 };
    const int64_t nr = k->conv->kernels->igemm.nr;
    for (int64_t first = 0; first < k->depth; first += BLOCK) {
        int64_t last = conv_min(first + BLOCK, k->depth);
        for (int64_t w = 0; w < live; w++) {
            for (int64_t d = first; d < last; d++)
                out[d * nr + w] = in[w * k->conv->oc + d];
        }
        for (int64_t w = live; w < nr; w++) {
            for (int64_t d = first; d < last; d++)
                out[d * nr + w] = 0;
        }
    }
}

/* One panel of one group. */
static void pack_panel(void *context, int64_t index, int thread)
{
    (void)thread;
    const packing *k = context;
    const seg_convolution *c = k->conv;
    const int64_t nr = c->kernels->igemm.nr, ic = c->ic / c->groups, oc = c->oc / c->groups;
    const int64_t group = index / k->panels, first = index % k->panels * nr;
    const int64_t live = conv_min(nr, k->width - first);
    float *out = k->packed + index * k->panel_floats;
    memset(out, 0, (size_t)nr * sizeof *out);
    if (k->bias != NULL)
        memcpy(out, k->bias + group * oc + first, (size_t)live * sizeof *out);
    out += nr;
    if (!k->backward)
        pack_forward(k, k->weights + (group * oc + first) * k->oc, live, out);
    for (int64_t t = 0; k->backward && t < c->y.kernel * c->x.kernel; t++, out += k->depth * nr)
        pack_columns(k, k->weights + (t * ic + first) * c->oc + group * oc, live, out);
}

void seg_conv_pack_run(const seg_convolution *conv, bool backward, const float *weights,
                       const int64_t *steps, const float *bias, float *packed)
{
    packing k = packing_make(conv, backward);
    const int64_t ic = conv->ic / conv->groups;
    k.kh = steps != NULL ? steps[0] : conv->x.kernel * ic * conv->oc;
    k.kw = steps != NULL ? steps[1] : ic * conv->oc;
    k.ic = steps != NULL ? steps[2] : conv->oc;
    k.oc = steps != NULL ? steps[3] : 1;
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

size_t seg_conv_packed_size(const seg_convolution *conv)
{
    return seg_conv_pack_count(conv, false) * sizeof(float);
}

static size_t max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

static int64_t dst_pixels(const seg_convolution *c)
{
    return c->n * (c->up ? c->y.fine * c->x.fine : c->y.coarse * c->x.coarse);
}

/* Weights packed for the gradient of src stand at the start of scratch. */
static size_t backward_packed_size(const seg_convolution *conv)
{
    return seg_align_up(seg_conv_pack_count(conv, true) * sizeof(float));
}

size_t seg_conv_scratch_size(const seg_convolution *conv, bool train)
{
    size_t size = seg_conv_gather_scratch(conv, false);
    if (train) { /* the parts run one after the other */
        size = max_size(size, backward_packed_size(conv) + seg_conv_gather_scratch(conv, true));
        size = max_size(size, seg_conv_weights_scratch(conv));
        size = max_size(size, seg_conv_bias_scratch(dst_pixels(conv), conv->oc));
    }
    return size;
}

void seg_conv_pack(const seg_convolution *conv, const seg_op_call *call)
{
    const float *bias = call->src_count == 3 ? seg_f32(&call->src[2]) : NULL;
    seg_conv_pack_run(conv, false, seg_f32(&call->src[1]), call->weight_steps, bias, call->packed);
}

void seg_conv_forward(const seg_convolution *conv, const seg_op_call *call,
                      seg_activation activation)
{
    seg_conv_gather job = {
        .src = seg_f32(&call->src[0]),
        .dst = seg_f32(call->dst),
        .packed = call->packed,
        .activation = activation,
        .dst_step = call->dst_step,
    };
    seg_conv_gather_run(conv, &job, call->scratch);
}

const char *seg_conv_algorithm(const seg_convolution *conv, const seg_op_call *call)
{
    const seg_conv_gather job = {.dst = seg_f32(call->dst), .dst_step = call->dst_step};
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
    seg_conv_pack_run(conv, true, seg_f32(&call->src[1]), NULL, NULL, call->scratch);
    seg_conv_gather_run(conv, &job, (char *)call->scratch + backward_packed_size(conv));
}

void seg_conv_backward(const seg_convolution *conv, const seg_op_call *call)
{
    const float *diff_dst = seg_f32(call->diff_dst);
    if (call->diff_src[0].data != NULL)
        backward_src(conv, call);
    if (call->diff_src[1].data != NULL)
        seg_conv_weights_run(conv, seg_f32(&call->src[0]), diff_dst, seg_f32(&call->diff_src[1]),
                             call->scratch);
    if (call->src_count == 3 && call->diff_src[2].data != NULL)
        seg_conv_bias_run(conv->kernels, conv->threads, diff_dst, dst_pixels(conv), conv->oc,
                          seg_f32(&call->diff_src[2]), call->scratch);
}
