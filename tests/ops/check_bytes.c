/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* check_bytes.c: quantised ops against plain loops, bit for bit. */
#include "ops/check_bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

seg_shape bytes_shape(int64_t n, int64_t h, int64_t w, int64_t c)
{
    seg_shape shape = seg_shape_nhwc(n, h, w, c);
    shape.dtype = SEG_U8;
    return shape;
}

/* All values, with many of the extremes, which overflow first. */
void bytes_fill(seg_tensor *tensor, uint64_t seed)
{
    uint8_t *data = tensor->data;
    seg_rng rng = seg_rng_make(seed, SEG_RNG_DROPOUT, 1);
    for (int64_t i = 0; i < seg_shape_count(&tensor->shape); i++) {
        const uint64_t x = seg_rng_next(&rng);
        data[i] = x % 4 == 0 ? 255 : x % 4 == 1 ? 0 : (uint8_t)(x >> 8);
    }
}

/* Every fourth one of any size, the others small. */
static void integers_fill(seg_tensor *tensor, uint64_t seed)
{
    int32_t *data = tensor->data;
    seg_rng rng = seg_rng_make(seed, SEG_RNG_DROPOUT, 2);
    for (int64_t i = 0; i < seg_shape_count(&tensor->shape); i++) {
        const uint64_t x = seg_rng_next(&rng);
        data[i] = x % 4 == 0 ? (int32_t)(uint32_t)(x >> 8) : (int32_t)(x >> 8 & 0xffff) - 0x8000;
    }
}

static void fill(op_run *run, double range)
{
    for (int i = 0; i < run->call.src_count; i++) {
        const seg_dtype dtype = run->src[i].shape.dtype;
        if (dtype == SEG_U8 || dtype == SEG_I8)
            bytes_fill(&run->src[i], 7 + (uint64_t)i);
        else if (dtype == SEG_I32)
            integers_fill(&run->src[i], 7 + (uint64_t)i);
        else
            op_fill(&run->src[i], 7 + (uint64_t)i, -range, range);
    }
}

static void check_one(const seg_op *op, const void *params, int src_count, const seg_shape *src,
                      const seg_kernels *kernels, int threads, double range,
                      bytes_reference reference)
{
    op_run run;
    char label[300], text[SEG_SHAPE_TEXT_SIZE];
    snprintf(label, sizeof label, "%s of %s (%s, %d threads)", op->name,
             seg_shape_text(&src[0], text), kernels->isa, threads);
    op_run_init(&run, op, params, src_count, src);
    run.call.kernels = kernels;
    run.call.threads = threads;
    run.call.train = false;
    op_run_prepare(&run);
    fill(&run, range);
    op_run_forward(&run, label);
    const size_t size = seg_shape_size(&run.dst.shape);
    seg_tensor wanted = {run.dst.shape, malloc(size)};
    reference(&run, &wanted);
    if (memcmp(run.dst.data, wanted.data, size) != 0) {
        for (size_t i = 0; i < size; i++)
            ck_assert_msg(((uint8_t *)run.dst.data)[i] == ((uint8_t *)wanted.data)[i],
                          "%s: byte %zu is %d, not %d", label, i, ((uint8_t *)run.dst.data)[i],
                          ((uint8_t *)wanted.data)[i]);
    }
    free(wanted.data);
    op_run_release(&run);
}

void check_bytes_within(const seg_op *op, const void *params, int src_count, const seg_shape *src,
                        double range, bytes_reference reference)
{
    int supported;
    for (int i = 0; seg_kernels_at(i, &supported) != NULL; i++) {
        for (int threads = 1; supported && threads <= 2; threads++)
            check_one(op, params, src_count, src, seg_kernels_at(i, &supported), threads, range,
                      reference);
    }
}

void check_bytes(const seg_op *op, const void *params, int src_count, const seg_shape *src,
                 bytes_reference reference)
{
    check_bytes_within(op, params, src_count, src, 1.0, reference);
}

void bytes_run(const seg_op *op, const void *params, int src_count, const seg_tensor *src,
               void *dst)
{
    op_run run;
    seg_shape shapes[SEG_OP_MAX_SRC] = {0};
    for (int i = 0; i < src_count; i++)
        shapes[i] = src[i].shape;
    op_run_init(&run, op, params, src_count, shapes);
    run.call.train = false;
    op_run_prepare(&run);
    for (int i = 0; i < src_count; i++)
        memcpy(run.src[i].data, src[i].data, seg_shape_size(&shapes[i]));
    op_run_forward(&run, op->name);
    memcpy(dst, run.dst.data, seg_shape_size(&run.dst.shape));
    op_run_release(&run);
}
