/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* export.c: every network, exported and run as an imported one, gives the same logits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "io/onnx.h"
#include "model/export.h"
#include "model/tiny.h"
#include "nets/net_run.h"
#include "runtime/runtime.h"
#include "test.h"

enum { HEIGHT = 35, WIDTH = 49 };

/* N,H,W,C to N,C,H,W. */
static void to_channels_first(const seg_tensor *from, float *to)
{
    const seg_shape *s = &from->shape;
    for (int64_t i = 0; i < s->h * s->w; i++) {
        for (int64_t c = 0; c < s->c; c++)
            to[c * s->h * s->w + i] = seg_f32(from)[i * s->c + c];
    }
}

static seg_model *make_model(const char *net, const char *backbone, int64_t learned,
                             int64_t aligned)
{
    seg_model_spec *spec = calloc(1, sizeof *spec);
    seg_weights *weights;
    seg_model *model;
    seg_error err;
    ck_ok(tiny_spec(spec, net, 5, &err), err);
    memset(spec->net.backbone, 0, sizeof spec->net.backbone);
    snprintf(spec->net.backbone, sizeof spec->net.backbone, "%s", backbone);
    spec->net.learned_upsampling = learned;
    spec->net.aligned = aligned;
    ck_ok(tiny_weights(&weights, spec, 3, &err), err);
    ck_ok(seg_model_new_borrowed(&model, spec, weights, &err), err);
    model->owns_weights = true;
    free(spec);
    return model;
}

static void check_program(const seg_program *program, const seg_tensor *image,
                          const seg_tensor *logits, bool reference)
{
    seg_runtime *runtime;
    seg_error err;
    size_t pixels = (size_t)(HEIGHT * WIDTH);
    float *nchw = seg_block_new(3 * pixels * sizeof *nchw);
    float *wanted = seg_block_new(5 * pixels * sizeof *wanted);
    to_channels_first(image, nchw);
    to_channels_first(logits, wanted);
    seg_tensor input = {seg_shape_nhwc(1, 3, HEIGHT, WIDTH), nchw}, output;
    const seg_runtime_opts opts = {.threads = 2, .reference = reference};
    ck_ok(seg_runtime_new(&runtime, program, &opts, &err), err);
    for (int run = 0; run < 2; run++) { /* traced, then repeated */
        ck_ok(seg_runtime_run(runtime, &input, &err), err);
        ck_ok(seg_runtime_read(runtime, program->outputs[0], &output, &err), err);
        ck_assert_int_eq(seg_shape_count(&output.shape), 5 * (int64_t)pixels);
        ck_assert_double_lt(net_difference(output.data, wanted, 5 * (int64_t)pixels), 1e-4);
    }
    seg_runtime_facts facts = seg_runtime_describe(runtime);
    if (!reference) /* all of it became layers of the engine */
        ck_assert_int_eq(facts.evaluated, 0);
    seg_runtime_free(runtime);
    seg_block_free(nchw);
    seg_block_free(wanted);
}

static void check_network(const char *net, const char *backbone, int64_t learned, int64_t aligned)
{
    seg_model *model = make_model(net, backbone, learned, aligned);
    seg_program *program, *read;
    seg_error err;
    const char *path = test_path(test_folder(), "export.onnx");
    net_run run = net_run_make(model->weights, &model->spec.net, 1, HEIGHT, WIDTH, false);
    seg_tensor image = seg_exec_input(run.exec, 0);
    net_image_fill(image);
    size_t bytes = seg_shape_size(&image.shape);
    seg_tensor kept = {image.shape, seg_block_new(bytes)}; /* forward reuses the input's memory */
    memcpy(kept.data, image.data, bytes);
    seg_exec_forward(run.exec, 0, 0);
    seg_tensor logits = seg_exec_output(run.exec, 0);
    ck_ok(seg_model_export(&program, model, WIDTH, HEIGHT, &err), err);
    ck_ok(seg_onnx_write(program, path, &err), err);
    ck_ok(seg_onnx_read(&read, path, &err), err);
    check_program(read, &kept, &logits, false);
    check_program(read, &kept, &logits, true);
    ck_assert_ptr_nonnull(seg_program_text_of(read, "seg.model"));
    seg_program_free(read);
    seg_program_free(program);
    seg_block_free(kept.data);
    net_run_release(&run);
    seg_model_free(model);
}

START_TEST(every_network)
{
    for (int b = 0; seg_backbone_at(b) != NULL; b++) {
        const char *net = seg_net_at(_i)->name;
        if (strncmp(net, "fcn", 3) == 0 && seg_backbone_at(b)->classifier == NULL && b > 1)
            continue; /* FCN's part is the same for these: one will do */
        check_network(net, seg_backbone_at(b)->name, 1, 0);
    }
}
END_TEST

START_TEST(fixed_upsampling)
{
    check_network("fcn8s", "vgg16", 0, 0);
}
END_TEST

START_TEST(aligned_upsampling)
{
    check_network("deeplabv3plus", "mobilenetv2", 1, 1);
    check_network("deeplabv3", "mobilenetv2", 1, 1);
}
END_TEST

Suite *suite_export(void)
{
    Suite *suite = suite_create("export");
    TCase *tests = tcase_create("export");
    tcase_set_timeout(tests, 120);
    int nets = 0;
    while (seg_net_at(nets) != NULL)
        nets++;
    tcase_add_loop_test(tests, every_network, 0, nets);
    tcase_add_test(tests, fixed_upsampling);
    tcase_add_test(tests, aligned_upsampling);
    suite_add_tcase(suite, tests);
    return suite;
}
