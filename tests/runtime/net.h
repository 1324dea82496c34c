/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * net.h: small programs for tests of operators, made node by node and run lowered or as reference.
 * Values are given and read as doubles whatever the element type is.
 */
#ifndef TESTS_RUNTIME_NET_H
#define TESTS_RUNTIME_NET_H

#include "runtime/runtime.h"

enum { NET_INPUTS = 8, NET_SRC = 8 };

typedef struct net {
    seg_program *program;
    seg_runtime *runtime;
    seg_tensor inputs[NET_INPUTS];
    size_t input_count;
    seg_error err;
} net;

/* SHAPE(SEG_I32, 2, 3); VALUES(1, 2, 3) */
#define SHAPE(dtype_, ...)                                                                         \
    ((seg_shape){.dtype = (dtype_),                                                                \
                 .rank = (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)),                \
                 .dim = {__VA_ARGS__}})
#define SCALAR(dtype_) ((seg_shape){.dtype = (dtype_)})
#define VALUES(...)    ((const double[]){__VA_ARGS__})
#define NO_VALUES      VALUES(0)

typedef struct net_attribute {
    const char *name;
    int type; /* of seg_attribute */
    int64_t integer;
    float real;
    const char *text;
    const int64_t *ints;
    int64_t count;
} net_attribute;

#define INT(name_, value)                                                                          \
    {                                                                                              \
        .name = (name_), .type = SEG_ATTRIBUTE_INT, .integer = (value)                             \
    }
#define FLOAT(name_, value)                                                                        \
    {                                                                                              \
        .name = (name_), .type = SEG_ATTRIBUTE_FLOAT, .real = (value)                              \
    }
#define TEXT(name_, value)                                                                         \
    {                                                                                              \
        .name = (name_), .type = SEG_ATTRIBUTE_TEXT, .text = (value)                               \
    }
#define INTS(name_, ...)                                                                           \
    {                                                                                              \
        .name = (name_), .type = SEG_ATTRIBUTE_INTS, .ints = (const int64_t[]){__VA_ARGS__},       \
        .count = (int64_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t))                     \
    }
#define ATTRIBUTES(...) ((const net_attribute[]){__VA_ARGS__, {0}})

/* Things that cannot fail here fail the test. */
void net_init(net *n, int opset);
void net_release(net *n);
/* values NULL: random ones between -3 and 3. */
seg_slot net_input(net *n, seg_shape shape, const double *values);
seg_slot net_constant(net *n, seg_shape shape, const double *values);
/* A node on src[0..src_count-1] (SEG_NO_SLOT: left out); its results in dst. attributes may be
 * NULL. */
void net_node(net *n, const char *op, const net_attribute *attributes, int src_count,
              const seg_slot *src, int dst_count, seg_slot *dst);
/* The same with one result. */
seg_slot net_op(net *n, const char *op, const net_attribute *attributes, int src_count,
                const seg_slot *src);
#define SRC(...)                                                                                   \
    (int)(sizeof((seg_slot[]){__VA_ARGS__}) / sizeof(seg_slot)), (const seg_slot[])                \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
void net_output(net *n, seg_slot slot);
/* Finishes the program at first; reference: nothing is lowered. */
seg_status net_run(net *n, bool reference);
/* Output `index` of the last run: its type, shape and elements. */
void net_expect(net *n, size_t index, seg_shape shape, const double *values);
/* Lowered and reference agree to `tolerance` of the largest value, and `evaluated` nodes stay outside
 * of regions. All outputs must be f32. */
void net_check_lowered(net *n, int evaluated, double tolerance);

/*
 * One operator on up to NET_SRC sources: inputs of the run, as reference. Then net_expect, or
 * ck_fails on what it returns; net_release.
 */
typedef struct one_source {
    seg_shape shape;
    const double *values; /* NULL: left out */
} one_source;

seg_status one_node(net *n, const char *op, int opset, const net_attribute *attributes,
                    int src_count, const one_source *src, int dst_count);
#define SOURCES(...)                                                                               \
    (int)(sizeof((one_source[]){__VA_ARGS__}) / sizeof(one_source)), (const one_source[])          \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

#endif
