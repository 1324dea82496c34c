/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* streaming.c: what kernels write past the caches, on every instruction set: the same bytes, and
 * none beside them. (That of the row kernels: rows.c.) */
#include <math.h>

#include "base/memory.h"
#include "kernels/guarded.h"
#include "kernels/kernels.h"

enum { END = 7 }; /* stands behind what a kernel may write */

static float *aligned_new(int64_t count)
{
    float *data = seg_block_new((size_t)(count + 1) * sizeof *data);
    ck_assert_ptr_nonnull(data);
    data[count] = END;
    return data;
}

/* A tile written past the caches holds the same bytes; asking ahead changes none. */
START_TEST(igemm_tiles)
{
    enum { DEPTH = 19 };
    int supported;
    const seg_kernels *kernels = seg_kernels_at(_i, &supported);
    if (!supported)
        return;
    const seg_igemm_kernels *k = &kernels->igemm;
    const seg_igemm_tap tap = {0, 0};
    for (int64_t width = kernels->vector_floats; width <= k->nr; width += kernels->vector_floats) {
        const int64_t count = k->mr * width;
        float *src = guarded_new(k->mr * DEPTH, 1), *weights = guarded_new((DEPTH + 1) * k->nr, 2);
        float *dst[2] = {aligned_new(count), aligned_new(count)};
        for (int stream = 0; stream < 2; stream++) {
            const float *from[SEG_IGEMM_MR_MAX];
            float *to[SEG_IGEMM_MR_MAX];
            for (int64_t m = 0; m < k->mr; m++) {
                from[m] = src + m * DEPTH;
                to[m] = dst[stream] + m * width;
            }
            seg_igemm_gather job = {.taps = &tap,
                                    .tap_count = 1,
                                    .depth = DEPTH,
                                    .weights = weights + k->nr,
                                    .bias = weights,
                                    .width = width,
                                    .fetch = stream * 64,
                                    .stream = stream != 0};
            k->gather(&job, k->mr, from, to);
            k->stream_end();
            ck_assert_float_eq(dst[stream][count], END);
        }
        ck_assert_mem_eq(dst[0], dst[1], (size_t)count * sizeof **dst);
        seg_block_free(dst[0]);
        seg_block_free(dst[1]);
        guarded_free(src, k->mr * DEPTH);
        guarded_free(weights, (DEPTH + 1) * k->nr);
    }
}
END_TEST

/* An image written past the caches holds the same bytes, and none beside it. */
START_TEST(depthwise_images)
{
    enum { ROWS = 3, COLUMNS = 11 };
    int supported;
    const seg_kernels *kernels = seg_kernels_at(_i, &supported);
    seg_depthwise_position rows[ROWS], columns[COLUMNS];
    for (int64_t p = 0; p < ROWS; p++)
        rows[p] = (seg_depthwise_position){.taps = 1, .from = p, .run = ROWS - p};
    for (int64_t p = 0; p < COLUMNS; p++)
        columns[p] = (seg_depthwise_position){.taps = 1, .from = p, .run = COLUMNS - p};
    for (int64_t channels = 15; supported && channels <= 32; channels++) {
        int64_t count = ROWS * COLUMNS * channels;
        float *dst = aligned_new(count), *wanted = aligned_new(count);
        float *src = guarded_new(count, 3), *weights = guarded_new(channels, 4);
        seg_depthwise_layer job = {.rows = {ROWS, 1, 1, 1, 1, rows},
                                   .columns = {COLUMNS, 1, 1, 1, 1, columns},
                                   .channels = channels,
                                   .from_w = COLUMNS,
                                   .kernel_w = 1,
                                   .ramp = {SEG_RAMP_CLAMP, -INFINITY, 3, 1, 0}};
        const seg_depthwise_part all = {0, ROWS, channels};
        kernels->depthwise.apply(&job, all, wanted, src, weights, NULL);
        job.stream = true;
        kernels->depthwise.apply(&job, all, dst, src, weights, NULL);
        ck_assert_mem_eq(dst, wanted, (size_t)count * sizeof *dst);
        ck_assert_float_eq(dst[count], END);
        seg_block_free(dst);
        seg_block_free(wanted);
        guarded_free(src, count);
        guarded_free(weights, channels);
    }
}
END_TEST

Suite *suite_streaming(void)
{
    Suite *suite = suite_create("streaming");
    TCase *test = tcase_create("isas");
    int count = 0, supported;
    while (seg_kernels_at(count, &supported) != NULL)
        count++;
    tcase_add_loop_test(test, igemm_tiles, 0, count);
    tcase_add_loop_test(test, depthwise_images, 0, count);
    suite_add_tcase(suite, test);
    return suite;
}
