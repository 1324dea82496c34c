/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * augment.c: scale, crop, mirror, jitter, normalise; each step from 8-bit pixels to 8-bit pixels
 * but the last, which is the one that prediction uses.
 *
 * The sample is never scaled as a whole: only the window of it that the crop shows is made.
 *
 * All colour changes are linear, so together they are one matrix and one offset, clamped once:
 *   brightness b   p -> b p
 *   contrast c     p -> c p + (1 - c) m       m: mean grey of the window, after brightness
 *   saturation s   p -> s p + (1 - s) luma.p  luma: BT.601's .299 R + .587 G + .114 B
 *   hue a          p rotated by a about the grey axis (1, 1, 1); a third of a turn takes red to
 *                  green, green to blue, blue to red
 */
#include "data/augment.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "image/resize.h"

/* Everything random about one sample. */
typedef struct draw {
    double scale;
    double y, x; /* place of the crop, [0, 1) of where it can be */
    bool flip;
    double brightness, contrast, saturation; /* factors */
    double hue;                              /* radians */
} draw;

static double between(seg_rng *rng, double low, double high)
{
    return low + (high - low) * seg_rng_uniform(rng);
}

/* Always as many draws in the same order: an option changes nothing but what it names. */
static draw draw_all(const seg_augment_opts *opts, seg_rng rng)
{
    draw d;
    d.scale = exp(between(&rng, log(opts->scale_min), log(opts->scale_max)));
    d.y = seg_rng_uniform(&rng);
    d.x = seg_rng_uniform(&rng);
    d.flip = seg_rng_uniform(&rng) < opts->flip;
    d.brightness = between(&rng, 1 - opts->jitter, 1 + opts->jitter);
    d.contrast = between(&rng, 1 - opts->jitter, 1 + opts->jitter);
    d.saturation = between(&rng, 1 - opts->jitter, 1 + opts->jitter);
    d.hue = between(&rng, -opts->hue, opts->hue) * 6.283185307179586;
    return d;
}

seg_status seg_augment_check(const seg_augment_opts *opts, seg_error *err)
{
    if (!(opts->scale_min > 0 && opts->scale_min <= opts->scale_max && opts->scale_max <= 100))
        return seg_fail(err, SEG_INVALID,
                        "random scales from %g to %g: must be over 0, at most "
                        "100, and in order",
                        opts->scale_min, opts->scale_max);
    if (opts->crop_h < 0 || opts->crop_w < 0 || opts->crop_h > SEG_MAX_SIDE ||
        opts->crop_w > SEG_MAX_SIDE || (opts->crop_h == 0) != (opts->crop_w == 0))
        return seg_fail(err, SEG_INVALID,
                        "a crop of height %d and width %d: both must be 1..%d, "
                        "or both 0",
                        opts->crop_h, opts->crop_w, SEG_MAX_SIDE);
    if (!(opts->flip >= 0 && opts->flip <= 1))
        return seg_fail(err, SEG_INVALID, "flip is %g, not in 0..1", opts->flip);
    if (!(opts->jitter >= 0 && opts->jitter <= 1))
        return seg_fail(err, SEG_INVALID, "jitter is %g, not in 0..1", opts->jitter);
    if (!(opts->hue >= 0 && opts->hue <= 0.5))
        return seg_fail(err, SEG_INVALID, "hue is %g, not in 0..0.5", opts->hue);
    return SEG_OK;
}

/* One axis: `count` pixels from pixel `from` of the scaled sample go to pixel `to` of the crop. */
typedef struct span {
    int scaled, from, to, count;
} span;

static span place(int scaled, int crop, double where)
{
    int room = scaled - crop, low = room < 0 ? room : 0;
    int offset = low + (int)(where * (abs(room) + 1));
    span s = {.scaled = scaled, .from = offset > 0 ? offset : 0, .to = offset < 0 ? -offset : 0};
    s.count = scaled < crop ? scaled : crop;
    return s;
}

typedef struct window {
    span y, x;
    int crop_h, crop_w;
    bool flip;
} window;

static int scaled_side(int side, double scale)
{
    double scaled = floor(side * scale + 0.5);
    return scaled < 1 ? 1 : scaled > SEG_MAX_SIDE ? SEG_MAX_SIDE : (int)scaled;
}

/* A network for images of at most max_side sees larger photos shrunk; so its training does. */
static double shrink_to(int max_side, int width, int height)
{
    int longer = width > height ? width : height;
    return max_side > 0 && longer > max_side ? (double)max_side / longer : 1;
}

static window choose_window(const seg_augment_opts *opts, const seg_preprocess *preprocess,
                            const seg_image_buffer *image, const draw *d)
{
    window w = {.crop_h = opts->crop_h, .crop_w = opts->crop_w, .flip = d->flip};
    double scale = d->scale;
    if (w.crop_h == 0) {
        w.crop_h = image->height;
        w.crop_w = image->width;
    } else {
        scale *= shrink_to(preprocess->max_side, image->width, image->height);
    }
    w.y = place(scaled_side(image->height, scale), w.crop_h, d->y);
    w.x = place(scaled_side(image->width, scale), w.crop_w, d->x);
    return w;
}

/* A mirrored row fills the crop from its other end. */
static void copy_row(const window *w, int channels, const uint8_t *src, uint8_t *crop_row)
{
    if (!w->flip) {
        memcpy(crop_row + w->x.to * channels, src, (size_t)(w->x.count * channels));
        return;
    }
    uint8_t *dst = crop_row + (w->crop_w - 1 - w->x.to) * channels;
    for (int x = 0; x < w->x.count; x++, src += channels, dst -= channels) {
        for (int c = 0; c < channels; c++)
            dst[c] = src[c];
    }
}

/* The window's tight pixels into their place in the crop. */
static void copy_window(const window *w, int channels, const uint8_t *src, uint8_t *crop)
{
    size_t crop_row = (size_t)(w->crop_w * channels), src_row = (size_t)(w->x.count * channels);
    for (int y = 0; y < w->y.count; y++)
        copy_row(w, channels, src + (size_t)y * src_row, crop + (size_t)(w->y.to + y) * crop_row);
}

static const double luma[3] = {0.299, 0.587, 0.114};

static double mean_grey(const uint8_t *pixels, size_t count)
{
    uint64_t sums[3] = {0};
    for (size_t i = 0; i < count; i++) {
        for (int c = 0; c < 3; c++)
            sums[c] += pixels[3 * i + c];
    }
    double grey = 0;
    for (int c = 0; c < 3; c++)
        grey += luma[c] * (double)sums[c] / (double)count;
    return grey;
}

enum { COLOR_BITS = 16 };

/* pixel -> (matrix . pixel + offset) / 2^COLOR_BITS, rounded by the offset. */
typedef struct color_change {
    int32_t matrix[3][3], offset;
} color_change;

/* p -> cos p + (1 - cos) mean(p) + sin/sqrt(3) (1,1,1) x p (Rodrigues). */
static double hue_matrix(double angle, int row, int col)
{
    double same = row == col ? cos(angle) : 0;
    int ahead = (col - row + 3) % 3; /* of the cross product: 1 is minus, 2 is plus */
    double cross = ahead == 0 ? 0 : ahead == 1 ? -1 : 1;
    return same + (1 - cos(angle)) / 3 + cross * sin(angle) / sqrt(3.0);
}

/* Rows of the hue and saturation matrices add up to 1, so grey passes through them. */
static color_change make_color_change(const draw *d, double grey)
{
    color_change change;
    double gain = d->brightness * d->contrast;
    double offset = (1 - d->contrast) * d->brightness * grey;
    change.offset = (int32_t)floor((offset + 0.5) * (1 << COLOR_BITS) + 0.5);
    for (int row = 0; row < 3; row++) {
        for (int col = 0; col < 3; col++) {
            double m =
                d->saturation * hue_matrix(d->hue, row, col) + (1 - d->saturation) * luma[col];
            change.matrix[row][col] = (int32_t)floor(gain * m * (1 << COLOR_BITS) + 0.5);
        }
    }
    return change;
}

static uint8_t to_byte(int32_t sum)
{
    int32_t value = sum >> COLOR_BITS;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static void change_colors(const color_change *change, uint8_t *pixels, size_t count)
{
    for (uint8_t *p = pixels; p < pixels + 3 * count; p += 3) {
        const int32_t r = p[0], g = p[1], b = p[2];
        for (int c = 0; c < 3; c++) {
            const int32_t *m = change->matrix[c];
            p[c] = to_byte(m[0] * r + m[1] * g + m[2] * b + change->offset);
        }
    }
}

/* The colours around the window become the mean colour, which is 0 after normalising. */
static void clear_border(const window *w, float *image)
{
    const size_t row_bytes = (size_t)w->crop_w * 3 * sizeof(float);
    const int left = w->flip ? w->crop_w - w->x.to - w->x.count : w->x.to;
    const int right = left + w->x.count;
    for (int y = 0; y < w->crop_h; y++) {
        float *row = image + (size_t)y * (size_t)w->crop_w * 3;
        if (y < w->y.to || y >= w->y.to + w->y.count) {
            memset(row, 0, row_bytes);
            continue;
        }
        memset(row, 0, (size_t)left * 3 * sizeof(float));
        memset(row + right * 3, 0, (size_t)(w->crop_w - right) * 3 * sizeof(float));
    }
}

static seg_status make_image(const window *w, const seg_augment_opts *opts, const draw *d,
                             const seg_preprocess *preprocess, const seg_image_buffer *src,
                             float *image, seg_error *err)
{
    const size_t shown = (size_t)w->x.count * (size_t)w->y.count;
    const size_t crop = (size_t)w->crop_w * (size_t)w->crop_h;
    const seg_image view = seg_image_view(src);
    uint8_t *scaled = malloc((shown + crop) * 3), *pixels = scaled + shown * 3;
    if (scaled == NULL)
        return seg_fail_nomem(err, (shown + crop) * 3, "a crop");
    seg_status status = seg_resize_bilinear(
        &view,
        (seg_resize_window){w->x.scaled, w->y.scaled, w->x.from, w->y.from, w->x.count, w->y.count},
        scaled, err);
    if (status == SEG_OK) {
        if (opts->jitter > 0 || opts->hue > 0) {
            color_change change = make_color_change(d, mean_grey(scaled, shown));
            change_colors(&change, scaled, shown);
        }
        memset(pixels, 0, crop * 3);
        copy_window(w, 3, scaled, pixels);
        const seg_image all = {pixels, w->crop_w, w->crop_h, 3, 0};
        seg_preprocess_image(preprocess, &all, image);
        clear_border(w, image);
    }
    free(scaled);
    return status;
}

static seg_status make_labels(const window *w, const seg_image_buffer *src, uint8_t *labels,
                              seg_error *err)
{
    const size_t shown = (size_t)w->x.count * (size_t)w->y.count;
    const seg_image view = seg_image_view(src);
    uint8_t *scaled = malloc(shown);
    if (scaled == NULL)
        return seg_fail_nomem(err, shown, "a crop's labels");
    seg_status status = seg_resize_nearest(
        &view,
        (seg_resize_window){w->x.scaled, w->y.scaled, w->x.from, w->y.from, w->x.count, w->y.count},
        scaled, err);
    if (status == SEG_OK) {
        memset(labels, SEG_IGNORE, (size_t)w->crop_w * (size_t)w->crop_h);
        copy_window(w, 1, scaled, labels);
    }
    free(scaled);
    return status;
}

seg_status seg_augment(const seg_augment_opts *opts, const seg_preprocess *preprocess,
                       const seg_sample *sample, seg_rng rng, float *image, uint8_t *labels,
                       seg_error *err)
{
    seg_status status = seg_augment_check(opts, err);
    if (status != SEG_OK)
        return status;
    const draw d = draw_all(opts, rng);
    const window w = choose_window(opts, preprocess, &sample->image, &d);
    status = make_image(&w, opts, &d, preprocess, &sample->image, image, err);
    return status == SEG_OK ? make_labels(&w, &sample->labels, labels, err) : status;
}
