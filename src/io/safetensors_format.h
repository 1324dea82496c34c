/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* safetensors_format.h: what the reader and the writer of safetensors share. */
#ifndef IO_SAFETENSORS_FORMAT_H
#define IO_SAFETENSORS_FORMAT_H

#include "tensor/tensor.h"

#define SEG_SAFETENSORS_METADATA "__metadata__"

enum {
    SEG_SAFETENSORS_HEADER_MAX = 100000000, /* bytes, as in the reference implementation */
    SEG_SAFETENSORS_DTYPES = 6
};

typedef struct seg_safetensors_dtype {
    seg_dtype dtype;
    const char *text;
} seg_safetensors_dtype;

extern const seg_safetensors_dtype seg_safetensors_dtypes[SEG_SAFETENSORS_DTYPES];

#endif
