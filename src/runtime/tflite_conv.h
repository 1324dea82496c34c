/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* tflite_conv.h: one quantised convolution, of any kind. */
#ifndef RUNTIME_TFLITE_CONV_H
#define RUNTIME_TFLITE_CONV_H

#include "runtime/tflite.h"

typedef struct seg_q8_conv {
    seg_eval *call; /* dst[0] is made already: n,oh,ow,oc */
    const seg_tensor *image, *weights;
    const int32_t *bias;               /* [oc]; NULL: none */
    const seg_quantisation *weights_q; /* one pair, or one per output channel */
    seg_q8 src, dst;
    int32_t lowest, highest; /* of the result */
    int64_t n, ih, iw, ic, oh, ow, oc;
    int64_t kh, kw, sh, sw, dh, dw, ph, pw, ph_end, pw_end;
    int64_t groups, depth; /* depth: input channels of a group */
    bool depthwise;        /* weights 1,KH,KW,OC (OC a multiple of IC), else OC,KH,KW,depth */
    bool up;               /* transposed */
} seg_q8_conv;

/* What the node says, all but the data; call->dst is not made. The statuses of what is refused. */
seg_status seg_q8_conv_read(seg_q8_conv *conv);
/* The factor from a sum of output channel o to a step of the result. */
float seg_q8_conv_scale(const seg_q8_conv *conv, int64_t o);
/* One layer, where there is one for such a convolution (read already). */
seg_status seg_q8_conv_lower(struct seg_lower *lower, const seg_q8_conv *conv, bool *done);

/* Geometry must be sound. SEG_NOMEM, SEG_LIMIT, SEG_UNSUPPORTED. */
seg_status seg_q8_conv_run(const seg_q8_conv *conv);

#endif
