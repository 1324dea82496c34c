/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* separable2d.c: the op separable2d, beside the two layers that it stands for: the same bytes. */
#include <stdio.h>
#include <stdlib.h>

#include "ops/check_op.h"

static void run_op(op_run *run, const seg_op *op, const void *params, int src_count,
                   const seg_shape *shapes, const seg_tensor *given, const seg_kernels *kernels,
                   int threads)
{
    op_run_init(run, op, params, src_count, shapes);
    run->call.kernels = kernels;
    run->call.threads = threads;
    run->call.train = false;
    op_run_prepare(run);
    for (int i = 0; i < src_count; i++) {
        if (given != NULL && given[i].data != NULL)
            memcpy(run->src[i].data, given[i].data, seg_shape_size(&shapes[i]));
        else
            op_fill(&run->src[i], (uint64_t)i + 3, -1.0, 1.0);
    }
    op_run_forward(run, op->name);
}

typedef struct layer {
    int64_t n, h, w, c, oc, kh, kw;
    seg_separable2d_params params;
} layer;

static void check_isa(const layer *l, const seg_kernels *kernels)
{
    const seg_shape shapes[] = {seg_shape_nhwc(l->n, l->h, l->w, l->c),
                                seg_shape_nhwc(1, 1, l->c, l->oc), seg_shape_vector(l->oc),
                                seg_shape_nhwc(l->kh, l->kw, 1, l->c), seg_shape_vector(l->c)};
    const seg_conv2d_params point = {l->params.activation, 1, 1, 0, 0, 0, 0, 1, 1, 1};
    op_run pair, again, depthwise, conv;
    run_op(&pair, &seg_op_separable2d, &l->params, 5, shapes, NULL, kernels, 1);
    run_op(&again, &seg_op_separable2d, &l->params, 5, shapes, NULL, kernels, 2);
    const seg_tensor first[] = {pair.src[0], pair.src[3], pair.src[4]};
    const seg_shape first_shapes[] = {shapes[0], shapes[3], shapes[4]};
    run_op(&depthwise, &seg_op_depthwise2d, &l->params.depthwise, 3, first_shapes, first, kernels,
           1);
    const seg_tensor second[] = {depthwise.dst, pair.src[1], pair.src[2]};
    const seg_shape second_shapes[] = {depthwise.dst.shape, shapes[1], shapes[2]};
    run_op(&conv, &seg_op_conv2d, &point, 3, second_shapes, second, kernels, 1);
    ck_assert(seg_shape_equal(&pair.dst.shape, &conv.dst.shape));
    const size_t size = seg_shape_size(&conv.dst.shape);
    ck_assert_msg(memcmp(pair.dst.data, conv.dst.data, size) == 0, "%s: %dx%dx%d to %d",
                  kernels->isa, (int)l->h, (int)l->w, (int)l->c, (int)l->oc);
    ck_assert_mem_eq(pair.dst.data, again.dst.data, size);
    op_run_release(&pair);
    op_run_release(&again);
    op_run_release(&depthwise);
    op_run_release(&conv);
}

static const layer layers[] = {
    {1, 9, 7, 16, 32, 3, 3, {2, {2, 1, 1, 1, 1, 1, 1, 1, 1, 1}}},
    {2, 33, 17, 31, 33, 3, 3, {0, {1, 2, 2, 1, 1, 1, 1, 1, 1, 1}}},
    {1, 40, 50, 72, 24, 5, 5, {3, {3, 1, 1, 2, 2, 2, 2, 1, 1, 1}}},
    {1, 1, 1, 1, 1, 3, 3, {1, {0, 1, 1, 1, 1, 1, 1, 1, 1, 1}}},
    {1, 64, 129, 304, 70, 3, 3, {1, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}}},
    {3, 5, 70, 17, 15, 3, 2, {4, {4, 2, 1, 0, 1, 1, 0, 1, 1, 1}}},
};

START_TEST(as_two_layers)
{
    int supported;
    for (int i = 0; seg_kernels_at(i, &supported) != NULL; i++) {
        if (supported)
            check_isa(&layers[_i], seg_kernels_at(i, &supported));
    }
}
END_TEST

START_TEST(refused)
{
    const seg_separable2d_params params = {0, {0, 1, 1, 1, 1, 1, 1, 1, 1, 1}};
    seg_shape shapes[] = {seg_shape_nhwc(1, 8, 8, 16), seg_shape_nhwc(1, 1, 16, 32),
                          seg_shape_vector(32), seg_shape_nhwc(3, 3, 1, 16), seg_shape_vector(16)};
    seg_shape dst;
    seg_error err;
    ck_ok(seg_op_check(&seg_op_separable2d, &params, 5, shapes, &dst, &err), err);
    shapes[1] = seg_shape_nhwc(3, 3, 16, 32);
    ck_fails(seg_op_check(&seg_op_separable2d, &params, 5, shapes, &dst, &err), SEG_INVALID, err,
             "weights of 3x3 for 16 channels");
    shapes[1] = seg_shape_nhwc(1, 1, 16, 32);
    shapes[3] = seg_shape_nhwc(3, 3, 1, 15);
    ck_fails(seg_op_check(&seg_op_separable2d, &params, 5, shapes, &dst, &err), SEG_MISMATCH, err,
             "3x3x1x15");
}
END_TEST

void test_op_separable2d(TCase *test)
{
    tcase_add_loop_test(test, as_two_layers, 0, (int)(sizeof layers / sizeof *layers));
    tcase_add_test(test, refused);
}
