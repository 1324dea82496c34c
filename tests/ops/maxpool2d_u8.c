/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* maxpool2d_u8.c: the largest byte of each window. */
#include "ops/check_bytes.h"

static void reference(const op_run *run, seg_tensor *dst)
{
    const seg_pool2d_params *p = run->call.params;
    const seg_shape *s = &run->src[0].shape, *d = &dst->shape;
    for (int64_t i = 0; i < seg_shape_count(d); i++) {
        const int64_t c = i % d->c, ox = i / d->c % d->w, oy = i / d->c / d->w % d->h;
        uint8_t most = 0;
        for (int64_t k = 0; k < p->kh * p->kw; k++) {
            const int64_t y = oy * p->sh - p->ph + k / p->kw, x = ox * p->sw - p->pw + k % p->kw;
            const int64_t n = i / d->c / d->w / d->h;
            if (y < 0 || y >= s->h || x < 0 || x >= s->w)
                continue;
            const uint8_t q = ((uint8_t *)run->src[0].data)[((n * s->h + y) * s->w + x) * s->c + c];
            most = q > most ? q : most;
        }
        ((uint8_t *)dst->data)[i] = most;
    }
}

START_TEST(random_bytes)
{
    const seg_shape src = bytes_shape(2, 7, 9, 70);
    seg_pool2d_params p = {.kh = 2, .kw = 2, .sh = 2, .sw = 2};
    check_bytes(&seg_op_maxpool2d_u8, &p, 1, &src, reference);
    p.ceil_mode = 1;
    check_bytes(&seg_op_maxpool2d_u8, &p, 1, &src, reference);
    p = (seg_pool2d_params){.kh = 3, .kw = 3, .sh = 2, .sw = 1, .ph = 1, .pw = 1};
    check_bytes(&seg_op_maxpool2d_u8, &p, 1, &src, reference);
}
END_TEST

START_TEST(refusals)
{
    const seg_pool2d_params p = {.kh = 2, .kw = 2, .sh = 2, .sw = 2};
    const seg_shape src = seg_shape_nhwc(1, 4, 4, 1), small = bytes_shape(1, 1, 4, 1);
    check_refused(&seg_op_maxpool2d_u8, &p, 1, &src, "f32");
    check_refused(&seg_op_maxpool2d_u8, &p, 1, &small, "maxpool2d");
}
END_TEST

void test_op_maxpool2d_u8(TCase *test)
{
    tcase_add_test(test, random_bytes);
    tcase_add_test(test, refusals);
}
