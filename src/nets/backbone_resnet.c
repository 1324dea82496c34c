/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * backbone_resnet.c: resnet50 and resnet101, He et al., "Deep Residual Learning for Image
 * Recognition" (2016), with the stride on the 3x3 convolution as torchvision has it ("v1.5").
 *
 *   stem 7x7 stride 2, max pool 3x3 stride 2 -> four stages of bottlenecks, each
 *     reduce 1x1, BN, ReLU; spatial 3x3, BN, ReLU; expand 1x1 to 4 times the channels, BN;
 *     plus the input (through a 1x1 `shortcut` where a stage begins); ReLU
 *
 * The pool pads by 1 and rounds down, which gives ceil(h/2) rows as everywhere. Low-level features
 * (stride 4) are the first stage's 256 channels.
 */
#include "nets/layers.h"

static seg_value bottleneck(seg_graph *graph, const char *name, int64_t channels, bool project,
                            seg_step step, seg_value src)
{
    char path[SEG_PATH_SIZE];
    seg_conv_block reduce = {.channels = channels, .activation = SEG_ACT_RELU};
    seg_conv_block spatial = {.channels = channels,
                              .kernel = 3,
                              .stride = step.stride,
                              .dilation = step.dilation,
                              .activation = SEG_ACT_RELU};
    seg_conv_block expand = {.channels = 4 * channels};
    seg_conv_block shortcut = {.channels = 4 * channels, .stride = step.stride};
    seg_value value = seg_layer_conv(graph, seg_path(path, "%s.reduce", name), reduce, src);
    value = seg_layer_conv(graph, seg_path(path, "%s.spatial", name), spatial, value);
    value = seg_layer_conv(graph, seg_path(path, "%s.expand", name), expand, value);
    if (project)
        src = seg_layer_conv(graph, seg_path(path, "%s.shortcut", name), shortcut, src);
    value = seg_layer_add(graph, seg_path(path, "%s.add", name), value, src);
    return seg_layer_activation(graph, name, SEG_ACT_RELU, value);
}

static seg_features build(seg_graph *graph, const seg_net_config *config, seg_value image,
                          const int counts[4])
{
    char path[SEG_PATH_SIZE];
    seg_strider strider = seg_strider_start(config);
    seg_conv_block stem = {.channels = seg_scaled_channels(config, 64),
                           .kernel = 7,
                           .stride = seg_strider_step(&strider, 2).stride,
                           .activation = SEG_ACT_RELU};
    seg_value value = seg_layer_conv(graph, "backbone.stem", stem, image);
    value = seg_layer_max_pool(graph, "backbone.pool", 3, seg_strider_step(&strider, 2).stride, 1,
                               false, value);
    for (int stage = 0; stage < 4; stage++) {
        int64_t channels = seg_scaled_channels(config, INT64_C(64) << stage);
        for (int i = 0; i < counts[stage]; i++) {
            seg_step step = seg_strider_step(&strider, i == 0 && stage > 0 ? 2 : 1);
            seg_path(path, "backbone.layer%d.%d", stage + 1, i);
            value = bottleneck(graph, path, channels, i == 0, step, value);
        }
        seg_strider_record(&strider, value);
    }
    return strider.features;
}

static seg_features build_50(seg_graph *graph, const seg_net_config *config, seg_value image)
{
    return build(graph, config, image, (const int[]){3, 4, 6, 3});
}

static seg_features build_101(seg_graph *graph, const seg_net_config *config, seg_value image)
{
    return build(graph, config, image, (const int[]){3, 4, 23, 3});
}

const seg_backbone seg_backbone_resnet50 = {
    .name = "resnet50", .help = "ResNet-50 (23.5 M weights)", .build = build_50};

const seg_backbone seg_backbone_resnet101 = {
    .name = "resnet101", .help = "ResNet-101 (42.5 M weights)", .build = build_101};
