/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* bench.c: run a network again and again, and say what it took. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/half.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "bench/network.h"
#include "io/program_file.h"
#include "seg/image.h"

enum { RUNS_MIN = 3, RUNS_MOST = 1 << 16 };

typedef struct whole {
    seg_bench bench; /* first: what the caller holds */
    seg_arena arena; /* of its texts */
    seg_bench_layer *layers;
} whole;

/* While measuring. */
typedef struct stopwatch {
    const seg_bench_kind *kind;
    void *network;
    seg_layer_cost *layers; /* of the last run */
    double *best;           /* [layer_count] least seconds of any run */
    size_t layer_count, runs, runs_capacity;
    double *seconds; /* of the runs */
} stopwatch;

/* ---- inputs and memory ---- */

static float random_float(seg_rng *rng)
{
    return (float)(2 * seg_rng_uniform(rng) - 1);
}

void seg_bench_randomise(void *data, seg_dtype dtype, int64_t count)
{
    seg_rng rng = seg_rng_make(1, SEG_RNG_METHOD, 0);
    for (int64_t i = 0; i < count; i++) {
        const float value = random_float(&rng);
        const int bit = value > 0;
        switch (dtype) {
        case SEG_F32:
            ((float *)data)[i] = value;
            break;
        case SEG_F64:
            ((double *)data)[i] = (double)value;
            break;
        case SEG_F16:
            seg_f32_to_f16(&value, (uint16_t *)data + i, 1);
            break;
        case SEG_BF16:
            seg_f32_to_bf16(&value, (uint16_t *)data + i, 1);
            break;
        case SEG_U8:
        case SEG_I8:
            ((uint8_t *)data)[i] = (uint8_t)seg_rng_below(&rng, 256);
            break;
        case SEG_BOOL:
            ((uint8_t *)data)[i] = (uint8_t)bit;
            break;
        case SEG_I16:
        case SEG_U16:
            ((uint16_t *)data)[i] = (uint16_t)bit;
            break;
        case SEG_I32:
        case SEG_U32:
            ((uint32_t *)data)[i] = (uint32_t)bit;
            break;
        case SEG_I64:
        case SEG_U64:
            ((uint64_t *)data)[i] = (uint64_t)bit;
            break;
        }
    }
}

/*
 * Most resident memory of the process, 1e6 bytes. Linux's own file is asked first: what getrusage
 * says there may be that of the program which started this one.
 */
static double peak_rss_mb(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    struct rusage usage;
    char line[256];
    long long kib = -1;
    while (file != NULL && kib < 0 && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtoll(line + 6, NULL, 10);
    }
    if (file != NULL)
        fclose(file);
    if (kib < 0 && getrusage(RUSAGE_SELF, &usage) == 0)
#ifdef __APPLE__
        kib = usage.ru_maxrss / 1024;
#else
        kib = usage.ru_maxrss;
#endif
    return kib > 0 ? (double)kib * 1024e-6 : (double)NAN;
}

/* ---- running ---- */

static seg_status first_run(stopwatch *watch, const char *path, const seg_bench_opts *opts,
                            seg_bench *bench, seg_error *err)
{
    double start = seg_clock_seconds();
    seg_status status = watch->kind->load(&watch->network, path, opts, err);
    const double loaded = seg_clock_seconds() - start;
    if (status == SEG_OK)
        status = watch->kind->feed(watch->network, err);
    start = seg_clock_seconds();
    if (status == SEG_OK)
        status = watch->kind->run(watch->network, err);
    if (status != SEG_OK)
        return status;
    const double ran = seg_clock_seconds() - start;
    const double planned = watch->kind->planning(watch->network);
    bench->load_ms = 1e3 * (loaded + planned);
    bench->first_ms = 1e3 * (ran - planned);
    return SEG_OK;
}

/* Room for the steps of the run before; their best times start anew when it had others. */
static seg_status note_layers(stopwatch *watch, seg_error *err)
{
    const size_t count = watch->kind->layers(watch->network, watch->layers, watch->layer_count);
    if (count != watch->layer_count) {
        free(watch->layers);
        free(watch->best);
        watch->layers = calloc(count + 1, sizeof *watch->layers);
        watch->best = calloc(count + 1, sizeof *watch->best);
        watch->layer_count = 0;
        if (watch->layers == NULL || watch->best == NULL)
            return seg_fail_nomem(err, count * sizeof *watch->layers, "times of layers");
        watch->layer_count = count;
        for (size_t i = 0; i < count; i++)
            watch->best[i] = HUGE_VAL;
        watch->kind->layers(watch->network, watch->layers, count);
    }
    for (size_t i = 0; i < count; i++)
        watch->best[i] = fmin(watch->best[i], watch->layers[i].seconds);
    return SEG_OK;
}

static seg_status one_run(stopwatch *watch, seg_error *err)
{
    void *seconds = watch->seconds;
    if (!seg_array_reserve(&seconds, &watch->runs_capacity, watch->runs + 1,
                           sizeof *watch->seconds))
        return seg_fail_nomem(err, watch->runs * sizeof *watch->seconds, "times");
    watch->seconds = seconds;
    const double start = seg_clock_seconds();
    seg_status status = watch->kind->run(watch->network, err);
    watch->seconds[watch->runs] = seg_clock_seconds() - start;
    if (status != SEG_OK)
        return status;
    watch->runs++;
    return note_layers(watch, err);
}

static seg_status all_runs(stopwatch *watch, const seg_bench_opts *opts, seg_error *err)
{
    const double until = seg_clock_seconds() + opts->seconds;
    const size_t least = (size_t)(opts->runs > 0 ? opts->runs : RUNS_MIN);
    const size_t most = opts->runs > 0 ? least : RUNS_MOST;
    seg_status status = SEG_OK;
    while (status == SEG_OK && watch->runs < most &&
           (watch->runs < least || seg_clock_seconds() < until))
        status = one_run(watch, err);
    return status;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ---- results ---- */

static double roofline(const seg_machine *machine, const seg_layer_cost *layer, double seconds)
{
    const double computing = 2e-9 * (double)layer->multiply_adds / machine->peak_gflops;
    const double moving = 1e-9 * (double)layer->bytes / machine->bandwidth_gbs;
    return seconds > 0 ? fmax(computing, moving) / seconds : 0;
}

static bool keep_sources(seg_bench_layer *to, const seg_op_call *call, seg_arena *arena)
{
    char text[SEG_SHAPE_TEXT_SIZE];
    const char **sources = seg_arena_alloc(arena, (size_t)call->src_count * sizeof *sources);
    bool kept = sources != NULL;
    for (int i = 0; kept && i < call->src_count; i++) {
        sources[i] = seg_arena_strdup(arena, seg_shape_text(&call->src[i].shape, text));
        kept = sources[i] != NULL;
    }
    to->sources = sources;
    to->source_count = call->src_count;
    return kept;
}

static double param_value(const seg_param *param, const void *params)
{
    const char *field = (const char *)params + param->offset;
    int64_t integer;
    double fraction;
    if (param->type == SEG_PARAM_INT) {
        memcpy(&integer, field, sizeof integer);
        return (double)integer;
    }
    memcpy(&fraction, field, sizeof fraction);
    return fraction;
}

/* Names are the op's own, which are constants. */
static bool keep_settings(seg_bench_layer *to, const seg_op *op, const void *params,
                          seg_arena *arena)
{
    int count = 0;
    while (op->params != NULL && op->params[count].type != SEG_PARAM_END)
        count++;
    seg_bench_setting *settings = seg_arena_alloc(arena, (size_t)(count + 1) * sizeof *settings);
    for (int i = 0; settings != NULL && i < count; i++)
        settings[i] = (seg_bench_setting){op->params[i].name, param_value(&op->params[i], params)};
    to->settings = settings;
    to->setting_count = settings != NULL ? count : 0;
    return settings != NULL;
}

/* Texts outlive the network, and all that can fail is done before the machine is measured. */
static seg_status keep_texts(whole *w, const stopwatch *watch, seg_error *err)
{
    char name[SEG_BENCH_TEXT], input[SEG_BENCH_TEXT], shape[SEG_SHAPE_TEXT_SIZE];
    watch->kind->describe(watch->network, name, input);
    w->bench.network = seg_arena_strdup(&w->arena, name);
    w->bench.input = seg_arena_strdup(&w->arena, input);
    w->layers = seg_arena_alloc(&w->arena, (watch->layer_count + 1) * sizeof *w->layers);
    bool kept = w->bench.network != NULL && w->bench.input != NULL && w->layers != NULL;
    for (size_t i = 0; kept && i < watch->layer_count; i++) {
        const seg_layer_cost *layer = &watch->layers[i];
        w->layers[i].name = seg_arena_strdup(&w->arena, layer->name);
        w->layers[i].op = seg_arena_strdup(&w->arena, layer->op);
        w->layers[i].algorithm = seg_arena_strdup(&w->arena, layer->algorithm);
        w->layers[i].shape = seg_arena_strdup(&w->arena, seg_shape_text(&layer->shape, shape));
        kept = w->layers[i].name != NULL && w->layers[i].op != NULL &&
               w->layers[i].algorithm != NULL && w->layers[i].shape != NULL;
        w->layers[i].source_count = w->layers[i].setting_count = 0;
        if (kept && layer->call != NULL)
            kept = keep_sources(&w->layers[i], layer->call, &w->arena) &&
                   keep_settings(&w->layers[i], layer->layer, layer->call->params, &w->arena);
    }
    return kept ? SEG_OK : seg_fail_nomem(err, watch->layer_count, "times of layers");
}

static void fill_results(whole *w, stopwatch *watch)
{
    seg_bench *bench = &w->bench;
    int64_t multiply_adds = 0;
    qsort(watch->seconds, watch->runs, sizeof *watch->seconds, by_value);
    bench->runs = (int)watch->runs;
    bench->min_ms = 1e3 * watch->seconds[0];
    bench->median_ms =
        500 * (watch->seconds[(watch->runs - 1) / 2] + watch->seconds[watch->runs / 2]);
    for (size_t i = 0; i < watch->layer_count; i++) {
        const seg_layer_cost *layer = &watch->layers[i];
        const double seconds = watch->best[i], work = (double)layer->multiply_adds;
        multiply_adds += layer->multiply_adds;
        w->layers[i].ms = 1e3 * seconds;
        w->layers[i].gmac = 1e-9 * work;
        w->layers[i].gflops = seconds > 0 ? 2e-9 * work / seconds : 0;
        w->layers[i].mbytes = 1e-6 * (double)layer->bytes;
        w->layers[i].roofline = roofline(&bench->machine, layer, seconds);
    }
    bench->layer_count = (int)watch->layer_count;
    bench->layers = w->layers;
    bench->gmac = 1e-9 * (double)multiply_adds;
    bench->peak_share = 2e3 * bench->gmac / bench->min_ms / bench->machine.peak_gflops;
}

static seg_status measure(whole *w, stopwatch *watch, const char *path, const seg_bench_opts *opts,
                          seg_error *err)
{
    seg_bench *bench = &w->bench;
    bench->batch = opts->batch;
    seg_status status = first_run(watch, path, opts, bench, err);
    if (status == SEG_OK)
        status = all_runs(watch, opts, err);
    if (status == SEG_OK)
        status = keep_texts(w, watch, err);
    bench->peak_rss_mb = peak_rss_mb();
    if (status == SEG_OK)
        status = seg_bench_machine(&bench->machine, opts->threads, err);
    if (status == SEG_OK)
        fill_results(w, watch);
    return status;
}

static seg_status complete(seg_bench_opts *opts, seg_error *err)
{
    const bool half_a_size = (opts->height > 0) != (opts->width > 0);
    if (opts->height < 0 || opts->width < 0 || opts->height > SEG_MAX_SIDE ||
        opts->width > SEG_MAX_SIDE || half_a_size)
        return seg_fail(err, SEG_INVALID, "a size of %dx%d pixels, not 1..%d each", opts->height,
                        opts->width, SEG_MAX_SIDE);
    if (opts->batch < 0 || opts->threads < 0 || opts->runs < 0 || !(opts->seconds >= 0))
        return seg_fail(err, SEG_INVALID,
                        "a benchmark of %d images, %d threads, %d runs or %g seconds", opts->batch,
                        opts->threads, opts->runs, opts->seconds);
    opts->batch = opts->batch > 0 ? opts->batch : 1;
    opts->threads = opts->threads > 0 ? opts->threads : seg_cpu_count();
    opts->seconds = opts->seconds > 0 ? opts->seconds : 2;
    return SEG_OK;
}

seg_status seg_bench_model(seg_bench **out, const char *path, const seg_bench_opts *given,
                           seg_error *err)
{
    seg_bench_opts opts = given != NULL ? *given : (seg_bench_opts){0};
    seg_file_kind kind = SEG_FILE_SAFETENSORS;
    stopwatch watch = {.kind = &seg_bench_native};
    *out = NULL;
    seg_status status = complete(&opts, err);
    if (status == SEG_OK && path != NULL)
        status = seg_file_kind_of(&kind, path, err);
    if (status != SEG_OK)
        return status;
    if (kind != SEG_FILE_SAFETENSORS)
        watch.kind = &seg_bench_imported;
    else if (opts.dequantise)
        return seg_fail(err, SEG_INVALID, "%s: a model of seg's own is not quantised",
                        path != NULL ? path : "the default model");
    whole *w = calloc(1, sizeof *w);
    if (w == NULL)
        return seg_fail_nomem(err, sizeof *w, "a benchmark");
    status = measure(w, &watch, path, &opts, err);
    watch.kind->free(watch.network);
    free(watch.layers);
    free(watch.best);
    free(watch.seconds);
    if (status == SEG_OK)
        *out = &w->bench;
    else
        seg_bench_free(&w->bench);
    return status;
}

void seg_bench_free(seg_bench *bench)
{
    whole *w = (whole *)(void *)bench;
    if (w == NULL)
        return;
    seg_arena_release(&w->arena);
    free(w);
}
