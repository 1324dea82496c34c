/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* npy_header.h: what stands before the elements of an .npy file. */
#ifndef IO_NPY_HEADER_H
#define IO_NPY_HEADER_H

#include "seg/status.h"
#include "tensor/tensor.h"

typedef struct seg_npy_header {
    seg_shape shape;
    bool fortran_order; /* the first axis is contiguous */
    bool big_endian;    /* elements of more than one byte are */
    size_t size;        /* bytes before the elements, at most those of the file */
} seg_npy_header;

/* Every part is checked; the shape is valid (seg_shape_valid). */
seg_status seg_npy_header_parse(seg_npy_header *out, const void *data, size_t size,
                                const char *name, seg_error *err);

/* Room for the header of any shape, which is a multiple of 64 bytes. */
enum { SEG_NPY_HEADER_SIZE = 384 };

/* Version 1, C order, little-endian; shape of no type that NumPy has not. Returns its size. */
size_t seg_npy_header_write(char header[SEG_NPY_HEADER_SIZE], const seg_shape *shape);

#endif
