/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* row_stream.c: images in rows to labels in rows. */
#include "model/row_stream.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/parallel.h"

/* What a process takes besides what tiles are planned for: code, model, decoder, encoder, stacks. */
enum { PROGRAM_BYTES = 32000000 };

seg_status seg_row_stream_start(seg_row_stream *stream, seg_error *err)
{
    const bool begun = stream->begun;
    stream->begun = true;
    return begun ? stream->source->rewind(stream->source->context, err) : SEG_OK;
}

seg_status seg_row_stream_next(seg_row_stream *stream, uint8_t *row, seg_error *err)
{
    const double start = seg_clock_seconds();
    seg_status status = stream->source->next(stream->source->context, row, err);
    stream->report.read_ms += 1e3 * (seg_clock_seconds() - start);
    return status;
}

seg_status seg_row_stream_put(seg_row_stream *stream, const uint8_t *labels, const uint8_t *pixels,
                              seg_error *err)
{
    const double start = seg_clock_seconds();
    const seg_row_sink *sink = stream->sink;
    for (int x = 0; x < stream->source->width; x++)
        stream->report.pixels[labels[x]]++;
    seg_status status = sink->put(sink->context, labels, sink->labels_only ? NULL : pixels, err);
    stream->report.write_ms += 1e3 * (seg_clock_seconds() - start);
    return status;
}

seg_status seg_row_stream_progress(seg_row_stream *stream, double share, seg_error *err)
{
    const seg_tile_opts *opts = stream->opts;
    if (opts->progress == NULL || opts->progress(opts->progress_context, share))
        return SEG_OK;
    return seg_fail(err, SEG_CANCELLED, "stopped by its caller at %.0f %%", 100 * share);
}

static seg_status check(const seg_model *model, const seg_row_source *source,
                        const seg_tile_opts *opts, seg_error *err)
{
    if (source->width < 1 || source->height < 1 || source->width > SEG_MAX_SIDE ||
        source->height > SEG_MAX_SIDE)
        return seg_fail(err, SEG_INVALID, "the image: %dx%d pixels, but sides are 1..%d",
                        source->width, source->height, SEG_MAX_SIDE);
    if (opts->side < 0 || opts->side > SEG_MAX_SIDE)
        return seg_fail(err, SEG_INVALID, "tiles of %d pixels, not 1..%d", opts->side,
                        SEG_MAX_SIDE);
    if (model->import != NULL)
        return seg_fail(err, SEG_UNSUPPORTED,
                        "images in tiles are for networks of seg's own, not for one of %s: it may "
                        "depend on the whole image anywhere",
                        model->spec.net.net);
    return seg_exec_check_bf16(opts->bf16, err);
}

static bool is_shrunk(const seg_model *model, const seg_row_source *source,
                      const seg_tile_opts *opts)
{
    int width, height;
    seg_model_input_size(&model->spec.preprocess, source->width, source->height, &width, &height);
    return !opts->full_size && opts->side == 0 &&
           (width != source->width || height != source->height);
}

static seg_status run(seg_row_stream *stream, const seg_model *model, seg_error *err)
{
    const seg_tile_opts *opts = stream->opts;
    const int threads = opts->threads > 0 ? opts->threads : seg_cpu_count();
    const size_t limit = opts->memory_limit > 0 ? opts->memory_limit : SEG_TILES_MEMORY_BYTES;
    const size_t left = limit > PROGRAM_BYTES ? limit - PROGRAM_BYTES : 1;
    if (is_shrunk(model, stream->source, opts)) {
        const seg_session_opts session = {
            .threads = threads, .bf16 = opts->bf16, .memory_limit = left};
        return seg_shrunk_rows_run(stream, model, &session, err);
    }
    const seg_tile_wish wish = {
        .side = opts->side, .memory_limit = left, .threads = threads, .bf16 = opts->bf16};
    return seg_tiles_run(stream, model, &wish, err);
}

seg_status seg_segment_rows(const seg_model *model, const seg_row_source *source,
                            const seg_row_sink *sink, const seg_tile_opts *opts,
                            seg_tile_report *report, seg_error *err)
{
    static const seg_tile_opts none = {0};
    seg_row_stream stream = {.source = source, .sink = sink, .opts = opts != NULL ? opts : &none};
    seg_status status = check(model, source, stream.opts, err);
    if (status != SEG_OK)
        return status;
    stream.report.width = source->width;
    stream.report.height = source->height;
    status = run(&stream, model, err);
    if (status == SEG_OK && report != NULL)
        *report = stream.report;
    return status;
}
