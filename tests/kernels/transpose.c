/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* transpose.c: transposition on every instruction set, with and without gaps between the rows of
 * both sides, between guard zones. */
#include "kernels/guarded.h"
#include "kernels/kernels.h"

static void one_size(const seg_kernels *kernels, int64_t rows, int64_t cols, int64_t src_gap,
                     int64_t dst_gap)
{
    const int64_t src_step = cols + src_gap, dst_step = rows + dst_gap;
    const int64_t read = (rows - 1) * src_step + cols, written = (cols - 1) * dst_step + rows;
    float *src = guarded_new(read, 1), *dst = guarded_new(written, 2);
    float *before = malloc((size_t)written * sizeof *before);
    ck_assert_ptr_nonnull(before);
    memcpy(before, dst, (size_t)written * sizeof *before);
    kernels->transpose.apply(src, src_step, rows, cols, dst, dst_step);
    for (int64_t at = 0; at < written; at++) {
        int64_t i = at % dst_step, j = at / dst_step;
        float wanted = i < rows ? src[i * src_step + j] : before[at];
        if (dst[at] != wanted)
            ck_abort_msg("%s: %dx%d, gaps %d %d: column %d, row %d", kernels->isa, (int)rows,
                         (int)cols, (int)src_gap, (int)dst_gap, (int)j, (int)i);
    }
    free(before);
    guarded_free(src, read);
    guarded_free(dst, written);
}

START_TEST(all_sizes)
{
    static const int64_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 21, 32, 33, 70};
    enum { SIZES = sizeof sizes / sizeof *sizes };
    int supported;
    const seg_kernels *kernels = seg_kernels_at(_i, &supported);
    for (int i = 0; supported && i < SIZES * SIZES; i++) {
        for (int64_t gaps = 0; gaps < 4; gaps++)
            one_size(kernels, sizes[i / SIZES], sizes[i % SIZES], gaps % 2 * 3, gaps / 2 * 5);
    }
}
END_TEST

Suite *suite_transpose(void)
{
    Suite *suite = suite_create("transpose");
    TCase *test = tcase_create("isas");
    int count = 0, supported;
    while (seg_kernels_at(count, &supported) != NULL)
        count++;
    tcase_add_loop_test(test, all_sizes, 0, count);
    suite_add_tcase(suite, test);
    return suite;
}
