/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * fcn.c: fcn32s, fcn16s and fcn8s, Long, Shelhamer, Darrell, "Fully Convolutional Networks for
 * Semantic Segmentation" (2015).
 *
 *   y = score_fr(classifier(deepest))                                at stride 32
 *   16s, 8s: y = upscore2(y) + score_pool4(stride-16 features)       at stride 16
 *   8s:      y = upscore_pool4(y) + score_pool3(stride-8 features)   at stride 8
 *   logits = y upsampled by the stride that is left: upscore32, upscore16 or upscore8
 *
 * score_* are 1x1 with bias and start at zero; up* are transposed convolutions, kernel 2f and
 * stride f, that start as bilinear interpolation. The original pads the image by 100 pixels and
 * cuts its scores at offsets found by experiment; here nothing is padded and every offset is 0, as
 * docs/nets/fcn.md derives. Names do not depend on the stride, so the weights of 32s load into 16s
 * and those into 8s (what is new starts so that decisions hardly change).
 */
#include "nets/layers.h"

static seg_value score(seg_graph *graph, const seg_net_config *config, const char *name,
                       seg_value src)
{
    seg_conv_block block = {
        .channels = config->classes, .plain = true, .role = SEG_WEIGHT_ZERO_KERNEL};
    return seg_layer_conv(graph, name, block, src);
}

/* Deeper scores twice as large, plus the scores of the features `skip`. */
static seg_value fuse(seg_graph *graph, const seg_net_config *config, const char *pool,
                      const char *up, double scale, seg_value deep, seg_value skip)
{
    char path[SEG_PATH_SIZE];
    if (config->scaled_skips)
        skip = seg_layer_scale(graph, seg_path(path, "scale_%s", pool), scale, skip);
    seg_value scores = score(graph, config, seg_path(path, "score_%s", pool), skip);
    deep = seg_layer_deconv_to(graph, up, 2, config->learned_upsampling, deep, scores);
    return seg_layer_add(graph, seg_path(path, "fuse_%s", pool), deep, scores);
}

static seg_value build(seg_graph *graph, const seg_net_config *config, seg_value image,
                       int64_t stride)
{
    char path[SEG_PATH_SIZE];
    const seg_backbone *backbone = seg_backbone_find(config->backbone);
    if (config->output_stride != 32)
        return seg_graph_fail(graph, SEG_INVALID, "%s needs output_stride 32, not %lld",
                              config->net, (long long)config->output_stride);
    seg_features features = backbone->build(graph, config, image);
    seg_value value = backbone->classifier != NULL
                          ? backbone->classifier(graph, config, features.deepest)
                          : seg_layer_dropout(graph, "dropout", config, 0.5, features.deepest);
    value = score(graph, config, "score_fr", value);
    if (stride <= 16)
        value = fuse(graph, config, "pool4", "upscore2", 0.01, value, features.stride16);
    if (stride <= 8)
        value = fuse(graph, config, "pool3", "upscore_pool4", 0.0001, value, features.stride8);
    seg_path(path, "upscore%d", (int)stride);
    return seg_layer_deconv_to(graph, path, stride, config->learned_upsampling, value, image);
}

static seg_value build_32s(seg_graph *graph, const seg_net_config *config, seg_value image)
{
    return build(graph, config, image, 32);
}

static seg_value build_16s(seg_graph *graph, const seg_net_config *config, seg_value image)
{
    return build(graph, config, image, 16);
}

static seg_value build_8s(seg_graph *graph, const seg_net_config *config, seg_value image)
{
    return build(graph, config, image, 8);
}

const seg_net seg_net_fcn32s = {.name = "fcn32s",
                                .help = "scores at stride 32, upsampled at once",
                                .default_backbone = "vgg16",
                                .default_output_stride = 32,
                                .build = build_32s};

const seg_net seg_net_fcn16s = {.name = "fcn16s",
                                .help = "fcn32s with a skip from stride 16",
                                .default_backbone = "vgg16",
                                .default_output_stride = 32,
                                .build = build_16s};

const seg_net seg_net_fcn8s = {.name = "fcn8s",
                               .help = "fcn16s with a skip from stride 8",
                               .default_backbone = "vgg16",
                               .default_output_stride = 32,
                               .build = build_8s};
