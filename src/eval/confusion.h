/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * confusion.h: the confusion matrix of a data set, and the four metrics of Long et al. 2015
 * (section 5) that it gives.
 */
#ifndef EVAL_CONFUSION_H
#define EVAL_CONFUSION_H

#include <stdint.h>

#include "seg/metrics.h"
#include "seg/status.h"

typedef struct seg_confusion {
    int classes;
    int64_t *pixels; /* classes x classes: pixels[truth * classes + predicted] */
} seg_confusion;

seg_status seg_confusion_init(seg_confusion *matrix, int classes, seg_error *err);
void seg_confusion_release(seg_confusion *matrix);
/* Pixels whose truth is SEG_IGNORE do not count; predictions must be < classes. */
void seg_confusion_add(seg_confusion *matrix, const uint8_t *truth, const uint8_t *predicted,
                       int64_t count);
void seg_confusion_metrics(const seg_confusion *matrix, seg_metrics *metrics);

#endif
