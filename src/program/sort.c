/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * sort.c: seg_program_finish: who writes what, and an order in which the nodes can run.
 *
 * A depth-first walk from the nodes in the order of the file puts a node behind the writers of its
 * sources; so a file that is in order, as ONNX asks, stays as it is.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "program/program.h"

enum { NOBODY = -1, OUTSIDE = -2 }; /* writers that are no nodes */

typedef struct step {
    int node, src; /* src: the next source to look at */
} step;

typedef struct sorter {
    seg_program *program;
    int *writer;                        /* [slot_count] index of a node, NOBODY or OUTSIDE */
    enum { NEW, OPEN, PLACED } * state; /* [node_count] */
    step *stack;                        /* [node_count] the open nodes */
    seg_program_node *order;            /* [node_count] the placed nodes */
    size_t placed;
    seg_error *err;
} sorter;

static const char *slot_name(const sorter *sort, seg_slot slot)
{
    return sort->program->slots[slot].name;
}

static seg_status mark_outside(sorter *sort)
{
    const seg_program *program = sort->program;
    for (size_t i = 0; i < program->slot_count; i++)
        sort->writer[i] = program->slots[i].constant != NULL ? OUTSIDE : NOBODY;
    for (size_t i = 0; i < program->input_count; i++) {
        seg_slot slot = program->inputs[i];
        if (sort->writer[slot] != NOBODY)
            return seg_fail(sort->err, SEG_FORMAT, "%s: the input '%.200s' is %s", program->path,
                            slot_name(sort, slot),
                            program->slots[slot].constant != NULL ? "a constant" : "listed twice");
        sort->writer[slot] = OUTSIDE;
    }
    return SEG_OK;
}

static seg_status two_writers(const sorter *sort, const seg_program_node *node, seg_slot slot)
{
    const seg_program *program = sort->program;
    char text[SEG_NODE_TEXT_SIZE], other[SEG_NODE_TEXT_SIZE];
    const char *first = program->slots[slot].constant != NULL ? "a constant" : "an input";
    if (sort->writer[slot] >= 0)
        first = seg_program_node_text(program, &program->nodes[sort->writer[slot]], other);
    return seg_fail(sort->err, SEG_FORMAT, "%s: %s writes '%.100s', which %s %s already",
                    program->path, seg_program_node_text(program, node, text),
                    slot_name(sort, slot), sort->writer[slot] >= 0 ? "is written by" : "is", first);
}

static seg_status mark_results(sorter *sort)
{
    const seg_program *program = sort->program;
    for (size_t n = 0; n < program->node_count; n++) {
        const seg_program_node *node = &program->nodes[n];
        for (int i = 0; i < node->dst_count; i++) {
            if (node->dst[i] == SEG_NO_SLOT)
                continue;
            if (sort->writer[node->dst[i]] != NOBODY)
                return two_writers(sort, node, node->dst[i]);
            sort->writer[node->dst[i]] = (int)n;
        }
    }
    return SEG_OK;
}

static seg_status check_readers(const sorter *sort)
{
    const seg_program *program = sort->program;
    char text[SEG_NODE_TEXT_SIZE];
    for (size_t n = 0; n < program->node_count; n++) {
        const seg_program_node *node = &program->nodes[n];
        for (int i = 0; i < node->src_count; i++) {
            if (node->src[i] != SEG_NO_SLOT && sort->writer[node->src[i]] == NOBODY)
                return seg_fail(sort->err, SEG_FORMAT, "%s: %s reads '%.200s', which nothing makes",
                                program->path, seg_program_node_text(program, node, text),
                                slot_name(sort, node->src[i]));
        }
    }
    for (size_t i = 0; i < program->output_count; i++) {
        if (sort->writer[program->outputs[i]] == NOBODY)
            return seg_fail(sort->err, SEG_FORMAT, "%s: nothing makes the output '%.200s'",
                            program->path, slot_name(sort, program->outputs[i]));
    }
    return SEG_OK;
}

/* Put `first` behind all that it needs. */
static seg_status place(sorter *sort, int first)
{
    const seg_program *program = sort->program;
    char text[SEG_NODE_TEXT_SIZE];
    size_t depth = 0;
    sort->state[first] = OPEN;
    sort->stack[depth++] = (step){first, 0};
    while (depth > 0) {
        step *top = &sort->stack[depth - 1];
        const seg_program_node *node = &program->nodes[top->node];
        if (top->src == node->src_count) {
            sort->state[top->node] = PLACED;
            sort->order[sort->placed++] = *node;
            depth--;
            continue;
        }
        seg_slot slot = node->src[top->src++];
        int writer = slot != SEG_NO_SLOT ? sort->writer[slot] : OUTSIDE;
        if (writer < 0 || sort->state[writer] == PLACED)
            continue;
        if (sort->state[writer] == OPEN)
            return seg_fail(sort->err, SEG_FORMAT,
                            "%s: %s is part of a cycle: its input '%.200s' is made from its result",
                            program->path, seg_program_node_text(program, node, text),
                            slot_name(sort, slot));
        sort->state[writer] = OPEN;
        sort->stack[depth++] = (step){writer, 0};
    }
    return SEG_OK;
}

static void mark_read(seg_program *program)
{
    for (size_t n = 0; n < program->node_count; n++) {
        const seg_program_node *node = &program->nodes[n];
        for (int i = 0; i < node->src_count; i++) {
            if (node->src[i] != SEG_NO_SLOT)
                program->slots[node->src[i]].read = true;
        }
    }
    for (size_t i = 0; i < program->output_count; i++)
        program->slots[program->outputs[i]].read = true;
}

static seg_status run(sorter *sort)
{
    seg_program *program = sort->program;
    seg_status status = mark_outside(sort);
    if (status == SEG_OK)
        status = mark_results(sort);
    if (status == SEG_OK)
        status = check_readers(sort);
    for (size_t n = 0; n < program->node_count && status == SEG_OK; n++) {
        if (sort->state[n] == NEW)
            status = place(sort, (int)n);
    }
    if (status == SEG_OK && program->node_count > 0)
        memcpy(program->nodes, sort->order, program->node_count * sizeof *program->nodes);
    mark_read(program);
    return status;
}

seg_status seg_program_finish(seg_program *program, seg_error *err)
{
    size_t nodes = program->node_count + 1;
    sorter sort = {.program = program, .err = err};
    sort.writer = calloc(program->slot_count + 1, sizeof *sort.writer);
    sort.state = calloc(nodes, sizeof *sort.state);
    sort.stack = calloc(nodes, sizeof *sort.stack);
    sort.order = calloc(nodes, sizeof *sort.order);
    seg_status status;
    if (sort.writer == NULL || sort.state == NULL || sort.stack == NULL || sort.order == NULL)
        status = seg_fail_nomem(err, nodes * sizeof *sort.order, program->path);
    else
        status = run(&sort);
    free(sort.writer);
    free(sort.state);
    free(sort.stack);
    free(sort.order);
    return status;
}
