/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * seg/model.h: load a trained network and label the pixels of an image.
 *
 * A seg_model is read-only once loaded: many threads may share one, each with its own
 * seg_session (the activations). Preprocessing, classes and colours come from the model's file.
 */
#ifndef SEG_MODEL_H
#define SEG_MODEL_H

#include <stdbool.h>

#include "seg/image.h"
#include "seg/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct seg_model seg_model;     /* weights and network */
typedef struct seg_session seg_session; /* one thread's planned activations */

/*
 * Load a model file: safetensors with seg's metadata, ONNX or TFLite, told apart by content; the
 * latter two as by seg_model_import without options.
 * On SEG_OK *out owns everything and goes to seg_model_free; otherwise it is NULL.
 * Errors: SEG_IO, SEG_FORMAT (cut short, NaN weights: the tensor is named), SEG_MISMATCH (weights
 * that are not the network's), SEG_UNSUPPORTED (operators: all are named), SEG_INVALID (the file
 * does not say how it is used: see seg_import_opts), SEG_NOMEM.
 */
SEG_API seg_status seg_model_load(seg_model **out, const char *path, seg_error *err);

/*
 * What a file of another format may leave unsaid. Zero means: from the file's own metadata, or from
 * the JSON file "<path>.json" beside it (docs/import.md), else the default given here.
 */
typedef struct seg_import_opts {
    const char *labels; /* file of class names, one a line; default "class 0", "class 1", ... */
    const float *mean, *std; /* [3] of RGB/255, subtracted and divided by; 8-bit inputs may do
                                without, others must be told */
    const char *layout;      /* of the input: "nchw" or "nhwc"; default: where its 3 channels are */
    int height, width; /* pixels of the input, where the file leaves it open; default the image's */
    const char *fit;   /* "stretch" (default) an image to the input's size, or "pad" it */
    const char *output;     /* name of the output with the classes; default the first */
    const float *threshold; /* of an output with one channel: above it is class 1; default 0.5 */
    bool dequantise;        /* run a quantised network in float */
} seg_import_opts;

/* Load an ONNX or TFLite file; for a model of seg's own, opts must say nothing. Errors: as above. */
SEG_API seg_status seg_model_import(seg_model **out, const char *path, const seg_import_opts *opts,
                                    seg_error *err);
/* The default model that is part of the library. SEG_UNSUPPORTED when built without one. */
SEG_API seg_status seg_model_load_default(seg_model **out, seg_error *err);
SEG_API void seg_model_free(seg_model *model); /* NULL is allowed */

/* Facts about a model; the texts live as long as it does. */
typedef struct seg_model_info {
    const char *net, *backbone; /* "deeplabv3plus", "mobilenetv2"; imported: "onnx", "" */
    const char *config;         /* JSON of the network's settings; imported: "{}" */
    const char *data, *licence; /* what it was trained on, and the terms; "" when unknown */
    int classes;
    int64_t parameters; /* trainable numbers */
    int max_side;       /* pixels: larger images are shrunk for the network; 0: never */
} seg_model_info;

SEG_API seg_model_info seg_model_describe(const seg_model *model);
SEG_API const char *seg_model_class_name(const seg_model *model, int id); /* NULL: no such class */
SEG_API const seg_color *seg_model_palette(const seg_model *model);       /* [classes] */

/* What one image of a given size takes. */
typedef struct seg_model_cost {
    int input_width, input_height; /* pixels the network sees: models may shrink large images */
    int64_t multiply_adds;
    int64_t activation_bytes;
} seg_model_cost;

/* Errors: SEG_INVALID (size), SEG_NOMEM. */
SEG_API seg_status seg_model_measure(const seg_model *model, int width, int height,
                                     seg_model_cost *cost, seg_error *err);

/* Of the weights in a safetensors file; networks compute in float32 whatever it is. */
typedef enum seg_precision {
    SEG_PRECISION_FLOAT32,
    SEG_PRECISION_FLOAT16, /* half the size, about 3 digits kept; float32 where it does not fit */
    SEG_PRECISION_INT8     /* kernels with a scale for each output channel, the rest float16: a
                              quarter of the size, about 2 digits */
} seg_precision;

/* How numbers lie in a model file. Zero means the default. */
typedef struct seg_save_opts {
    seg_precision precision;
    int height, width; /* pixels of the input of an ONNX file; default 512 x 512 */
    const char *about, *licence; /* of a model of seg's own: its card says this instead */
} seg_save_opts;

/*
 * Write a model file that seg_model_load reads: whole or not at all. ONNX (operator set 17, for
 * one input size) when path ends in ".onnx", else safetensors. opts may be NULL.
 * Errors: SEG_IO, SEG_UNSUPPORTED (an imported network as safetensors; fewer bits in ONNX), SEG_INVALID
 * (size), SEG_NOMEM.
 */
SEG_API seg_status seg_model_save(const seg_model *model, const char *path,
                                  const seg_save_opts *opts, seg_error *err);

/*
 * Read a file of any format and write it in that of the name `to`: what an ONNX or TFLite file does
 * not say about its use need not be known. Errors: as seg_model_load and seg_model_save.
 */
SEG_API seg_status seg_model_convert(const char *from, const char *to, const seg_save_opts *opts,
                                     seg_error *err);

/*
 * Net surgery: one of our networks around the layers of an imported one. A VGG16-shaped classifier
 * becomes "fcn32s", "fcn16s" or "fcn8s" (its fully connected layers become fc6 7x7 and fc7 1x1; its
 * class layer is dropped, score and skip layers are added at zero); any network whose layers are
 * those of a backbone of ours becomes "deeplabv3plus" and the like. Layers are matched by structure,
 * not by name; what has no counterpart starts fresh from `seed`. opts (may be NULL) gives classes
 * (default 21, "class 0", ...) and preprocessing (default ImageNet's). report, of report_size bytes,
 * receives what was found and what was not (NULL: unwanted).
 * Errors: those of seg_model_import; SEG_MISMATCH (its layers are those of no backbone).
 */
SEG_API seg_status seg_model_graft(seg_model **out, const char *path, const char *net,
                                   const seg_import_opts *opts, uint64_t seed, char *report,
                                   size_t report_size, seg_error *err);

/* Zero means the default. */
typedef struct seg_session_opts {
    int threads;         /* 0: one per processor */
    size_t memory_limit; /* bytes of activations; 0: none. Exceeding it is SEG_LIMIT, not a crash */
    bool bf16; /* round operands of dense convolutions to bf16 where that is faster; sums stay float32 */
} seg_session_opts;

/* model is borrowed and must outlive the session. opts may be NULL. Errors: SEG_UNSUPPORTED (bf16 on
 * a processor without AVX512_BF16), SEG_NOMEM. */
SEG_API seg_status seg_session_new(seg_session **out, const seg_model *model,
                                   const seg_session_opts *opts, seg_error *err);
SEG_API void seg_session_free(seg_session *session);

/*
 * Label an image of any size from 1x1. labels receives height * width class ids, row-major;
 * untouched on failure. The plan of the last sizes is kept, so a folder of equal images is
 * planned once. Errors: SEG_INVALID (image), SEG_LIMIT, SEG_NOMEM, SEG_NONFINITE.
 */
SEG_API seg_status seg_segment(seg_session *session, const seg_image *image, uint8_t *labels,
                               seg_error *err);

#ifdef __cplusplus
}
#endif
#endif
