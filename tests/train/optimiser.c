/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* optimiser.c: optimisers against PyTorch, their common rules, schedules, averages. */
#include "train/optimiser.h"

#include <math.h>
#include <stdio.h>

#include "test.h"
#include "train/schedule.h"

#include "optimiser_golden.h"

static const seg_optimiser_opts defaults = {.momentum = 0.9,
                                            .beta1 = 0.9,
                                            .beta2 = 0.999,
                                            .epsilon = 1e-8,
                                            .weight_decay = 0.01,
                                            .backbone_rate = 1,
                                            .bias_rate = 1,
                                            .threads = 2};

static float *add(seg_weights *weights, const char *name, seg_weight_role role, int64_t count)
{
    seg_error err;
    int index;
    seg_shape shape = seg_shape_vector(count);
    ck_ok(seg_weights_declare(weights, name, role, &shape, &index, &err), err);
    return seg_f32(&seg_weights_at(weights, index)->tensor);
}

START_TEST(golden)
{
    const struct golden_optimiser *g = &golden_optimisers[_i];
    seg_error err;
    seg_weights *weights;
    seg_optimiser *optimiser;
    seg_optimiser_opts opts = defaults;
    opts.nesterov = g->nesterov;
    ck_ok(seg_weights_new(&weights, &err), err);
    float *w = add(weights, "w", SEG_WEIGHT_KERNEL, GOLDEN_COUNT), grad[GOLDEN_COUNT];
    for (int i = 0; i < GOLDEN_COUNT; i++)
        w[i] = (float)cos(i);
    ck_ok(seg_optimiser_new(&optimiser, seg_optimiser_find(g->name), &opts, weights, 1, &err), err);
    for (int k = 0; k < GOLDEN_STEPS; k++) {
        for (int i = 0; i < GOLDEN_COUNT; i++)
            grad[i] = (float)sin(1 + i * (k + 1));
        seg_tensor tensor = {seg_shape_vector(GOLDEN_COUNT), grad};
        seg_optimiser_gather(optimiser, &tensor);
        seg_optimiser_step(optimiser, 0.1, seg_optimiser_norm(optimiser, NULL), k + 1);
    }
    for (int i = 0; i < GOLDEN_COUNT; i++)
        ck_assert_double_eq_tol((double)w[i], (double)g->weights[i], 2e-6);
    seg_optimiser_free(optimiser);
    seg_weights_free(weights);
}
END_TEST

/* One step of plain SGD on weights of all kinds: w = 1, g = 0.5, rate 0.1, decay 0.01. */
START_TEST(roles_and_parts)
{
    seg_error err;
    seg_weights *weights;
    seg_optimiser *optimiser;
    seg_optimiser_opts opts = defaults;
    opts.momentum = 0;
    opts.backbone_rate = 0.1;
    opts.bias_rate = 2;
    const struct {
        const char *name;
        seg_weight_role role;
        double wanted;
    } cases[] = {
        {"head.weight", SEG_WEIGHT_KERNEL, 1 - 0.1 * 0.51},
        {"head.bias", SEG_WEIGHT_BIAS, 1 - 0.2 * 0.5},
        {"head.gamma", SEG_WEIGHT_NORM_SCALE, 1 - 0.1 * 0.5},
        {"head.mean", SEG_WEIGHT_RUNNING_MEAN, 1},
        {"head.up", SEG_WEIGHT_FIXED_BILINEAR, 1},
        {"backbone.weight", SEG_WEIGHT_KERNEL, 1 - 0.01 * 0.51},
        {"backbone.bias", SEG_WEIGHT_BIAS, 1 - 0.02 * 0.5},
        {"backbones", SEG_WEIGHT_BIAS, 1 - 0.2 * 0.5},
    };
    enum { COUNT = sizeof cases / sizeof *cases };
    ck_ok(seg_weights_new(&weights, &err), err);
    for (int i = 0; i < COUNT; i++)
        *add(weights, cases[i].name, cases[i].role, 1) = 1;
    ck_ok(seg_optimiser_new(&optimiser, &seg_optimiser_sgd, &opts, weights, 1, &err), err);
    float half = 0.5F;
    seg_tensor grads[COUNT];
    for (int i = 0; i < COUNT; i++)
        grads[i] = (seg_tensor){seg_shape_vector(1), &half};
    seg_optimiser_gather(optimiser, grads);
    seg_optimiser_step(optimiser, 0.1, seg_optimiser_norm(optimiser, NULL), 1);
    for (int i = 0; i < COUNT; i++)
        ck_assert_double_eq_tol((double)*seg_f32(&seg_weights_at(weights, i)->tensor),
                                cases[i].wanted, 1e-6);
    seg_optimiser_free(optimiser);

    opts.backbone_rate = 0;
    ck_assert(!seg_optimiser_trains(&opts, seg_weights_at(weights, 5)));
    ck_assert(seg_optimiser_trains(&opts, seg_weights_at(weights, 0)));
    seg_weights_free(weights);
}
END_TEST

/* A gradient of length 5, summed over two batches (3,0)+(3,8) -> (3,4), clipped to 1. */
START_TEST(sums_and_clips)
{
    seg_error err;
    seg_weights *weights;
    seg_optimiser *optimiser;
    seg_optimiser_opts opts = defaults;
    opts.momentum = opts.weight_decay = 0;
    opts.clip_norm = 1;
    ck_ok(seg_weights_new(&weights, &err), err);
    float *w = add(weights, "w", SEG_WEIGHT_KERNEL, 2), a[] = {3, 0}, b[] = {3, 8};
    w[0] = w[1] = 0;
    ck_ok(seg_optimiser_new(&optimiser, &seg_optimiser_sgd, &opts, weights, 2, &err), err);
    for (int round = 1; round <= 2; round++) {
        seg_tensor first = {seg_shape_vector(2), a}, second = {seg_shape_vector(2), b};
        seg_optimiser_gather(optimiser, &first);
        seg_optimiser_gather(optimiser, &second);
        ck_assert_double_eq_tol(seg_optimiser_norm(optimiser, NULL), 5, 1e-6);
        seg_optimiser_step(optimiser, 1, 5, round);
        ck_assert_double_eq_tol((double)w[0], -0.6 * round, 1e-6);
        ck_assert_double_eq_tol((double)w[1], -0.8 * round, 1e-6);
    }
    seg_optimiser_free(optimiser);
    seg_weights_free(weights);
}
END_TEST

START_TEST(nonfinite_gradient_is_named)
{
    seg_error err;
    seg_weights *weights;
    seg_optimiser *optimiser;
    int culprit;
    ck_ok(seg_weights_new(&weights, &err), err);
    add(weights, "a", SEG_WEIGHT_KERNEL, 3);
    add(weights, "b", SEG_WEIGHT_KERNEL, 3);
    ck_ok(seg_optimiser_new(&optimiser, &seg_optimiser_sgd, &defaults, weights, 1, &err), err);
    float good[] = {1, 2, 2}, bad[] = {0, NAN, 0};
    seg_tensor grads[] = {{seg_shape_vector(3), good}, {seg_shape_vector(3), bad}};
    seg_optimiser_gather(optimiser, grads);
    ck_assert(isnan(seg_optimiser_norm(optimiser, &culprit)));
    ck_assert_int_eq(culprit, 1);
    bad[1] = 0;
    ck_assert_double_eq_tol(seg_optimiser_norm(optimiser, &culprit), 3, 1e-6);
    ck_assert_int_eq(culprit, -1);
    seg_optimiser_free(optimiser);
    seg_weights_free(weights);
}
END_TEST

/* More elements than a run, any number of threads: the same bytes. */
START_TEST(threads_do_not_matter)
{
    enum { COUNT = 100001 };
    seg_error err;
    static float first[COUNT], grad[COUNT];
    for (int threads = 1; threads <= 3; threads++) {
        seg_weights *weights;
        seg_optimiser *optimiser;
        seg_optimiser_opts opts = defaults;
        opts.threads = threads;
        opts.clip_norm = 1;
        ck_ok(seg_weights_new(&weights, &err), err);
        float *w = add(weights, "w", SEG_WEIGHT_KERNEL, COUNT);
        for (int i = 0; i < COUNT; i++) {
            w[i] = (float)sin(i);
            grad[i] = (float)cos(3.0 * i);
        }
        ck_ok(seg_optimiser_new(&optimiser, seg_optimiser_at(_i), &opts, weights, 1, &err), err);
        for (int k = 1; k <= 2; k++) {
            seg_tensor tensor = {seg_shape_vector(COUNT), grad};
            seg_optimiser_gather(optimiser, &tensor);
            seg_optimiser_step(optimiser, 0.1, seg_optimiser_norm(optimiser, NULL), k);
        }
        if (threads == 1)
            memcpy(first, w, sizeof first);
        ck_assert(memcmp(first, w, sizeof first) == 0);
        seg_optimiser_free(optimiser);
        seg_weights_free(weights);
    }
}
END_TEST

START_TEST(schedules)
{
    const seg_schedule_opts opts = {
        .base = 2, .steps = 100, .warmup = 10, .power = 0.9, .every = 0.25, .factor = 0.1};
    const struct {
        const char *name;
        int64_t step;
        double rate;
    } cases[] = {
        {"constant", 0, 0.2},
        {"constant", 4, 1},
        {"constant", 9, 2},
        {"constant", 99, 2},
        {"cosine", 50, 1},
        {"cosine", 75, 1 - 0.70710678118},
        {"poly", 10, 2 * 0.909532576},      /* 0.9^0.9 */
        {"poly", 99, 2 * 0.0158489319},     /* 0.01^0.9 */
        {"poly", 1, 2 * 0.2 * 0.990995468}, /* 0.99^0.9, while it warms up */
        {"step", 24, 2},
        {"step", 25, 0.2},
        {"step", 75, 0.002},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const seg_schedule *schedule = seg_schedule_find(cases[i].name);
        ck_assert_ptr_nonnull(schedule);
        double rate = seg_schedule_rate(schedule, &opts, cases[i].step);
        ck_assert_msg(fabs(rate - cases[i].rate) < 1e-7, "%s at %d: %g, wanted %g", cases[i].name,
                      (int)cases[i].step, rate, cases[i].rate);
    }
    ck_assert_ptr_null(seg_schedule_find("linear"));
}
END_TEST

START_TEST(average_follows)
{
    seg_error err;
    seg_weights *weights, *average;
    ck_ok(seg_weights_new(&weights, &err), err);
    float *w = add(weights, "w", SEG_WEIGHT_RUNNING_MEAN, 1);
    *w = 1;
    ck_ok(seg_weights_copy(&average, weights, &err), err);
    *w = 3;
    /* The first steps forget quickly: d = 2/11. Later ones use the given decay. */
    seg_weights_average(average, weights, 0.99, 1);
    float *a = seg_f32(&seg_weights_at(average, 0)->tensor);
    ck_assert_double_eq_tol((double)*a, 3 - 2 * 2.0 / 11, 1e-6);
    *a = 1;
    seg_weights_average(average, weights, 0.99, 100000);
    ck_assert_double_eq_tol((double)*a, 1.02, 1e-6);
    ck_assert_str_eq(seg_weights_at(average, 0)->name, "w");
    seg_weights_free(average);
    seg_weights_free(weights);
}
END_TEST

Suite *suite_optimiser(void)
{
    Suite *suite = suite_create("optimiser");
    TCase *tests = tcase_create("optimiser");
    int count = 0;
    while (seg_optimiser_at(count) != NULL)
        count++;
    tcase_add_loop_test(tests, golden, 0,
                        (int)(sizeof golden_optimisers / sizeof *golden_optimisers));
    tcase_add_test(tests, roles_and_parts);
    tcase_add_test(tests, sums_and_clips);
    tcase_add_test(tests, nonfinite_gradient_is_named);
    tcase_add_loop_test(tests, threads_do_not_matter, 0, count);
    tcase_add_test(tests, schedules);
    tcase_add_test(tests, average_follows);
    suite_add_tcase(suite, tests);
    return suite;
}
