/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * confusion.c: count pairs of classes, and what the counts say.
 *
 * Neighbouring pixels mostly hit the same counter, and an increment has to wait for the one before
 * it to reach memory. So pixels take turns over LANES copies of the matrix, which stand behind the
 * public one and are added up at the end of a call.
 *
 * The bounds hold for any input: a truth outside the classes (SEG_IGNORE) counts in a spare row
 * behind each lane's matrix, and each row has room for every prediction.
 */
#include "eval/confusion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "seg/image.h"

enum { LANES = 4, SPARE_ROW = 256 };

/* Counters of one lane. */
static size_t lane_size(int classes)
{
    return (size_t)classes * (size_t)classes + SPARE_ROW;
}

seg_status seg_confusion_init(seg_confusion *matrix, int classes, seg_error *err)
{
    *matrix = (seg_confusion){0};
    if (classes < 1 || classes > SEG_IGNORE)
        return seg_fail(err, SEG_INVALID, "a confusion matrix of %d classes, not 1..%d", classes,
                        SEG_IGNORE);
    size_t count = LANES * lane_size(classes);
    matrix->pixels = calloc(count, sizeof *matrix->pixels);
    if (matrix->pixels == NULL)
        return seg_fail_nomem(err, count * sizeof *matrix->pixels, "a confusion matrix");
    matrix->classes = classes;
    return SEG_OK;
}

void seg_confusion_release(seg_confusion *matrix)
{
    free(matrix->pixels);
    *matrix = (seg_confusion){0};
}

static void add_lanes(int64_t *pixels, int classes)
{
    size_t size = lane_size(classes), cells = (size_t)classes * (size_t)classes;
    for (size_t lane = 1; lane < LANES; lane++) {
        for (size_t i = 0; i < cells; i++)
            pixels[i] += pixels[lane * size + i];
        memset(pixels + lane * size, 0, cells * sizeof *pixels);
    }
}

void seg_confusion_add(seg_confusion *matrix, const uint8_t *truth, const uint8_t *predicted,
                       int64_t count)
{
    const int classes = matrix->classes;
    const size_t size = lane_size(classes);
    int64_t *rows[256], *counts = matrix->pixels;
    for (int t = 0; t < 256; t++)
        rows[t] = counts + (size_t)(t < classes ? t : classes) * (size_t)classes;
    /* Few pixels are not worth adding up the lanes. */
    int64_t i = 0, in_lanes = count < (int64_t)size ? 0 : count / LANES * LANES;
    for (; i < in_lanes; i += LANES) {
        rows[truth[i]][predicted[i]]++;
        rows[truth[i + 1]][size + predicted[i + 1]]++;
        rows[truth[i + 2]][2 * size + predicted[i + 2]]++;
        rows[truth[i + 3]][3 * size + predicted[i + 3]]++;
    }
    for (; i < count; i++)
        rows[truth[i]][predicted[i]]++;
    if (in_lanes > 0)
        add_lanes(counts, classes);
}

typedef struct class_counts {
    int64_t truth, predicted, hits; /* pixels */
} class_counts;

static class_counts count_class(const seg_confusion *matrix, int id)
{
    class_counts counts = {.hits = matrix->pixels[id * matrix->classes + id]};
    for (int other = 0; other < matrix->classes; other++) {
        counts.truth += matrix->pixels[id * matrix->classes + other];
        counts.predicted += matrix->pixels[other * matrix->classes + id];
    }
    return counts;
}

static double ratio(double a, double b)
{
    return b > 0 ? a / b : (double)NAN;
}

void seg_confusion_metrics(const seg_confusion *matrix, seg_metrics *metrics)
{
    *metrics = (seg_metrics){.classes = matrix->classes};
    for (int id = 0; id < SEG_IGNORE; id++)
        metrics->iou[id] = metrics->accuracy[id] = (double)NAN;
    int64_t hits = 0;
    int with_iou = 0, with_accuracy = 0;
    double iou_sum = 0, accuracy_sum = 0, weighted_sum = 0;
    for (int id = 0; id < matrix->classes; id++) {
        class_counts c = count_class(matrix, id);
        int64_t either = c.truth + c.predicted - c.hits;
        metrics->iou[id] = ratio((double)c.hits, (double)either);
        metrics->accuracy[id] = ratio((double)c.hits, (double)c.truth);
        metrics->pixels += c.truth;
        hits += c.hits;
        if (either > 0) {
            with_iou++;
            iou_sum += metrics->iou[id];
            weighted_sum += (double)c.truth * metrics->iou[id];
        }
        if (c.truth > 0) {
            with_accuracy++;
            accuracy_sum += metrics->accuracy[id];
        }
    }
    metrics->mean_iou = ratio(iou_sum, with_iou);
    metrics->mean_accuracy = ratio(accuracy_sum, with_accuracy);
    metrics->pixel_accuracy = ratio((double)hits, (double)metrics->pixels);
    metrics->frequency_weighted_iou = ratio(weighted_sum, (double)metrics->pixels);
}
