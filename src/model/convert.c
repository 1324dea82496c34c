/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* convert.c: models into files, in the format of the file's name. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "io/onnx.h"
#include "io/program_file.h"
#include "model/export.h"
#include "model/model.h"

enum { DEFAULT_SIDE = 512 };

static bool wants_onnx(const char *path)
{
    size_t length = strlen(path);
    return length >= 5 && strcmp(path + length - 5, ".onnx") == 0;
}

static seg_status save_program(const seg_program *program, const char *path,
                               const seg_save_opts *opts, seg_error *err)
{
    if (!wants_onnx(path))
        return seg_fail(err, SEG_UNSUPPORTED,
                        "%s: an imported network is written as ONNX only: name the file *.onnx",
                        path);
    if (opts != NULL && opts->precision != SEG_PRECISION_FLOAT32)
        return seg_fail(err, SEG_UNSUPPORTED, "%s: ONNX is written in float32 only", path);
    return seg_onnx_write(program, path, err);
}

static seg_status save_onnx(const seg_model *model, const char *path, const seg_save_opts *opts,
                            seg_error *err)
{
    seg_program *program;
    int height = opts != NULL && opts->height > 0 ? opts->height : DEFAULT_SIDE;
    int width = opts != NULL && opts->width > 0 ? opts->width : DEFAULT_SIDE;
    seg_status status = seg_model_export(&program, model, width, height, err);
    if (status != SEG_OK)
        return status;
    status = save_program(program, path, opts, err);
    seg_program_free(program);
    return status;
}

static seg_status replace(char *text, size_t size, const char *by, const char *what, seg_error *err)
{
    if (by == NULL)
        return SEG_OK;
    if (strlen(by) >= size)
        return seg_fail(err, SEG_INVALID, "%s: %zu bytes, at most %zu", what, strlen(by), size - 1);
    memset(text, 0, size);
    memcpy(text, by, strlen(by));
    return SEG_OK;
}

/* The model under another card, sharing its weights. */
static seg_status save_renamed(const seg_model *model, const char *path, const seg_save_opts *opts,
                               seg_error *err)
{
    seg_model *copy = malloc(sizeof *copy);
    seg_save_opts rest = *opts;
    if (copy == NULL)
        return seg_fail_nomem(err, sizeof *copy, path);
    *copy = *model;
    rest.about = rest.licence = NULL;
    seg_status status = replace(copy->spec.data, sizeof copy->spec.data, opts->about, "about", err);
    if (status == SEG_OK)
        status =
            replace(copy->spec.licence, sizeof copy->spec.licence, opts->licence, "licence", err);
    if (status == SEG_OK)
        status = seg_model_save(copy, path, &rest, err);
    free(copy);
    return status;
}

seg_status seg_model_save(const seg_model *model, const char *path, const seg_save_opts *opts,
                          seg_error *err)
{
    if (model->import != NULL)
        return save_program(model->import->program, path, opts, err);
    if (opts != NULL && (opts->about != NULL || opts->licence != NULL))
        return save_renamed(model, path, opts, err);
    if (wants_onnx(path))
        return save_onnx(model, path, opts, err);
    return seg_model_write_int8(path, &model->spec, model->weights,
                                opts != NULL ? opts->precision : SEG_PRECISION_FLOAT32, model->int8,
                                err);
}

seg_status seg_model_convert(const char *from, const char *to, const seg_save_opts *opts,
                             seg_error *err)
{
    seg_file_kind kind;
    seg_program *program;
    seg_model *model;
    seg_status status = seg_file_kind_of(&kind, from, err);
    if (status != SEG_OK)
        return status;
    if (kind == SEG_FILE_SAFETENSORS) {
        status = seg_model_load(&model, from, err);
        if (status == SEG_OK)
            status = seg_model_save(model, to, opts, err);
        seg_model_free(model);
        return status;
    }
    status = seg_program_read(&program, from, NULL, err);
    if (status == SEG_OK)
        status = save_program(program, to, opts, err);
    seg_program_free(program);
    return status;
}
