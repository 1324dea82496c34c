/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * preprocess.h: from 8-bit sRGB pixels to what a network eats; stored with its weights.
 *
 *   x[c] = (pixel[c]/255 - mean[c]) / std[c]
 */
#ifndef IMAGE_PREPROCESS_H
#define IMAGE_PREPROCESS_H

#include "seg/image.h"

typedef struct seg_preprocess {
    float mean[3], std[3]; /* of RGB/255; std > 0 */
    int max_side;          /* pixels: larger images are shrunk so that their longer side is this
                              (labels come back at the input's size); 0: never */
} seg_preprocess;

/* ImageNet's mean .485 .456 .406 and std .229 .224 .225, max_side 0. */
seg_preprocess seg_preprocess_default(void);

/* image has 1, 3 or 4 channels; dst holds height x width x 3. */
void seg_preprocess_image(const seg_preprocess *preprocess, const seg_image *image, float *dst);

#endif
