/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * export.h: a model of ours as a program in ONNX's words (operator set 17), N,C,H,W.
 *
 * Input "image" 1,3,height,width (preprocessed), output "logits" 1,classes,height,width. Batch
 * norms are folded and what only trains is gone; every layer keeps its name. The metadata hold
 * "seg.model" (network, classes, colours, preprocessing), from which an import knows all.
 */
#ifndef MODEL_EXPORT_H
#define MODEL_EXPORT_H

#include "model/model.h"
#include "program/program.h"

/* Errors: SEG_UNSUPPORTED (a layer that ONNX has not, named), SEG_INVALID (size), SEG_NOMEM. */
seg_status seg_model_export(seg_program **out, const seg_model *model, int width, int height,
                            seg_error *err);

#endif
