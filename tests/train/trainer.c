/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* trainer.c: whole runs on a small made-up data set: learning, resuming, roll-back, init files. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/rng.h"
#include "graph/graph.h"
#include "io/json.h"
#include "kernels/kernels.h"
#include "model/model.h"
#include "nets/net.h"
#include "seg/train.h"
#include "test.h"
#include "train/discs.h"
#include "train/init.h"
#include "train/options.h"

static const seg_setting small[] = {{"width", 0.25}, {"aspp_channels", 16}, {"low_channels", 8}};

/* 20 updates of 2 images: 4 epochs. */
static seg_train_opts make_opts(const char *folder, const char *out)
{
    seg_train_opts opts;
    seg_train_opts_default(&opts);
    opts.data = folder;
    opts.out = out;
    opts.epochs = 4;
    opts.batch = 2;
    opts.crop = (seg_train_size){33, 33};
    opts.lr = 0.02;
    opts.threads = 2;
    opts.log_every = 3;
    opts.eval_every = 2;
    opts.settings = small;
    opts.setting_count = 3;
    return opts;
}

static void same_files(const char *a, const char *b)
{
    uint8_t *x, *y;
    size_t n, m;
    seg_error err;
    ck_ok(seg_file_read(a, 1 << 30, &x, &n, &err), err);
    ck_ok(seg_file_read(b, 1 << 30, &y, &m, &err), err);
    ck_assert_uint_eq(n, m);
    ck_assert_msg(memcmp(x, y, n) == 0, "%s and %s differ", a, b);
    free(x);
    free(y);
}

/* ---- runs ---- */

static bool stop_at(void *user, const seg_train_progress *progress)
{
    return !(progress->event == SEG_TRAIN_STEP && progress->step == *(const int64_t *)user);
}

/* A stopped and resumed run ends with the bytes of an unbroken one, on other threads too. */
START_TEST(resume_is_exact)
{
    const char *folder = discs_make(test_folder(), 10, 4);
    const char *a = test_path(folder, "a"), *b = test_path(folder, "b");
    seg_error err;
    seg_train_result result;
    seg_train_opts opts = make_opts(folder, a);
    opts.optimiser = _i == 0 ? "sgd" : "adamw";
    opts.accumulate = _i == 0 ? 1 : 2;
    opts.ema = _i == 0 ? 0 : 0.9;
    opts.class_weights = _i == 0 ? "none" : "median";
    opts.precision = _i == 1 && seg_kernels_get()->bf16.fast ? "bf16" : "float32";
    ck_ok(seg_train(&opts, NULL, &result, &err), err);
    ck_assert_int_eq(result.steps, _i == 0 ? 20 : 10);
    opts.out = b;
    int64_t stops[] = {7, 8, 15};
    for (int i = 0; i < 3; i++) {
        seg_train_callbacks callbacks = {stop_at, &stops[i]};
        opts.resume = i > 0;
        opts.threads = 1 + i;
        opts.loader_threads = 3 - i;
        opts.memory = i == 1 ? 2 : 0; /* MB: some layers run again */
        if (stops[i] < result.steps)
            ck_fails(seg_train(&opts, &callbacks, NULL, &err), SEG_CANCELLED, err, "resuming");
    }
    seg_train_opts rest;
    seg_train_opts_default(&rest);
    rest.out = b;
    rest.resume = true;
    ck_ok(seg_train(&rest, NULL, &result, &err), err);
    char x[512], y[512];
    snprintf(x, sizeof x, "%s/last.safetensors", a);
    snprintf(y, sizeof y, "%s/last.safetensors", b);
    same_files(x, y);
    snprintf(x, sizeof x, "%s/best.safetensors", a);
    snprintf(y, sizeof y, "%s/best.safetensors", b);
    same_files(x, y);
}
END_TEST

/* Stops in the evaluation after update `step`, at image `done`; 0: right after the update. */
typedef struct eval_stop {
    int64_t step;
    int done, seen; /* seen: images since */
} eval_stop;

static bool stop_in_evaluation(void *user, const seg_train_progress *progress)
{
    eval_stop *stop = user;
    if (progress->step != stop->step)
        return true;
    if (progress->event != SEG_TRAIN_EVALUATING)
        return progress->event != SEG_TRAIN_STEP || stop->done > 0;
    stop->seen += progress->done >= stop->done;
    return progress->done != stop->done;
}

static int count_text(const char *folder, const char *name, const char *text)
{
    char path[512];
    uint8_t *data;
    size_t size;
    seg_error err;
    int count = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    ck_ok(seg_file_read(path, 1 << 26, &data, &size, &err), err);
    for (const char *at = (char *)data; (at = strstr(at, text)) != NULL; at++)
        count++;
    free(data);
    return count;
}

/* Twice in the first evaluation and once in the last, each broken off at once and done again. */
START_TEST(stop_in_evaluation_is_exact)
{
    const char *folder = discs_make(test_folder(), 10, 4);
    const char *a = test_path(folder, "a"), *b = test_path(folder, "b");
    seg_error err;
    eval_stop stops[] = {{10, 0, 0}, {10, 1, 0}, {10, 3, 0}, {20, 2, 0}};
    seg_train_opts opts = make_opts(folder, a);
    opts.ema = 0.9;
    ck_ok(seg_train(&opts, NULL, NULL, &err), err);
    opts.out = b;
    for (int i = 0; i < 4; i++) {
        seg_train_callbacks callbacks = {stop_in_evaluation, &stops[i]};
        opts.resume = i > 0;
        ck_fails(seg_train(&opts, &callbacks, NULL, &err), SEG_CANCELLED, err,
                 "resuming continues with the evaluation");
        ck_assert_int_eq(stops[i].seen, stops[i].done > 0);
        ck_assert_int_eq(count_text(b, "log.jsonl", "\"evaluation\""), i == 3);
    }
    ck_ok(seg_train(&opts, NULL, NULL, &err), err);
    static const char *const names[] = {"last.safetensors", "best.safetensors"};
    for (int i = 0; i < 2; i++) {
        char x[512], y[512];
        snprintf(x, sizeof x, "%s/%s", a, names[i]);
        snprintf(y, sizeof y, "%s/%s", b, names[i]);
        same_files(x, y);
    }
    ck_assert_int_eq(count_text(b, "log.jsonl", "\"evaluation\""), 2);
    ck_assert_int_eq(count_text(b, "log.jsonl", "\"step\":20,"),
                     count_text(a, "log.jsonl", "\"step\":20,"));
}
END_TEST

/* A kill between an evaluation that was due and its checkpoint: it is logged once all the same. */
START_TEST(due_evaluation_is_logged_once)
{
    const char *folder = discs_make(test_folder(), 10, 4), *out = test_path(folder, "run");
    char last[512];
    uint8_t *kept;
    size_t size;
    seg_error err;
    eval_stop first = {10, 2, 0};
    int64_t second = 11;
    seg_train_opts opts = make_opts(folder, out);
    ck_fails(seg_train(&opts, &(seg_train_callbacks){stop_in_evaluation, &first}, NULL, &err),
             SEG_CANCELLED, err, "after update 10");
    snprintf(last, sizeof last, "%s/last.safetensors", out);
    ck_ok(seg_file_read(last, 1 << 26, &kept, &size, &err), err);
    opts.resume = true;
    ck_fails(seg_train(&opts, &(seg_train_callbacks){stop_at, &second}, NULL, &err), SEG_CANCELLED,
             err, "after update 11");
    ck_ok(seg_file_write(last, kept, size, &err), err);
    ck_ok(seg_train(&opts, NULL, NULL, &err), err);
    ck_assert_int_eq(count_text(out, "log.jsonl", "\"evaluation\""), 2);
    free(kept);
}
END_TEST

/* Colours are easy: a few epochs must get most pixels right, and the report must say so. */
START_TEST(learns)
{
    const char *folder = discs_make(test_folder(), 10, 4), *out = test_path(folder, "run");
    seg_error err;
    seg_train_result result;
    seg_model *model;
    seg_train_opts opts = make_opts(folder, out);
    opts.epochs = 300;
    opts.batch = 5;
    opts.eval_every = 50;
    opts.scale_min = opts.scale_max = 1;
    opts.threads = 1;
    opts.lr = 0.003;
    opts.optimiser = "adamw";
    opts.about = "discs & squares";
    ck_ok(seg_train(&opts, NULL, &result, &err), err);
    ck_assert_msg(result.best_mean_iou > 0.5, "mean IoU %g", result.best_mean_iou);
    char path[512];
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s.safetensors", out, i == 0 ? "best" : "last");
        ck_ok(seg_model_load(&model, path, &err), err);
        ck_assert_int_eq(seg_model_describe(model).classes, 3);
        ck_assert_str_eq(seg_model_class_name(model, 2), "square");
        ck_assert_str_eq(seg_model_describe(model).data, "discs & squares");
        seg_model_free(model);
    }
    uint8_t *html;
    size_t size;
    snprintf(path, sizeof path, "%s/report.html", out);
    ck_ok(seg_file_read(path, 1 << 26, &html, &size, &err), err);
    ck_assert_ptr_nonnull(strstr((char *)html, "<svg"));
    ck_assert_ptr_nonnull(strstr((char *)html, "discs &amp; squares"));
    ck_assert_ptr_nonnull(strstr((char *)html, "data:image/png;base64,iVBOR"));
    ck_assert_ptr_null(strstr((char *)html, "http"));
    ck_assert_str_eq((char *)html + size - 15, "</body></html>\n");
    free(html);
}
END_TEST

/* Lines of log.jsonl: steps 3, 6, ..., evaluations at 10 and 20, each a valid object. */
START_TEST(log_has_every_line)
{
    const char *folder = discs_make(test_folder(), 10, 4), *out = test_path(folder, "run");
    seg_error err;
    uint8_t *log;
    size_t size;
    char path[512];
    seg_train_opts opts = make_opts(folder, out);
    ck_ok(seg_train(&opts, NULL, NULL, &err), err);
    snprintf(path, sizeof path, "%s/log.jsonl", out);
    ck_ok(seg_file_read(path, 1 << 20, &log, &size, &err), err);
    int64_t step_lines = 0, evaluations = 0, last_step = 0;
    for (char *line = (char *)log, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        json_t *root;
        const char *event;
        int64_t step;
        ck_ok(seg_json_parse(&root, line, (size_t)(end - line), "log", &err), err);
        ck_ok(seg_json_string(root, "event", "log", &event, &err), err);
        ck_ok(seg_json_integer(root, "step", "log", 1, 20, &step, &err), err);
        ck_assert(step >= last_step);
        last_step = step;
        step_lines += strcmp(event, "step") == 0;
        if (strcmp(event, "evaluation") == 0) {
            ck_assert(step == 10 || step == 20);
            ck_assert_int_eq(json_array_size(json_object_get(root, "iou")), 3);
            evaluations++;
        }
        json_decref(root);
    }
    ck_assert_int_eq(step_lines, 7); /* 3, 6, .., 18, and 20, the last */
    ck_assert_int_eq(evaluations, 2);
    free(log);
}
END_TEST

START_TEST(nonfinite_stops_and_names)
{
    const char *folder = discs_make(test_folder(), 10, 4), *out = test_path(folder, "run");
    seg_error err;
    seg_model *model;
    char path[512];
    seg_train_opts opts = make_opts(folder, out);
    opts.lr = 1000;
    opts.momentum = 0.99;
    opts.weight_decay = 10;
    ck_fails(seg_train(&opts, NULL, NULL, &err), SEG_NONFINITE, err, "update ");
    /* What was written is still good. */
    snprintf(path, sizeof path, "%s/last.safetensors", out);
    ck_ok(seg_model_load(&model, path, &err), err);
    seg_model_free(model);
    opts.out = test_path(folder, "again");
    opts.on_nonfinite = "rollback";
    seg_status status = seg_train(&opts, NULL, NULL, &err);
    ck_assert(status == SEG_OK || strstr(err.text, "after 10 roll-backs") != NULL);
    snprintf(path, sizeof path, "%s/log.jsonl", opts.out);
    uint8_t *log;
    size_t size;
    ck_ok(seg_file_read(path, 1 << 20, &log, &size, &err), err);
    ck_assert_ptr_nonnull(strstr((char *)log, "\"rollback\""));
    free(log);
}
END_TEST

/* ---- options ---- */

START_TEST(options_are_checked)
{
    seg_error err;
    const char *folder = test_folder();
    seg_train_opts opts = make_opts(folder, test_path(folder, "run")), good = opts;
    opts.out = NULL;
    ck_fails(seg_train(&opts, NULL, NULL, &err), SEG_INVALID, err, "out");
    opts = good;
    opts.batch = 0;
    ck_fails(seg_train(&opts, NULL, NULL, &err), SEG_INVALID, err, "batch: 0");
    opts = good;
    opts.lr = NAN;
    ck_fails(seg_train(&opts, NULL, NULL, &err), SEG_INVALID, err, "lr: ");
    opts = good;
    opts.loss = "hinge";
    ck_fails(seg_train(&opts, NULL, NULL, &err), SEG_INVALID, err,
             "no 'hinge', there are cross_entropy, dice");
    opts = good;
    opts.backbone = "a-backbone-with-a-name-that-is-longer-than-any-buffer-for-names";
    ck_fails(seg_train(&opts, NULL, NULL, &err), SEG_INVALID, err, "backbone");
    opts = good;
    seg_setting odd[] = {{"classes", 5}};
    opts.settings = odd;
    opts.setting_count = 1;
    ck_fails(seg_train(&opts, NULL, NULL, &err), SEG_INVALID, err, "classes");
    odd[0] = (seg_setting){"output_stride", 8.5};
    ck_fails(seg_train(&opts, NULL, NULL, &err), SEG_INVALID, err, "whole number");
    opts = good;
    opts.resume = true;
    opts.data = NULL;
    ck_fails(seg_train(&opts, NULL, NULL, &err), SEG_IO, err, "no run to resume");
}
END_TEST

START_TEST(config_round_trip)
{
    seg_error err;
    seg_arena arena = {0};
    const char *folder = test_folder(), *path = test_path(folder, "config.json");
    seg_train_opts opts = make_opts("data", "out"), back;
    opts.lr = 0.1 + 0.2;
    opts.freeze_bn = true;
    opts.backbone = NULL;
    opts.about = "Zeichen \"ä\"";
    ck_ok(seg_train_opts_write(&opts, path, &err), err);
    ck_ok(seg_train_opts_read(&back, path, &arena, &err), err);
    ck_ok(seg_train_opts_same(&back, &opts, &err), err);
    ck_assert(back.lr == opts.lr && back.freeze_bn && back.backbone == NULL);
    ck_assert_str_eq(back.about, opts.about);
    ck_assert_int_eq(back.setting_count, 3);
    back.threads = 7; /* may change */
    ck_ok(seg_train_opts_same(&back, &opts, &err), err);
    back.momentum = 0.8;
    ck_fails(seg_train_opts_same(&back, &opts, &err), SEG_MISMATCH, err, "momentum");
    back = opts;
    back.setting_count = 2;
    ck_fails(seg_train_opts_same(&back, &opts, &err), SEG_MISMATCH, err, "settings");
    const char bad[] = "{\"epoks\": 3}";
    ck_ok(seg_file_write(path, bad, strlen(bad), &err), err);
    ck_fails(seg_train_opts_read(&back, path, &arena, &err), SEG_FORMAT, err, "epoks");
    seg_arena_release(&arena);
}
END_TEST

START_TEST(a_run_is_not_overwritten)
{
    const char *folder = discs_make(test_folder(), 10, 4), *out = test_path(folder, "run");
    seg_error err;
    seg_train_opts opts = make_opts(folder, out);
    int64_t first = 1;
    seg_train_callbacks callbacks = {stop_at, &first};
    ck_fails(seg_train(&opts, &callbacks, NULL, &err), SEG_CANCELLED, err, "update 1 of 20");
    ck_fails(seg_train(&opts, NULL, NULL, &err), SEG_INVALID, err, "holds a run already");
    opts.resume = true;
    opts.batch = 3;
    ck_fails(seg_train(&opts, NULL, NULL, &err), SEG_MISMATCH, err, "batch");
}
END_TEST

/* Tries to resume the run that calls it. */
static bool intrude(void *user, const seg_train_progress *progress)
{
    seg_train_opts opts = *(const seg_train_opts *)user;
    seg_error err;
    if (progress->event != SEG_TRAIN_STEP || progress->step > 2)
        return true;
    opts.resume = true;
    ck_fails(seg_train(&opts, NULL, NULL, &err), SEG_IO, err,
             "/run: another training writes to this folder");
    opts.data = NULL;
    ck_fails(seg_train(&opts, NULL, NULL, &err), SEG_IO, err, "another training");
    opts.batch = 3; /* and what is wrong without a lock is said first */
    opts.data = ((const seg_train_opts *)user)->data;
    ck_fails(seg_train(&opts, NULL, NULL, &err), SEG_MISMATCH, err, "batch");
    return progress->step < 2;
}

START_TEST(one_run_at_a_time)
{
    const char *folder = discs_make(test_folder(), 10, 4), *out = test_path(folder, "run");
    seg_error err;
    seg_train_opts opts = make_opts(folder, out);
    seg_train_callbacks callbacks = {intrude, &opts};
    ck_fails(seg_train(&opts, &callbacks, NULL, &err), SEG_CANCELLED, err, "update 2 of 20");
    opts.resume = true;
    ck_ok(seg_train(&opts, NULL, NULL, &err), err);
}
END_TEST

START_TEST(wrong_options_leave_no_folder)
{
    const char *folder = test_folder(), *out = test_path(folder, "run");
    seg_error err;
    seg_train_opts opts = make_opts(folder, out);
    opts.loss = "hinge";
    ck_fails(seg_train(&opts, NULL, NULL, &err), SEG_INVALID, err, "hinge");
    ck_assert(!seg_path_exists(out));
}
END_TEST

/* ---- init files ---- */

static float *declare(seg_weights *weights, const char *name, seg_weight_role role, seg_shape shape)
{
    seg_error err;
    int index;
    ck_ok(seg_weights_declare(weights, name, role, &shape, &index, &err), err);
    seg_tensor *tensor = &seg_weights_at(weights, index)->tensor;
    for (int64_t i = 0; i < seg_shape_count(&shape); i++)
        seg_f32(tensor)[i] = -1;
    return seg_f32(tensor);
}

static seg_shape shape4(int64_t a, int64_t b, int64_t c, int64_t d)
{
    return seg_shape_nhwc(a, b, c, d);
}

/* Element (o, i, y, x) of the file's tensors holds 1000 o + 100 i + 10 y + x. */
START_TEST(init_from_torch_layout)
{
    seg_error err;
    seg_weights *weights;
    seg_safetensors *file;
    seg_init_report report;
    float conv[3 * 2 * 2 * 3], depthwise[4 * 1 * 2 * 2], up[2 * 3 * 2 * 2], head[5], bias[3];
    const char *path = test_path(test_folder(), "torch.safetensors");
    for (int o = 0, k = 0; o < 3; o++)
        for (int i = 0; i < 2; i++)
            for (int y = 0; y < 2; y++)
                for (int x = 0; x < 3; x++)
                    conv[k++] = (float)(1000 * o + 100 * i + 10 * y + x);
    for (int o = 0, k = 0; o < 4; o++)
        for (int y = 0; y < 2; y++)
            for (int x = 0; x < 2; x++)
                depthwise[k++] = (float)(1000 * o + 10 * y + x);
    for (int i = 0, k = 0; i < 2; i++)
        for (int o = 0; o < 3; o++)
            for (int y = 0; y < 2; y++)
                for (int x = 0; x < 2; x++)
                    up[k++] = (float)(1000 * o + 100 * i + 10 * y + x);
    for (int i = 0; i < 5; i++)
        head[i] = 1;
    for (int i = 0; i < 3; i++)
        bias[i] = (float)i;
    const seg_safetensors_entry entries[] = {
        {"conv.weight", {shape4(3, 2, 2, 3), conv}},
        {"conv.bias", {seg_shape_vector(3), bias}},
        {"dw.weight", {shape4(4, 1, 2, 2), depthwise}},
        {"backbone.up.weight", {shape4(2, 3, 2, 2), up}},
        {"head.bias", {seg_shape_vector(5), head}},
        {"classifier.bias", {seg_shape_vector(5), head}},
    };
    ck_ok(seg_safetensors_write(path, 6, entries, 0, NULL, &err), err);
    ck_ok(seg_weights_new(&weights, &err), err);
    float *to_conv =
        declare(weights, "backbone.conv.weight", SEG_WEIGHT_KERNEL, shape4(2, 3, 2, 3));
    float *to_bias = declare(weights, "backbone.conv.bias", SEG_WEIGHT_BIAS, seg_shape_vector(3));
    float *to_dw = declare(weights, "dw.weight", SEG_WEIGHT_KERNEL, shape4(2, 2, 1, 4));
    float *to_up = declare(weights, "up.weight", SEG_WEIGHT_BILINEAR, shape4(2, 2, 2, 3));
    float *to_head = declare(weights, "head.bias", SEG_WEIGHT_BIAS, seg_shape_vector(11));
    declare(weights, "new.bias", SEG_WEIGHT_BIAS, seg_shape_vector(2));
    ck_ok(seg_safetensors_read(&file, path, &err), err);
    ck_ok(seg_weights_init(weights, file, "torch", &report, &err), err);
    for (int y = 0; y < 2; y++)
        for (int x = 0; x < 3; x++)
            for (int i = 0; i < 2; i++)
                for (int o = 0; o < 3; o++)
                    ck_assert_int_eq((int)to_conv[((y * 3 + x) * 2 + i) * 3 + o],
                                     1000 * o + 100 * i + 10 * y + x);
    for (int y = 0; y < 2; y++)
        for (int x = 0; x < 2; x++) {
            for (int o = 0; o < 4; o++)
                ck_assert_int_eq((int)to_dw[(y * 2 + x) * 4 + o], 1000 * o + 10 * y + x);
            for (int i = 0; i < 2; i++)
                for (int o = 0; o < 3; o++)
                    ck_assert_int_eq((int)to_up[((y * 2 + x) * 2 + i) * 3 + o],
                                     1000 * o + 100 * i + 10 * y + x);
        }
    ck_assert(to_bias[2] > 1.5F && to_head[0] < 0);
    ck_assert_int_eq(report.loaded, 4);
    ck_assert_int_eq(report.missing, 1);
    ck_assert_int_eq(report.misshapen, 1);
    ck_assert_int_eq(report.unused, 1);
    ck_assert_str_eq(report.text.text, "torch: 4 of the network's 6 tensors loaded\n"
                                       "not in the file (1): new.bias\n"
                                       "of another shape (1): head.bias (f32 11, the file has "
                                       "f32 5)\n"
                                       "in the file only (1): classifier.bias\n");
    seg_init_report_release(&report);
    seg_safetensors_free(file);
    seg_weights_free(weights);
}
END_TEST

/* Our own model as the start: everything but the head of another number of classes. */
START_TEST(init_from_own_model)
{
    const char *folder = discs_make(test_folder(), 10, 4), *out = test_path(folder, "run");
    seg_error err;
    seg_weights *weights;
    seg_graph *graph;
    seg_net_config config;
    seg_safetensors *file;
    seg_init_report report;
    char path[512];
    seg_train_opts opts = make_opts(folder, out);
    opts.epochs = 1;
    ck_ok(seg_train(&opts, NULL, NULL, &err), err);
    snprintf(path, sizeof path, "%s/best.safetensors", out);
    ck_ok(seg_train_net_config(&opts, &config, &err), err);
    config.classes = 7;
    ck_ok(seg_weights_new(&weights, &err), err);
    ck_ok(seg_graph_new(&graph, weights, &err), err);
    ck_ok(seg_net_build(graph, &config, 1, 33, 33, &err), err);
    ck_ok(seg_safetensors_read(&file, path, &err), err);
    ck_ok(seg_weights_init(weights, file, path, &report, &err), err);
    ck_assert_int_eq(report.missing, 0);
    ck_assert_int_eq(report.misshapen, 2); /* the last layer's weights and bias */
    ck_assert_int_eq(report.loaded, seg_weights_count(weights) - 2);
    for (int i = 0; i < seg_weights_count(weights); i++) {
        const seg_weight *weight = seg_weights_at(weights, i);
        int index = seg_safetensors_find(file, weight->name);
        seg_tensor from = seg_safetensors_tensor(file, index);
        if (seg_shape_equal(&from.shape, &weight->tensor.shape))
            ck_assert(memcmp(from.data, weight->tensor.data, seg_shape_size(&from.shape)) == 0);
    }
    seg_init_report_release(&report);
    seg_safetensors_free(file);
    seg_graph_free(graph);
    seg_weights_free(weights);
}
END_TEST

Suite *suite_trainer(void)
{
    Suite *suite = suite_create("trainer");
    TCase *tests = tcase_create("trainer");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, resume_is_exact, 0, 2);
    tcase_add_test(tests, stop_in_evaluation_is_exact);
    tcase_add_test(tests, due_evaluation_is_logged_once);
    tcase_add_test(tests, learns);
    tcase_add_test(tests, log_has_every_line);
    tcase_add_test(tests, nonfinite_stops_and_names);
    tcase_add_test(tests, options_are_checked);
    tcase_add_test(tests, config_round_trip);
    tcase_add_test(tests, a_run_is_not_overwritten);
    tcase_add_test(tests, one_run_at_a_time);
    tcase_add_test(tests, wrong_options_leave_no_folder);
    tcase_add_test(tests, init_from_torch_layout);
    tcase_add_test(tests, init_from_own_model);
    suite_add_tcase(suite, tests);
    return suite;
}
