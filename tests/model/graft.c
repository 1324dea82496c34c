/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * graft.c: net surgery. A network of ours that went out as ONNX (names and batch norms gone) and
 * comes back by structure gives the same logits; FCN's fc6 and fc7 give what the classifier's
 * fully connected layers do.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "io/onnx.h"
#include "model/export.h"
#include "model/graft.h"
#include "model/tiny.h"
#include "nets/net_run.h"
#include "program/emit.h"
#include "runtime/runtime.h"
#include "test.h"

enum { HEIGHT = 65, WIDTH = 49 };

/* ---- out and back ---- */

static float *logits_of(seg_weights *weights, const seg_net_config *config, size_t *count)
{
    net_run run = net_run_make(weights, config, 1, HEIGHT, WIDTH, false);
    net_image_fill(seg_exec_input(run.exec, 0));
    seg_exec_forward(run.exec, 0, 0);
    seg_tensor logits = seg_exec_output(run.exec, 0);
    *count = (size_t)seg_shape_count(&logits.shape);
    float *copy = malloc(*count * sizeof *copy);
    memcpy(copy, logits.data, *count * sizeof *copy);
    net_run_release(&run);
    return copy;
}

static void out_and_back(const char *net, const char *backbone)
{
    seg_model_spec *spec = calloc(1, sizeof *spec);
    seg_weights *weights;
    seg_model *model;
    seg_program *program;
    seg_error err;
    size_t count;
    ck_ok(tiny_spec(spec, net, 5, &err), err);
    memset(spec->net.backbone, 0, sizeof spec->net.backbone);
    snprintf(spec->net.backbone, sizeof spec->net.backbone, "%s", backbone);
    ck_ok(tiny_weights(&weights, spec, 3, &err), err);
    ck_ok(seg_model_new_borrowed(&model, spec, weights, &err), err);
    float *wanted = logits_of(weights, &spec->net, &count);
    ck_ok(seg_model_export(&program, model, WIDTH, HEIGHT, &err), err);
    ck_ok(seg_runtime_fold(program, &err), err);

    seg_net_config config;
    seg_weights *grafted;
    seg_graft_report report;
    ck_ok(seg_net_config_default(&config, net, &err), err);
    config.classes = 5;
    config.aspp_channels = 16;
    config.low_channels = 8;
    ck_ok(seg_graft_recognise(&config, program, &err), err);
    ck_assert_str_eq(config.backbone, backbone);
    config.fc_channels = spec->net.fc_channels; /* a convolution in the export, no matrix */
    ck_ok(seg_model_weights_declare(&grafted, &config, &err), err);
    for (int i = 0; i < seg_weights_count(grafted); i++)
        seg_weights_initialise(grafted, i, 99);
    ck_ok(seg_graft(grafted, &config, program, &report, &err), err);
    ck_assert_msg(report.loaded == report.total, "%s", report.text.text);
    float *got = logits_of(grafted, &config, &count);
    ck_assert_double_lt(net_difference(got, wanted, (int64_t)count), 1e-4);

    seg_graft_report_release(&report);
    seg_program_free(program);
    seg_weights_free(grafted);
    seg_model_free(model);
    seg_weights_free(weights);
    free(spec);
    free(wanted);
    free(got);
}

START_TEST(every_backbone_comes_back)
{
    out_and_back("deeplabv3plus", seg_backbone_at(_i)->name);
}
END_TEST

START_TEST(fcn_comes_back)
{
    out_and_back("fcn8s", "vgg16");
}
END_TEST

/* ---- a classifier ---- */

/* VGG16 of an eighth of the width, 224x224 images, as torchvision exports it. */
enum { FC = 24, CLASSES = 10 };

static seg_slot random_constant(seg_emit *emit, const char *name, seg_shape shape, double spread)
{
    void *memory;
    seg_slot slot = seg_emit_constant(emit, name, &shape, NULL, &memory);
    seg_rng rng = seg_rng_make(5, SEG_RNG_METHOD, seg_hash_text(name));
    for (int64_t i = 0; memory != NULL && i < seg_shape_count(&shape); i++)
        ((float *)memory)[i] = (float)(spread * seg_rng_normal(&rng));
    return slot;
}

static seg_slot emit_conv(seg_emit *emit, const char *name, seg_slot src, int64_t ic, int64_t oc)
{
    static const int64_t pads[4] = {1, 1, 1, 1}, size[2] = {3, 3};
    const seg_attribute attributes[] = {seg_attribute_ints("pads", 4, pads),
                                        seg_attribute_ints("kernel_shape", 2, size)};
    char path[64];
    snprintf(path, sizeof path, "%s.weight", name);
    seg_slot all[3] = {src, random_constant(emit, path, seg_shape_nhwc(oc, ic, 3, 3),
                                            1.4 / sqrt(9.0 * (double)ic)),
                       SEG_NO_SLOT};
    snprintf(path, sizeof path, "%s.bias", name);
    all[2] = random_constant(emit, path, seg_shape_vector(oc), 0.1);
    seg_slot value = seg_emit_node(emit, "Conv", name, 3, all, 2, attributes);
    return seg_emit_node(emit, "Relu", name, 1, &value, 0, NULL);
}

static seg_slot emit_matrix(seg_emit *emit, const char *name, seg_slot src, int64_t in, int64_t out)
{
    static const int64_t yes = 1;
    const seg_attribute attribute = seg_attribute_int("transB", &yes);
    const seg_shape shape = {.dtype = SEG_F32, .rank = 2, .dim = {out, in}};
    char path[64];
    snprintf(path, sizeof path, "%s.weight", name);
    seg_slot all[3] = {src, random_constant(emit, path, shape, 1.4 / sqrt((double)in)), SEG_NO_SLOT};
    snprintf(path, sizeof path, "%s.bias", name);
    all[2] = random_constant(emit, path, seg_shape_vector(out), 0.1);
    return seg_emit_node(emit, "Gemm", name, 3, all, 1, &attribute);
}

static seg_program *make_classifier(void)
{
    static const int groups[5][2] = {{8, 2}, {16, 2}, {32, 3}, {64, 3}, {64, 3}};
    static const int64_t two[2] = {2, 2}, one[2] = {1, 1};
    const seg_attribute pool[] = {seg_attribute_ints("kernel_shape", 2, two),
                                  seg_attribute_ints("strides", 2, two)};
    const seg_attribute average = seg_attribute_ints("kernel_shape", 2, one);
    const seg_shape image = seg_shape_nhwc(1, 3, 224, 224);
    const seg_shape scores = {.dtype = SEG_F32, .rank = 2, .dim = {1, CLASSES}};
    seg_program *program;
    seg_error err;
    ck_ok(seg_program_new(&program, "vgg.onnx", "onnx", &err), err);
    program->opset = 17;
    seg_emit emit = {program, &err, SEG_OK};
    seg_slot value = seg_emit_input(&emit, "input", &image);
    int64_t ic = 3;
    for (int g = 0; g < 5; g++) {
        for (int i = 0; i < groups[g][1]; i++, ic = groups[g][0]) {
            char name[32];
            snprintf(name, sizeof name, "features.%d.%d", g, i);
            value = emit_conv(&emit, name, value, ic, groups[g][0]);
        }
        value = seg_emit_node(&emit, "MaxPool", "pool", 1, &value, 2, pool);
    }
    value = seg_emit_node(&emit, "AveragePool", "avgpool", 1, &value, 1, &average);
    value = seg_emit_node(&emit, "Flatten", "flatten", 1, &value, 0, NULL);
    value = emit_matrix(&emit, "fc6", value, 64 * 49, FC);
    value = seg_emit_node(&emit, "Relu", "relu6", 1, &value, 0, NULL);
    value = emit_matrix(&emit, "fc7", value, FC, FC);
    value = seg_emit_node(&emit, "Relu", "fc7.out", 1, &value, 0, NULL);
    value = emit_matrix(&emit, "fc8", value, FC, CLASSES);
    seg_emit_output(&emit, "scores", &scores, value);
    ck_ok(emit.status, err);
    ck_ok(seg_program_finish(program, &err), err);
    return program;
}

/* The features that the class layer of the classifier reads. */
static void run_classifier(const seg_program *program, const float *nchw, float features[FC])
{
    seg_runtime *runtime;
    seg_tensor out, input = {seg_shape_nhwc(1, 3, 224, 224), (void *)(uintptr_t)nchw};
    seg_error err;
    const seg_runtime_opts opts = {.threads = 2, .keep_all = true};
    ck_ok(seg_runtime_new(&runtime, program, &opts, &err), err);
    ck_ok(seg_runtime_run(runtime, &input, &err), err);
    for (size_t i = 0; i < program->node_count; i++) {
        if (strcmp(program->nodes[i].name, "fc7.out") != 0)
            continue;
        ck_ok(seg_runtime_read(runtime, program->nodes[i].dst[0], &out, &err), err);
        memcpy(features, out.data, FC * sizeof *features);
    }
    seg_runtime_free(runtime);
}

static seg_value find_node(const seg_graph *graph, const char *name)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        if (strcmp(graph->nodes[i].name, name) == 0)
            return graph->nodes[i].dst;
    }
    return SEG_NO_VALUE;
}

/*
 * On an image of the classifier's own size the middle cell of fc7's map has seen what the
 * classifier saw: the map is the classifier at every place of the image.
 */
START_TEST(heat_map_is_the_classifier)
{
    seg_program *program = make_classifier();
    seg_net_config config;
    seg_weights *weights;
    seg_graft_report report;
    seg_error err;
    float features[FC];
    ck_ok(seg_net_config_default(&config, "fcn8s", &err), err);
    ck_ok(seg_graft_recognise(&config, program, &err), err);
    ck_assert_str_eq(config.backbone, "vgg16");
    ck_assert_int_eq(config.fc_channels, FC);
    ck_ok(seg_model_weights_declare(&weights, &config, &err), err);
    for (int i = 0; i < seg_weights_count(weights); i++)
        seg_weights_initialise(weights, i, 1);
    ck_ok(seg_graft(weights, &config, program, &report, &err), err);
    ck_assert_int_eq(report.backbone_missing, 0);

    seg_graph *graph;
    seg_exec *exec;
    ck_ok(seg_graph_new(&graph, weights, &err), err);
    ck_ok(seg_net_build(graph, &config, 1, 224, 224, &err), err);
    ck_ok(seg_exec_new(&exec, graph, &(seg_exec_opts){.threads = 2, .no_reuse = true}, &err), err);
    seg_tensor image = seg_exec_input(exec, 0);
    net_image_fill(image);
    float *nchw = malloc(3 * 224 * 224 * sizeof *nchw);
    for (int i = 0; i < 224 * 224; i++) {
        for (int c = 0; c < 3; c++)
            nchw[c * 224 * 224 + i] = seg_f32(&image)[i * 3 + c];
    }
    run_classifier(program, nchw, features);
    seg_exec_forward(exec, 0, 0);
    seg_tensor map = seg_exec_value(exec, find_node(graph, "backbone.fc7.relu"));
    ck_assert_int_eq(map.shape.h, 7);
    ck_assert_double_lt(net_difference(seg_f32(&map) + (3 * 7 + 3) * FC, features, FC), 1e-4);

    free(nchw);
    seg_exec_free(exec);
    seg_graph_free(graph);
    seg_graft_report_release(&report);
    seg_weights_free(weights);
    seg_program_free(program);
}
END_TEST

static uint8_t *labels_of(const seg_model *model, const seg_image *photo)
{
    seg_session *session;
    seg_error err;
    uint8_t *labels = malloc((size_t)photo->width * (size_t)photo->height);
    ck_ok(seg_session_new(&session, model, NULL, &err), err);
    ck_ok(seg_segment(session, photo, labels, &err), err);
    seg_session_free(session);
    return labels;
}

/*
 * Google's mobile DeepLab-v3 (no expansion in its first block, image pooling before the 1x1 branch,
 * batch norms folded; the float one has width 0.5, the quantised one 1) as ours: every layer is found,
 * and its labels are its own, but for the last upsampling (corners aligned there, half-pixel centres
 * here) and, of the quantised one, for its roundings. In deeplabv3plus the decoder starts as the
 * identity, so only the low-level branch, which counts for nothing yet, is new.
 */
static const struct google {
    const char *net, *file, *photo, *missing;
    int percent; /* of the labels that are the same */
} googles[] = {
    {"deeplabv3", "deeplab_voc_float/deeplabv3_257_mv_gpu.tflite", "deeplab_voc_float/cat_257.png",
     NULL, 98},
    {"deeplabv3plus", "deeplab_voc_float/deeplabv3_257_mv_gpu.tflite",
     "deeplab_voc_float/cat_257.png", "without a counterpart (5): decoder.low.conv.weight", 98},
    {"deeplabv3plus", "deeplab_voc_quant/deeplabv3_mnv2_pascal_quant.tflite",
     "deeplab_voc_quant/bird_segmentation.png",
     "without a counterpart (5): decoder.low.conv.weight", 97},
};

START_TEST(google_deeplab_comes_over)
{
    const struct google *g = &googles[_i];
    const float half[3] = {0.5F, 0.5F, 0.5F};
    const seg_import_opts opts = {.mean = half, .std = half}, as_it_is = {0};
    char report[2048];
    seg_model *model, *original;
    seg_image_buffer photo;
    seg_error err;
    if (!test_shared("Google's DeepLab"))
        return;
    const char *path = test_path(SHARED_DIR "/models", g->file);
    const bool quantised = strstr(g->file, "quant") != NULL; /* says how its images are scaled */
    ck_ok(seg_model_graft(&model, path, g->net, quantised ? &as_it_is : &opts, 1, report,
                          sizeof report, &err),
          err);
    ck_assert_str_eq(model->spec.net.backbone, "mobilenetv2");
    ck_assert_double_eq_tol((double)model->spec.preprocess.mean[1], 0.5, 0.003);
    ck_assert_double_eq_tol((double)model->spec.preprocess.std[1], 0.5, 0.003);
    ck_assert_msg((g->missing == NULL && strstr(report, "without a counterpart") == NULL) ||
                      (g->missing != NULL && strstr(report, g->missing) != NULL),
                  "%s", report);
    ck_ok(seg_model_import(&original, path, quantised ? &as_it_is : &opts, &err), err);
    ck_ok(seg_image_read(&photo, test_path(SHARED_DIR "/models", g->photo), &err), err);
    seg_image view = seg_image_view(&photo);
    uint8_t *labels = labels_of(model, &view), *wanted = labels_of(original, &view);
    int pixels = photo.width * photo.height, same = 0;
    for (int i = 0; i < pixels; i++)
        same += labels[i] == wanted[i];
    ck_assert_msg(same >= pixels * g->percent / 100, "%d of %d labels are the same", same, pixels);
    free(labels);
    free(wanted);
    seg_image_release(&photo);
    seg_model_free(model);
    seg_model_free(original);
}
END_TEST

START_TEST(another_network_is_refused)
{
    seg_program *program;
    seg_net_config config;
    seg_error err;
    const seg_shape image = seg_shape_nhwc(1, 3, 8, 8);
    ck_ok(seg_program_new(&program, "small.onnx", "onnx", &err), err);
    program->opset = 17;
    seg_emit emit = {program, &err, SEG_OK};
    seg_slot value = seg_emit_input(&emit, "input", &image);
    value = emit_conv(&emit, "only", value, 3, 32);
    seg_emit_output(&emit, "out", &image, value);
    ck_ok(seg_program_finish(program, &err), err);
    ck_ok(seg_net_config_default(&config, "deeplabv3plus", &err), err);
    ck_fails(seg_graft_recognise(&config, program, &err), SEG_MISMATCH, err,
             "small.onnx: its layers are not those of a backbone");
    seg_program_free(program);
}
END_TEST

Suite *suite_graft(void)
{
    Suite *suite = suite_create("graft");
    TCase *tests = tcase_create("graft");
    tcase_set_timeout(tests, 120);
    int backbones = 0;
    while (seg_backbone_at(backbones) != NULL)
        backbones++;
    tcase_add_loop_test(tests, every_backbone_comes_back, 0, backbones);
    tcase_add_test(tests, fcn_comes_back);
    tcase_add_test(tests, heat_map_is_the_classifier);
    tcase_add_loop_test(tests, google_deeplab_comes_over, 0, sizeof googles / sizeof *googles);
    tcase_add_test(tests, another_network_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
