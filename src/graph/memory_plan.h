/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * memory_plan.h: where buffers of known lifetimes lie in one arena.
 *
 * Two buffers may share bytes when they are never alive at the same moment. Buffers are placed
 * largest first, each at the lowest offset that is free during its whole life ("greedy by size",
 * Pisarchyk and Lee 2020): within a few per cent of the lower bound on the networks here.
 */
#ifndef GRAPH_MEMORY_PLAN_H
#define GRAPH_MEMORY_PLAN_H

#include <stddef.h>

#include "seg/status.h"

typedef struct seg_buffer {
    size_t size;     /* bytes; 0: takes no room */
    int first, last; /* moments, both included */
    size_t offset;   /* result, a multiple of SEG_ALIGN */
} seg_buffer;

/* Sets every offset; *total receives the arena's size. Errors: SEG_NOMEM, SEG_LIMIT (overflow). */
seg_status seg_memory_plan(seg_buffer *buffers, size_t count, size_t *total, seg_error *err);

#endif
