/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * recompute.c: training within a bound of memory.
 *
 * A result that the backward pass reads is kept from its forward pass, or made once more just before
 * its first reader there, from what is kept or itself made once more (Chen, Xu, Zhang, Guestrin
 * 2016). The result is the same bit for bit: nothing that an op reads has changed between.
 *
 * Which results: the cheapest for their bytes first, as many as the bound takes. More is not always
 * less memory: results that are made from each other, back to the first, are all wanted at once. So
 * counts are tried in steps from none to all, and then between the last that was too large and the
 * first that fits.
 */
#include <stdlib.h>

#include "base/error.h"
#include "graph/exec_plan.h"

enum { STEPS = 24 };

/* What a byte that is moved and a multiply-add cost beside each other, in nanoseconds of two
 * threads: 40 GB/s, 250 G multiply-adds a second. */
static const double BYTE_COST = 1.0 / 40, MULTIPLY_ADD_COST = 1.0 / 250;
/* Results that cost more, for each of their bytes, are kept: a few times what moving them costs. */
static const double COST_MOST = 0.5;

typedef struct candidate {
    int node;
    double cost; /* for each byte of its result */
} candidate;

static bool is_output(const seg_graph *graph, seg_value value)
{
    for (size_t i = 0; i < graph->output_count; i++) {
        if (graph->outputs[i].value == value)
            return true;
    }
    return false;
}

bool seg_exec_reads_dst(const seg_exec *exec, int index)
{
    const seg_graph_node *node = &exec->graph->nodes[index];
    const bool fused = (node->op->flags & SEG_OP_FUSES_TRAIN) != 0 &&
                       *(const int64_t *)node->params != SEG_ACT_NONE;
    return exec->nodes[index].runs_backward && (fused || (node->op->flags & SEG_OP_READS_DST));
}

bool seg_exec_reads_src(const seg_exec *exec, int index)
{
    return exec->nodes[index].runs_backward &&
           (exec->graph->nodes[index].op->flags & SEG_OP_READS_SRC) != 0;
}

/* The first moment at which node i's result is wanted again, by a backward pass or by a node that is
 * itself made once more; NEVER if by none. */
static int wanted_again(const seg_exec *exec, int i)
{
    const seg_graph *graph = exec->graph;
    const int count = (int)graph->node_count;
    int moment = seg_exec_reads_dst(exec, i) ? 2 * count - 1 - i : SEG_NEVER;
    for (int j = i + 1; j < count; j++) {
        bool reads = false;
        for (int k = 0; k < graph->nodes[j].src_count; k++)
            reads = reads || graph->nodes[j].src[k] == graph->nodes[i].dst;
        if (reads && seg_exec_reads_src(exec, j) && 2 * count - 1 - j < moment)
            moment = 2 * count - 1 - j;
        if (reads && exec->again[j] < moment)
            moment = exec->again[j];
    }
    return moment;
}

static double cost_of(const seg_exec *exec, int i)
{
    const seg_op_call *call = &exec->nodes[i].call;
    const seg_op *op = exec->graph->nodes[i].op;
    const double size = (double)seg_shape_size(&call->dst->shape);
    double bytes = size;
    for (int k = 0; k < call->src_count; k++)
        bytes += (double)seg_shape_size(&call->src[k].shape);
    const double products = op->multiply_adds != NULL ? (double)op->multiply_adds(call) : 0;
    return (bytes * BYTE_COST + products * MULTIPLY_ADD_COST) / (size > 0 ? size : 1);
}

static int compare_cost(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->cost != y->cost)
        return x->cost < y->cost ? -1 : 1;
    return x->node - y->node;
}

/* Returns how many there are. */
static int find_candidates(seg_exec *exec, candidate *out)
{
    int count = 0;
    for (int i = 0; i < (int)exec->graph->node_count; i++) {
        const seg_value dst = exec->graph->nodes[i].dst;
        const candidate c = {i, cost_of(exec, i)};
        if (!is_output(exec->graph, dst) && c.cost <= COST_MOST &&
            wanted_again(exec, i) != SEG_NEVER)
            out[count++] = c;
    }
    qsort(out, (size_t)count, sizeof *out, compare_cost);
    return count;
}

/* Plan with the first `count` candidates made once more. */
static seg_status attempt(seg_exec *exec, const candidate *candidates, int count, seg_error *err)
{
    bool *chosen = calloc(exec->graph->node_count + 1, sizeof *chosen);
    if (chosen == NULL)
        return seg_fail_nomem(err, exec->graph->node_count, "the plan");
    for (int i = 0; i < count; i++)
        chosen[candidates[i].node] = true;
    for (int i = (int)exec->graph->node_count; i-- > 0;)
        exec->again[i] = chosen[i] ? wanted_again(exec, i) : SEG_NEVER;
    free(chosen);
    return seg_exec_plan_anew(exec, err);
}

/* The arena of the plan, or the least so far in *least. */
static seg_status measure(seg_exec *exec, const candidate *candidates, int count, size_t *least,
                          seg_error *err)
{
    seg_status status = attempt(exec, candidates, count, err);
    if (status == SEG_OK && exec->arena_bytes < *least)
        *least = exec->arena_bytes;
    return status;
}

static bool fits(const seg_exec *exec)
{
    return exec->arena_bytes <= exec->opts.memory_limit;
}

/* As few of the candidates as fit; leaves the plan. */
static seg_status search(seg_exec *exec, const candidate *candidates, int count, seg_error *err)
{
    size_t least = exec->arena_bytes;
    int low = 0, high = 0;
    seg_status status = SEG_OK;
    for (int step = 1; step <= STEPS && status == SEG_OK && !fits(exec); step++) {
        low = high;
        high = count * step / STEPS;
        status = measure(exec, candidates, high, &least, err);
    }
    if (status == SEG_OK && !fits(exec))
        return seg_fail(err, SEG_LIMIT,
                        "a training step needs %zu bytes at least, more than the limit of %zu",
                        least, exec->opts.memory_limit);
    while (status == SEG_OK && high - low > 1) {
        const int middle = low + (high - low) / 2;
        status = measure(exec, candidates, middle, &least, err);
        if (fits(exec))
            high = middle;
        else
            low = middle;
    }
    return status == SEG_OK ? attempt(exec, candidates, high, err) : status;
}

seg_status seg_exec_fit(seg_exec *exec, seg_error *err)
{
    if (exec->opts.memory_limit == 0 || fits(exec))
        return SEG_OK;
    candidate *candidates = calloc(exec->graph->node_count + 1, sizeof *candidates);
    if (candidates == NULL)
        return seg_fail_nomem(err, exec->graph->node_count * sizeof *candidates, "the plan");
    seg_status status = search(exec, candidates, find_candidates(exec, candidates), err);
    free(candidates);
    return status;
}
