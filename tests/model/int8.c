/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* int8.c: a model put in integers, written, read and refused. */
#include "model/int8.h"

#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "model/model.h"
#include "model/tiny.h"
#include "seg/quantise.h"
#include "test.h"

enum { CLASSES = 4, WIDTH = 70, HEIGHT = 45, PICTURES = 4 };

static uint8_t pixels[WIDTH * HEIGHT * 3];
static const seg_image image = {pixels, WIDTH, HEIGHT, 3, 0};

/* A folder of pictures to calibrate on. */
static const char *pictures(void)
{
    static char folder[300];
    seg_error err;
    snprintf(folder, sizeof folder, "%s", test_folder());
    for (int i = 0; i < PICTURES; i++) {
        char name[32];
        snprintf(name, sizeof name, "%d.png", i);
        tiny_picture(pixels, WIDTH, HEIGHT, 3, (uint64_t)i);
        ck_ok(seg_image_write(test_path(folder, name), &image, &err), err);
    }
    return folder;
}

static seg_model *float_model(const char *net)
{
    static char path[512];
    seg_model_spec spec;
    seg_weights *weights;
    seg_model *model;
    seg_error err;
    ck_ok(tiny_spec(&spec, net, CLASSES, &err), err);
    ck_ok(tiny_weights(&weights, &spec, 3, &err), err);
    snprintf(path, sizeof path, "%s", test_path(test_folder(), "float.safetensors"));
    ck_ok(seg_model_write(path, &spec, weights, SEG_PRECISION_FLOAT32, &err), err);
    seg_weights_free(weights);
    ck_ok(seg_model_load(&model, path, &err), err);
    return model;
}

static void label(const seg_model *model, int threads, uint8_t *labels)
{
    const seg_session_opts opts = {.threads = threads};
    seg_session *session;
    seg_error err;
    tiny_picture(pixels, WIDTH, HEIGHT, 3, 99);
    ck_ok(seg_session_new(&session, model, &opts, &err), err);
    ck_ok(seg_segment(session, &image, labels, &err), err);
    seg_session_free(session);
}

static const char *const nets[] = {"deeplabv3plus", "fcn8s"};

START_TEST(made_written_and_read)
{
    static uint8_t before[WIDTH * HEIGHT], after[WIDTH * HEIGHT], again[WIDTH * HEIGHT];
    static char path[512];
    seg_model *model = float_model(nets[_i]), *made, *loaded;
    const seg_quantise_opts opts = {.images = pictures(), .threads = 1, .least_snr_db = 1};
    seg_error err;
    ck_ok(seg_model_quantise(&made, model, &opts, &err), err);
    ck_assert_int_gt(seg_model_int8_layers(made), 20);
    ck_assert_double_gt(seg_model_int8_snr(made), 10);
    int same = 0, measured = 0;
    label(model, 1, before);
    label(made, 1, after);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        same += before[i] == after[i];
    ck_assert_int_gt(100 * same, 75 * WIDTH * HEIGHT); /* random weights: classes are close */
    label(made, 2, again);
    ck_assert_mem_eq(after, again, sizeof after);
    snprintf(path, sizeof path, "%s", test_path(test_folder(), "int8.safetensors"));
    const seg_save_opts save = {.precision = SEG_PRECISION_FLOAT32};
    ck_ok(seg_model_save(made, path, &save, &err), err);
    ck_ok(seg_model_load(&loaded, path, &err), err);
    label(loaded, 1, again);
    ck_assert_mem_eq(after, again, sizeof after);
    ck_assert_int_eq(seg_model_int8_layers(loaded), seg_model_int8_layers(made));
    for (int i = 0; i < seg_model_int8_layers(made); i++) {
        const seg_int8_layer a = seg_model_int8_layer(made, i), b = seg_model_int8_layer(loaded, i);
        ck_assert_str_eq(a.name, b.name);
        ck_assert_int_eq(a.stays_float, b.stays_float);
        ck_assert_double_eq_tol(a.high, b.high, 1e-6 * (a.high - a.low));
        ck_assert(isnan(b.snr_db));
        measured += !isnan(a.snr_db);
    }
    ck_assert_int_gt(measured, 20);
    seg_model_free(loaded);
    seg_model_free(made);
    seg_model_free(model);
}
END_TEST

/* Nothing is as good as that: every layer stays float, and so do the labels. */
START_TEST(all_stay_float)
{
    static uint8_t before[WIDTH * HEIGHT], after[WIDTH * HEIGHT];
    seg_model *model = float_model("deeplabv3plus"), *made;
    const seg_quantise_opts opts = {.images = pictures(), .threads = 2, .least_snr_db = 150};
    seg_error err;
    ck_ok(seg_model_quantise(&made, model, &opts, &err), err);
    label(model, 1, before);
    label(made, 1, after);
    ck_assert_mem_eq(before, after, sizeof after);
    ck_assert_double_eq(seg_model_int8_snr(made), (double)INFINITY);
    seg_model_free(made);
    seg_model_free(model);
}
END_TEST

static int stop(void *context, int done, int total)
{
    (void)context, (void)total;
    return done == 2;
}

START_TEST(refusals)
{
    seg_model *model = float_model("deeplabv3plus"), *made;
    seg_quantise_opts opts = {.threads = 1};
    seg_error err;
    ck_fails(seg_model_quantise(&made, model, &opts, &err), SEG_INVALID, err, "folder of images");
    opts.images = test_path(test_folder(), "nowhere");
    ck_fails(seg_model_quantise(&made, model, &opts, &err), SEG_IO, err, "nowhere");
    static char empty[300];
    snprintf(empty, sizeof empty, "%s", test_path(test_folder(), "empty"));
    ck_ok(seg_folder_make(empty, &err), err);
    opts.images = empty;
    ck_fails(seg_model_quantise(&made, model, &opts, &err), SEG_INVALID, err, "no images");
    opts.images = pictures();
    opts.progress = stop;
    ck_fails(seg_model_quantise(&made, model, &opts, &err), SEG_CANCELLED, err, "2 of");
    ck_assert_ptr_null(made);
    opts.progress = NULL;
    opts.count = 1;
    ck_ok(seg_model_quantise(&made, model, &opts, &err), err);
    seg_model *twice;
    ck_fails(seg_model_quantise(&twice, made, &opts, &err), SEG_UNSUPPORTED, err, "float");
    seg_model_free(made);
    seg_model_free(model);
}
END_TEST

static const struct {
    const char *json, *says;
} bad[] = {
    {"[]", "f:"},
    {"{}", "values"},
    {"{\"values\": {}}", "float"},
    {"{\"values\": {}, \"float\": [], \"more\": 1}", "more"},
    {"{\"values\": {\"a\": 1}, \"float\": []}", "'a'"},
    {"{\"values\": {\"a\": [0]}, \"float\": []}", "2 numbers"},
    {"{\"values\": {\"a\": [0, \"x\"]}, \"float\": []}", "item 1 of 'a'"},
    {"{\"values\": {\"a\": [0, -1]}, \"float\": []}", "range of 'a' is 0..-1"},
    {"{\"values\": {\"a\": [1, 2]}, \"float\": []}", "must hold 0"},
    {"{\"values\": {\"a\": [0, 1e7]}, \"float\": []}", "1e+07"},
    {"{\"values\": {\"a\": [0, 1]}, \"float\": [\"b\"]}", "'b' has no range"},
    {"{\"values\": {\"a\": [0, 1]}, \"float\": [1]}", "item 0"},
};

START_TEST(bad_descriptions)
{
    seg_int8 *int8;
    seg_error err;
    seg_status status = seg_int8_from_json(&int8, bad[_i].json, "f", &err);
    ck_assert_msg(status == SEG_FORMAT, "%s", bad[_i].json);
    ck_assert_msg(strstr(err.text, bad[_i].says) != NULL, "'%s' does not say '%s'", err.text,
                  bad[_i].says);
    ck_assert_ptr_null(int8);
}
END_TEST

START_TEST(descriptions)
{
    seg_int8 *int8;
    seg_model_spec spec;
    seg_error err;
    char *json;
    const char *text = "{\"float\":[\"b\"],\"values\":{\"a\":[-1.0,2.5],\"b\":[0.0,0.0]}}";
    ck_ok(seg_int8_from_json(&int8, text, "f", &err), err);
    ck_assert_int_eq(int8->count, 2);
    ck_assert(!int8->items[0].stays_float && int8->items[1].stays_float);
    ck_assert(seg_int8_keeps(int8, "b.weight") && !seg_int8_keeps(int8, "a.weight"));
    ck_assert(!seg_int8_keeps(int8, "b.weights"));
    ck_ok(seg_int8_to_json(int8, &json, &err), err);
    ck_assert_str_eq(json, text);
    free(json);
    ck_ok(tiny_spec(&spec, "deeplabv3plus", CLASSES, &err), err);
    ck_fails(seg_int8_check(int8, &spec.net, "f", &err), SEG_MISMATCH, err, "has no 'a'");
    seg_int8_free(int8);
}
END_TEST

/* Ranges that are right one by one, but no sum can be made of: steps 1e14 apart. */
START_TEST(ranges_that_do_not_go_together)
{
    seg_int8 *int8;
    seg_model_spec spec;
    seg_error err;
    const char *text = "{\"float\":[],\"values\":{\"backbone.blocks.2.project.conv\":[-1e6,1e6],"
                       "\"backbone.blocks.1.project.conv\":[-1,1],"
                       "\"backbone.blocks.2.add\":[0,0]}}";
    ck_ok(tiny_spec(&spec, "deeplabv3plus", CLASSES, &err), err);
    ck_ok(seg_int8_from_json(&int8, text, "f", &err), err);
    ck_fails(seg_int8_check(int8, &spec.net, "f", &err), SEG_INVALID, err, "blocks.2.add");
    seg_int8_free(int8);
}
END_TEST

Suite *suite_int8(void)
{
    Suite *suite = suite_create("int8");
    TCase *tests = tcase_create("int8");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, made_written_and_read, 0, sizeof nets / sizeof *nets);
    tcase_add_test(tests, all_stay_float);
    tcase_add_test(tests, refusals);
    tcase_add_loop_test(tests, bad_descriptions, 0, sizeof bad / sizeof *bad);
    tcase_add_test(tests, descriptions);
    tcase_add_test(tests, ranges_that_do_not_go_together);
    suite_add_tcase(suite, tests);
    return suite;
}
