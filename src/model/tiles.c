/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * tiles.c: the network on tile after tile of an image that is read row by row.
 *
 * Rows of tiles follow each other: the image's rows that their windows cover are in memory, and those
 * that the next row of tiles sees too move up. A network with a mean over the image (DeepLab's image
 * pooling) takes two passes: the first sums what the mean is of, over each tile's own cells.
 */
#include "seg/tiles.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "model/row_stream.h"
#include "model/tile_grid.h"

typedef struct tiling {
    seg_row_stream *stream;
    const seg_model *model;
    seg_whole_net net;
    seg_tile_grid grid;
    seg_tile_plan_opts opts;
    seg_tile_plan plan; /* of the last window */
    uint8_t *rows;      /* of the image: first_row.. */
    int first_row, row_count;
    uint8_t *labels; /* of a row of tiles */
    void *scratch;
    size_t scratch_size;
    double *sums; /* [channels] of the mean */
    float *mean;
    int done, passes; /* tiles of all passes */
} tiling;

static size_t row_size(const tiling *t)
{
    return (size_t)t->grid.x.length * 3;
}

/* Rows `of` the image into memory; those before them go. */
static seg_status move_to(tiling *t, seg_span of, seg_error *err)
{
    const int gone = (int)of.first - t->first_row;
    seg_status status = SEG_OK;
    if (gone > 0 && gone < t->row_count) {
        memmove(t->rows, t->rows + (size_t)gone * row_size(t),
                (size_t)(t->row_count - gone) * row_size(t));
        t->row_count -= gone;
        t->first_row = (int)of.first;
    }
    for (; status == SEG_OK && t->first_row + t->row_count < of.end; t->row_count++)
        status = seg_row_stream_next(t->stream, t->rows + (size_t)t->row_count * row_size(t), err);
    return status;
}

static seg_status reserve_scratch(tiling *t, size_t size, seg_error *err)
{
    if (t->scratch_size >= size)
        return SEG_OK;
    seg_block_free(t->scratch);
    t->scratch_size = 0;
    t->scratch = seg_block_new(size);
    if (t->scratch == NULL)
        return seg_fail_nomem(err, size, "the labels of a tile");
    t->scratch_size = size;
    return SEG_OK;
}

/* The plan for a window, its input filled. */
static seg_status prepare(tiling *t, seg_tile_stage stage, seg_tile_window window, seg_error *err)
{
    if (!seg_tile_plan_fits(&t->plan, &t->net, stage, window)) {
        seg_tile_plan_release(&t->plan);
        seg_status status = seg_tile_plan_init(&t->plan, &t->net, stage, window, &t->opts, err);
        if (status != SEG_OK)
            return status;
    }
    const seg_image view = {t->rows + (size_t)(window.y - t->first_row) * row_size(t) +
                                (size_t)window.x * 3,
                            window.w, window.h, 3, row_size(t)};
    const seg_tensor input = seg_exec_input(t->plan.exec, 0);
    seg_preprocess_image(&t->model->spec.preprocess, &view, seg_f32(&input));
    if (stage == SEG_TILE_LABELS && t->mean != NULL) {
        const seg_tensor mean = seg_exec_input(t->plan.exec, 1);
        memcpy(mean.data, t->mean, seg_shape_size(&mean.shape));
    }
    return SEG_OK;
}

/* Cells of an axis that stand for a tile's own pixels. */
static seg_span own_cells(const tiling *t, int axis, seg_span inner)
{
    const int64_t step = seg_whole_net_mean_step(&t->net, axis);
    return (seg_span){inner.first / step, (inner.end + step - 1) / step};
}

static void add_to_mean(tiling *t, seg_tile_window window, seg_span y, seg_span x)
{
    const seg_tensor features = seg_exec_output(t->plan.exec, 0);
    const seg_shape *s = &features.shape;
    const int64_t top = seg_tile_first_cell(&t->net, SEG_TILE_FEATURES, 0, window.y);
    const int64_t left = seg_tile_first_cell(&t->net, SEG_TILE_FEATURES, 1, window.x);
    const seg_span rows = own_cells(t, 0, y), columns = own_cells(t, 1, x);
    for (int64_t i = rows.first; i < rows.end; i++) {
        const float *cell = seg_f32(&features) + ((i - top) * s->w + columns.first - left) * s->c;
        for (int64_t k = columns.first; k < columns.end; k++, cell += s->c) {
            for (int64_t c = 0; c < s->c; c++)
                t->sums[c] += (double)cell[c];
        }
    }
}

static seg_status label_tile(tiling *t, seg_tile_window window, seg_span y, seg_span x,
                             seg_error *err)
{
    const seg_tensor logits = seg_exec_output(t->plan.exec, 0);
    const seg_label_window part = {
        .width = t->net.width,
        .height = t->net.height,
        .x = (int)x.first,
        .y = (int)y.first,
        .w = (int)(x.end - x.first),
        .h = (int)(y.end - y.first),
        .cells_h = t->net.logits.h,
        .cells_w = t->net.logits.w,
        .cell_y = seg_tile_first_cell(&t->net, SEG_TILE_LABELS, 0, window.y),
        .cell_x = seg_tile_first_cell(&t->net, SEG_TILE_LABELS, 1, window.x),
        .stride = (size_t)t->net.width};
    seg_status status = reserve_scratch(t, seg_labels_scratch_size(&logits.shape, part.w), err);
    return status == SEG_OK
               ? seg_labels_window(&logits, &t->net.cells, &part, t->labels + (size_t)x.first,
                                   t->scratch, t->opts.threads, err)
               : status;
}

static seg_status do_tile(tiling *t, seg_tile_stage stage, int row, int column, seg_error *err)
{
    const seg_span y = seg_tile_inner(&t->grid.y, row), x = seg_tile_inner(&t->grid.x, column);
    const seg_span rows = seg_tile_outer(&t->grid.y, row);
    const seg_span columns = seg_tile_outer(&t->grid.x, column);
    const seg_tile_window window = {(int)columns.first, (int)rows.first,
                                    (int)(columns.end - columns.first),
                                    (int)(rows.end - rows.first)};
    seg_status status = prepare(t, stage, window, err);
    if (status != SEG_OK)
        return status;
    seg_exec_forward(t->plan.exec, 0, 0);
    if (stage == SEG_TILE_FEATURES)
        add_to_mean(t, window, y, x);
    else
        status = label_tile(t, window, y, x, err);
    t->done++;
    const int all = t->passes * t->grid.y.count * t->grid.x.count;
    return status == SEG_OK ? seg_row_stream_progress(t->stream, (double)t->done / all, err)
                            : status;
}

static seg_status put_rows(tiling *t, seg_span y, seg_error *err)
{
    seg_status status = SEG_OK;
    for (int64_t i = y.first; status == SEG_OK && i < y.end; i++)
        status = seg_row_stream_put(t->stream,
                                    t->labels + (size_t)(i - y.first) * (size_t)t->grid.x.length,
                                    t->rows + (size_t)(i - t->first_row) * row_size(t), err);
    return status;
}

static seg_status do_pass(tiling *t, seg_tile_stage stage, seg_error *err)
{
    t->first_row = t->row_count = 0;
    seg_status status = seg_row_stream_start(t->stream, err);
    for (int row = 0; status == SEG_OK && row < t->grid.y.count; row++) {
        status = move_to(t, seg_tile_outer(&t->grid.y, row), err);
        const double start = seg_clock_seconds();
        for (int column = 0; status == SEG_OK && column < t->grid.x.count; column++)
            status = do_tile(t, stage, row, column, err);
        t->stream->report.network_ms += 1e3 * (seg_clock_seconds() - start);
        if (status == SEG_OK && stage == SEG_TILE_LABELS)
            status = put_rows(t, seg_tile_inner(&t->grid.y, row), err);
    }
    return status;
}

static seg_status find_mean(tiling *t, seg_error *err)
{
    const int64_t channels = seg_whole_net_channels(&t->net);
    const seg_span rows = own_cells(t, 0, (seg_span){0, t->net.height});
    const seg_span columns = own_cells(t, 1, (seg_span){0, t->net.width});
    t->sums = calloc((size_t)channels, sizeof *t->sums);
    if (t->sums == NULL)
        return seg_fail_nomem(err, (size_t)channels * sizeof *t->sums, "a mean");
    seg_status status = do_pass(t, SEG_TILE_FEATURES, err);
    if (status != SEG_OK)
        return status;
    t->mean = calloc((size_t)channels, sizeof *t->mean);
    if (t->mean == NULL)
        return seg_fail_nomem(err, (size_t)channels * sizeof *t->mean, "a mean");
    for (int64_t c = 0; c < channels; c++)
        t->mean[c] = (float)(t->sums[c] / ((double)rows.end * (double)columns.end));
    return SEG_OK;
}

/* The rows of the largest window, and the labels of a row of tiles. */
static seg_status take_memory(tiling *t, seg_error *err)
{
    int64_t window = 0;
    for (int i = 0; i < t->grid.y.count; i++) {
        const seg_span outer = seg_tile_outer(&t->grid.y, i);
        window = outer.end - outer.first > window ? outer.end - outer.first : window;
    }
    const int64_t inner = t->grid.y.inner < t->grid.y.length ? t->grid.y.inner : t->grid.y.length;
    t->rows = malloc((size_t)window * row_size(t));
    t->labels = malloc((size_t)inner * (size_t)t->grid.x.length);
    if (t->rows == NULL || t->labels == NULL)
        return seg_fail_nomem(err, (size_t)window * row_size(t), "the rows of tiles");
    return SEG_OK;
}

static seg_status run(tiling *t, const seg_tile_wish *wish, seg_error *err)
{
    const seg_row_source *source = t->stream->source;
    seg_status status = seg_whole_net_init(&t->net, t->model, source->width, source->height, err);
    if (status == SEG_OK)
        status = seg_tile_grid_choose(&t->grid, &t->net, wish, err);
    if (status == SEG_OK)
        status = take_memory(t, err);
    if (status != SEG_OK)
        return status;
    const bool has_mean = seg_whole_net_channels(&t->net) > 0;
    seg_tile_report *report = &t->stream->report;
    report->tile_width = t->grid.x.count > 1 ? t->grid.x.inner : source->width;
    report->tile_height = t->grid.y.count > 1 ? t->grid.y.inner : source->height;
    report->tiles = t->grid.x.count * t->grid.y.count;
    t->passes = has_mean ? 2 : 1;
    if (has_mean)
        status = find_mean(t, err);
    return status == SEG_OK ? do_pass(t, SEG_TILE_LABELS, err) : status;
}

seg_status seg_tiles_run(seg_row_stream *stream, const seg_model *model, const seg_tile_wish *wish,
                         seg_error *err)
{
    tiling t = {
        .stream = stream, .model = model, .opts = {.threads = wish->threads, .bf16 = wish->bf16}};
    seg_status status = run(&t, wish, err);
    seg_tile_plan_release(&t.plan);
    seg_whole_net_release(&t.net);
    free(t.rows);
    free(t.labels);
    seg_block_free(t.scratch);
    free(t.sums);
    free(t.mean);
    return status;
}
