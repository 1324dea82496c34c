/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* reach.c: windows of the layers that have any. */
#include "graph/reach.h"

#include "ops/resize.h"

static bool is_pointwise(const seg_graph_node *node)
{
    static const seg_op *const ops[] = {&seg_op_add,     &seg_op_argmax, &seg_op_batchnorm,
                                        &seg_op_binary,  &seg_op_concat, &seg_op_dropout,
                                        &seg_op_relu,    &seg_op_relu6,  &seg_op_scale,
                                        &seg_op_softmax, &seg_op_unary};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        if (node->op == ops[i])
            return true;
    }
    return false;
}

bool seg_reach_is_local(const seg_graph *graph, const seg_graph_node *node, int k)
{
    static const seg_op *const windows[] = {&seg_op_conv2d,           &seg_op_depthwise2d,
                                            &seg_op_conv_transpose2d, &seg_op_maxpool2d,
                                            &seg_op_avgpool2d,        &seg_op_crop};
    const seg_graph_value *source = &graph->values[node->src[k]];
    if (source->shape.rank != 4)
        return false;
    if (is_pointwise(node))
        return true;
    if (node->op == &seg_op_resize_bilinear)
        return k == 0 && ((const seg_resize_params *)node->params)->align_corners == 0;
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        if (node->op == windows[i])
            return k == 0;
    }
    return false;
}

static seg_span of_window(seg_span of, int64_t kernel, int64_t stride, int64_t pad,
                          int64_t dilation)
{
    dilation = dilation > 0 ? dilation : 1;
    return (seg_span){of.first * stride - pad,
                      (of.end - 1) * stride - pad + dilation * (kernel - 1) + 1};
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a >= 0 ? a / b : -((b - 1 - a) / b);
}

/* Result o meets source i at tap k where i * stride + k * dilation - pad = o. */
static seg_span of_transposed(seg_span of, int64_t kernel, int64_t stride, int64_t pad,
                              int64_t dilation)
{
    const int64_t low = of.first + pad - dilation * (kernel - 1);
    return (seg_span){-floor_div(-low, stride), floor_div(of.end - 1 + pad, stride) + 1};
}

static seg_span of_resize(const seg_resize_params *params, int axis, int64_t in, seg_span of)
{
    const seg_axis a = seg_axis_of_resize(params, SEG_COORDINATES_HALF_PIXEL, axis, in);
    seg_span span;
    double share;
    seg_pixel_position(&a, of.first, &span.first, &share);
    seg_pixel_position(&a, of.end - 1, &span.end, &share);
    span.end += share > 0 ? 2 : 1;
    return span;
}

seg_span seg_reach(const seg_graph *graph, const seg_graph_node *node, int k, int axis, seg_span of)
{
    const seg_shape *src = &graph->values[node->src[k]].shape;
    const seg_shape *dst = &graph->values[node->dst].shape;
    const int64_t in = src->dim[1 + axis], out = dst->dim[1 + axis];
    if (in == 1 && (out > 1 || (node->op == &seg_op_resize_bilinear))) /* repeated all over */
        return (seg_span){0, 1};
    if ((node->op == &seg_op_conv2d) || (node->op == &seg_op_depthwise2d)) {
        const seg_conv2d_params *p = node->params;
        const seg_shape *kernel = &graph->values[node->src[1]].shape;
        return axis == 0 ? of_window(of, kernel->kh, p->sh, p->ph, p->dh)
                         : of_window(of, kernel->kw, p->sw, p->pw, p->dw);
    }
    if (node->op == &seg_op_conv_transpose2d) {
        const seg_conv_transpose2d_params *p = node->params;
        const seg_shape *kernel = &graph->values[node->src[1]].shape;
        return axis == 0 ? of_transposed(of, kernel->kh, p->sh, p->ph, p->dh)
                         : of_transposed(of, kernel->kw, p->sw, p->pw, p->dw);
    }
    if ((node->op == &seg_op_maxpool2d) || (node->op == &seg_op_avgpool2d)) {
        const seg_pool2d_params *p = node->params;
        return axis == 0 ? of_window(of, p->kh, p->sh, p->ph, p->dh)
                         : of_window(of, p->kw, p->sw, p->pw, p->dw);
    }
    if (node->op == &seg_op_resize_bilinear)
        return of_resize(node->params, axis, in, of);
    if (node->op == &seg_op_crop) {
        const seg_crop_params *p = node->params;
        const int64_t first = axis == 0 ? p->top : p->left;
        return (seg_span){of.first + first, of.end + first};
    }
    return of;
}
