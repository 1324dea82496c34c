/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* stats.c: a data set of two images counted by hand, and CamVid counted by numpy. */
#include "data/stats.h"

#include <string.h>

#include "data/make_data.h"
#include "test.h"

static seg_dataset open(const char *dir, const char *split)
{
    seg_dataset dataset;
    seg_error err;
    ck_ok(seg_dataset_open(&dataset, NULL, dir, split, &err), err);
    return dataset;
}

/*
 * Image a, 4x2, all (10, 10, 10): 5 pixels of class 0, 1 of class 1, 2 ignored.
 * Image b, 3x2, all (40, 40, 40): 5 pixels of class 1, 1 of class 2. Class 3 never occurs.
 */
static const char *make_two(void)
{
    static const uint8_t a[8] = {0, 0, 0, 0, 0, 1, 255, 255}, b[6] = {1, 1, 1, 1, 1, 2};
    const char *folder = test_folder();
    put_text(folder, "classes.txt", "zero\none\ntwo\nthree\n");
    put_image(folder, "all/images/a.png", 4, 2, 10);
    put_image(folder, "all/images/b.png", 3, 2, 40);
    put_pixels(folder, "all/labels/a.png", a, 4, 2, 1);
    put_pixels(folder, "all/labels/b.png", b, 3, 2, 1);
    return folder;
}

START_TEST(two_images_by_hand)
{
    static const int64_t pixels[] = {5, 6, 1, 0}, within[] = {8, 14, 6, 0}, images[] = {1, 2, 1, 0};
    seg_dataset dataset = open(make_two(), "all");
    seg_data_stats stats;
    seg_error err;
    float weights[4];
    ck_ok(seg_data_stats_compute(&stats, &dataset, 1, &err), err);
    ck_assert_int_eq(stats.images, 2);
    ck_assert_int_eq(stats.labelled, 12);
    ck_assert_int_eq(stats.ignored, 2);
    ck_assert(stats.least[0] == 3 && stats.most[0] == 4);
    ck_assert(stats.least[1] == 2 && stats.most[1] == 2);
    for (int id = 0; id < 4; id++) {
        ck_assert_int_eq(stats.pixels[id], pixels[id]);
        ck_assert_int_eq(stats.image_pixels[id], within[id]);
        ck_assert_int_eq(stats.image_count[id], images[id]);
    }
    /* 8 pixels of 10 and 6 of 40: the mean is 320/14, the mean square 10400/14. */
    const double mean = 320.0 / 14, deviation = 14.846149779161806;
    for (int c = 0; c < 3; c++) {
        ck_assert_double_eq_tol(stats.mean[c], mean / 255, 1e-12);
        ck_assert_double_eq_tol(stats.std[c], deviation / 255, 1e-12);
    }
    /* Frequencies 5/8, 6/14, 1/6: the median is 3/7. */
    seg_data_stats_weights(&stats, weights);
    ck_assert_float_eq_tol(weights[0], 24.0f / 35, 1e-6f);
    ck_assert_float_eq_tol(weights[1], 1.0f, 1e-6f);
    ck_assert_float_eq_tol(weights[2], 18.0f / 7, 1e-6f);
    ck_assert_float_eq(weights[3], 1.0f);
    seg_dataset_release(&dataset);
}
END_TEST

START_TEST(median_of_an_even_number)
{
    seg_data_stats stats = {
        .classes = 4, .pixels = {10, 20, 40, 80}, .image_pixels = {100, 100, 100, 100}};
    float weights[4];
    seg_data_stats_weights(&stats, weights);
    ck_assert_float_eq_tol(weights[0], 3.0f, 1e-6f); /* the median is 0.3 */
    ck_assert_float_eq_tol(weights[3], 0.375f, 1e-6f);
    stats = (seg_data_stats){.classes = 2};
    seg_data_stats_weights(&stats, weights);
    ck_assert_float_eq(weights[0], 1.0f);
}
END_TEST

START_TEST(threads_make_no_difference)
{
    const char *folder = make_two();
    put_image(folder, "all/images/c.png", 2, 2, 77);
    put_labels(folder, "all/labels/c.png", 2, 2, 3);
    seg_dataset dataset = open(folder, "all");
    seg_data_stats one, three;
    seg_error err;
    ck_ok(seg_data_stats_compute(&one, &dataset, 1, &err), err);
    ck_ok(seg_data_stats_compute(&three, &dataset, 3, &err), err);
    ck_assert_mem_eq(one.pixels, three.pixels, sizeof one.pixels);
    ck_assert_mem_eq(one.image_pixels, three.image_pixels, sizeof one.image_pixels);
    ck_assert_mem_eq(one.mean, three.mean, sizeof one.mean);
    ck_assert_mem_eq(one.std, three.std, sizeof one.std);
    ck_assert_int_eq(three.labelled, 16);
    seg_dataset_release(&dataset);
}
END_TEST

START_TEST(the_first_bad_item_is_named)
{
    const char *folder = make_two();
    put_labels(folder, "all/labels/a.png", 4, 2, 4);
    put_labels(folder, "all/labels/b.png", 3, 2, 9);
    seg_dataset dataset = open(folder, "all");
    seg_data_stats stats;
    seg_error err;
    for (int threads = 1; threads <= 2; threads++)
        ck_fails(seg_data_stats_compute(&stats, &dataset, threads, &err), SEG_FORMAT, err,
                 "labels/a.png");
    seg_dataset_release(&dataset);
}
END_TEST

/* Numbers of numpy over the same files as Pillow decodes them. */
START_TEST(camvid_like_numpy)
{
    static const int64_t pixels[] = {10682767, 14750079, 623349,  20076880, 2845085, 6166762,
                                     743859,   714595,   3719877, 405385,   184967};
    static const int64_t images[] = {366, 365, 366, 367, 349, 319, 351, 173, 360, 317, 201};
    static const double mean[] = {0.411623613300149, 0.4249323790735893, 0.4322214302109985};
    static const double std[] = {0.3067503274839956, 0.31135496870354956, 0.3068670752656673};
    static const double wanted[] = {0.27929756422584745,
                                    0.20172900065654373,
                                    4.786517347893818,
                                    0.14901831899724735,
                                    1.0,
                                    0.42169972174769205,
                                    3.846682250311395,
                                    1.973585514835973,
                                    0.7889395714398921,
                                    6.3747242928323855,
                                    8.85873323055241};
    if (!test_shared("the statistics of CamVid"))
        return;
    seg_dataset dataset = open(SHARED_DIR "/data/camvid", "train");
    seg_data_stats stats;
    seg_error err;
    float weights[11];
    ck_ok(seg_data_stats_compute(&stats, &dataset, 2, &err), err);
    seg_data_stats_weights(&stats, weights);
    ck_assert_int_eq(stats.images, 367);
    ck_assert_int_eq(stats.ignored, 2503995);
    for (int id = 0; id < 11; id++) {
        ck_assert_int_eq(stats.pixels[id], pixels[id]);
        ck_assert_int_eq(stats.image_count[id], images[id]);
        ck_assert_double_eq_tol((double)weights[id], wanted[id], 1e-5 * wanted[id]);
    }
    /* JPEG decoders may differ by a level here and there. */
    for (int c = 0; c < 3; c++) {
        ck_assert_double_eq_tol(stats.mean[c], mean[c], 1e-4);
        ck_assert_double_eq_tol(stats.std[c], std[c], 1e-4);
    }
    seg_dataset_release(&dataset);
}
END_TEST

Suite *suite_stats(void)
{
    Suite *suite = suite_create("stats");
    TCase *tests = tcase_create("stats");
    tcase_add_test(tests, two_images_by_hand);
    tcase_add_test(tests, median_of_an_even_number);
    tcase_add_test(tests, threads_make_no_difference);
    tcase_add_test(tests, the_first_bad_item_is_named);
    tcase_add_test(tests, camvid_like_numpy);
    suite_add_tcase(suite, tests);
    return suite;
}
