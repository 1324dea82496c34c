/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * map.h: a function applied to every element, of one or more broadcast sources.
 *
 * The function ("body") gets short stretches of numbers side by side, whatever the element types
 * and shapes are, so it is a plain loop. The result is cut into fixed blocks over threads.
 */
#ifndef RUNTIME_MAP_H
#define RUNTIME_MAP_H

#include "runtime/op.h"
#include "runtime/view.h"

enum { SEG_MAP_SRC = 3, SEG_MAP_CHUNK = 1024 /* numbers that a body gets at most */ };

/* dst[i] = f(src[0][i], src[1][i], ...), i < n; dst may be one of the sources. */
typedef void (*seg_map_body)(const void *context, void *dst, const void *const *src, int64_t n);

typedef struct seg_map {
    seg_map_body body;
    const void *context;
    int src_count;                      /* 1..SEG_MAP_SRC */
    const seg_tensor *src[SEG_MAP_SRC]; /* broadcast to dst */
    seg_number as[SEG_MAP_SRC];         /* what the body wants each source to be */
    seg_number result;                  /* what it gives */
} seg_map;

/* A function for each kind of number, by seg_number; NULL where the operator does not take it. */
typedef struct seg_bodies {
    seg_map_body of[4];
    bool bools; /* whether bool counts as an integer here */
} seg_bodies;

/* The body for source `src` in *body. SEG_UNSUPPORTED. */
seg_status seg_eval_body(seg_eval *call, const seg_bodies *bodies, int src, seg_map_body *body);

/* Fills dst, which is made already. */
void seg_map_run(const seg_map *map, int threads, const seg_tensor *dst);

/*
 * The fold of any number of sources of one element type, each broadcast: body(acc, src[i]) with acc
 * starting as source 0; all of them numbers of that type. f16 and bf16 are rounded once, after the
 * last. `last` (NULL: none) is then applied to acc alone. SEG_NOMEM.
 */
seg_status seg_map_fold(seg_eval *call, seg_map_body body, seg_map_body last, const void *context,
                        const seg_tensor *dst);

/* Result 0 with the shape and type of source 0, by the body for its type. */
seg_status seg_eval_unary(seg_eval *call, const seg_bodies *bodies, const void *context);
/* Result 0 of sources 0 and 1, which must have one type and broadcast. */
seg_status seg_eval_binary(seg_eval *call, const seg_bodies *bodies, const void *context);
/* The same with a bool result: bodies give int64_t. */
seg_status seg_eval_relation(seg_eval *call, const seg_bodies *bodies);

#endif
