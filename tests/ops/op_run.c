/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* op_run.c: run one op between guard zones. */
#include "ops/op_run.h"

#include "base/memory.h"
#include "test.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OP_RUN_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define OP_RUN_ASAN 1
#endif
#if defined(OP_RUN_ASAN)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(start, size)   ((void)(start), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(start, size) ((void)(start), (void)(size))
#endif

enum { GUARD = 256, NAN_BYTE = 0xff }; /* four bytes 0xff are a float NaN */

static void *guarded_new(op_run *run, size_t size)
{
    ck_assert_int_lt(run->block_count, OP_RUN_MAX_BLOCKS);
    uint8_t *block = seg_block_new(GUARD + size + GUARD);
    ck_assert_ptr_nonnull(block);
    memset(block, NAN_BYTE, GUARD + size + GUARD);
    uint8_t *data = block + GUARD;
    ASAN_POISON_MEMORY_REGION(block, GUARD);
    ASAN_POISON_MEMORY_REGION(data + size, GUARD);
    run->blocks[run->block_count] = data;
    run->sizes[run->block_count++] = size;
    return data;
}

static void guards_check(const op_run *run, const char *label)
{
    for (int i = 0; i < run->block_count; i++) {
        const uint8_t *front = (uint8_t *)run->blocks[i] - GUARD;
        const uint8_t *back = (uint8_t *)run->blocks[i] + run->sizes[i];
        ASAN_UNPOISON_MEMORY_REGION(front, GUARD);
        ASAN_UNPOISON_MEMORY_REGION(back, GUARD);
        for (int k = 0; k < GUARD; k++) {
            if (front[k] != NAN_BYTE || back[k] != NAN_BYTE) /* a passed ck_assert is slow */
                ck_abort_msg("%s %s: wrote outside buffer %d of %zu bytes, near byte %d",
                             run->op->name, label, i, run->sizes[i], k);
        }
        ASAN_POISON_MEMORY_REGION(front, GUARD);
        ASAN_POISON_MEMORY_REGION(back, GUARD);
    }
}

static void spoil(void *data, size_t size)
{
    if (data != NULL)
        memset(data, NAN_BYTE, size);
}

static void spoil_tensor(const seg_tensor *tensor)
{
    spoil(tensor->data, seg_shape_size(&tensor->shape));
}

static seg_tensor tensor_new(op_run *run, const seg_shape *shape)
{
    return (seg_tensor){*shape, guarded_new(run, seg_shape_size(shape))};
}

void op_run_init(op_run *run, const seg_op *op, const void *params, int src_count,
                 const seg_shape *src)
{
    memset(run, 0, sizeof *run);
    run->op = op;
    seg_error err;
    seg_shape dst;
    ck_ok(seg_op_check(op, params, src_count, src, &dst, &err), err);
    for (int i = 0; i < src_count; i++) {
        run->src[i] = tensor_new(run, &src[i]);
        run->diff_src[i] = tensor_new(run, &src[i]);
        memset(run->src[i].data, 0, seg_shape_size(&src[i]));
    }
    run->dst = tensor_new(run, &dst);
    run->diff_dst = tensor_new(run, &dst);
    memset(run->diff_dst.data, 0, seg_shape_size(&dst));
    run->call = (seg_op_call){.params = params,
                              .kernels = seg_kernels_get(),
                              .threads = 1,
                              .train = true,
                              .src_count = src_count,
                              .src = run->src,
                              .dst = &run->dst,
                              .diff_dst = &run->diff_dst,
                              .diff_src = run->diff_src};
}

/* Size functions must not look at data: they see every pointer NULL, as in a plan. */
static size_t size_of(const op_run *run, size_t (*size)(const seg_op_call *))
{
    if (size == NULL)
        return 0;
    seg_tensor src[SEG_OP_MAX_SRC], dst = {run->dst.shape, NULL};
    for (int i = 0; i < run->call.src_count; i++)
        src[i] = (seg_tensor){run->src[i].shape, NULL};
    seg_op_call call = run->call;
    call.src = call.diff_src = src;
    call.dst = call.diff_dst = &dst;
    return size(&call);
}

void op_run_prepare(op_run *run)
{
    run->packed_size = size_of(run, run->op->packed_size);
    run->workspace_size = size_of(run, run->op->workspace_size);
    run->scratch_size = size_of(run, run->op->scratch_size);
    run->call.packed = guarded_new(run, run->packed_size);
    run->call.workspace = guarded_new(run, run->workspace_size);
    run->call.scratch = guarded_new(run, run->scratch_size);
}

void op_run_forward(op_run *run, const char *label)
{
    spoil_tensor(&run->dst);
    spoil(run->call.packed, run->packed_size);
    spoil(run->call.workspace, run->workspace_size);
    spoil(run->call.scratch, run->scratch_size);
    if (run->op->pack != NULL)
        run->op->pack(&run->call);
    run->op->forward(&run->call);
    guards_check(run, label);
}

static bool reads_dst(const op_run *run)
{
    unsigned flags = run->op->flags;
    bool fused = (flags & SEG_OP_FUSES_TRAIN) != 0 &&
                 *(const int64_t *)run->call.params != SEG_ACT_NONE; /* the first field */
    return fused || (flags & SEG_OP_READS_DST) != 0;
}

void op_run_backward(op_run *run, const char *label)
{
    for (int i = 0; i < run->call.src_count; i++) {
        spoil_tensor(&run->diff_src[i]);
        if ((run->op->flags & SEG_OP_READS_SRC) == 0)
            spoil_tensor(&run->src[i]);
    }
    if (!reads_dst(run))
        spoil_tensor(&run->dst);
    spoil(run->call.packed, run->packed_size);
    spoil(run->call.scratch, run->scratch_size);
    run->op->backward(&run->call);
    guards_check(run, label);
}

void op_run_release(op_run *run)
{
    for (int i = 0; i < run->block_count; i++) {
        uint8_t *data = run->blocks[i];
        ASAN_UNPOISON_MEMORY_REGION(data - GUARD, GUARD + run->sizes[i] + GUARD);
        seg_block_free(data - GUARD);
    }
    run->block_count = 0;
}
