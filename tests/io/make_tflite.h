/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * make_tflite.h: small TFLite files for tests, with a FlatBuffer writer of the tests' own.
 *
 * What a file holds is listed first (numbers are those of the schema) and written by
 * tflite_bytes. Every field can be changed before that: hostile files are made of wrong lists.
 */
#ifndef TESTS_MAKE_TFLITE_H
#define TESTS_MAKE_TFLITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* TensorType, BuiltinOperator and BuiltinOptions that tests use. */
enum { T_FLOAT32, T_FLOAT16, T_INT32, T_UINT8, T_INT64, T_STRING, T_BOOL, T_INT16, T_INT8 = 9 };
enum {
    B_ADD = 0,
    B_CONV_2D = 3,
    B_DEQUANTIZE = 6,
    B_RELU = 19,
    B_RESHAPE = 22,
    B_CUSTOM = 32,
    B_GATHER_ND = 107,
    B_CUMSUM = 128,
    B_GELU = 150
};
enum { O_CONV_2D = 1, O_ADD = 11, O_RESHAPE = 17 };

enum { TFLITE_MOST = 16 };

typedef struct tflite_maker_tensor {
    const char *name; /* NULL: left out */
    int type, rank;
    int32_t shape[10], signature[10];
    bool has_signature;
    const void *data;
    uint32_t size;
    int scales, zeros;
    float scale[8];
    int64_t zero[8];
    int32_t axis, buffer; /* -1: its own */
} tflite_maker_tensor;

typedef struct tflite_maker_option {
    int field, width; /* bytes: 1, 4 */
    int32_t value;
} tflite_maker_option;

typedef struct tflite_maker_operator {
    int code; /* index in codes */
    int srcs, dsts, options, options_type;
    int32_t src[TFLITE_MOST], dst[TFLITE_MOST];
    tflite_maker_option option[8];
    const void *custom;
    uint32_t custom_size;
} tflite_maker_operator;

typedef struct tflite_maker_code {
    int deprecated, builtin; /* builtin -1: an old file without the field */
    const char *custom;
} tflite_maker_code;

typedef struct tflite_maker {
    int tensor_count, operator_count, code_count, input_count, output_count, subgraphs;
    uint32_t version;
    tflite_maker_tensor tensors[TFLITE_MOST];
    tflite_maker_operator operators[TFLITE_MOST];
    tflite_maker_code codes[TFLITE_MOST];
    int32_t inputs[TFLITE_MOST], outputs[TFLITE_MOST];
    uint8_t *bytes; /* by tflite_bytes */
    size_t size, capacity;
} tflite_maker;

void tflite_maker_init(tflite_maker *maker);
void tflite_maker_release(tflite_maker *maker);
/* The file; valid until the next call or the release. */
const uint8_t *tflite_bytes(tflite_maker *maker, size_t *size);

/* dims: "1x3x3x2", "" for a scalar. data NULL: computed. Returns its index. */
int tflite_tensor(tflite_maker *maker, const char *name, int type, const char *dims,
                  const void *data, size_t size);
void tflite_quantise(tflite_maker *maker, int tensor, float scale, int64_t zero);
/* code: BuiltinOperator; sources and results as "0,1,-1". */
tflite_maker_operator *tflite_operator(tflite_maker *maker, int code, const char *src,
                                       const char *dst);
void tflite_option(tflite_maker_operator *op, int type, int field, int width, int32_t value);
void tflite_input(tflite_maker *maker, int tensor);
void tflite_output(tflite_maker *maker, int tensor);

#endif
