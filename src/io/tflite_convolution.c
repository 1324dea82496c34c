/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * tflite_convolution.c: convolutions and matrix products in ONNX's words.
 *
 *             TensorFlow Lite        ONNX
 * images      N,H,W,C                N,C,H,W
 * conv        O,KH,KW,I/g            O,I/g,KH,KW
 * depthwise   1,KH,KW,C*m            C*m,1,KH,KW with C groups: output channel c*m + j in both
 * transposed  O,KH,KW,I              I,O,KH,KW
 */
#include <string.h>

#include "io/tflite_reader.h"

enum { EXTENT_MAX = 1 << 20 }; /* of strides and dilations */

static int64_t positive(seg_tflite_reader *reader, const char *name)
{
    const int64_t value = seg_tflite_int(reader, name);
    if (value >= 1 && value <= EXTENT_MAX)
        return value;
    seg_tflite_fail(reader, SEG_FORMAT, "%s is %lld", name, (long long)value);
    return 1;
}

static void want_rank(seg_tflite_reader *reader, int src, int rank)
{
    const seg_tflite_tensor *tensor = seg_tflite_src(reader, src);
    if (tensor->shape.rank != rank && tensor->shape.rank != SEG_UNKNOWN_RANK)
        seg_tflite_fail(reader, SEG_FORMAT, "source %d has rank %d, not %d", src,
                        tensor->shape.rank, rank);
}

static const char *auto_pad(seg_tflite_reader *reader)
{
    return seg_tflite_int(reader, "padding") == TFLITE_SAME ? "SAME_UPPER" : "VALID";
}

/* Conv over the image in source 0 with `weights` in ONNX's order. */
static void emit_conv(seg_tflite_reader *reader, seg_slot weights, int64_t groups)
{
    const int64_t strides[2] = {positive(reader, "stride_h"), positive(reader, "stride_w")};
    const int64_t dilations[2] = {positive(reader, "dilation_h"), positive(reader, "dilation_w")};
    const int64_t activation = seg_tflite_int(reader, "activation");
    const seg_attribute attributes[] = {
        seg_tflite_attr_ints("strides", 2, strides),
        seg_tflite_attr_ints("dilations", 2, dilations),
        seg_tflite_attr_int("group", &groups),
        seg_tflite_attr_text("auto_pad", auto_pad(reader)),
    };
    const seg_slot dst = seg_tflite_dst_slot(reader, 0);
    const seg_slot src[3] = {seg_tflite_to_nchw(reader, seg_tflite_src_slot(reader, 0)), weights,
                             seg_tflite_src_slot(reader, 2)};
    seg_slot value = seg_tflite_emit(reader, "Conv", SEG_NO_SLOT, src[2] != SEG_NO_SLOT ? 3 : 2,
                                     src, 4, attributes);
    value = seg_tflite_to_nhwc(reader, value, seg_tflite_before(reader, activation, dst));
    seg_tflite_activate(reader, value, activation, dst);
}

void seg_tflite_conv2d(seg_tflite_reader *reader)
{
    want_rank(reader, 0, 4);
    want_rank(reader, 1, 4);
    const int64_t ic = seg_tflite_extent(reader, 0, 3), depth = seg_tflite_extent(reader, 1, 3);
    int64_t groups = 1;
    if (ic > 0 && depth > 0) {
        if (ic % depth != 0)
            seg_tflite_fail(reader, SEG_FORMAT, "weights of %lld channels, an image of %lld",
                            (long long)depth, (long long)ic);
        groups = ic / depth;
    }
    emit_conv(reader, seg_tflite_to_nchw(reader, seg_tflite_src_slot(reader, 1)), groups);
}

void seg_tflite_depthwise(seg_tflite_reader *reader)
{
    static const int64_t perm[4] = {3, 0, 1, 2};
    want_rank(reader, 0, 4);
    want_rank(reader, 1, 4);
    const int64_t ic = seg_tflite_extent(reader, 0, 3), oc = seg_tflite_extent(reader, 1, 3);
    if (ic < 1 || oc < 1 || oc % ic != 0) {
        seg_tflite_fail(reader, SEG_FORMAT, "weights of %lld channels, an image of %lld",
                        (long long)oc, (long long)ic);
        return;
    }
    emit_conv(reader,
              seg_tflite_transpose(reader, seg_tflite_src_slot(reader, 1), SEG_NO_SLOT, perm), ic);
}

/* ---- transposed ---- */

/* Rows or columns of a transposed convolution. */
typedef struct transposed_axis {
    int64_t in, out, kernel, stride;
    int64_t before, after, out_pad; /* results */
} transposed_axis;

/*
 * out = (in-1)*stride + kernel - before - after + out_pad; what SAME cuts off is halved, the odd
 * one at the end.
 */
static void solve(seg_tflite_reader *reader, transposed_axis *axis)
{
    if (axis->in < 1 || axis->kernel < 1 || axis->out < 1 || axis->in > INT32_MAX) {
        seg_tflite_fail(reader, SEG_UNSUPPORTED, "a size that is not known before the run");
        return;
    }
    const int64_t whole = (axis->in - 1) * axis->stride + axis->kernel;
    const int64_t cut = whole > axis->out ? whole - axis->out : 0;
    axis->before = cut / 2;
    axis->after = cut - axis->before;
    axis->out_pad = whole < axis->out ? axis->out - whole : 0;
}

/* ConvTranspose of the image in source `image`; bias: index of its source, -1: none. */
static void emit_transposed(seg_tflite_reader *reader, int image, int bias, transposed_axis axes[2],
                            int64_t activation)
{
    static const int64_t perm[4] = {3, 0, 1, 2};
    solve(reader, &axes[0]);
    solve(reader, &axes[1]);
    if (reader->status != SEG_OK)
        return;
    const int64_t strides[2] = {axes[0].stride, axes[1].stride};
    const int64_t pads[4] = {axes[0].before, axes[1].before, axes[0].after, axes[1].after};
    const int64_t out_pads[2] = {axes[0].out_pad, axes[1].out_pad};
    const seg_attribute attributes[] = {
        seg_tflite_attr_ints("strides", 2, strides),
        seg_tflite_attr_ints("pads", 4, pads),
        seg_tflite_attr_ints("output_padding", 2, out_pads),
    };
    const seg_slot dst = seg_tflite_dst_slot(reader, 0);
    const seg_slot src[3] = {
        seg_tflite_to_nchw(reader, seg_tflite_src_slot(reader, image)),
        seg_tflite_transpose(reader, seg_tflite_src_slot(reader, 1), SEG_NO_SLOT, perm),
        bias >= 0 ? seg_tflite_src_slot(reader, bias) : SEG_NO_SLOT};
    seg_slot value = seg_tflite_emit(reader, "ConvTranspose", SEG_NO_SLOT,
                                     src[2] != SEG_NO_SLOT ? 3 : 2, src, 3, attributes);
    value = seg_tflite_to_nhwc(reader, value, seg_tflite_before(reader, activation, dst));
    seg_tflite_activate(reader, value, activation, dst);
}

/* Sources: shape of the result, weights, image, optional bias. */
void seg_tflite_transpose_conv(seg_tflite_reader *reader)
{
    int64_t shape[4] = {0, 0, 0, 0};
    const seg_tflite_tensor *dst = seg_tflite_dst(reader, 0);
    want_rank(reader, 1, 4);
    want_rank(reader, 2, 4);
    if (seg_tflite_src(reader, 0)->data != NULL) {
        if (seg_tflite_src_list(reader, 0, "a shape", shape, 4) != 4)
            seg_tflite_fail(reader, SEG_FORMAT, "a shape that is not of rank 4");
    } else if (dst->shape.rank == 4) {
        memcpy(shape, dst->shape.dim, sizeof shape);
    }
    transposed_axis axes[2];
    for (int i = 0; i < 2; i++)
        axes[i] = (transposed_axis){.in = seg_tflite_extent(reader, 2, 1 + i),
                                    .out = shape[1 + i],
                                    .kernel = seg_tflite_extent(reader, 1, 1 + i),
                                    .stride = positive(reader, i == 0 ? "stride_h" : "stride_w")};
    emit_transposed(reader, 2, 3, axes, seg_tflite_int(reader, "activation"));
}

/*
 * MediaPipe's Convolution2DTransposeBias. Sources: image, weights, bias; its options are a C
 * struct: i32 padding (1 SAME, 2 VALID), i32 stride_w, i32 stride_h. With SAME, the windows are
 * those of a convolution with stride over an image of (in-1)*stride + 1 .. in*stride pixels.
 */
void seg_tflite_mediapipe_transpose_conv(seg_tflite_reader *reader)
{
    const seg_flat_vector custom = {reader->custom.at, reader->custom.count / 4};
    want_rank(reader, 0, 4);
    want_rank(reader, 1, 4);
    if (custom.count < 3) {
        seg_tflite_fail(reader, SEG_FORMAT, "options of %zu bytes", reader->custom.count);
        return;
    }
    const int32_t padding = seg_flat_item_i32(&reader->file, &custom, 0);
    transposed_axis axes[2];
    for (int i = 0; i < 2; i++) {
        const int64_t stride = seg_flat_item_i32(&reader->file, &custom, i == 0 ? 2 : 1);
        const int64_t in = seg_tflite_extent(reader, 0, 1 + i);
        const int64_t kernel = seg_tflite_extent(reader, 1, 1 + i);
        if (stride < 1 || stride > EXTENT_MAX || in < 1 || in > INT32_MAX) {
            seg_tflite_fail(reader, SEG_FORMAT, "stride %lld over %lld pixels", (long long)stride,
                            (long long)in);
            return;
        }
        int64_t cut = kernel - (in - 1) % stride - 1;
        if (padding != 1 || cut < 0)
            cut = 0;
        axes[i] = (transposed_axis){
            .in = in, .out = (in - 1) * stride + kernel - cut, .kernel = kernel, .stride = stride};
    }
    emit_transposed(reader, 0, 2, axes, TFLITE_ACT_NONE);
}

/* ---- matrix products ---- */

/* The shape that the file declares for the result, with one extent that it may leave open. */
static seg_slot declared_shape(seg_tflite_reader *reader)
{
    const seg_shape *shape = &seg_tflite_dst(reader, 0)->shape;
    int open = 0;
    for (int i = 0; i < shape->rank; i++)
        open += shape->dim[i] < 0;
    if (shape->rank == SEG_UNKNOWN_RANK || open > 1)
        seg_tflite_fail(reader, SEG_UNSUPPORTED, "a result of unknown shape");
    return seg_tflite_list_constant(reader, "shape", shape->rank > 0 ? shape->rank : 0, shape->dim);
}

/* y[.., o] = sum over k: x[.., k] * weights[o, k] + bias[o] */
void seg_tflite_dense(seg_tflite_reader *reader)
{
    static const int64_t one = 1;
    want_rank(reader, 1, 2);
    if (seg_tflite_int(reader, "weights_format") != 0)
        seg_tflite_fail(reader, SEG_UNSUPPORTED, "shuffled weights");
    const int64_t activation = seg_tflite_int(reader, "activation");
    const int64_t rows[2] = {-1, seg_tflite_extent(reader, 1, 1)};
    const bool keep =
        seg_tflite_int(reader, "keep_num_dims") != 0 && seg_tflite_dst(reader, 0)->shape.rank != 2;
    const seg_slot dst = seg_tflite_dst_slot(reader, 0);
    seg_slot src[3] = {seg_tflite_src_slot(reader, 0), seg_tflite_src_slot(reader, 1),
                       seg_tflite_src_slot(reader, 2)};
    if (seg_tflite_src(reader, 0)->shape.rank != 2 || seg_tflite_extent(reader, 0, 1) != rows[1])
        src[0] = seg_tflite_emit2(reader, "Reshape", SEG_NO_SLOT, src[0],
                                  seg_tflite_list_constant(reader, "rows", 2, rows));
    const seg_attribute attribute = seg_tflite_attr_int("transB", &one);
    const seg_slot target = seg_tflite_before(reader, activation, dst);
    seg_slot value = seg_tflite_emit(reader, "Gemm", keep ? SEG_NO_SLOT : target,
                                     src[2] != SEG_NO_SLOT ? 3 : 2, src, 1, &attribute);
    if (keep)
        value = seg_tflite_emit2(reader, "Reshape", target, value, declared_shape(reader));
    seg_tflite_activate(reader, value, activation, dst);
}

static seg_slot swap_last_two(seg_tflite_reader *reader, int index)
{
    const int rank = seg_tflite_rank(reader, index);
    int64_t perm[SEG_MAX_RANK];
    if (rank < 2) {
        seg_tflite_fail(reader, SEG_FORMAT, "source %d has rank %d", index, rank);
        return SEG_NO_SLOT;
    }
    for (int i = 0; i < rank; i++)
        perm[i] = i;
    perm[rank - 1] = rank - 2;
    perm[rank - 2] = rank - 1;
    const seg_slot src = seg_tflite_src_slot(reader, index);
    const seg_attribute attribute = seg_tflite_attr_ints("perm", rank, perm);
    return seg_tflite_emit(reader, "Transpose", SEG_NO_SLOT, 1, &src, 1, &attribute);
}

/* BATCH_MATMUL, each side transposed where an option says so. */
void seg_tflite_matmul(seg_tflite_reader *reader)
{
    const seg_slot a =
        seg_tflite_int(reader, "adj_x") ? swap_last_two(reader, 0) : seg_tflite_src_slot(reader, 0);
    const seg_slot b =
        seg_tflite_int(reader, "adj_y") ? swap_last_two(reader, 1) : seg_tflite_src_slot(reader, 1);
    seg_tflite_emit2(reader, "MatMul", seg_tflite_dst_slot(reader, 0), a, b);
}
