/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * remap.h: a tensor whose elements are picked from another, axis by axis:
 *
 *   dst[o0,o1,...] = src[map0[o0],map1[o1],...], or `fill` where a map says -1
 *
 * Padding, cropping and resizing to the nearest are this, for elements of any type.
 */
#ifndef RUNTIME_REMAP_H
#define RUNTIME_REMAP_H

#include "runtime/op.h"

typedef struct seg_remap {
    seg_shape src, dst; /* of one rank and type */
    int64_t *map[SEG_MAX_RANK];
    uint64_t fill; /* an element, in its first bytes */
    int64_t *block;
} seg_remap;

/* Room for the maps, which are o -> o as far as src reaches and -1 beyond; SEG_NOMEM. dst must not
 * be empty. */
seg_status seg_remap_new(seg_eval *call, seg_remap *remap, const seg_shape *src,
                         const seg_shape *dst);
void seg_remap_release(seg_remap *remap);
/* Source and result 0 of the call. */
void seg_remap_run(seg_eval *call, const seg_remap *remap);

#endif
