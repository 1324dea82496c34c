/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* labels.c: logits to labels, against a plain bilinear resize in double and cases by hand. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/rng.h"
#include "model/model.h"
#include "test.h"

static const seg_cells whole; /* half-pixel centres */

static void label_cells(const seg_tensor *logits, const seg_cells *cells, int width, int height,
                        uint8_t *labels, int threads)
{
    seg_error err;
    void *scratch = seg_block_new(seg_labels_scratch_size(&logits->shape, width));
    ck_assert_ptr_nonnull(scratch);
    ck_ok(seg_labels_from_logits(logits, cells, width, height, labels, scratch, threads, &err),
          err);
    seg_block_free(scratch);
}

static void label(const seg_tensor *logits, int width, int height, uint8_t *labels, int threads)
{
    label_cells(logits, &whole, width, height, labels, threads);
}

/* Two cells, two classes that cross in the middle; ties and the border go as documented. */
START_TEST(by_hand)
{
    float data[] = {1, 0, 0, 1};
    seg_tensor logits = {seg_shape_nhwc(1, 1, 2, 2), data};
    uint8_t labels[16];
    label(&logits, 2, 1, labels, 1);
    ck_assert_int_eq(labels[0], 0);
    ck_assert_int_eq(labels[1], 1);
    /* Centres of 5 columns lie at -0.3, 0.1, 0.5, 0.9, 1.3: the middle is a tie, the lowest wins */
    label(&logits, 5, 3, labels, 1);
    for (int y = 0; y < 3; y++) {
        const uint8_t wanted[] = {0, 0, 0, 1, 1};
        ck_assert_mem_eq(labels + (ptrdiff_t)5 * y, wanted, 5);
    }
    /* A third class, best only between the others. */
    float three[] = {4, 0, 3, 0, 4, 3};
    seg_tensor between = {seg_shape_nhwc(1, 1, 2, 3), three};
    label(&between, 4, 1, labels, 1); /* at -1/4, 1/4, 3/4, 5/4: ties of 3 with 3 */
    const uint8_t four[] = {0, 0, 1, 1};
    ck_assert_mem_eq(labels, four, 4);
    label(&between, 6, 1, labels, 1); /* at -1/3, 0, 1/3, 2/3, 1, 4/3: 8/3 against 3 */
    const uint8_t six[] = {0, 0, 2, 2, 1, 1};
    ck_assert_mem_eq(labels, six, 6);
}
END_TEST

static double at(const seg_tensor *t, int64_t y, int64_t x, int64_t c)
{
    const seg_shape *s = &t->shape;
    y = y < 0 ? 0 : y >= s->h ? s->h - 1 : y;
    x = x < 0 ? 0 : x >= s->w ? s->w - 1 : x;
    return (double)seg_f32(t)[(y * s->w + x) * s->c + c];
}

/* How far the class of labels falls short of the best, in double. */
static double shortfall(const seg_tensor *t, int width, int height, int x, int y, int class)
{
    double sy = (y + 0.5) * (double)t->shape.h / height - 0.5, fy = floor(sy);
    double sx = (x + 0.5) * (double)t->shape.w / width - 0.5, fx = floor(sx);
    double best = -INFINITY, found = 0;
    for (int64_t c = 0; c < t->shape.c; c++) {
        int64_t y0 = (int64_t)fy, x0 = (int64_t)fx;
        double top = at(t, y0, x0, c) * (1 - sx + fx) + at(t, y0, x0 + 1, c) * (sx - fx);
        double low = at(t, y0 + 1, x0, c) * (1 - sx + fx) + at(t, y0 + 1, x0 + 1, c) * (sx - fx);
        double value = top * (1 - sy + fy) + low * (sy - fy);
        best = value > best ? value : best;
        found = c == class ? value : found;
    }
    return best - found;
}

static const int sizes[][5] = {/* h w classes, height width */
                               {1, 1, 2, 1, 1},    {1, 1, 5, 7, 9},    {4, 6, 11, 4, 6},
                               {4, 6, 11, 61, 97}, {23, 31, 3, 91, 7}, {9, 5, 255, 33, 64},
                               {16, 16, 7, 5, 3}};

START_TEST(against_double)
{
    const int *s = sizes[_i];
    int height = s[3], width = s[4];
    seg_tensor logits = {seg_shape_nhwc(1, s[0], s[1], s[2]), NULL};
    int64_t count = seg_shape_count(&logits.shape);
    float *data = malloc((size_t)count * sizeof *data);
    uint8_t *labels = malloc((size_t)(width * height) + 1),
            *again = malloc((size_t)(width * height));
    seg_rng rng = seg_rng_make(7, SEG_RNG_METHOD, (uint64_t)_i);
    /* Coarse values, so that neighbours often agree and ties occur. */
    for (int64_t i = 0; i < count; i++)
        data[i] = (float)floor(4 * seg_rng_normal(&rng)) / 2;
    logits.data = data;
    labels[width * height] = 99;
    label(&logits, width, height, labels, 1);
    ck_assert_int_eq(labels[width * height], 99);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            int class = labels[y * width + x];
            ck_assert_int_lt(class, s[2]);
            ck_assert_double_le(shortfall(&logits, width, height, x, y, class), 1e-5);
        }
    }
    label(&logits, width, height, again, 2);
    ck_assert_mem_eq(labels, again, (size_t)(width * height));
    free(data);
    free(labels);
    free(again);
}
END_TEST

/*
 * Cells on every fourth pixel of an input of 9 columns, for an image of 9 and one of 18: two classes
 * that cross in the middle between cells 0 and 1, at input column 2, where the lower id wins the tie.
 */
START_TEST(cells_on_pixels)
{
    float data[] = {1, 0, 0, 1, 0, 1};
    seg_tensor logits = {seg_shape_nhwc(1, 1, 3, 2), data};
    const seg_cells cells = {.step_h = 4, .step_w = 4, .height = 1, .width = 9};
    uint8_t labels[18];
    label_cells(&logits, &cells, 9, 1, labels, 1);
    const uint8_t wanted[9] = {0, 0, 0, 1, 1, 1, 1, 1, 1};
    ck_assert_mem_eq(labels, wanted, 9);
    /* Column x of 18 lies at (x + 1/2) / 2 - 1/2: 5 at 2.25, past the crossing; 4 at 1.75. */
    label_cells(&logits, &cells, 18, 1, labels, 2);
    for (int x = 0; x < 18; x++)
        ck_assert_int_eq(labels[x], x >= 5);
}
END_TEST

START_TEST(not_finite)
{
    static const float wrong[] = {NAN, INFINITY, -INFINITY};
    float data[2 * 3 * 4] = {0};
    uint8_t labels[6] = {9, 9, 9, 9, 9, 9};
    _Alignas(64) uint8_t scratch[1024];
    seg_tensor logits = {seg_shape_nhwc(1, 2, 3, 4), data};
    seg_error err;
    data[(1 * 3 + 2) * 4 + 1] = wrong[_i];
    ck_fails(seg_labels_from_logits(&logits, &whole, 3, 2, labels, scratch, 1, &err), SEG_NONFINITE,
             err, "class 1 at row 1, column 2 of its 2x3");
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(labels[i], 9);
}
END_TEST

START_TEST(input_sizes)
{
    static const int cases[][5] = {/* max_side, width height, input */
                                   {0, 65535, 1, 65535, 1},     {512, 512, 512, 512, 512},
                                   {512, 1024, 768, 512, 384},  {512, 768, 1024, 384, 512},
                                   {512, 65535, 1, 512, 1},     {512, 1, 65535, 1, 512},
                                   {513, 4000, 3000, 513, 385}, {512, 30, 40, 30, 40}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        seg_preprocess preprocess = {.max_side = cases[i][0]};
        int width, height;
        seg_model_input_size(&preprocess, cases[i][1], cases[i][2], &width, &height);
        ck_assert_int_eq(width, cases[i][3]);
        ck_assert_int_eq(height, cases[i][4]);
    }
}
END_TEST

Suite *suite_labels(void)
{
    Suite *suite = suite_create("labels");
    TCase *tests = tcase_create("labels");
    tcase_add_test(tests, by_hand);
    tcase_add_test(tests, cells_on_pixels);
    tcase_add_loop_test(tests, against_double, 0, sizeof sizes / sizeof *sizes);
    tcase_add_loop_test(tests, not_finite, 0, 3);
    tcase_add_test(tests, input_sizes);
    suite_add_tcase(suite, tests);
    return suite;
}
