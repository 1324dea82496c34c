/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * stored.h: how a weight lies in a safetensors file.
 *
 * float32 as it is; float16; or int8 with one scale for each output channel, the float32 vector
 * "<name>.scale" beside it: weight = scale[o] * stored (symmetric, -127..127). Networks compute in
 * float32 whatever the file holds.
 */
#ifndef MODEL_STORED_H
#define MODEL_STORED_H

#include <stdbool.h>

#include "graph/weights.h"
#include "io/safetensors.h"
#include "seg/model.h"

/* The shape in float32 of a tensor that may be stored otherwise; other dtypes stay. */
seg_shape seg_stored_shape(const seg_tensor *stored);

/* Whether tensor `index` is no weight but the scale of one. */
bool seg_stored_is_scale(const seg_safetensors *file, int index);

/* Where the numbers of tensor `index` lie. Errors: SEG_FORMAT (a scale is missing or of
 * another length; a NaN or infinity: tensor and element are named), SEG_MISMATCH (its dtype). */
seg_status seg_stored_source(const seg_safetensors *file, int index, const char *name,
                             seg_weight_source *out, seg_error *err);
/* The same as float32: out is [its elements]. */
seg_status seg_stored_read(const seg_safetensors *file, int index, const char *name, float *out,
                           seg_error *err);

/*
 * A weight to write, as *entry and, when it has one, *scale (name NULL: none). What the precision
 * would spoil keeps a better one. Both go to seg_stored_release, entry with the weight.
 */
seg_status seg_stored_make(const seg_weight *weight, seg_precision precision,
                           seg_safetensors_entry *entry, seg_safetensors_entry *scale,
                           seg_error *err);
void seg_stored_release(const seg_weight *weight, seg_safetensors_entry *entry,
                        seg_safetensors_entry *scale);

#endif
