/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * convolution.c: a layer put together from its parts.
 *
 * What a layer does depends on its direction only: the gradient of its source is the gather of
 * the other direction, with weights packed from oc to ic channels.
 */
#include "ops/convolution.h"

#include "base/error.h"
#include "base/memory.h"

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

static void gather_pack(const seg_convolution *conv, bool backward, const seg_conv_kernel *kernel,
                        float *packed)
{
    int m = seg_conv_winograd_edge(conv, backward);
    if (m > 0)
        seg_conv_winograd_pack(conv, backward, m, kernel, packed);
    else
        seg_conv_pack_run(conv, backward, kernel, packed);
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
    const seg_conv_kernel kernel =
        seg_conv_kernel_at(conv, seg_f32(&call->src[1]), call->weight_steps, bias);
    gather_pack(conv, false, &kernel, call->packed);
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
    gather_run(conv, &job, call->scratch);
}

const char *seg_conv_algorithm(const seg_convolution *conv, const seg_op_call *call)
{
    const seg_conv_gather job = {.dst = seg_f32(call->dst), .dst_step = call->dst_step};
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
    const seg_conv_kernel kernel = seg_conv_kernel_at(conv, seg_f32(&call->src[1]), NULL, NULL);
    gather_pack(conv, true, &kernel, call->scratch);
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
