/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* onnx.c: ModelProto: versions, metadata, and the graph between them. */
#include "io/onnx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "io/onnx_parts.h"

enum { OPSET_MAX = 25 };

typedef Seg__Onnx__Model model;

/* Files from before operator sets had versions (IR 1 and 2) mean the first. */
static seg_status take_opset(seg_program *program, const model *from, seg_error *err)
{
    int64_t opset = 0;
    for (size_t i = 0; i < from->n_opset_import; i++) {
        const char *domain = seg_onnx_text(from->opset_import[i]->domain);
        if ((domain[0] == '\0' || strcmp(domain, "ai.onnx") == 0) &&
            from->opset_import[i]->version > opset)
            opset = from->opset_import[i]->version;
    }
    if (opset > OPSET_MAX)
        return seg_fail(err, SEG_UNSUPPORTED,
                        "%s: operator set %lld is newer than %d, the newest that is read",
                        program->path, (long long)opset, OPSET_MAX);
    program->opset = opset > 0 ? (int)opset : 1;
    return SEG_OK;
}

static seg_status take_metadata(seg_program *program, const model *from, seg_error *err)
{
    const char *name = seg_onnx_text(from->producer_name);
    const char *version = seg_onnx_text(from->producer_version);
    size_t size = strlen(name) + strlen(version) + 2;
    char *producer = seg_arena_alloc(&program->arena, size);
    if (producer == NULL)
        return seg_fail_nomem(err, size, program->path);
    snprintf(producer, size, "%s%s%s", name, version[0] != '\0' ? " " : "", version);
    program->producer = producer;
    seg_status status = SEG_OK;
    for (size_t i = 0; i < from->n_metadata_props && status == SEG_OK; i++)
        status = seg_program_text_add(program, seg_onnx_text(from->metadata_props[i]->key),
                                      seg_onnx_text(from->metadata_props[i]->value), err);
    return status;
}

static seg_status take_model(seg_program *program, const model *from, seg_error *err)
{
    if (from->graph == NULL)
        return seg_fail(err, SEG_FORMAT, "%s: not an ONNX model (it has no graph)", program->path);
    if (from->n_functions > 0)
        return seg_fail(err, SEG_UNSUPPORTED,
                        "%s: has %zu functions of its own, which are not read", program->path,
                        from->n_functions);
    seg_status status = take_opset(program, from, err);
    if (status == SEG_OK)
        status = take_metadata(program, from, err);
    if (status == SEG_OK)
        status = seg_onnx_graph(program, from->graph, err);
    return status == SEG_OK ? seg_program_finish(program, err) : status;
}

/* The message of program->file, whose large weights stay there; freed when none did. */
static seg_status unpack(seg_program *program, size_t size, const model **out, seg_error *err)
{
    ProtobufCMessage *message = NULL;
    seg_onnx_slim slim;
    seg_status status = seg_onnx_slim_make(&slim, program->file, size, err);
    if (status == SEG_OK && slim.count > 0) {
        seg_error whole; /* tells more of what is wrong */
        status = seg_onnx_unpack(&seg__onnx__model__descriptor, slim.bytes, slim.size,
                                 &program->arena, program->path, &message, &whole);
        if (status == SEG_OK)
            status = seg_onnx_slim_restore(&slim, program->file, ((model *)message)->graph,
                                           &program->arena, err);
        else if (status == SEG_NOMEM)
            *err = whole;
    }
    if (status != SEG_NOMEM && message == NULL) {
        status = seg_onnx_unpack(&seg__onnx__model__descriptor, program->file, size,
                                 &program->arena, program->path, &message, err);
        free(program->file);
        program->file = NULL;
    }
    seg_onnx_slim_release(&slim);
    *out = (const model *)message;
    return status;
}

/* data, of malloc, becomes the program's, or is freed. */
static seg_status take_file(seg_program **out, uint8_t *data, size_t size, const char *path,
                            seg_error *err)
{
    const model *message;
    seg_program *program;
    seg_error lost;
    *out = NULL;
    if (err == NULL)
        err = &lost;
    seg_status status = seg_program_new(&program, path, "onnx", err);
    if (status != SEG_OK) {
        free(data);
        return status;
    }
    program->file = data;
    status = unpack(program, size, &message, err);
    if (status == SEG_OK)
        status = take_model(program, message, err);
    if (status != SEG_OK) {
        seg_program_free(program);
        return status;
    }
    *out = program;
    return SEG_OK;
}

seg_status seg_onnx_parse(seg_program **out, const void *data, size_t size, const char *path,
                          seg_error *err)
{
    *out = NULL;
    uint8_t *copy = malloc(size + 1);
    if (copy == NULL)
        return seg_fail_nomem(err, size, path);
    if (size > 0)
        memcpy(copy, data, size);
    return take_file(out, copy, size, path, err);
}

seg_status seg_onnx_read(seg_program **out, const char *path, seg_error *err)
{
    uint8_t *data;
    size_t size;
    *out = NULL;
    seg_status status = seg_file_read(path, INT32_MAX, &data, &size, err);
    return status == SEG_OK ? take_file(out, data, size, path, err) : status;
}
