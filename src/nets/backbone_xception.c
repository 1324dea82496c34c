/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * backbone_xception.c: xception65, Chollet's "Xception" (2017) as modified for DeepLab-v3+ (Chen et
 * al., 2018, figure 4): a deeper middle flow, strided depthwise convolutions in the place of pools,
 * batch norm (epsilon 1e-3) behind each depthwise convolution.
 *
 *   stem    3x3/2 to 32, 3x3 to 64
 *   entry   3 modules of stride 2: 128, 256, 728 channels; 1x1 shortcut
 *   middle  16 modules of 728; the input is the shortcut
 *   exit    1 module of stride 2: 728, 1024, 1024 with 1x1 shortcut; then 1536, 1536, 2048 without
 *
 * A module is three separable 3x3 convolutions, the last with the stride. As in the authors' code,
 * a ReLU stands before each of them and none within, except in the last module, where ReLU follows
 * depthwise and pointwise convolution. Low-level features (stride 4) are the second convolution of
 * entry module 2, the last at that stride.
 */
#include "nets/layers.h"

typedef enum shortcut { SHORTCUT_NONE, SHORTCUT_INPUT, SHORTCUT_CONV } shortcut;

typedef struct xception_module {
    int64_t channels[3];
    int64_t stride;
    shortcut shortcut;
} xception_module;

static const xception_module entry[] = {{{128, 128, 128}, 2, SHORTCUT_CONV},
                                        {{256, 256, 256}, 2, SHORTCUT_CONV},
                                        {{728, 728, 728}, 2, SHORTCUT_CONV}};
static const xception_module middle = {{728, 728, 728}, 1, SHORTCUT_INPUT};
static const xception_module leave[] = {{{728, 1024, 1024}, 2, SHORTCUT_CONV},
                                        {{1536, 1536, 2048}, 1, SHORTCUT_NONE}};

static const double epsilon = 1e-3;

/* Separable convolution `index` of module `name`, with the ReLU before it where it has one. */
static seg_value separable(seg_graph *graph, const char *name, int index, int64_t channels,
                           bool relu_before, seg_step step, seg_value src)
{
    char path[SEG_PATH_SIZE];
    seg_conv_block block = {.channels = channels,
                            .kernel = 3,
                            .stride = step.stride,
                            .dilation = step.dilation,
                            .epsilon = epsilon,
                            .activation = relu_before ? SEG_ACT_NONE : SEG_ACT_RELU};
    seg_path(path, "%s.conv%d", name, index);
    if (relu_before)
        src = seg_layer_activation(graph, path, SEG_ACT_RELU, src);
    return seg_layer_separable(graph, path, block, src);
}

/* Records the features before its stride and behind it. */
static seg_value build_module(seg_graph *graph, const seg_net_config *config, seg_strider *strider,
                              const char *name, const xception_module *module, seg_value src)
{
    char path[SEG_PATH_SIZE];
    int64_t channels[3];
    bool relu_before = module->shortcut != SHORTCUT_NONE;
    seg_value value = src;
    for (int i = 0; i < 3; i++)
        channels[i] = seg_scaled_channels(config, module->channels[i]);
    for (int i = 0; i < 2; i++)
        value = separable(graph, name, i, channels[i], relu_before,
                          (seg_step){1, strider->dilation}, value);
    if (module->stride > 1)
        seg_strider_record(strider, value);
    seg_step step = seg_strider_step(strider, module->stride);
    value = separable(graph, name, 2, channels[2], relu_before, step, value);
    if (module->shortcut == SHORTCUT_CONV) {
        seg_conv_block project = {
            .channels = channels[2], .stride = step.stride, .epsilon = epsilon};
        src = seg_layer_conv(graph, seg_path(path, "%s.shortcut", name), project, src);
    }
    if (module->shortcut != SHORTCUT_NONE)
        value = seg_layer_add(graph, seg_path(path, "%s.add", name), value, src);
    seg_strider_record(strider, value);
    return value;
}

static seg_features build(seg_graph *graph, const seg_net_config *config, seg_value image)
{
    char path[SEG_PATH_SIZE];
    seg_strider strider = seg_strider_start(config);
    seg_conv_block stem = {.channels = seg_scaled_channels(config, 32),
                           .kernel = 3,
                           .stride = seg_strider_step(&strider, 2).stride,
                           .epsilon = epsilon,
                           .activation = SEG_ACT_RELU};
    seg_value value = seg_layer_conv(graph, "backbone.stem.conv0", stem, image);
    stem.channels = seg_scaled_channels(config, 64);
    stem.stride = 1;
    value = seg_layer_conv(graph, "backbone.stem.conv1", stem, value);
    for (int i = 0; i < 3; i++)
        value = build_module(graph, config, &strider, seg_path(path, "backbone.entry.%d", i),
                             &entry[i], value);
    for (int i = 0; i < 16; i++)
        value = build_module(graph, config, &strider, seg_path(path, "backbone.middle.%d", i),
                             &middle, value);
    for (int i = 0; i < 2; i++)
        value = build_module(graph, config, &strider, seg_path(path, "backbone.exit.%d", i),
                             &leave[i], value);
    return strider.features;
}

const seg_backbone seg_backbone_xception65 = {
    .name = "xception65", .help = "Xception-65 of DeepLab-v3+ (37.9 M weights)", .build = build};
