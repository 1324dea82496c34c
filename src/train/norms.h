/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * norms.h: batch norms whose statistics are those of the data.
 *
 * Exported networks have their norms folded into the convolutions: what is left is scale 1, a
 * shift, mean 0, variance 1. Such a network computes what it should in inference, but in training
 * the norms would divide by the batch's deviation, which nothing makes up for, and what the network
 * knows would be gone. So the inputs of each norm are measured with the network as it is, and its
 * parameters change such that the function stays:
 *   gamma' = gamma * sqrt((var' + eps) / (var + eps))
 *   beta'  = beta + gamma * (mean' - mean) / sqrt(var + eps)
 * Batch statistics are near the measured ones, so training starts from the same function.
 */
#ifndef TRAIN_NORMS_H
#define TRAIN_NORMS_H

#include "train/trainer.h"

/*
 * As opts.init_bn says: "auto" those norms that came without statistics (mean 0 in every channel),
 * "rebuild" all, "keep" none; nothing with opts.freeze_bn. Reads the first batches of the run.
 */
seg_status seg_norms_rebuild(seg_trainer *trainer, seg_error *err);

#endif
