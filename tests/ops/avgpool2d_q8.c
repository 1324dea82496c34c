/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* avgpool2d_q8.c: against means in plain loops, which C's round() rounds. */
#include <math.h>

#include "ops/check_bytes.h"

static void reference(const op_run *run, seg_tensor *dst)
{
    const seg_avgpool2d_q8_params *p = run->call.params;
    const seg_shape *s = &run->src[0].shape, *d = &dst->shape;
    const uint8_t *src = run->src[0].data;
    for (int64_t i = 0; i < seg_shape_count(d); i++) {
        const int64_t c = i % d->c, x = i / d->c % d->w, y = i / d->c / d->w % d->h;
        double sum = 0, count = 0;
        for (int64_t k = 0; k < p->kh * p->kw; k++) {
            const int64_t at_y = y * p->sh - p->ph + k / p->kw,
                          at_x = x * p->sw - p->pw + k % p->kw;
            if (at_y < 0 || at_y >= s->h || at_x < 0 || at_x >= s->w)
                continue;
            const int64_t pixel = (i / d->c / d->w / d->h * s->h + at_y) * s->w + at_x;
            sum += src[pixel * s->c + c] - (double)p->middle;
            count++;
        }
        const double mean = round(sum / count) + (double)p->middle;
        ((uint8_t *)dst->data)[i] =
            (uint8_t)fmin((double)p->highest, fmax((double)p->lowest, mean));
    }
}

START_TEST(random_bytes)
{
    const seg_avgpool2d_q8_params all[] = {
        {.kh = 5, .kw = 7, .sh = 1, .sw = 1, .h = 1, .w = 1, .highest = 255},
        {.kh = 2, .kw = 2, .sh = 2, .sw = 2, .h = 3, .w = 4, .middle = 128, .highest = 255},
        {.kh = 3,
         .kw = 3,
         .sh = 1,
         .sw = 2,
         .ph = 1,
         .pw = 1,
         .h = 5,
         .w = 4,
         .middle = 128,
         .lowest = 30,
         .highest = 200},
    };
    const seg_shape src = bytes_shape(2, 5, 7, 70), thin = bytes_shape(1, 5, 7, 3);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        check_bytes(&seg_op_avgpool2d_q8, &all[i], 1, &src, reference);
        check_bytes(&seg_op_avgpool2d_q8, &all[i], 1, &thin, reference);
    }
}
END_TEST

START_TEST(refusals)
{
    const seg_shape src = bytes_shape(1, 4, 4, 2);
    seg_avgpool2d_q8_params p = {.kh = 2, .kw = 2, .sh = 2, .sw = 2, .h = 3, .w = 2};
    check_refused(&seg_op_avgpool2d_q8, &p, 1, &src, "3x2 windows");
    p.h = 2, p.ph = 2;
    check_refused(&seg_op_avgpool2d_q8, &p, 1, &src, "2x2 windows");
    p.sh = 0;
    check_refused(&seg_op_avgpool2d_q8, &p, 1, &src, "sh");
}
END_TEST

void test_op_avgpool2d_q8(TCase *test)
{
    tcase_add_test(test, random_bytes);
    tcase_add_test(test, refusals);
}
