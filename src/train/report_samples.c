/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * report_samples.c: validation images, truth and prediction for the eye.
 *
 * Each photo stands in the page once, as the background of three boxes; labels are small palette
 * images that lie over it half transparent.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "image/resize.h"
#include "io/png.h"
#include "train/report.h"

enum { SHOWN_SIDE = 320 }; /* pixels: the longer side of a sample in the page */

static void add_base64(seg_strbuf *html, const uint8_t *data, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        uint32_t b1 = i + 1 < size ? data[i + 1] : 0, b2 = i + 2 < size ? data[i + 2] : 0;
        uint32_t bits = (uint32_t)data[i] << 16 | b1 << 8 | b2;
        const char four[4] = {digits[bits >> 18], digits[bits >> 12 & 63],
                              i + 1 < size ? digits[bits >> 6 & 63] : '=',
                              i + 2 < size ? digits[bits & 63] : '='};
        seg_strbuf_add_bytes(html, four, sizeof four);
    }
}

/* Shrinks image (labels by nearest) and appends it as a data URI. */
static seg_status add_image(seg_strbuf *html, const seg_image *image, const seg_color *palette,
                            seg_error *err)
{
    int longer = image->width > image->height ? image->width : image->height;
    double factor = longer > SHOWN_SIDE ? (double)SHOWN_SIDE / longer : 1.0;
    int width = (int)(image->width * factor + 0.5), height = (int)(image->height * factor + 0.5);
    width = width > 0 ? width : 1;
    height = height > 0 ? height : 1;
    size_t size = (size_t)width * (size_t)height * (size_t)image->channels;
    uint8_t *pixels = malloc(size), *png = NULL;
    if (pixels == NULL)
        return seg_fail_nomem(err, size, "a sample of the report");
    seg_resize_window window = seg_resize_whole(width, height);
    seg_status status = palette != NULL ? seg_resize_nearest(image, window, pixels, err)
                                        : seg_resize_bilinear(image, window, pixels, err);
    if (status == SEG_OK)
        status =
            seg_png_encode(&png, &size, &(seg_image){pixels, width, height, image->channels, 0},
                           palette, "a sample of the report", err);
    if (status == SEG_OK) {
        seg_strbuf_add(html, "data:image/png;base64,");
        add_base64(html, png, size);
    }
    free(png);
    free(pixels);
    return status;
}

static seg_status add_box(seg_strbuf *html, int number, const seg_image *labels,
                          const seg_color *palette, const char *title, seg_error *err)
{
    seg_status status = SEG_OK;
    seg_strbuf_addf(html, "<div><div class=\"photo s%d\" style=\"aspect-ratio:%d/%d\">", number,
                    labels->width, labels->height);
    if (title[0] != 'i') {
        seg_strbuf_add(html, "<img alt=\"\" src=\"");
        status = add_image(html, labels, palette, err);
        seg_strbuf_add(html, "\">");
    }
    seg_strbuf_addf(html, "</div><small>%s</small></div>\n", title);
    return status;
}

static seg_status add_sample(seg_strbuf *html, seg_trainer *trainer, int number,
                             const seg_sample *sample, seg_error *err)
{
    const seg_color *palette = trainer->spec.classes.colors;
    seg_image image = seg_image_view(&sample->image), truth = seg_image_view(&sample->labels);
    size_t size = (size_t)image.width * (size_t)image.height;
    uint8_t *predicted = malloc(size);
    if (predicted == NULL)
        return seg_fail_nomem(err, size, "a sample of the report");
    seg_image prediction = {predicted, image.width, image.height, 1, 0};
    seg_status status = seg_segment(trainer->session, &image, predicted, err);
    if (status == SEG_OK) {
        seg_strbuf_addf(html, "<style>.s%d{background-image:url(", number);
        status = add_image(html, &image, NULL, err);
        seg_strbuf_add(html, ")}</style>\n<div class=\"sample\">\n");
    }
    if (status == SEG_OK)
        status = add_box(html, number, &truth, palette, "image", err);
    if (status == SEG_OK)
        status = add_box(html, number, &truth, palette, "truth", err);
    if (status == SEG_OK)
        status = add_box(html, number, &prediction, palette, "prediction", err);
    seg_strbuf_add(html, "</div>\n");
    free(predicted);
    return status;
}

seg_status seg_report_samples(seg_strbuf *html, seg_trainer *trainer, seg_error *err)
{
    int count = trainer->val.count < SEG_SAMPLES ? trainer->val.count : SEG_SAMPLES;
    seg_status status = SEG_OK;
    for (int i = 0; status == SEG_OK && i < count; i++) {
        seg_sample sample;
        int index = (int)((int64_t)i * trainer->val.count / count);
        status = seg_dataset_read(&trainer->val, index, &sample, err);
        if (status != SEG_OK)
            break;
        status = add_sample(html, trainer, i, &sample, err);
        seg_sample_release(&sample);
    }
    return status;
}
