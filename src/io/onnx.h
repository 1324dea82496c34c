/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * onnx.h: ONNX files as programs, and single tensors of that format.
 *
 * Read: what onnx.proto lists, of the format's versions 3 to 11 (IR) and of operator sets 1 to 25,
 * where an operator of the file means what it means in 7 to 21 or can be brought to it. Not read,
 * and refused by name: data outside of the file, sparse tensors, strings and other element types
 * that tensor.h has not, functions of the file's own. Graphs within attributes (If, Loop) are
 * passed over: no operator we run has one.
 *
 * Memory: at most 40 times the bytes of the file and 40 MB; for weights stored raw, which are used
 * where they lie in the file, little more than the file.
 */
#ifndef IO_ONNX_H
#define IO_ONNX_H

#include "program/program.h"

/*
 * Read a model. The program is finished (seg_program_finish).
 * Errors: SEG_IO, SEG_FORMAT, SEG_UNSUPPORTED, SEG_LIMIT, SEG_NOMEM.
 */
seg_status seg_onnx_read(seg_program **out, const char *path, seg_error *err);
/* From memory; data is not needed afterwards, path is for errors. */
seg_status seg_onnx_parse(seg_program **out, const void *data, size_t size, const char *path,
                          seg_error *err);

/*
 * Write a program, whose operators must all be ONNX's own and mean what they mean in
 * program->opset: whole or not at all. Errors: SEG_UNSUPPORTED (an operator, an attribute: named),
 * SEG_IO, SEG_NOMEM.
 */
seg_status seg_onnx_write(const seg_program *program, const char *path, seg_error *err);

/* A tensor in a file of its own, as the ONNX project keeps test data. */
typedef struct seg_onnx_tensor {
    seg_arena arena; /* holds the rest */
    const char *name;
    seg_tensor tensor;
} seg_onnx_tensor;

/* On failure out is zero; else it goes to seg_onnx_tensor_release. Errors as above. */
seg_status seg_onnx_tensor_read(seg_onnx_tensor *out, const char *path, seg_error *err);
seg_status seg_onnx_tensor_parse(seg_onnx_tensor *out, const void *data, size_t size,
                                 const char *path, seg_error *err);
void seg_onnx_tensor_release(seg_onnx_tensor *tensor);

#endif
