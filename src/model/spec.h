/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * spec.h: what a model file says besides its weights, and the file itself.
 *
 * A model is one safetensors file: tensors by their seg_weights names in the layouts of tensor.h,
 * float32 or float16, and in the metadata "seg.format" = "1", "seg.model" = the JSON of
 * seg_model_spec ({"net": {...}, "classes": [...], "colors": [...], "preprocess": {...}, "data":
 * "...", "licence": "..."}), "layout" = "HWIO". A training checkpoint has more tensors (their
 * names start with "train/") and more metadata, which loading a model ignores.
 */
#ifndef MODEL_SPEC_H
#define MODEL_SPEC_H

#include "data/dataset.h"
#include "graph/weights.h"
#include "image/preprocess.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "nets/net.h"
#include "seg/model.h"

typedef struct seg_model_spec {
    seg_net_config net;
    seg_class_list classes;
    seg_preprocess preprocess;
    char data[256], licence[256];
} seg_model_spec;

/* JSON text (malloc'ed) and back. Unknown keys are an error that names them. */
seg_status seg_model_spec_to_json(const seg_model_spec *spec, char **json, seg_error *err);
seg_status seg_model_spec_from_json(seg_model_spec *spec, const char *json, const char *name,
                                    seg_error *err);
/* The parts "classes" with "colors" (may be absent: VOC's), and "preprocess" ("max_side" may be
 * absent: 0), of an object called name. */
seg_status seg_class_list_from_json(seg_class_list *classes, const json_t *object, const char *name,
                                    seg_error *err);
seg_status seg_preprocess_from_json(seg_preprocess *preprocess, const json_t *object,
                                    const char *name, seg_error *err);
/* The "net" part alone. */
seg_status seg_net_config_to_json(const seg_net_config *net, char **json, seg_error *err);

/* Every weight of spec's network, declared and not yet filled. */
seg_status seg_model_weights_declare(seg_weights **out, const seg_net_config *net, seg_error *err);

/*
 * Declare every weight of spec's network, its numbers lent by file, which must outlive them. Missing, extra (unless "train/...")
 * and misshapen tensors and NaNs are errors that name the first of them.
 */
seg_status seg_model_weights_lend(seg_weights **out, const seg_model_spec *spec,
                                  const seg_safetensors *file, const char *name, seg_error *err);

/* Write a model; what the precision would spoil keeps a better one (stored.h). int8 may be NULL: all
 * in float; weights of layers that it leaves in float are not rounded to int8. */
struct seg_int8;
seg_status seg_model_write_int8(const char *path, const seg_model_spec *spec, seg_weights *weights,
                                seg_precision precision, const struct seg_int8 *int8,
                                seg_error *err);
/* The same without int8. */
seg_status seg_model_write(const char *path, const seg_model_spec *spec, seg_weights *weights,
                           seg_precision precision, seg_error *err);

#endif
