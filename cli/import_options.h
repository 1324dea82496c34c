/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* import_options.h: what verbs that take ONNX and TFLite models may be told about them. */
#ifndef CLI_IMPORT_OPTIONS_H
#define CLI_IMPORT_OPTIONS_H

#include "options.h"
#include "seg/model.h"

typedef struct import_options {
    const char *labels, *mean, *std, *layout, *fit, *output, *threshold;
    option_size input_size;
    bool dequantise;
} import_options;

/* Rows of a verb's option table. */
#define IMPORT_OPTIONS(o)                                                                          \
    {OPTION_TEXT, 0, "labels", "<file>", "imported model: class names, one a line", &(o)->labels}, \
        {OPTION_TEXT, 0, "mean", "<r,g,b>", "imported model: subtracted from RGB/255",             \
         &(o)->mean},                                                                              \
        {OPTION_TEXT, 0, "std", "<r,g,b>", "imported model: then divided by", &(o)->std},          \
        {OPTION_TEXT, 0, "layout", "<axes>", "imported model: input is nchw or nhwc",              \
         &(o)->layout},                                                                            \
        {OPTION_SIZE, 0, "input-size", "<HxW>", "imported model: size of an input left open",      \
         &(o)->input_size, 1, SEG_MAX_SIDE},                                                       \
        {OPTION_TEXT, 0, "fit", "<how>", "imported model: stretch images to its input, or pad",    \
         &(o)->fit},                                                                               \
        {OPTION_TEXT, 0, "output-name", "<name>", "imported model: the output with the classes",   \
         &(o)->output},                                                                            \
        {OPTION_TEXT, 0, "threshold", "<x>", "imported model: a mask is class 1 above it",         \
         &(o)->threshold},                                                                         \
    {                                                                                              \
        OPTION_FLAG, 0, "dequantise", NULL, "imported model: run a quantised network in float",    \
            &(o)->dequantise                                                                       \
    }

/* As shared_load_model, with what the options say. */
seg_model *import_options_load(const cmd *command, const char *path, const import_options *options);

/* seg_model_graft with them; on failure says why, NULL. */
seg_model *import_options_graft(const cmd *command, const char *path, const char *net,
                                const import_options *options, char *report, size_t report_size);

#endif
