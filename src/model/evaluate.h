/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* evaluate.h: a model over an open data set; seg_evaluate and training both end here. */
#ifndef MODEL_EVALUATE_H
#define MODEL_EVALUATE_H

#include "data/dataset.h"
#include "eval/confusion.h"
#include "seg/metrics.h"

/*
 * Add every item of dataset to matrix (of the model's classes). session is one of model's; progress
 * may be NULL. Errors: as seg_evaluate; then matrix holds the items before the failure.
 */
seg_status seg_evaluate_dataset(const seg_model *model, seg_session *session,
                                const seg_dataset *dataset, seg_evaluate_progress progress,
                                void *progress_context, seg_confusion *matrix, seg_error *err);

#endif
