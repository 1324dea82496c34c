/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * import_run.c: label images with an imported network.
 *
 *   image -> fit to the input's size -> numbers in the input's type and layout -> program
 *         -> logits h x w x classes, or ids h x w -> labels at the image's own size
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/half.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "image/buffer.h"
#include "image/resize.h"
#include "model/import.h"
#include "model/model.h"
#include "runtime/runtime.h"

typedef struct buffer {
    void *data; /* of seg_block_new */
    size_t size;
} buffer;

struct seg_import_session {
    const seg_import *import;
    const seg_preprocess *preprocess;
    int classes, threads;
    seg_runtime *runtime;
    buffer fitted, pixels, input, logits, scratch;
};

/* How an image lies in the network's input. */
typedef struct placement {
    int height, width; /* of the input */
    int fit_h, fit_w;  /* of the image in it, from the top left corner */
} placement;

seg_status seg_import_session_new(seg_import_session **out, const seg_import *import,
                                  const seg_preprocess *preprocess, int classes,
                                  const seg_session_opts *opts, seg_error *err)
{
    *out = NULL;
    seg_import_session *session = calloc(1, sizeof *session);
    if (session == NULL)
        return seg_fail_nomem(err, sizeof *session, "a session");
    session->import = import;
    session->preprocess = preprocess;
    session->classes = classes;
    session->threads = opts->threads > 0 ? opts->threads : seg_cpu_count();
    const seg_runtime_opts runtime = {
        .threads = session->threads, .memory_limit = opts->memory_limit, .bf16 = opts->bf16};
    seg_status status = seg_runtime_new(&session->runtime, import->program, &runtime, err);
    if (status != SEG_OK) {
        free(session);
        return status;
    }
    *out = session;
    return SEG_OK;
}

void seg_import_session_free(seg_import_session *session)
{
    if (session == NULL)
        return;
    seg_runtime_free(session->runtime);
    buffer *buffers[] = {&session->fitted, &session->pixels, &session->input, &session->logits,
                         &session->scratch};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        seg_block_free(buffers[i]->data);
    free(session);
}

/* Make a buffer hold size bytes; its content is lost. */
static seg_status reserve(buffer *b, size_t size, const char *what, seg_error *err)
{
    if (b->size >= size && b->data != NULL)
        return SEG_OK;
    seg_block_free(b->data);
    b->size = 0;
    b->data = seg_block_new(size);
    if (b->data == NULL)
        return seg_fail_nomem(err, size, what);
    b->size = size;
    return SEG_OK;
}

/* ---- image to input ---- */

static placement place(const seg_import *import, const seg_image *image)
{
    placement p = {.height = import->height > 0 ? import->height : image->height,
                   .width = import->width > 0 ? import->width : image->width};
    p.fit_h = p.height;
    p.fit_w = p.width;
    if (!import->pad)
        return p;
    /* The side that is the tighter fit fills its extent; the other keeps the proportions. */
    int64_t across = (int64_t)image->width * p.height, down = (int64_t)image->height * p.width;
    if (across > down)
        p.fit_h = (int)((2 * down + image->width) / (2 * (int64_t)image->width));
    else
        p.fit_w = (int)((2 * across + image->height) / (2 * (int64_t)image->height));
    p.fit_h = p.fit_h < 1 ? 1 : p.fit_h;
    p.fit_w = p.fit_w < 1 ? 1 : p.fit_w;
    return p;
}

/* The image at the size it has in the input; *fitted may be the image itself. */
static seg_status fit_image(seg_import_session *session, const seg_image *image, const placement *p,
                            seg_image *fitted, seg_error *err)
{
    *fitted = *image;
    if (p->fit_h == image->height && p->fit_w == image->width)
        return SEG_OK;
    size_t size = (size_t)p->fit_h * (size_t)p->fit_w * (size_t)image->channels;
    seg_status status = reserve(&session->fitted, size, "the resized image", err);
    if (status == SEG_OK)
        status = seg_resize_bilinear(image, seg_resize_whole(p->fit_w, p->fit_h),
                                     session->fitted.data, err);
    *fitted = (seg_image){session->fitted.data, p->fit_w, p->fit_h, image->channels, 0};
    return status;
}

/* One number of the input from a pixel's value, which is normalised for all but raw pixels. */
static uint8_t to_byte(const seg_import *import, float value)
{
    const bool is_signed = import->input.dtype == SEG_I8;
    const float lo = is_signed ? -128.0f : 0.0f, hi = is_signed ? 127.0f : 255.0f;
    float q = import->raw_pixels ? value * 255.0f - (is_signed ? 128.0f : 0.0f)
                                 : value / import->quantisation.scale[0] +
                                       (float)import->quantisation.zero_point[0];
    q = rintf(fminf(fmaxf(q, lo), hi));
    return (uint8_t)(int)q;
}

static void store(const seg_import *import, void *input, size_t at, float value)
{
    switch (import->input.dtype) {
    case SEG_U8:
    case SEG_I8:
        ((uint8_t *)input)[at] = to_byte(import, value);
        break;
    case SEG_F16:
        seg_f32_to_f16(&value, (uint16_t *)input + at, 1);
        break;
    default:
        ((float *)input)[at] = value;
        break;
    }
}

/* pixels: fit_h x fit_w x 3 normalised; what they do not cover is 0, the mean colour. */
static void fill(const seg_import *import, const placement *p, const float *pixels, int channels,
                 void *input)
{
    const size_t plane = (size_t)p->height * (size_t)p->width;
    for (int y = 0; y < p->height; y++) {
        for (int x = 0; x < p->width; x++) {
            bool covered = y < p->fit_h && x < p->fit_w;
            const float *pixel = pixels + 3 * ((size_t)y * (size_t)p->fit_w + (size_t)x);
            size_t at = (size_t)y * (size_t)p->width + (size_t)x;
            for (int c = 0; c < channels; c++)
                store(import, input,
                      import->channels_first ? (size_t)c * plane + at
                                             : at * (size_t)channels + (size_t)c,
                      covered ? pixel[c] : 0.0f);
        }
    }
}

static seg_status make_input(seg_import_session *session, const seg_image *image,
                             const placement *p, seg_tensor *input, seg_error *err)
{
    static const seg_preprocess raw = {.mean = {0, 0, 0}, .std = {1, 1, 1}};
    const seg_import *import = session->import;
    seg_image fitted;
    seg_status status = fit_image(session, image, p, &fitted, err);
    input->shape = import->input;
    input->shape.dim[import->channels_first ? 2 : 1] = p->height;
    input->shape.dim[import->channels_first ? 3 : 2] = p->width;
    int64_t *channels = &input->shape.dim[import->channels_first ? 1 : 3];
    if (*channels == SEG_ANY_EXTENT)
        *channels = 3;
    size_t pixels = (size_t)p->fit_h * (size_t)p->fit_w * 3 * sizeof(float);
    if (status == SEG_OK)
        status = reserve(&session->pixels, pixels, "the input", err);
    if (status == SEG_OK)
        status = reserve(&session->input, seg_shape_size(&input->shape), "the input", err);
    if (status != SEG_OK)
        return status;
    input->data = session->input.data;
    seg_preprocess_image(import->raw_pixels ? &raw : session->preprocess, &fitted,
                         session->pixels.data);
    fill(import, p, session->pixels.data, (int)*channels, input->data);
    return SEG_OK;
}

/* ---- output to labels ---- */

/* Axes of rows, columns and classes (-1: ids, no classes) in an output. */
typedef struct output_axes {
    int rows, columns, classes;
} output_axes;

/* Integers that are not scaled numbers. */
static bool holds_ids(const seg_import_session *session, seg_dtype dtype)
{
    const seg_program *program = session->import->program;
    if (program->slots[program->outputs[session->import->output]].quantisation.count > 0)
        return false;
    return dtype == SEG_I64 || dtype == SEG_I32 || dtype == SEG_BOOL || dtype == SEG_U8 ||
           dtype == SEG_I8;
}

static seg_status find_axes(const seg_import_session *session, const seg_shape *shape,
                            output_axes *axes, seg_error *err)
{
    const char *path = session->import->program->path;
    char text[SEG_SHAPE_TEXT_SIZE];
    bool first = session->import->channels_first;
    if (shape->rank == 3 && shape->dim[0] == 1) {
        *axes = (output_axes){1, 2, -1};
        return SEG_OK;
    }
    if (shape->rank != 4 || shape->dim[0] != 1 || seg_shape_count(shape) == 0)
        return seg_fail(err, SEG_UNSUPPORTED, "%s: its output is %s, no map of classes", path,
                        seg_shape_text(shape, text));
    /* The axis as long as there are classes, where only one is; else that of the input. */
    bool fits_first = shape->dim[1] == session->classes,
         fits_last = shape->dim[3] == session->classes;
    if (fits_first != fits_last)
        first = fits_first;
    *axes = first ? (output_axes){2, 3, 1} : (output_axes){1, 2, 3};
    int64_t channels = shape->dim[axes->classes];
    if (holds_ids(session, shape->dtype) && channels == 1)
        axes->classes = -1;
    else if (channels != session->classes && !(channels == 1 && session->classes == 2))
        return seg_fail(err, SEG_MISMATCH, "%s: its output is %s, but there are %d classes", path,
                        seg_shape_text(shape, text), session->classes);
    return SEG_OK;
}

static double number_at(const seg_tensor *tensor, size_t at)
{
    float value;
    switch (tensor->shape.dtype) {
    case SEG_I64:
        return (double)((const int64_t *)tensor->data)[at];
    case SEG_I32:
        return ((const int32_t *)tensor->data)[at];
    case SEG_I8:
        return ((const int8_t *)tensor->data)[at];
    case SEG_U8:
    case SEG_BOOL:
        return ((const uint8_t *)tensor->data)[at];
    case SEG_F16:
        seg_f16_to_f32((const uint16_t *)tensor->data + at, &value, 1);
        return (double)value;
    default:
        return (double)((const float *)tensor->data)[at];
    }
}

/* Each image pixel takes the id of the output pixel that its centre lies in. */
static seg_status labels_from_ids(const seg_import_session *session, const seg_tensor *ids,
                                  const output_axes *axes, const placement *p,
                                  const seg_image *image, uint8_t *labels, seg_error *err)
{
    const int64_t h = ids->shape.dim[axes->rows], w = ids->shape.dim[axes->columns];
    for (int pass = 0; pass < 2; pass++) { /* check all, then write: labels stay whole */
        for (int64_t y = 0; y < image->height; y++) {
            int64_t row = (2 * y + 1) * h * p->fit_h / (2 * (int64_t)image->height * p->height);
            for (int64_t x = 0; x < image->width; x++) {
                int64_t column =
                    (2 * x + 1) * w * p->fit_w / (2 * (int64_t)image->width * p->width);
                double id = number_at(ids, (size_t)(row * w + column));
                if (!(id >= 0 && id < session->classes) && pass == 0)
                    return seg_fail(err, SEG_NONFINITE,
                                    "%s: gives the class %g at row %lld, column %lld; there are %d",
                                    session->import->program->path, id, (long long)row,
                                    (long long)column, session->classes);
                if (pass == 1)
                    labels[y * image->width + x] = (uint8_t)id;
            }
        }
    }
    return SEG_OK;
}

/* The part of the output that the image covers as h x w x classes floats. */
static seg_status make_logits(seg_import_session *session, const seg_tensor *output,
                              const output_axes *axes, const placement *p, seg_tensor *logits,
                              seg_error *err)
{
    const seg_shape *shape = &output->shape;
    int64_t stride[SEG_MAX_RANK] = {0}, step = 1;
    for (int i = shape->rank; i-- > 0; step *= shape->dim[i])
        stride[i] = step;
    int64_t h = shape->dim[axes->rows] * p->fit_h / p->height;
    int64_t w = shape->dim[axes->columns] * p->fit_w / p->width;
    int64_t given = axes->classes < 0 ? 1 : shape->dim[axes->classes];
    int64_t between = axes->classes < 0 ? 0 : stride[axes->classes];
    logits->shape = seg_shape_nhwc(1, h < 1 ? 1 : h, w < 1 ? 1 : w, session->classes);
    seg_status status =
        reserve(&session->logits, seg_shape_size(&logits->shape), "the logits", err);
    if (status != SEG_OK)
        return status;
    float *to = logits->data = session->logits.data;
    const seg_program *program = session->import->program;
    const seg_quantisation *q =
        &program->slots[program->outputs[session->import->output]].quantisation;
    const double scale = q->count == 1 ? (double)q->scale[0] : 1.0;
    const double zero = q->count == 1 ? q->zero_point[0] : 0.0;
    for (int64_t y = 0; y < logits->shape.h; y++) {
        for (int64_t x = 0; x < logits->shape.w; x++, to += session->classes) {
            int64_t at = y * stride[axes->rows] + x * stride[axes->columns];
            for (int64_t c = 0; c < given; c++)
                to[c] = (float)(scale * (number_at(output, (size_t)(at + c * between)) - zero));
            if (given == 1) { /* above the threshold the second class is the larger */
                to[1] = to[0];
                to[0] = (float)session->import->threshold;
            }
        }
    }
    return SEG_OK;
}

static seg_status make_labels(seg_import_session *session, const seg_tensor *output,
                              const placement *p, const seg_image *image, uint8_t *labels,
                              seg_error *err)
{
    output_axes axes = {0, 0, -1};
    seg_tensor logits;
    seg_status status = find_axes(session, &output->shape, &axes, err);
    if (status != SEG_OK)
        return status;
    if (axes.classes < 0 && holds_ids(session, output->shape.dtype))
        return labels_from_ids(session, output, &axes, p, image, labels, err);
    if (axes.classes < 0 && session->classes != 2)
        return seg_fail(err, SEG_MISMATCH, "%s: its output is one mask, but there are %d classes",
                        session->import->program->path, session->classes);
    status = make_logits(session, output, &axes, p, &logits, err);
    if (status == SEG_OK)
        status = reserve(&session->scratch, seg_labels_scratch_size(&logits.shape, image->width),
                         "the labels", err);
    const seg_cells whole = {0};
    return status == SEG_OK
               ? seg_labels_from_logits(&logits, &whole, image->width, image->height, labels,
                                        session->scratch.data, session->threads, err)
               : status;
}

seg_status seg_import_measure(const seg_import *import, int width, int height, seg_model_cost *cost,
                              seg_error *err)
{
    static const seg_preprocess grey = {.mean = {0.5f, 0.5f, 0.5f}, .std = {1, 1, 1}};
    const seg_session_opts opts = {.threads = 0};
    seg_import_session *session;
    seg_image_buffer image = {calloc((size_t)width * (size_t)height, 3), width, height, 3};
    if (image.pixels == NULL)
        return seg_fail_nomem(err, (size_t)width * (size_t)height * 3, "an image");
    const seg_image view = seg_image_view(&image);
    const placement p = place(import, &view);
    seg_tensor input;
    seg_status status = seg_import_session_new(&session, import, &grey, 1, &opts, err);
    if (status == SEG_OK)
        status = make_input(session, &view, &p, &input, err);
    if (status == SEG_OK)
        status = seg_runtime_run(session->runtime, &input, err);
    if (status == SEG_OK) {
        seg_runtime_facts facts = seg_runtime_describe(session->runtime);
        *cost = (seg_model_cost){p.width, p.height, facts.multiply_adds, (int64_t)facts.bytes};
    }
    seg_import_session_free(session);
    seg_image_release(&image);
    return status;
}

seg_status seg_import_segment(seg_import_session *session, const seg_image *image, uint8_t *labels,
                              seg_error *err)
{
    const seg_import *import = session->import;
    const placement p = place(import, image);
    seg_tensor input, output;
    seg_status status = make_input(session, image, &p, &input, err);
    if (status == SEG_OK)
        status = seg_runtime_run(session->runtime, &input, err);
    if (status == SEG_OK)
        status = seg_runtime_read(session->runtime, import->program->outputs[import->output],
                                  &output, err);
    return status == SEG_OK ? make_labels(session, &output, &p, image, labels, err) : status;
}
