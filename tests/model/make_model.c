/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * make_model.c: a program for the shell tests: a model with random weights, and pictures.
 *   make-model model OUT.safetensors NET CLASSES MAX_SIDE [BACKBONE]
 *   make-model picture OUT.png WIDTH HEIGHT SEED
 *   make-model labels OUT.png WIDTH HEIGHT CLASSES
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/tiny.h"
#include "seg/image.h"

static seg_status make_model(char **args, seg_error *err)
{
    seg_model_spec spec;
    seg_weights *weights;
    seg_status status = tiny_spec(&spec, args[1], (int)strtol(args[2], NULL, 10), err);
    if (status != SEG_OK)
        return status;
    spec.preprocess.max_side = (int)strtol(args[3], NULL, 10);
    if (args[4] != NULL) {
        memset(spec.net.backbone, 0, sizeof spec.net.backbone);
        snprintf(spec.net.backbone, sizeof spec.net.backbone, "%s", args[4]);
    }
    status = tiny_weights(&weights, &spec, 1, err);
    if (status != SEG_OK)
        return status;
    status = seg_model_write(args[0], &spec, weights, SEG_PRECISION_FLOAT32, err);
    seg_weights_free(weights);
    return status;
}

static seg_status make_image(char **args, int channels, seg_error *err)
{
    int width = (int)strtol(args[1], NULL, 10), height = (int)strtol(args[2], NULL, 10);
    int number = (int)strtol(args[3], NULL, 10);
    uint8_t *pixels = malloc((size_t)width * (size_t)height * (size_t)channels);
    if (pixels == NULL)
        return SEG_NOMEM;
    tiny_picture(pixels, width, height, channels, (uint64_t)number);
    for (int i = 0; channels == 1 && i < width * height; i++)
        pixels[i] = (uint8_t)(pixels[i] % number);
    seg_image view = {pixels, width, height, channels, 0};
    static const seg_color palette[255];
    seg_status status = channels == 1 ? seg_labels_write(args[0], &view, palette, 255, err)
                                      : seg_image_write(args[0], &view, err);
    free(pixels);
    return status;
}

int main(int argc, char **argv)
{
    seg_error err = {SEG_INVALID, "usage: see make_model.c"};
    seg_status status = SEG_INVALID;
    if ((argc == 6 || argc == 7) && strcmp(argv[1], "model") == 0)
        status = make_model(argv + 2, &err);
    else if (argc == 6 && strcmp(argv[1], "picture") == 0)
        status = make_image(argv + 2, 3, &err);
    else if (argc == 6 && strcmp(argv[1], "labels") == 0)
        status = make_image(argv + 2, 1, &err);
    if (status != SEG_OK)
        fprintf(stderr, "make-model: %s\n", err.text);
    return status == SEG_OK ? 0 : 1;
}
