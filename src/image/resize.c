/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * resize.c: separable resampling of 8-bit pixels in fixed point: rows to their new width, then
 * columns. With scale = in/out, s = max(scale, 1) and centre c = (x + 0.5) * scale, source pixel
 * i weighs max(0, 1 - |i + 0.5 - c| / s), normalised. The arithmetic (weights of 22 bits, 8-bit
 * values between the passes) is Pillow's for BILINEAR, so results are the same to the bit.
 */
#include "image/resize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "image/buffer.h"

enum { WEIGHT_BITS = 32 - 8 - 2 }; /* 8 of the pixel, 2 spare for the sign and sums */

/* Which source pixels make each pixel of one axis of the window, and how much. */
typedef struct axis {
    int *first, *count; /* per pixel of the window */
    int32_t *weights;   /* [pixels][stride], in 2^-WEIGHT_BITS */
    int stride;
} axis;

static double triangle(double x)
{
    x = fabs(x);
    return x < 1 ? 1 - x : 0;
}

static void fill_pixel(axis *a, int index, double centre, double spread, int in, double *raw)
{
    int first = (int)fmax(centre - spread + 0.5, 0), last = (int)(centre + spread + 0.5);
    int count = (last > in ? in : last) - first;
    double sum = 0;
    for (int i = 0; i < count; i++) {
        raw[i] = triangle((i + first - centre + 0.5) * (1 / spread));
        sum += raw[i];
    }
    for (int i = 0; i < count; i++)
        a->weights[(size_t)index * (size_t)a->stride + (size_t)i] =
            (int32_t)(0.5 + raw[i] / sum * (1 << WEIGHT_BITS));
    a->first[index] = first;
    a->count[index] = count;
}

static void axis_release(axis *a)
{
    free(a->first);
    free(a->count);
    free(a->weights);
}

static seg_status axis_init(axis *a, int in, int out, int begin, int pixels, seg_error *err)
{
    double scale = (double)in / out, spread = scale > 1 ? scale : 1;
    *a = (axis){.stride = (int)ceil(spread) * 2 + 1};
    size_t size = (size_t)pixels * (size_t)a->stride * sizeof *a->weights;
    double *raw = malloc((size_t)a->stride * sizeof *raw);
    a->first = malloc((size_t)pixels * sizeof *a->first);
    a->count = malloc((size_t)pixels * sizeof *a->count);
    a->weights = malloc(size);
    seg_status status = SEG_OK;
    if (raw == NULL || a->first == NULL || a->count == NULL || a->weights == NULL) {
        status = seg_fail_nomem(err, size, "the weights of a resize");
    } else {
        for (int i = 0; i < pixels; i++)
            fill_pixel(a, i, (begin + i + 0.5) * scale, spread, in, raw);
    }
    free(raw);
    return status;
}

static uint8_t to_byte(int32_t sum)
{
    int32_t value = sum >> WEIGHT_BITS;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* Inlined with the usual number of channels, so that their sums stay in registers. */
static inline void resize_row_of(const axis *a, int pixels, const uint8_t *src, const int channels,
                                 uint8_t *dst)
{
    for (int x = 0; x < pixels; x++, dst += channels) {
        const int32_t *weights = a->weights + (size_t)x * (size_t)a->stride;
        const uint8_t *from = src + (size_t)a->first[x] * (size_t)channels;
        int32_t sums[4];
        for (int c = 0; c < channels; c++)
            sums[c] = 1 << (WEIGHT_BITS - 1);
        for (int i = 0; i < a->count[x]; i++, from += channels) {
            for (int c = 0; c < channels; c++)
                sums[c] += from[c] * weights[i];
        }
        for (int c = 0; c < channels; c++)
            dst[c] = to_byte(sums[c]);
    }
}

static void resize_row(const axis *a, int pixels, const uint8_t *src, int channels, uint8_t *dst)
{
    if (channels == 3)
        resize_row_of(a, pixels, src, 3, dst);
    else
        resize_row_of(a, pixels, src, channels, dst);
}

/* One row of the result out of count rows of the first pass, from row `first` of a ring of `ring`;
 * sums is scratch of a row. */
static void mix_rows(const uint8_t *rows, int first, int ring, size_t row_size,
                     const int32_t *weights, int count, int32_t *sums, uint8_t *dst)
{
    for (size_t i = 0; i < row_size; i++)
        sums[i] = 1 << (WEIGHT_BITS - 1);
    for (int k = 0; k < count; k++) {
        const uint8_t *row = rows + (size_t)((first + k) % ring) * row_size;
        int32_t weight = weights[k];
        for (size_t i = 0; i < row_size; i++)
            sums[i] += row[i] * weight;
    }
    for (size_t i = 0; i < row_size; i++)
        dst[i] = to_byte(sums[i]);
}

/* All source rows that the window needs at their new width, then the columns. */
static seg_status resample(const seg_image *src, const seg_resize_window *window,
                           const axis *across, const axis *down, uint8_t *dst, seg_error *err)
{
    int top = down->first[0], last = window->h - 1;
    int rows = down->first[last] + down->count[last] - top;
    size_t row_size = (size_t)window->w * (size_t)src->channels;
    uint8_t *narrowed = malloc((size_t)rows * row_size);
    int32_t *sums = malloc(row_size * sizeof *sums);
    seg_status status = SEG_OK;
    if (narrowed == NULL || sums == NULL) {
        status = seg_fail_nomem(err, (size_t)rows * row_size, "a resize");
    } else {
        for (int y = 0; y < rows; y++)
            resize_row(across, window->w, seg_image_row(src, top + y), src->channels,
                       narrowed + (size_t)y * row_size);
        for (int y = 0; y < window->h; y++)
            mix_rows(narrowed, down->first[y] - top, rows, row_size,
                     down->weights + (size_t)y * (size_t)down->stride, down->count[y], sums,
                     dst + (size_t)y * row_size);
    }
    free(narrowed);
    free(sums);
    return status;
}

seg_status seg_resize_bilinear(const seg_image *src, seg_resize_window window, uint8_t *dst,
                               seg_error *err)
{
    axis across = {0}, down = {0};
    seg_status status = axis_init(&across, src->width, window.width, window.x, window.w, err);
    if (status == SEG_OK)
        status = axis_init(&down, src->height, window.height, window.y, window.h, err);
    if (status == SEG_OK)
        status = resample(src, &window, &across, &down, dst, err);
    axis_release(&across);
    axis_release(&down);
    return status;
}

struct seg_row_resizer {
    axis across, down;
    int width, height, channels; /* of the result */
    int put, done;               /* rows of the source, and of the result */
    int ring;                    /* rows of `rows` */
    uint8_t *rows;               /* at their new width: row y of the source is y % ring */
    int32_t *sums;
};

seg_status seg_row_resizer_new(seg_row_resizer **out, const seg_image *from, int width, int height,
                               seg_error *err)
{
    *out = NULL;
    const size_t row_size = (size_t)width * (size_t)from->channels;
    seg_row_resizer *r = calloc(1, sizeof *r);
    if (r == NULL)
        return seg_fail_nomem(err, sizeof *r, "a resize");
    r->width = width;
    r->height = height;
    r->channels = from->channels;
    seg_status status = axis_init(&r->across, from->width, width, 0, width, err);
    if (status == SEG_OK)
        status = axis_init(&r->down, from->height, height, 0, height, err);
    if (status == SEG_OK) {
        r->ring = r->down.stride;
        r->rows = malloc((size_t)r->ring * row_size);
        r->sums = malloc(row_size * sizeof *r->sums);
        if (r->rows == NULL || r->sums == NULL)
            status = seg_fail_nomem(err, (size_t)r->ring * row_size, "a resize");
    }
    if (status == SEG_OK)
        *out = r;
    else
        seg_row_resizer_free(r);
    return status;
}

void seg_row_resizer_free(seg_row_resizer *r)
{
    if (r == NULL)
        return;
    axis_release(&r->across);
    axis_release(&r->down);
    free(r->rows);
    free(r->sums);
    free(r);
}

void seg_row_resizer_put(seg_row_resizer *r, const uint8_t *row, uint8_t *dst)
{
    const size_t row_size = (size_t)r->width * (size_t)r->channels;
    resize_row(&r->across, r->width, row, r->channels,
               r->rows + (size_t)(r->put % r->ring) * row_size);
    r->put++;
    for (; r->done < r->height && r->down.first[r->done] + r->down.count[r->done] <= r->put;
         r->done++)
        mix_rows(r->rows, r->down.first[r->done], r->ring, row_size,
                 r->down.weights + (size_t)r->done * (size_t)r->down.stride,
                 r->down.count[r->done], r->sums, dst + (size_t)r->done * row_size);
}

/* floor((2x + 1) * in / (2 * out)): the source pixel under the centre of x. */
static int under_centre(int x, int in, int out)
{
    return (int)((2 * (int64_t)x + 1) * in / (2 * (int64_t)out));
}

static inline void pick_row(const size_t *from, int count, const uint8_t *src,
                            const size_t channels, uint8_t *dst)
{
    for (int x = 0; x < count; x++, dst += channels)
        memcpy(dst, src + from[x], channels);
}

seg_status seg_resize_nearest(const seg_image *src, seg_resize_window window, uint8_t *dst,
                              seg_error *err)
{
    size_t channels = (size_t)src->channels;
    size_t *from = malloc((size_t)window.w * sizeof *from);
    if (from == NULL)
        return seg_fail_nomem(err, (size_t)window.w * sizeof *from, "a resize");
    for (int x = 0; x < window.w; x++)
        from[x] = channels * (size_t)under_centre(window.x + x, src->width, window.width);
    for (int y = 0; y < window.h; y++, dst += (size_t)window.w * channels) {
        const uint8_t *row =
            seg_image_row(src, under_centre(window.y + y, src->height, window.height));
        if (channels == 1)
            pick_row(from, window.w, row, 1, dst);
        else
            pick_row(from, window.w, row, channels, dst);
    }
    free(from);
    return SEG_OK;
}
