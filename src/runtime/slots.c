/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* slots.c: the tensors between steps: who owns them, and in which layout they lie. */
#include "base/error.h"
#include "runtime/state.h"

void seg_slot_clear(seg_runtime *runtime, seg_slot slot)
{
    seg_holder *holder = &runtime->holders[slot];
    if (holder->owned) {
        runtime->allowance += holder->owned_bytes;
        seg_block_free(holder->data);
    }
    if (holder->moved != NULL) {
        runtime->allowance += holder->moved_bytes;
        seg_block_free(holder->moved);
    }
    *holder = (seg_holder){.uses = holder->uses, .traced = holder->traced};
    runtime->outside[slot] = (seg_outside){.shape = {.rank = SEG_UNKNOWN_RANK}};
}

void seg_slot_put(seg_runtime *runtime, seg_slot slot, const seg_tensor *tensor, bool owned)
{
    seg_slot_clear(runtime, slot);
    seg_holder *holder = &runtime->holders[slot];
    holder->kind = SEG_HOLDS_TENSOR;
    holder->data = tensor->data;
    holder->owned = owned;
    holder->owned_bytes = owned ? seg_shape_size(&tensor->shape) : 0;
    runtime->outside[slot].shape = tensor->shape;
    runtime->outside[slot].axes = seg_axes_identity(tensor->shape.rank);
}

void seg_slot_put_region(seg_runtime *runtime, seg_slot slot, const seg_shape *shape,
                         const seg_axes *axes, void *data)
{
    seg_tensor tensor = {*shape, data};
    seg_slot_put(runtime, slot, &tensor, false);
    runtime->outside[slot].axes = *axes;
}

seg_status seg_slot_get(seg_runtime *runtime, seg_slot slot, seg_tensor *out, seg_error *err)
{
    *out = (seg_tensor){.shape = {.rank = SEG_UNKNOWN_RANK}};
    if (slot == SEG_NO_SLOT)
        return SEG_OK;
    seg_holder *holder = &runtime->holders[slot];
    const seg_outside *outside = &runtime->outside[slot];
    const seg_axes identity = seg_axes_identity(outside->shape.rank);
    *out = (seg_tensor){outside->shape, holder->data};
    if (outside->shape.rank > SEG_LOWER_RANK ||
        seg_axes_same_order(&outside->shape, &outside->axes, &identity))
        return SEG_OK;
    if (holder->moved == NULL) {
        size_t size = seg_shape_size(&outside->shape);
        if (size > runtime->allowance)
            return seg_fail(err, SEG_LIMIT, "%s: '%s' exceeds the memory limit",
                            runtime->program->path, runtime->program->slots[slot].name);
        holder->moved = seg_block_new(size);
        if (holder->moved == NULL)
            return seg_fail_nomem(err, size, runtime->program->slots[slot].name);
        runtime->allowance -= size;
        holder->moved_bytes = size;
        seg_axes_copy(runtime->opts.threads, &outside->shape, holder->data, &outside->axes,
                      holder->moved, &identity);
    }
    out->data = holder->moved;
    return SEG_OK;
}
