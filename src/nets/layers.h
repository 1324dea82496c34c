/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * layers.h: the blocks that backbones and heads are written in.
 *
 * Every block takes the graph first, then its name (a path such as "backbone.blocks.3.expand"), and
 * returns its value. Errors stay in the graph (graph.h), so calls are strung together unchecked.
 */
#ifndef NETS_LAYERS_H
#define NETS_LAYERS_H

#include "nets/net.h"

/* Paths are made of constants and small numbers: this holds any of them. */
enum { SEG_PATH_SIZE = 96 };

/* printf into a path; returns path. */
const char *seg_path(char path[SEG_PATH_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Convolution -> batch norm (or a bias) -> activation. Zero is the default of every field.
 * Weights: <name>.conv.weight, and <name>.bn.{weight,bias,running_mean,running_var} or, when plain,
 * <name>.conv.bias. A k x k kernel is padded by k/2*dilation, so only the stride shrinks the image.
 */
typedef struct seg_conv_block {
    int64_t channels; /* of the output */
    int64_t kernel;   /* side in pixels; default 1 */
    int64_t stride;   /* default 1 */
    int64_t dilation; /* default 1: dense */
    bool depthwise;   /* one filter per channel; channels is ignored */
    bool plain;       /* a bias instead of batch norm */
    bool frozen;      /* the batch norm keeps its running statistics in training too */
    double epsilon;   /* of the batch norm; default 1e-5 */
    seg_activation activation;
    seg_weight_role role; /* of the kernel: SEG_WEIGHT_KERNEL or SEG_WEIGHT_ZERO_KERNEL */
} seg_conv_block;

seg_value seg_layer_conv(seg_graph *graph, const char *name, seg_conv_block block, seg_value src);

/* <name>.depthwise (kernel, stride, dilation) then <name>.pointwise (1x1 to block.channels), each
 * with its own batch norm and block.activation. */
seg_value seg_layer_separable(seg_graph *graph, const char *name, seg_conv_block block,
                              seg_value src);

seg_value seg_layer_activation(seg_graph *graph, const char *name, seg_activation activation,
                               seg_value src);
seg_value seg_layer_add(seg_graph *graph, const char *name, seg_value a, seg_value b);
seg_value seg_layer_concat(seg_graph *graph, const char *name, int count, const seg_value *src);
seg_value seg_layer_scale(seg_graph *graph, const char *name, double factor, seg_value src);
/* Rate config->dropout, or `paper` where that is -1. */
seg_value seg_layer_dropout(seg_graph *graph, const char *name, const seg_net_config *config,
                            double paper, seg_value src);
/* kernel x kernel window, `pad` on each side; ceil: keep a last partial window. */
seg_value seg_layer_max_pool(seg_graph *graph, const char *name, int64_t kernel, int64_t stride,
                             int64_t pad, bool ceil, seg_value src);
seg_value seg_layer_global_pool(seg_graph *graph, const char *name, seg_value src);

/* Bilinear (half-pixel centres) to the height and width of `like`. */
seg_value seg_layer_upsample_to(seg_graph *graph, const char *name, seg_value src, seg_value like);
/*
 * The same by a power of two f, like being f times as fine, with cell i on pixel f*i: there its
 * receptive field is centred, since convolutions of odd kernels with symmetric padding and stride 2
 * put output i on input 2i. Half-pixel centres put it (f-1)/2 further right and down.
 */
seg_value seg_layer_upsample_aligned(seg_graph *graph, const char *name, seg_value src,
                                     seg_value like);
/* Factor-times upsampling by a transposed convolution, cut to the height and width of `like`. */
seg_value seg_layer_deconv_to(seg_graph *graph, const char *name, int64_t factor, bool learned,
                              seg_value src, seg_value like);

/* channels * config->width, to a multiple of 8 that is no more than 10 % below (MobileNet's rule).
 */
int64_t seg_scaled_channels(const seg_net_config *config, int64_t channels);

/*
 * How a backbone keeps its output stride: once the strides so far reach the limit, a layer that
 * would have had stride 2 gets stride 1 and its own dilation stays, while the layers behind it
 * dilate twice as far: each sees the same pixels as before.
 */
typedef struct seg_strider {
    int64_t limit;    /* config->output_stride */
    int64_t stride;   /* of the input, so far */
    int64_t dilation; /* of 3x3 convolutions from here on */
    seg_features features;
} seg_strider;

typedef struct seg_step {
    int64_t stride, dilation;
} seg_step;

seg_strider seg_strider_start(const seg_net_config *config);
/* Stride and dilation of the next layer, which asks for stride `wanted`. */
seg_step seg_strider_step(seg_strider *strider, int64_t wanted);
/* value is the deepest so far, and the last at its stride. */
void seg_strider_record(seg_strider *strider, seg_value value);

#endif
