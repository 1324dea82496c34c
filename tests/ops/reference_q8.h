/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* reference_q8.h: convolutions in a file's integers as docs/ops says, in plain loops. */
#ifndef TESTS_OPS_REFERENCE_Q8_H
#define TESTS_OPS_REFERENCE_Q8_H

#include "ops/op_run.h"

/* conv2d_q8 and depthwise2d_q8 (weights of one input channel). */
void reference_conv_q8(const op_run *run, seg_tensor *dst);

#endif
