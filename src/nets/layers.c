/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* layers.c: the blocks that backbones and heads are written in. */
#include "nets/layers.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

const char *seg_path(char path[SEG_PATH_SIZE], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(path, SEG_PATH_SIZE, format, args);
    va_end(args);
    return path;
}

static seg_value vector(seg_graph *graph, const char *layer, const char *suffix,
                        seg_weight_role role, int64_t length)
{
    char path[SEG_PATH_SIZE];
    seg_shape shape = seg_shape_vector(length);
    return seg_graph_weight(graph, seg_path(path, "%s.%s", layer, suffix), role, &shape);
}

static seg_value convolution(seg_graph *graph, const char *layer, const seg_conv_block *block,
                             seg_value src)
{
    char path[SEG_PATH_SIZE];
    int64_t pad = block->kernel / 2 * block->dilation;
    int64_t ic = block->depthwise ? 1 : seg_graph_shape(graph, src).c;
    seg_conv2d_params params = {.sh = block->stride,
                                .sw = block->stride,
                                .ph = pad,
                                .pw = pad,
                                .ph_end = pad,
                                .pw_end = pad,
                                .dh = block->dilation,
                                .dw = block->dilation,
                                .groups = 1};
    seg_shape kernel = seg_shape_nhwc(block->kernel, block->kernel, ic, block->channels);
    seg_path(path, "%s.conv.weight", layer);
    seg_value all[3] = {src, seg_graph_weight(graph, path, block->role, &kernel)};
    if (block->plain)
        all[2] = vector(graph, layer, "conv.bias", SEG_WEIGHT_BIAS, block->channels);
    return seg_graph_op(graph, block->depthwise ? &seg_op_depthwise2d : &seg_op_conv2d, &params,
                        seg_path(path, "%s.conv", layer), block->plain ? 3 : 2, all);
}

static seg_value batchnorm(seg_graph *graph, const char *layer, const seg_conv_block *block,
                           seg_value src)
{
    char path[SEG_PATH_SIZE];
    int64_t channels = block->channels;
    seg_batchnorm_params params = {
        .epsilon = block->epsilon, .momentum = 0.1, .frozen = block->frozen || graph->frozen_norms};
    seg_value all[5] = {
        src,
        vector(graph, layer, "bn.weight", SEG_WEIGHT_NORM_SCALE, channels),
        vector(graph, layer, "bn.bias", SEG_WEIGHT_NORM_SHIFT, channels),
        vector(graph, layer, "bn.running_mean", SEG_WEIGHT_RUNNING_MEAN, channels),
        vector(graph, layer, "bn.running_var", SEG_WEIGHT_RUNNING_VAR, channels),
    };
    return seg_graph_op(graph, &seg_op_batchnorm, &params, seg_path(path, "%s.bn", layer), 5, all);
}

seg_value seg_layer_conv(seg_graph *graph, const char *name, seg_conv_block block, seg_value src)
{
    block.kernel = block.kernel == 0 ? 1 : block.kernel;
    block.stride = block.stride == 0 ? 1 : block.stride;
    block.dilation = block.dilation == 0 ? 1 : block.dilation;
    block.epsilon = block.epsilon > 0 ? block.epsilon : 1e-5;
    if (block.depthwise)
        block.channels = seg_graph_shape(graph, src).c;
    seg_value value = convolution(graph, name, &block, src);
    if (!block.plain)
        value = batchnorm(graph, name, &block, value);
    return seg_layer_activation(graph, name, block.activation, value);
}

seg_value seg_layer_separable(seg_graph *graph, const char *name, seg_conv_block block,
                              seg_value src)
{
    char path[SEG_PATH_SIZE];
    seg_conv_block depthwise = block, pointwise = block;
    depthwise.depthwise = true;
    pointwise.kernel = pointwise.stride = pointwise.dilation = 1;
    seg_value spread = seg_layer_conv(graph, seg_path(path, "%s.depthwise", name), depthwise, src);
    return seg_layer_conv(graph, seg_path(path, "%s.pointwise", name), pointwise, spread);
}

seg_value seg_layer_activation(seg_graph *graph, const char *name, seg_activation activation,
                               seg_value src)
{
    char path[SEG_PATH_SIZE];
    const seg_op *op = activation == SEG_ACT_RELU6 ? &seg_op_relu6 : &seg_op_relu;
    if (activation == SEG_ACT_NONE)
        return src;
    return seg_graph_op(graph, op, NULL, seg_path(path, "%s.%s", name, op->name), 1, &src);
}

seg_value seg_layer_add(seg_graph *graph, const char *name, seg_value a, seg_value b)
{
    seg_add_params params = {.activation = SEG_ACT_NONE};
    return seg_graph_op(graph, &seg_op_add, &params, name, 2, (seg_value[]){a, b});
}

seg_value seg_layer_concat(seg_graph *graph, const char *name, int count, const seg_value *src)
{
    return seg_graph_op(graph, &seg_op_concat, NULL, name, count, src);
}

seg_value seg_layer_scale(seg_graph *graph, const char *name, double factor, seg_value src)
{
    seg_scale_params params = {factor};
    return seg_graph_op(graph, &seg_op_scale, &params, name, 1, &src);
}

seg_value seg_layer_dropout(seg_graph *graph, const char *name, const seg_net_config *config,
                            double paper, seg_value src)
{
    seg_dropout_params params = {config->dropout < 0 ? paper : config->dropout};
    return params.rate > 0 ? seg_graph_op(graph, &seg_op_dropout, &params, name, 1, &src) : src;
}

seg_value seg_layer_max_pool(seg_graph *graph, const char *name, int64_t kernel, int64_t stride,
                             int64_t pad, bool ceil, seg_value src)
{
    seg_pool2d_params params = {.kh = kernel,
                                .kw = kernel,
                                .sh = stride,
                                .sw = stride,
                                .ph = pad,
                                .pw = pad,
                                .ceil_mode = ceil};
    return seg_graph_op(graph, &seg_op_maxpool2d, &params, name, 1, &src);
}

seg_value seg_layer_global_pool(seg_graph *graph, const char *name, seg_value src)
{
    return seg_graph_op(graph, &seg_op_global_avgpool, NULL, name, 1, &src);
}

seg_value seg_layer_upsample_to(seg_graph *graph, const char *name, seg_value src, seg_value like)
{
    seg_shape from = seg_graph_shape(graph, src), to = seg_graph_shape(graph, like);
    seg_resize_params params = {.h = to.h, .w = to.w};
    if (from.h == to.h && from.w == to.w)
        return src;
    return seg_graph_op(graph, &seg_op_resize_bilinear, &params, name, 1, &src);
}

/* The power of two f with from = ceil(to / f); of one cell any f is right. */
static double power_between(int64_t from, int64_t to)
{
    int64_t f = 1;
    while (f * from < to)
        f *= 2;
    return (double)f;
}

seg_value seg_layer_upsample_aligned(seg_graph *graph, const char *name, seg_value src,
                                     seg_value like)
{
    seg_shape from = seg_graph_shape(graph, src), to = seg_graph_shape(graph, like);
    seg_resize_params params = {.h = to.h,
                                .w = to.w,
                                .coordinates = SEG_COORDINATES_ASYMMETRIC,
                                .scale_h = power_between(from.h, to.h),
                                .scale_w = power_between(from.w, to.w)};
    if (from.h == to.h && from.w == to.w)
        return src;
    return seg_graph_op(graph, &seg_op_resize_bilinear, &params, name, 1, &src);
}

/*
 * Kernel 2f, stride f, padding f/2: output o of input i lies at o = i*f + k - f/2 for k = 0..2f-1,
 * centred on i*f + (f-1)/2, which is the middle of the f pixels that cell i stands for; the whole
 * is f*IH pixels high. Cells beyond the image are cut off below and on the right.
 */
seg_value seg_layer_deconv_to(seg_graph *graph, const char *name, int64_t factor, bool learned,
                              seg_value src, seg_value like)
{
    char path[SEG_PATH_SIZE];
    seg_shape from = seg_graph_shape(graph, src), to = seg_graph_shape(graph, like);
    seg_shape kernel = seg_shape_nhwc(2 * factor, 2 * factor, from.c, from.c);
    seg_conv_transpose2d_params params = {.sh = factor,
                                          .sw = factor,
                                          .ph = factor / 2,
                                          .pw = factor / 2,
                                          .ph_end = factor / 2,
                                          .pw_end = factor / 2,
                                          .dh = 1,
                                          .dw = 1};
    seg_value weights =
        seg_graph_weight(graph, seg_path(path, "%s.conv.weight", name),
                         learned ? SEG_WEIGHT_BILINEAR : SEG_WEIGHT_FIXED_BILINEAR, &kernel);
    seg_value value = seg_graph_op(graph, &seg_op_conv_transpose2d, &params,
                                   seg_path(path, "%s.conv", name), 2, (seg_value[]){src, weights});
    if (from.h * factor == to.h && from.w * factor == to.w)
        return value;
    seg_crop_params crop = {.h = to.h, .w = to.w};
    return seg_graph_op(graph, &seg_op_crop, &crop, seg_path(path, "%s.crop", name), 1, &value);
}

int64_t seg_scaled_channels(const seg_net_config *config, int64_t channels)
{
    double exact = (double)channels * config->width;
    const int64_t divisor = config->divisor;
    int64_t rounded = (int64_t)floor(exact + 0.5 * (double)divisor) / divisor * divisor;
    if (rounded < 8)
        return 8;
    return (double)rounded < 0.9 * exact ? rounded + divisor : rounded;
}

seg_strider seg_strider_start(const seg_net_config *config)
{
    return (seg_strider){.limit = config->output_stride,
                         .stride = 1,
                         .dilation = 1,
                         .features = {SEG_NO_VALUE, SEG_NO_VALUE, SEG_NO_VALUE, SEG_NO_VALUE}};
}

seg_step seg_strider_step(seg_strider *strider, int64_t wanted)
{
    seg_step step = {.stride = wanted, .dilation = strider->dilation};
    if (strider->stride < strider->limit) {
        strider->stride *= wanted;
    } else {
        step.stride = 1;
        strider->dilation *= wanted;
    }
    return step;
}

void seg_strider_record(seg_strider *strider, seg_value value)
{
    seg_features *features = &strider->features;
    if (strider->stride == 4)
        features->stride4 = value;
    else if (strider->stride == 8)
        features->stride8 = value;
    else if (strider->stride == 16)
        features->stride16 = value;
    features->deepest = value;
}
