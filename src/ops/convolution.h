/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * convolution.h: what conv2d and conv_transpose2d share.
 *
 * A convolution relates a fine image to a coarse one: coarse pixel y and tap k meet fine pixel
 * y*s + k*d - p. conv2d runs fine -> coarse and its gradient coarse -> fine; conv_transpose2d is
 * the same the other way round. So two directions serve both layers and both their gradients:
 *
 *   gather   an image from the other: regions of pixels that meet the same taps, all of them
 *            inside the source, so padding costs nothing and no border is ever tested
 *   outer    the weights' gradient: per tap the rectangle of coarse pixels that it serves
 *
 * Where it pays, 3x3 taps are done by Winograd's filtering instead (winograd_tiles.h).
 *
 * Weights are KH,KW,IC/G,OC. Packed, they are panels of nr output channels: a bias of nr floats
 * (zeros without one), then [slice of depth][tap][input channel][nr], per group.
 */
#ifndef OPS_CONVOLUTION_H
#define OPS_CONVOLUTION_H

#include <stdbool.h>

#include "ops/op.h"

/* One direction of the plane: extents in pixels. */
typedef struct seg_conv_axis {
    int64_t fine, coarse;
    int64_t kernel, stride, pad, dilation; /* pad: before the first fine pixel */
} seg_conv_axis;

typedef struct seg_convolution {
    const seg_kernels *kernels;
    int threads;
    int64_t n, groups;
    seg_conv_axis y, x;
    int64_t ic, oc; /* of the weights: all groups together */
    bool up;        /* the layer goes coarse -> fine: a transposed convolution */
    bool bf16;      /* operands may be rounded to bf16 where that is faster */
} seg_convolution;

/* The layer itself, for ops whose sources are {image, weights, optional bias}: seg_conv_check
 * refuses other ranks and types, and a bias that does not fit the weights. */
seg_status seg_conv_check(const char *name, int src_count, const seg_shape *src, seg_error *err);
size_t seg_conv_packed_size(const seg_convolution *conv);
size_t seg_conv_scratch_size(const seg_convolution *conv, bool train);
void seg_conv_pack(const seg_convolution *conv, const seg_op_call *call);
void seg_conv_forward(const seg_convolution *conv, const seg_op_call *call,
                      seg_activation activation);
void seg_conv_backward(const seg_convolution *conv, const seg_op_call *call);
/* How seg_conv_forward goes about it: seg_op's algorithm. */
const char *seg_conv_algorithm(const seg_convolution *conv, const seg_op_call *call);

/* ---- its parts ---- */

/* Addresses so far apart share a set of the L1 cache, of processors with sets of 4096 bytes. */
#define SEG_CONV_PAGE_FLOATS 1024

/* What a multiply-add of bf16 takes of the time of one of float32. */
#define SEG_CONV_BF16_COST 0.5

/* An image made from the other one. */
typedef struct seg_conv_gather {
    const float *src;
    float *dst;
    bool backward; /* src is the gradient of the layer's dst: from oc to ic channels */
    const float *packed;
    seg_activation activation;
    int64_t dst_step; /* floats from one pixel of dst to the next; 0: no gaps */
} seg_conv_gather;

/* Weights where they lie: KH,KW,IC/G,OC. */
typedef struct seg_conv_kernel {
    const float *data, *bias; /* bias may be NULL */
    int64_t kh, kw, ic, oc;   /* floats from one index to the next */
} seg_conv_kernel;

/* steps: kh, kw, ic, oc; NULL: in this order, without gaps (as `backward` needs them). */
seg_conv_kernel seg_conv_kernel_at(const seg_convolution *conv, const float *weights,
                                   const int64_t *steps, const float *bias);

/* How a panel's depth is cut: slices of so many channels (bf16: pairs), the last may be shorter. */
typedef struct seg_conv_slices {
    int64_t count, depth;
} seg_conv_slices;
seg_conv_slices seg_conv_slices_of(const seg_convolution *conv, bool backward);

/* Floats of packed weights, and packing them. */
size_t seg_conv_pack_count(const seg_convolution *conv, bool backward);
void seg_conv_pack_run(const seg_convolution *conv, bool backward, const seg_conv_kernel *kernel,
                       float *packed);
/* A panel's bias: nr floats. */
void seg_conv_pack_bias(const seg_convolution *conv, const seg_conv_kernel *kernel, int64_t group,
                        int64_t panel, float *out);
/* Input channels first..first+count-1 of a panel; step: rows of nr from one tap to the next, where
 * they are packed (bf16: a row is a pair). */
typedef struct seg_conv_depth {
    int64_t first, count, step;
} seg_conv_depth;
/* All taps of them: [tap][step][nr], 0 past the width. */
void seg_conv_pack_taps(const seg_convolution *conv, bool backward, const seg_conv_kernel *kernel,
                        int64_t group, int64_t panel, seg_conv_depth depth, float *out);

/* Does a gather take pairs of bf16 (kernels/bf16.h)? Its packed weights and its source then have
 * half as many "floats" of depth. */
bool seg_conv_bf16_fits(const seg_convolution *conv, bool backward);
/* The same as pairs of input channels; first is even. */
void seg_conv_pack_pairs(const seg_convolution *conv, bool backward, const seg_conv_kernel *kernel,
                         int64_t panel, seg_conv_depth depth, float *out);
/* An image's channels in pairs. */
void seg_conv_pair_image(const seg_convolution *conv, const float *image, int64_t pixels,
                         int64_t channels, float *pairs);

/* Bytes of scratch, and the run: overwrites dst. */
size_t seg_conv_gather_scratch(const seg_convolution *conv, bool backward);
void seg_conv_gather_run(const seg_convolution *conv, const seg_conv_gather *job, void *scratch);
/* How the run goes about it, in a few words. */
const char *seg_conv_gather_algorithm(const seg_convolution *conv, const seg_conv_gather *job);

/* The same by Winograd's filtering: the edge m of its tiles, or 0 where gather is to be used. */
int seg_conv_winograd_edge(const seg_convolution *conv, bool backward);
size_t seg_conv_winograd_pack_count(const seg_convolution *conv, bool backward, int m);
void seg_conv_winograd_pack(const seg_convolution *conv, bool backward, int m,
                            const seg_conv_kernel *kernel, float *packed);
size_t seg_conv_winograd_scratch(const seg_convolution *conv, bool backward, int m);
void seg_conv_winograd_run(const seg_convolution *conv, int m, const seg_conv_gather *job,
                           void *scratch);

/*
 * diff_weights[kh][kw][i][o] = sum over pixels that meet: in[..][i] * out[..][o], where `in` has ic
 * channels and `out` oc.
 */
bool seg_conv_weights_bf16(const seg_convolution *conv); /* from operands in bf16 */
size_t seg_conv_weights_scratch(const seg_convolution *conv);
void seg_conv_weights_run(const seg_convolution *conv, const float *in, const float *out,
                          float *diff_weights, void *scratch);

/* The same by Winograd's filtering: the edge m of its tiles, or 0 where the above is to be used. */
int seg_conv_winograd_weights_edge(const seg_convolution *conv);
size_t seg_conv_winograd_weights_scratch(const seg_convolution *conv, int m);
void seg_conv_winograd_weights_run(const seg_convolution *conv, int m, const float *in,
                                   const float *out, float *diff_weights, void *scratch);

/* sums[c] = sum over pixels of image[pixel][c] */
size_t seg_conv_bias_scratch(int64_t pixels, int64_t channels);
void seg_conv_bias_run(const seg_kernels *kernels, int threads, const float *image, int64_t pixels,
                       int64_t channels, float *sums, void *scratch);

static inline int64_t conv_min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t conv_max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

#endif
