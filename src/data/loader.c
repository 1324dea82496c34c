/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * loader.c: threads that fill a ring of batches, sample by sample.
 *
 * Samples are handed out in the order of their running number k; batch k / batch stands in slot
 * (k / batch) mod slots. A sample may start once its slot's former batch has been given back, which
 * bounds what is prepared ahead. A batch is ready when all its samples are done.
 *
 * One lock guards the counters and the permutation. Pixels need none: between the start and the end
 * of a sample only its thread touches its part of a batch, and the caller sees a batch only when it
 * is ready.
 */
#define _POSIX_C_SOURCE 200809L
#include "data/loader.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "data/cache.h"

typedef struct slot {
    seg_batch batch;
    int done;           /* samples */
    int64_t bad_sample; /* the lowest number of a sample that failed, or -1 */
    seg_error bad;
} slot;

struct seg_loader {
    const seg_dataset *dataset;
    const seg_preprocess *preprocess;
    seg_loader_opts opts;
    seg_cache *cache;
    slot *slots;
    int slot_count;
    float *images; /* of all slots */
    uint8_t *labels;
    pthread_t *threads;
    int thread_count; /* that run */

    pthread_mutex_t lock;
    pthread_cond_t room;  /* a slot was given back, or stop */
    pthread_cond_t ready; /* a batch is complete */
    bool stop;
    int64_t next_sample; /* number of the next one to hand out */
    int64_t next_batch;  /* that seg_loader_next gives; the one before it is the caller's */
    int64_t epoch;       /* of order, -1: none yet */
    int *order;          /* permutation of the items in that epoch */
};

/* Fisher and Yates. */
static void shuffle(int *order, int count, seg_rng rng)
{
    for (int i = 0; i < count; i++)
        order[i] = i;
    for (int i = count - 1; i > 0; i--) {
        int other = (int)seg_rng_below(&rng, (uint64_t)i + 1), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

/* Item that sample k shows. Numbers only grow, so one epoch's order is enough. Under lock. */
static int item_of(seg_loader *loader, int64_t k)
{
    const int count = loader->dataset->count;
    const int64_t epoch = k / count;
    if (epoch != loader->epoch) {
        shuffle(loader->order, count,
                seg_rng_make(loader->opts.seed, SEG_RNG_SHUFFLE, (uint64_t)epoch));
        loader->epoch = epoch;
    }
    return loader->order[k % count];
}

static seg_status make_sample(seg_loader *loader, slot *s, int64_t k, int item, seg_error *err)
{
    const size_t pixels = (size_t)s->batch.h * (size_t)s->batch.w;
    const size_t place = (size_t)(k % loader->opts.batch) * pixels;
    const seg_rng rng = seg_rng_make(loader->opts.seed, SEG_RNG_AUGMENT, (uint64_t)k);
    seg_sample sample;
    seg_status status = seg_cache_read(loader->cache, item, &sample, err);
    if (status != SEG_OK)
        return status;
    status = seg_augment(&loader->opts.augment, loader->preprocess, &sample, rng,
                         s->batch.images + 3 * place, s->batch.labels + place, err);
    seg_cache_return(loader->cache, item, &sample);
    return status;
}

/* The slot of batch `number`, emptied for it when its first sample asks. */
static slot *slot_of(seg_loader *loader, int64_t number)
{
    slot *s = &loader->slots[number % loader->slot_count];
    if (s->batch.number != number) {
        s->batch.number = number;
        s->done = 0;
        s->bad_sample = -1;
    }
    return s;
}

static void *work(void *context)
{
    seg_loader *loader = context;
    const int batch = loader->opts.batch;
    pthread_mutex_lock(&loader->lock);
    for (;;) {
        /* The caller still holds batch next_batch - 1, so slot_count - 1 can be ahead of it. */
        while (!loader->stop &&
               loader->next_sample / batch >= loader->next_batch + loader->slot_count - 1)
            pthread_cond_wait(&loader->room, &loader->lock);
        if (loader->stop)
            break;
        const int64_t k = loader->next_sample++;
        const int item = item_of(loader, k);
        slot *s = slot_of(loader, k / batch);
        pthread_mutex_unlock(&loader->lock);

        seg_error err;
        seg_status status = make_sample(loader, s, k, item, &err);

        pthread_mutex_lock(&loader->lock);
        if (status != SEG_OK && (s->bad_sample < 0 || k < s->bad_sample)) {
            s->bad_sample = k;
            s->bad = err;
        }
        if (++s->done == batch)
            pthread_cond_signal(&loader->ready);
    }
    pthread_mutex_unlock(&loader->lock);
    return NULL;
}

static seg_status check(const seg_dataset *dataset, const seg_loader_opts *opts, seg_error *err)
{
    int64_t last;
    if (dataset->count < 1)
        return seg_fail(err, SEG_INVALID, "the data set is empty");
    if (opts->batch < 1 || opts->batch > 65536)
        return seg_fail(err, SEG_INVALID, "a batch of %d samples, not 1..65536", opts->batch);
    if (opts->threads < 1 || opts->threads > 1024)
        return seg_fail(err, SEG_INVALID, "%d loader threads, not 1..1024", opts->threads);
    if (opts->first_batch < 0 || __builtin_mul_overflow(opts->first_batch, 2 * opts->batch, &last))
        return seg_fail(err, SEG_INVALID, "the first batch is %lld: out of range",
                        (long long)opts->first_batch);
    if (opts->augment.crop_h < 1 || opts->augment.crop_w < 1)
        return seg_fail(err, SEG_INVALID, "batches need a crop size, not height %d and width %d",
                        opts->augment.crop_h, opts->augment.crop_w);
    return seg_augment_check(&opts->augment, err);
}

static seg_status allocate(seg_loader *loader, seg_error *err)
{
    const seg_loader_opts *opts = &loader->opts;
    /* One the caller reads, and enough ahead that every thread has a sample to work on. */
    loader->slot_count = 2 + (opts->threads + opts->batch - 1) / opts->batch;
    const size_t batch_pixels =
        (size_t)opts->batch * (size_t)opts->augment.crop_h * (size_t)opts->augment.crop_w;
    size_t pixels, bytes;
    if (!seg_size_mul(batch_pixels, (size_t)loader->slot_count, &pixels) ||
        !seg_size_mul(pixels, 3 * sizeof(float), &bytes))
        return seg_fail(err, SEG_LIMIT, "batches of %d crops of %dx%d are too large", opts->batch,
                        opts->augment.crop_w, opts->augment.crop_h);
    loader->images = seg_block_new(bytes);
    loader->labels = seg_block_new(pixels);
    loader->slots = calloc((size_t)loader->slot_count, sizeof *loader->slots);
    loader->order = malloc((size_t)loader->dataset->count * sizeof *loader->order);
    loader->threads = calloc((size_t)opts->threads, sizeof *loader->threads);
    if (loader->images == NULL || loader->labels == NULL || loader->slots == NULL ||
        loader->order == NULL || loader->threads == NULL)
        return seg_fail_nomem(err, bytes + pixels, "batches");
    for (int i = 0; i < loader->slot_count; i++) {
        loader->slots[i].batch = (seg_batch){
            .count = opts->batch,
            .h = opts->augment.crop_h,
            .w = opts->augment.crop_w,
            .number = -1,
            .images = loader->images + (size_t)i * batch_pixels * 3,
            .labels = loader->labels + (size_t)i * batch_pixels,
        };
    }
    return seg_cache_new(&loader->cache, loader->dataset, opts->cache_bytes, err);
}

/* Signals are the caller's: its handlers must not run in our threads. */
static seg_status start(seg_loader *loader, seg_error *err)
{
    sigset_t all, before;
    int failure = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (failure == 0 && loader->thread_count < loader->opts.threads) {
        failure = pthread_create(&loader->threads[loader->thread_count], NULL, work, loader);
        loader->thread_count += failure == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure != 0)
        return seg_fail(err, SEG_LIMIT, "cannot start loader thread %d of %d: %s",
                        loader->thread_count + 1, loader->opts.threads, strerror(failure));
    return SEG_OK;
}

seg_status seg_loader_new(seg_loader **out, const seg_dataset *dataset,
                          const seg_preprocess *preprocess, const seg_loader_opts *opts,
                          seg_error *err)
{
    *out = NULL;
    seg_status status = check(dataset, opts, err);
    if (status != SEG_OK)
        return status;
    seg_loader *loader = calloc(1, sizeof *loader);
    if (loader == NULL)
        return seg_fail_nomem(err, sizeof *loader, "a loader");
    *loader = (seg_loader){
        .dataset = dataset,
        .preprocess = preprocess,
        .opts = *opts,
        .next_sample = opts->first_batch * opts->batch,
        .next_batch = opts->first_batch,
        .epoch = -1,
    };
    /* These cannot fail on Linux with default attributes. */
    pthread_mutex_init(&loader->lock, NULL);
    pthread_cond_init(&loader->room, NULL);
    pthread_cond_init(&loader->ready, NULL);
    status = allocate(loader, err);
    if (status == SEG_OK)
        status = start(loader, err);
    if (status != SEG_OK)
        seg_loader_free(loader);
    else
        *out = loader;
    return status;
}

seg_status seg_loader_next(seg_loader *loader, const seg_batch **batch, seg_error *err)
{
    *batch = NULL;
    pthread_mutex_lock(&loader->lock);
    slot *s = &loader->slots[loader->next_batch % loader->slot_count];
    while (s->batch.number != loader->next_batch || s->done < loader->opts.batch)
        pthread_cond_wait(&loader->ready, &loader->lock);
    /* A bad batch stays the next one: asking again gives the same error. */
    const bool good = s->bad_sample < 0;
    if (good) {
        loader->next_batch++;
        pthread_cond_broadcast(&loader->room);
    }
    pthread_mutex_unlock(&loader->lock);
    if (!good)
        return seg_fail(err, s->bad.status, "%s", s->bad.text);
    *batch = &s->batch;
    return SEG_OK;
}

void seg_loader_free(seg_loader *loader)
{
    if (loader == NULL)
        return;
    pthread_mutex_lock(&loader->lock);
    loader->stop = true;
    pthread_cond_broadcast(&loader->room);
    pthread_mutex_unlock(&loader->lock);
    for (int i = 0; i < loader->thread_count; i++)
        pthread_join(loader->threads[i], NULL);
    pthread_cond_destroy(&loader->ready);
    pthread_cond_destroy(&loader->room);
    pthread_mutex_destroy(&loader->lock);
    seg_cache_free(loader->cache);
    seg_block_free(loader->images);
    seg_block_free(loader->labels);
    free(loader->slots);
    free(loader->order);
    free(loader->threads);
    free(loader);
}
