/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* program_file.c: which format a file is in. */
#include "io/program_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "io/onnx.h"
#include "io/tflite.h"

enum { HEAD = 16 };

static bool ends_in(const char *path, const char *end)
{
    size_t length = strlen(path), wanted = strlen(end);
    return length >= wanted && strcmp(path + length - wanted, end) == 0;
}

/* The size of a JSON header, then the header. */
static bool is_safetensors(const unsigned char *head, size_t size)
{
    return size >= 9 && head[8] == '{';
}

/* A protobuf whose first field is ir_version, or a name that says so. */
static bool is_onnx(const unsigned char *head, size_t size, const char *path)
{
    return ends_in(path, ".onnx") || (size >= 2 && head[0] == 0x08 && head[1] < 0x20);
}

seg_status seg_file_kind_of(seg_file_kind *kind, const char *path, seg_error *err)
{
    unsigned char head[HEAD] = {0};
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return seg_fail(err, errno == ENOMEM ? SEG_NOMEM : SEG_IO, "%s: cannot open: %s", path,
                        strerror(errno));
    size_t size = fread(head, 1, sizeof head, file);
    fclose(file);
    *kind = seg_tflite_recognise(head, size) ? SEG_FILE_TFLITE
            : is_safetensors(head, size) ? SEG_FILE_SAFETENSORS
            : is_onnx(head, size, path)  ? SEG_FILE_ONNX
                                         : SEG_FILE_SAFETENSORS;
    return SEG_OK;
}

seg_status seg_program_read(seg_program **out, const char *path, const seg_program_opts *opts,
                            seg_error *err)
{
    seg_file_kind kind;
    *out = NULL;
    seg_status status = seg_file_kind_of(&kind, path, err);
    if (status != SEG_OK)
        return status;
    switch (kind) {
    case SEG_FILE_ONNX:
        return seg_onnx_read(out, path, err);
    case SEG_FILE_TFLITE:
        return seg_tflite_read(out, path, opts, err);
    case SEG_FILE_SAFETENSORS:
        break;
    }
    return seg_fail(err, SEG_UNSUPPORTED, "%s: neither ONNX nor TFLite", path);
}
