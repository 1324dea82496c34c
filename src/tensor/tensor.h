/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * tensor.h: shapes, element types and tensors.
 *
 * Activations are N,H,W,C with channels contiguous. Convolution weights are KH,KW,IC,OC
 * (output channels contiguous, what the kernels stream), per-channel vectors have rank 1. Layers of
 * our own networks compute in SEG_F32; the other types occur in imported files.
 */
#ifndef TENSOR_TENSOR_H
#define TENSOR_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seg/array.h"

/* Element type and extents; extents are >= 1 unless a function says otherwise. */
typedef struct seg_shape {
    seg_dtype dtype;
    int rank; /* 0 (a scalar) .. SEG_MAX_RANK */
    union {
        int64_t dim[SEG_MAX_RANK];
        struct {
            int64_t n, h, w, c; /* rank 4: an image batch */
        };
        struct {
            int64_t kh, kw, ic, oc; /* rank 4: convolution weights */
        };
    };
} seg_shape;

/* data holds seg_shape_size(&shape) bytes, or is NULL where a contract allows it. */
typedef struct seg_tensor {
    seg_shape shape;
    void *data;
} seg_tensor;

seg_shape seg_shape_nhwc(int64_t n, int64_t h, int64_t w, int64_t c); /* f32, rank 4 */
seg_shape seg_shape_vector(int64_t length);                           /* f32, rank 1 */
int64_t seg_shape_count(const seg_shape *shape);                      /* elements */
size_t seg_shape_size(const seg_shape *shape);                        /* bytes */
bool seg_shape_equal(const seg_shape *a, const seg_shape *b);         /* dtype too */
/* False when the bytes do not fit int64_t, or an extent is negative. */
bool seg_shape_valid(const seg_shape *shape);

/* "f32 1x360x480x3" in a static-size buffer; returns text. */
enum { SEG_SHAPE_TEXT_SIZE = 208 };
const char *seg_shape_text(const seg_shape *shape, char text[SEG_SHAPE_TEXT_SIZE]);

/* The same numbers as the public interface says it, and back (a valid rank is the caller's care). */
seg_array seg_tensor_array(const seg_tensor *tensor);
seg_tensor seg_array_tensor(const seg_array *array);

static inline float *seg_f32(const seg_tensor *tensor)
{
    return tensor->data;
}

#endif
