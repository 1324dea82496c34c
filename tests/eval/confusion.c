/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* confusion.c: matrices worked by hand, and the metrics' definitions taken literally. */
#include "eval/confusion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "seg/image.h"
#include "test.h"

/* Counts matrix[i * 3 + j] pixels of class i labelled j, and as many ignored ones as told. */
static seg_metrics measure(const int matrix[9], int ignored)
{
    seg_confusion confusion;
    seg_metrics metrics;
    seg_error err;
    const uint8_t ignore = SEG_IGNORE, one = 1;
    ck_ok(seg_confusion_init(&confusion, 3, &err), err);
    for (uint8_t truth = 0; truth < 3; truth++) {
        for (uint8_t predicted = 0; predicted < 3; predicted++) {
            for (int n = matrix[truth * 3 + predicted]; n > 0; n--)
                seg_confusion_add(&confusion, &truth, &predicted, 1);
        }
    }
    for (int n = 0; n < ignored; n++)
        seg_confusion_add(&confusion, &ignore, &one, 1);
    for (int i = 0; i < 9; i++)
        ck_assert_int_eq(confusion.pixels[i], matrix[i]);
    seg_confusion_metrics(&confusion, &metrics);
    seg_confusion_release(&confusion);
    ck_assert_int_eq(metrics.classes, 3);
    return metrics;
}

static void ck_near(double value, double wanted)
{
    ck_assert_double_eq_tol(value, wanted, 1e-15);
}

START_TEST(three_classes_by_hand)
{
    seg_metrics m = measure((const int[]){3, 1, 0, 2, 4, 0, 0, 1, 5}, 7);
    ck_assert_int_eq(m.pixels, 16);
    ck_near(m.pixel_accuracy, 12.0 / 16);
    ck_near(m.accuracy[0], 3.0 / 4);
    ck_near(m.accuracy[1], 4.0 / 6);
    ck_near(m.accuracy[2], 5.0 / 6);
    ck_near(m.mean_accuracy, 0.75);
    ck_near(m.iou[0], 3.0 / 6);
    ck_near(m.iou[1], 4.0 / 8);
    ck_near(m.iou[2], 5.0 / 6);
    ck_near(m.mean_iou, 11.0 / 18);
    ck_near(m.frequency_weighted_iou, 10.0 / 16);
    ck_assert(isnan(m.iou[3]));
    ck_assert(isnan(m.accuracy[254]));
}
END_TEST

START_TEST(absent_class_is_left_out)
{
    seg_metrics m = measure((const int[]){3, 0, 1, 0, 0, 0, 2, 0, 2}, 0);
    ck_assert(isnan(m.iou[1]));
    ck_assert(isnan(m.accuracy[1]));
    ck_near(m.mean_iou, (3.0 / 6 + 2.0 / 5) / 2);
    ck_near(m.mean_accuracy, (3.0 / 4 + 2.0 / 4) / 2);
    ck_near(m.frequency_weighted_iou, (4 * 0.5 + 4 * 0.4) / 8);
}
END_TEST

START_TEST(predicted_but_absent_class_has_iou_0)
{
    seg_metrics m = measure((const int[]){3, 1, 0, 0, 0, 0, 0, 0, 4}, 0);
    ck_near(m.iou[1], 0);
    ck_assert(isnan(m.accuracy[1]));
    ck_near(m.mean_iou, (0.75 + 0 + 1) / 3);
    ck_near(m.mean_accuracy, (0.75 + 1) / 2);
}
END_TEST

START_TEST(nothing_counted_is_nan)
{
    seg_metrics m = measure((const int[9]){0}, 20);
    ck_assert_int_eq(m.pixels, 0);
    ck_assert(isnan(m.mean_iou));
    ck_assert(isnan(m.mean_accuracy));
    ck_assert(isnan(m.pixel_accuracy));
    ck_assert(isnan(m.frequency_weighted_iou));
}
END_TEST

START_TEST(one_class)
{
    seg_confusion confusion;
    seg_metrics m;
    seg_error err;
    uint8_t zeros[100] = {0};
    ck_ok(seg_confusion_init(&confusion, 1, &err), err);
    seg_confusion_add(&confusion, zeros, zeros, 100);
    seg_confusion_metrics(&confusion, &m);
    ck_assert_int_eq(confusion.pixels[0], 100);
    ck_near(m.mean_iou, 1);
    ck_near(m.pixel_accuracy, 1);
    seg_confusion_release(&confusion);
    ck_assert_ptr_null(confusion.pixels);
}
END_TEST

START_TEST(number_of_classes_has_bounds)
{
    seg_confusion confusion;
    seg_error err;
    ck_fails(seg_confusion_init(&confusion, 0, &err), SEG_INVALID, err, "of 0 classes");
    ck_fails(seg_confusion_init(&confusion, 256, &err), SEG_INVALID, err, "of 256 classes");
    ck_ok(seg_confusion_init(&confusion, 255, &err), err);
    seg_confusion_release(&confusion);
}
END_TEST

typedef struct picture {
    uint8_t *truth, *predicted;
    int64_t count;
} picture;

/* Runs of labels, a fifth of the pixels wrong, every 11th ignored. */
static picture picture_new(int classes, int64_t count)
{
    picture p = {malloc((size_t)count), malloc((size_t)count), count};
    seg_rng rng = seg_rng_make(1, SEG_RNG_METHOD, (uint64_t)classes);
    int id = 0;
    for (int64_t i = 0; i < count; i++) {
        if (seg_rng_below(&rng, 8) == 0)
            id = (int)seg_rng_below(&rng, (uint64_t)classes);
        p.truth[i] = i % 11 == 3 ? SEG_IGNORE : (uint8_t)id;
        p.predicted[i] =
            (uint8_t)(seg_rng_below(&rng, 5) == 0 ? (int)seg_rng_below(&rng, (uint64_t)classes)
                                                  : id);
    }
    return p;
}

static void picture_free(picture *p)
{
    free(p->truth);
    free(p->predicted);
}

/* Intersection, union and truth of a class, pixel by pixel. */
static void count_sets(const picture *p, int id, double *both, double *either, double *truth)
{
    *both = *either = *truth = 0;
    for (int64_t i = 0; i < p->count; i++) {
        if (p->truth[i] == SEG_IGNORE)
            continue;
        int is = p->truth[i] == id, said = p->predicted[i] == id;
        *both += is && said;
        *either += is || said;
        *truth += is;
    }
}

static seg_metrics literal_metrics(const picture *p, int classes)
{
    seg_metrics m = {0};
    double total = 0, right = 0, present = 0, defined = 0;
    for (int id = 0; id < classes; id++) {
        double both, either, truth;
        count_sets(p, id, &both, &either, &truth);
        total += truth;
        right += both;
        m.iou[id] = both / either;
        if (truth > 0) {
            present++;
            m.mean_accuracy += both / truth;
            m.frequency_weighted_iou += truth * (both / either);
        }
        if (either > 0) {
            defined++;
            m.mean_iou += both / either;
        }
    }
    m.pixels = (int64_t)total;
    m.mean_accuracy /= present;
    m.mean_iou /= defined;
    m.frequency_weighted_iou /= total;
    m.pixel_accuracy = right / total;
    return m;
}

static const struct {
    int classes;
    int64_t count;
} literal_cases[] = {{1, 1000}, {2, 4099}, {11, 30001}, {21, 50000}, {255, 70003}, {255, 500}};

START_TEST(metrics_equal_their_definitions)
{
    const int classes = literal_cases[_i].classes;
    picture p = picture_new(classes, literal_cases[_i].count);
    seg_metrics wanted = literal_metrics(&p, classes), m;
    seg_confusion confusion;
    seg_error err;
    ck_ok(seg_confusion_init(&confusion, classes, &err), err);
    /* In two parts of unequal sizes. */
    seg_confusion_add(&confusion, p.truth, p.predicted, p.count / 3);
    seg_confusion_add(&confusion, p.truth + p.count / 3, p.predicted + p.count / 3,
                      p.count - p.count / 3);
    seg_confusion_metrics(&confusion, &m);
    ck_assert_int_eq(m.pixels, wanted.pixels);
    ck_assert_double_eq_tol(m.mean_iou, wanted.mean_iou, 1e-12);
    ck_assert_double_eq_tol(m.mean_accuracy, wanted.mean_accuracy, 1e-12);
    ck_assert_double_eq_tol(m.pixel_accuracy, wanted.pixel_accuracy, 1e-12);
    ck_assert_double_eq_tol(m.frequency_weighted_iou, wanted.frequency_weighted_iou, 1e-12);
    for (int id = 0; id < classes; id++) {
        if (isnan(wanted.iou[id]))
            ck_assert(isnan(m.iou[id]));
        else
            ck_assert_double_eq_tol(m.iou[id], wanted.iou[id], 1e-12);
    }
    seg_confusion_release(&confusion);
    picture_free(&p);
}
END_TEST

Suite *suite_confusion(void)
{
    Suite *suite = suite_create("confusion");
    TCase *tests = tcase_create("confusion");
    tcase_add_test(tests, three_classes_by_hand);
    tcase_add_test(tests, absent_class_is_left_out);
    tcase_add_test(tests, predicted_but_absent_class_has_iou_0);
    tcase_add_test(tests, nothing_counted_is_nan);
    tcase_add_test(tests, one_class);
    tcase_add_test(tests, number_of_classes_has_bounds);
    tcase_add_loop_test(tests, metrics_equal_their_definitions, 0,
                        sizeof literal_cases / sizeof *literal_cases);
    suite_add_tcase(suite, tests);
    return suite;
}
