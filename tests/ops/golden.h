/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * golden.h: reference values of ops, as tools/make_op_golden.py wrote them.
 *
 * A small safetensors reader of the tests' own, so that ops are not tested through the library's.
 */
#ifndef TESTS_OPS_GOLDEN_H
#define TESTS_OPS_GOLDEN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "tensor/tensor.h"

typedef struct golden {
    uint8_t *bytes;    /* the whole file */
    size_t data_start; /* of the tensors' bytes */
    json_t *header;    /* name -> dtype, shape, data_offsets */
    json_t *cases;     /* array of {"name", "train", "src", "params"} */
} golden;

/* tests/ops/golden/<op>.safetensors; fails the test when it is not there or not readable. */
void golden_load(golden *file, const char *op);
void golden_release(golden *file);

/* Tensor "<case_name>.<what><index>" (index < 0: no number); false when there is none. The data
 * is inside the file and may lie at any address: copy it out with memcpy. */
bool golden_find(const golden *file, const char *case_name, const char *what, int index,
                 seg_tensor *out);

#endif
