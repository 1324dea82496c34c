/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * conv.c: how fast dense convolutions run, against the multiply-add peak of the same machine.
 *   bench-conv [THREADS [PART-OF-A-LAYER'S-NAME [cpu] [bf16]]]
 *
 * For each layer: forward, gradient of src, gradient of weights; best and median milliseconds,
 * GFLOP/s counted over all taps (those on padding too), and its share of the peak. The peak is
 * measured anew before each layer: clocks and neighbours change. `cpu` counts processor time of
 * the process instead of time on the wall: for one thread on a busy machine. `bf16` rounds operands
 * (the peak stays that of float32).
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

typedef struct layer {
    const char *name;
    int64_t n, side, ic, oc, kernel, stride, rate;
} layer;

static const layer layers[] = {
    {"first 3x3/2 3->32 @512", 1, 512, 3, 32, 3, 2, 1},
    {"vgg 3x3 3->64 @512", 1, 512, 3, 64, 3, 1, 1},
    {"vgg 3x3 64->64 @512", 1, 512, 64, 64, 3, 1, 1},
    {"vgg 3x3 256->256 @128", 1, 128, 256, 256, 3, 1, 1},
    {"vgg 3x3 512->512 @32", 1, 32, 512, 512, 3, 1, 1},
    {"fc6 7x7 512->1024 @16", 1, 16, 512, 1024, 7, 1, 1},
    {"1x1 16->96 @257", 1, 257, 16, 96, 1, 1, 1},
    {"1x1 96->24 @129", 1, 129, 96, 24, 1, 1, 1},
    {"1x1 24->144 @129", 1, 129, 24, 144, 1, 1, 1},
    {"1x1 144->32 @65", 1, 65, 144, 32, 1, 1, 1},
    {"1x1 160->960 @33", 1, 33, 160, 960, 1, 1, 1},
    {"1x1 960->160 @33", 1, 33, 960, 160, 1, 1, 1},
    {"1x1 256->64 @129", 1, 129, 256, 64, 1, 1, 1},
    {"1x1 1024->256 @33", 1, 33, 1024, 256, 1, 1, 1},
    {"3x3 256->256 @33", 1, 33, 256, 256, 3, 1, 1},
    {"aspp rate 6 320->256 @33", 1, 33, 320, 256, 3, 1, 6},
    {"aspp rate 12 320->256 @33", 1, 33, 320, 256, 3, 1, 12},
    {"aspp rate 18 320->256 @33", 1, 33, 320, 256, 3, 1, 18},
    {"aspp rate 12 2048->256 @33", 1, 33, 2048, 256, 3, 1, 12},
    {"train 3x3/2 3->32 8 @360", 8, 360, 3, 32, 3, 2, 1},
    {"train 1x1 16->96 8 @180", 8, 180, 16, 96, 1, 1, 1},
    {"train 1x1 24->144 8 @45", 8, 45, 24, 144, 1, 1, 1},
    {"train 1x1 144->24 8 @45", 8, 45, 144, 24, 1, 1, 1},
    {"train 1x1 64->384 8 @23", 8, 23, 64, 384, 1, 1, 1},
    {"train 1x1 384->96 8 @23", 8, 23, 384, 96, 1, 1, 1},
    {"train 1x1 320->256 8 @23", 8, 23, 320, 256, 1, 1, 1},
    {"train rate 12 320->256 8 @23", 8, 23, 320, 256, 3, 1, 12},
    {"train 1x1 960->160 8 @23", 8, 23, 960, 160, 1, 1, 1},
    {"train 1x1 304->256 8 @90", 8, 90, 304, 256, 1, 1, 1},
    {"train 1x1 256->256 8 @90", 8, 90, 256, 256, 1, 1, 1},
    {"train 1x1 256->21 8 @90", 8, 90, 256, 21, 1, 1, 1},
    {"train 3x3 64->64 8 @90", 8, 90, 64, 64, 3, 1, 1},
};

static bool count_cpu, bf16;

static double now(void)
{
    return count_cpu ? (double)clock() / CLOCKS_PER_SEC : seg_clock_seconds();
}

/* ---- peak ---- */

typedef struct peak_job {
    const seg_kernels *kernels;
    float sinks[64 * 16];
} peak_job;

enum { PEAK_ROUNDS = 1 << 20 };

static void peak_body(void *context, int64_t index, int thread)
{
    (void)thread;
    peak_job *job = context;
    job->kernels->peak.spin(PEAK_ROUNDS, &job->sinks[index % 64 * 16]);
}

/* Multiply-adds per second of `threads` threads together. */
static double peak(const seg_kernels *kernels, int threads)
{
    static peak_job job;
    job.kernels = kernels;
    double best = 1e9;
    for (int i = 0; i < 7; i++) {
        double start = now();
        seg_parallel_for(threads, threads, peak_body, &job);
        double seconds = now() - start;
        best = seconds < best ? seconds : best;
    }
    float sink = 0;
    return (double)kernels->peak.spin(PEAK_ROUNDS, &sink) * threads / best;
}

/* ---- layers ---- */

typedef struct setup {
    seg_conv2d_params params;
    seg_tensor src[3], diff_src[3], dst, diff_dst;
    seg_op_call call;
} setup;

/* The process ends when memory is short: this is a benchmark. */
static void *take(size_t size)
{
    void *data = seg_block_new(size);
    if (data == NULL) {
        fprintf(stderr, "bench-conv: out of memory\n");
        exit(1);
    }
    return data;
}

static seg_tensor random_tensor(seg_shape shape)
{
    seg_tensor t = {shape, take(seg_shape_size(&shape))};
    seg_rng rng = seg_rng_make(1, SEG_RNG_METHOD, 0);
    for (int64_t i = 0; i < seg_shape_count(&shape); i++)
        seg_f32(&t)[i] = (float)(seg_rng_uniform(&rng) - 0.5);
    return t;
}

static void setup_init(setup *s, const layer *l, const seg_kernels *kernels, int threads)
{
    int64_t pad = l->rate * (l->kernel - 1) / 2;
    s->params =
        (seg_conv2d_params){0, l->stride, l->stride, pad, pad, pad, pad, l->rate, l->rate, 1};
    seg_shape src[3] = {seg_shape_nhwc(l->n, l->side, l->side, l->ic),
                        seg_shape_nhwc(l->kernel, l->kernel, l->ic, l->oc),
                        seg_shape_vector(l->oc)};
    seg_shape dst;
    seg_error err;
    if (seg_op_check(&seg_op_conv2d, &s->params, 3, src, &dst, &err) != SEG_OK) {
        fprintf(stderr, "bench-conv: %s\n", err.text);
        exit(1);
    }
    for (int i = 0; i < 3; i++) {
        s->src[i] = random_tensor(src[i]);
        s->diff_src[i] = random_tensor(src[i]);
    }
    s->dst = random_tensor(dst);
    s->diff_dst = random_tensor(dst);
    s->call = (seg_op_call){.params = &s->params,
                            .kernels = kernels,
                            .threads = threads,
                            .train = true,
                            .bf16 = bf16,
                            .src_count = 3,
                            .src = s->src,
                            .dst = &s->dst,
                            .diff_src = s->diff_src,
                            .diff_dst = &s->diff_dst};
    s->call.packed = take(seg_op_conv2d.packed_size(&s->call));
    s->call.scratch = take(seg_op_conv2d.scratch_size(&s->call));
    seg_op_conv2d.pack(&s->call);
}

static void setup_release(setup *s)
{
    for (int i = 0; i < 3; i++) {
        seg_block_free(s->src[i].data);
        seg_block_free(s->diff_src[i].data);
    }
    seg_block_free(s->dst.data);
    seg_block_free(s->diff_dst.data);
    seg_block_free(s->call.packed);
    seg_block_free(s->call.scratch);
}

enum pass { FORWARD, BACKWARD_SRC, BACKWARD_WEIGHTS, PASSES };

static void run(setup *s, enum pass pass)
{
    if (pass == FORWARD) {
        seg_op_conv2d.forward(&s->call);
        return;
    }
    seg_tensor wanted[3] = {s->diff_src[0], s->diff_src[1], s->diff_src[2]};
    for (int i = 0; i < 3; i++)
        wanted[i].data = (i == 0) == (pass == BACKWARD_SRC) ? wanted[i].data : NULL;
    seg_op_call call = s->call;
    call.diff_src = wanted;
    seg_op_conv2d.backward(&call);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(setup *s, enum pass pass, double peak_rate)
{
    enum { RUNS_MAX = 200 };
    double seconds[RUNS_MAX], until = now() + 0.3;
    int runs = 0;
    run(s, pass);
    while (runs < 3 || (runs < RUNS_MAX && now() < until)) {
        double start = now();
        run(s, pass);
        seconds[runs++] = now() - start;
    }
    qsort(seconds, (size_t)runs, sizeof *seconds, compare);
    double rate = (double)seg_op_conv2d.multiply_adds(&s->call) / seconds[0];
    printf(" | %8.3f %8.3f %6.1f %4.0f%%", seconds[0] * 1e3, seconds[runs / 2] * 1e3, 2e-9 * rate,
           100 * rate / peak_rate);
}

int main(int argc, char **argv)
{
    const seg_kernels *kernels = seg_kernels_get();
    int threads = argc > 1 ? (int)strtol(argv[1], NULL, 10) : seg_cpu_count();
    threads = threads < 1 ? 1 : threads;
    for (int i = 3; i < argc; i++) {
        count_cpu |= strcmp(argv[i], "cpu") == 0;
        bf16 |= strcmp(argv[i], "bf16") == 0;
    }
    printf("%s, %d threads; peak GFLOP/s: %.1f with 1 thread, %.1f with all\n", kernels->isa,
           threads, 2e-9 * peak(kernels, 1), 2e-9 * peak(kernels, threads));
    printf("%-29s | %-30s| %-31s| %s\n", "layer", "forward: best, median ms, GF/s",
           "gradient of src", "gradient of weights and bias");
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        if (argc > 2 && strstr(layers[i].name, argv[2]) == NULL)
            continue;
        setup s;
        setup_init(&s, &layers[i], kernels, threads);
        double peak_rate = peak(kernels, threads);
        printf("%-29s", layers[i].name);
        for (enum pass pass = FORWARD; pass < PASSES; pass++)
            measure(&s, pass, peak_rate);
        printf("\n");
        fflush(stdout);
        setup_release(&s);
    }
    return 0;
}
