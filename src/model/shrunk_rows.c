/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * shrunk_rows.c: an image in rows for a model that sees all of it, but smaller: shrunk as it is read,
 * its labels made at its own size some rows at a time.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "image/resize.h"
#include "model/row_stream.h"

enum { ROWS = 64 }; /* of labels at once */

typedef struct shrinking {
    seg_row_stream *stream;
    const seg_model *model;
    const seg_session_opts *opts;
    int width, height; /* of the network's input */
    uint8_t *row;      /* of the image */
    uint8_t *pixels;   /* shrunk */
    uint8_t *labels;   /* ROWS of them, as wide as the image */
    void *scratch;
    seg_row_resizer *resizer;
    seg_model_plan plan;
} shrinking;

static seg_status take_memory(shrinking *s, seg_error *err)
{
    const seg_row_source *source = s->stream->source;
    const seg_image from = {NULL, source->width, source->height, 3, 0};
    const size_t size = (size_t)s->width * (size_t)s->height * 3;
    s->row = malloc((size_t)source->width * 3);
    s->pixels = malloc(size);
    s->labels = malloc((size_t)source->width * ROWS);
    if (s->row == NULL || s->pixels == NULL || s->labels == NULL)
        return seg_fail_nomem(err, size, "the shrunk image");
    return seg_row_resizer_new(&s->resizer, &from, s->width, s->height, err);
}

static seg_status shrink(shrinking *s, seg_error *err)
{
    seg_status status = seg_row_stream_start(s->stream, err);
    for (int y = 0; status == SEG_OK && y < s->stream->source->height; y++) {
        status = seg_row_stream_next(s->stream, s->row, err);
        if (status == SEG_OK)
            seg_row_resizer_put(s->resizer, s->row, s->pixels);
    }
    return status;
}

static seg_status run_network(shrinking *s, seg_error *err)
{
    const seg_plan_opts opts = {.width = s->width,
                                .height = s->height,
                                .threads = s->opts->threads,
                                .bf16 = s->opts->bf16,
                                .memory_limit = s->opts->memory_limit};
    const double start = seg_clock_seconds();
    seg_status status = seg_model_plan_init(&s->plan, s->model, &opts, err);
    if (status != SEG_OK)
        return status;
    const seg_image view = {s->pixels, s->width, s->height, 3, 0};
    const seg_tensor input = seg_exec_input(s->plan.exec, 0);
    seg_preprocess_image(&s->model->spec.preprocess, &view, seg_f32(&input));
    seg_exec_forward(s->plan.exec, 0, 0);
    s->stream->report.network_ms = 1e3 * (seg_clock_seconds() - start);
    const seg_shape logits = seg_exec_output(s->plan.exec, 0).shape;
    const size_t size = seg_labels_scratch_size(&logits, s->stream->source->width);
    s->scratch = seg_block_new(size);
    return s->scratch != NULL ? SEG_OK : seg_fail_nomem(err, size, "the labels");
}

/* Labels of rows y..y+count-1, each with its row of the image. */
static seg_status put_rows(shrinking *s, int y, int count, seg_error *err)
{
    const seg_tensor logits = seg_exec_output(s->plan.exec, 0);
    const seg_row_source *source = s->stream->source;
    const bool pixels = !s->stream->sink->labels_only;
    const seg_label_window window = {.width = source->width,
                                     .height = source->height,
                                     .y = y,
                                     .w = source->width,
                                     .h = count,
                                     .cells_h = logits.shape.h,
                                     .cells_w = logits.shape.w,
                                     .stride = (size_t)source->width};
    seg_status status = seg_labels_window(&logits, &s->plan.cells, &window, s->labels, s->scratch,
                                          s->opts->threads, err);
    for (int i = 0; status == SEG_OK && i < count; i++) {
        if (pixels)
            status = seg_row_stream_next(s->stream, s->row, err);
        if (status == SEG_OK)
            status = seg_row_stream_put(s->stream, s->labels + (size_t)i * (size_t)source->width,
                                        s->row, err);
    }
    return status;
}

static seg_status run(shrinking *s, seg_error *err)
{
    const int height = s->stream->source->height;
    seg_status status = take_memory(s, err);
    if (status == SEG_OK)
        status = shrink(s, err);
    if (status == SEG_OK)
        status = run_network(s, err);
    if (status == SEG_OK && !s->stream->sink->labels_only)
        status = seg_row_stream_start(s->stream, err);
    for (int y = 0; status == SEG_OK && y < height; y += ROWS) {
        status = put_rows(s, y, height - y < ROWS ? height - y : ROWS, err);
        if (status == SEG_OK)
            status = seg_row_stream_progress(s->stream, (double)y / height, err);
    }
    return status;
}

seg_status seg_shrunk_rows_run(seg_row_stream *stream, const seg_model *model,
                               const seg_session_opts *opts, seg_error *err)
{
    shrinking s = {.stream = stream, .model = model, .opts = opts};
    const seg_row_source *source = stream->source;
    seg_model_input_size(&model->spec.preprocess, source->width, source->height, &s.width,
                         &s.height);
    stream->report.tile_width = source->width;
    stream->report.tile_height = source->height;
    stream->report.tiles = 1;
    seg_status status = run(&s, err);
    seg_model_plan_release(&s.plan);
    seg_row_resizer_free(s.resizer);
    free(s.row);
    free(s.pixels);
    free(s.labels);
    seg_block_free(s.scratch);
    return status;
}
