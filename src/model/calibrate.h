/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * calibrate.h: the ranges that a network's values have on images.
 *
 * Not all of a value's range is worth keeping: what few numbers reach makes the steps of all others
 * coarse. The range kept is the one with the least squared error of rounding and clamping together.
 */
#ifndef MODEL_CALIBRATE_H
#define MODEL_CALIBRATE_H

#include "model/int8.h"
#include "model/model.h"

typedef struct seg_calibration {
    char **paths; /* of images */
    int count;
    int threads;
} seg_calibration;

/* Up to `most` images, evenly spread over DIR/train/images where that is a folder, else over DIR. */
seg_status seg_calibration_open(seg_calibration *out, const char *dir, int most, seg_error *err);
void seg_calibration_release(seg_calibration *calibration);

/*
 * *plan for image `index`, with the network's input filled: the plan at hand (zero: none) where it
 * has the image's size, else another. watch may be NULL; it must live as long as the plan.
 */
seg_status seg_calibration_plan(const seg_calibration *c, int index, const seg_model *model,
                                const seg_exec_watch *watch, seg_model_plan *plan, seg_error *err);

/* Ranges of everything that can be quantised; model is in float. */
seg_status seg_calibrate(seg_int8 *out, const seg_model *model, const seg_calibration *c,
                         seg_error *err);

#endif
