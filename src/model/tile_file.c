/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* tile_file.c: an image file to the files of its labels, row by row. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "image/overlay.h"
#include "io/png.h"
#include "io/rows.h"
#include "model/model.h"
#include "seg/tiles.h"

typedef struct results {
    seg_png_writer *mask, *overlay;
    seg_painter painter;
    uint8_t *row; /* of the overlay */
    int width;
} results;

static seg_status next_row(void *context, uint8_t *row, seg_error *err)
{
    return seg_rows_file_next(context, row, err);
}

static seg_status first_row(void *context, seg_error *err)
{
    return seg_rows_file_rewind(context, err);
}

static seg_status put_row(void *context, const uint8_t *labels, const uint8_t *pixels,
                          seg_error *err)
{
    results *r = context;
    seg_status status = seg_png_writer_row(r->mask, labels, err);
    if (status != SEG_OK || r->overlay == NULL)
        return status;
    seg_painter_row(&r->painter, pixels, labels, r->width, r->row);
    return seg_png_writer_row(r->overlay, r->row, err);
}

static seg_status open_overlay(results *r, const char *path, const seg_model *model, int height,
                               float alpha, seg_error *err)
{
    const seg_image form = {NULL, r->width, height, 3, 0};
    if (!(alpha >= 0 && alpha <= 1))
        return seg_fail(err, SEG_INVALID, "alpha is %g, not in 0..1", (double)alpha);
    seg_status status = seg_painter_init(&r->painter, seg_model_palette(model),
                                         model->spec.classes.count, alpha, err);
    if (status != SEG_OK)
        return status;
    r->row = malloc((size_t)r->width * 3);
    if (r->row == NULL)
        return seg_fail_nomem(err, (size_t)r->width * 3, path);
    return seg_png_writer_open(&r->overlay, path, &form, NULL, err);
}

static seg_status open_mask(results *r, const char *path, const seg_model *model, int height,
                            seg_error *err)
{
    const seg_image form = {NULL, r->width, height, 1, 0};
    seg_color colors[256];
    memset(colors, 255, sizeof colors);
    memcpy(colors, seg_model_palette(model), (size_t)model->spec.classes.count * sizeof *colors);
    return seg_png_writer_open(&r->mask, path, &form, colors, err);
}

static seg_status commit(results *r, seg_error *err)
{
    seg_png_writer *mask = r->mask, *overlay = r->overlay;
    r->mask = r->overlay = NULL;
    seg_status status = seg_png_writer_commit(mask, err);
    if (overlay == NULL)
        return status;
    if (status == SEG_OK)
        return seg_png_writer_commit(overlay, err);
    seg_png_writer_abort(overlay);
    return status;
}

static void results_release(results *r)
{
    seg_png_writer_abort(r->mask);
    seg_png_writer_abort(r->overlay);
    seg_painter_release(&r->painter);
    free(r->row);
}

/* image is open. */
static seg_status segment(const seg_model *model, seg_rows_file *image, const char *mask,
                          const char *overlay, float alpha, const seg_tile_opts *opts,
                          seg_tile_report *report, seg_error *err)
{
    const seg_row_source source = {seg_rows_file_width(image), seg_rows_file_height(image),
                                   next_row, first_row, image};
    results r = {.width = source.width};
    const seg_row_sink sink = {put_row, &r, overlay == NULL};
    seg_status status = open_mask(&r, mask, model, source.height, err);
    if (status == SEG_OK && overlay != NULL)
        status = open_overlay(&r, overlay, model, source.height, alpha, err);
    if (status == SEG_OK)
        status = seg_segment_rows(model, &source, &sink, opts, report, err);
    if (status == SEG_OK)
        status = commit(&r, err);
    results_release(&r);
    return status;
}

seg_status seg_segment_file(const seg_model *model, const char *image, const char *mask,
                            const char *overlay, float alpha, const seg_tile_opts *opts,
                            seg_tile_report *report, seg_error *err)
{
    seg_rows_file *file;
    seg_tile_opts own = opts != NULL ? *opts : (seg_tile_opts){0};
    if (own.memory_limit == 0)
        own.memory_limit = SEG_TILES_MEMORY_BYTES;
    seg_status status = seg_rows_file_open(&file, image, own.memory_limit / 2, err);
    if (status != SEG_OK)
        return status;
    own.memory_limit -= seg_rows_file_held(file);
    status = segment(model, file, mask, overlay, alpha, &own, report, err);
    seg_rows_file_close(file);
    return status;
}
