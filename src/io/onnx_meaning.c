/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * onnx_meaning.c: operators whose meaning changed before operator set 7 (github.com/onnx/onnx,
 * docs/Changelog.md). Broadcasting from an axis on is brought to today's form where the ranks are
 * known; other nodes in an older form are refused rather than misread.
 */
#include <string.h>

#include "base/error.h"
#include "io/onnx_parts.h"

/* Not read in operator sets before `since`. */
static const struct {
    const char *op;
    int since;
} changes[] = {
    {"Cast", 6},     /* the type was text */
    {"Pad", 2},      /* "paddings" */
    {"Reshape", 5},  /* the shape was an attribute */
    {"Split", 2},    /* the lengths were an input */
    {"Tile", 6},     /* repeats of one axis */
    {"Upsample", 7}, /* two scales as attributes */
};

/* Before set 7 their second source could lie along any axes of the first. */
static const char *const broadcasting[] = {"Add", "Sub", "Mul",   "Div",  "Pow",    "And",
                                           "Or",  "Xor", "Equal", "Less", "Greater"};

/* A node that is looked at. */
typedef struct place {
    seg_program *program;
    seg_program_node *node;
    seg_error *err;
} place;

static seg_status refuse(const place *at, const char *why)
{
    char text[SEG_NODE_TEXT_SIZE];
    return seg_fail(at->err, SEG_UNSUPPORTED, "%s: %s of operator set %d %s", at->program->path,
                    seg_program_node_text(at->program, at->node, text), at->program->opset, why);
}

/*
 * The second source as today's broadcasting wants it: with extents of 1 behind its own, so that
 * they lie along those of the first source from `axis` on.
 */
static seg_status align(const place *at, int64_t axis)
{
    const seg_program_slot *slots = at->program->slots;
    const seg_slot *src = at->node->src;
    if (at->node->src_count < 2 || src[0] == SEG_NO_SLOT || src[1] == SEG_NO_SLOT)
        return SEG_OK; /* the operator will say what it lacks */
    const seg_program_slot *second = &slots[src[1]];
    seg_shape shape = second->shape;
    const int rank = slots[src[0]].shape.rank;
    if (shape.rank == 0 || (second->constant != NULL && seg_shape_count(&shape) == 1))
        return SEG_OK;
    if (shape.rank == SEG_UNKNOWN_RANK || rank == SEG_UNKNOWN_RANK)
        return refuse(at, "broadcasts along an axis, which is read only where the ranks are known");
    if (axis < 0)
        axis += rank;
    if (axis == rank - shape.rank)
        return SEG_OK;
    if (axis < 0 || axis > rank - shape.rank || second->constant == NULL)
        return refuse(at, "broadcasts along an axis, which is read only for constants that fit");
    while (shape.rank < rank - (int)axis)
        shape.dim[shape.rank++] = 1;
    seg_slot made;
    const void *data = second->constant;
    seg_status status = seg_program_slot_fresh(at->program, second->name, &made, at->err);
    if (status == SEG_OK)
        status = seg_program_constant(at->program, made, &shape, data, NULL, at->err);
    if (status == SEG_OK)
        at->node->src[1] = made;
    return status;
}

static seg_status check_broadcasting(const place *at)
{
    /* Slopes, one for each channel. */
    if (strcmp(at->node->op, "PRelu") == 0)
        return align(at, 1);
    if (seg_program_attribute(at->node, "axis") == NULL)
        return SEG_OK;
    for (size_t i = 0; i < sizeof broadcasting / sizeof *broadcasting; i++) {
        if (strcmp(broadcasting[i], at->node->op) == 0)
            return align(at, seg_program_int(at->node, "axis", 0));
    }
    return SEG_OK;
}

seg_status seg_onnx_check_meaning(seg_program *program, seg_program_node *node, seg_error *err)
{
    const place at = {program, node, err};
    if (program->opset >= 7 || node->domain[0] != '\0')
        return SEG_OK;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        if (strcmp(changes[i].op, node->op) == 0 && program->opset < changes[i].since)
            return refuse(&at, "is in a form that is not read");
    }
    if (strcmp(node->op, "Concat") == 0 && seg_program_attribute(node, "axis") == NULL)
        return refuse(&at, "has no axis"); /* which was 1 before set 4 */
    /* They trained unless told otherwise. */
    if ((strcmp(node->op, "BatchNormalization") == 0 || strcmp(node->op, "Dropout") == 0) &&
        seg_program_int(node, "is_test", 0) == 0)
        return refuse(&at, "is in its form for training (is_test 0)");
    return check_broadcasting(&at);
}
