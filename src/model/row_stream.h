/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * row_stream.h: an image that comes in rows, labels that go out in rows, and the two ways between:
 * tile by tile (tiles.c), or shrunk as a whole (shrunk_rows.c).
 */
#ifndef MODEL_ROW_STREAM_H
#define MODEL_ROW_STREAM_H

#include "model/tile_grid.h"
#include "seg/tiles.h"

/* One image's. Read, written and counted through the calls below. */
typedef struct seg_row_stream {
    const seg_row_source *source;
    const seg_row_sink *sink;
    const seg_tile_opts *opts;
    seg_tile_report report;
    bool begun; /* rows were read: the next reading has to rewind */
} seg_row_stream;

/* The next row is the first. */
seg_status seg_row_stream_start(seg_row_stream *stream, seg_error *err);
seg_status seg_row_stream_next(seg_row_stream *stream, uint8_t *row, seg_error *err);
/* A row of labels with the row of the image that they belong to (NULL where the sink wants none). */
seg_status seg_row_stream_put(seg_row_stream *stream, const uint8_t *labels, const uint8_t *pixels,
                              seg_error *err);
seg_status seg_row_stream_progress(seg_row_stream *stream, double share, seg_error *err);

/* The image in tiles. Errors: as seg_segment_rows. */
seg_status seg_tiles_run(seg_row_stream *stream, const seg_model *model, const seg_tile_wish *wish,
                         seg_error *err);

/* The image shrunk to what the model wants, its mask at its own size. Errors: the same. */
seg_status seg_shrunk_rows_run(seg_row_stream *stream, const seg_model *model,
                               const seg_session_opts *opts, seg_error *err);

#endif
