/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* onnx_parts.h: what the files of the ONNX reader share. */
#ifndef IO_ONNX_PARTS_H
#define IO_ONNX_PARTS_H

#include <protobuf-c/protobuf-c.h>

#include "io/onnx.h"
#include "io/onnx.pb-c.h"

/*
 * The message in data, in memory of the arena: its parts are good as long as the arena is, and
 * none is to be freed. Errors: SEG_FORMAT, SEG_LIMIT (it would take more than the multiple of its
 * size that onnx.h states), SEG_NOMEM.
 */
seg_status seg_onnx_unpack(const ProtobufCMessageDescriptor *descriptor, const void *data,
                           size_t size, seg_arena *arena, const char *path,
                           ProtobufCMessage **message, seg_error *err);

/* A model's file without the large raw data of its initialisers (onnx_weights.c). */
typedef struct seg_onnx_raw seg_onnx_raw;
typedef struct seg_onnx_slim {
    uint8_t *bytes; /* NULL when there are none, or the file is unusual */
    size_t size;
    seg_onnx_raw *raws;
    size_t count, capacity;
} seg_onnx_slim;

/* Errors: SEG_NOMEM; slim is then empty. */
seg_status seg_onnx_slim_make(seg_onnx_slim *slim, const uint8_t *data, size_t size,
                              seg_error *err);
/* Point the initialisers of what was parsed into the file's data, which are moved a little. The
 * arena takes what cannot be. Errors: SEG_NOMEM. */
seg_status seg_onnx_slim_restore(const seg_onnx_slim *slim, uint8_t *data,
                                 const Seg__Onnx__Graph *graph, seg_arena *arena, seg_error *err);
void seg_onnx_slim_release(seg_onnx_slim *slim);

/* AttributeProto.AttributeType */
enum {
    SEG_ONNX_FLOAT = 1,
    SEG_ONNX_INT = 2,
    SEG_ONNX_STRING = 3,
    SEG_ONNX_TENSOR = 4,
    SEG_ONNX_FLOATS = 6,
    SEG_ONNX_INTS = 7
};

/* The format's number of an element type of ours. */
int32_t seg_onnx_data_type(seg_dtype dtype);
/* Element types of the format. SEG_FORMAT for numbers it has not; SEG_UNSUPPORTED; NULL for err
 * and path to just try. `what` is named: "the input 'x'". */
seg_status seg_onnx_dtype(int32_t data_type, seg_dtype *dtype, const char *path, const char *what,
                          seg_error *err);

/*
 * A tensor of the file, in place where its bytes are as ours, else converted into the arena. data
 * is never NULL. `what` names it in errors.
 */
seg_status seg_onnx_tensor_of(Seg__Onnx__Tensor *message, seg_arena *arena, const char *path,
                              const char *what, seg_tensor *out, seg_error *err);

/* All of the graph but its order. opset is that of ONNX's own domain. */
seg_status seg_onnx_graph(seg_program *program, const Seg__Onnx__Graph *graph, seg_error *err);
/* The nodes' part of it. */
seg_status seg_onnx_node(seg_program *program, const Seg__Onnx__Node *node, seg_error *err);

/* Bring a node of an operator set before 7 to today's meaning, or refuse it. */
seg_status seg_onnx_check_meaning(seg_program *program, seg_program_node *node, seg_error *err);

/* Protobuf leaves out what is empty. */
static inline const char *seg_onnx_text(const char *text)
{
    return text != NULL ? text : "";
}

#endif
