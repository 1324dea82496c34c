/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* quantise.c: a network in integers, the table of what each layer costs, and the check. */
#define _POSIX_C_SOURCE 200809L
#include "quantise.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "seg/metrics.h"
#include "shared.h"

static const double MOST_LOSS = 0.5; /* of mean IoU, in percent */

static int show_progress(void *context, int done, int total)
{
    (void)context;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\rseg convert: %d of %d layers%s", done, total, done == total ? "\n" : "");
    return 0;
}

/* The noisiest first. */
static int compare(const void *a, const void *b)
{
    const double x = ((const seg_int8_layer *)a)->snr_db, y = ((const seg_int8_layer *)b)->snr_db;
    return (x > y) - (x < y);
}

static int print_layers(const cmd *command, const seg_model *model)
{
    const int count = seg_model_int8_layers(model);
    int layers = 0, floats = 0;
    seg_int8_layer *list = calloc((size_t)count + 1, sizeof *list);
    if (list == NULL)
        return cmd_fail(command, "out of memory for a table of %d layers", count);
    for (int i = 0; i < count; i++) {
        const seg_int8_layer layer = seg_model_int8_layer(model, i);
        if (!isnan(layer.snr_db))
            list[layers++] = layer;
        floats += layer.stays_float;
    }
    qsort(list, (size_t)layers, sizeof *list, compare);
    printf("%9s  %-23s %-8s %s\n", "SNR dB", "range", "runs in", "layer");
    for (int i = 0; i < layers; i++)
        printf("%9.1f  %10.4g ..%10.4g %-8s %s\n", list[i].snr_db, list[i].low, list[i].high,
               list[i].stays_float ? "float" : "int8", shared_plain(list[i].name));
    printf("%9.1f  with %d of %d layers in int8\n", seg_model_int8_snr(model), layers - floats,
           layers);
    free(list);
    return CMD_DONE;
}

/* Mean IoU in percent. */
static int evaluate(const cmd *command, const seg_model *model, const char *data, double *percent)
{
    const seg_evaluate_opts opts = {.data = data, .split = "val"};
    seg_error err;
    seg_metrics *metrics = malloc(sizeof *metrics);
    if (metrics == NULL)
        return cmd_fail(command, "out of memory for metrics");
    seg_status status = seg_evaluate(model, &opts, metrics, NULL, &err);
    *percent = status == SEG_OK ? 100 * metrics->mean_iou : 0;
    free(metrics);
    return status == SEG_OK ? CMD_DONE : cmd_fail(command, "%s", err.text);
}

static int check(const cmd *command, const seg_model *before, const seg_model *after,
                 const quantise_options *options)
{
    double was, is;
    int status = evaluate(command, before, options->check, &was);
    if (status == CMD_DONE)
        status = evaluate(command, after, options->check, &is);
    if (status != CMD_DONE)
        return status;
    printf("mean IoU %.2f in float, %.2f in int8: %+.2f\n", was, is, is - was);
    if (was - is <= MOST_LOSS || options->force)
        return CMD_DONE;
    return cmd_fail(command,
                    "int8 loses %.2f of mean IoU on %s, more than %g: nothing is written "
                    "(--least-snr keeps more layers in float, --force writes all the same)",
                    was - is, options->check, MOST_LOSS);
}

static int convert(const cmd *command, const seg_model *model, const char *to,
                   const quantise_options *options, const seg_save_opts *save)
{
    const seg_quantise_opts opts = {.images = options->calibrate,
                                    .count = options->images,
                                    /* 0 would be the default */
                                    .least_snr_db =
                                        options->least_snr_db != 0 ? options->least_snr_db : 1e-9,
                                    .progress = show_progress};
    seg_model *made;
    seg_error err;
    if (seg_model_quantise(&made, model, &opts, &err) != SEG_OK)
        return cmd_fail(command, "%s", err.text);
    int status = print_layers(command, made);
    if (status == CMD_DONE && options->check != NULL)
        status = check(command, model, made, options);
    if (status == CMD_DONE && seg_model_save(made, to, save, &err) != SEG_OK)
        status = cmd_fail(command, "%s", err.text);
    if (status == CMD_DONE)
        printf("%s\n", to);
    seg_model_free(made);
    return status;
}

int quantise_convert(const cmd *command, const char *from, const char *to,
                     const quantise_options *options, const seg_save_opts *save)
{
    seg_model *model = shared_load_model(command, from);
    if (model == NULL)
        return CMD_FAILED;
    int status = convert(command, model, to, options, save);
    seg_model_free(model);
    return status;
}
