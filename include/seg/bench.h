/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * seg/bench.h: how fast this machine is, and how near to that a network runs on it.
 *
 * Times are of the clock on the wall: a busy machine is a slow one.
 */
#ifndef SEG_BENCH_H
#define SEG_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "seg/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the machine does at most with so many threads. */
typedef struct seg_machine {
    const char *isa; /* the kernels' instruction set: "avx512"; a constant */
    int threads;
    double peak_gflops;   /* multiply-adds on registers alone, each counted as two */
    double bandwidth_gbs; /* reading memory that no cache holds, 1e9 bytes per second */
} seg_machine;

/* Takes half a second and 256 MiB. threads 0: one per processor. Errors: SEG_INVALID, SEG_NOMEM. */
SEG_API seg_status seg_bench_machine(seg_machine *out, int threads, seg_error *err);

/* Zero means the default. */
typedef struct seg_bench_opts {
    int height, width; /* pixels: of an image for models of seg's own (default 512 x 512), of inputs
                          whose extents the file leaves open (default 512 x 512) otherwise */
    int batch;         /* images at once; default 1 */
    int threads;       /* default: one per processor */
    int runs;          /* default: as many as `seconds` have room for, at least 3 */
    double seconds;    /* of repeated runs; default 2 */
    bool dequantise;   /* run a quantised network in float */
    bool bf16;         /* as in seg_session_opts */
} seg_bench_opts;

/* A number that a layer was set to, under its name in docs/ops: "sh" 2. */
typedef struct seg_bench_setting {
    const char *name;
    double value;
} seg_bench_setting;

/* One step of a run. */
typedef struct seg_bench_layer {
    const char *name, *op, *algorithm; /* algorithm "": there is but one way */
    const char *shape;                 /* of its result: "f32 1x33x33x256" */
    double ms;                         /* the best of all runs */
    double gmac;                       /* 1e9 multiply-adds, those on padding included */
    double gflops;                     /* of them per second, each counted as two */
    double mbytes;                     /* 1e6 bytes of its sources and its result, each once */
    double roofline;                 /* the least time that the machine's peak and bandwidth allow,
                                          as a share of ms; above 1 when a cache held its data, or when
                                          what falls on padding is left out */
    int source_count, setting_count; /* 0 of what is not one of our layers */
    const char *const *sources;      /* shapes of what it reads; kernels are KH,KW,IC/groups,OC */
    const seg_bench_setting *settings; /* all that it was set to */
} seg_bench_layer;

typedef struct seg_bench {
    const char *network; /* "deeplabv3plus mobilenetv2", "onnx" */
    const char *input;   /* "u8 1x512x512x3", "image: f32 1x3x513x513" */
    seg_machine machine; /* measured in the same minute */
    int batch, runs;
    double
        load_ms; /* from the file to where the first run can start: read, folded, planned, weights
                        packed. The file is usually in the system's cache */
    double first_ms;          /* the first run */
    double min_ms, median_ms; /* of the runs after it */
    double gmac;              /* 1e9 multiply-adds of a run, those on padding included */
    double peak_share;        /* what they come to in min_ms, as a share of machine.peak_gflops */
    double peak_rss_mb; /* most memory of the process so far, 1e6 bytes, before the machine was
                           measured; NaN where the system does not say */
    int layer_count;
    const seg_bench_layer *layers; /* in the order in which they run; together nearly min_ms */
} seg_bench;

/*
 * Load a model file of any format, or the default model when path is NULL, and run it again and
 * again: one of seg's own from random pixels to labels, an imported one from random numbers to
 * its outputs. opts may be NULL. On SEG_OK *out goes to seg_bench_free; otherwise it is NULL.
 * Errors: those of seg_model_load, seg_program_load and seg_runner_run; SEG_INVALID (options; a
 * size or batch other than the file's; an input of unknown rank), SEG_NOMEM.
 */
SEG_API seg_status seg_bench_model(seg_bench **out, const char *path, const seg_bench_opts *opts,
                                   seg_error *err);
SEG_API void seg_bench_free(seg_bench *bench); /* NULL is allowed */

#ifdef __cplusplus
}
#endif
#endif
