/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* resize_bilinear_q8.c: against the same shares, blended in 64 bits; and a case worked by hand. */
#include <math.h>

#include "ops/check_bytes.h"

typedef struct place {
    int64_t a, b, share;
} place;

static place axis(const seg_resize_q8_params *p, int64_t o, int64_t in, int64_t out)
{
    const float less = p->align_corners != 0 && out > 1 ? 1 : 0;
    const float scale = ((float)in - less) / ((float)out - less);
    float at = (float)o * scale;
    if (p->half_pixel)
        at += 0.5f * scale - 0.5f;
    at = fmaxf(0, fminf((float)(in - 1), at));
    const int64_t a = (int64_t)floorf(at);
    return (place){a, a + 1 < in ? a + 1 : a, lrintf((at - (float)a) * 2048)};
}

static void reference(const op_run *run, seg_tensor *dst)
{
    const seg_shape *s = &run->src[0].shape, *d = &dst->shape;
    const uint8_t *src = run->src[0].data;
    for (int64_t i = 0; i < seg_shape_count(d); i++) {
        const int64_t c = i % d->c, image = i / d->c / d->w / d->h * s->h;
        const place x = axis(run->call.params, i / d->c % d->w, s->w, d->w);
        const place y = axis(run->call.params, i / d->c / d->w % d->h, s->h, d->h);
        const int64_t top = src[((image + y.a) * s->w + x.a) * s->c + c] * (2048 - x.share) +
                            src[((image + y.a) * s->w + x.b) * s->c + c] * x.share;
        const int64_t bottom = src[((image + y.b) * s->w + x.a) * s->c + c] * (2048 - x.share) +
                               src[((image + y.b) * s->w + x.b) * s->c + c] * x.share;
        const int64_t sum = top * (2048 - y.share) + bottom * y.share;
        ((uint8_t *)dst->data)[i] = (uint8_t)((sum + (1 << 21)) >> 22);
    }
}

START_TEST(random_bytes)
{
    for (int i = 0; i < 3; i++) {
        const seg_resize_q8_params larger = {13, 17, i == 1, i == 2},
                                   smaller = {3, 2, i == 1, i == 2};
        const seg_shape src = bytes_shape(2, 5, 7, 70), one = bytes_shape(1, 1, 1, 3);
        const seg_shape thin = bytes_shape(1, 4, 6, 21);
        check_bytes(&seg_op_resize_bilinear_q8, &larger, 1, &src, reference);
        check_bytes(&seg_op_resize_bilinear_q8, &smaller, 1, &src, reference);
        check_bytes(&seg_op_resize_bilinear_q8, &larger, 1, &one, reference);
        check_bytes(&seg_op_resize_bilinear_q8, &larger, 1, &thin, reference);
    }
}
END_TEST

START_TEST(worked_by_hand)
{
    const seg_resize_q8_params p = {.h = 1, .w = 3, .align_corners = 1};
    uint8_t q[] = {10, 21}, dst[3];
    const uint8_t wanted[] = {10, 16, 21}; /* 15.5 up */
    const seg_tensor src = {bytes_shape(1, 1, 2, 1), q};
    bytes_run(&seg_op_resize_bilinear_q8, &p, 1, &src, dst);
    ck_assert_mem_eq(dst, wanted, sizeof dst);
}
END_TEST

START_TEST(refusals)
{
    const seg_resize_q8_params p = {.h = 0, .w = 3};
    const seg_shape src = bytes_shape(1, 1, 1, 2);
    seg_shape real = src;
    real.dtype = SEG_F32;
    check_refused(&seg_op_resize_bilinear_q8, &p, 1, &src, "h");
    check_refused(&seg_op_resize_bilinear_q8, &(seg_resize_q8_params){.h = 1, .w = 1}, 1, &real,
                  "f32");
}
END_TEST

void test_op_resize_bilinear_q8(TCase *test)
{
    tcase_add_test(test, random_bytes);
    tcase_add_test(test, worked_by_hand);
    tcase_add_test(test, refusals);
}
