/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * predict.c: label one photo, write the labels and a coloured overlay.
 *   predict PHOTO MASK.png OVERLAY.png [MODEL]
 *   cc predict.c $(pkg-config --cflags --libs seg)
 */
#include <stdio.h>
#include <stdlib.h>

#include "seg/image.h"
#include "seg/model.h"

/* Everything that was made, so that one place releases it. */
typedef struct work {
    seg_model *model;
    seg_session *session;
    seg_image_buffer photo, overlay;
    uint8_t *labels;
} work;

static seg_status write_results(work *w, const char *mask, const char *overlay, seg_error *err)
{
    const seg_image photo = seg_image_view(&w->photo);
    const seg_image labels = {w->labels, photo.width, photo.height, 1, 0};
    const seg_color *palette = seg_model_palette(w->model);
    int classes = seg_model_describe(w->model).classes;
    seg_status status = seg_labels_write(mask, &labels, palette, classes, err);
    if (status == SEG_OK)
        status = seg_image_overlay(&w->overlay, &photo, &labels, palette, classes, 0.5f, err);
    if (status != SEG_OK)
        return status;
    const seg_image painted = seg_image_view(&w->overlay);
    return seg_image_write(overlay, &painted, err);
}

static seg_status run(work *w, char **argv, seg_error *err)
{
    seg_status status = argv[4] != NULL ? seg_model_load(&w->model, argv[4], err)
                                        : seg_model_load_default(&w->model, err);
    if (status == SEG_OK)
        status = seg_session_new(&w->session, w->model, NULL, err);
    if (status == SEG_OK)
        status = seg_image_read(&w->photo, argv[1], err);
    if (status != SEG_OK)
        return status;
    const seg_image photo = seg_image_view(&w->photo);
    w->labels = malloc((size_t)photo.width * (size_t)photo.height);
    if (w->labels == NULL)
        return SEG_NOMEM;
    status = seg_segment(w->session, &photo, w->labels, err);
    return status == SEG_OK ? write_results(w, argv[2], argv[3], err) : status;
}

int main(int argc, char **argv)
{
    work w = {0};
    seg_error err = {SEG_NOMEM, "out of memory"};
    if (argc < 4 || argc > 5) {
        fprintf(stderr, "usage: predict PHOTO MASK.png OVERLAY.png [MODEL]\n");
        return 2;
    }
    seg_status status = run(&w, argv, &err);
    if (status != SEG_OK)
        fprintf(stderr, "predict: %s\n", err.text);
    else
        printf("the pixel in the middle is %s\n",
               seg_model_class_name(w.model, w.labels[(size_t)(w.photo.height / 2) * w.photo.width +
                                                      (size_t)w.photo.width / 2]));
    free(w.labels);
    seg_image_release(&w.overlay);
    seg_image_release(&w.photo);
    seg_session_free(w.session);
    seg_model_free(w.model);
    return status == SEG_OK ? 0 : 1;
}
