/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* tflite_elementwise.c: operators that need no layout, under ONNX's names. */
#include <string.h>

#include "io/tflite_reader.h"

/* ONNX's name where it is not a matter of a few more nodes. */
static const struct {
    const char *name, *onnx;
} words[] = {
    {"ADD", "Add"},
    {"SUB", "Sub"},
    {"MUL", "Mul"},
    {"DIV", "Div"},
    {"POW", "Pow"},
    {"MAXIMUM", "Max"},
    {"MINIMUM", "Min"},
    {"EQUAL", "Equal"},
    {"LESS", "Less"},
    {"GREATER", "Greater"},
    {"LESS_EQUAL", "LessOrEqual"},
    {"GREATER_EQUAL", "GreaterOrEqual"},
    {"LOGICAL_AND", "And"},
    {"LOGICAL_OR", "Or"},
    {"PRELU", "PRelu"},
    {"LOGICAL_NOT", "Not"},
    {"RELU", "Relu"},
    {"ELU", "Elu"},
    {"HARD_SWISH", "HardSwish"},
    {"LOGISTIC", "Sigmoid"},
    {"TANH", "Tanh"},
    {"ABS", "Abs"},
    {"NEG", "Neg"},
    {"EXP", "Exp"},
    {"LOG", "Log"},
    {"SQRT", "Sqrt"},
    {"SIN", "Sin"},
    {"COS", "Cos"},
    {"FLOOR", "Floor"},
    {"CEIL", "Ceil"},
    {"ROUND", "Round"}, /* ties to even, in both */
    {"SIGN", "Sign"},
};

static const char *word(seg_tflite_reader *reader)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i].name, reader->op->name) == 0)
            return words[i].onnx;
    }
    return reader->op->name;
}

void seg_tflite_binary(seg_tflite_reader *reader)
{
    const int64_t activation = seg_tflite_int(reader, "activation");
    const seg_slot dst = seg_tflite_dst_slot(reader, 0);
    const seg_slot value =
        seg_tflite_emit2(reader, word(reader), seg_tflite_before(reader, activation, dst),
                         seg_tflite_src_slot(reader, 0), seg_tflite_src_slot(reader, 1));
    seg_tflite_activate(reader, value, activation, dst);
}

void seg_tflite_unary(seg_tflite_reader *reader)
{
    seg_tflite_emit1(reader, word(reader), seg_tflite_dst_slot(reader, 0),
                     seg_tflite_src_slot(reader, 0));
}

/* RELU6, RELU_N1_TO_1, RELU_0_TO_1 */
void seg_tflite_clip(seg_tflite_reader *reader)
{
    const bool six = strcmp(reader->op->name, "RELU6") == 0;
    const bool negative = strcmp(reader->op->name, "RELU_N1_TO_1") == 0;
    const seg_slot src[3] = {seg_tflite_src_slot(reader, 0),
                             seg_tflite_float_constant(reader, "lowest", negative ? -1.0f : 0.0f),
                             seg_tflite_float_constant(reader, "highest", six ? 6.0f : 1.0f)};
    seg_tflite_emit(reader, "Clip", seg_tflite_dst_slot(reader, 0), 3, src, 0, NULL);
}

void seg_tflite_rsqrt(seg_tflite_reader *reader)
{
    seg_tflite_emit1(reader, "Reciprocal", seg_tflite_dst_slot(reader, 0),
                     seg_tflite_emit1(reader, "Sqrt", SEG_NO_SLOT, seg_tflite_src_slot(reader, 0)));
}

void seg_tflite_square(seg_tflite_reader *reader)
{
    const seg_slot src = seg_tflite_src_slot(reader, 0);
    seg_tflite_emit2(reader, "Mul", seg_tflite_dst_slot(reader, 0), src, src);
}

void seg_tflite_squared_difference(seg_tflite_reader *reader)
{
    const seg_slot difference = seg_tflite_emit2(
        reader, "Sub", SEG_NO_SLOT, seg_tflite_src_slot(reader, 0), seg_tflite_src_slot(reader, 1));
    seg_tflite_emit2(reader, "Mul", seg_tflite_dst_slot(reader, 0), difference, difference);
}

void seg_tflite_not_equal(seg_tflite_reader *reader)
{
    seg_tflite_emit1(reader, "Not", seg_tflite_dst_slot(reader, 0),
                     seg_tflite_emit2(reader, "Equal", SEG_NO_SLOT, seg_tflite_src_slot(reader, 0),
                                      seg_tflite_src_slot(reader, 1)));
}

void seg_tflite_leaky_relu(seg_tflite_reader *reader)
{
    const float alpha = seg_tflite_float(reader, "alpha");
    const seg_attribute attribute = seg_tflite_attr_float("alpha", &alpha);
    const seg_slot src = seg_tflite_src_slot(reader, 0);
    seg_tflite_emit(reader, "LeakyRelu", seg_tflite_dst_slot(reader, 0), 1, &src, 1, &attribute);
}

/* SOFTMAX with its beta, and LOG_SOFTMAX; both along the last axis. */
void seg_tflite_softmax(seg_tflite_reader *reader)
{
    static const int64_t last = -1;
    const bool log = strcmp(reader->op->name, "LOG_SOFTMAX") == 0;
    const float beta = log ? 1.0f : seg_tflite_float(reader, "beta");
    seg_slot src = seg_tflite_src_slot(reader, 0);
    if (beta != 1.0f)
        src = seg_tflite_emit2(reader, "Mul", SEG_NO_SLOT, src,
                               seg_tflite_float_constant(reader, "beta", beta));
    const seg_attribute attribute = seg_tflite_attr_int("axis", &last);
    seg_tflite_emit(reader, log ? "LogSoftmax" : "Softmax", seg_tflite_dst_slot(reader, 0), 1, &src,
                    1, &attribute);
}

/* x * (1 + erf(x / sqrt 2)) / 2, or with tanh where the file allows the approximation. */
void seg_tflite_gelu(seg_tflite_reader *reader)
{
    const seg_slot x = seg_tflite_src_slot(reader, 0);
    seg_slot inner = x;
    const bool approximate = seg_tflite_int(reader, "approximate") != 0;
    if (approximate) { /* tanh(sqrt(2/pi) * (x + 0.044715 x^3)) */
        const seg_slot square = seg_tflite_emit2(reader, "Mul", SEG_NO_SLOT, x, x);
        const seg_slot factor = seg_tflite_emit2(
            reader, "Add", SEG_NO_SLOT,
            seg_tflite_emit2(reader, "Mul", SEG_NO_SLOT, square,
                             seg_tflite_float_constant(reader, "cubic", 0.044715f)),
            seg_tflite_float_constant(reader, "one", 1.0f));
        inner = seg_tflite_emit2(reader, "Mul", SEG_NO_SLOT, x, factor);
    }
    inner = seg_tflite_emit2(
        reader, "Mul", SEG_NO_SLOT, inner,
        seg_tflite_float_constant(reader, "scale", approximate ? 0.79788456f : 0.70710678f));
    inner = seg_tflite_emit1(reader, approximate ? "Tanh" : "Erf", SEG_NO_SLOT, inner);
    inner = seg_tflite_emit2(reader, "Add", SEG_NO_SLOT, inner,
                             seg_tflite_float_constant(reader, "one", 1.0f));
    inner = seg_tflite_emit2(reader, "Mul", SEG_NO_SLOT, inner,
                             seg_tflite_float_constant(reader, "half", 0.5f));
    seg_tflite_emit2(reader, "Mul", seg_tflite_dst_slot(reader, 0), x, inner);
}

/* ---- types ---- */

/* TensorProto.DataType of ONNX for an element type. */
static int64_t onnx_type(seg_dtype dtype)
{
    static const int64_t types[] = {
        [SEG_F32] = 1,  [SEG_U8] = 2,   [SEG_I8] = 3,   [SEG_U16] = 4,  [SEG_I16] = 5,
        [SEG_I32] = 6,  [SEG_I64] = 7,  [SEG_BOOL] = 9, [SEG_F16] = 10, [SEG_F64] = 11,
        [SEG_U32] = 12, [SEG_U64] = 13, [SEG_BF16] = 16};
    return types[dtype];
}

/* Cast to the type that the file declares for the result. */
static void emit_cast(seg_tflite_reader *reader, seg_slot src)
{
    const int64_t to = onnx_type(seg_tflite_dst(reader, 0)->shape.dtype);
    const seg_attribute attribute = seg_tflite_attr_int("to", &to);
    seg_tflite_emit(reader, "Cast", seg_tflite_dst_slot(reader, 0), 1, &src, 1, &attribute);
}

void seg_tflite_cast(seg_tflite_reader *reader)
{
    emit_cast(reader, seg_tflite_src_slot(reader, 0));
}

/* Here only where the network is read in float: then there is nothing to do. */
void seg_tflite_quantise(seg_tflite_reader *reader)
{
    seg_tflite_emit1(reader, "Identity", seg_tflite_dst_slot(reader, 0),
                     seg_tflite_src_slot(reader, 0));
}

/* float16 weights, constants, or a network read in float. */
void seg_tflite_dequantise(seg_tflite_reader *reader)
{
    const seg_tflite_tensor *src = seg_tflite_src(reader, 0);
    if (src->type == TFLITE_FLOAT16)
        seg_tflite_cast(reader);
    else
        seg_tflite_quantise(reader);
}

/* ---- reductions ---- */

/* MEAN, SUM, REDUCE_MAX, REDUCE_MIN, REDUCE_PROD */
void seg_tflite_reduce(seg_tflite_reader *reader)
{
    static const struct {
        const char *name, *onnx;
    } reductions[] = {{"MEAN", "ReduceMean"},
                      {"SUM", "ReduceSum"},
                      {"REDUCE_MAX", "ReduceMax"},
                      {"REDUCE_MIN", "ReduceMin"},
                      {"REDUCE_PROD", "ReduceProd"}};
    int64_t axes[SEG_MAX_RANK];
    const int count = seg_tflite_src_list(reader, 1, "axes", axes, SEG_MAX_RANK);
    const int64_t keep = seg_tflite_int(reader, "keep_dims");
    const char *op = "";
    for (size_t i = 0; i < sizeof reductions / sizeof *reductions; i++) {
        if (strcmp(reductions[i].name, reader->op->name) == 0)
            op = reductions[i].onnx;
    }
    const seg_slot dst = seg_tflite_dst_slot(reader, 0);
    seg_slot src[2] = {seg_tflite_src_slot(reader, 0), SEG_NO_SLOT};
    const seg_attribute attributes[] = {seg_tflite_attr_int("keepdims", &keep),
                                        seg_tflite_attr_ints("axes", count, axes)};
    if (count == 0) /* ONNX takes that for all axes */
        seg_tflite_emit1(reader, "Identity", dst, src[0]);
    else if (strcmp(op, "ReduceSum") == 0) { /* its axes are a source since opset 13 */
        src[1] = seg_tflite_list_constant(reader, "axes", count, axes);
        seg_tflite_emit(reader, op, dst, 2, src, 1, attributes);
    } else
        seg_tflite_emit(reader, op, dst, 1, src, 2, attributes);
}

/* ARG_MAX and ARG_MIN: the first of equals, as i32 or i64. */
void seg_tflite_arg_max(seg_tflite_reader *reader)
{
    static const int64_t keep = 0;
    int64_t axis = 0;
    const bool wide = seg_tflite_dst(reader, 0)->type == TFLITE_INT64;
    if (seg_tflite_src_list(reader, 1, "an axis", &axis, 1) != 1)
        seg_tflite_fail(reader, SEG_FORMAT, "no axis");
    const seg_attribute attributes[] = {seg_tflite_attr_int("axis", &axis),
                                        seg_tflite_attr_int("keepdims", &keep)};
    const seg_slot src = seg_tflite_src_slot(reader, 0);
    const seg_slot value = seg_tflite_emit(
        reader, strcmp(reader->op->name, "ARG_MIN") == 0 ? "ArgMin" : "ArgMax",
        wide ? seg_tflite_dst_slot(reader, 0) : SEG_NO_SLOT, 1, &src, 2, attributes);
    if (!wide)
        emit_cast(reader, value);
}
