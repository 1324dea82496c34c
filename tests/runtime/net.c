/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* net.c: small programs for tests of operators. */
#include "runtime/net.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "runtime/convert.h"
#include "test.h"

void net_init(net *n, int opset)
{
    memset(n, 0, sizeof *n);
    ck_ok(seg_program_new(&n->program, "test.onnx", "onnx", &n->err), n->err);
    n->program->opset = opset;
}

void net_release(net *n)
{
    seg_runtime_free(n->runtime);
    seg_program_free(n->program);
    for (size_t i = 0; i < n->input_count; i++)
        seg_block_free(n->inputs[i].data);
}

static void fill(const seg_tensor *tensor, const double *values, uint64_t index)
{
    int64_t count = seg_shape_count(&tensor->shape);
    seg_rng rng = seg_rng_make(7, SEG_RNG_INIT, index);
    for (int64_t i = 0; i < count; i++) {
        double value = values != NULL ? values[i] : 6.0 * seg_rng_uniform(&rng) - 3.0;
        seg_store_f64(tensor->shape.dtype, tensor->data, i, 1, &value);
    }
}

static seg_slot fresh(net *n, const char *stem)
{
    seg_slot slot;
    ck_ok(seg_program_slot_fresh(n->program, stem, &slot, &n->err), n->err);
    return slot;
}

seg_slot net_input(net *n, seg_shape shape, const double *values)
{
    ck_assert_uint_lt(n->input_count, NET_INPUTS);
    seg_slot slot = fresh(n, "input");
    seg_tensor *tensor = &n->inputs[n->input_count++];
    *tensor = (seg_tensor){shape, seg_block_new(seg_shape_size(&shape))};
    ck_assert_ptr_nonnull(tensor->data);
    fill(tensor, values, (uint64_t)slot);
    n->program->slots[slot].shape = shape;
    ck_ok(seg_program_input(n->program, slot, &n->err), n->err);
    return slot;
}

seg_slot net_constant(net *n, seg_shape shape, const double *values)
{
    seg_slot slot = fresh(n, "constant");
    seg_tensor tensor = {shape, NULL};
    ck_ok(seg_program_constant(n->program, slot, &shape, NULL, &tensor.data, &n->err), n->err);
    fill(&tensor, values, (uint64_t)slot);
    return slot;
}

static seg_attribute attribute_of(net *n, const net_attribute *from)
{
    seg_attribute made = {.name = from->name, .count = from->count, .text = from->text};
    int64_t *integer = seg_arena_alloc(&n->program->arena, sizeof *integer);
    float *real = seg_arena_alloc(&n->program->arena, sizeof *real);
    int64_t *ints = seg_arena_alloc(&n->program->arena, (size_t)(from->count + 1) * sizeof *ints);
    ck_assert(integer != NULL && real != NULL && ints != NULL);
    *integer = from->integer;
    *real = from->real;
    if (from->count > 0)
        memcpy(ints, from->ints, (size_t)from->count * sizeof *ints);
    made.type = from->type;
    made.ints = from->type == SEG_ATTRIBUTE_INTS ? ints : integer;
    made.floats = real;
    if (from->type == SEG_ATTRIBUTE_INT || from->type == SEG_ATTRIBUTE_FLOAT)
        made.count = 1;
    return made;
}

void net_node(net *n, const char *op, const net_attribute *attributes, int src_count,
              const seg_slot *src, int dst_count, seg_slot *dst)
{
    seg_program_node *node;
    seg_attribute *list;
    int count = 0;
    while (attributes != NULL && attributes[count].name != NULL)
        count++;
    for (int i = 0; i < dst_count; i++)
        dst[i] = fresh(n, "made");
    ck_ok(seg_program_node_add(n->program, "", op, "", src_count, dst_count, count, &node, &n->err),
          n->err);
    list = seg_arena_alloc(&n->program->arena, (size_t)(count + 1) * sizeof *list);
    ck_assert_ptr_nonnull(list);
    for (int i = 0; i < count; i++)
        list[i] = attribute_of(n, &attributes[i]);
    node->attributes = list;
    for (int i = 0; i < src_count; i++)
        node->src[i] = src[i];
    for (int i = 0; i < dst_count; i++)
        node->dst[i] = dst[i];
}

seg_slot net_op(net *n, const char *op, const net_attribute *attributes, int src_count,
                const seg_slot *src)
{
    seg_slot dst;
    net_node(n, op, attributes, src_count, src, 1, &dst);
    return dst;
}

void net_output(net *n, seg_slot slot)
{
    ck_ok(seg_program_output(n->program, slot, &n->err), n->err);
}

seg_status net_run(net *n, bool reference)
{
    const seg_runtime_opts opts = {.threads = 2, .memory_limit = 1 << 26, .reference = reference};
    ck_ok(seg_program_finish(n->program, &n->err), n->err);
    seg_runtime_free(n->runtime);
    n->runtime = NULL;
    seg_status status = seg_runtime_new(&n->runtime, n->program, &opts, &n->err);
    return status == SEG_OK ? seg_runtime_run(n->runtime, n->inputs, &n->err) : status;
}

static seg_tensor result(net *n, size_t index)
{
    seg_tensor out;
    ck_assert_uint_lt(index, n->program->output_count);
    ck_ok(seg_runtime_read(n->runtime, n->program->outputs[index], &out, &n->err), n->err);
    return out;
}

void net_expect(net *n, size_t index, seg_shape shape, const double *values)
{
    char text[2][SEG_SHAPE_TEXT_SIZE];
    seg_tensor got = result(n, index);
    ck_assert_msg(seg_shape_equal(&got.shape, &shape), "result %zu is %s, wanted %s", index,
                  seg_shape_text(&got.shape, text[0]), seg_shape_text(&shape, text[1]));
    for (int64_t i = 0; i < seg_shape_count(&shape); i++) {
        double value;
        seg_load_f64(shape.dtype, got.data, i, 1, &value);
        bool same = isnan(values[i])
                        ? isnan(value)
                        : value == values[i] || (seg_dtype_is_real(shape.dtype) &&
                                                 fabs(value - values[i]) <= 1e-6 * fabs(values[i]));
        ck_assert_msg(same, "result %zu, element %lld is %.17g, wanted %.17g", index, (long long)i,
                      value, values[i]);
    }
}

/* Largest difference of two results, and largest of the second, as seen by all outputs so far. */
static void compare(const seg_tensor *got, const seg_tensor *wanted, double *difference,
                    double *largest)
{
    char text[2][SEG_SHAPE_TEXT_SIZE];
    ck_assert_msg(seg_shape_equal(&got->shape, &wanted->shape), "lowered %s, reference %s",
                  seg_shape_text(&got->shape, text[0]), seg_shape_text(&wanted->shape, text[1]));
    for (int64_t i = 0; i < seg_shape_count(&got->shape); i++) {
        double a = (double)seg_f32(got)[i], b = (double)seg_f32(wanted)[i];
        ck_assert_msg(isfinite(a) && isfinite(b), "element %lld: %g and %g", (long long)i, a, b);
        *difference = fmax(*difference, fabs(a - b));
        *largest = fmax(*largest, fabs(b));
    }
}

void net_check_lowered(net *n, int evaluated, double tolerance)
{
    seg_tensor kept[NET_INPUTS];
    ck_assert_uint_le(n->program->output_count, NET_INPUTS);
    ck_ok(net_run(n, true), n->err);
    for (size_t i = 0; i < n->program->output_count; i++) {
        seg_tensor made = result(n, i);
        size_t size = seg_shape_size(&made.shape);
        ck_assert_int_eq(made.shape.dtype, SEG_F32);
        kept[i] = (seg_tensor){made.shape, seg_block_new(size)};
        ck_assert_ptr_nonnull(kept[i].data);
        memcpy(kept[i].data, made.data, size);
    }
    ck_ok(net_run(n, false), n->err);
    ck_assert_int_eq(seg_runtime_describe(n->runtime).evaluated, evaluated);
    for (size_t i = 0; i < n->program->output_count; i++) {
        double difference = 0.0, largest = 0.0;
        seg_tensor made = result(n, i);
        compare(&made, &kept[i], &difference, &largest);
        ck_assert_msg(difference <= tolerance * largest, "output %zu: differs by %g of %g", i,
                      difference, largest);
        seg_block_free(kept[i].data);
    }
}

seg_status one_node(net *n, const char *op, int opset, const net_attribute *attributes,
                    int src_count, const one_source *src, int dst_count)
{
    seg_slot slots[NET_SRC], dst[NET_INPUTS];
    net_init(n, opset);
    for (int i = 0; i < src_count; i++)
        slots[i] = src[i].values != NULL ? net_input(n, src[i].shape, src[i].values) : SEG_NO_SLOT;
    net_node(n, op, attributes, src_count, slots, dst_count, dst);
    for (int i = 0; i < dst_count; i++)
        net_output(n, dst[i]);
    return net_run(n, true);
}
