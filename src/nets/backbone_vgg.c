/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * backbone_vgg.c: VGG16, Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale
 * Image Recognition" (2015), as FCN uses it.
 *
 *   13 convolutions 3x3 (+ bias, or batch norm with config.norm) + ReLU, in five groups;
 *   behind each group a 2x2 max pool, rounding up: ceil(h/2) rows of h.
 *   classifier: fc6 as a 7x7 convolution, fc7 as a 1x1, fc_channels each, dropout 0.5 behind both
 *
 * Features are what the pools give (FCN's skips are defined on them): pool2 128 channels at stride
 * 4, pool3 256 at 8, pool4 512 at 16, pool5 512 at 32. A pool beyond the output stride is left out
 * and the convolutions behind it dilate.
 */
#include "nets/layers.h"

static const struct {
    int64_t channels;
    int count;
} groups[] = {{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}};

static seg_features build(seg_graph *graph, const seg_net_config *config, seg_value image)
{
    char path[SEG_PATH_SIZE];
    seg_strider strider = seg_strider_start(config);
    seg_value value = image;
    for (int g = 0; g < 5; g++) {
        seg_conv_block block = {.channels = seg_scaled_channels(config, groups[g].channels),
                                .kernel = 3,
                                .dilation = strider.dilation,
                                .plain = !config->norm,
                                .activation = SEG_ACT_RELU};
        for (int i = 0; i < groups[g].count; i++)
            value = seg_layer_conv(graph, seg_path(path, "backbone.conv%d_%d", g + 1, i + 1), block,
                                   value);
        if (seg_strider_step(&strider, 2).stride == 2)
            value = seg_layer_max_pool(graph, seg_path(path, "backbone.pool%d", g + 1), 2, 2, 0,
                                       true, value);
        seg_strider_record(&strider, value);
    }
    return strider.features;
}

static seg_value classifier(seg_graph *graph, const seg_net_config *config, seg_value deepest)
{
    seg_conv_block block = {.channels = config->fc_channels,
                            .kernel = 7,
                            .plain = !config->norm,
                            .activation = SEG_ACT_RELU};
    seg_value value = seg_layer_conv(graph, "backbone.fc6", block, deepest);
    value = seg_layer_dropout(graph, "backbone.drop6", config, 0.5, value);
    block.kernel = 1;
    value = seg_layer_conv(graph, "backbone.fc7", block, value);
    return seg_layer_dropout(graph, "backbone.drop7", config, 0.5, value);
}

const seg_backbone seg_backbone_vgg16 = {
    .name = "vgg16",
    .help = "VGG16: plain 3x3 convolutions (14.7 M weights, and FCN's fc6 and fc7)",
    .build = build,
    .classifier = classifier};
