/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * deeplab.c: deeplabv3plus (Chen et al., "Encoder-Decoder with Atrous Separable Convolution for
 * Semantic Image Segmentation", 2018) and deeplabv3 (the same without the decoder; Chen et al.,
 * "Rethinking Atrous Convolution for Semantic Image Segmentation", 2017).
 *
 *   ASPP     1x1; three 3x3 at rates {6,12,18}*16/output_stride (not with atrous 0); image pooling;
 *            concat; 1x1
 *   decoder  stride-4 features -> 1x1 to low_channels; ASPP upsampled to them; concat; two 3x3
 *   both     1x1 classifier with bias, bilinear upsampling to the image's size
 *
 * Trap: image pooling gives one value per image and channel. With one image a batch norm has no
 * variance to divide by and would return its shift whatever the image holds, so for n == 1 (and
 * only there) that norm uses its running statistics in training too. The weights are the same.
 */
#include "nets/layers.h"

/* A 3x3 of ASPP or decoder, dense or separable as the configuration says. */
static seg_value conv3x3(seg_graph *graph, const seg_net_config *config, const char *name,
                         int64_t rate, seg_value src)
{
    seg_conv_block block = {.channels = config->aspp_channels,
                            .kernel = 3,
                            .dilation = rate,
                            .activation = SEG_ACT_RELU};
    return config->separable ? seg_layer_separable(graph, name, block, src)
                             : seg_layer_conv(graph, name, block, src);
}

static seg_value image_pooling(seg_graph *graph, const seg_net_config *config, seg_value src)
{
    seg_conv_block block = {.channels = config->aspp_channels,
                            .frozen = seg_graph_shape(graph, src).n == 1,
                            .activation = SEG_ACT_RELU};
    seg_value mean = seg_layer_global_pool(graph, "aspp.pool.mean", src);
    seg_value value = seg_layer_conv(graph, "aspp.pool", block, mean);
    return seg_layer_upsample_to(graph, "aspp.pool.upsample", value, src);
}

static seg_value upsample(seg_graph *graph, const seg_net_config *config, const char *name,
                          seg_value src, seg_value like)
{
    return config->aligned ? seg_layer_upsample_aligned(graph, name, src, like)
                           : seg_layer_upsample_to(graph, name, src, like);
}

/* Atrous spatial pyramid pooling: deepest features -> aspp_channels at the same stride. */
static seg_value aspp(seg_graph *graph, const seg_net_config *config, seg_value src)
{
    static const int64_t rates_at_16[] = {6, 12, 18};
    char path[SEG_PATH_SIZE];
    seg_conv_block one = {.channels = config->aspp_channels, .activation = SEG_ACT_RELU};
    seg_value branches[5] = {seg_layer_conv(graph, "aspp.branch0", one, src)};
    int count = 1;
    for (int i = 0; i < 3 && config->atrous; i++) {
        int64_t rate = rates_at_16[i] * 16 / config->output_stride;
        seg_path(path, "aspp.branch%d", i + 1);
        branches[count++] = conv3x3(graph, config, path, rate, src);
    }
    branches[count++] = image_pooling(graph, config, src);
    seg_value all = seg_layer_concat(graph, "aspp.concat", count, branches);
    seg_value value = seg_layer_conv(graph, "aspp.project", one, all);
    return seg_layer_dropout(graph, "aspp.dropout", config, 0.1, value);
}

static seg_value decoder(seg_graph *graph, const seg_net_config *config, seg_value deep,
                         seg_value low)
{
    seg_conv_block reduce = {.channels = config->low_channels, .activation = SEG_ACT_RELU};
    seg_value value = upsample(graph, config, "decoder.upsample", deep, low);
    seg_value both[2] = {value, seg_layer_conv(graph, "decoder.low", reduce, low)};
    value = seg_layer_concat(graph, "decoder.concat", 2, both);
    value = conv3x3(graph, config, "decoder.conv0", 1, value);
    return conv3x3(graph, config, "decoder.conv1", 1, value);
}

static seg_value classify(seg_graph *graph, const seg_net_config *config, seg_value src,
                          seg_value image)
{
    seg_conv_block classifier = {.channels = config->classes, .plain = true};
    seg_value scores = seg_layer_conv(graph, "classifier", classifier, src);
    return upsample(graph, config, "upsample", scores, image);
}

static seg_value build_v3plus(seg_graph *graph, const seg_net_config *config, seg_value image)
{
    seg_features features = seg_backbone_find(config->backbone)->build(graph, config, image);
    seg_value value = aspp(graph, config, features.deepest);
    value = decoder(graph, config, value, features.stride4);
    return classify(graph, config, value, image);
}

static seg_value build_v3(seg_graph *graph, const seg_net_config *config, seg_value image)
{
    seg_features features = seg_backbone_find(config->backbone)->build(graph, config, image);
    return classify(graph, config, aspp(graph, config, features.deepest), image);
}

const seg_net seg_net_deeplabv3 = {.name = "deeplabv3",
                                   .help = "atrous spatial pyramid pooling, no decoder",
                                   .default_backbone = "mobilenetv2",
                                   .default_output_stride = 16,
                                   .build = build_v3};

const seg_net seg_net_deeplabv3plus = {.name = "deeplabv3plus",
                                       .help = "atrous spatial pyramid pooling and a decoder",
                                       .default_backbone = "mobilenetv2",
                                       .default_output_stride = 16,
                                       .build = build_v3plus};
