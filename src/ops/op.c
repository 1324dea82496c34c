/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* op.c: the list of ops, and the checks that all of them share. */
#include "ops/op.h"

#include <string.h>

#include "base/error.h"

static const seg_op *const ops[] = {
#define SEG_OP(name) &seg_op_##name,
#include "ops/ops.def"
#undef SEG_OP
    NULL, /* ends the list */
};

const seg_op *seg_op_at(int index)
{
    return index >= 0 && index < (int)(sizeof ops / sizeof *ops) ? ops[index] : NULL;
}

const seg_op *seg_op_find(const char *name)
{
    for (int i = 0; seg_op_at(i) != NULL; i++) {
        if (strcmp(ops[i]->name, name) == 0)
            return ops[i];
    }
    return NULL;
}

static seg_status check_params(const seg_op *op, const void *params, seg_error *err)
{
    for (const seg_param *p = op->params; p != NULL && p->type != SEG_PARAM_END; p++) {
        const char *field = (const char *)params + p->offset;
        double value = p->type == SEG_PARAM_INT ? (double)*(const int64_t *)(const void *)field
                                                : *(const double *)(const void *)field;
        if (!(value >= p->min && value <= p->max))
            return seg_fail(err, SEG_INVALID, "%s: %s (%s) is %g, outside %g..%g", op->name,
                            p->name, p->help, value, p->min, p->max);
    }
    return SEG_OK;
}

seg_status seg_op_check(const seg_op *op, const void *params, int src_count, const seg_shape *src,
                        seg_shape *dst, seg_error *err)
{
    if (src_count < op->src_min || src_count > op->src_max)
        return seg_fail(err, SEG_INVALID, "%s: takes %d to %d sources, got %d", op->name,
                        op->src_min, op->src_max, src_count);
    seg_status status = check_params(op, params, err);
    if (status != SEG_OK)
        return status;
    status = op->shape(params, src_count, src, dst, err);
    if (status == SEG_OK && !seg_shape_valid(dst))
        return seg_fail(err, SEG_LIMIT, "%s: the result does not fit in memory", op->name);
    return status;
}
