/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* resize_planes.c: the op resize_planes, beside resize_bilinear, whose numbers are PyTorch's. */
#include <stdio.h>
#include <stdlib.h>

#include "ops/check_op.h"

static void run_op(op_run *run, const seg_op *op, const seg_resize_params *params,
                   const seg_shape *src, const seg_kernels *kernels, int threads)
{
    op_run_init(run, op, params, 1, src);
    run->call.kernels = kernels;
    run->call.threads = threads;
    run->call.train = false;
    op_run_prepare(run);
    op_fill(&run->src[0], 3, -1.0, 1.0);
    op_run_forward(run, op->name);
}

static void pixels_to_planes(const seg_tensor *pixels, float *planes)
{
    const seg_shape *s = &pixels->shape;
    for (int64_t i = 0, count = seg_shape_count(s); i < count; i++) {
        int64_t c = i % s->c, at = i / s->c % (s->h * s->w), n = i / s->c / (s->h * s->w);
        planes[(n * s->c + c) * s->h * s->w + at] = seg_f32(pixels)[i];
    }
}

static void check_size(const seg_resize_params *params, const seg_shape *src)
{
    op_run wanted, run, again;
    int supported;
    char label[120];
    run_op(&wanted, &seg_op_resize_bilinear, params, src, seg_kernels_at(0, &supported), 1);
    for (int i = 0; seg_kernels_at(i, &supported) != NULL; i++) {
        const seg_kernels *kernels = seg_kernels_at(i, &supported);
        if (!supported)
            continue;
        run_op(&run, &seg_op_resize_planes, params, src, kernels, 1);
        run_op(&again, &seg_op_resize_planes, params, src, kernels, 2);
        ck_assert_mem_eq(run.dst.data, again.dst.data, seg_shape_size(&run.dst.shape));
        op_run_release(&again);
        snprintf(label, sizeof label, "%s, %dx%d of %d channels", kernels->isa, (int)params->h,
                 (int)params->w, (int)src->c);
        seg_tensor planes = {.shape = seg_shape_nhwc(src->n, src->c, params->h, params->w)};
        planes.data = malloc(seg_shape_size(&planes.shape));
        ck_assert_ptr_nonnull(planes.data);
        pixels_to_planes(&wanted.dst, planes.data);
        check_close(&run.dst, &planes, 1e-6, label);
        free(planes.data);
        op_run_release(&run);
    }
    op_run_release(&wanted);
}

START_TEST(as_resize_bilinear)
{
    static const int64_t counts[] = CHANNEL_COUNTS;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        seg_resize_params params[] = {
            {37, 43, 0, 0, 0, 0, 0}, {9, 70, 1, 0, 0, 0, 0}, {3, 2, 0, 0, 0, 0, 0},
            {1, 1, 0, 0, 0, 0, 0},   {11, 13, 0, SEG_COORDINATES_ASYMMETRIC, 0, 2.3, 2.7}};
        seg_shape src = seg_shape_nhwc(1 + (int64_t)i % 2, 5, 6, counts[i]);
        for (size_t p = 0; p < sizeof params / sizeof *params; p++)
            check_size(&params[p], &src);
    }
}
END_TEST

/* Several bands of rows and chunks of columns, and a source of one pixel. */
START_TEST(large_ones)
{
    seg_resize_params params[] = {{300, 290, 0, 0, 0, 0, 0}, {150, 900, 1, 0, 0, 0, 0}};
    seg_shape src = seg_shape_nhwc(2, 40, 31, 70), pixel = seg_shape_nhwc(1, 1, 1, 21);
    for (int i = 0; i < 2; i++) {
        check_size(&params[i], &src);
        check_size(&params[i], &pixel);
    }
}
END_TEST

START_TEST(refusals)
{
    seg_shape image = seg_shape_nhwc(1, 4, 5, 3), vector = seg_shape_vector(3);
    seg_resize_params params = {0, 4, 0};
    check_refused(&seg_op_resize_planes, &params, 1, &image, "h (target height) is 0");
    params = (seg_resize_params){4, 4, 0};
    check_refused(&seg_op_resize_planes, &params, 1, &vector, "got f32 3");
}
END_TEST

void test_op_resize_planes(TCase *test)
{
    tcase_add_test(test, as_resize_bilinear);
    tcase_add_test(test, large_ones);
    tcase_add_test(test, refusals);
}
