/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * npy.h: one tensor in a file, in NumPy's format (numpy.org, "NEP 1: A simple file format for
 * NumPy arrays"): a magic, a Python dictionary that says type, order and shape, and the elements.
 *
 * Read: versions 1 to 3; booleans, integers, float16 to float64 of either byte order; C and Fortran
 * order. Written: version 1, little-endian, C order, elements at a multiple of 64 bytes; bf16,
 * which NumPy has not, as f32.
 */
#ifndef IO_NPY_H
#define IO_NPY_H

#include "seg/status.h"
#include "tensor/tensor.h"

/*
 * On SEG_OK out->data is a block (seg_block_free) of seg_shape_size bytes; otherwise out is zero.
 * Errors: SEG_IO, SEG_FORMAT, SEG_UNSUPPORTED (element types such as strings and records),
 * SEG_NOMEM. Memory: twice the file.
 */
seg_status seg_npy_read(seg_tensor *out, const char *path, seg_error *err);
/* From memory; data is not needed afterwards, name is for errors. */
seg_status seg_npy_parse(seg_tensor *out, const void *data, size_t size, const char *name,
                         seg_error *err);

/* Whole or not at all (beside, then rename). Errors: SEG_IO, SEG_NOMEM. */
seg_status seg_npy_write(const char *path, const seg_tensor *tensor, seg_error *err);

#endif
