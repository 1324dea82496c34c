/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* depthwise_layer.h: the tables of kernels/depthwise.h for a forward pass, for ops that have one. */
#ifndef OPS_DEPTHWISE_LAYER_H
#define OPS_DEPTHWISE_LAYER_H

#include "ops/params.h"

/* Bytes of tables, and the layer over them; stream is left false. */
size_t seg_depthwise_tables_size(const seg_shape *dst);
seg_depthwise_layer seg_depthwise_layer_make(const seg_conv2d_params *params,
                                             const seg_shape *image, const seg_shape *weights,
                                             const seg_shape *dst, void *tables);

#endif
