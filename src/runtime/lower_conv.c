/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * lower_conv.c: Conv and ConvTranspose as layers: conv2d, depthwise2d, conv_transpose2d. Images of
 * two spatial axes whose weights and bias are known; others are evaluated.
 */
#include "ops/params.h"
#include "runtime/convolve.h"
#include "runtime/lower.h"
#include "runtime/lowering.h"

enum { IMAGE, WEIGHTS, BIAS };

static bool has_bias(const seg_lower *lower)
{
    return lower->src_count > BIAS && lower->node->src[BIAS] != SEG_NO_SLOT;
}

/* What the layers can do; *c and *dst are then set. */
static bool read_node(const seg_lower *lower, bool transposed, seg_convolve *c)
{
    seg_shape dst;
    seg_error why;
    if (!seg_lower_takes(lower, IMAGE) || lower->src[IMAGE].rank != 4 ||
        !seg_lower_knows(lower, WEIGHTS) || (has_bias(lower) && !seg_lower_knows(lower, BIAS)))
        return false;
    if (seg_convolve_of(lower->node, &lower->src[IMAGE], &lower->src[WEIGHTS], transposed, c, &dst,
                        &why) != SEG_OK)
        return false;
    return seg_shape_valid(&dst) && seg_shape_count(&dst) > 0 &&
           (!has_bias(lower) || (lower->src[BIAS].rank == 1 && lower->src[BIAS].dim[0] == c->oc));
}

static void add_layer(seg_lower *lower, const char *op, const void *params, int64_t oc,
                      seg_value weights)
{
    const seg_axes nchw = seg_axes_nchw(4);
    seg_value src[3] = {seg_lower_src_as(lower, IMAGE, &nchw), weights};
    int count = 2;
    if (has_bias(lower))
        src[count++] = seg_lower_vector(lower, BIAS, oc);
    seg_lower_result(lower, 0, seg_lower_layer(lower, op, params, count, src), &nchw);
}

seg_status seg_lower_conv(seg_lower *lower, bool *done)
{
    seg_convolve c;
    *done = read_node(lower, false, &c);
    if (!*done)
        return SEG_OK;
    const seg_window *w = &c.window;
    bool depthwise = c.groups == c.ic && c.groups == c.oc;
    seg_conv2d_params params = {.sh = w->stride[0],
                                .sw = w->stride[1],
                                .ph = w->pad[0],
                                .pw = w->pad[1],
                                .ph_end = w->pad_end[0],
                                .pw_end = w->pad_end[1],
                                .dh = w->dilation[0],
                                .dw = w->dilation[1],
                                .groups = depthwise ? 1 : c.groups};
    add_layer(lower, depthwise ? "depthwise2d" : "conv2d", &params, c.oc,
              seg_lower_kernel(lower, WEIGHTS, false));
    return SEG_OK;
}

/* I,O/g,KH,KW of the file as KH,KW,I/g,O. */
static seg_value grouped_kernel(seg_lower *lower, const seg_convolve *c)
{
    const int64_t icg = c->ic / c->groups, ocg = c->oc / c->groups;
    const int64_t taps = c->window.kernel[0] * c->window.kernel[1];
    const float *from = lower->fixed[WEIGHTS].data;
    float *data;
    seg_shape shape = seg_shape_nhwc(c->window.kernel[0], c->window.kernel[1], icg, c->oc);
    seg_value value = seg_lower_constant(
        lower, lower->program->slots[lower->node->src[WEIGHTS]].name, &shape, &data);
    for (int64_t i = 0; i < c->ic && data != NULL; i++) {
        for (int64_t o = 0; o < ocg; o++) {
            for (int64_t t = 0; t < taps; t++)
                data[(t * icg + i % icg) * c->oc + i / icg * ocg + o] =
                    from[(i * ocg + o) * taps + t];
        }
    }
    return value;
}

/* Negative padding behind is rows that no tap may reach: what the layer adds. */
seg_status seg_lower_conv_transpose(seg_lower *lower, bool *done)
{
    seg_convolve c;
    *done = read_node(lower, true, &c) && c.window.pad[0] >= 0 && c.window.pad[1] >= 0;
    if (!*done)
        return SEG_OK;
    const seg_window *w = &c.window;
    int64_t end[2], extra[2];
    for (int i = 0; i < 2; i++) {
        int64_t full = (c.in[i] - 1) * w->stride[i] + w->dilation[i] * (w->kernel[i] - 1) + 1;
        end[i] = w->pad_end[i] > 0 ? w->pad_end[i] : 0;
        extra[i] = c.out[i] - (full - w->pad[i] - end[i]);
    }
    seg_conv_transpose2d_params params = {.sh = w->stride[0],
                                          .sw = w->stride[1],
                                          .ph = w->pad[0],
                                          .pw = w->pad[1],
                                          .ph_end = end[0],
                                          .pw_end = end[1],
                                          .dh = w->dilation[0],
                                          .dw = w->dilation[1],
                                          .out_pad_h = extra[0],
                                          .out_pad_w = extra[1],
                                          .groups = c.groups};
    add_layer(lower, "conv_transpose2d", &params, c.oc,
              c.groups > 1 ? grouped_kernel(lower, &c) : seg_lower_kernel(lower, WEIGHTS, true));
    return SEG_OK;
}
