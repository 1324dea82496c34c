/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* evaluate.c: label a data set and compare with its labels, at the images' own sizes. */
#include "model/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
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

/* *labels grows to the largest image so far. */
static seg_status evaluate_item(seg_session *session, const seg_dataset *dataset, int index,
                                uint8_t **labels, size_t *capacity, seg_confusion *matrix,
                                seg_error *err)
{
    seg_sample sample;
    seg_error inner;
    seg_status status = seg_dataset_read(dataset, index, &sample, err);
    if (status != SEG_OK)
        return status;
    size_t pixels = (size_t)sample.image.width * (size_t)sample.image.height;
    if (pixels > *capacity) {
        free(*labels);
        *labels = malloc(pixels);
        *capacity = *labels != NULL ? pixels : 0;
    }
    if (*labels == NULL) {
        status = seg_fail_nomem(err, pixels, "labels");
    } else {
        seg_image image = seg_image_view(&sample.image);
        status = seg_segment(session, &image, *labels, &inner);
        if (status != SEG_OK)
            seg_fail(err, status, "%s: %s", dataset->items[index].image_path, inner.text);
        else
            seg_confusion_add(matrix, sample.labels.pixels, *labels, (int64_t)pixels);
    }
    seg_sample_release(&sample);
    return status;
}

seg_status seg_evaluate_dataset(const seg_model *model, seg_session *session,
                                const seg_dataset *dataset, seg_evaluate_progress progress,
                                void *progress_context, seg_confusion *matrix, seg_error *err)
{
    uint8_t *labels = NULL;
    size_t capacity = 0;
    seg_status status = check_classes(&model->spec.classes, &dataset->classes, err);
    for (int i = 0; status == SEG_OK && i < dataset->count; i++) {
        status = evaluate_item(session, dataset, i, &labels, &capacity, matrix, err);
        if (status == SEG_OK && progress != NULL &&
            progress(progress_context, i + 1, dataset->count) != 0)
            status = seg_fail(err, SEG_CANCELLED, "stopped after %d of %d images", i + 1,
                              dataset->count);
    }
    free(labels);
    return status;
}

static seg_status evaluate(const seg_model *model, const seg_evaluate_opts *opts,
                           const seg_dataset *dataset, seg_confusion *matrix, seg_error *err)
{
    seg_session *session;
    const seg_session_opts session_opts = {.threads = opts->threads};
    seg_status status = seg_session_new(&session, model, &session_opts, err);
    if (status != SEG_OK)
        return status;
    status = seg_evaluate_dataset(model, session, dataset, opts->progress, opts->progress_context,
                                  matrix, err);
    seg_session_free(session);
    return status;
}

seg_status seg_evaluate(const seg_model *model, const seg_evaluate_opts *opts, seg_metrics *metrics,
                        int64_t *confusion, seg_error *err)
{
    seg_dataset dataset;
    seg_confusion matrix;
    int classes = model->spec.classes.count;
    if (opts == NULL || opts->data == NULL || opts->split == NULL)
        return seg_fail(err, SEG_INVALID, "evaluation needs a data folder and a split");
    seg_status status = seg_confusion_init(&matrix, classes, err);
    if (status != SEG_OK)
        return status;
    status = seg_dataset_open(&dataset, opts->format, opts->data, opts->split, err);
    if (status == SEG_OK) {
        status = evaluate(model, opts, &dataset, &matrix, err);
        seg_dataset_release(&dataset);
    }
    if (status == SEG_OK) {
        seg_confusion_metrics(&matrix, metrics);
        if (confusion != NULL)
            memcpy(confusion, matrix.pixels, (size_t)classes * (size_t)classes * sizeof *confusion);
    }
    seg_confusion_release(&matrix);
    return status;
}
