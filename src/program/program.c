/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* program.c: building a program: slots by name, constants, nodes, metadata. */
#include "program/program.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Slots by name: open addressing, at most half full. */
typedef struct name_table {
    size_t capacity;  /* a power of two, or 0 */
    seg_slot *places; /* SEG_NO_SLOT: free */
} name_table;

seg_status seg_program_new(seg_program **out, const char *path, const char *format, seg_error *err)
{
    *out = NULL;
    seg_program *program = calloc(1, sizeof *program);
    if (program == NULL)
        return seg_fail_nomem(err, sizeof *program, path);
    program->names = calloc(1, sizeof(name_table));
    program->path = seg_arena_strdup(&program->arena, path);
    program->format = seg_arena_strdup(&program->arena, format);
    if (program->names == NULL || program->path == NULL || program->format == NULL) {
        seg_program_free(program);
        return seg_fail_nomem(err, strlen(path) + sizeof(name_table), path);
    }
    program->producer = "";
    *out = program;
    return SEG_OK;
}

void seg_program_free(seg_program *program)
{
    if (program == NULL)
        return;
    name_table *names = program->names;
    if (names != NULL)
        free(names->places);
    free(names);
    free(program->slots);
    free(program->nodes);
    free(program->inputs);
    free(program->outputs);
    free(program->texts);
    free(program->file);
    seg_arena_release(&program->arena);
    free(program);
}

/* FNV-1a, 64 bits, with its high half folded in. */
static size_t hash_of(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return (size_t)(hash ^ hash >> 32);
}

/* Where name is, or would go; the table has room. */
static seg_slot *place_of(const seg_program *program, const char *name)
{
    const name_table *names = program->names;
    size_t mask = names->capacity - 1, at = hash_of(name) & mask;
    while (names->places[at] != SEG_NO_SLOT &&
           strcmp(program->slots[names->places[at]].name, name) != 0)
        at = (at + 1) & mask;
    return &names->places[at];
}

/* Room for one name more than there are slots. */
static bool grow_names(seg_program *program)
{
    name_table *names = program->names;
    if (program->slot_count < names->capacity / 2)
        return true;
    size_t capacity = names->capacity == 0 ? 64 : 2 * names->capacity, bytes;
    if (!seg_size_mul(capacity, sizeof *names->places, &bytes))
        return false;
    seg_slot *places = malloc(bytes);
    if (places == NULL)
        return false;
    for (size_t i = 0; i < capacity; i++)
        places[i] = SEG_NO_SLOT;
    free(names->places);
    *names = (name_table){capacity, places};
    for (size_t i = 0; i < program->slot_count; i++)
        *place_of(program, program->slots[i].name) = (seg_slot)i;
    return true;
}

/* One item more in the array that the pointer at `array` holds; NULL when out of memory. */
static void *append(void *array, size_t *capacity, size_t *count, size_t item_size)
{
    void *items; /* copied, as the pointer has a type of its own */
    memcpy(&items, array, sizeof items);
    if (!seg_array_reserve(&items, capacity, *count + 1, item_size))
        return NULL;
    memcpy(array, &items, sizeof items);
    return (unsigned char *)items + (*count)++ * item_size;
}

#define APPEND(program, noun)                                                                      \
    append(&(program)->noun##s, &(program)->noun##_capacity, &(program)->noun##_count,             \
           sizeof *(program)->noun##s)

/* A slot of this name, which the table does not have; place is where it goes. */
static seg_status add_slot(seg_program *program, const char *name, seg_slot *place, seg_slot *slot,
                           seg_error *err)
{
    if (program->slot_count >= INT_MAX)
        return seg_fail(err, SEG_LIMIT, "%s: more than %d values", program->path, INT_MAX);
    const char *copy = seg_arena_strdup(&program->arena, name);
    seg_program_slot *added = copy != NULL ? APPEND(program, slot) : NULL;
    if (added == NULL)
        return seg_fail_nomem(err, sizeof *added + strlen(name), program->path);
    *added = (seg_program_slot){.name = copy, .shape = {.rank = SEG_UNKNOWN_RANK}};
    *slot = *place = (seg_slot)(program->slot_count - 1);
    return SEG_OK;
}

seg_status seg_program_slot_named(seg_program *program, const char *name, seg_slot *slot,
                                  seg_error *err)
{
    *slot = SEG_NO_SLOT;
    if (!grow_names(program))
        return seg_fail_nomem(err, program->slot_count * 2 * sizeof *slot, program->path);
    seg_slot *place = place_of(program, name);
    if (*place == SEG_NO_SLOT)
        return add_slot(program, name, place, slot, err);
    *slot = *place;
    return SEG_OK;
}

seg_status seg_program_slot_fresh(seg_program *program, const char *stem, seg_slot *slot,
                                  seg_error *err)
{
    *slot = SEG_NO_SLOT;
    const size_t size = strlen(stem) + 32;
    char *name = malloc(size);
    if (name == NULL || !grow_names(program)) {
        free(name);
        return seg_fail_nomem(err, size, program->path);
    }
    snprintf(name, size, "%s", stem);
    seg_slot *place = place_of(program, name);
    for (size_t number = program->slot_count; *place != SEG_NO_SLOT; number++) {
        snprintf(name, size, "%s_%zu", stem, number);
        place = place_of(program, name);
    }
    seg_status status = add_slot(program, name, place, slot, err);
    free(name);
    return status;
}

seg_slot seg_program_find(const seg_program *program, const char *name)
{
    const name_table *names = program->names;
    return names->capacity > 0 ? *place_of(program, name) : SEG_NO_SLOT;
}

seg_status seg_program_constant(seg_program *program, seg_slot slot, const seg_shape *shape,
                                const void *data, void **filled, seg_error *err)
{
    seg_program_slot *constant = &program->slots[slot];
    if (constant->constant != NULL)
        return seg_fail(err, SEG_FORMAT, "%s: the constant '%.200s' is given twice", program->path,
                        constant->name);
    if (!seg_shape_valid(shape))
        return seg_fail(err, SEG_LIMIT, "%s: the constant '%.200s' is too large", program->path,
                        constant->name);
    if (data == NULL) {
        size_t size = seg_shape_size(shape);
        data = *filled = seg_arena_alloc(&program->arena, size);
        if (data == NULL)
            return seg_fail_nomem(err, size, program->path);
    }
    constant->shape = *shape;
    constant->constant = data;
    return SEG_OK;
}

/* The arrays and texts of a node. False when out of memory. */
static bool fill_node(seg_arena *arena, seg_program_node *node, const char *domain, const char *op,
                      const char *name)
{
    node->domain = seg_arena_strdup(arena, domain);
    node->op = seg_arena_strdup(arena, op);
    node->name = seg_arena_strdup(arena, name);
    node->src = seg_arena_alloc(arena, (size_t)node->src_count * sizeof *node->src);
    node->dst = seg_arena_alloc(arena, (size_t)node->dst_count * sizeof *node->dst);
    seg_attribute *attributes =
        seg_arena_alloc(arena, (size_t)node->attribute_count * sizeof *attributes);
    node->attributes = attributes;
    if (node->domain == NULL || node->op == NULL || node->name == NULL || node->src == NULL ||
        node->dst == NULL || attributes == NULL)
        return false;
    for (int i = 0; i < node->src_count; i++)
        node->src[i] = SEG_NO_SLOT;
    for (int i = 0; i < node->dst_count; i++)
        node->dst[i] = SEG_NO_SLOT;
    return true;
}

seg_status seg_program_node_add(seg_program *program, const char *domain, const char *op,
                                const char *name, int src_count, int dst_count, int attribute_count,
                                seg_program_node **node, seg_error *err)
{
    *node = NULL;
    if (program->node_count >= INT_MAX)
        return seg_fail(err, SEG_LIMIT, "%s: more than %d nodes", program->path, INT_MAX);
    seg_program_node added = {
        .src_count = src_count, .dst_count = dst_count, .attribute_count = attribute_count};
    if (fill_node(&program->arena, &added, domain, op, name))
        *node = APPEND(program, node);
    if (*node == NULL)
        return seg_fail_nomem(err, sizeof added, program->path);
    **node = added;
    return SEG_OK;
}

seg_status seg_program_input(seg_program *program, seg_slot slot, seg_error *err)
{
    seg_slot *added = APPEND(program, input);
    if (added == NULL)
        return seg_fail_nomem(err, sizeof slot, program->path);
    *added = slot;
    return SEG_OK;
}

seg_status seg_program_output(seg_program *program, seg_slot slot, seg_error *err)
{
    seg_slot *added = APPEND(program, output);
    if (added == NULL)
        return seg_fail_nomem(err, sizeof slot, program->path);
    *added = slot;
    return SEG_OK;
}

seg_status seg_program_text_add(seg_program *program, const char *key, const char *value,
                                seg_error *err)
{
    seg_program_text text = {seg_arena_strdup(&program->arena, key),
                             seg_arena_strdup(&program->arena, value)};
    seg_program_text *added = text.key != NULL && text.value != NULL ? APPEND(program, text) : NULL;
    if (added == NULL)
        return seg_fail_nomem(err, strlen(key) + strlen(value), program->path);
    *added = text;
    return SEG_OK;
}
