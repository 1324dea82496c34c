/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * emit.h: programs written by our own hand: nodes and constants one after another, the first
 * failure sticks and later calls do nothing, so a translation reads as a list.
 */
#ifndef PROGRAM_EMIT_H
#define PROGRAM_EMIT_H

#include "program/program.h"

typedef struct seg_emit {
    seg_program *program;
    seg_error *err;
    seg_status status; /* SEG_OK so far */
} seg_emit;

/* Attributes as literals: seg_emit copies what they point to. */
static inline seg_attribute seg_attribute_int(const char *name, const int64_t *value)
{
    return (seg_attribute){.name = name, .type = SEG_ATTRIBUTE_INT, .count = 1, .ints = value};
}
static inline seg_attribute seg_attribute_ints(const char *name, int count, const int64_t *values)
{
    return (seg_attribute){
        .name = name, .type = SEG_ATTRIBUTE_INTS, .count = count, .ints = values};
}
static inline seg_attribute seg_attribute_float(const char *name, const float *value)
{
    return (seg_attribute){.name = name, .type = SEG_ATTRIBUTE_FLOAT, .count = 1, .floats = value};
}
static inline seg_attribute seg_attribute_text(const char *name, const char *text)
{
    return (seg_attribute){.name = name, .type = SEG_ATTRIBUTE_TEXT, .count = 1, .text = text};
}

/* A node of ONNX's own domain with one result in a fresh slot; both have one name, `name` or what
 * seg_program_slot_fresh makes of it. */
seg_slot seg_emit_node(seg_emit *emit, const char *op, const char *name, int src_count,
                       const seg_slot *src, int attribute_count, const seg_attribute *attributes);
/* A constant with a copy of data; data NULL: *filled receives memory to fill. */
seg_slot seg_emit_constant(seg_emit *emit, const char *name, const seg_shape *shape,
                           const void *data, void **filled);
/* A vector of int64, such as a shape. */
seg_slot seg_emit_list(seg_emit *emit, const char *name, int count, const int64_t *values);
/* An input or output called exactly `name`. */
seg_slot seg_emit_input(seg_emit *emit, const char *name, const seg_shape *shape);
void seg_emit_output(seg_emit *emit, const char *name, const seg_shape *shape, seg_slot value);

#endif
