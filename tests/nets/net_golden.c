/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * net_golden.c: logits, gradients and ten training steps against tools/make_net_golden.py (PyTorch
 * in float64). Tolerances are some ten times what PyTorch in float32 differs by.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "io/safetensors.h"
#include "nets/net_golden.h"
#include "nets/net_run.h"
#include "test.h"
#include "train/loss.h"

static const double logits_tolerance = 2e-5;  /* of the largest */
static const double grad_tolerance = 2e-2;    /* of the tensor's norm, or 1 % of the whole's */
static const double loss_tolerance = 1e-4;    /* of the loss */
static const double trained_tolerance = 3e-3; /* a ReLU that flips costs 1e-3 */

typedef struct golden_case {
    seg_safetensors *file;
    seg_net_config config;
    int64_t n, h, w;
    double rate;
} golden_case;

static void read_config(golden_case *golden)
{
    json_t *json = json_loads(seg_safetensors_metadata(golden->file, "config"), 0, NULL);
    ck_assert_ptr_nonnull(json);
    snprintf(golden->config.net, sizeof golden->config.net, "%s",
             json_string_value(json_object_get(json, "net")));
    snprintf(golden->config.backbone, sizeof golden->config.backbone, "%s",
             json_string_value(json_object_get(json, "backbone")));
#define READ_INT(field, value, min, max, help)                                                     \
    golden->config.field = json_object_get(json, #field) != NULL                                   \
                               ? json_integer_value(json_object_get(json, #field))                 \
                               : value;
#define READ_FLOAT(field, value, min, max, help)                                                   \
    golden->config.field = json_number_value(json_object_get(json, #field));
    SEG_NET_INT_MAP(READ_INT)
    SEG_NET_FLOAT_MAP(READ_FLOAT)
    golden->n = json_integer_value(json_object_get(json, "n"));
    golden->h = json_integer_value(json_object_get(json, "h"));
    golden->w = json_integer_value(json_object_get(json, "w"));
    golden->rate = json_number_value(json_object_get(json, "rate"));
    json_decref(json);
}

static seg_tensor stored(const golden_case *golden, const char *name)
{
    int index = seg_safetensors_find(golden->file, name);
    ck_assert_msg(index >= 0, "no tensor %s", name);
    return seg_safetensors_tensor(golden->file, index);
}

/* Evaluation-mode logits of the weights as they are, against the stored subsample `name`. */
static void check_logits(const golden_case *golden, net_run *run, const char *name,
                         double tolerance)
{
    seg_tensor wanted = stored(golden, name);
    net_image_fill(seg_exec_input(run->exec, 0));
    seg_exec_weights_changed(run->exec);
    seg_exec_forward(run->exec, 0, 0);
    seg_tensor logits = seg_exec_output(run->exec, 0);
    int64_t c = logits.shape.c, w = wanted.shape.w, h = wanted.shape.h;
    int64_t step = (golden->h + h - 1) / h;
    ck_assert_int_eq((golden->w + step - 1) / step, w);
    float *got = malloc(seg_shape_size(&wanted.shape));
    for (int64_t i = 0; i < wanted.shape.n * h * w; i++) {
        int64_t n = i / (h * w), y = i / w % h * step, x = i % w * step;
        memcpy(got + i * c, seg_f32(&logits) + ((n * golden->h + y) * golden->w + x) * c,
               (size_t)c * sizeof *got);
    }
    double worst = net_difference(got, seg_f32(&wanted), seg_shape_count(&wanted.shape));
    ck_assert_msg(worst <= tolerance, "%s differ by %g of the largest, more than %g", name, worst,
                  tolerance);
    free(got);
}

static double norm(const seg_tensor *tensor)
{
    double sum = 0;
    for (int64_t i = 0; i < seg_shape_count(&tensor->shape); i++)
        sum += (double)seg_f32(tensor)[i] * (double)seg_f32(tensor)[i];
    return sqrt(sum);
}

/* One stored gradient: its norm, then entries at k*size/entries. */
static void check_grad(const char *name, const seg_tensor *grad, const seg_tensor *wanted,
                       double scale)
{
    const float *numbers = seg_f32(wanted);
    int64_t entries = wanted->shape.dim[0] - 1, size = seg_shape_count(&grad->shape);
    double unit = fmax((double)numbers[0], 0.01 * scale);
    ck_assert_msg(fabs(norm(grad) - (double)numbers[0]) <= grad_tolerance * unit,
                  "gradient of %s: norm %g, wanted %g", name, norm(grad), (double)numbers[0]);
    for (int64_t k = 0; k < entries; k++) {
        double got = (double)seg_f32(grad)[k * size / entries], want = (double)numbers[k + 1];
        ck_assert_msg(fabs(got - want) <= grad_tolerance * unit,
                      "gradient of %s: entry %lld is %g, wanted %g (norm %g)", name,
                      (long long)(k * size / entries), got, want, (double)numbers[0]);
    }
}

static void check_grads(const golden_case *golden, seg_weights *weights, seg_exec *exec)
{
    double scale = (double)seg_f32(&(seg_tensor){.data = stored(golden, "grad_norm").data})[0];
    double sum = 0;
    int checked = 0;
    for (int i = 0; i < seg_weights_count(weights); i++) {
        const seg_weight *weight = seg_weights_at(weights, i);
        seg_tensor grad = seg_exec_weight_grad(exec, i);
        ck_assert_msg((grad.data != NULL) == seg_weight_role_trains(weight->role),
                      "%s: gradient and role disagree", weight->name);
        if (grad.data == NULL)
            continue;
        sum += pow(norm(&grad), 2);
        char name[128];
        snprintf(name, sizeof name, "grad/%s", weight->name);
        int index = seg_safetensors_find(golden->file, name);
        if (index < 0)
            continue;
        seg_tensor wanted = seg_safetensors_tensor(golden->file, index);
        check_grad(weight->name, &grad, &wanted, scale);
        checked++;
    }
    ck_assert_msg(fabs(sqrt(sum) / scale - 1) <= grad_tolerance, "all gradients: norm %g, not %g",
                  sqrt(sum), scale);
    /* All that is stored was found under its name: 4 other tensors are in the file. */
    ck_assert_int_eq(checked, seg_safetensors_count(golden->file) - 4);
}

static void descend(seg_weights *weights, seg_exec *exec, double rate)
{
    for (int i = 0; i < seg_weights_count(weights); i++) {
        seg_tensor *weight = &seg_weights_at(weights, i)->tensor, grad;
        grad = seg_exec_weight_grad(exec, i);
        for (int64_t k = 0; grad.data != NULL && k < seg_shape_count(&grad.shape); k++)
            seg_f32(weight)[k] -= (float)rate * seg_f32(&grad)[k];
    }
}

static void check_training(const golden_case *golden, seg_weights *weights)
{
    net_run run = net_run_make(weights, &golden->config, golden->n, golden->h, golden->w, true);
    seg_tensor wanted = stored(golden, "losses"), logits = seg_exec_output(run.exec, 0);
    uint8_t *labels = net_labels_new(golden->n, golden->h, golden->w, golden->config.classes);
    const seg_loss *loss = seg_loss_find("cross_entropy");
    seg_loss_opts opts = {.threads = 1};
    void *scratch = malloc(loss->scratch_size(&logits.shape) + 1);
    for (int64_t step = 0; step < wanted.shape.dim[0]; step++) {
        net_image_fill(seg_exec_input(run.exec, 0));
        seg_exec_forward(run.exec, 0, (uint64_t)step);
        logits = seg_exec_output(run.exec, 0);
        seg_tensor grad = seg_exec_output_grad(run.exec, 0);
        double got = loss->compute(&opts, &logits, labels, seg_f32(&grad), scratch);
        double want = (double)seg_f32(&wanted)[step];
        ck_assert_msg(fabs(got / want - 1) <= loss_tolerance, "loss of step %lld is %g, wanted %g",
                      (long long)step, got, want);
        seg_exec_backward(run.exec);
        if (step == 0)
            check_grads(golden, weights, run.exec);
        descend(weights, run.exec, golden->rate);
    }
    free(scratch);
    free(labels);
    net_run_release(&run);
}

static seg_name_list golden_names(void)
{
    seg_name_list list;
    seg_error err;
    ck_ok(seg_folder_list(TESTS_DIR "/nets/golden", &list, &err), err);
    return list;
}

int net_golden_count(void)
{
    seg_name_list list;
    if (seg_folder_list(TESTS_DIR "/nets/golden", &list, NULL) != SEG_OK)
        return 0;
    int count = (int)list.count;
    seg_name_list_release(&list);
    return count;
}

void net_golden_check(int index)
{
    seg_name_list names = golden_names();
    golden_case golden;
    seg_error err;
    char path[512];
    snprintf(path, sizeof path, "%s/nets/golden/%s", TESTS_DIR, names.names[index]);
    printf("golden %s\n", names.names[index]);
    ck_ok(seg_safetensors_read(&golden.file, path, &err), err);
    read_config(&golden);
    seg_weights *weights = net_weights_new();
    net_run run = net_run_make(weights, &golden.config, golden.n, golden.h, golden.w, false);
    net_weights_fill(weights);
    ck_assert_int_eq(net_weights_trained(weights),
                     atoll(seg_safetensors_metadata(golden.file, "weights")));
    check_logits(&golden, &run, "logits", logits_tolerance);
    check_training(&golden, weights);
    check_logits(&golden, &run, "trained", trained_tolerance);
    net_run_release(&run);
    seg_weights_free(weights);
    seg_safetensors_free(golden.file);
    seg_name_list_release(&names);
}
