/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * net_real.c: MobileNetV2 trained on ImageNet (batch norms apart, kernels OC,IC,KH,KW), its 1280
 * features of a picture as ONNX Runtime computed them.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "graph/optimise.h"
#include "image/preprocess.h"
#include "io/safetensors.h"
#include "nets/layers.h"
#include "nets/net_real.h"
#include "nets/net_run.h"
#include "test.h"

#define FOLDER SHARED_DIR "/models/mobilenetv2_imagenet/"

/* OC,IC,KH,KW to KH,KW,IC,OC. */
static void transpose(const float *src, float *dst, const seg_shape *s)
{
    int64_t taps = s->kh * s->kw;
    for (int64_t o = 0; o < s->oc; o++)
        for (int64_t i = 0; i < s->ic; i++)
            for (int64_t k = 0; k < taps; k++)
                dst[(k * s->ic + i) * s->oc + o] = src[(o * s->ic + i) * taps + k];
}

/* The file's "stem..." is ours under "backbone."; its "head..." is the test's own. */
static void load(seg_weights *weights)
{
    seg_safetensors *file;
    seg_error err;
    ck_ok(seg_safetensors_read(&file, FOLDER "mobilenetv2_imagenet.safetensors", &err), err);
    ck_assert_int_eq(seg_safetensors_count(file), seg_weights_count(weights));
    for (int i = 0; i < seg_safetensors_count(file); i++) {
        char name[128];
        const char *theirs = seg_safetensors_name(file, i);
        seg_tensor src = seg_safetensors_tensor(file, i);
        bool head = strncmp(theirs, "head.", 5) == 0;
        snprintf(name, sizeof name, "%s%s", head ? "" : "backbone.", theirs);
        int index = seg_weights_find(weights, name);
        ck_assert_msg(index >= 0, "the network has no %s", name);
        seg_tensor *dst = &seg_weights_at(weights, index)->tensor;
        ck_assert_int_eq(seg_shape_count(&src.shape), seg_shape_count(&dst->shape));
        if (src.shape.rank == 4) {
            ck_assert_int_eq(src.shape.dim[0], dst->shape.oc);
            transpose(seg_f32(&src), seg_f32(dst), &dst->shape);
        } else {
            memcpy(dst->data, src.data, seg_shape_size(&src.shape));
        }
    }
    seg_safetensors_free(file);
}

static net_run build(seg_weights *weights)
{
    net_run run;
    seg_error err;
    seg_exec_opts opts = {.threads = 1};
    seg_net_config config = net_small("deeplabv3", "mobilenetv2");
    seg_conv_block head = {.channels = 1280, .activation = SEG_ACT_RELU6};
    seg_shape shape = seg_shape_nhwc(1, 224, 224, 3);
    config.width = 1;
    config.output_stride = 32;
    ck_ok(seg_graph_new(&run.graph, weights, &err), err);
    seg_value image = seg_graph_input(run.graph, "image", &shape);
    seg_features features = seg_backbone_mobilenetv2.build(run.graph, &config, image);
    seg_graph_output(run.graph, "features",
                     seg_layer_conv(run.graph, "head", head, features.deepest));
    ck_ok(seg_graph_optimise(run.graph, false, &err), err);
    load(weights);
    ck_ok(seg_exec_new(&run.exec, run.graph, &opts, &err), err);
    return run;
}

static void read_picture(seg_tensor dst)
{
    seg_image_buffer picture;
    seg_error err;
    seg_preprocess preprocess = seg_preprocess_default();
    ck_ok(seg_image_read(&picture, FOLDER "cat_224.png", &err), err);
    ck_assert_int_eq(picture.width, 224);
    ck_assert_int_eq(picture.height, 224);
    seg_image view = seg_image_view(&picture);
    seg_preprocess_image(&preprocess, &view, seg_f32(&dst));
    seg_image_release(&picture);
}

void net_real_mobilenetv2(void)
{
    enum { CHANNELS = 1280, CELLS = 49 };
    seg_weights *weights;
    uint8_t *npy;
    size_t size;
    seg_error err;
    if (!test_shared("MobileNetV2 on ImageNet weights"))
        return;
    weights = net_weights_new();
    net_run run = build(weights);
    read_picture(seg_exec_input(run.exec, 0));
    seg_exec_forward(run.exec, 0, 0);
    seg_tensor features = seg_exec_output(run.exec, 0);
    ck_assert_int_eq(seg_shape_count(&features.shape), CHANNELS * CELLS);
    /* float32 1,1280,7,7 at the end of the .npy */
    ck_ok(seg_file_read(FOLDER "features_cat_224.npy", 1 << 20, &npy, &size, &err), err);
    ck_assert_uint_gt(size, CHANNELS * CELLS * sizeof(float));
    float *wanted = malloc(CHANNELS * CELLS * sizeof *wanted);
    seg_shape planes = {.rank = 4, .dim = {1, CELLS, 1, CHANNELS}};
    float *plain = malloc(CHANNELS * CELLS * sizeof *plain);
    memcpy(plain, npy + size - CHANNELS * CELLS * sizeof *plain, CHANNELS * CELLS * sizeof *plain);
    /* Planes to channels-last is the same move as kernels with one input channel make. */
    transpose(plain, wanted, &planes);
    double worst = net_difference(seg_f32(&features), wanted, CHANNELS * CELLS);
    ck_assert_msg(worst < 1e-4, "features differ by %g of the largest", worst);
    free(plain);
    free(wanted);
    free(npy);
    net_run_release(&run);
    seg_weights_free(weights);
}
