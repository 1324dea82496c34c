/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* tiny.h: small models with random weights and noisy pictures, for tests without trained ones. */
#ifndef TESTS_MODEL_TINY_H
#define TESTS_MODEL_TINY_H

#include "model/model.h"

/* A quarter-width MobileNetV2 under the net called so; classes "class0".. with VOC's colours. */
seg_status tiny_spec(seg_model_spec *spec, const char *net, int classes, seg_error *err);

/* Every weight random, also those that start at zero: all classes occur in the labels. */
seg_status tiny_weights(seg_weights **out, const seg_model_spec *spec, uint64_t seed,
                        seg_error *err);

/* A loaded model's numbers lie in its file: give it tensors that can be looked into. */
void tiny_own_weights(seg_model *model);

/* Blocks of random colours under noise; pixels holds height * width * channels bytes. */
void tiny_picture(uint8_t *pixels, int width, int height, int channels, uint64_t seed);

#endif
