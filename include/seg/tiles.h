/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * seg/tiles.h: label images that do not fit memory, row by row in and out.
 *
 * The network runs on one tile after the other, each with a margin, so that labels are those of the
 * whole image; time is linear in pixels, and memory hardly grows with them. What the network
 * averages over all of the image (DeepLab's image pooling) is found in a first pass over all tiles.
 */
#ifndef SEG_TILES_H
#define SEG_TILES_H

#include "seg/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * An image that is read row by row, up to three times. next writes the next row, width sRGB pixels of
 * three bytes; rewind makes the first row the next one again (it is called before the first row of
 * each but the first reading). Both return what goes wrong with its sentence in *err, which is then
 * what the call returns.
 */
typedef struct seg_row_source {
    int width, height; /* pixels, 1..SEG_MAX_SIDE */
    seg_status (*next)(void *context, uint8_t *row, seg_error *err);
    seg_status (*rewind)(void *context, seg_error *err);
    void *context;
} seg_row_source;

/*
 * Where labels go: called for each row from the top, with its width class ids and (unless
 * labels_only) the image's pixels.
 */
typedef struct seg_row_sink {
    seg_status (*put)(void *context, const uint8_t *labels, const uint8_t *pixels, seg_error *err);
    void *context;
    bool labels_only; /* pixels are not wanted: NULL */
} seg_row_sink;

enum { SEG_TILES_MEMORY_BYTES = 256000000 };

/* Zero means the default. */
typedef struct seg_tile_opts {
    int threads; /* default: one per processor */
    size_t
        memory_limit; /* bytes of the process, about; default 256 MB (256e6). Tiles are as large as
                            fit; more than the smallest tiles allow is SEG_LIMIT */
    int side;         /* pixels of an image that a tile labels; default: what fits */
    bool full_size;   /* the image at its own size, whatever the model's max_side */
    bool bf16;        /* as in seg_session_opts */
    /* Told the share of the work that is done, 0 to 1; false stops it, with SEG_CANCELLED. */
    bool (*progress)(void *context, double share);
    void *progress_context;
} seg_tile_opts;

/* What happened. */
typedef struct seg_tile_report {
    int width, height;           /* pixels of the image */
    int tile_width, tile_height; /* pixels that a tile labels, at most */
    int tiles;                   /* 1: the network saw all at once */
    double read_ms, network_ms, write_ms;
    int64_t pixels[256]; /* of each class id */
} seg_tile_report;

/*
 * Label an image of any size. Tiles see the image at its own size; a model that shrinks images
 * (max_side) sees it shrunk as a whole, as seg_segment does, unless full_size or side is set.
 * Equal to seg_segment but for the rounding of convolutions whose blocks depend on the image's
 * size (docs/performance.md has numbers). opts and report may be NULL.
 * Errors: SEG_INVALID (source, options), SEG_UNSUPPORTED (imported networks), SEG_LIMIT, SEG_NOMEM,
 * SEG_NONFINITE, SEG_CANCELLED, those of source and sink.
 */
SEG_API seg_status seg_segment_rows(const seg_model *model, const seg_row_source *source,
                                    const seg_row_sink *sink, const seg_tile_opts *opts,
                                    seg_tile_report *report, seg_error *err);

/*
 * The same from an image file to a mask as seg_labels_write's, and an overlay as seg_image_overlay's
 * (path NULL: none), both PNG, each written whole or not at all. JPEG and PNG are decoded row by row;
 * progressive JPEGs, interlaced PNGs and pictures that EXIF turns have to be decoded whole, and are
 * SEG_LIMIT where half of memory_limit does not hold their pixels.
 * Errors: those above, SEG_IO, SEG_FORMAT.
 */
SEG_API seg_status seg_segment_file(const seg_model *model, const char *image, const char *mask,
                                    const char *overlay, float alpha, const seg_tile_opts *opts,
                                    seg_tile_report *report, seg_error *err);

#ifdef __cplusplus
}
#endif
#endif
