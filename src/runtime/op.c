/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* op.c: the list of operators, and what evaluators share. */
#include "runtime/op.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

static const seg_runtime_op *const ops[] = {
#define SEG_RUNTIME_OP(name) &seg_runtime_op_##name,
#include "runtime/ops.def"
#undef SEG_RUNTIME_OP
    NULL,
};

const seg_runtime_op *seg_runtime_op_at(int index)
{
    return index >= 0 && index < (int)(sizeof ops / sizeof *ops) - 1 ? ops[index] : NULL;
}

const seg_runtime_op *seg_runtime_op_find(const char *domain, const char *name)
{
    for (int i = 0; ops[i] != NULL; i++) {
        if (strcmp(ops[i]->name, name) == 0 && strcmp(ops[i]->domain, domain) == 0)
            return ops[i];
    }
    return NULL;
}

seg_status seg_eval_fail(seg_eval *call, seg_status status, const char *format, ...)
{
    char node[SEG_NODE_TEXT_SIZE], text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return seg_fail(call->err, status, "%s: %s: %s", call->program->path,
                    seg_program_node_text(call->program, call->node, node), text);
}

seg_status seg_eval_why(seg_eval *call, seg_status status, const seg_error *why)
{
    return status == SEG_OK ? status : seg_eval_fail(call, status, "%s", why->text);
}

seg_status seg_eval_bad_dtype(seg_eval *call, int src)
{
    return seg_eval_fail(call, SEG_UNSUPPORTED, "input %d of type %s is not supported", src,
                         seg_dtype_name(call->src[src].shape.dtype));
}

seg_status seg_eval_result(seg_eval *call, int index, const seg_shape *shape)
{
    char text[SEG_SHAPE_TEXT_SIZE];
    /* What a node does not ask for is made too, and dropped by the runtime, which has the room. */
    if (index >= call->dst_count && index >= SEG_EVAL_RESULTS)
        return seg_eval_fail(call, SEG_INVALID, "it has %d results, %d are wanted",
                             call->dst_count, index + 1);
    if (!seg_shape_valid(shape))
        return seg_eval_fail(call, SEG_LIMIT, "a result of %s is too large",
                             seg_shape_text(shape, text));
    size_t size = seg_shape_size(shape);
    if (size > *call->allowance)
        return seg_eval_fail(call, SEG_LIMIT, "a result of %s exceeds the memory limit",
                             seg_shape_text(shape, text));
    void *data = seg_block_new(size);
    if (data == NULL)
        return seg_fail_nomem(call->err, size, call->node->op);
    *call->allowance -= size;
    seg_block_free(call->dst[index].data);
    call->dst[index] = (seg_tensor){*shape, data};
    return SEG_OK;
}
