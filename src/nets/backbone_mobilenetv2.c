/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * backbone_mobilenetv2.c: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks"
 * (2018), without its last 1x1 convolution to 1280 channels.
 *
 *   stem 3x3 stride 2 -> 17 blocks, each
 *     expand 1x1 to t times the channels, BN, ReLU6
 *     depthwise 3x3, BN, ReLU6
 *     project 1x1, BN; plus the block's input where shapes allow
 *
 * The first block (t = 1) has its expand convolution too, as the weights in circulation for
 * MXNet and ONNX do. Low-level features (stride 4) are block 2's 24 channels.
 */
#include "nets/layers.h"

typedef struct stage {
    int64_t expansion, channels, count, stride;
} stage;

/* Table 2 of the paper. */
static const stage stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                               {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};

static seg_value block(seg_graph *graph, int index, int64_t expansion, int64_t channels,
                       seg_step step, seg_value src)
{
    char path[SEG_PATH_SIZE];
    int64_t ic = seg_graph_shape(graph, src).c;
    seg_conv_block expand = {.channels = ic * expansion, .activation = SEG_ACT_RELU6};
    seg_conv_block depthwise = {.kernel = 3,
                                .stride = step.stride,
                                .dilation = step.dilation,
                                .depthwise = true,
                                .activation = SEG_ACT_RELU6};
    seg_conv_block project = {.channels = channels};
    seg_value v =
        seg_layer_conv(graph, seg_path(path, "backbone.blocks.%d.expand", index), expand, src);
    v = seg_layer_conv(graph, seg_path(path, "backbone.blocks.%d.depthwise", index), depthwise, v);
    v = seg_layer_conv(graph, seg_path(path, "backbone.blocks.%d.project", index), project, v);
    return v;
}

static seg_features build(seg_graph *graph, const seg_net_config *config, seg_value image)
{
    char path[SEG_PATH_SIZE];
    seg_strider strider = seg_strider_start(config);
    seg_conv_block stem = {.channels = seg_scaled_channels(config, 32),
                           .kernel = 3,
                           .stride = seg_strider_step(&strider, 2).stride,
                           .activation = SEG_ACT_RELU6};
    seg_value value = seg_layer_conv(graph, "backbone.stem", stem, image);
    int index = 0;
    for (size_t s = 0; s < sizeof stages / sizeof *stages; s++) {
        int64_t channels = seg_scaled_channels(config, stages[s].channels);
        for (int64_t i = 0; i < stages[s].count; i++, index++) {
            /* The shortcut goes by what the paper's stride is, not by what dilation made of it. */
            int64_t stride = i == 0 ? stages[s].stride : 1;
            bool shortcut = stride == 1 && seg_graph_shape(graph, value).c == channels;
            seg_step step = seg_strider_step(&strider, stride);
            seg_value out = block(graph, index, stages[s].expansion, channels, step, value);
            if (shortcut)
                out = seg_layer_add(graph, seg_path(path, "backbone.blocks.%d.add", index), out,
                                    value);
            value = out;
            seg_strider_record(&strider, value);
        }
    }
    return strider.features;
}

const seg_backbone seg_backbone_mobilenetv2 = {
    .name = "mobilenetv2",
    .help = "MobileNetV2: small and fast, depthwise convolutions (1.8 M weights)",
    .build = build};
