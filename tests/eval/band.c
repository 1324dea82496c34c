/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* band.c: distances worked by hand, and the definition taken literally on random maps. */
#include "eval/band.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/rng.h"
#include "seg/image.h"
#include "seg/metrics.h"
#include "test.h"

static int32_t *distances(const uint8_t *labels, int width, int height, int most_px)
{
    int32_t *squared = malloc((size_t)(width * height) * sizeof *squared);
    void *scratch = malloc(seg_band_scratch_size(height));
    seg_band_distances(labels, width, height, most_px, squared, scratch);
    free(scratch);
    return squared;
}

static void expect(const uint8_t *labels, int width, int height, const int32_t *wanted)
{
    int32_t *squared = distances(labels, width, height, 100);
    for (int i = 0; i < width * height; i++)
        ck_assert_msg(squared[i] == wanted[i], "x %d, y %d: %d, not %d", i % width, i / width,
                      squared[i], wanted[i]);
    free(squared);
}

/* One pixel of class 1: the others' distance is that to it. */
START_TEST(one_pixel)
{
    const uint8_t labels[] = {
        0, 0, 0, 0, 0, //
        0, 1, 0, 0, 0, //
        0, 0, 0, 0, 0, //
    };
    expect(labels, 5, 3, (const int32_t[]){2, 1, 2, 5, 10, 1, 1, 1, 4, 9, 2, 1, 2, 5, 10});
}
END_TEST

START_TEST(a_straight_edge)
{
    expect((const uint8_t[]){4, 4, 4, 7, 7}, 5, 1, (const int32_t[]){9, 4, 1, 1, 4});
    expect((const uint8_t[]){4, 4, 4, 7, 7}, 1, 5, (const int32_t[]){9, 4, 1, 1, 4});
}
END_TEST

/*
 * A region to ignore between two classes is another label for both, and they for it; it does not
 * hide the edge where the classes touch (bottom row).
 */
START_TEST(ignored_pixels_have_edges)
{
    const uint8_t labels[] = {
        0, 0, 0, 255, 255, 255, 1, //
        0, 0, 0, 255, 255, 255, 1, //
        0, 0, 0, 0,   1,   1,   1, //
    };
    const int32_t wanted[] = {
        9,  4, 1, 1, 4, 1, 1, //
        9,  4, 1, 1, 1, 1, 1, //
        10, 5, 2, 1, 1, 1, 2, //
    };
    uint8_t kept[21];
    expect(labels, 7, 3, wanted);
    seg_band_keep(labels, wanted, 21, 1, kept);
    for (int i = 0; i < 21; i++)
        ck_assert_int_eq(kept[i], wanted[i] == 1 ? labels[i] : SEG_IGNORE);
    seg_band_keep(labels, wanted, 21, 2, kept);
    for (int i = 0; i < 21; i++)
        ck_assert_int_eq(kept[i], wanted[i] <= 4 ? labels[i] : SEG_IGNORE);
}
END_TEST

/* Nowhere another label: no band of any width. */
START_TEST(no_edge)
{
    uint8_t labels[12] = {0}, kept[12];
    int32_t *squared = distances(labels, 4, 3, SEG_BAND_MAX_PX);
    for (int i = 0; i < 12; i++)
        ck_assert_int_gt(squared[i], SEG_BAND_MAX_PX * SEG_BAND_MAX_PX);
    seg_band_keep(labels, squared, 12, SEG_BAND_MAX_PX, kept);
    for (int i = 0; i < 12; i++)
        ck_assert_int_eq(kept[i], SEG_IGNORE);
    free(squared);
}
END_TEST

static int32_t literal(const uint8_t *labels, int width, int height, int at)
{
    int32_t least = INT32_MAX;
    for (int i = 0; i < width * height; i++) {
        int dx = i % width - at % width, dy = i / width - at / width;
        if (labels[i] != labels[at] && dx * dx + dy * dy < least)
            least = dx * dx + dy * dy;
    }
    return least;
}

/* share: one pixel in so many differs from the one before it. */
static const struct {
    int width, height, classes, share, most_px;
} cases[] = {
    {1, 1, 2, 1, 5},    {1, 40, 3, 4, 60},   {40, 1, 3, 4, 60},    {23, 17, 2, 1, 9},
    {31, 29, 3, 60, 8}, {31, 29, 2, 300, 3}, {37, 41, 5, 500, 99}, {64, 33, 2, 900, 1},
};

/* Blobs: runs along the rows, which the rows below mostly continue. */
static uint8_t *random_map(int index, uint64_t trial)
{
    const int width = cases[index].width, count = width * cases[index].height;
    uint8_t *labels = malloc((size_t)count);
    seg_rng rng = seg_rng_make(5, SEG_RNG_METHOD, (uint64_t)index * 100 + trial);
    for (int i = 0; i < count; i++) {
        uint8_t id = (uint8_t)seg_rng_below(&rng, (uint64_t)cases[index].classes);
        bool new = i == 0 || seg_rng_below(&rng, (uint64_t)cases[index].share) == 0;
        int from = i >= width && seg_rng_below(&rng, 2) == 0 ? i - width : i - 1;
        labels[i] = new ? id == 0 ? SEG_IGNORE : id : labels[from];
    }
    return labels;
}

START_TEST(as_defined)
{
    const int width = cases[_i].width, height = cases[_i].height, most = cases[_i].most_px;
    for (uint64_t trial = 0; trial < 10; trial++) {
        uint8_t *labels = random_map(_i, trial);
        int32_t *squared = distances(labels, width, height, most);
        for (int i = 0; i < width * height; i++) {
            int32_t wanted = literal(labels, width, height, i);
            ck_assert_msg(wanted > most * most ? squared[i] > most * most : squared[i] == wanted,
                          "trial %d: x %d, y %d: %d, not %d", (int)trial, i % width, i / width,
                          squared[i], wanted);
        }
        free(labels);
        free(squared);
    }
}
END_TEST

Suite *suite_band(void)
{
    Suite *suite = suite_create("band");
    TCase *tests = tcase_create("band");
    tcase_add_test(tests, one_pixel);
    tcase_add_test(tests, a_straight_edge);
    tcase_add_test(tests, ignored_pixels_have_edges);
    tcase_add_test(tests, no_edge);
    tcase_add_loop_test(tests, as_defined, 0, sizeof cases / sizeof *cases);
    suite_add_tcase(suite, tests);
    return suite;
}
