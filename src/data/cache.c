/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* cache.c: one slot per item, filled once and then only read. */
#define _POSIX_C_SOURCE 200809L
#include "data/cache.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"

struct seg_cache {
    const seg_dataset *dataset;
    pthread_mutex_t lock;
    size_t bytes_left;   /* under lock, as is samples[] */
    seg_sample *samples; /* [dataset->count]; zero: not kept */
};

seg_status seg_cache_new(seg_cache **out, const seg_dataset *dataset, size_t limit_bytes,
                         seg_error *err)
{
    *out = NULL;
    const size_t count = (size_t)dataset->count;
    seg_cache *cache = calloc(1, sizeof *cache);
    seg_sample *samples = calloc(count, sizeof *samples);
    if (cache == NULL || samples == NULL) {
        free(cache);
        free(samples);
        return seg_fail_nomem(err, count * sizeof *samples, "a cache of samples");
    }
    pthread_mutex_init(&cache->lock, NULL); /* cannot fail on Linux with default attributes */
    cache->dataset = dataset;
    cache->bytes_left = limit_bytes;
    cache->samples = samples;
    *out = cache;
    return SEG_OK;
}

void seg_cache_free(seg_cache *cache)
{
    if (cache == NULL)
        return;
    for (int i = 0; i < cache->dataset->count; i++)
        seg_sample_release(&cache->samples[i]);
    pthread_mutex_destroy(&cache->lock);
    free(cache->samples);
    free(cache);
}

seg_status seg_cache_read(seg_cache *cache, int index, seg_sample *out, seg_error *err)
{
    pthread_mutex_lock(&cache->lock);
    *out = cache->samples[index];
    pthread_mutex_unlock(&cache->lock);
    return out->image.pixels != NULL ? SEG_OK : seg_dataset_read(cache->dataset, index, out, err);
}

void seg_cache_return(seg_cache *cache, int index, seg_sample *sample)
{
    const size_t bytes = (size_t)sample->image.width * (size_t)sample->image.height * 4;
    pthread_mutex_lock(&cache->lock);
    seg_sample *kept = &cache->samples[index];
    bool is_kept = kept->image.pixels != NULL && kept->image.pixels == sample->image.pixels;
    /* Two threads may have read one item at once; the first to return wins. */
    if (kept->image.pixels == NULL && bytes <= cache->bytes_left) {
        cache->bytes_left -= bytes;
        *kept = *sample;
        is_kept = true;
    }
    pthread_mutex_unlock(&cache->lock);
    if (!is_kept)
        seg_sample_release(sample);
    *sample = (seg_sample){0};
}
