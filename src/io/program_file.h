/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* program_file.h: networks in files of other people's formats, told apart by content. */
#ifndef IO_PROGRAM_FILE_H
#define IO_PROGRAM_FILE_H

#include <stdbool.h>

#include "program/program.h"

typedef enum seg_file_kind {
    SEG_FILE_SAFETENSORS, /* or nothing we know: its reader says what is wrong */
    SEG_FILE_ONNX,
    SEG_FILE_TFLITE
} seg_file_kind;

/* By the first bytes; path decides for ONNX, which has no mark of its own. Errors: SEG_IO. */
seg_status seg_file_kind_of(seg_file_kind *kind, const char *path, seg_error *err);

/* Read an ONNX or TFLite file. opts may be NULL. Errors: those of the formats' readers;
 * SEG_UNSUPPORTED for a file that is neither. */
seg_status seg_program_read(seg_program **out, const char *path, const seg_program_opts *opts,
                            seg_error *err);

#endif
