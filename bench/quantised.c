/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * quantised.c: how fast quantised convolutions run beside the same in float.
 *   bench-quantised [THREADS [PART-OF-A-LAYER'S-NAME]]
 * Best milliseconds of each in inference, multiply-adds per second, and how many times faster.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "ops/op.h"
#include "ops/params.h"

typedef struct layer {
    const char *name;
    int64_t side, ic, oc, kernel, stride, rate; /* oc 0: depthwise */
} layer;

static const layer layers[] = {
    {"first 3x3/2 3->32 @513", 513, 3, 32, 3, 2, 1},
    {"1x1 32->16 @257", 257, 32, 16, 1, 1, 1},
    {"1x1 16->96 @257", 257, 16, 96, 1, 1, 1},
    {"1x1 96->24 @129", 129, 96, 24, 1, 1, 1},
    {"1x1 24->144 @129", 129, 24, 144, 1, 1, 1},
    {"1x1 160->960 @33", 33, 160, 960, 1, 1, 1},
    {"1x1 960->160 @33", 33, 960, 160, 1, 1, 1},
    {"1x1 304->256 @129", 129, 304, 256, 1, 1, 1},
    {"vgg 3x3 3->64 @512", 512, 3, 64, 3, 1, 1},
    {"vgg 3x3 64->64 @512", 512, 64, 64, 3, 1, 1},
    {"vgg 3x3 256->256 @128", 128, 256, 256, 3, 1, 1},
    {"vgg 3x3 512->512 @32", 32, 512, 512, 3, 1, 1},
    {"vgg fc6 7x7 512->1024 @16", 16, 512, 1024, 7, 1, 1},
    {"depthwise 3x3 32 @257", 257, 32, 0, 3, 1, 1},
    {"depthwise 3x3/2 96 @257", 257, 96, 0, 3, 2, 1},
    {"depthwise 3x3 960 @33", 33, 960, 0, 3, 1, 2},
    {"depthwise 3x3 304 @129", 129, 304, 0, 3, 1, 1},
};

/* The process ends when memory is short: this is a benchmark. */
static void *take(size_t size)
{
    void *data = seg_block_new(size > 0 ? size : 1);
    if (data == NULL) {
        fprintf(stderr, "bench-quantised: out of memory\n");
        exit(1);
    }
    return data;
}

static seg_tensor random_tensor(seg_shape shape)
{
    seg_tensor t = {shape, take(seg_shape_size(&shape))};
    seg_rng rng = seg_rng_make(1, SEG_RNG_METHOD, 0);
    for (int64_t i = 0; i < seg_shape_count(&shape); i++) {
        if (shape.dtype == SEG_U8)
            ((uint8_t *)t.data)[i] = (uint8_t)seg_rng_next(&rng);
        else
            seg_f32(&t)[i] = (float)(seg_rng_uniform(&rng) - 0.5);
    }
    return t;
}

static double best_of(const seg_op *op, const seg_op_call *call)
{
    double best = 1e9, until = seg_clock_seconds() + 0.2;
    op->forward(call);
    for (int runs = 0; runs < 3 || seg_clock_seconds() < until; runs++) {
        double start = seg_clock_seconds();
        op->forward(call);
        double seconds = seg_clock_seconds() - start;
        best = seconds < best ? seconds : best;
    }
    return best;
}

/* Seconds of a layer by one op. */
static double measure(const seg_op *op, const layer *l, const void *params, seg_dtype dtype,
                      int threads, int64_t *multiply_adds)
{
    const int64_t oc = l->oc > 0 ? l->oc : l->ic, ic = l->oc > 0 ? l->ic : 1;
    seg_tensor src[3] = {{seg_shape_nhwc(1, l->side, l->side, l->ic), NULL},
                         {seg_shape_nhwc(l->kernel, l->kernel, ic, oc), NULL},
                         {seg_shape_vector(oc), NULL}};
    src[0].shape.dtype = dtype;
    seg_shape shapes[3] = {src[0].shape, src[1].shape, src[2].shape}, dst_shape;
    seg_error err;
    if (seg_op_check(op, params, 3, shapes, &dst_shape, &err) != SEG_OK) {
        fprintf(stderr, "bench-quantised: %s\n", err.text);
        exit(1);
    }
    for (int i = 0; i < 3; i++)
        src[i] = random_tensor(shapes[i]);
    seg_tensor dst = random_tensor(dst_shape);
    seg_op_call call = {.params = params,
                        .kernels = seg_kernels_get(),
                        .threads = threads,
                        .src_count = 3,
                        .src = src,
                        .dst = &dst};
    call.packed = take(op->packed_size != NULL ? op->packed_size(&call) : 0);
    call.scratch = take(op->scratch_size != NULL ? op->scratch_size(&call) : 0);
    if (op->pack != NULL)
        op->pack(&call);
    double seconds = best_of(op, &call);
    *multiply_adds = op->multiply_adds(&call);
    for (int i = 0; i < 3; i++)
        seg_block_free(src[i].data);
    seg_block_free(dst.data);
    seg_block_free(call.packed);
    seg_block_free(call.scratch);
    return seconds;
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? (int)strtol(argv[1], NULL, 10) : seg_cpu_count();
    threads = threads < 1 ? 1 : threads;
    printf("%s, %d threads\n%-27s %9s %9s %9s %6s\n", seg_kernels_get()->isa, threads, "layer",
           "float ms", "int8 ms", "GMAC/s", "times");
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        const layer *l = &layers[i];
        if (argc > 2 && strstr(l->name, argv[2]) == NULL)
            continue;
        const int64_t pad = l->rate * (l->kernel - 1) / 2;
        const seg_conv2d_u8_params p = {.conv = {SEG_ACT_RELU6, l->stride, l->stride, pad, pad, pad,
                                                 pad, l->rate, l->rate, 1},
                                        .src = {0.02, 0},
                                        .dst = {0.02, 0}};
        int64_t work;
        double as_float = measure(l->oc > 0 ? &seg_op_conv2d : &seg_op_depthwise2d, l, &p.conv,
                                  SEG_F32, threads, &work);
        double as_int8 = measure(l->oc > 0 ? &seg_op_conv2d_u8 : &seg_op_depthwise2d_u8, l, &p,
                                 SEG_U8, threads, &work);
        printf("%-27s %9.3f %9.3f %9.1f %6.2f\n", l->name, 1e3 * as_float, 1e3 * as_int8,
               1e-9 * (double)work / as_int8, as_float / as_int8);
        fflush(stdout);
    }
    return 0;
}
