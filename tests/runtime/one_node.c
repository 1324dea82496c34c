/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* one_node.c: programs of one node. */
#include "runtime/one_node.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "oom/oom.h"
#include "runtime/convert.h"
#include "runtime/runtime.h"
#include "test.h"

/* ---- describing ---- */

seg_shape one_shape(seg_dtype dtype, const char *extents)
{
    seg_shape shape = {.dtype = dtype};
    char *end;
    for (const char *at = extents; *at != '\0'; at = *end == 'x' ? end + 1 : end)
        shape.dim[shape.rank++] = strtoll(at, &end, 10);
    return shape;
}

static void add_source(one_node *node, seg_tensor tensor, bool constant)
{
    ck_assert_int_lt(node->src_count, ONE_SOURCES);
    node->constant[node->src_count] = constant;
    node->src[node->src_count++] = tensor;
}

/* Tensors of the program are only read. */
static seg_tensor tensor_of(seg_dtype dtype, const char *extents, const void *data)
{
    return (seg_tensor){one_shape(dtype, extents), (void *)(uintptr_t)data};
}

void one_input(one_node *node, seg_dtype dtype, const char *extents, const void *data)
{
    add_source(node, tensor_of(dtype, extents, data), false);
}

void one_constant(one_node *node, seg_dtype dtype, const char *extents, const void *data)
{
    add_source(node, tensor_of(dtype, extents, data), true);
}

void one_left_out(one_node *node)
{
    add_source(node, (seg_tensor){.data = NULL}, false);
}

static void add_attribute(one_node *node, const seg_attribute *attribute)
{
    ck_assert_int_lt(node->attribute_count, ONE_ATTRIBUTES);
    node->attributes[node->attribute_count++] = *attribute;
}

void one_int(one_node *node, const char *name, const int64_t *value)
{
    add_attribute(node, &(seg_attribute){name, SEG_ATTRIBUTE_INT, .count = 1, .ints = value});
}

void one_ints(one_node *node, const char *name, int64_t count, const int64_t *values)
{
    add_attribute(node, &(seg_attribute){name, SEG_ATTRIBUTE_INTS, .count = count, .ints = values});
}

void one_float(one_node *node, const char *name, const float *value)
{
    add_attribute(node, &(seg_attribute){name, SEG_ATTRIBUTE_FLOAT, .count = 1, .floats = value});
}

void one_floats(one_node *node, const char *name, int64_t count, const float *values)
{
    add_attribute(node,
                  &(seg_attribute){name, SEG_ATTRIBUTE_FLOATS, .count = count, .floats = values});
}

void one_text(one_node *node, const char *name, const char *text)
{
    add_attribute(node, &(seg_attribute){name, SEG_ATTRIBUTE_TEXT, .text = text});
}

/* ---- running ---- */

typedef struct one_run {
    seg_program *program;
    seg_runtime *runtime;
    seg_slot results[ONE_RESULTS];
    seg_error err;
} one_run;

static void make_source(one_run *run, const one_node *from, int index, seg_slot *slot)
{
    const seg_tensor *tensor = &from->src[index];
    char name[16];
    snprintf(name, sizeof name, "src%d", index);
    *slot = SEG_NO_SLOT;
    if (tensor->data == NULL)
        return;
    ck_ok(seg_program_slot_named(run->program, name, slot, &run->err), run->err);
    if (from->constant[index]) {
        ck_ok(seg_program_constant(run->program, *slot, &tensor->shape, tensor->data, NULL,
                                   &run->err),
              run->err);
        return;
    }
    run->program->slots[*slot].shape = tensor->shape;
    ck_ok(seg_program_input(run->program, *slot, &run->err), run->err);
}

static void make_program(one_run *run, const one_node *from, int dst_count)
{
    seg_program_node *node;
    seg_slot src[ONE_SOURCES];
    ck_ok(seg_program_new(&run->program, "one.onnx", "onnx", &run->err), run->err);
    run->program->opset = from->opset;
    for (int i = 0; i < from->src_count; i++)
        make_source(run, from, i, &src[i]);
    for (int i = 0; i < dst_count; i++) {
        char name[16];
        snprintf(name, sizeof name, "dst%d", i);
        ck_ok(seg_program_slot_named(run->program, name, &run->results[i], &run->err), run->err);
        ck_ok(seg_program_output(run->program, run->results[i], &run->err), run->err);
    }
    ck_ok(seg_program_node_add(run->program, "", from->op, "node", from->src_count, dst_count,
                               from->attribute_count, &node, &run->err),
          run->err);
    memcpy(node->src, src, (size_t)from->src_count * sizeof *src);
    memcpy(node->dst, run->results, (size_t)dst_count * sizeof *node->dst);
    memcpy((void *)(uintptr_t)node->attributes, from->attributes,
           (size_t)from->attribute_count * sizeof *node->attributes);
    ck_ok(seg_program_finish(run->program, &run->err), run->err);
}

static seg_status start(one_run *run, const one_node *from, int dst_count, bool reference)
{
    const seg_runtime_opts opts = {.threads = 2, .reference = reference};
    seg_tensor inputs[ONE_SOURCES];
    int count = 0;
    make_program(run, from, dst_count);
    for (int i = 0; i < from->src_count; i++) {
        if (from->src[i].data != NULL && !from->constant[i])
            inputs[count++] = from->src[i];
    }
    ck_ok(seg_runtime_new(&run->runtime, run->program, &opts, &run->err), run->err);
    return seg_runtime_run(run->runtime, inputs, &run->err);
}

static void end(one_run *run)
{
    seg_runtime_free(run->runtime);
    seg_program_free(run->program);
}

/* ---- checking ---- */

static double precision(seg_dtype dtype)
{
    return dtype == SEG_F16 ? 1e-3 : dtype == SEG_BF16 ? 1e-2 : 1e-5;
}

static void compare(const char *op, const seg_tensor *got, const seg_tensor *wanted)
{
    char text[SEG_SHAPE_TEXT_SIZE], other[SEG_SHAPE_TEXT_SIZE];
    const seg_dtype dtype = wanted->shape.dtype;
    const int64_t count = seg_shape_count(&wanted->shape);
    double largest = 1;
    ck_assert_msg(seg_shape_equal(&got->shape, &wanted->shape), "%s: %s, wanted %s", op,
                  seg_shape_text(&got->shape, text), seg_shape_text(&wanted->shape, other));
    for (int64_t i = 0; i < count; i++) {
        double value;
        seg_load_f64(dtype, wanted->data, i, 1, &value);
        largest = isfinite(value) ? fmax(largest, fabs(value)) : largest;
    }
    for (int64_t i = 0; i < count; i++) {
        double a, b;
        seg_load_f64(dtype, got->data, i, 1, &a);
        seg_load_f64(dtype, wanted->data, i, 1, &b);
        bool same = a == b || (isnan(a) && isnan(b)) ||
                    (seg_dtype_is_real(dtype) && fabs(a - b) <= precision(dtype) * largest);
        ck_assert_msg(same, "%s: element %lld is %.9g, wanted %.9g", op, (long long)i, a, b);
    }
}

void one_check(const one_node *node, int index, seg_dtype dtype, const char *extents,
               const void *wanted)
{
    const seg_tensor tensor = tensor_of(dtype, extents, wanted);
    int dst_count = node->dst_count > index ? node->dst_count : index + 1;
    for (int reference = 0; reference < 2; reference++) {
        one_run run = {.runtime = NULL};
        seg_tensor got;
        ck_ok(start(&run, node, dst_count, reference == 1), run.err);
        ck_ok(seg_runtime_read(run.runtime, run.results[index], &got, &run.err), run.err);
        compare(node->op, &got, &tensor);
        end(&run);
    }
}

void one_refused(const one_node *node, seg_status status, const char *part)
{
    for (int reference = 0; reference < 2; reference++) {
        one_run run = {.runtime = NULL};
        ck_fails(start(&run, node, node->dst_count > 0 ? node->dst_count : 1, reference == 1),
                 status, run.err, part);
        ck_assert_msg(strstr(run.err.text, node->op) != NULL, "%s", run.err.text);
        end(&run);
    }
}

bool one_is_lowered(const one_node *node)
{
    one_run run = {.runtime = NULL};
    ck_ok(start(&run, node, node->dst_count > 0 ? node->dst_count : 1, false), run.err);
    seg_runtime_facts facts = seg_runtime_describe(run.runtime);
    end(&run);
    return facts.evaluated == 0;
}

typedef struct torture {
    const one_node *node;
    int reference;
} torture;

static seg_status torture_call(void *context, seg_error *err)
{
    const torture *with = context;
    const seg_runtime_opts opts = {.threads = 1, .reference = with->reference == 1};
    const one_node *from = with->node;
    one_run run = {.runtime = NULL};
    seg_tensor inputs[ONE_SOURCES];
    int count = 0;
    for (int i = 0; i < from->src_count; i++) {
        if (from->src[i].data != NULL && !from->constant[i])
            inputs[count++] = from->src[i];
    }
    oom_spare(true);
    make_program(&run, from, from->dst_count > 0 ? from->dst_count : 1);
    oom_spare(false);
    seg_status status = seg_runtime_new(&run.runtime, run.program, &opts, err);
    if (status == SEG_OK)
        status = seg_runtime_run(run.runtime, inputs, err);
    end(&run);
    return status;
}

void one_torture(const one_node *node)
{
    for (int reference = 0; reference < 2; reference++)
        oom_torture(node->op, torture_call, &(torture){node, reference}, SEG_NOMEM);
}
