/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * depthwise.c: depthwise convolutions, batch norm and ReLU beside the memory of this machine.
 *   bench-depthwise [THREADS [SUBSTRING]]
 * GB/s counts every tensor that must be read or written once (batch norm in training reads src
 * twice), GFLOP/s two operations per tap, padding included. Medians of repeated runs. The triad
 * a[i] = b[i] + s*c[i], at the size of each layer's tensors, is what the memory gives.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "ops/elementwise.h"
#include "ops/params.h"

static int threads = 1;
static const char *filter = "";

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median seconds of one run, over about a third of a second. */
static double median_time(void (*run)(const seg_op_call *), const seg_op_call *call)
{
    enum { MOST = 2000 };
    static double times[MOST];
    int count = 0;
    run(call);
    run(call);
    double begin = seg_clock_seconds();
    while (count < MOST && (count < 5 || seg_clock_seconds() - begin < 0.3)) {
        double start = seg_clock_seconds();
        run(call);
        times[count++] = seg_clock_seconds() - start;
    }
    qsort(times, (size_t)count, sizeof *times, by_value);
    return times[count / 2];
}

static seg_tensor tensor_new(seg_shape shape)
{
    seg_tensor tensor = {shape, seg_block_new(seg_shape_size(&shape))};
    if (tensor.data == NULL)
        exit(1);
    for (int64_t i = 0; i < seg_shape_count(&shape); i++)
        seg_f32(&tensor)[i] = (float)(i * 2654435761u % 1001) / 500.0f - 1.0f;
    return tensor;
}

typedef struct bench {
    seg_op_call call;
    const seg_op *op;
    seg_tensor src[5], diff_src[5], dst, diff_dst;
} bench;

static void bench_init(bench *b, const char *op, const void *params, int count,
                       const seg_shape *src)
{
    seg_error err;
    seg_shape dst;
    memset(b, 0, sizeof *b);
    b->op = seg_op_find(op);
    if (seg_op_check(b->op, params, count, src, &dst, &err) != SEG_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    for (int i = 0; i < count; i++) {
        b->src[i] = tensor_new(src[i]);
        b->diff_src[i] = tensor_new(src[i]);
    }
    b->dst = tensor_new(dst);
    b->diff_dst = tensor_new(dst);
    b->call = (seg_op_call){.params = params,
                            .kernels = seg_kernels_get(),
                            .threads = threads,
                            .train = true,
                            .src_count = count,
                            .src = b->src,
                            .dst = &b->dst,
                            .diff_dst = &b->diff_dst,
                            .diff_src = b->diff_src};
    b->call.workspace =
        seg_block_new(b->op->workspace_size != NULL ? b->op->workspace_size(&b->call) : 0);
    b->call.scratch =
        seg_block_new(b->op->scratch_size != NULL ? b->op->scratch_size(&b->call) : 0);
    if (b->call.workspace == NULL || b->call.scratch == NULL)
        exit(1);
}

static void bench_release(bench *b)
{
    for (int i = 0; i < b->call.src_count; i++) {
        seg_block_free(b->src[i].data);
        seg_block_free(b->diff_src[i].data);
    }
    seg_block_free(b->dst.data);
    seg_block_free(b->diff_dst.data);
    seg_block_free(b->call.workspace);
    seg_block_free(b->call.scratch);
}

static void report(const char *layer, const char *what, double seconds, double bytes, double flops)
{
    printf("%-26s %-17s %8.3f ms %7.1f GB/s", layer, what, 1e3 * seconds, 1e-9 * bytes / seconds);
    if (flops > 0)
        printf(" %7.1f GFLOP/s", 1e-9 * flops / seconds);
    printf("\n");
    fflush(stdout);
}

/* ---- the memory's own speed ---- */

static void triad_block(void *context, int64_t first, int64_t n)
{
    const seg_op_call *call = context;
    float *a = seg_f32(call->dst) + first;
    const float *b = seg_f32(&call->src[0]) + first, *c = seg_f32(call->diff_dst) + first;
    for (int64_t i = 0; i < n; i++)
        a[i] = b[i] + 3.0f * c[i];
}

static void triad(const seg_op_call *call)
{
    seg_op_call copy = *call;
    seg_flat_for(call->threads, seg_shape_count(&call->dst->shape), triad_block, &copy);
}

static void bench_triad(const char *layer, seg_shape image)
{
    bench b;
    bench_init(&b, "relu", NULL, 1, &image);
    report(layer, "triad", median_time(triad, &b.call), 3.0 * (double)seg_shape_size(&image), 0);
    bench_release(&b);
}

/* ---- layers ---- */

static void bench_depthwise(const char *layer, seg_shape image, int64_t k, int64_t stride,
                            int64_t rate)
{
    int64_t pad = rate * (k - 1) / 2;
    seg_conv2d_params params = {.sh = stride,
                                .sw = stride,
                                .ph = pad,
                                .pw = pad,
                                .ph_end = pad,
                                .pw_end = pad,
                                .dh = rate,
                                .dw = rate,
                                .groups = 1};
    seg_shape src[2] = {image, seg_shape_nhwc(k, k, 1, image.c)};
    bench b;
    bench_init(&b, "depthwise2d", &params, 2, src);
    double bytes = (double)(seg_shape_size(&image) + seg_shape_size(&b.dst.shape));
    double flops = 2.0 * (double)b.op->multiply_adds(&b.call);
    report(layer, "forward", median_time(b.op->forward, &b.call), bytes, flops);
    void *diff_weights = b.diff_src[1].data;
    b.diff_src[1].data = NULL;
    report(layer, "backward data", median_time(b.op->backward, &b.call), bytes, flops);
    b.diff_src[1].data = diff_weights;
    void *diff_image = b.diff_src[0].data;
    b.diff_src[0].data = NULL;
    report(layer, "backward weights", median_time(b.op->backward, &b.call), bytes, flops);
    b.diff_src[0].data = diff_image;
    bench_release(&b);
}

static void bench_batchnorm(const char *layer, seg_shape image, int64_t activation)
{
    seg_batchnorm_params params = {.activation = activation, .epsilon = 1e-5, .momentum = 0.01};
    seg_shape vector = seg_shape_vector(image.c);
    seg_shape src[5] = {image, vector, vector, vector, vector};
    bench b;
    bench_init(&b, "batchnorm", &params, 5, src);
    for (int i = 1; i < 5; i++)
        b.call.kernels->rows.fill(seg_f32(&b.src[i]), 1, image.c);
    double bytes = (double)seg_shape_size(&image);
    report(layer, activation ? "bn+relu6 forward" : "batchnorm forward",
           median_time(b.op->forward, &b.call), 3 * bytes, 0);
    report(layer, activation ? "bn+relu6 backward" : "batchnorm backwd",
           median_time(b.op->backward, &b.call), 5 * bytes, 0);
    bench_release(&b);
}

static void bench_relu(const char *layer, seg_shape image)
{
    bench b;
    bench_init(&b, "relu", NULL, 1, &image);
    double bytes = (double)seg_shape_size(&image);
    report(layer, "relu forward", median_time(b.op->forward, &b.call), 2 * bytes, 0);
    report(layer, "relu backward", median_time(b.op->backward, &b.call), 3 * bytes, 0);
    bench_release(&b);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int64_t n, side, c, k, stride, rate;
    } layers[] = {
        {"32@257 batch 1", 1, 257, 32, 3, 1, 1},
        {"96@257 stride 2", 1, 257, 96, 3, 2, 1},
        {"144@129 batch 1", 1, 129, 144, 3, 1, 1},
        {"144@129 stride 2", 1, 129, 144, 3, 2, 1},
        {"192@65 batch 1", 1, 65, 192, 3, 1, 1},
        {"576@33 batch 1", 1, 33, 576, 3, 1, 1},
        {"960@33 rate 2", 1, 33, 960, 3, 1, 2},
        {"960@33 rate 4", 1, 33, 960, 3, 1, 4},
        {"2048@33 rate 12", 1, 33, 2048, 3, 1, 12},
        {"2048@33 rate 18", 1, 33, 2048, 3, 1, 18},
        {"384@45 batch 8", 8, 45, 384, 3, 1, 1},
        {"144@90 batch 8 stride 2", 8, 90, 144, 3, 2, 1},
        {"192@23 5x5", 1, 23, 192, 5, 1, 1},
    };
    if (argc > 1)
        threads = (int)strtol(argv[1], NULL, 10);
    if (argc > 2)
        filter = argv[2];
    threads = threads >= 1 ? threads : 1;
    printf("%s, %d thread(s)\n", seg_kernels_get()->isa, threads);
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        seg_shape image = seg_shape_nhwc(layers[i].n, layers[i].side, layers[i].side, layers[i].c);
        if (strstr(layers[i].name, filter) == NULL)
            continue;
        bench_triad(layers[i].name, image);
        bench_depthwise(layers[i].name, image, layers[i].k, layers[i].stride, layers[i].rate);
        if (layers[i].stride > 1 || layers[i].rate > 4)
            continue;
        bench_batchnorm(layers[i].name, image, SEG_ACT_NONE);
        bench_batchnorm(layers[i].name, image, SEG_ACT_RELU6);
        bench_relu(layers[i].name, image);
    }
    return 0;
}
