/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* onnx_case.h: one case of the ONNX backend suite: a model, inputs, and the outputs it must give. */
#ifndef TESTS_ONNX_CASE_H
#define TESTS_ONNX_CASE_H

typedef struct onnx_result {
    enum { ONNX_PASSED, ONNX_UNSUPPORTED, ONNX_FAILED } outcome;
    char why[600]; /* unless passed */
} onnx_result;

/* Runs the case in a folder, lowered and as reference, in a process of its own. */
onnx_result onnx_case_run(const char *folder);

#endif
