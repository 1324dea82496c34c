/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* preprocess.c: 8-bit pixels to normalised floats by three tables of 256. */
#include "image/preprocess.h"

#include "image/buffer.h"

seg_preprocess seg_preprocess_default(void)
{
    return (seg_preprocess){.mean = {0.485f, 0.456f, 0.406f}, .std = {0.229f, 0.224f, 0.225f}};
}

void seg_preprocess_image(const seg_preprocess *preprocess, const seg_image *image, float *dst)
{
    float table[3][256];
    for (int c = 0; c < 3; c++) {
        for (int v = 0; v < 256; v++)
            table[c][v] = ((float)v / 255.0f - preprocess->mean[c]) / preprocess->std[c];
    }
    /* A grey pixel stands for all three colours. */
    const int step = image->channels, g = step == 1 ? 0 : 1, b = step == 1 ? 0 : 2;
    for (int y = 0; y < image->height; y++) {
        const uint8_t *src = seg_image_row(image, y);
        for (int x = 0; x < image->width; x++, src += step, dst += 3) {
            dst[0] = table[0][src[0]];
            dst[1] = table[1][src[g]];
            dst[2] = table[2][src[b]];
        }
    }
}
