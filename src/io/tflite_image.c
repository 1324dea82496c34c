/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* tflite_image.c: operators over N,H,W,C images in ONNX's words: pooling, resizing, blocks, pads. */
#include <string.h>

#include "io/tflite_reader.h"

/* ---- pooling ---- */

enum { WINDOW_MAX = 1 << 20 };

static void want_positive(seg_tflite_reader *reader, const int64_t *values, int count)
{
    for (int i = 0; i < count; i++) {
        if (values[i] < 1 || values[i] > WINDOW_MAX)
            seg_tflite_fail(reader, SEG_FORMAT, "a window or stride of %lld", (long long)values[i]);
    }
}

static void emit_pool(seg_tflite_reader *reader, const char *op)
{
    const int64_t kernel[2] = {seg_tflite_int(reader, "filter_h"),
                               seg_tflite_int(reader, "filter_w")};
    const int64_t strides[2] = {seg_tflite_int(reader, "stride_h"),
                                seg_tflite_int(reader, "stride_w")};
    want_positive(reader, kernel, 2);
    want_positive(reader, strides, 2);
    const bool same = seg_tflite_int(reader, "padding") == TFLITE_SAME;
    const int64_t activation = seg_tflite_int(reader, "activation");
    const seg_attribute attributes[] = {
        seg_tflite_attr_ints("kernel_shape", 2, kernel),
        seg_tflite_attr_ints("strides", 2, strides),
        seg_tflite_attr_text("auto_pad", same ? "SAME_UPPER" : "VALID"),
    };
    const seg_slot dst = seg_tflite_dst_slot(reader, 0);
    const seg_slot src = seg_tflite_to_nchw(reader, seg_tflite_src_slot(reader, 0));
    seg_slot value = seg_tflite_emit(reader, op, SEG_NO_SLOT, 1, &src, 3, attributes);
    value = seg_tflite_to_nhwc(reader, value, seg_tflite_before(reader, activation, dst));
    seg_tflite_activate(reader, value, activation, dst);
}

/* Padding does not count in the divisor, which is ONNX's default. */
void seg_tflite_average_pool(seg_tflite_reader *reader)
{
    emit_pool(reader, "AveragePool");
}

void seg_tflite_max_pool(seg_tflite_reader *reader)
{
    emit_pool(reader, "MaxPool");
}

/*
 * MediaPipe's MaxPoolingWithArgmax2D and MaxUnpooling2D, whose options are a C struct: i32 padding
 * (1 SAME, 2 VALID), i32 stride_w, stride_h, filter_w, filter_h. What the indices mean is known to
 * these two only.
 */
void seg_tflite_mediapipe_pool(seg_tflite_reader *reader)
{
    static const char *const names[] = {"padding", "stride_w", "stride_h", "filter_w", "filter_h"};
    const seg_flat_vector custom = {reader->custom.at, reader->custom.count / 4};
    const bool pool = strcmp(reader->op->name, "MaxPoolingWithArgmax2D") == 0;
    int64_t values[5];
    seg_attribute attributes[5];
    seg_slot src[2], dst[2];
    const int src_count = pool ? 1 : 2, dst_count = pool ? 2 : 1;
    if (custom.count < 5 || seg_tflite_src_count(reader) != src_count ||
        seg_tflite_dst_count(reader) != dst_count) {
        seg_tflite_fail(reader, SEG_FORMAT, "options of %zu bytes, %d sources, %d results",
                        reader->custom.count, seg_tflite_src_count(reader),
                        seg_tflite_dst_count(reader));
        return;
    }
    for (int i = 0; i < 5; i++) {
        values[i] = seg_flat_item_i32(&reader->file, &custom, (size_t)i);
        attributes[i] = seg_tflite_attr_int(names[i], &values[i]);
    }
    values[0] = values[0] == 1 ? TFLITE_SAME : TFLITE_VALID;
    want_positive(reader, values + 1, 4);
    for (int i = 0; i < src_count; i++)
        src[i] = seg_tflite_src_slot(reader, i);
    for (int i = 0; i < dst_count; i++)
        dst[i] = seg_tflite_dst_slot(reader, i);
    seg_tflite_emit_many(reader, "tflite", reader->op->name, dst_count, dst, src_count, src, 5,
                         attributes);
}

/* ---- resizing ---- */

/* N,C,H,W of the result: a constant where the file says it all, else N,C of `image` (N,C,H,W) and
 * the source of the size. */
static seg_slot resize_sizes(seg_tflite_reader *reader, seg_slot image)
{
    static const int64_t zero = 0, two = 2;
    const seg_tflite_tensor *size = seg_tflite_src(reader, 1);
    int64_t sizes[4] = {seg_tflite_extent(reader, 0, 0), seg_tflite_extent(reader, 0, 3), 0, 0};
    if (size->data != NULL) {
        if (seg_tflite_src_list(reader, 1, "a size", sizes + 2, 2) != 2 || sizes[2] < 1 ||
            sizes[3] < 1)
            seg_tflite_fail(reader, SEG_FORMAT, "a size that is not two positive numbers");
        if (sizes[0] > 0 && sizes[1] > 0)
            return seg_tflite_list_constant(reader, "sizes", 4, sizes);
    }
    static const int64_t concat_axis = 0;
    const seg_slot slice[3] = {seg_tflite_emit1(reader, "Shape", SEG_NO_SLOT, image),
                               seg_tflite_list_constant(reader, "start", 1, &zero),
                               seg_tflite_list_constant(reader, "end", 1, &two)};
    const seg_slot parts[2] = {seg_tflite_emit(reader, "Slice", SEG_NO_SLOT, 3, slice, 0, NULL),
                               seg_tflite_src_i64(reader, 1)};
    const seg_attribute axis = seg_tflite_attr_int("axis", &concat_axis);
    return seg_tflite_emit(reader, "Concat", SEG_NO_SLOT, 2, parts, 1, &axis);
}

/*
 * Coordinates: align_corners maps first to first and last to last pixel, half_pixel_centers
 * centres to centres, neither (the legacy of TensorFlow 1) corners to corners: ONNX's
 * "asymmetric".
 */
static void emit_resize(seg_tflite_reader *reader, const char *mode)
{
    const bool nearest = strcmp(mode, "nearest") == 0;
    const bool align = seg_tflite_int(reader, "align_corners") != 0;
    const bool half = seg_tflite_int(reader, "half_pixel_centers") != 0;
    if (align && half)
        seg_tflite_fail(reader, SEG_UNSUPPORTED, "align_corners with half_pixel_centers");
    const seg_attribute attributes[] = {
        seg_tflite_attr_text("mode", mode),
        seg_tflite_attr_text("coordinate_transformation_mode", align  ? "align_corners"
                                                               : half ? "half_pixel"
                                                                      : "asymmetric"),
        /* floor((x + 0.5) * scale) is half_pixel's coordinate rounded with ties up. */
        seg_tflite_attr_text("nearest_mode", align || half ? "round_prefer_ceil" : "floor"),
    };
    const seg_slot image = seg_tflite_to_nchw(reader, seg_tflite_src_slot(reader, 0));
    const seg_slot src[4] = {image, SEG_NO_SLOT, SEG_NO_SLOT, resize_sizes(reader, image)};
    const seg_slot value =
        seg_tflite_emit(reader, "Resize", SEG_NO_SLOT, 4, src, nearest ? 3 : 2, attributes);
    seg_tflite_to_nhwc(reader, value, seg_tflite_dst_slot(reader, 0));
}

void seg_tflite_resize_bilinear(seg_tflite_reader *reader)
{
    emit_resize(reader, "linear");
}

void seg_tflite_resize_nearest(seg_tflite_reader *reader)
{
    emit_resize(reader, "nearest");
}

/* ---- blocks ---- */

static void emit_block(seg_tflite_reader *reader, const char *op, int attribute_count)
{
    const int64_t block = seg_tflite_int(reader, "block_size");
    want_positive(reader, &block, 1);
    const seg_attribute attributes[] = {seg_tflite_attr_int("blocksize", &block),
                                        seg_tflite_attr_text("mode", "DCR")};
    const seg_slot src = seg_tflite_to_nchw(reader, seg_tflite_src_slot(reader, 0));
    seg_tflite_to_nhwc(
        reader, seg_tflite_emit(reader, op, SEG_NO_SLOT, 1, &src, attribute_count, attributes),
        seg_tflite_dst_slot(reader, 0));
}

void seg_tflite_depth_to_space(seg_tflite_reader *reader)
{
    emit_block(reader, "DepthToSpace", 2);
}

void seg_tflite_space_to_depth(seg_tflite_reader *reader)
{
    emit_block(reader, "SpaceToDepth", 1);
}

static seg_slot emit_reshape(seg_tflite_reader *reader, seg_slot src, seg_slot dst, int rank,
                             const int64_t *shape)
{
    return seg_tflite_emit2(reader, "Reshape", dst, src,
                            seg_tflite_list_constant(reader, "shape", rank, shape));
}

static seg_slot emit_transpose6(seg_tflite_reader *reader, seg_slot src, const int64_t perm[6])
{
    const seg_attribute attribute = seg_tflite_attr_ints("perm", 6, perm);
    return seg_tflite_emit(reader, "Transpose", SEG_NO_SLOT, 1, &src, 1, &attribute);
}

/* ONNX's pads of axes H and W from pairs {before, after}. */
static seg_slot emit_pad_hw(seg_tflite_reader *reader, seg_slot src, const int64_t pairs[4])
{
    const int64_t pads[8] = {0, pairs[0], pairs[2], 0, 0, pairs[1], pairs[3], 0};
    return seg_tflite_emit2(reader, "Pad", SEG_NO_SLOT, src,
                            seg_tflite_list_constant(reader, "pads", 8, pads));
}

/* Block, pairs of padding or cropping, and image of the two operators; false after a failure. */
static bool read_blocks(seg_tflite_reader *reader, int64_t block[2], int64_t pairs[4],
                        int64_t image[3])
{
    if (seg_tflite_src_list(reader, 1, "a block", block, 2) != 2 ||
        seg_tflite_src_list(reader, 2, "padding", pairs, 4) != 4)
        seg_tflite_fail(reader, SEG_UNSUPPORTED, "blocks that are not of height and width");
    for (int i = 0; i < 3; i++) {
        image[i] = seg_tflite_extent(reader, 0, 1 + i);
        if (image[i] < 1 || image[i] > INT32_MAX)
            seg_tflite_fail(reader, SEG_UNSUPPORTED, "an image of unknown size");
    }
    want_positive(reader, block, 2);
    for (int i = 0; i < 4; i++) {
        if (pairs[i] < 0 || pairs[i] > WINDOW_MAX)
            seg_tflite_fail(reader, SEG_FORMAT, "padding of %lld", (long long)pairs[i]);
    }
    if (seg_tflite_src(reader, 0)->shape.rank != 4)
        seg_tflite_fail(reader, SEG_UNSUPPORTED, "an image that is not of rank 4");
    return reader->status == SEG_OK;
}

/* N,H,W,C padded, to (by,bx,N), H/bh, W/bw, C. */
void seg_tflite_space_to_batch(seg_tflite_reader *reader)
{
    static const int64_t perm[6] = {2, 4, 0, 1, 3, 5};
    int64_t block[2], pairs[4], image[3];
    if (!read_blocks(reader, block, pairs, image))
        return;
    const int64_t h = image[0] + pairs[0] + pairs[1], w = image[1] + pairs[2] + pairs[3];
    if (h % block[0] != 0 || w % block[1] != 0) {
        seg_tflite_fail(reader, SEG_FORMAT, "an image of %lldx%lld in blocks of %lldx%lld",
                        (long long)h, (long long)w, (long long)block[0], (long long)block[1]);
        return;
    }
    const int64_t split[6] = {-1, h / block[0], block[0], w / block[1], block[1], image[2]};
    const int64_t merged[4] = {-1, split[1], split[3], image[2]};
    seg_slot value = emit_pad_hw(reader, seg_tflite_src_slot(reader, 0), pairs);
    value = emit_reshape(reader, value, SEG_NO_SLOT, 6, split);
    value = emit_transpose6(reader, value, perm);
    emit_reshape(reader, value, seg_tflite_dst_slot(reader, 0), 4, merged);
}

/* The inverse, and what was padded is cut off. */
void seg_tflite_batch_to_space(seg_tflite_reader *reader)
{
    static const int64_t perm[6] = {2, 3, 0, 4, 1, 5}, axes[2] = {1, 2};
    int64_t block[2], pairs[4], image[3];
    if (!read_blocks(reader, block, pairs, image))
        return;
    const int64_t split[6] = {block[0], block[1], -1, image[0], image[1], image[2]};
    const int64_t h = image[0] * block[0], w = image[1] * block[1];
    const int64_t merged[4] = {-1, h, w, image[2]};
    const int64_t starts[2] = {pairs[0], pairs[2]}, ends[2] = {h - pairs[1], w - pairs[3]};
    seg_slot value = emit_reshape(reader, seg_tflite_src_slot(reader, 0), SEG_NO_SLOT, 6, split);
    value = emit_transpose6(reader, value, perm);
    value = emit_reshape(reader, value, SEG_NO_SLOT, 4, merged);
    const seg_slot src[4] = {value, seg_tflite_list_constant(reader, "starts", 2, starts),
                             seg_tflite_list_constant(reader, "ends", 2, ends),
                             seg_tflite_list_constant(reader, "axes", 2, axes)};
    seg_tflite_emit(reader, "Slice", seg_tflite_dst_slot(reader, 0), 4, src, 0, NULL);
}

/* ---- padding ---- */

/* ONNX's list, all befores and then all afters, of source 1's pairs. Returns the rank. */
static int read_pads(seg_tflite_reader *reader, int64_t pads[2 * SEG_MAX_RANK])
{
    int64_t pairs[2 * SEG_MAX_RANK];
    const int count = seg_tflite_src_list(reader, 1, "padding", pairs, 2 * SEG_MAX_RANK);
    const int rank = count / 2;
    const seg_shape *shape = &seg_tflite_src(reader, 0)->shape;
    if (count % 2 != 0 || (shape->rank != SEG_UNKNOWN_RANK && shape->rank != rank))
        seg_tflite_fail(reader, SEG_FORMAT, "%d numbers of padding", count);
    for (int i = 0; i < rank; i++) {
        pads[i] = pairs[2 * i];
        pads[rank + i] = pairs[2 * i + 1];
    }
    return rank;
}

/* PAD, and PADV2 with the value as source 2. */
void seg_tflite_pad(seg_tflite_reader *reader)
{
    int64_t pads[2 * SEG_MAX_RANK];
    const int rank = read_pads(reader, pads);
    const seg_slot src[3] = {seg_tflite_src_slot(reader, 0),
                             seg_tflite_list_constant(reader, "pads", 2 * rank, pads),
                             seg_tflite_src_slot(reader, 2)};
    seg_tflite_emit(reader, "Pad", seg_tflite_dst_slot(reader, 0), src[2] != SEG_NO_SLOT ? 3 : 2,
                    src, 0, NULL);
}

/* REFLECT does not repeat the border; SYMMETRIC does, which for one pixel is ONNX's "edge". */
void seg_tflite_mirror_pad(seg_tflite_reader *reader)
{
    int64_t pads[2 * SEG_MAX_RANK];
    const int rank = read_pads(reader, pads);
    const bool symmetric = seg_tflite_int(reader, "mode") != 0;
    for (int i = 0; i < 2 * rank && symmetric; i++) {
        if (pads[i] > 1)
            seg_tflite_fail(reader, SEG_UNSUPPORTED, "symmetric padding of %lld pixels",
                            (long long)pads[i]);
    }
    const seg_attribute mode = seg_tflite_attr_text("mode", symmetric ? "edge" : "reflect");
    const seg_slot src[2] = {seg_tflite_src_slot(reader, 0),
                             seg_tflite_list_constant(reader, "pads", 2 * rank, pads)};
    seg_tflite_emit(reader, "Pad", seg_tflite_dst_slot(reader, 0), 2, src, 1, &mode);
}
