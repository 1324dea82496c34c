/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* reference_u8.h: quantised convolutions as docs/ops says, in plain loops. */
#ifndef TESTS_OPS_REFERENCE_U8_H
#define TESTS_OPS_REFERENCE_U8_H

#include "ops/op_run.h"

/* conv2d_u8 and depthwise2d_u8 (weights of one input channel). */
void reference_conv_u8(const op_run *run, seg_tensor *dst);

#endif
