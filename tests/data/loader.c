/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* loader.c: the same batches for any number of threads, from any start, with and without cache. */
#define _POSIX_C_SOURCE 200809L
#include "data/loader.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "data/cache.h"
#include "data/make_data.h"
#include "test.h"

enum { ITEMS = 7, BATCH = 3, CROP = 12, PIXELS = BATCH * CROP * CROP };

static const seg_preprocess plain = {.std = {1, 1, 1}};

/* Item i is 20x16, noise of levels 30 i .. 30 i + 29, labelled i. */
static const char *make_items(void)
{
    const char *folder = test_folder();
    seg_rng rng = seg_rng_make(2, SEG_RNG_METHOD, 0);
    put_text(folder, "classes.txt", "a\nb\nc\nd\ne\nf\ng\n");
    for (int i = 0; i < ITEMS; i++) {
        uint8_t pixels[20 * 16 * 3];
        char name[64];
        for (size_t k = 0; k < sizeof pixels; k++)
            pixels[k] = (uint8_t)(30 * i + (int)seg_rng_below(&rng, 30));
        snprintf(name, sizeof name, "train/images/%d.png", i);
        put_pixels(folder, name, pixels, 20, 16, 3);
        snprintf(name, sizeof name, "train/labels/%d.png", i);
        put_labels(folder, name, 20, 16, (uint8_t)i);
    }
    return folder;
}

static seg_dataset open_items(void)
{
    seg_dataset dataset;
    seg_error err;
    ck_ok(seg_dataset_open(&dataset, NULL, make_items(), "train", &err), err);
    return dataset;
}

static seg_loader_opts options(int threads)
{
    return (seg_loader_opts){
        .batch = BATCH,
        .threads = threads,
        .seed = 11,
        .augment = {.scale_min = 0.6,
                    .scale_max = 1.5,
                    .crop_h = CROP,
                    .crop_w = CROP,
                    .flip = 0.5,
                    .jitter = 0.3},
    };
}

static seg_loader *open_loader(const seg_dataset *dataset, const seg_loader_opts *opts)
{
    seg_loader *loader;
    seg_error err;
    ck_ok(seg_loader_new(&loader, dataset, &plain, opts, &err), err);
    return loader;
}

typedef struct content {
    int64_t number;
    float images[PIXELS * 3];
    uint8_t labels[PIXELS];
} content;

/* `count` batches, copied; goes to free(). */
static content *run(const seg_dataset *dataset, const seg_loader_opts *opts, int count)
{
    content *all = calloc((size_t)count, sizeof *all);
    seg_loader *loader = open_loader(dataset, opts);
    for (int b = 0; b < count; b++) {
        const seg_batch *batch;
        seg_error err;
        ck_ok(seg_loader_next(loader, &batch, &err), err);
        ck_assert(batch->count == BATCH && batch->h == CROP && batch->w == CROP);
        all[b].number = batch->number;
        memcpy(all[b].images, batch->images, sizeof all[b].images);
        memcpy(all[b].labels, batch->labels, sizeof all[b].labels);
    }
    seg_loader_free(loader);
    return all;
}

static void ck_same(const content *a, const content *b, int count)
{
    for (int i = 0; i < count; i++) {
        ck_assert_int_eq(a[i].number, b[i].number);
        ck_assert_mem_eq(a[i].images, b[i].images, sizeof a[i].images);
        ck_assert_mem_eq(a[i].labels, b[i].labels, sizeof a[i].labels);
    }
}

START_TEST(threads_and_cache_make_no_difference)
{
    seg_dataset dataset = open_items();
    seg_loader_opts one = options(1), other = options(3);
    content *wanted = run(&dataset, &one, 12), *got = run(&dataset, &other, 12);
    ck_same(got, wanted, 12);
    free(got);
    static const size_t room[] = {1, 3 * 20 * 16 * 4, 1 << 20};
    for (int i = 0; i < 3; i++) {
        other.cache_bytes = room[i];
        got = run(&dataset, &other, 12);
        ck_same(got, wanted, 12);
        free(got);
    }
    free(wanted);
    seg_dataset_release(&dataset);
}
END_TEST

START_TEST(a_resumed_run_goes_on_where_it_stopped)
{
    seg_dataset dataset = open_items();
    seg_loader_opts opts = options(2);
    content *whole = run(&dataset, &opts, 14);
    for (int first = 1; first < 14; first += 4) {
        opts.first_batch = first;
        content *rest = run(&dataset, &opts, 14 - first);
        ck_assert_int_eq(rest[0].number, first);
        ck_same(rest, whole + first, 14 - first);
        free(rest);
    }
    free(whole);
    seg_dataset_release(&dataset);
}
END_TEST

/* Item shown by each sample of the first batches, told by its label. */
static void shown(const seg_dataset *dataset, const seg_loader_opts *opts, int batches, int *items)
{
    content *all = run(dataset, opts, batches);
    for (int s = 0; s < batches * BATCH; s++) {
        const uint8_t *labels = all[s / BATCH].labels + s % BATCH * CROP * CROP;
        items[s] = SEG_IGNORE;
        for (int i = 0; i < CROP * CROP; i++)
            items[s] = labels[i] < items[s] ? labels[i] : items[s];
    }
    free(all);
}

START_TEST(every_epoch_shows_every_item_once)
{
    enum { EPOCHS = 6, SAMPLES = EPOCHS * ITEMS };
    seg_dataset dataset = open_items();
    seg_loader_opts opts = options(3);
    int items[SAMPLES], other[SAMPLES];
    shown(&dataset, &opts, SAMPLES / BATCH, items);
    int same = 0;
    for (int e = 0; e < EPOCHS; e++) {
        int seen = 0;
        for (int i = 0; i < ITEMS; i++)
            seen |= 1 << items[e * ITEMS + i];
        ck_assert_int_eq(seen, (1 << ITEMS) - 1);
        same += e > 0 && memcmp(items, items + e * ITEMS, ITEMS * sizeof *items) == 0;
    }
    ck_assert_int_eq(same, 0);
    opts.seed++;
    shown(&dataset, &opts, SAMPLES / BATCH, other);
    ck_assert_mem_ne(items, other, sizeof items);
    seg_dataset_release(&dataset);
}
END_TEST

/* Whatever the epoch: the augmentation's number never comes again. */
START_TEST(one_item_is_augmented_anew)
{
    enum { BATCHES = 5, SAMPLES = BATCHES * BATCH, FLOATS = CROP * CROP * 3 };
    seg_dataset dataset = open_items();
    dataset.count = 1;
    seg_loader_opts opts = options(2);
    opts.cache_bytes = 1 << 20;
    content *all = run(&dataset, &opts, BATCHES);
    for (int s = 1; s < SAMPLES; s++) {
        for (int t = 0; t < s; t++)
            ck_assert_mem_ne(all[s / BATCH].images + s % BATCH * FLOATS,
                             all[t / BATCH].images + t % BATCH * FLOATS, FLOATS * sizeof(float));
    }
    free(all);
    dataset.count = ITEMS;
    seg_dataset_release(&dataset);
}
END_TEST

/* Items whose files are gone can still be read where they were kept. */
START_TEST(cache_keeps_what_fits)
{
    seg_dataset dataset = open_items();
    seg_cache *cache;
    seg_sample sample;
    seg_error err;
    ck_ok(seg_cache_new(&cache, &dataset, 2 * 20 * 16 * 4 + 1, &err), err);
    for (int i = 0; i < 6; i++) {
        ck_ok(seg_cache_read(cache, i / 2, &sample, &err), err);
        seg_cache_return(cache, i / 2, &sample);
        ck_assert_ptr_null(sample.image.pixels);
    }
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(remove(dataset.items[i].image_path), 0);
    for (int i = 0; i < 2; i++) {
        ck_ok(seg_cache_read(cache, i, &sample, &err), err);
        ck_assert_int_eq(sample.labels.pixels[0], i);
        seg_cache_return(cache, i, &sample);
    }
    ck_fails(seg_cache_read(cache, 2, &sample, &err), SEG_IO, err, "images/2.png");
    seg_cache_free(cache);
    seg_cache_free(NULL);
    seg_dataset_release(&dataset);
}
END_TEST

/* Two threads read one item at once: the second to come back finds it kept already. */
START_TEST(cache_takes_an_item_once)
{
    seg_dataset dataset = open_items();
    seg_cache *cache;
    seg_sample first, second;
    seg_error err;
    ck_ok(seg_cache_new(&cache, &dataset, 1 << 20, &err), err);
    ck_ok(seg_cache_read(cache, 4, &first, &err), err);
    ck_ok(seg_cache_read(cache, 4, &second, &err), err);
    ck_assert_ptr_ne(first.image.pixels, second.image.pixels);
    const uint8_t *kept = second.image.pixels;
    seg_cache_return(cache, 4, &second);
    seg_cache_return(cache, 4, &first);
    ck_ok(seg_cache_read(cache, 4, &first, &err), err);
    ck_assert_ptr_eq(first.image.pixels, kept);
    seg_cache_return(cache, 4, &first);
    seg_cache_free(cache);
    seg_dataset_release(&dataset);
}
END_TEST

typedef struct reader {
    seg_cache *cache;
    pthread_barrier_t *together;
    int bad;
} reader;

static void *read_all(void *context)
{
    reader *r = context;
    seg_sample sample;
    for (int k = 0; k < 4 * ITEMS; k++) {
        pthread_barrier_wait(r->together);
        r->bad += seg_cache_read(r->cache, k % ITEMS, &sample, NULL) != SEG_OK ||
                  sample.labels.pixels[0] != k % ITEMS;
        seg_cache_return(r->cache, k % ITEMS, &sample);
    }
    return NULL;
}

/* What the thread sanitizer is to look at. */
START_TEST(cache_serves_threads_at_once)
{
    seg_dataset dataset = open_items();
    pthread_barrier_t together;
    pthread_t threads[3];
    reader readers[3];
    seg_cache *cache;
    seg_error err;
    ck_ok(seg_cache_new(&cache, &dataset, 1 << 20, &err), err);
    pthread_barrier_init(&together, NULL, 3);
    for (int t = 0; t < 3; t++) {
        readers[t] = (reader){cache, &together, 0};
        ck_assert_int_eq(pthread_create(&threads[t], NULL, read_all, &readers[t]), 0);
    }
    for (int t = 0; t < 3; t++) {
        pthread_join(threads[t], NULL);
        ck_assert_int_eq(readers[t].bad, 0);
    }
    pthread_barrier_destroy(&together);
    seg_cache_free(cache);
    seg_dataset_release(&dataset);
}
END_TEST

START_TEST(a_batch_stays_until_the_next_call)
{
    const struct timespec while_others_fill = {.tv_nsec = 20000000};
    seg_dataset dataset = open_items();
    seg_loader_opts opts = options(3);
    opts.batch = 1;
    seg_loader *loader = open_loader(&dataset, &opts);
    for (int b = 0; b < 6; b++) {
        static float images[CROP * CROP * 3];
        const seg_batch *batch;
        seg_error err;
        ck_ok(seg_loader_next(loader, &batch, &err), err);
        memcpy(images, batch->images, sizeof images);
        nanosleep(&while_others_fill, NULL);
        ck_assert_mem_eq(images, batch->images, sizeof images);
        ck_assert_int_eq(batch->number, b);
    }
    seg_loader_free(loader);
    seg_dataset_release(&dataset);
}
END_TEST

/* Batches before the first error, which names the file; the same again when asked again. */
static int batches_until_error(const seg_dataset *dataset, int threads, const char *part)
{
    seg_loader_opts opts = options(threads);
    seg_loader *loader = open_loader(dataset, &opts);
    const seg_batch *batch;
    seg_error err;
    int good = 0;
    while (good < 100 && seg_loader_next(loader, &batch, &err) == SEG_OK)
        good++;
    ck_assert_ptr_null(batch);
    for (int i = 0; i < 2; i++)
        ck_fails(seg_loader_next(loader, &batch, &err), SEG_FORMAT, err, part);
    seg_loader_free(loader);
    return good;
}

START_TEST(errors_name_the_file)
{
    int items[2 * BATCH * ITEMS];
    seg_dataset dataset = open_items();
    seg_loader_opts opts = options(1);
    shown(&dataset, &opts, ITEMS, items);
    /* The fifth sample of the run becomes bad, and a later one worse. */
    ck_assert_int_ne(items[4], items[5]);
    char part[32];
    snprintf(part, sizeof part, "labels/%d.png: pixel x 0, y 0", items[4]);
    const char *slash = strstr(dataset.items[0].label_path, "train/labels");
    char folder[512];
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - dataset.items[0].label_path - 1),
             dataset.items[0].label_path);
    for (int s = 4; s < 6; s++) {
        char name[64];
        snprintf(name, sizeof name, "train/labels/%d.png", items[s]);
        put_labels(folder, name, 20, 16, s == 4 ? 7 : 8);
    }
    for (int threads = 1; threads <= 4; threads++)
        ck_assert_int_eq(batches_until_error(&dataset, threads, part), 1);
    seg_dataset_release(&dataset);
}
END_TEST

START_TEST(it_can_be_freed_at_any_moment)
{
    seg_dataset dataset = open_items();
    for (int round = 0; round < 30; round++) {
        seg_loader_opts opts = options(1 + round % 4);
        opts.cache_bytes = round % 2 == 0 ? 0 : 4000;
        seg_loader *loader = open_loader(&dataset, &opts);
        for (int b = 0; b < round % 5; b++) {
            const seg_batch *batch;
            seg_error err;
            ck_ok(seg_loader_next(loader, &batch, &err), err);
        }
        seg_loader_free(loader);
    }
    seg_loader_free(NULL);
    seg_dataset_release(&dataset);
}
END_TEST

static void ck_refused(const seg_dataset *dataset, seg_loader_opts opts, const char *part)
{
    seg_loader *loader;
    seg_error err;
    ck_fails(seg_loader_new(&loader, dataset, &plain, &opts, &err), SEG_INVALID, err, part);
    ck_assert_ptr_null(loader);
}

START_TEST(options_out_of_range_are_named)
{
    seg_dataset dataset = open_items(), empty = {0};
    seg_loader_opts opts = options(1);
    ck_refused(&empty, opts, "data set is empty");
    opts.batch = 0;
    ck_refused(&dataset, opts, "a batch of 0 samples");
    opts = options(0);
    ck_refused(&dataset, opts, "0 loader threads");
    opts = options(1);
    opts.first_batch = -1;
    ck_refused(&dataset, opts, "first batch is -1");
    opts.first_batch = INT64_MAX / 2;
    ck_refused(&dataset, opts, "out of range");
    opts = options(1);
    opts.augment.crop_h = 0;
    ck_refused(&dataset, opts, "need a crop size");
    opts = options(1);
    opts.augment.flip = 2;
    ck_refused(&dataset, opts, "flip is 2");
    seg_dataset_release(&dataset);
}
END_TEST

Suite *suite_loader(void)
{
    Suite *suite = suite_create("loader");
    TCase *tests = tcase_create("loader");
    tcase_add_test(tests, threads_and_cache_make_no_difference);
    tcase_add_test(tests, a_resumed_run_goes_on_where_it_stopped);
    tcase_add_test(tests, every_epoch_shows_every_item_once);
    tcase_add_test(tests, one_item_is_augmented_anew);
    tcase_add_test(tests, cache_keeps_what_fits);
    tcase_add_test(tests, cache_takes_an_item_once);
    tcase_add_test(tests, cache_serves_threads_at_once);
    tcase_add_test(tests, a_batch_stays_until_the_next_call);
    tcase_add_test(tests, errors_name_the_file);
    tcase_add_test(tests, it_can_be_freed_at_any_moment);
    tcase_add_test(tests, options_out_of_range_are_named);
    suite_add_tcase(suite, tests);
    return suite;
}
