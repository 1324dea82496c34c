/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* tiny.c: small models with random weights and noisy pictures, for tests without trained ones. */
#include "model/tiny.h"

#include <stdio.h>
#include <string.h>

#include "base/rng.h"

seg_status tiny_spec(seg_model_spec *spec, const char *net, int classes, seg_error *err)
{
    *spec = (seg_model_spec){.preprocess = seg_preprocess_default()};
    seg_status status = seg_net_config_default(&spec->net, net, err);
    if (status != SEG_OK)
        return status;
    snprintf(spec->net.backbone, sizeof spec->net.backbone, "mobilenetv2");
    spec->net.classes = classes;
    spec->net.width = 0.25;
    spec->net.aspp_channels = 16;
    spec->net.low_channels = 8;
    spec->net.fc_channels = 32;
    spec->classes.count = classes;
    for (int i = 0; i < classes; i++)
        snprintf(spec->classes.names[i], sizeof spec->classes.names[i], "class%d", i);
    seg_class_list_default_colors(&spec->classes);
    snprintf(spec->data, sizeof spec->data, "nothing");
    snprintf(spec->licence, sizeof spec->licence, "none needed");
    return SEG_OK;
}

seg_status tiny_weights(seg_weights **out, const seg_model_spec *spec, uint64_t seed,
                        seg_error *err)
{
    seg_status status = seg_model_weights_declare(out, &spec->net, err);
    if (status != SEG_OK)
        return status;
    for (int i = 0; i < seg_weights_count(*out); i++) {
        const seg_weight *weight = seg_weights_at(*out, i);
        seg_rng rng = seg_rng_make(seed, SEG_RNG_METHOD, seg_hash_text(weight->name));
        float *data = seg_f32(&weight->tensor);
        int64_t count = seg_shape_count(&weight->tensor.shape);
        seg_weights_initialise(*out, i, seed);
        /* Biases stay small beside what depends on the picture. */
        float spread = weight->role == SEG_WEIGHT_BIAS ? 0.01f : 0.1f;
        if (weight->role == SEG_WEIGHT_ZERO_KERNEL || weight->role == SEG_WEIGHT_BIAS ||
            weight->role == SEG_WEIGHT_RUNNING_MEAN) {
            for (int64_t k = 0; k < count; k++)
                data[k] = spread * (float)seg_rng_normal(&rng);
        } else if (weight->role == SEG_WEIGHT_RUNNING_VAR) {
            for (int64_t k = 0; k < count; k++)
                data[k] = 0.5f + (float)seg_rng_uniform(&rng);
        }
    }
    return SEG_OK;
}

void tiny_own_weights(seg_model *model)
{
    seg_weights *own;
    if (seg_weights_copy(&own, model->weights, NULL) != SEG_OK)
        return;
    seg_weights_free(model->weights);
    model->weights = own;
}

void tiny_picture(uint8_t *pixels, int width, int height, int channels, uint64_t seed)
{
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            uint64_t block = (uint64_t)(y / 16) * 4096 + (uint64_t)(x / 16);
            seg_rng colors = seg_rng_make(seed, SEG_RNG_METHOD, block);
            seg_rng noise =
                seg_rng_make(seed + 1, SEG_RNG_METHOD, (uint64_t)y * 65536 + (uint64_t)x);
            for (int c = 0; c < channels; c++)
                *pixels++ = (uint8_t)(seg_rng_below(&colors, 216) + seg_rng_below(&noise, 40));
        }
    }
}
