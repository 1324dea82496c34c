/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* fold.c: what a program computes from its constants alone becomes constants. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "runtime/state.h"

/* Only what is smaller than the weights it comes from and beside: an Expand may ask for anything. */
enum { MOST_BYTES = 1 << 28 };

static bool foldable(const seg_runtime *runtime, size_t index)
{
    const seg_program_node *node = &runtime->program->nodes[index];
    if (runtime->ops[index]->varies)
        return false;
    for (int k = 0; k < node->src_count; k++) {
        if (node->src[k] != SEG_NO_SLOT && runtime->outside[node->src[k]].fixed == NULL)
            return false;
    }
    return true;
}

static void keep_results(seg_runtime *runtime, const seg_program_node *node)
{
    for (int k = 0; k < node->dst_count; k++) {
        seg_tensor *dst = &runtime->dst[k];
        if (node->dst[k] != SEG_NO_SLOT) {
            seg_slot_put(runtime, node->dst[k], dst, true);
            runtime->outside[node->dst[k]].fixed = dst->data;
        } else {
            seg_block_free(dst->data);
        }
        *dst = (seg_tensor){.data = NULL};
    }
}

/* Copy the results into the program; a node whose every result is one is marked. */
static seg_status move_results(seg_program *program, const seg_runtime *runtime,
                               const bool *folded, seg_error *err)
{
    seg_status status = SEG_OK;
    for (size_t i = 0; status == SEG_OK && i < program->node_count; i++) {
        const seg_program_node *node = &program->nodes[i];
        for (int k = 0; status == SEG_OK && folded[i] && k < node->dst_count; k++) {
            seg_slot slot = node->dst[k];
            void *memory;
            if (slot == SEG_NO_SLOT)
                continue;
            const seg_shape *shape = &runtime->outside[slot].shape;
            status = seg_program_constant(program, slot, shape, NULL, &memory, err);
            if (status == SEG_OK)
                memcpy(memory, runtime->holders[slot].data, seg_shape_size(shape));
        }
    }
    return status;
}

seg_status seg_runtime_fold(seg_program *program, seg_error *err)
{
    const seg_runtime_opts opts = {.memory_limit = MOST_BYTES};
    seg_runtime *runtime;
    seg_status status = seg_runtime_new(&runtime, program, &opts, err);
    if (status != SEG_OK)
        return status;
    bool *folded = calloc(program->node_count + 1, sizeof *folded);
    if (folded == NULL)
        status = seg_fail_nomem(err, program->node_count, program->path);
    for (size_t i = 0; status == SEG_OK && i < program->node_count; i++) {
        if (!foldable(runtime, i))
            continue;
        status = seg_runtime_evaluate(runtime, (int)i, err);
        folded[i] = status == SEG_OK;
        if (folded[i])
            keep_results(runtime, &program->nodes[i]);
        else if (status == SEG_LIMIT) /* too large to keep: left to the run */
            status = SEG_OK;
    }
    if (status == SEG_OK)
        status = move_results(program, runtime, folded, err);
    seg_runtime_free(runtime);
    size_t kept = 0;
    for (size_t i = 0; status == SEG_OK && i < program->node_count; i++) {
        if (!folded[i])
            program->nodes[kept++] = program->nodes[i];
    }
    if (status == SEG_OK)
        program->node_count = kept;
    free(folded);
    return status;
}
