/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* emit.c: building a program with a sticky failure. */
#include "program/emit.h"

#include <string.h>

#include "base/error.h"

static void *copy(seg_emit *emit, const void *data, size_t size)
{
    if (emit->status != SEG_OK || data == NULL)
        return NULL;
    void *out = seg_arena_alloc(&emit->program->arena, size);
    if (out == NULL)
        emit->status = seg_fail_nomem(emit->err, size, emit->program->path);
    else
        memcpy(out, data, size);
    return out;
}

static void copy_attribute(seg_emit *emit, const seg_attribute *from, seg_attribute *to)
{
    *to = *from;
    to->name = copy(emit, from->name, strlen(from->name) + 1);
    to->ints = copy(emit, from->ints, (size_t)from->count * sizeof *from->ints);
    to->floats = copy(emit, from->floats, (size_t)from->count * sizeof *from->floats);
    if (from->text != NULL)
        to->text = copy(emit, from->text, strlen(from->text) + 1);
}

static seg_slot fresh(seg_emit *emit, const char *name)
{
    seg_slot slot = SEG_NO_SLOT;
    if (emit->status == SEG_OK)
        emit->status = seg_program_slot_fresh(emit->program, name, &slot, emit->err);
    return slot;
}

seg_slot seg_emit_node(seg_emit *emit, const char *op, const char *name, int src_count,
                       const seg_slot *src, int attribute_count, const seg_attribute *attributes)
{
    seg_slot dst = fresh(emit, name);
    seg_program_node *node;
    /* Named as its result: some readers want the names of nodes to be unique. */
    if (emit->status == SEG_OK)
        emit->status = seg_program_node_add(emit->program, "", op, emit->program->slots[dst].name,
                                            src_count, 1, attribute_count, &node, emit->err);
    if (emit->status != SEG_OK)
        return SEG_NO_SLOT;
    memcpy(node->src, src, (size_t)src_count * sizeof *src);
    node->dst[0] = dst;
    seg_attribute *list = attribute_count > 0
                              ? copy(emit, attributes, (size_t)attribute_count * sizeof *list)
                              : NULL;
    for (int i = 0; list != NULL && i < attribute_count; i++)
        copy_attribute(emit, &attributes[i], &list[i]);
    if (list != NULL)
        node->attributes = list;
    return emit->status == SEG_OK ? dst : SEG_NO_SLOT;
}

seg_slot seg_emit_constant(seg_emit *emit, const char *name, const seg_shape *shape,
                           const void *data, void **filled)
{
    void *memory = NULL;
    seg_slot slot = fresh(emit, name);
    if (emit->status == SEG_OK)
        emit->status = seg_program_constant(emit->program, slot, shape, NULL, &memory, emit->err);
    if (emit->status == SEG_OK && data != NULL)
        memcpy(memory, data, seg_shape_size(shape));
    if (filled != NULL)
        *filled = emit->status == SEG_OK ? memory : NULL;
    return emit->status == SEG_OK ? slot : SEG_NO_SLOT;
}

seg_slot seg_emit_list(seg_emit *emit, const char *name, int count, const int64_t *values)
{
    const seg_shape shape = {.dtype = SEG_I64, .rank = 1, .dim = {count}};
    return seg_emit_constant(emit, name, &shape, values, NULL);
}

seg_slot seg_emit_input(seg_emit *emit, const char *name, const seg_shape *shape)
{
    seg_slot slot = SEG_NO_SLOT;
    if (emit->status == SEG_OK)
        emit->status = seg_program_slot_named(emit->program, name, &slot, emit->err);
    if (emit->status != SEG_OK)
        return SEG_NO_SLOT;
    emit->program->slots[slot].shape = *shape;
    emit->status = seg_program_input(emit->program, slot, emit->err);
    return slot;
}

void seg_emit_output(seg_emit *emit, const char *name, const seg_shape *shape, seg_slot value)
{
    seg_slot slot = SEG_NO_SLOT;
    seg_program_node *node;
    if (emit->status == SEG_OK)
        emit->status = seg_program_slot_named(emit->program, name, &slot, emit->err);
    if (emit->status == SEG_OK)
        emit->status =
            seg_program_node_add(emit->program, "", "Identity", name, 1, 1, 0, &node, emit->err);
    if (emit->status != SEG_OK)
        return;
    node->src[0] = value;
    node->dst[0] = slot;
    emit->program->slots[slot].shape = *shape;
    emit->status = seg_program_output(emit->program, slot, emit->err);
}
