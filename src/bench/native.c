/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * native.c: a model of our own, as `seg predict` runs it once an image is in memory at the size that
 * the network sees: pixels -> normalise -> network -> labels.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "bench/network.h"
#include "model/model.h"

typedef struct native {
    seg_bench_opts opts;
    seg_model *model;
    seg_model_plan plan;
    int width, height; /* of the network's input */
    uint8_t *pixels;   /* [batch][height][width][3] */
    uint8_t *labels;   /* [batch][height][width] */
    void *scratch;     /* of labels.c */
    double normalise_seconds, label_seconds;
} native;

static void native_free(void *network)
{
    native *n = network;
    if (n == NULL)
        return;
    seg_model_plan_release(&n->plan);
    seg_model_free(n->model);
    seg_block_free(n->pixels);
    seg_block_free(n->labels);
    seg_block_free(n->scratch);
    free(n);
}

static seg_status native_load(void **network, const char *path, const seg_bench_opts *opts,
                              seg_error *err)
{
    native *n = *network = calloc(1, sizeof *n);
    if (n == NULL)
        return seg_fail_nomem(err, sizeof *n, "a benchmark");
    n->opts = *opts;
    seg_status status = path != NULL ? seg_model_load(&n->model, path, err)
                                     : seg_model_load_default(&n->model, err);
    if (status != SEG_OK)
        return status;
    const int height = opts->height > 0 ? opts->height : 512;
    const int width = opts->width > 0 ? opts->width : 512;
    seg_model_input_size(&n->model->spec.preprocess, width, height, &n->width, &n->height);
    const seg_plan_opts plan = {.width = n->width,
                                .height = n->height,
                                .images = opts->batch,
                                .threads = opts->threads,
                                .profile = true,
                                .bf16 = opts->bf16};
    status = seg_model_plan_init(&n->plan, n->model, &plan, err);
    if (status == SEG_OK)
        seg_exec_prepare(n->plan.exec);
    return status;
}

static seg_status native_feed(void *network, seg_error *err)
{
    native *n = network;
    const size_t count = (size_t)n->opts.batch * (size_t)n->height * (size_t)n->width;
    const seg_tensor logits = seg_exec_output(n->plan.exec, 0);
    const size_t scratch = seg_labels_scratch_size(&logits.shape, n->width);
    n->pixels = seg_block_new(3 * count);
    n->labels = seg_block_new(count);
    n->scratch = seg_block_new(scratch);
    if (n->pixels == NULL || n->labels == NULL || n->scratch == NULL)
        return seg_fail_nomem(err, 4 * count + scratch, "an image");
    seg_bench_randomise(n->pixels, SEG_U8, (int64_t)(3 * count));
    return SEG_OK;
}

/* Image `index` of a batch. */
static seg_tensor image_of(const seg_tensor *batch, int index)
{
    seg_tensor image = *batch;
    image.shape.n = 1;
    image.data = seg_f32(batch) + index * seg_shape_count(&image.shape);
    return image;
}

static seg_status native_run(void *network, seg_error *err)
{
    native *n = network;
    const size_t count = (size_t)n->height * (size_t)n->width;
    const seg_tensor input = seg_exec_input(n->plan.exec, 0);
    const seg_tensor logits = seg_exec_output(n->plan.exec, 0);
    seg_status status = SEG_OK;
    double start = seg_clock_seconds();
    for (int i = 0; i < n->opts.batch; i++) {
        const seg_image image = {n->pixels + 3 * count * (size_t)i, n->width, n->height, 3, 0};
        const seg_tensor to = image_of(&input, i);
        seg_preprocess_image(&n->model->spec.preprocess, &image, seg_f32(&to));
    }
    n->normalise_seconds = seg_clock_seconds() - start;
    seg_exec_forward(n->plan.exec, 0, 0);
    start = seg_clock_seconds();
    for (int i = 0; status == SEG_OK && i < n->opts.batch; i++) {
        const seg_tensor from = image_of(&logits, i);
        status = seg_labels_from_logits(&from, &n->plan.cells, n->width, n->height,
                                        n->labels + count * (size_t)i, n->scratch,
                                        n->opts.threads, err);
    }
    n->label_seconds = seg_clock_seconds() - start;
    return status;
}

static double native_planning(const void *network)
{
    (void)network;
    return 0; /* all of it was part of load */
}

static size_t native_layers(const void *network, seg_layer_cost *layers, size_t capacity)
{
    const native *n = network;
    const size_t nodes = n->plan.graph->node_count;
    const seg_tensor input = seg_exec_input(n->plan.exec, 0);
    const seg_tensor logits = seg_exec_output(n->plan.exec, 0);
    const int64_t pixels = (int64_t)n->opts.batch * n->height * n->width;
    if (capacity > 0)
        layers[0] = (seg_layer_cost){.name = "pixels to numbers",
                                     .op = "normalise",
                                     .algorithm = "",
                                     .shape = input.shape,
                                     .seconds = n->normalise_seconds,
                                     .bytes = (int64_t)seg_shape_size(&input.shape) + 3 * pixels};
    for (size_t i = 0; i < nodes && i + 1 < capacity; i++)
        layers[i + 1] = seg_exec_cost(n->plan.exec, (int)i);
    if (nodes + 1 < capacity)
        layers[nodes + 1] = (seg_layer_cost){
            .name = "numbers to labels",
            .op = "labels",
            .algorithm = "resize and argmax in one",
            .shape = {.dtype = SEG_U8, .rank = 3, .dim = {n->opts.batch, n->height, n->width}},
            .seconds = n->label_seconds,
            .bytes = (int64_t)seg_shape_size(&logits.shape) + pixels};
    return nodes + 2;
}

static void native_describe(const void *network, char name[SEG_BENCH_TEXT],
                            char input[SEG_BENCH_TEXT])
{
    const native *n = network;
    const seg_model_info info = seg_model_describe(n->model);
    snprintf(name, SEG_BENCH_TEXT, "%s %s", info.net, info.backbone);
    snprintf(input, SEG_BENCH_TEXT, "u8 %dx%dx%dx3", n->opts.batch, n->height, n->width);
}

const seg_bench_kind seg_bench_native = {.load = native_load,
                                         .feed = native_feed,
                                         .run = native_run,
                                         .planning = native_planning,
                                         .layers = native_layers,
                                         .describe = native_describe,
                                         .free = native_free};
