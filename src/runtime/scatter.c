/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * scatter.c: ScatterElements (Scatter, in old opsets) and ScatterND: a copy of source 0 in which
 * the elements that source 1 points at are replaced by those of source 2, or by the sum, product,
 * lower or higher of both.
 */
#include <string.h>

#include "runtime/args.h"
#include "runtime/gather.h"

typedef enum scatter_mode {
    SCATTER_REPLACE,
    SCATTER_ADD,
    SCATTER_MUL,
    SCATTER_MIN,
    SCATTER_MAX
} scatter_mode;

static seg_status scatter_mode_of(seg_eval *call, scatter_mode *mode)
{
    static const char *const names[] = {"none", "add", "mul", "min", "max"};
    const char *name = seg_program_get_text(call->node, "reduction", "none");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            *mode = (scatter_mode)i;
            return SEG_OK;
        }
    }
    return seg_eval_fail(call, SEG_UNSUPPORTED, "reduction '%s' is not supported", name);
}

#define COMBINE(name, type, wide)                                                                  \
    static type name(scatter_mode mode, type a, type b)                                            \
    {                                                                                              \
        switch (mode) {                                                                            \
        case SCATTER_ADD:                                                                          \
            return (type)((wide)a + (wide)b);                                                      \
        case SCATTER_MUL:                                                                          \
            return (type)((wide)a * (wide)b);                                                      \
        case SCATTER_MIN:                                                                          \
            return a < b ? a : b;                                                                  \
        case SCATTER_MAX:                                                                          \
            return a > b ? a : b;                                                                  \
        default:                                                                                   \
            return b;                                                                              \
        }                                                                                          \
    }

COMBINE(combine_f32, float, float)
COMBINE(combine_f64, double, double)
COMBINE(combine_i64, int64_t, uint64_t) /* wraps */
COMBINE(combine_u64, uint64_t, uint64_t)

/* dst[i] = dst[i] combined with src[i], n elements. */
static void scatter_block(scatter_mode mode, seg_dtype dtype, char *dst, const char *src, int64_t n)
{
    const seg_number number = seg_number_of(dtype);
    seg_cell a, b;
    const int64_t size = (int64_t)seg_dtype_size(dtype);
    if (mode == SCATTER_REPLACE) {
        memcpy(dst, src, (size_t)(n * size));
        return;
    }
    for (int64_t i = 0; i < n; i++, dst += size, src += size) {
        seg_number_load(dtype, dst, number, &a, 1);
        seg_number_load(dtype, src, number, &b, 1);
        switch (number) {
        case SEG_NUMBER_F32:
            a.f32 = combine_f32(mode, a.f32, b.f32);
            break;
        case SEG_NUMBER_F64:
            a.f64 = combine_f64(mode, a.f64, b.f64);
            break;
        case SEG_NUMBER_I64:
            a.i64 = combine_i64(mode, a.i64, b.i64);
            break;
        case SEG_NUMBER_U64:
            a.u64 = combine_u64(mode, a.u64, b.u64);
            break;
        }
        seg_number_store(number, &a, dtype, dst, 1);
    }
}

/* What both operators check and do first: result 0 is source 0. */
static seg_status scatter_start(seg_eval *call, scatter_mode *mode)
{
    seg_status status = seg_eval_indices(call, 1);
    if (status == SEG_OK)
        status = seg_eval_need(call, 2, "updates");
    if (status == SEG_OK && call->src[2].shape.dtype != call->src[0].shape.dtype)
        status = seg_eval_bad_dtype(call, 2);
    if (status == SEG_OK)
        status = scatter_mode_of(call, mode);
    return status == SEG_OK ? seg_eval_copy(call, 0, 0) : status;
}

static seg_status check_updates(seg_eval *call, const seg_shape *wanted)
{
    char a[SEG_SHAPE_TEXT_SIZE], b[SEG_SHAPE_TEXT_SIZE];
    if (seg_shape_equal(&call->src[2].shape, wanted))
        return SEG_OK;
    return seg_eval_fail(call, SEG_INVALID, "updates must be %s, are %s", seg_shape_text(wanted, a),
                         seg_shape_text(&call->src[2].shape, b));
}

static seg_status scatter_elements_run(seg_eval *call, scatter_mode mode, int axis)
{
    const seg_shape *shape = &call->src[0].shape;
    const int64_t count = seg_shape_count(&call->src[1].shape);
    const int64_t size = (int64_t)seg_dtype_size(shape->dtype);
    seg_along walk;
    seg_along_start(&walk, shape, &call->src[1].shape, axis);
    for (int64_t i = 0; i < count; i++, seg_along_next(&walk)) {
        int64_t index;
        seg_status status = seg_eval_index(call, 1, i, shape->dim[axis], &index);
        if (status != SEG_OK)
            return status;
        scatter_block(mode, shape->dtype,
                      (char *)call->dst[0].data + (walk.offset + index * walk.axis_step) * size,
                      (const char *)call->src[2].data + i * size, 1);
    }
    return SEG_OK;
}

static seg_status evaluate_scatter_elements(seg_eval *call)
{
    int axis = 0;
    scatter_mode mode;
    seg_status status = seg_eval_axis_of(call, "axis", 0, call->src[0].shape.rank, &axis);
    if (status == SEG_OK)
        status = scatter_start(call, &mode);
    if (status == SEG_OK)
        status = seg_eval_along(call, axis);
    if (status != SEG_OK)
        return status;
    seg_shape wanted = call->src[1].shape;
    wanted.dtype = call->src[0].shape.dtype;
    status = check_updates(call, &wanted);
    return status == SEG_OK ? scatter_elements_run(call, mode, axis) : status;
}

/* Updates have the axes of the indices without the last, then those of a block. */
static seg_status scatter_nd_updates(seg_eval *call, const seg_tuples *tuples)
{
    const seg_shape *src = &call->src[0].shape;
    seg_shape wanted = call->src[1].shape;
    wanted.dtype = src->dtype;
    wanted.rank--;
    if (wanted.rank + src->rank - tuples->length > SEG_MAX_RANK)
        return seg_eval_fail(call, SEG_LIMIT, "updates of %d axes, at most %d are supported",
                             wanted.rank + src->rank - tuples->length, SEG_MAX_RANK);
    for (int i = tuples->length; i < src->rank; i++)
        wanted.dim[wanted.rank++] = src->dim[i];
    return check_updates(call, &wanted);
}

static seg_status evaluate_scatter_nd(seg_eval *call)
{
    scatter_mode mode;
    seg_tuples tuples;
    seg_status status = scatter_start(call, &mode);
    if (status == SEG_OK)
        status = seg_eval_tuples(call, 0, &tuples);
    if (status == SEG_OK)
        status = scatter_nd_updates(call, &tuples);
    const seg_dtype dtype = call->src[0].shape.dtype;
    const int64_t bytes = status == SEG_OK ? tuples.block * (int64_t)seg_dtype_size(dtype) : 0;
    for (int64_t i = 0; status == SEG_OK && i < tuples.count; i++) {
        int64_t block = 0;
        status = seg_eval_tuple(call, &tuples, i, &block);
        if (status == SEG_OK)
            scatter_block(mode, dtype, (char *)call->dst[0].data + block * bytes,
                          (const char *)call->src[2].data + i * bytes, tuples.block);
    }
    return status;
}

#define SCATTER(name_, evaluate_)                                                                  \
    const seg_runtime_op seg_runtime_op_##name_ = {                                                \
        .domain = "", .name = #name_, .src_min = 3, .src_max = 3, .evaluate = evaluate_};

SCATTER(Scatter, evaluate_scatter_elements)
SCATTER(ScatterElements, evaluate_scatter_elements)
SCATTER(ScatterND, evaluate_scatter_nd)
