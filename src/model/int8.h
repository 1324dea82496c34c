/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * int8.h: what makes a model run in integers: the ranges of its values, and the layers that stay
 * float. In a file this is the metadata "seg.int8" (docs/cli/convert.md has the format).
 */
#ifndef MODEL_INT8_H
#define MODEL_INT8_H

#include "graph/quantise.h"
#include "nets/net.h"

typedef struct seg_int8 {
    seg_range *items; /* ordered by name */
    double *snr_db;   /* [count] of the class scores where this layer alone is in integers; NaN:
                         not measured */
    double all_snr_db; /* with all layers together; of a file: NaN */
    size_t count, capacity;
    seg_arena names;
} seg_int8;

enum {
    SEG_INT8_VALUES_MAX = 4096, /* of a file */
    SEG_INT8_NUMBER_MAX = 1000000 /* a range's ends, at most */
};

void seg_int8_free(seg_int8 *int8); /* NULL is fine */

static inline seg_ranges seg_int8_ranges(const seg_int8 *int8)
{
    return (seg_ranges){int8->items, int8->count};
}

/* A value, put where it belongs; its name is copied. Errors: SEG_NOMEM. */
seg_status seg_int8_add(seg_int8 *int8, const char *value, double low, double high, seg_error *err);

/* JSON text (malloc'ed) and back. name is for errors. Errors: SEG_FORMAT, SEG_NOMEM. */
seg_status seg_int8_to_json(const seg_int8 *int8, char **json, seg_error *err);
seg_status seg_int8_from_json(seg_int8 **out, const char *json, const char *name, seg_error *err);

/* Every value is one of the network's, and the network can be quantised so. SEG_MISMATCH. */
seg_status seg_int8_check(const seg_int8 *int8, const seg_net_config *net, const char *name,
                          seg_error *err);

/* Whether weight `name` is of a layer that stays float, and so must not be rounded to a file. */
bool seg_int8_keeps(const seg_int8 *int8, const char *weight);

#endif
