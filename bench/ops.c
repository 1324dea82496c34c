/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * ops.c: how fast the ops run that move more than they compute, against plain copying.
 *   bench-ops [THREADS [PART-OF-A-CASE'S-NAME [cpu]]]
 *
 * For each case: best and median milliseconds of forward and backward, and GB/s of the best, each
 * tensor counted as read or written once. The first line copies an array with
 * memcpy: about what memory allows. `cpu` counts processor time instead of time on the wall.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "ops/op.h"
#include "ops/params.h"

typedef struct op_case {
    const char *name;
    const seg_op *op;
    const void *params;
    int src_count;
    int64_t src[SEG_OP_MAX_SRC][4]; /* N,H,W,C; a vector of C where N is 0 */
} op_case;

static const seg_resize_params to_360 = {360, 360, 0}, to_513 = {513, 513, 1}, to_90 = {90, 90, 0};
static const seg_pool2d_params pool2 = {.kh = 2, .kw = 2, .sh = 2, .sw = 2};
static const seg_pool2d_params pool3 = {.kh = 3, .kw = 3, .sh = 2, .sw = 2, .ph = 1, .pw = 1};
static const seg_dropout_params half = {0.5};
static const seg_conv2d_params depth3 = {0, 1, 1, 1, 1, 1, 1, 1, 1, 1};
static const seg_batchnorm_params norm = {SEG_ACT_RELU6, 1e-3, 0.1, 0};

#define VECTOR(c)                                                                                  \
    {                                                                                              \
        0, 0, 0, c                                                                                 \
    }
#define NORM(n, side, c)                                                                           \
    5,                                                                                             \
    {                                                                                              \
        {n, side, side, c}, VECTOR(c), VECTOR(c), VECTOR(c), VECTOR(c)                             \
    }

static const op_case cases[] = {
    {"resize logits 8x90x90x11 to 360", &seg_op_resize_bilinear, &to_360, 1, {{8, 90, 90, 11}}},
    {"resize logits 1x129x129x21 to 513", &seg_op_resize_bilinear, &to_513, 1, {{1, 129, 129, 21}}},
    {"resize aspp 8x23x23x256 to 90", &seg_op_resize_bilinear, &to_90, 1, {{8, 23, 23, 256}}},
    {"nearest 8x90x90x11 to 360", &seg_op_resize_nearest, &to_360, 1, {{8, 90, 90, 11}}},
    {"softmax 8x360x360x11", &seg_op_softmax, NULL, 1, {{8, 360, 360, 11}}},
    {"argmax 8x360x360x11", &seg_op_argmax, NULL, 1, {{8, 360, 360, 11}}},
    {"argmax 1x513x513x21", &seg_op_argmax, NULL, 1, {{1, 513, 513, 21}}},
    {"maxpool 2x2 4x256x256x64", &seg_op_maxpool2d, &pool2, 1, {{4, 256, 256, 64}}},
    {"maxpool 3x3/2 1x257x257x64", &seg_op_maxpool2d, &pool3, 1, {{1, 257, 257, 64}}},
    {"avgpool 3x3/2 1x257x257x64", &seg_op_avgpool2d, &pool3, 1, {{1, 257, 257, 64}}},
    {"global_avgpool 1x33x33x2048", &seg_op_global_avgpool, NULL, 1, {{1, 33, 33, 2048}}},
    {"concat 8x90x90x256 + 48", &seg_op_concat, NULL, 2, {{8, 90, 90, 256}, {8, 90, 90, 48}}},
    {"dropout 8x90x90x256", &seg_op_dropout, &half, 1, {{8, 90, 90, 256}}},
    {"depthwise 8x90x90x304", &seg_op_depthwise2d, &depth3, 2, {{8, 90, 90, 304}, {3, 3, 1, 304}}},
    {"depthwise 8x90x90x144", &seg_op_depthwise2d, &depth3, 2, {{8, 90, 90, 144}, {3, 3, 1, 144}}},
    {"depthwise 8x23x23x960", &seg_op_depthwise2d, &depth3, 2, {{8, 23, 23, 960}, {3, 3, 1, 960}}},
    {"batchnorm 8x180x180x96", &seg_op_batchnorm, &norm, NORM(8, 180, 96)},
    {"batchnorm 8x90x90x256", &seg_op_batchnorm, &norm, NORM(8, 90, 256)},
    {"batchnorm 8x90x90x24", &seg_op_batchnorm, &norm, NORM(8, 90, 24)},
    {"batchnorm 8x45x45x192", &seg_op_batchnorm, &norm, NORM(8, 45, 192)},
    {"batchnorm 8x23x23x960", &seg_op_batchnorm, &norm, NORM(8, 23, 960)},
};

enum { CASE_COUNT = sizeof cases / sizeof *cases, REPEATS = 15 };

static bool count_cpu;

static double now(void)
{
    return count_cpu ? (double)clock() / CLOCKS_PER_SEC : seg_clock_seconds();
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Prints best and median; bytes are those of one run. */
static void time_runs(void (*run)(const seg_op_call *), const seg_op_call *call, double bytes)
{
    double seconds[REPEATS];
    run(call);
    for (int i = 0; i < REPEATS; i++) {
        double start = now();
        run(call);
        seconds[i] = now() - start;
    }
    qsort(seconds, REPEATS, sizeof *seconds, compare);
    printf("  %8.3f %8.3f ms %5.1f GB/s", seconds[0] * 1e3, seconds[REPEATS / 2] * 1e3,
           bytes / seconds[0] * 1e-9);
}

static void *block(size_t size)
{
    void *memory = seg_block_new_zero(size + 1);
    if (memory == NULL) {
        fprintf(stderr, "bench-ops: out of memory\n");
        exit(1);
    }
    return memory;
}

static seg_tensor tensor_new(const seg_shape *shape)
{
    seg_tensor tensor = {*shape, block(seg_shape_size(shape))};
    seg_rng rng = seg_rng_make(1, SEG_RNG_METHOD, 0);
    for (int64_t i = 0; shape->dtype == SEG_F32 && i < seg_shape_count(shape); i++)
        seg_f32(&tensor)[i] = (float)seg_rng_uniform(&rng);
    return tensor;
}

static void bench_case(const op_case *c, int threads)
{
    seg_shape shapes[SEG_OP_MAX_SRC], dst_shape;
    seg_tensor src[SEG_OP_MAX_SRC], diff_src[SEG_OP_MAX_SRC];
    double bytes = 0.0;
    for (int i = 0; i < c->src_count; i++) {
        const int64_t *dim = c->src[i];
        shapes[i] =
            dim[0] > 0 ? seg_shape_nhwc(dim[0], dim[1], dim[2], dim[3]) : seg_shape_vector(dim[3]);
        src[i] = tensor_new(&shapes[i]);
        diff_src[i] = tensor_new(&shapes[i]);
        bytes += (double)seg_shape_size(&shapes[i]);
    }
    seg_error err;
    if (seg_op_check(c->op, c->params, c->src_count, shapes, &dst_shape, &err) != SEG_OK) {
        fprintf(stderr, "bench-ops: %s\n", err.text);
        exit(1);
    }
    seg_tensor dst = tensor_new(&dst_shape), diff_dst = tensor_new(&dst_shape);
    bytes += (double)seg_shape_size(&dst_shape);
    seg_op_call call = {.params = c->params,
                        .kernels = seg_kernels_get(),
                        .threads = threads,
                        .train = true,
                        .src_count = c->src_count,
                        .src = src,
                        .dst = &dst,
                        .diff_dst = &diff_dst,
                        .diff_src = diff_src};
    call.workspace = block(c->op->workspace_size != NULL ? c->op->workspace_size(&call) : 0);
    call.scratch = block(c->op->scratch_size != NULL ? c->op->scratch_size(&call) : 0);
    printf("%-34s", c->name);
    time_runs(c->op->forward, &call, bytes);
    if (c->op->backward != NULL)
        time_runs(c->op->backward, &call, bytes);
    printf("\n");
    for (int i = 0; i < c->src_count; i++) {
        seg_block_free(src[i].data);
        seg_block_free(diff_src[i].data);
    }
    seg_block_free(dst.data);
    seg_block_free(diff_dst.data);
    seg_block_free(call.workspace);
    seg_block_free(call.scratch);
}

enum { COPY_PART = 1 << 18, COPY_PARTS = 128 };

static void copy_part(void *context, int64_t index, int thread)
{
    (void)thread;
    char *const *pair = context;
    memcpy(pair[1] + index * COPY_PART, pair[0] + index * COPY_PART, COPY_PART);
}

static void copy_all(const seg_op_call *call)
{
    void *pair[2] = {call->workspace, call->scratch};
    seg_parallel_for(call->threads, COPY_PARTS, copy_part, pair);
}

static void bench_copy(int threads)
{
    size_t size = (size_t)COPY_PART * COPY_PARTS;
    seg_op_call call = {.threads = threads, .workspace = block(size), .scratch = block(size)};
    printf("%-34s", "memcpy 32 MiB");
    time_runs(copy_all, &call, 2.0 * (double)size);
    printf("\n");
    seg_block_free(call.workspace);
    seg_block_free(call.scratch);
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? (int)strtol(argv[1], NULL, 10) : seg_cpu_count();
    threads = threads >= 1 ? threads : 1;
    count_cpu = argc > 3 && strcmp(argv[3], "cpu") == 0;
    printf("%s, %d threads: forward, backward: best, median of %d\n", seg_kernels_get()->isa,
           threads, (int)REPEATS);
    bench_copy(threads);
    for (int i = 0; i < CASE_COUNT; i++) {
        if (argc < 3 || strstr(cases[i].name, argv[2]) != NULL)
            bench_case(&cases[i], threads);
    }
    return 0;
}
