/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * one_node.h: programs of one node, for cases worked by hand.
 *
 *   one_node node = {.op = "MaxPool", .opset = 13};
 *   one_input(&node, SEG_F32, "1x1x4", (float[]){1, 2, 3, 4});
 *   one_ints(&node, "kernel_shape", 1, (int64_t[]){2});
 *   one_check(&node, 0, SEG_F32, "1x1x3", (float[]){2, 3, 4});
 *
 * Data is borrowed. A check runs the node twice: evaluated, and lowered where it can be.
 */
#ifndef TESTS_RUNTIME_ONE_NODE_H
#define TESTS_RUNTIME_ONE_NODE_H

#include "program/program.h"

enum { ONE_SOURCES = 9, ONE_ATTRIBUTES = 12, ONE_RESULTS = 5 };

typedef struct one_node {
    const char *op;
    int opset;
    int src_count, attribute_count;
    int dst_count;               /* 0: as many as are checked */
    seg_tensor src[ONE_SOURCES]; /* data NULL: left out */
    bool constant[ONE_SOURCES];
    seg_attribute attributes[ONE_ATTRIBUTES];
} one_node;

/* Extents from text: "1x2x3"; "" is a scalar. */
seg_shape one_shape(seg_dtype dtype, const char *extents);

void one_input(one_node *node, seg_dtype dtype, const char *extents, const void *data);
void one_constant(one_node *node, seg_dtype dtype, const char *extents, const void *data);
void one_left_out(one_node *node);
void one_int(one_node *node, const char *name, const int64_t *value);
void one_ints(one_node *node, const char *name, int64_t count, const int64_t *values);
void one_float(one_node *node, const char *name, const float *value);
void one_floats(one_node *node, const char *name, int64_t count, const float *values);
void one_text(one_node *node, const char *name, const char *text);

/* Result `index` has this type and shape and these values: reals to 1e-5 of the largest (or of 1),
 * f16 and bf16 to their own precision, infinities and NaN the same, integers equal. */
void one_check(const one_node *node, int index, seg_dtype dtype, const char *extents,
               const void *wanted);
/* The node fails, with a sentence that names the operator and holds this part. */
void one_refused(const one_node *node, seg_status status, const char *part);
/* Runs with each allocation failing in turn, evaluated and lowered: SEG_NOMEM, and nothing lost. */
void one_torture(const one_node *node);
/* Whether the node becomes layers. */
bool one_is_lowered(const one_node *node);

#endif
