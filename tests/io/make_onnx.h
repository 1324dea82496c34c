/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * make_onnx.h: small ONNX files for tests, made of the reader's own messages. All lives in one
 * onnx_maker and goes with onnx_maker_release.
 */
#ifndef TESTS_MAKE_ONNX_H
#define TESTS_MAKE_ONNX_H

#include "base/memory.h"
#include "io/onnx.pb-c.h"

typedef struct onnx_maker {
    seg_arena arena;
    Seg__Onnx__Model model;
    Seg__Onnx__Graph graph;
    uint8_t *bytes; /* by onnx_bytes */
} onnx_maker;

/* An empty graph of IR 8 with this operator set (0: none is said). */
void onnx_maker_init(onnx_maker *maker, int opset);
void onnx_maker_release(onnx_maker *maker);
/* The file; valid until the next call or the release. */
const uint8_t *onnx_bytes(onnx_maker *maker, size_t *size);

char *onnx_text(onnx_maker *maker, const char *text);

/* dims: "2x3", with "?" for an extent that is not said, "" for a scalar, NULL for no shape. */
Seg__Onnx__ValueInfo *onnx_value(onnx_maker *maker, const char *name, int type, const char *dims);
void onnx_input(onnx_maker *maker, const char *name, int type, const char *dims);
void onnx_output(onnx_maker *maker, const char *name, int type, const char *dims);

/* A tensor with raw data (size bytes; NULL: none), and one that is an initialiser. */
Seg__Onnx__Tensor *onnx_tensor(onnx_maker *maker, const char *name, int type, const char *dims,
                               const void *raw, size_t size);
Seg__Onnx__Tensor *onnx_constant(onnx_maker *maker, const char *name, int type, const char *dims,
                                 const void *raw, size_t size);

/* Inputs and outputs: "a,b,,c". */
Seg__Onnx__Node *onnx_node(onnx_maker *maker, const char *op, const char *name, const char *inputs,
                           const char *outputs);
/* A new attribute of that type (AttributeProto.type), for the caller to fill. */
Seg__Onnx__Attribute *onnx_attribute(onnx_maker *maker, Seg__Onnx__Node *node, const char *name,
                                     int type);
void onnx_int(onnx_maker *maker, Seg__Onnx__Node *node, const char *name, int64_t value);
void onnx_ints(onnx_maker *maker, Seg__Onnx__Node *node, const char *name, int count,
               const int64_t *values);

#endif
