/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * tensor.h: shapes, element types and tensors.
 *
 * Activations are N,H,W,C with channels contiguous. Convolution weights are KH,KW,IC,OC
 * (output channels contiguous, what the kernels stream), per-channel vectors have rank 1.
 */
#ifndef TENSOR_TENSOR_H
#define TENSOR_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEG_MAX_RANK = 8 };

/* The network's own layers compute in SEG_F32; the rest occur in imported files. SEG_BOOL is a byte
 * that is 0 or 1. */
typedef enum seg_dtype {
    SEG_F32,
    SEG_U8,
    SEG_I32,
    SEG_F16,
    SEG_I8,
    SEG_I64,
    SEG_F64,
    SEG_BF16,
    SEG_BOOL,
    SEG_U16,
    SEG_I16,
    SEG_U32,
    SEG_U64
} seg_dtype;

size_t seg_dtype_size(seg_dtype dtype);      /* bytes */
const char *seg_dtype_name(seg_dtype dtype); /* "f32", ... */

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

static inline float *seg_f32(const seg_tensor *tensor)
{
    return tensor->data;
}

#endif
