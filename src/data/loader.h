/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * loader.h: batches of augmented samples, prepared ahead by threads.
 *
 * Batch b holds samples b*batch .. b*batch+batch-1 of the endless sequence "permutation of epoch
 * 0, permutation of epoch 1, ..." (each shuffled by (seed, epoch)); sample k is augmented with
 * (seed, k). So the content depends on the number b only, never on threads or on where a run
 * resumed, and no batch is smaller than the others.
 */
#ifndef DATA_LOADER_H
#define DATA_LOADER_H

#include "data/augment.h"

typedef struct seg_loader_opts {
    int batch;   /* samples of a batch, >= 1 */
    int threads; /* prefetch threads, >= 1 */
    uint64_t seed;
    int64_t first_batch;      /* number of the first batch that seg_loader_next gives (resume) */
    size_t cache_bytes;       /* decoded samples kept in memory; 0: none */
    seg_augment_opts augment; /* crop_h and crop_w must be set */
} seg_loader_opts;

typedef struct seg_batch {
    int count, h, w;
    int64_t number;
    float *images;   /* count x h x w x 3 */
    uint8_t *labels; /* count x h x w */
} seg_batch;

typedef struct seg_loader seg_loader;

/* dataset and preprocess are borrowed. */
seg_status seg_loader_new(seg_loader **out, const seg_dataset *dataset,
                          const seg_preprocess *preprocess, const seg_loader_opts *opts,
                          seg_error *err);
/* Waits for the next batch; it stays valid until the next call. A reading error comes out here. */
seg_status seg_loader_next(seg_loader *loader, const seg_batch **batch, seg_error *err);
void seg_loader_free(seg_loader *loader);

#endif
