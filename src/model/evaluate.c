/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* evaluate.c: label a data set and compare with its labels, at the images' own sizes. */
#include "model/evaluate.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "eval/band.h"
#include "model/model.h"

static seg_status check_classes(const seg_class_list *model, const seg_class_list *data,
                                seg_error *err)
{
    if (model->count != data->count)
        return seg_fail(err, SEG_MISMATCH,
                        "the model has %d classes ('%s' ..), the data set %d ('%s' ..)",
                        model->count, model->names[0], data->count, data->names[0]);
    for (int i = 0; i < model->count; i++) {
        if (strcmp(model->names[i], data->names[i]) != 0)
            return seg_fail(err, SEG_MISMATCH,
                            "class %d is '%s' in the model and '%s' in the data set", i,
                            model->names[i], data->names[i]);
    }
    return SEG_OK;
}

/* Of the largest image so far. */
typedef struct buffers {
    size_t pixels, scratch_size;
    uint8_t *labels;  /* predicted */
    uint8_t *kept;    /* truth within a band */
    int32_t *squared; /* distance to the nearest edge */
    void *scratch;    /* of the distances */
} buffers;

static void buffers_release(buffers *b)
{
    free(b->labels);
    free(b->kept);
    free(b->squared);
    free(b->scratch);
    *b = (buffers){0};
}

static bool buffers_fit(buffers *b, size_t pixels, int height, bool bands)
{
    size_t scratch_size = bands ? seg_band_scratch_size(height) : 0;
    if (pixels <= b->pixels && scratch_size <= b->scratch_size)
        return true;
    if (pixels < b->pixels)
        pixels = b->pixels;
    if (scratch_size < b->scratch_size)
        scratch_size = b->scratch_size;
    buffers_release(b);
    b->labels = malloc(pixels);
    if (bands) {
        b->kept = malloc(pixels);
        b->squared = malloc(pixels * sizeof *b->squared);
        b->scratch = malloc(scratch_size);
    }
    b->pixels = pixels;
    b->scratch_size = scratch_size;
    if (b->labels != NULL &&
        (!bands || (b->kept != NULL && b->squared != NULL && b->scratch != NULL)))
        return true;
    buffers_release(b);
    return false;
}

static int widest_band(const seg_evaluation *e)
{
    int widest = 0;
    for (int i = 0; i < e->count; i++)
        widest = e->bands_px[i] > widest ? e->bands_px[i] : widest;
    return widest;
}

static void add_counts(const seg_evaluation *e, const seg_image_buffer *truth, const buffers *b)
{
    const int64_t pixels = (int64_t)truth->width * truth->height;
    const int widest = widest_band(e);
    if (widest > 0)
        seg_band_distances(truth->pixels, truth->width, truth->height, widest, b->squared,
                           b->scratch);
    for (int i = 0; i < e->count; i++) {
        const uint8_t *counted = truth->pixels;
        if (e->bands_px[i] > 0) {
            seg_band_keep(truth->pixels, b->squared, pixels, e->bands_px[i], b->kept);
            counted = b->kept;
        }
        seg_confusion_add(&e->matrices[i], counted, b->labels, pixels);
    }
}

static seg_status evaluate_item(const seg_evaluation *e, int index, buffers *b, seg_error *err)
{
    seg_sample sample;
    seg_error inner;
    seg_status status = seg_dataset_read(e->dataset, index, &sample, err);
    if (status != SEG_OK)
        return status;
    size_t pixels = (size_t)sample.image.width * (size_t)sample.image.height;
    if (!buffers_fit(b, pixels, sample.image.height, widest_band(e) > 0)) {
        status = seg_fail_nomem(err, pixels, "labels");
    } else {
        seg_image image = seg_image_view(&sample.image);
        status = seg_segment(e->session, &image, b->labels, &inner);
        if (status != SEG_OK)
            seg_fail(err, status, "%s: %s", e->dataset->items[index].image_path, inner.text);
        else
            add_counts(e, &sample.labels, b);
    }
    seg_sample_release(&sample);
    return status;
}

seg_status seg_evaluate_dataset(const seg_evaluation *e, seg_error *err)
{
    buffers b = {0};
    const int total = e->dataset->count;
    seg_status status = check_classes(&e->model->spec.classes, &e->dataset->classes, err);
    for (int i = 0; status == SEG_OK && i < total; i++) {
        status = evaluate_item(e, i, &b, err);
        if (status == SEG_OK && e->progress != NULL &&
            e->progress(e->progress_context, i + 1, total) != 0)
            status = seg_fail(err, SEG_CANCELLED, "stopped after %d of %d images", i + 1, total);
    }
    buffers_release(&b);
    return status;
}

static seg_status evaluate(seg_evaluation *e, const seg_evaluate_opts *opts, seg_error *err)
{
    seg_dataset dataset;
    seg_status status = seg_dataset_open(&dataset, opts->format, opts->data, opts->split, err);
    if (status != SEG_OK)
        return status;
    e->dataset = &dataset;
    const seg_session_opts session = {.threads = opts->threads, .bf16 = opts->bf16};
    status = seg_session_new(&e->session, e->model, &session, err);
    if (status == SEG_OK)
        status = seg_evaluate_dataset(e, err);
    seg_session_free(e->session);
    seg_dataset_release(&dataset);
    return status;
}

static seg_status check_arguments(const seg_evaluate_opts *opts, const int *bands_px, int count,
                                  seg_error *err)
{
    if (opts == NULL || opts->data == NULL || opts->split == NULL)
        return seg_fail(err, SEG_INVALID, "evaluation needs a data folder and a split");
    if (count < 1 || count > SEG_BANDS_MAX)
        return seg_fail(err, SEG_INVALID, "%d bands along edges, not 1..%d", count, SEG_BANDS_MAX);
    for (int i = 0; i < count; i++) {
        if (bands_px[i] < 0 || bands_px[i] > SEG_BAND_MAX_PX)
            return seg_fail(err, SEG_INVALID, "a band of %d pixels along edges, not 1..%d",
                            bands_px[i], SEG_BAND_MAX_PX);
    }
    return SEG_OK;
}

seg_status seg_evaluate_bands(const seg_model *model, const seg_evaluate_opts *opts,
                              const int *bands_px, int count, seg_metrics *metrics,
                              int64_t *confusion, seg_error *err)
{
    seg_confusion matrices[SEG_BANDS_MAX] = {0};
    const int classes = model->spec.classes.count;
    const size_t cells = (size_t)classes * (size_t)classes;
    seg_status status = check_arguments(opts, bands_px, count, err);
    if (status != SEG_OK)
        return status;
    for (int i = 0; status == SEG_OK && i < count; i++)
        status = seg_confusion_init(&matrices[i], classes, err);
    if (status == SEG_OK)
        status = evaluate(&(seg_evaluation){.model = model,
                                            .matrices = matrices,
                                            .bands_px = bands_px,
                                            .count = count,
                                            .progress = opts->progress,
                                            .progress_context = opts->progress_context},
                          opts, err);
    for (int i = 0; i < count; i++) {
        if (status == SEG_OK) {
            seg_confusion_metrics(&matrices[i], &metrics[i]);
            if (confusion != NULL)
                memcpy(confusion + (size_t)i * cells, matrices[i].pixels,
                       cells * sizeof *confusion);
        }
        seg_confusion_release(&matrices[i]);
    }
    return status;
}

seg_status seg_evaluate(const seg_model *model, const seg_evaluate_opts *opts, seg_metrics *metrics,
                        int64_t *confusion, seg_error *err)
{
    int band_px = opts != NULL ? opts->band_px : 0;
    return seg_evaluate_bands(model, opts, &band_px, 1, metrics, confusion, err);
}
