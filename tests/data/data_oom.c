/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* data_oom.c: data sets, crops, statistics and the loader when memory runs out. */
#include <stdio.h>

#include "base/error.h"
#include "data/loader.h"
#include "data/make_data.h"
#include "data/stats.h"
#include "eval/confusion.h"
#include "oom/oom.h"
#include "seg/data.h"
#include "test.h"

static const seg_augment_opts crops = {.scale_min = 0.5,
                                       .scale_max = 2,
                                       .crop_h = 12,
                                       .crop_w = 10,
                                       .flip = 0.5,
                                       .jitter = 0.2,
                                       .hue = 0.1};

static const char *make_three(void)
{
    static char folder[256];
    snprintf(folder, sizeof folder, "%s", test_folder());
    put_text(folder, "classes.txt", "one\ntwo 1 2 3\n");
    for (int i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "train/images/%d.png", i);
        put_image(folder, name, 20, 16, 100);
        snprintf(name, sizeof name, "train/labels/%d.png", i);
        put_labels(folder, name, 20, 16, 1);
    }
    return folder;
}

static seg_dataset open_three(void)
{
    seg_dataset dataset;
    seg_error err;
    ck_ok(seg_dataset_open(&dataset, NULL, make_three(), "train", &err), err);
    return dataset;
}

static seg_status open_folder(void *folder, seg_error *err)
{
    seg_dataset dataset;
    seg_status status = seg_dataset_open(&dataset, NULL, folder, "train", err);
    if (status != SEG_OK && (dataset.items != NULL || dataset.count != 0))
        return seg_fail(err, SEG_INVALID, "items are left after a failure");
    seg_dataset_release(&dataset);
    return status;
}

static seg_status read_item(void *dataset, seg_error *err)
{
    seg_sample sample;
    seg_status status = seg_dataset_read(dataset, 1, &sample, err);
    if (status != SEG_OK && (sample.image.pixels != NULL || sample.labels.pixels != NULL))
        return seg_fail(err, SEG_INVALID, "pixels are left after a failure");
    seg_sample_release(&sample);
    return status;
}

static seg_status add_up(void *dataset, seg_error *err)
{
    seg_data_stats stats;
    return seg_data_stats_compute(&stats, dataset, 1, err);
}

/* The data is fine: a problem is a decoder's word for an allocation that failed. */
static seg_status check_all(void *folder, seg_error *err)
{
    const seg_data_opts opts = {.data = folder, .threads = 1};
    seg_data_checked counts;
    seg_status status = seg_data_check(&opts, NULL, NULL, &counts, err);
    if (status == SEG_OK && counts.problems > 0)
        return seg_fail(err, SEG_FORMAT, "%d problems", (int)counts.problems);
    return status;
}

static void ignore_split(void *context, const seg_split_stats *stats)
{
    (void)context;
    (void)stats;
}

static seg_status measure_all(void *folder, seg_error *err)
{
    const seg_data_opts opts = {.data = folder, .threads = 1};
    return seg_data_measure(&opts, ignore_split, NULL, err);
}

START_TEST(data_sets_are_checked_and_measured)
{
    char folder[256];
    snprintf(folder, sizeof folder, "%s", make_three());
    oom_torture("data_check", check_all, folder, SEG_FORMAT);
    oom_torture("data_measure", measure_all, folder, SEG_FORMAT);
}
END_TEST

START_TEST(data_sets_are_opened_and_read)
{
    seg_dataset dataset = open_three();
    char folder[256];
    snprintf(folder, sizeof folder, "%s", make_three());
    oom_torture("dataset_open", open_folder, folder, SEG_NOMEM);
    /* libspng calls some of its own failures damage. */
    oom_torture("dataset_read", read_item, &dataset, SEG_FORMAT);
    oom_torture("data_stats", add_up, &dataset, SEG_FORMAT);
    seg_dataset_release(&dataset);
}
END_TEST

static seg_status make_crop(void *sample, seg_error *err)
{
    static float image[12 * 10 * 3];
    static uint8_t labels[12 * 10];
    const seg_preprocess preprocess = seg_preprocess_default();
    return seg_augment(&crops, &preprocess, sample, seg_rng_make(1, SEG_RNG_AUGMENT, 2), image,
                       labels, err);
}

static seg_status make_matrix(void *context, seg_error *err)
{
    seg_confusion matrix;
    (void)context;
    seg_status status = seg_confusion_init(&matrix, 11, err);
    if (status != SEG_OK && matrix.pixels != NULL)
        return seg_fail(err, SEG_INVALID, "a matrix is left after a failure");
    seg_confusion_release(&matrix);
    return status;
}

START_TEST(crops_and_matrices_are_made)
{
    seg_dataset dataset = open_three();
    seg_sample sample;
    seg_error err;
    ck_ok(seg_dataset_read(&dataset, 0, &sample, &err), err);
    oom_torture("augment", make_crop, &sample, SEG_NOMEM);
    oom_torture("confusion", make_matrix, NULL, SEG_NOMEM);
    seg_sample_release(&sample);
    seg_dataset_release(&dataset);
}
END_TEST

/* Nothing is awaited: the threads' own allocations do not fail. */
static seg_status make_loader(void *dataset, seg_error *err)
{
    const seg_preprocess preprocess = seg_preprocess_default();
    const seg_loader_opts opts = {.batch = 2, .threads = 2, .augment = crops};
    seg_loader *loader;
    seg_status status = seg_loader_new(&loader, dataset, &preprocess, &opts, err);
    if (status != SEG_OK && loader != NULL)
        return seg_fail(err, SEG_INVALID, "a loader is left after a failure");
    seg_loader_free(loader);
    return status;
}

START_TEST(loaders_are_made)
{
    seg_dataset dataset = open_three();
    oom_torture("loader", make_loader, &dataset, SEG_LIMIT); /* a thread could not start */
    seg_dataset_release(&dataset);
}
END_TEST

Suite *suite_data_oom(void)
{
    Suite *suite = suite_create("data_oom");
    TCase *tests = tcase_create("data_oom");
    tcase_add_test(tests, data_sets_are_opened_and_read);
    tcase_add_test(tests, data_sets_are_checked_and_measured);
    tcase_add_test(tests, crops_and_matrices_are_made);
    tcase_add_test(tests, loaders_are_made);
    suite_add_tcase(suite, tests);
    return suite;
}
