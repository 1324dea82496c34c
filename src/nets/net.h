/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * net.h: networks as functions that build a graph.
 *
 * A network is one file in nets/ that ends in one `const seg_net seg_net_<name>`, and one line in
 * nets.def; a backbone likewise, in backbones.def. The configuration is stored in every model
 * file, so the same function builds the graph for training, evaluation and deployment.
 */
#ifndef NETS_NET_H
#define NETS_NET_H

#include "graph/graph.h"

enum { SEG_NAME_SIZE = 32, SEG_MAX_CLASSES = 255 };

/* X(type, field, default, min, max, help): the one list of network settings. */
#define SEG_NET_INT_MAP(X)                                                                         \
    X(classes, 21, 2, 255, "classes, 0..classes-1")                                                \
    X(output_stride, 16, 8, 32, "input pixels per cell of the deepest features: 8, 16 or 32")      \
    X(divisor, 8, 1, 64, "channels of a narrower backbone are multiples of it (TF-Slim has 1)")        \
    X(fc_channels, 1024, 16, 4096, "channels of VGG's fc6 and fc7")                                \
    X(aspp_channels, 256, 16, 1024, "channels of each branch of ASPP, and of the decoder")         \
    X(atrous, 1, 0, 1, "0: ASPP without its 3x3 branches, as DeepLab's mobile models have it")         \
    X(low_channels, 48, 8, 256, "channels of the decoder's low-level features")                    \
    X(separable, 1, 0, 1, "1: depthwise separable 3x3 convolutions in ASPP and decoder")           \
    X(learned_upsampling, 1, 0, 1, "1: FCN's transposed convolutions learn; 0: fixed bilinear")    \
    X(scaled_skips, 0, 0, 1, "1: FCN at-once, pool4 x 0.01 and pool3 x 0.0001 before the score")   \
    X(norm, 0, 0, 1, "1: VGG with batch norm instead of a bias behind each convolution")           \
    X(aligned, 0, 0, 1, "1: upsampling puts cell i of stride s on pixel s*i; 0: half-pixel centres")
#define SEG_NET_FLOAT_MAP(X)                                                                       \
    X(width, 1.0, 0.05, 4.0, "channels of the backbone, relative to the paper's")                  \
    X(dropout, -1.0, -1.0, 0.9, "rate before the last layer; -1: the paper's (FCN 0.5, v3+ 0.1)")

typedef struct seg_net_config {
    char net[SEG_NAME_SIZE];      /* "deeplabv3plus", ...: a line of nets.def */
    char backbone[SEG_NAME_SIZE]; /* "mobilenetv2", ...: a line of backbones.def */
#define SEG_FIELD(name, value, min, max, help) int64_t name;
    SEG_NET_INT_MAP(SEG_FIELD)
#undef SEG_FIELD
#define SEG_FIELD(name, value, min, max, help) double name;
    SEG_NET_FLOAT_MAP(SEG_FIELD)
#undef SEG_FIELD
} seg_net_config;

/*
 * What a backbone hands to a head. Strides are of the input; SEG_NO_VALUE where it has none.
 * A value at stride s is ceil(h/s) x ceil(w/s) for any image of h x w.
 */
typedef struct seg_features {
    /* The last features at that stride, before it shrinks on; VGG: what its pool gives, for FCN. */
    seg_value stride4, stride8, stride16;
    seg_value deepest; /* at the configured output stride */
} seg_features;

typedef struct seg_backbone {
    const char *name, *help;
    /* image: N,H,W,3, preprocessed. Errors are the graph's. */
    seg_features (*build)(seg_graph *graph, const seg_net_config *config, seg_value image);
    /* The last layers of the classifier it was, as convolutions, which FCN keeps; NULL: none. */
    seg_value (*classifier)(seg_graph *graph, const seg_net_config *config, seg_value deepest);
} seg_backbone;

typedef struct seg_net {
    const char *name, *help;
    const char *default_backbone;
    int64_t default_output_stride;
    /* Returns logits N,H,W,classes at the image's own size. */
    seg_value (*build)(seg_graph *graph, const seg_net_config *config, seg_value image);
} seg_net;

#define SEG_NET(name) extern const seg_net seg_net_##name;
#include "nets/nets.def"
#undef SEG_NET
#define SEG_BACKBONE(name) extern const seg_backbone seg_backbone_##name;
#include "nets/backbones.def"
#undef SEG_BACKBONE

const seg_net *seg_net_find(const char *name);
const seg_net *seg_net_at(int index); /* NULL past the last */
const seg_backbone *seg_backbone_find(const char *name);
const seg_backbone *seg_backbone_at(int index);

/* Defaults of the network called name (its default backbone too). SEG_INVALID lists the names. */
seg_status seg_net_config_default(seg_net_config *config, const char *name, seg_error *err);
/* Every field within its range, names known, output stride 8, 16 or 32. */
seg_status seg_net_config_check(const seg_net_config *config, seg_error *err);

/*
 * Build the whole network into an empty graph: input "image" N,H,W,3 float32, output "logits"
 * N,H,W,classes. Errors: as the check, and the graph's.
 */
seg_status seg_net_build(seg_graph *graph, const seg_net_config *config, int64_t n, int64_t h,
                         int64_t w, seg_error *err);

#endif
