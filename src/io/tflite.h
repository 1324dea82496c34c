/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * tflite.h: TensorFlow Lite files to programs.
 *
 * Format: a FlatBuffer of tensorflow/lite/schema/schema.fbs, identifier "TFL3"; a zip with labels
 * may stand behind it. What is read and what is refused: docs/tflite.md.
 *
 * Float operators become ONNX's, with Transpose nodes around those that ONNX has in N,C,H,W.
 * Quantised ones (u8, i8) become operators of domain "tflite" over N,H,W,C, named and with the
 * attributes of the schema, whose meaning is in runtime/tflite.h. With opts->dequantise the network
 * is read in float instead: constants are dequantised, what lies between is f32, and inputs and
 * outputs keep the types that the file gives them.
 */
#ifndef IO_TFLITE_H
#define IO_TFLITE_H

#include <stdbool.h>

#include "program/program.h"

/* Whether the bytes start like a TensorFlow Lite file. */
bool seg_tflite_recognise(const void *data, size_t size);

/*
 * opts may be NULL. Reading takes at most 1 MiB and 64 bytes per byte of the file. Errors:
 * SEG_FORMAT (with the byte or the operator), SEG_UNSUPPORTED (operator, type, several subgraphs),
 * SEG_LIMIT, SEG_NOMEM, SEG_IO.
 */
seg_status seg_tflite_read(seg_program **out, const char *path, const seg_program_opts *opts,
                           seg_error *err);
/* From memory, which must live as long as the result; name is for errors. */
seg_status seg_tflite_parse(seg_program **out, const void *data, size_t size, const char *name,
                            const seg_program_opts *opts, seg_error *err);

#endif
