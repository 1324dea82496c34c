/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * quantise.c: a float model as one that runs in integers.
 *
 * Ranges come from images (calibrate.c). Then each layer is put in integers alone, and the noise
 * that this brings to the class scores is measured: layers that bring too much stay float.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "model/calibrate.h"
#include "seg/quantise.h"

enum {
    IMAGES = 32,  /* to calibrate on, at most */
    MEASURED = 2, /* images that layers' noise is measured on */
};

/* Scores of the float network for the images that noise is measured on. */
typedef struct scores {
    float *of[MEASURED];
    int64_t count[MEASURED];
    int images;
} scores;

static void scores_release(scores *s)
{
    for (int i = 0; i < MEASURED; i++)
        free(s->of[i]);
    *s = (scores){0};
}

static seg_status scores_make(scores *s, const seg_model *model, const seg_calibration *c,
                              seg_error *err)
{
    seg_model_plan plan = {0};
    seg_status status = SEG_OK;
    s->images = c->count < MEASURED ? c->count : MEASURED;
    for (int i = 0; i < s->images && status == SEG_OK; i++) {
        status = seg_calibration_plan(c, i * c->count / s->images, model, NULL, &plan, err);
        if (status != SEG_OK)
            break;
        seg_exec_forward(plan.exec, 0, 0);
        const seg_tensor logits = seg_exec_output(plan.exec, 0);
        s->count[i] = seg_shape_count(&logits.shape);
        s->of[i] = malloc(seg_shape_size(&logits.shape));
        if (s->of[i] == NULL)
            status = seg_fail_nomem(err, seg_shape_size(&logits.shape), "scores");
        else
            memcpy(s->of[i], logits.data, seg_shape_size(&logits.shape));
    }
    seg_model_plan_release(&plan);
    return status;
}

/* Decibels: 10 log10 of the energy of scores over that of what quantising adds to them. */
static seg_status snr(const scores *s, const seg_model *model, const seg_calibration *c,
                      double *snr_db, seg_error *err)
{
    seg_model_plan plan = {0};
    double signal = 0, noise = 0;
    seg_status status = SEG_OK;
    for (int i = 0; i < s->images && status == SEG_OK; i++) {
        status = seg_calibration_plan(c, i * c->count / s->images, model, NULL, &plan, err);
        if (status != SEG_OK)
            break;
        seg_exec_forward(plan.exec, 0, 0);
        const seg_tensor logits = seg_exec_output(plan.exec, 0);
        for (int64_t k = 0; k < s->count[i]; k++) {
            const double x = (double)s->of[i][k], d = (double)seg_f32(&logits)[k] - x;
            signal += x * x;
            noise += d * d;
        }
    }
    seg_model_plan_release(&plan);
    *snr_db = noise > 0 ? 10 * log10(signal / noise) : (double)INFINITY;
    return status;
}

static bool is_layer(const seg_graph *graph, const char *name)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        if (strcmp(graph->nodes[i].name, name) == 0)
            return seg_graph_quantises(graph->nodes[i].op);
    }
    return false;
}

/* Each layer alone; in the end all are marked to stay float. */
static seg_status measure_layers(seg_model *model, const scores *s, const seg_calibration *c,
                                 const seg_quantise_opts *opts, seg_error *err)
{
    seg_int8 *int8 = model->int8;
    seg_model in_float = *model;
    seg_model_plan plan = {0};
    in_float.int8 = NULL;
    seg_status status = seg_calibration_plan(c, 0, &in_float, NULL, &plan, err);
    for (size_t i = 0; i < int8->count; i++)
        int8->items[i].stays_float = true;
    for (size_t i = 0; i < int8->count && status == SEG_OK; i++) {
        if (is_layer(plan.graph, int8->items[i].name)) {
            int8->items[i].stays_float = false;
            status = snr(s, model, c, &int8->snr_db[i], err);
            int8->items[i].stays_float = true;
        }
        if (status == SEG_OK && opts->progress != NULL &&
            opts->progress(opts->progress_context, (int)i + 1, (int)int8->count) != 0)
            status =
                seg_fail(err, SEG_CANCELLED, "stopped after %zu of %zu layers", i + 1, int8->count);
    }
    seg_model_plan_release(&plan);
    return status;
}

static void choose_layers(seg_int8 *int8, double least_db)
{
    for (size_t i = 0; i < int8->count; i++)
        int8->items[i].stays_float = int8->snr_db[i] < least_db; /* NaN: no layer */
}

static seg_status quantise(seg_model *model, const seg_model *from, const seg_quantise_opts *opts,
                           seg_error *err)
{
    const double least_db =
        opts->least_snr_db != 0 ? opts->least_snr_db : SEG_QUANTISE_LEAST_SNR_DB;
    seg_calibration c;
    scores s = {0};
    seg_status status =
        seg_calibration_open(&c, opts->images, opts->count > 0 ? opts->count : IMAGES, err);
    if (status != SEG_OK)
        return status;
    c.threads = opts->threads;
    status = seg_calibrate(model->int8, from, &c, err);
    if (status == SEG_OK)
        status = scores_make(&s, from, &c, err);
    if (status == SEG_OK)
        status = measure_layers(model, &s, &c, opts, err);
    if (status == SEG_OK) {
        choose_layers(model->int8, least_db);
        status = snr(&s, model, &c, &model->int8->all_snr_db, err);
    }
    scores_release(&s);
    seg_calibration_release(&c);
    return status;
}

seg_status seg_model_quantise(seg_model **out, const seg_model *model,
                              const seg_quantise_opts *opts, seg_error *err)
{
    *out = NULL;
    if (opts == NULL || opts->images == NULL)
        return seg_fail(err, SEG_INVALID, "quantising needs a folder of images");
    if (model->import != NULL || model->int8 != NULL)
        return seg_fail(err, SEG_UNSUPPORTED, "only a float network of seg's own can be quantised");
    seg_model *made;
    seg_status status = seg_model_new_borrowed(&made, &model->spec, model->weights, err);
    if (status != SEG_OK)
        return status;
    made->int8 = calloc(1, sizeof *made->int8);
    status = made->int8 == NULL ? seg_fail_nomem(err, sizeof *made->int8, "ranges")
                                : quantise(made, model, opts, err);
    if (status != SEG_OK) {
        seg_model_free(made);
        return status;
    }
    *out = made;
    return SEG_OK;
}

int seg_model_int8_layers(const seg_model *model)
{
    return model->int8 != NULL ? (int)model->int8->count : 0;
}

seg_int8_layer seg_model_int8_layer(const seg_model *model, int index)
{
    const seg_range *r = &model->int8->items[index];
    return (seg_int8_layer){r->name, r->low, r->high, r->stays_float, model->int8->snr_db[index]};
}

double seg_model_int8_snr(const seg_model *model)
{
    return model->int8 != NULL ? model->int8->all_snr_db : (double)NAN;
}
