/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * convolution_bf16.c: which gathers take operands in bf16, and how these are made.
 *
 * The instruction does two multiply-adds for each lane where float32 does one. What it takes are
 * pairs of neighbouring channels, so weights are packed as pairs, and source pixels are rounded
 * before they are read: of 1x1 kernels block by block (convolution_gather.c), else the whole image
 * once, because taps share its pixels.
 */
#include "base/parallel.h"
#include "ops/convolution.h"

enum {
    TAPS_MOST = 64,
    DEPTH_LEAST = 24,        /* channels of the source: fewer leave vectors half empty */
    USES_LEAST = 16,         /* of a number of the source, for rounding it to pay */
    ROOM = 8192,             /* floats: weights that are rounded at a time */
    CHUNK_FLOATS = 16 << 10, /* of an image that are rounded at a time */
};

bool seg_conv_bf16_fits(const seg_convolution *conv, bool backward)
{
    const int64_t taps = conv->y.kernel * conv->x.kernel;
    const int64_t depth = backward ? conv->oc : conv->ic, width = backward ? conv->ic : conv->oc;
    return conv->bf16 && conv->groups == 1 && taps <= TAPS_MOST && depth >= DEPTH_LEAST &&
           taps * width >= USES_LEAST && 2 * taps * conv->kernels->igemm.nr <= ROOM;
}

void seg_conv_pack_pairs(const seg_convolution *conv, bool backward, const seg_conv_kernel *kernel,
                         int64_t panel, seg_conv_depth depth, float *out)
{
    float room[ROOM];
    const int64_t nr = conv->kernels->igemm.nr, taps = conv->y.kernel * conv->x.kernel;
    const int64_t most = ROOM / (2 * taps * nr) * 2;
    for (int64_t at = 0; at < depth.count; at += most) {
        const int64_t count = conv_min(most, depth.count - at);
        seg_conv_pack_taps(conv, backward, kernel, 0, panel,
                           (seg_conv_depth){depth.first + at, count, count}, room);
        for (int64_t t = 0; t < taps; t++)
            conv->kernels->bf16.rows(room + t * count * nr, count,
                                     out + (t * depth.step + at / 2) * nr);
    }
}

typedef struct pairing {
    const seg_convolution *conv;
    const float *image;
    int64_t pixels, channels, chunk; /* chunk: pixels */
    float *pairs;
} pairing;

static void pair_chunk(void *context, int64_t index, int thread)
{
    (void)thread;
    const pairing *p = context;
    const int64_t first = index * p->chunk, step = (p->channels + 1) / 2;
    p->conv->kernels->bf16.pixels(p->image + first * p->channels, p->channels,
                                  conv_min(p->chunk, p->pixels - first), p->channels,
                                  p->pairs + first * step, step);
}

void seg_conv_pair_image(const seg_convolution *conv, const float *image, int64_t pixels,
                         int64_t channels, float *pairs)
{
    pairing p = {conv, image, pixels, channels, conv_max(1, CHUNK_FLOATS / channels), pairs};
    seg_parallel_for(conv->threads, (pixels + p.chunk - 1) / p.chunk, pair_chunk, &p);
}
