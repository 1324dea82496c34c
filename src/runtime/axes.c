/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* axes.c: where the axes of a tensor of a file lie in N,H,W,C, and moving from here to there. */
#include <string.h>

#include "runtime/region.h"

seg_axes seg_axes_nchw(int rank)
{
    return (seg_axes){.rank = rank, .axis = {0, 3, 1, 2}};
}

seg_axes seg_axes_identity(int rank)
{
    return (seg_axes){.rank = rank, .axis = {0, 1, 2, 3}};
}

bool seg_axes_equal(const seg_axes *a, const seg_axes *b)
{
    return a->rank == b->rank && memcmp(a->axis, b->axis, (size_t)a->rank * sizeof *a->axis) == 0;
}

seg_shape seg_axes_physical(const seg_axes *axes, const seg_shape *logical)
{
    seg_shape physical = seg_shape_nhwc(1, 1, 1, 1);
    for (int i = 0; i < axes->rank; i++)
        physical.dim[axes->axis[i]] = logical->dim[i];
    return physical;
}

/* Elements from one index to the next, for each logical axis. */
static void find_strides(const seg_shape *shape, const seg_axes *axes, int64_t *strides)
{
    seg_shape physical = seg_axes_physical(axes, shape);
    int64_t of_axis[SEG_LOWER_RANK] = {0}, stride = 1;
    for (int a = SEG_LOWER_RANK; a-- > 0; stride *= physical.dim[a])
        of_axis[a] = stride;
    for (int i = 0; i < axes->rank; i++)
        strides[i] = of_axis[axes->axis[i]];
}

/* dst contiguous along columns, src along rows: tiles keep both sides in the cache. */
static void copy_plane(int64_t rows, int64_t columns, const float *src, int64_t src_row,
                       int64_t src_column, float *dst, int64_t dst_row, int64_t dst_column)
{
    enum { TILE = 16 };
    for (int64_t r0 = 0; r0 < rows; r0 += TILE) {
        int64_t r1 = r0 + TILE < rows ? r0 + TILE : rows;
        for (int64_t c0 = 0; c0 < columns; c0 += TILE) {
            int64_t c1 = c0 + TILE < columns ? c0 + TILE : columns;
            for (int64_t r = r0; r < r1; r++) {
                for (int64_t c = c0; c < c1; c++)
                    dst[r * dst_row + c * dst_column] = src[r * src_row + c * src_column];
            }
        }
    }
}

/* The logical axis whose stride is 1 and that is longer than 1, or -1. */
static int contiguous_axis(const seg_shape *shape, const int64_t *strides, int rank)
{
    for (int i = 0; i < rank; i++) {
        if (strides[i] == 1 && shape->dim[i] > 1)
            return i;
    }
    return -1;
}

void seg_axes_copy(const seg_shape *shape, const float *src, const seg_axes *from, float *dst,
                   const seg_axes *to)
{
    int64_t read[SEG_LOWER_RANK] = {0}, write[SEG_LOWER_RANK] = {0}, extent[SEG_LOWER_RANK];
    for (int i = 0; i < SEG_LOWER_RANK; i++)
        extent[i] = i < shape->rank ? shape->dim[i] : 1;
    find_strides(shape, from, read);
    find_strides(shape, to, write);
    int column = contiguous_axis(shape, write, shape->rank), row;
    int reads = contiguous_axis(shape, read, shape->rank);
    if (column < 0) { /* one element */
        *dst = *src;
        return;
    }
    if (reads == column && memcmp(read, write, sizeof read) == 0) {
        memcpy(dst, src, (size_t)seg_shape_count(shape) * sizeof *dst);
        return;
    }
    row = reads >= 0 && reads != column ? reads : (column + 1) % SEG_LOWER_RANK;
    int rest[2], count = 0;
    for (int i = 0; i < SEG_LOWER_RANK; i++) {
        if (i != row && i != column)
            rest[count++] = i;
    }
    for (int64_t i = 0; i < extent[rest[0]]; i++) {
        for (int64_t j = 0; j < extent[rest[1]]; j++)
            copy_plane(extent[row], extent[column], src + i * read[rest[0]] + j * read[rest[1]],
                       read[row], read[column], dst + i * write[rest[0]] + j * write[rest[1]],
                       write[row], write[column]);
    }
}
