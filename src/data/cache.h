/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * cache.h: decoded samples kept in memory, up to a number of bytes.
 *
 * Nothing is ever dropped: an epoch reads each sample once, and the sample that a full cache would
 * drop is as likely to be the next as any other. Any number of threads may read.
 */
#ifndef DATA_CACHE_H
#define DATA_CACHE_H

#include "data/dataset.h"

typedef struct seg_cache seg_cache;

/* dataset is borrowed. limit_bytes 0 keeps nothing. */
seg_status seg_cache_new(seg_cache **out, const seg_dataset *dataset, size_t limit_bytes,
                         seg_error *err);
void seg_cache_free(seg_cache *cache);

/* seg_dataset_read, or the sample that is kept. It goes to seg_cache_return. */
seg_status seg_cache_read(seg_cache *cache, int index, seg_sample *out, seg_error *err);
/* Keeps the sample when there is room, frees it otherwise; *sample is zero afterwards. */
void seg_cache_return(seg_cache *cache, int index, seg_sample *sample);

#endif
