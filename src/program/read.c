/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* read.c: attributes, metadata and names of a program. */
#include <stdio.h>
#include <string.h>

#include "program/program.h"

const seg_attribute *seg_program_attribute(const seg_program_node *node, const char *name)
{
    for (int i = 0; i < node->attribute_count; i++) {
        if (node->attributes[i].name != NULL && strcmp(node->attributes[i].name, name) == 0)
            return &node->attributes[i];
    }
    return NULL;
}

int64_t seg_program_int(const seg_program_node *node, const char *name, int64_t missing)
{
    const seg_attribute *found = seg_program_attribute(node, name);
    return found != NULL && found->type == SEG_ATTRIBUTE_INT ? found->ints[0] : missing;
}

float seg_program_float(const seg_program_node *node, const char *name, float missing)
{
    const seg_attribute *found = seg_program_attribute(node, name);
    return found != NULL && found->type == SEG_ATTRIBUTE_FLOAT ? found->floats[0] : missing;
}

const char *seg_program_get_text(const seg_program_node *node, const char *name,
                                 const char *missing)
{
    const seg_attribute *found = seg_program_attribute(node, name);
    return found != NULL && found->type == SEG_ATTRIBUTE_TEXT ? found->text : missing;
}

int64_t seg_program_ints(const seg_program_node *node, const char *name, const int64_t **ints)
{
    const seg_attribute *found = seg_program_attribute(node, name);
    if (found == NULL || found->type != SEG_ATTRIBUTE_INTS)
        return 0;
    *ints = found->ints;
    return found->count;
}

int64_t seg_program_floats(const seg_program_node *node, const char *name, const float **floats)
{
    const seg_attribute *found = seg_program_attribute(node, name);
    if (found == NULL || found->type != SEG_ATTRIBUTE_FLOATS)
        return 0;
    *floats = found->floats;
    return found->count;
}

const char *seg_program_text_of(const seg_program *program, const char *key)
{
    for (size_t i = 0; i < program->text_count; i++) {
        if (strcmp(program->texts[i].key, key) == 0)
            return program->texts[i].value;
    }
    return NULL;
}

const char *seg_program_node_text(const seg_program *program, const seg_program_node *node,
                                  char text[SEG_NODE_TEXT_SIZE])
{
    const char *name = node->name;
    for (int i = 0; i < node->dst_count && name[0] == '\0'; i++) {
        if (node->dst[i] != SEG_NO_SLOT)
            name = program->slots[node->dst[i]].name;
    }
    snprintf(text, SEG_NODE_TEXT_SIZE, "%.48s '%.100s'", node->op, name);
    return text;
}
