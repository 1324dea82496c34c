/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* loss_sum.c: how sums of losses are written, and that they are the sums of their terms. */
#include "train/loss_sum.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "test.h"

/* ---- how they are written ---- */

static seg_loss_sum parse(const char *text)
{
    seg_loss_sum sum;
    seg_error err;
    ck_ok(seg_loss_sum_parse(&sum, text, &err), err);
    return sum;
}

START_TEST(parses)
{
    seg_loss_sum one = parse("ohem"), two = parse("lovasz+cross_entropy");
    ck_assert_int_eq(one.count, 1);
    ck_assert_ptr_eq(one.terms[0], &seg_loss_ohem);
    ck_assert_int_eq(two.count, 2);
    ck_assert_ptr_eq(two.terms[0], &seg_loss_lovasz);
    ck_assert_ptr_eq(two.terms[1], &seg_loss_cross_entropy);
    ck_assert_int_eq(parse("cross_entropy+dice+focal+ohem").count, SEG_LOSS_TERMS);
    for (int i = 0; seg_loss_at(i) != NULL; i++)
        ck_assert_ptr_eq(parse(seg_loss_at(i)->name).terms[0], seg_loss_at(i));
}
END_TEST

static const struct {
    const char *text, *says;
} refusals[] = {
    {"hinge", "loss: no 'hinge', there are cross_entropy, dice, focal, lovasz, ohem"},
    {"cross_entropy+hinge", "no 'hinge'"},
    {"dice ", "no 'dice '"},
    {"Dice", "no 'Dice'"},
    {"dic", "no 'dic'"},
    {"dice+lovasz+dice", "loss: dice+lovasz+dice names dice twice"},
    {"", "no ''"},
    {NULL, "no ''"},
    {"+", "no ''"},
    {"dice+", "no ''"},
    {"+dice", "no ''"},
    {"dice++ohem", "no ''"},
    {"cross_entropy+dice+focal+lovasz+ohem", "has more than 4 terms"},
};

START_TEST(refuses)
{
    seg_loss_sum sum;
    seg_error err;
    ck_fails(seg_loss_sum_parse(&sum, refusals[_i].text, &err), SEG_INVALID, err,
             refusals[_i].says);
}
END_TEST

/* ---- what they are ---- */

/* Odd on purpose: more floats than a block of the addition, and no multiple of it. */
enum { N = 2, H = 61, W = 83, C = 11, PIXELS = N * H * W, SIZE = PIXELS * C };

typedef struct batch {
    seg_tensor logits;
    uint8_t *labels;
} batch;

static batch batch_new(void)
{
    batch b = {.logits.shape = seg_shape_nhwc(N, H, W, C)};
    seg_rng rng = seg_rng_make(11, SEG_RNG_METHOD, 0);
    b.logits.data = seg_block_new(SIZE * sizeof(float));
    b.labels = seg_block_new(PIXELS);
    for (int i = 0; i < SIZE; i++)
        seg_f32(&b.logits)[i] = (float)(2.0 * seg_rng_normal(&rng));
    for (int i = 0; i < PIXELS; i++)
        b.labels[i] = i % 7 == 3 ? SEG_IGNORE : (uint8_t)seg_rng_below(&rng, C);
    return b;
}

static void batch_free(batch *b)
{
    seg_block_free(b->logits.data);
    seg_block_free(b->labels);
}

static const float class_weights[C] = {1, 0.5F, 2, 1, 3, 1, 0.25F, 1, 1, 4, 1};

static double run_sum(const char *text, int threads, const batch *b, float *diff)
{
    const seg_loss_sum sum = parse(text);
    const seg_loss_opts opts = {class_weights, 2, 0.7, 0.25, threads};
    size_t size = seg_loss_sum_scratch_size(&sum, &b->logits.shape);
    void *scratch = seg_block_new(size);
    memset(diff, 0x77, SIZE * sizeof *diff);
    memset(scratch, 0x77, size);
    double loss = seg_loss_sum_compute(&sum, &opts, &b->logits, b->labels, diff, scratch);
    seg_block_free(scratch);
    return loss;
}

static const char *const sums[][SEG_LOSS_TERMS] = {
    {"lovasz"},
    {"cross_entropy", "lovasz"},
    {"lovasz", "cross_entropy"},
    {"ohem", "dice", "focal"},
    {"cross_entropy", "dice", "lovasz", "ohem"},
};

/* To the bit: terms are added in the order in which they are written. */
START_TEST(value_and_gradient_are_sums)
{
    batch b = batch_new();
    char text[100] = "";
    double loss = 0;
    float *wanted = calloc(SIZE, sizeof *wanted), *diff = malloc(SIZE * sizeof *diff);
    for (int t = 0; t < SEG_LOSS_TERMS && sums[_i][t] != NULL; t++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", t > 0 ? "+" : "",
                 sums[_i][t]);
        loss += run_sum(sums[_i][t], 1, &b, diff);
        for (int i = 0; i < SIZE; i++)
            wanted[i] += diff[i];
    }
    for (int threads = 1; threads <= 3; threads++) {
        ck_assert_msg(run_sum(text, threads, &b, diff) == loss, "%s is not %.17g", text, loss);
        for (int i = 0; i < SIZE; i++)
            ck_assert_msg(diff[i] == wanted[i], "%s: gradient %d is %g, not %g", text, i,
                          (double)diff[i], (double)wanted[i]);
    }
    free(wanted);
    free(diff);
    batch_free(&b);
}
END_TEST

START_TEST(all_ignored_gives_zero)
{
    batch b = batch_new();
    float *diff = malloc(SIZE * sizeof *diff);
    memset(b.labels, SEG_IGNORE, PIXELS);
    ck_assert_double_eq(run_sum("cross_entropy+lovasz", 2, &b, diff), 0.0);
    for (int i = 0; i < SIZE; i++)
        ck_assert_float_eq(diff[i], 0.0F);
    free(diff);
    batch_free(&b);
}
END_TEST

Suite *suite_loss_sum(void)
{
    Suite *suite = suite_create("loss_sum");
    TCase *tests = tcase_create("loss_sum");
    tcase_add_test(tests, parses);
    tcase_add_loop_test(tests, refuses, 0, sizeof refusals / sizeof *refusals);
    tcase_add_loop_test(tests, value_and_gradient_are_sums, 0, sizeof sums / sizeof *sums);
    tcase_add_test(tests, all_ignored_gives_zero);
    suite_add_tcase(suite, tests);
    return suite;
}
