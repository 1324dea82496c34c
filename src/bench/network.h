/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * network.h: the two kinds of networks that can be measured, behind one set of calls:
 * native.c (our own) and imported.c (ONNX, TFLite).
 *
 *   load -> feed -> run (the first) -> run, layers, run, layers ... -> free
 */
#ifndef BENCH_NETWORK_H
#define BENCH_NETWORK_H

#include "graph/exec.h"
#include "seg/bench.h"

enum { SEG_BENCH_TEXT = 600 };

typedef struct seg_bench_kind {
    /* What the file takes to be ready; *network goes to free, also after an error. opts: complete. */
    seg_status (*load)(void **network, const char *path, const seg_bench_opts *opts,
                       seg_error *err);
    /* Makes random inputs, always the same. */
    seg_status (*feed)(void *network, seg_error *err);
    seg_status (*run)(void *network, seg_error *err);
    /* Seconds of the run before that are better called loading. */
    double (*planning)(const void *network);
    /* The steps of the run before: fills the first `capacity`, returns how many there are. */
    size_t (*layers)(const void *network, seg_layer_cost *layers, size_t capacity);
    /* What network and inputs are called; cut to fit. */
    void (*describe)(const void *network, char name[SEG_BENCH_TEXT], char input[SEG_BENCH_TEXT]);
    void (*free)(void *network); /* NULL is allowed */
} seg_bench_kind;

extern const seg_bench_kind seg_bench_native, seg_bench_imported;

/* count random elements: floats from -1 to 1, bytes of any value, other integers 0 or 1 (which
 * are indices often enough). */
void seg_bench_randomise(void *data, seg_dtype dtype, int64_t count);

#endif
