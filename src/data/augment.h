/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * augment.h: from a decoded sample to the crop a network trains on, or the whole image it is
 * evaluated on.
 */
#ifndef DATA_AUGMENT_H
#define DATA_AUGMENT_H

#include "base/rng.h"
#include "data/dataset.h"
#include "image/preprocess.h"

typedef struct seg_augment_opts {
    double scale_min, scale_max; /* random scale, log-uniform; both 1: none */
    int crop_h, crop_w;          /* pixels; 0: the sample's own size */
    double flip;                 /* probability of a left-right mirror, 0..1 */
    double jitter;               /* brightness, contrast, saturation factors in 1-j..1+j; 0..1 */
    double hue;                  /* hue shift in turns, -hue..hue; 0..0.5 */
} seg_augment_opts;

/* SEG_INVALID for options out of their ranges. */
seg_status seg_augment_check(const seg_augment_opts *opts, seg_error *err);

/*
 * Writes crop_h x crop_w x 3 preprocessed floats and crop_h x crop_w labels. The image scales by
 * bilinear sampling (with area averaging when it shrinks), labels by nearest only; what lies
 * outside the sample is the preprocessing's mean colour (0 after normalising) and SEG_IGNORE.
 * When cropping, the scale counts from the size at which prediction would see the sample
 * (preprocess->max_side). A sample smaller than the crop lies anywhere inside it.
 * All randomness comes from rng, so (seed, sample number) fixes the result.
 */
seg_status seg_augment(const seg_augment_opts *opts, const seg_preprocess *preprocess,
                       const seg_sample *sample, seg_rng rng, float *image, uint8_t *labels,
                       seg_error *err);

#endif
