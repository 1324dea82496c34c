/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* bench.c: how fast a network runs here, against what the machine can do. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <time.h>

#include "options.h"
#include "seg/bench.h"
#include "shared.h"

typedef struct facts {
    const char *model; /* NULL: built in */
    const seg_bench *bench;
    double cold_start_ms;
    bool layers;
} facts;

/* ---- text ---- */

static void print_layers(const seg_bench *bench)
{
    double sum_ms = 0;
    printf("\n%9s %9s %9s %6s  %-18s %-22s %-31s %s\n", "ms", "GFLOP/s", "MB", "roof", "operator",
           "result", "algorithm", "name");
    for (int i = 0; i < bench->layer_count; i++) {
        const seg_bench_layer *layer = &bench->layers[i];
        sum_ms += layer->ms;
        printf("%9.3f %9.1f %9.2f %5.0f%%  %-18s %-22s %-31s %s\n", layer->ms, layer->gflops,
               layer->mbytes, 100 * layer->roofline, layer->op, layer->shape, layer->algorithm,
               shared_plain(layer->name));
    }
    printf("%9.3f of a run's %.3f ms\n", sum_ms, bench->min_ms);
}

static void print_text(const facts *f)
{
    const seg_bench *b = f->bench;
    printf("machine      %s, %d thread%s: %.1f GFLOP/s of multiply-adds, %.1f GB/s from memory\n",
           b->machine.isa, b->machine.threads, b->machine.threads == 1 ? "" : "s",
           b->machine.peak_gflops, b->machine.bandwidth_gbs);
    printf("network      %s\n", b->network);
    printf("input        %s\n", shared_plain(b->input));
    printf("load         %.2f ms, until the first run can start\n", b->load_ms);
    printf("first run    %.2f ms\n", b->first_ms);
    printf("runs         %d: %.3f ms at least, %.3f ms in the median\n", b->runs, b->min_ms,
           b->median_ms);
    printf("speed        %.1f GFLOP/s, %.1f %% of the peak (%.3f G multiply-adds a run)\n",
           2e3 * b->gmac / b->min_ms, 100 * b->peak_share, b->gmac);
    printf("cold start   %.1f ms, from the start of the process to the first result\n",
           f->cold_start_ms);
    printf("memory       %.1f MB at most\n", b->peak_rss_mb);
    if (f->layers)
        print_layers(b);
}

/* ---- JSON ---- */

static json_t *json_sources(const seg_bench_layer *layer)
{
    json_t *list = json_array();
    for (int i = 0; i < layer->source_count; i++)
        json_array_append_new(list, json_string(layer->sources[i]));
    return list;
}

static json_t *json_settings(const seg_bench_layer *layer)
{
    json_t *object = json_object();
    for (int i = 0; i < layer->setting_count; i++)
        json_object_set_new(object, layer->settings[i].name, json_real(layer->settings[i].value));
    return object;
}

static json_t *json_layers(const seg_bench *bench)
{
    json_t *list = json_array();
    for (int i = 0; i < bench->layer_count; i++) {
        const seg_bench_layer *layer = &bench->layers[i];
        json_array_append_new(
            list,
            json_pack("{s:o, s:s, s:s, s:s, s:f, s:f, s:f, s:f, s:f, s:o, s:o}", "name",
                      shared_json_path(layer->name), "op", layer->op, "algorithm", layer->algorithm,
                      "shape", layer->shape, "ms", layer->ms, "gmac", layer->gmac, "gflops",
                      layer->gflops, "mbytes", layer->mbytes, "roofline", layer->roofline,
                      "sources", json_sources(layer), "settings", json_settings(layer)));
    }
    return list;
}

static int print_json(const facts *f)
{
    const seg_bench *b = f->bench;
    json_t *model = f->model != NULL ? shared_json_path(f->model) : json_null();
    json_t *layers = f->layers ? json_layers(b) : json_array();
    return shared_print_json(
        &cmd_bench,
        json_pack("{s:o, s:s, s:o, s:i, s:s, s:i, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:o, s:i, "
                  "s:f, s:f, s:o}",
                  "model", model, "network", b->network, "input", shared_json_path(b->input),
                  "batch", b->batch, "isa", b->machine.isa, "threads", b->machine.threads,
                  "peak_gflops", b->machine.peak_gflops, "bandwidth_gbs", b->machine.bandwidth_gbs,
                  "load_ms", b->load_ms, "first_ms", b->first_ms, "cold_start_ms", f->cold_start_ms,
                  "min_ms", b->min_ms, "median_ms", b->median_ms, "peak_rss_mb",
                  shared_json_share(b->peak_rss_mb), "runs", b->runs, "gmac", b->gmac, "peak_share",
                  b->peak_share, "layers", layers));
}

/* ---- the verb ---- */

static int bench_run(int argc, char **argv)
{
    /* What came before: the dynamic loader, mostly, which does not wait. */
    const double before_ms = 1e3 * (double)clock() / CLOCKS_PER_SEC, start = shared_clock_ms();
    seg_bench_opts opts = {.seconds = 2};
    option_size size = {0, 0};
    const char *precision = "float32";
    bool json = false;
    facts f = {.model = NULL};
    const option table[] = {
        {OPTION_TEXT, 'm', "model", "<file>", "model of any format; without, the built-in one",
         &f.model},
        {OPTION_SIZE, 's', "size", "<HxW>", "image size, where the file leaves it open (else 512)",
         &size, 1, SEG_MAX_SIDE},
        {OPTION_INT, 'b', "batch", "<n>", "images at once, where the file leaves it open (else 1)",
         &opts.batch, 1, 4096},
        {OPTION_INT, 't', "threads", "<n>", "threads, 0: one per processor", &opts.threads, 0,
         1024},
        {OPTION_NUMBER, 0, "seconds", "<s>", "time for repeated runs", &opts.seconds, 0.001, 3600},
        {OPTION_INT, 0, "runs", "<n>", "exactly so many repeated runs instead", &opts.runs, 1,
         1 << 20},
        {OPTION_FLAG, 0, "dequantise", NULL, "run a quantised network in float", &opts.dequantise},
        PRECISION_OPTION(&precision),
        {OPTION_FLAG, 'l', "layers", NULL, "the time of each layer too", &f.layers},
        {OPTION_FLAG, 0, "json", NULL, "the results as JSON", &json},
        {0}};
    int status, count = options_parse(&cmd_bench, table, argc, argv, &status);
    if (count < 0)
        return status;
    if (shared_read_precision(&cmd_bench, precision, &opts.bf16) != CMD_DONE)
        return CMD_USAGE;
    if (count > 1 || (count == 1 && f.model != NULL))
        return cmd_misuse(&cmd_bench, "one model at a time, got '%s' too", argv[count - 1]);
    if (count == 1)
        f.model = argv[0];
    opts.height = size.height;
    opts.width = size.width;
    seg_bench *bench;
    seg_error err;
    const double prepared_ms = shared_clock_ms() - start;
    if (seg_bench_model(&bench, f.model, &opts, &err) != SEG_OK)
        return cmd_fail(&cmd_bench, "%s", err.text);
    f.bench = bench;
    f.cold_start_ms = before_ms + prepared_ms + bench->load_ms + bench->first_ms;
    if (json)
        status = print_json(&f);
    else
        print_text(&f);
    seg_bench_free(bench);
    return status;
}

const cmd cmd_bench = {"bench", "measure how fast a model runs, against what the machine can do",
                       "seg bench [<options>] [-m <model>]", bench_run};
