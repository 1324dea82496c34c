/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* net_run.c: a network on the weights and images that tools/make_net_golden.py computes too. */
#include "nets/net_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "graph/optimise.h"
#include "test.h"

seg_net_config net_small(const char *net, const char *backbone)
{
    seg_net_config config;
    seg_error err;
    ck_ok(seg_net_config_default(&config, net, &err), err);
    snprintf(config.backbone, sizeof config.backbone, "%s", backbone);
    config.classes = 5;
    config.width = 0.25;
    config.fc_channels = 32;
    config.aspp_channels = 16;
    config.low_channels = 8;
    return config;
}

net_run net_run_make(seg_weights *weights, const seg_net_config *config, int64_t n, int64_t h,
                     int64_t w, bool train)
{
    net_run run;
    seg_error err;
    seg_exec_opts opts = {.threads = 1, .train = train};
    ck_ok(seg_graph_new(&run.graph, weights, &err), err);
    ck_ok(seg_net_build(run.graph, config, n, h, w, &err), err);
    ck_ok(seg_graph_optimise(run.graph, train, &err), err);
    ck_ok(seg_exec_new(&run.exec, run.graph, &opts, &err), err);
    return run;
}

void net_run_release(net_run *run)
{
    seg_exec_free(run->exec);
    seg_graph_free(run->graph);
}

seg_weights *net_weights_new(void)
{
    seg_weights *weights;
    seg_error err;
    ck_ok(seg_weights_new(&weights, &err), err);
    return weights;
}

static double reach(const seg_weight *weight)
{
    /* Of a deconvolution's 2f x 2f taps, 2 x 2 meet in a pixel. */
    return weight->role == SEG_WEIGHT_BILINEAR ? (double)weight->tensor.shape.kh / 2 : 1;
}

static double formula(const seg_weight *weight, double u)
{
    const seg_shape *s = &weight->tensor.shape;
    switch (weight->role) {
    case SEG_WEIGHT_NORM_SCALE:
        return 0.5 + 0.5 * u;
    case SEG_WEIGHT_NORM_SHIFT:
        return 0.5 + u;
    case SEG_WEIGHT_RUNNING_VAR:
        return 1 + u;
    case SEG_WEIGHT_RUNNING_MEAN:
    case SEG_WEIGHT_BIAS:
        return 0.2 * u - 0.1;
    default:
        return (2 * u - 1) * sqrt(6 * pow(reach(weight), 2) / (double)(s->kh * s->kw * s->ic));
    }
}

void net_weights_fill(seg_weights *weights)
{
    for (int i = 0; i < seg_weights_count(weights); i++) {
        seg_weight *weight = seg_weights_at(weights, i);
        seg_rng rng = {seg_hash_text(weight->name)};
        if (weight->role == SEG_WEIGHT_FIXED_BILINEAR) {
            seg_weights_initialise(weights, i, 0);
            continue;
        }
        for (int64_t k = 0; k < seg_shape_count(&weight->tensor.shape); k++)
            seg_f32(&weight->tensor)[k] = (float)formula(weight, seg_rng_uniform(&rng));
    }
}

int64_t net_weights_trained(seg_weights *weights)
{
    int64_t count = 0;
    for (int i = 0; i < seg_weights_count(weights); i++) {
        const seg_weight *weight = seg_weights_at(weights, i);
        count += seg_weight_role_trains(weight->role) ? seg_shape_count(&weight->tensor.shape) : 0;
    }
    return count;
}

static double *uniform_new(const char *name, int64_t count)
{
    double *numbers = malloc((size_t)count * sizeof *numbers);
    seg_rng rng = {seg_hash_text(name)};
    ck_assert_ptr_nonnull(numbers);
    for (int64_t i = 0; i < count; i++)
        numbers[i] = seg_rng_uniform(&rng);
    return numbers;
}

void net_image_fill(seg_tensor image)
{
    const seg_shape *s = &image.shape;
    int64_t rows = (s->h + 15) / 16, columns = (s->w + 15) / 16, at = 0;
    double *tint = uniform_new("tint", s->n * 3);
    double *blocks = uniform_new("blocks", s->n * rows * columns * 3);
    double *noise = uniform_new("noise", s->n * s->h * s->w * 3);
    for (int64_t n = 0; n < s->n; n++)
        for (int64_t y = 0; y < s->h; y++)
            for (int64_t x = 0; x < s->w; x++)
                for (int64_t c = 0; c < 3; c++, at++)
                    seg_f32(&image)[at] =
                        (float)(4 * tint[n * 3 + c] +
                                2 * blocks[((n * rows + y / 16) * columns + x / 16) * 3 + c] +
                                0.5 * noise[at] - 3);
    free(tint);
    free(blocks);
    free(noise);
}

uint8_t *net_labels_new(int64_t n, int64_t h, int64_t w, int64_t classes)
{
    double *ignored = uniform_new("labels", n * h * w);
    uint8_t *labels = malloc((size_t)(n * h * w));
    ck_assert_ptr_nonnull(labels);
    for (int64_t i = 0; i < n * h * w; i++) {
        int64_t y = i / w % h, x = i % w;
        labels[i] = (uint8_t)(ignored[i] < 0.05 ? 255 : (y / 8 + x / 11) % classes);
    }
    free(ignored);
    return labels;
}

double net_difference(const float *a, const float *b, int64_t count)
{
    double worst = 0, largest = 0;
    for (int64_t i = 0; i < count; i++) {
        double difference = fabs((double)a[i] - (double)b[i]);
        if (!(difference <= worst)) /* NaN too */
            worst = difference;
        largest = fmax(largest, fabs((double)b[i]));
    }
    return worst / fmax(largest, 1e-30);
}
