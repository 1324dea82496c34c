/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* losses.c: every loss against PyTorch and finite differences, and its edges. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "test.h"
#include "train/loss.h"

#include "loss_golden.h"

typedef struct batch {
    seg_tensor logits;
    uint8_t *labels;
    float *diff;
    void *scratch;
} batch;

/* Logits from a normal distribution; every 7th label is SEG_IGNORE. */
static batch batch_new(int64_t n, int64_t h, int64_t w, int64_t c, uint64_t seed)
{
    batch b = {.logits.shape = seg_shape_nhwc(n, h, w, c)};
    int64_t pixels = n * h * w;
    size_t size = 0;
    for (int i = 0; seg_loss_at(i) != NULL; i++) {
        size_t wanted = seg_loss_at(i)->scratch_size(&b.logits.shape);
        size = wanted > size ? wanted : size;
    }
    b.logits.data = seg_block_new((size_t)(pixels * c) * sizeof(float));
    b.diff = seg_block_new((size_t)(pixels * c) * sizeof(float));
    b.labels = seg_block_new((size_t)pixels);
    b.scratch = seg_block_new(size);
    seg_rng rng = seg_rng_make(seed, SEG_RNG_METHOD, 0);
    for (int64_t i = 0; i < pixels * c; i++)
        seg_f32(&b.logits)[i] = (float)(2.0 * seg_rng_normal(&rng));
    for (int64_t i = 0; i < pixels; i++)
        b.labels[i] = i % 7 == 3 ? SEG_IGNORE : (uint8_t)seg_rng_below(&rng, (uint64_t)c);
    return b;
}

static void batch_free(batch *b)
{
    seg_block_free(b->logits.data);
    seg_block_free(b->diff);
    seg_block_free(b->labels);
    seg_block_free(b->scratch);
}

static const seg_loss_opts defaults = {
    .focal_gamma = 2, .ohem_threshold = 0.7, .ohem_keep = 0.25, .threads = 2};

static double run(const seg_loss *loss, const seg_loss_opts *opts, batch *b)
{
    return loss->compute(opts, &b->logits, b->labels, b->diff, b->scratch);
}

START_TEST(golden)
{
    const struct golden_loss *g = &golden_losses[_i];
    const seg_loss *loss = seg_loss_find(g->name);
    ck_assert_ptr_nonnull(loss);
    batch b = batch_new(GOLDEN_N, GOLDEN_H, GOLDEN_W, GOLDEN_C, 1);
    memcpy(b.logits.data, golden_logits, sizeof golden_logits);
    memcpy(b.labels, golden_labels, sizeof golden_labels);
    seg_loss_opts opts = {.class_weights = g->weighted ? golden_weights : NULL,
                          .focal_gamma = g->focal_gamma,
                          .ohem_threshold = g->ohem_threshold,
                          .ohem_keep = g->ohem_keep,
                          .threads = 1};
    ck_assert_double_eq_tol(run(loss, &opts, &b), g->loss, 1e-6);
    for (int i = 0; i < GOLDEN_SIZE; i++)
        ck_assert_msg(fabsf(b.diff[i] - g->grad[i]) < 1e-6F, "%s %d: %g, PyTorch %g", g->name, i,
                      b.diff[i], g->grad[i]);
    batch_free(&b);
}
END_TEST

/* Along a random direction; OHEM keeps all here, since its choice jumps. */
START_TEST(finite_differences)
{
    const seg_loss *loss = seg_loss_at(_i);
    batch b = batch_new(1, 9, 11, 5, 2);
    seg_loss_opts opts = defaults;
    float weights[] = {1, 0.5F, 2, 1.5F, 0.25F};
    opts.class_weights = weights;
    opts.ohem_keep = 1;
    for (int trial = 0; trial < 4; trial++) {
        float direction[9 * 11 * 5], *z = b.logits.data;
        double slope = 0, step = 2e-3;
        seg_rng rng = seg_rng_make(3, SEG_RNG_METHOD, (uint64_t)trial);
        run(loss, &opts, &b);
        for (int i = 0; i < 9 * 11 * 5; i++) {
            direction[i] = (float)seg_rng_normal(&rng);
            slope += (double)b.diff[i] * direction[i];
        }
        for (int i = 0; i < 9 * 11 * 5; i++)
            z[i] += (float)step * direction[i];
        double above = run(loss, &opts, &b);
        for (int i = 0; i < 9 * 11 * 5; i++)
            z[i] -= 2 * (float)step * direction[i];
        double below = run(loss, &opts, &b);
        for (int i = 0; i < 9 * 11 * 5; i++)
            z[i] += (float)step * direction[i];
        ck_assert_double_eq_tol((above - below) / (2 * step), slope, 2e-3 * (0.05 + fabs(slope)));
    }
    batch_free(&b);
}
END_TEST

START_TEST(all_ignored_gives_zero)
{
    batch b = batch_new(1, 6, 6, 3, 4);
    memset(b.labels, SEG_IGNORE, 36);
    memset(b.diff, 0x77, 36 * 3 * sizeof(float));
    ck_assert_double_eq(run(seg_loss_at(_i), &defaults, &b), 0.0);
    for (int i = 0; i < 36 * 3; i++)
        ck_assert_float_eq(b.diff[i], 0.0F);
    batch_free(&b);
}
END_TEST

START_TEST(ignored_pixels_have_no_gradient)
{
    batch b = batch_new(2, 8, 9, 17, 5);
    ck_assert(run(seg_loss_at(_i), &defaults, &b) > 0.0);
    double sum = 0;
    for (int i = 0; i < 2 * 8 * 9; i++) {
        for (int c = 0; c < 17; c++) {
            float d = b.diff[i * 17 + c];
            ck_assert(b.labels[i] != SEG_IGNORE || d == 0.0F);
            sum += fabs((double)d);
        }
    }
    ck_assert(sum > 0.0);
    batch_free(&b);
}
END_TEST

/* More pixels than a block: 1, 2 and 3 threads give the same bytes. */
START_TEST(threads_do_not_matter)
{
    batch b = batch_new(2, 61, 53, 11, 6);
    size_t size = sizeof(float) * 2 * 61 * 53 * 11;
    float *first = malloc(size);
    seg_loss_opts opts = defaults;
    opts.threads = 1;
    double loss = run(seg_loss_at(_i), &opts, &b);
    memcpy(first, b.diff, size);
    for (opts.threads = 2; opts.threads <= 3; opts.threads++) {
        memset(b.diff, 0, size);
        ck_assert(run(seg_loss_at(_i), &opts, &b) == loss);
        ck_assert(memcmp(first, b.diff, size) == 0);
    }
    free(first);
    batch_free(&b);
}
END_TEST

START_TEST(nan_shows)
{
    batch b = batch_new(1, 8, 8, 6, 7);
    b.labels[20] = 2;
    seg_f32(&b.logits)[20 * 6 + 4] = NAN;
    ck_assert(!isfinite(run(seg_loss_at(_i), &defaults, &b)));
    seg_f32(&b.logits)[20 * 6 + 4] = INFINITY;
    ck_assert(!isfinite(run(seg_loss_at(_i), &defaults, &b)));
    batch_free(&b);
}
END_TEST

/* Huge logits must not overflow. */
START_TEST(large_logits_stay_finite)
{
    batch b = batch_new(1, 8, 8, 6, 8);
    for (int i = 0; i < 8 * 8 * 6; i++)
        seg_f32(&b.logits)[i] *= 1e4F;
    ck_assert(isfinite(run(seg_loss_at(_i), &defaults, &b)));
    for (int i = 0; i < 8 * 8 * 6; i++)
        ck_assert(isfinite(b.diff[i]));
    batch_free(&b);
}
END_TEST

/* Hand-worked: two classes, q = 0.9, 0.8, 0.4, 0.3; threshold 0.35 keeps one, keep 0.5 keeps two.
 */
START_TEST(ohem_keeps_the_hard_half)
{
    const double q[] = {0.9, 0.8, 0.4, 0.3};
    batch b = batch_new(1, 2, 2, 2, 9);
    for (int i = 0; i < 4; i++) {
        b.labels[i] = 1;
        seg_f32(&b.logits)[2 * i] = 0.0F;
        seg_f32(&b.logits)[2 * i + 1] = (float)log(q[i] / (1 - q[i]));
    }
    seg_loss_opts opts = defaults;
    opts.ohem_threshold = 0.35;
    opts.ohem_keep = 0.5;
    ck_assert_double_eq_tol(run(&seg_loss_ohem, &opts, &b), -(log(0.4) + log(0.3)) / 2, 1e-6);
    ck_assert_float_eq(b.diff[0], 0.0F);
    ck_assert_float_eq_tol(b.diff[2 * 2], 0.6F / 2, 1e-6F);
    opts.ohem_keep = 0;
    ck_assert_double_eq_tol(run(&seg_loss_ohem, &opts, &b), -log(0.3), 1e-6);
    batch_free(&b);
}
END_TEST

START_TEST(registry_is_sorted_and_complete)
{
    int count = 0;
    for (; seg_loss_at(count) != NULL; count++) {
        ck_assert_ptr_eq(seg_loss_find(seg_loss_at(count)->name), seg_loss_at(count));
        ck_assert(count == 0 || strcmp(seg_loss_at(count - 1)->name, seg_loss_at(count)->name) < 0);
        int golden_found = 0;
        for (size_t g = 0; g < sizeof golden_losses / sizeof *golden_losses; g++)
            golden_found += strcmp(golden_losses[g].name, seg_loss_at(count)->name) == 0;
        ck_assert_int_gt(golden_found, 0);
    }
    ck_assert_int_gt(count, 0);
    ck_assert_ptr_null(seg_loss_find("hinge"));
}
END_TEST

Suite *suite_losses(void)
{
    Suite *suite = suite_create("losses");
    TCase *tests = tcase_create("losses");
    int count = 0;
    while (seg_loss_at(count) != NULL)
        count++;
    tcase_add_loop_test(tests, golden, 0, (int)(sizeof golden_losses / sizeof *golden_losses));
    tcase_add_loop_test(tests, finite_differences, 0, count);
    tcase_add_loop_test(tests, all_ignored_gives_zero, 0, count);
    tcase_add_loop_test(tests, ignored_pixels_have_no_gradient, 0, count);
    tcase_add_loop_test(tests, threads_do_not_matter, 0, count);
    tcase_add_loop_test(tests, nan_shows, 0, count);
    tcase_add_loop_test(tests, large_logits_stay_finite, 0, count);
    tcase_add_test(tests, ohem_keeps_the_hard_half);
    tcase_add_test(tests, registry_is_sorted_and_complete);
    suite_add_tcase(suite, tests);
    return suite;
}
