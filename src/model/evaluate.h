/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* evaluate.h: a model over an open data set; seg_evaluate and training both end here. */
#ifndef MODEL_EVALUATE_H
#define MODEL_EVALUATE_H

#include "data/dataset.h"
#include "eval/confusion.h"
#include "seg/metrics.h"

/* What is evaluated, and where the counts go. */
typedef struct seg_evaluation {
    const seg_model *model;
    seg_session *session; /* of model */
    const seg_dataset *dataset;
    seg_confusion *matrices; /* [count], of the model's classes */
    const int *bands_px;     /* [count]: the band of each matrix along edges, 0: all pixels */
    int count;
    seg_evaluate_progress progress; /* may be NULL */
    void *progress_context;
} seg_evaluation;

/*
 * Add every item of the data set to the matrices. Errors: as seg_evaluate; then the matrices hold
 * the items before the failure.
 */
seg_status seg_evaluate_dataset(const seg_evaluation *evaluation, seg_error *err);

#endif
