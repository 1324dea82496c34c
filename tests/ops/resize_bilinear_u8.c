/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* resize_bilinear_u8.c: within a step of the exact blend, and the same on every instruction set. */
#include <math.h>

#include "ops/check_bytes.h"

/* Half-pixel centres; shares in 128ths. */
static double axis(int64_t o, int64_t in, int64_t out, int64_t *a, int64_t *b, double *exact)
{
    const double at = fmax(0, fmin((double)in - 1, ((double)o + 0.5) * (double)in / (double)out - 0.5));
    *a = (int64_t)at;
    *b = *a + 1 < in ? *a + 1 : *a;
    *exact = at - (double)*a;
    return *a == *b ? 0 : rint(*exact * 128);
}

static void reference(const op_run *run, seg_tensor *dst)
{
    const seg_shape *s = &run->src[0].shape, *d = &dst->shape;
    const uint8_t *src = run->src[0].data;
    for (int64_t i = 0; i < seg_shape_count(d); i++) {
        const int64_t c = i % d->c, x = i / d->c % d->w, y = i / d->c / d->w % d->h;
        const int64_t image = i / d->c / d->w / d->h * s->h;
        int64_t top, bottom, left, right;
        double v, u, fy = axis(y, s->h, d->h, &top, &bottom, &v);
        double fx = axis(x, s->w, d->w, &left, &right, &u);
        const double q[4] = {src[((image + top) * s->w + left) * s->c + c],
                             src[((image + top) * s->w + right) * s->c + c],
                             src[((image + bottom) * s->w + left) * s->c + c],
                             src[((image + bottom) * s->w + right) * s->c + c]};
        const double exact = (q[0] * (1 - u) + q[1] * u) * (1 - v) + (q[2] * (1 - u) + q[3] * u) * v;
        const double sum = (q[0] * (128 - fy) + q[2] * fy) * (128 - fx) +
                           (q[1] * (128 - fy) + q[3] * fy) * fx;
        ((uint8_t *)dst->data)[i] = (uint8_t)floor(sum / 16384 + 0.5);
        ck_assert_double_le(fabs(sum / 16384 - exact), 2);
    }
}

START_TEST(random_bytes)
{
    const seg_resize_params larger = {.h = 13, .w = 17}, smaller = {.h = 3, .w = 2};
    const seg_shape src = bytes_shape(2, 5, 7, 70), one = bytes_shape(1, 1, 1, 3);
    check_bytes(&seg_op_resize_bilinear_u8, &larger, 1, &src, reference);
    check_bytes(&seg_op_resize_bilinear_u8, &smaller, 1, &src, reference);
    check_bytes(&seg_op_resize_bilinear_u8, &larger, 1, &one, reference);
}
END_TEST

START_TEST(worked_by_hand)
{
    const seg_resize_params p = {.h = 1, .w = 3, .align_corners = 1};
    uint8_t q[] = {10, 21}, dst[3];
    const uint8_t wanted[] = {10, 16, 21}; /* 15.5 up */
    const seg_tensor src = {bytes_shape(1, 1, 2, 1), q};
    bytes_run(&seg_op_resize_bilinear_u8, &p, 1, &src, dst);
    ck_assert_mem_eq(dst, wanted, sizeof dst);
}
END_TEST

START_TEST(refusals)
{
    const seg_resize_params p = {.h = 13, .w = 17};
    const seg_shape src = seg_shape_nhwc(1, 4, 4, 1);
    check_refused(&seg_op_resize_bilinear_u8, &p, 1, &src, "f32");
}
END_TEST

void test_op_resize_bilinear_u8(TCase *test)
{
    tcase_add_test(test, random_bytes);
    tcase_add_test(test, worked_by_hand);
    tcase_add_test(test, refusals);
}
