/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* nets.c: the lists, the configuration, and what networks promise for any size and stride. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "nets/layers.h"
#include "nets/net_golden.h"
#include "nets/net_real.h"
#include "nets/net_run.h"
#include "test.h"

START_TEST(golden)
{
    net_golden_check(_i);
}
END_TEST

static void check_line(const char *name)
{
    char path[512];
    uint8_t *page;
    size_t size;
    seg_error err;
    snprintf(path, sizeof path, "%s/nets/golden/%s.safetensors", TESTS_DIR, name);
    ck_assert_msg(seg_path_exists(path), "%s has no golden file", name);
    snprintf(path, sizeof path, "%s/../docs/nets/%s.md", TESTS_DIR, name);
    ck_ok(seg_file_read(path, 1 << 20, &page, &size, &err), err);
    snprintf(path, sizeof path, "# %s\n", name);
    ck_assert_msg(strncmp((char *)page, path, strlen(path)) == 0, "page of %s: another title",
                  name);
    free(page);
}

START_TEST(every_line_has_page_and_golden)
{
    for (int i = 0; seg_net_at(i) != NULL; i++) {
        check_line(seg_net_at(i)->name);
        ck_assert_ptr_eq(seg_net_find(seg_net_at(i)->name), seg_net_at(i));
        ck_assert_ptr_nonnull(seg_backbone_find(seg_net_at(i)->default_backbone));
    }
    for (int i = 0; seg_backbone_at(i) != NULL; i++) {
        check_line(seg_backbone_at(i)->name);
        ck_assert_ptr_eq(seg_backbone_find(seg_backbone_at(i)->name), seg_backbone_at(i));
    }
    ck_assert_ptr_null(seg_net_find("unet"));
    ck_assert_ptr_null(seg_backbone_find(""));
    ck_assert_ptr_null(seg_net_at(-1));
    ck_assert_ptr_null(seg_backbone_at(-1));
}
END_TEST

/* docs/nets/settings.md has a line "| `name` | default ..." for every setting. */
START_TEST(page_names_every_setting)
{
    uint8_t *page;
    size_t size;
    seg_error err;
    char line[96];
    ck_ok(seg_file_read(TESTS_DIR "/../docs/nets/settings.md", 1 << 20, &page, &size, &err), err);
#define CHECK_SETTING(field, value, min, max, help)                                                \
    snprintf(line, sizeof line, "| `%s` | %g ", #field, (double)(value));                          \
    ck_assert_msg(strstr((char *)page, line) != NULL, "settings.md has no '%s'", line);
    SEG_NET_INT_MAP(CHECK_SETTING)
    SEG_NET_FLOAT_MAP(CHECK_SETTING)
#undef CHECK_SETTING
    free(page);
}
END_TEST

START_TEST(configuration_is_checked)
{
    seg_net_config config, bad;
    seg_error err;
    ck_fails(seg_net_config_default(&config, "unet", &err), SEG_INVALID, err, "deeplabv3plus");
    ck_ok(seg_net_config_default(&config, "fcn8s", &err), err);
    ck_assert_str_eq(config.backbone, "vgg16");
    ck_assert_int_eq(config.output_stride, 32);
    ck_ok(seg_net_config_default(&config, "deeplabv3plus", &err), err);
    ck_assert_str_eq(config.backbone, "mobilenetv2");
    ck_assert_int_eq(config.output_stride, 16);
    ck_ok(seg_net_config_check(&config, &err), err);
    bad = config, strcpy(bad.net, "segnet");
    ck_fails(seg_net_config_check(&bad, &err), SEG_INVALID, err, "segnet");
    bad = config, strcpy(bad.backbone, "alexnet");
    ck_fails(seg_net_config_check(&bad, &err), SEG_INVALID, err, "resnet101");
    bad = config, bad.classes = 256;
    ck_fails(seg_net_config_check(&bad, &err), SEG_INVALID, err, "classes is 256");
    bad = config, bad.output_stride = 12;
    ck_fails(seg_net_config_check(&bad, &err), SEG_INVALID, err, "output_stride is 12");
    bad = config, bad.width = (double)NAN;
    ck_fails(seg_net_config_check(&bad, &err), SEG_INVALID, err, "width");
    bad = config, bad.dropout = -0.5;
    ck_fails(seg_net_config_check(&bad, &err), SEG_INVALID, err, "dropout is -0.5");
}
END_TEST

static seg_status try_build(const seg_net_config *config, int64_t n, int64_t h, int64_t w,
                            seg_error *err)
{
    seg_weights *weights = net_weights_new();
    seg_graph *graph;
    ck_ok(seg_graph_new(&graph, weights, err), *err);
    seg_status status = seg_net_build(graph, config, n, h, w, err);
    seg_graph_free(graph);
    seg_weights_free(weights);
    return status;
}

START_TEST(building_refuses_what_cannot_be)
{
    seg_error err;
    seg_net_config config = net_small("fcn16s", "vgg16");
    ck_fails(try_build(&config, 1, 0, 8, &err), SEG_INVALID, err, "8 x 0");
    config.output_stride = 16;
    ck_fails(try_build(&config, 1, 8, 8, &err), SEG_INVALID, err, "fcn16s needs output_stride 32");
    config = net_small("deeplabv3plus", "mobilenetv2");
    ck_fails(try_build(&config, 1, INT64_C(1) << 40, INT64_C(1) << 40, &err), SEG_LIMIT, err,
             "image");
}
END_TEST

/* Every network on every backbone at sizes that divide by nothing, down to one pixel. */
START_TEST(any_size)
{
    static const int sizes[][2] = {{1, 1}, {1, 7}, {5, 3}, {34, 2}, {33, 47}};
    const seg_backbone *backbone = seg_backbone_at(_i);
    for (int k = 0; seg_net_at(k) != NULL; k++) {
        seg_net_config config = net_small(seg_net_at(k)->name, backbone->name);
        seg_weights *weights = net_weights_new();
        config.width = 0.05;
        for (int s = 0; s < 5; s++) {
            int h = sizes[s][0], w = sizes[s][1];
            net_run run = net_run_make(weights, &config, 1, h, w, false);
            if (s == 0)
                net_weights_fill(weights);
            seg_shape wanted = seg_shape_nhwc(1, h, w, 5);
            seg_tensor logits = seg_exec_output(run.exec, 0);
            ck_assert(seg_shape_equal(&logits.shape, &wanted));
            net_image_fill(seg_exec_input(run.exec, 0));
            seg_exec_weights_changed(run.exec);
            seg_exec_forward(run.exec, 0, 0);
            ck_assert_int_eq(seg_exec_first_nonfinite(run.exec), -1);
            net_run_release(&run);
        }
        seg_weights_free(weights);
    }
}
END_TEST

/* Features of a backbone in evaluation mode, the deepest as output 0. */
static net_run features_run(seg_weights *weights, const seg_net_config *config, int64_t h,
                            int64_t w)
{
    net_run run;
    seg_error err;
    seg_exec_opts opts = {.threads = 1};
    seg_shape shape = seg_shape_nhwc(1, h, w, 3);
    ck_ok(seg_graph_new(&run.graph, weights, &err), err);
    seg_value image = seg_graph_input(run.graph, "image", &shape);
    seg_features features = seg_backbone_find(config->backbone)->build(run.graph, config, image);
    seg_graph_output(run.graph, "deepest", features.deepest);
    seg_graph_output(run.graph, "stride4", features.stride4);
    ck_ok(seg_graph_status(run.graph, &err), err);
    ck_ok(seg_exec_new(&run.exec, run.graph, &opts, &err), err);
    if (config->output_stride == 32)
        net_weights_fill(weights);
    net_image_fill(seg_exec_input(run.exec, 0));
    seg_exec_forward(run.exec, 0, 0);
    return run;
}

/*
 * Dilation in the place of stride computes the same features more densely: at stride 32 they are
 * every 2nd, or 4th, of those at stride 16, or 8. (VGG's pools are left out, so not there.)
 */
START_TEST(dilation_keeps_features)
{
    const seg_backbone *backbone = seg_backbone_at(_i);
    seg_net_config config = net_small("deeplabv3", backbone->name);
    seg_weights *weights = net_weights_new();
    config.width = 0.1;
    config.output_stride = 32;
    net_run coarse = features_run(weights, &config, 75, 130);
    seg_tensor few = seg_exec_output(coarse.exec, 0);
    ck_assert_int_eq(few.shape.h, 3);
    ck_assert_int_eq(few.shape.w, 5);
    int64_t c = few.shape.c;
    for (int64_t stride = 16; stride >= 8; stride /= 2) {
        config.output_stride = stride;
        net_run run = features_run(weights, &config, 75, 130);
        seg_tensor many = seg_exec_output(run.exec, 0);
        ck_assert_int_eq(many.shape.h, (75 + stride - 1) / stride);
        ck_assert_int_eq(many.shape.w, (130 + stride - 1) / stride);
        for (int64_t i = 0; i < 15 && strcmp(backbone->name, "vgg16") != 0; i++) {
            int64_t y = i / 5 * 32 / stride, x = i % 5 * 32 / stride;
            double worst = net_difference(seg_f32(&many) + (y * many.shape.w + x) * c,
                                          seg_f32(&few) + i * c, c);
            ck_assert_msg(worst < 1e-5, "stride %lld, cell %lld: off by %g", (long long)stride,
                          (long long)i, worst);
        }
        net_run_release(&run);
    }
    net_run_release(&coarse);
    seg_weights_free(weights);
}
END_TEST

/* Weights without heads: torchvision's models less fc and classifier (resnet50 25,557,032 -
 * 2,049,000, resnet101 44,549,160 - 2,049,000, vgg16 138,357,544 - 123,642,856). */
START_TEST(weights_are_as_many_as_published)
{
    static const struct {
        const char *name;
        int64_t count;
    } published[] = {{"resnet50", 23508032}, {"resnet101", 42500160}, {"vgg16", 14714688}};
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        seg_net_config config = net_small("deeplabv3", published[i].name);
        seg_weights *weights = net_weights_new();
        seg_graph *graph;
        seg_error err;
        seg_shape shape = seg_shape_nhwc(1, 32, 32, 3);
        config.width = 1;
        ck_ok(seg_graph_new(&graph, weights, &err), err);
        seg_value image = seg_graph_input(graph, "image", &shape);
        seg_backbone_find(published[i].name)->build(graph, &config, image);
        ck_ok(seg_graph_status(graph, &err), err);
        ck_assert_int_eq(net_weights_trained(weights), published[i].count);
        seg_graph_free(graph);
        seg_weights_free(weights);
    }
}
END_TEST

/*
 * Cells hold a ramp over their place; upsampled by the bilinear kernel, a pixel must get the ramp at
 * its own centre, (p + 0.5)/factor - 0.5 cells, wherever two cells enclose it.
 */
START_TEST(deconvolution_is_aligned)
{
    static const int64_t factors[] = {2, 8, 16, 32};
    int64_t f = factors[_i], h = 3 * f - 1, w = 4 * f - f / 2;
    seg_weights *weights = net_weights_new();
    seg_exec_opts opts = {.threads = 1};
    seg_shape cells = seg_shape_nhwc(1, 3, 4, 2), pixels = seg_shape_nhwc(1, h, w, 2);
    seg_graph *graph;
    seg_exec *exec;
    seg_error err;
    ck_ok(seg_graph_new(&graph, weights, &err), err);
    seg_value src = seg_graph_input(graph, "cells", &cells);
    seg_value like = seg_graph_input(graph, "pixels", &pixels);
    seg_graph_output(graph, "dst", seg_layer_deconv_to(graph, "up", f, false, src, like));
    ck_ok(seg_graph_status(graph, &err), err);
    seg_weights_initialise(weights, 0, 0);
    ck_ok(seg_exec_new(&exec, graph, &opts, &err), err);
    seg_tensor in = seg_exec_input(exec, 0);
    for (int i = 0; i < 12; i++) {
        seg_f32(&in)[2 * i] = (float)(10 * (i / 4) + i % 4);
        seg_f32(&in)[2 * i + 1] = 1;
    }
    seg_exec_forward(exec, 0, 0);
    seg_tensor out = seg_exec_output(exec, 0);
    ck_assert(seg_shape_equal(&out.shape, &pixels));
    for (int64_t y = f / 2; y < h - f / 2; y++) {
        for (int64_t x = f / 2; x < w - (w < 4 * f - f / 2 ? 0 : f / 2); x++) {
            double row = ((double)y + 0.5) / (double)f - 0.5;
            double column = ((double)x + 0.5) / (double)f - 0.5;
            const float *got = seg_f32(&out) + (y * w + x) * 2;
            ck_assert_double_eq_tol((double)got[0], 10 * row + column, 1e-4);
            ck_assert_double_eq_tol((double)got[1], 1, 1e-5);
        }
    }
    seg_exec_free(exec);
    seg_graph_free(graph);
    seg_weights_free(weights);
}
END_TEST

/* Cells hold a ramp; upsampled aligned, cell i lies on pixel f*i and pixels between are between. */
START_TEST(aligned_upsampling)
{
    static const int64_t factors[] = {2, 4, 16};
    const int64_t f = factors[_i], h = 3 * f - f / 2, w = 3 * f + 1;
    seg_weights *weights = net_weights_new();
    seg_exec_opts opts = {.threads = 1};
    seg_shape cells = seg_shape_nhwc(1, 3, 4, 1), pixels = seg_shape_nhwc(1, h, w, 1);
    seg_graph *graph;
    seg_exec *exec;
    seg_error err;
    ck_ok(seg_graph_new(&graph, weights, &err), err);
    seg_value src = seg_graph_input(graph, "cells", &cells);
    seg_value like = seg_graph_input(graph, "pixels", &pixels);
    seg_graph_output(graph, "dst", seg_layer_upsample_aligned(graph, "up", src, like));
    ck_ok(seg_graph_status(graph, &err), err);
    ck_ok(seg_exec_new(&exec, graph, &opts, &err), err);
    seg_tensor in = seg_exec_input(exec, 0);
    for (int i = 0; i < 12; i++)
        seg_f32(&in)[i] = (float)(10 * (i / 4) + i % 4);
    seg_exec_forward(exec, 0, 0);
    seg_tensor out = seg_exec_output(exec, 0);
    ck_assert(seg_shape_equal(&out.shape, &pixels));
    for (int64_t y = 0; y < h; y++) {
        for (int64_t x = 0; x < w; x++) {
            const double row = fmin((double)y / (double)f, 2), column = (double)x / (double)f;
            ck_assert_double_eq_tol((double)seg_f32(&out)[y * w + x], 10 * row + column, 1e-5);
        }
    }
    seg_exec_free(exec);
    seg_graph_free(graph);
    seg_weights_free(weights);
}
END_TEST

/* A 96 x 130 image's logits, one N,H,W,C block (to be freed). */
static float *logits_new(seg_weights *weights, const seg_net_config *config)
{
    net_run run = net_run_make(weights, config, 1, 96, 130, false);
    net_image_fill(seg_exec_input(run.exec, 0));
    seg_exec_forward(run.exec, 0, 0);
    seg_tensor logits = seg_exec_output(run.exec, 0);
    float *copy = malloc(seg_shape_size(&logits.shape));
    memcpy(copy, logits.data, seg_shape_size(&logits.shape));
    net_run_release(&run);
    return copy;
}

static int64_t largest(const float *scores)
{
    int64_t best = 0;
    for (int64_t c = 1; c < 5; c++)
        best = scores[c] > scores[best] ? c : best;
    return best;
}

/* Share of pixels on which both networks, on the same weights, decide alike. */
static double agreement(seg_weights *weights, const seg_net_config *a, const seg_net_config *b)
{
    float *x = logits_new(weights, a), *y = logits_new(weights, b);
    int64_t same = 0;
    for (int64_t i = 0; i < 96 * 130; i++)
        same += largest(x + 5 * i) == largest(y + 5 * i);
    free(x);
    free(y);
    return (double)same / (96 * 130);
}

/* Build config once on weights; returns how many tensors that added, initialised (score layers with
 * zeros, upsampling with bilinear kernels). */
static int grow(seg_weights *weights, const seg_net_config *config)
{
    int before = seg_weights_count(weights);
    net_run run = net_run_make(weights, config, 1, 8, 8, false);
    net_run_release(&run);
    for (int i = before; i < seg_weights_count(weights); i++)
        seg_weights_initialise(weights, i, 1);
    return seg_weights_count(weights) - before;
}

/* fcn32s -> fcn16s -> fcn8s on one set of weights: shared layers keep their names, and what is new
 * starts so that decisions hardly change. */
START_TEST(fcn_grows)
{
    seg_net_config c32 = net_small("fcn32s", "vgg16"), c16 = net_small("fcn16s", "vgg16");
    seg_net_config c8 = net_small("fcn8s", "vgg16");
    seg_weights *weights = net_weights_new();
    c32.width = c16.width = c8.width = 0.1;
    grow(weights, &c32);
    net_weights_fill(weights);
    seg_weights_initialise(weights, seg_weights_find(weights, "upscore32.conv.weight"), 1);
    /* score_pool4's kernel and bias, upscore2 and upscore16. */
    ck_assert_int_eq(grow(weights, &c16), 4);
    ck_assert_double_gt(agreement(weights, &c32, &c16), 0.95);
    /* score_pool3's kernel and bias, upscore_pool4 and upscore8. */
    ck_assert_int_eq(grow(weights, &c8), 4);
    ck_assert_double_gt(agreement(weights, &c16, &c8), 0.95);
    seg_weights_free(weights);
}
END_TEST

/* Dropout nodes of a network at that rate; all of its dropout nodes must have it. */
static int dropouts(const char *net, const char *backbone, double setting, double rate)
{
    seg_net_config config = net_small(net, backbone);
    seg_weights *weights = net_weights_new();
    seg_graph *graph;
    seg_error err;
    int count = 0;
    config.dropout = setting;
    ck_ok(seg_graph_new(&graph, weights, &err), err);
    ck_ok(seg_net_build(graph, &config, 1, 33, 33, &err), err);
    for (size_t i = 0; i < graph->node_count; i++) {
        if (graph->nodes[i].op != &seg_op_dropout)
            continue;
        ck_assert_double_eq(((const seg_dropout_params *)graph->nodes[i].params)->rate, rate);
        count++;
    }
    seg_graph_free(graph);
    seg_weights_free(weights);
    return count;
}

START_TEST(dropout_is_the_papers_or_yours)
{
    ck_assert_int_eq(dropouts("deeplabv3plus", "mobilenetv2", -1, 0.1), 1);
    ck_assert_int_eq(dropouts("deeplabv3", "mobilenetv2", 0.3, 0.3), 1);
    ck_assert_int_eq(dropouts("deeplabv3", "mobilenetv2", 0, 0), 0);
    ck_assert_int_eq(dropouts("fcn8s", "vgg16", -1, 0.5), 2);
    ck_assert_int_eq(dropouts("fcn32s", "mobilenetv2", -1, 0.5), 1);
}
END_TEST

/* graph->frozen_norms: training leaves running statistics alone; otherwise they move. */
START_TEST(norms_freeze)
{
    seg_net_config config = net_small("deeplabv3", "mobilenetv2");
    for (int frozen = 0; frozen <= 1; frozen++) {
        seg_weights *weights = net_weights_new();
        seg_exec_opts opts = {.threads = 1, .train = true};
        seg_graph *graph;
        seg_exec *exec;
        seg_error err;
        ck_ok(seg_graph_new(&graph, weights, &err), err);
        graph->frozen_norms = frozen;
        ck_ok(seg_net_build(graph, &config, 2, 33, 33, &err), err);
        ck_ok(seg_exec_new(&exec, graph, &opts, &err), err);
        net_weights_fill(weights);
        const seg_tensor *mean =
            &seg_weights_at(weights, seg_weights_find(weights, "backbone.stem.bn.running_mean"))
                 ->tensor;
        float before = seg_f32(mean)[0];
        net_image_fill(seg_exec_input(exec, 0));
        seg_exec_forward(exec, 0, 0);
        ck_assert_int_eq(seg_f32(mean)[0] == before, frozen);
        seg_exec_free(exec);
        seg_graph_free(graph);
        seg_weights_free(weights);
    }
}
END_TEST

START_TEST(real_mobilenetv2)
{
    net_real_mobilenetv2();
}
END_TEST

Suite *suite_nets(void)
{
    Suite *suite = suite_create("nets");
    TCase *lists = tcase_create("lists"), *promises = tcase_create("promises");
    TCase *goldens = tcase_create("golden");
    int backbones = 0;
    tcase_set_timeout(promises, 300); /* seconds; each takes one, alone and without sanitizers */
    tcase_set_timeout(goldens, 300);
    while (seg_backbone_at(backbones) != NULL)
        backbones++;
    tcase_add_test(lists, every_line_has_page_and_golden);
    tcase_add_test(lists, page_names_every_setting);
    tcase_add_test(lists, configuration_is_checked);
    tcase_add_test(lists, building_refuses_what_cannot_be);
    suite_add_tcase(suite, lists);
    tcase_add_loop_test(promises, any_size, 0, backbones);
    tcase_add_loop_test(promises, dilation_keeps_features, 0, backbones);
    tcase_add_test(promises, weights_are_as_many_as_published);
    tcase_add_loop_test(promises, deconvolution_is_aligned, 0, 4);
    tcase_add_loop_test(promises, aligned_upsampling, 0, 3);
    tcase_add_test(promises, fcn_grows);
    tcase_add_test(promises, dropout_is_the_papers_or_yours);
    tcase_add_test(promises, norms_freeze);
    tcase_add_test(promises, real_mobilenetv2);
    suite_add_tcase(suite, promises);
    tcase_add_loop_test(goldens, golden, 0, net_golden_count());
    suite_add_tcase(suite, goldens);
    return suite;
}
