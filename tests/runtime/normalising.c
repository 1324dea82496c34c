/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* normalising.c: normalisations, boxes and quantised operators of files, worked by hand. */
#include <math.h>

#include "runtime/one_node.h"
#include "test.h"

#define FLOATS(...) ((float[]){__VA_ARGS__})
#define LONGS(...)  ((int64_t[]){__VA_ARGS__})
#define BYTES(...)  ((uint8_t[]){__VA_ARGS__})

/* ---- normalisation: 1 3 and 2 6 are -1 1 and -2 2 about their means, variances 1 and 4 ---- */

static const float pairs[] = {1, 3, 2, 6};
static const float tiny = 1e-9f; /* epsilon */

static one_node batch_norm(int opset)
{
    static const float scale[] = {1, 2}, bias[] = {0, 10}, mean[] = {1, 0}, var[] = {4, 1};
    one_node node = {.op = "BatchNormalization", .opset = opset};
    one_input(&node, SEG_F32, "1x2x1x2", pairs);
    one_constant(&node, SEG_F32, "2", scale);
    one_constant(&node, SEG_F32, "2", bias);
    one_constant(&node, SEG_F32, "2", mean);
    one_constant(&node, SEG_F32, "2", var);
    one_float(&node, "epsilon", &tiny);
    return node;
}

START_TEST(batch_norm_inference)
{
    for (int opset = 7; opset <= 15; opset += 4) {
        one_node node = batch_norm(opset);
        one_check(&node, 0, SEG_F32, "1x2x1x2", FLOATS(0, 1, 14, 22));
        ck_assert(one_is_lowered(&node));
    }
    one_node node = batch_norm(15);
    node.src[2].shape = one_shape(SEG_F32, "1");
    one_refused(&node, SEG_INVALID, "input 2 is f32 1 for 2 channels");
}
END_TEST

/* The batch's own statistics: means 2 4, variances 1 4; half way from 1 0 and 4 1. */
START_TEST(batch_norm_training)
{
    for (int opset = 9; opset <= 14; opset += 5) {
        one_node node = batch_norm(opset);
        one_int(&node, "training_mode", LONGS(1));
        one_float(&node, "momentum", FLOATS(0.5f));
        node.dst_count = opset == 14 ? 3 : 5;
        one_check(&node, 0, SEG_F32, "1x2x1x2", FLOATS(-1, 1, 8, 12));
        one_check(&node, 1, SEG_F32, "2", FLOATS(1.5f, 2));
        one_check(&node, 2, SEG_F32, "2", FLOATS(2.5f, 2.5f));
        if (opset == 9) {
            one_check(&node, 3, SEG_F32, "2", FLOATS(2, 4));
            one_check(&node, 4, SEG_F32, "2", FLOATS(1, 4));
        }
    }
}
END_TEST

/* spatial 0: each element has its own statistics. */
START_TEST(batch_norm_by_element)
{
    static const float ones[] = {1, 1, 1, 1}, means[] = {0, 1, 2, 3};
    one_node node = {.op = "BatchNormalization", .opset = 7};
    one_input(&node, SEG_F32, "1x2x2", pairs);
    one_constant(&node, SEG_F32, "2x2", ones);
    one_constant(&node, SEG_F32, "2x2", ones);
    one_constant(&node, SEG_F32, "2x2", means);
    one_constant(&node, SEG_F32, "2x2", ones);
    one_int(&node, "spatial", LONGS(0));
    one_float(&node, "epsilon", &tiny);
    one_check(&node, 0, SEG_F32, "1x2x2", FLOATS(2, 3, 1, 4));
}
END_TEST

START_TEST(instance_and_group_norm)
{
    one_node node = {.op = "InstanceNormalization", .opset = 6};
    one_input(&node, SEG_F32, "1x2x2", pairs);
    one_constant(&node, SEG_F32, "2", FLOATS(1, 3));
    one_constant(&node, SEG_F32, "2", FLOATS(0, 10));
    one_float(&node, "epsilon", &tiny);
    one_check(&node, 0, SEG_F32, "1x2x2", FLOATS(-1, 1, 7, 13));
    node.op = "GroupNormalization";
    node.opset = 21;
    one_int(&node, "num_groups", LONGS(2));
    one_check(&node, 0, SEG_F32, "1x2x2", FLOATS(-1, 1, 7, 13));
    /* One group: mean 3, variance (4 + 0 + 1 + 9) / 4; opset 18 scales by group, 21 by channel. */
    const double deviation = sqrt(3.5);
    const float by_channel[] = {(float)(-2 / deviation), 0, (float)(-3 / deviation + 10),
                                (float)(9 / deviation + 10)};
    const float by_group[] = {(float)(-4 / deviation + 1), 1, (float)(-2 / deviation + 1),
                              (float)(6 / deviation + 1)};
    node.attributes[1].ints = LONGS(1);
    one_check(&node, 0, SEG_F32, "1x2x2", by_channel);
    node.opset = 18;
    node.src[1] = (seg_tensor){one_shape(SEG_F32, "1"), FLOATS(2)};
    node.src[2] = (seg_tensor){one_shape(SEG_F32, "1"), FLOATS(1)};
    one_check(&node, 0, SEG_F32, "1x2x2", by_group);
    node.attributes[1].ints = LONGS(3);
    one_refused(&node, SEG_INVALID, "num_groups 3 does not divide 2 channels");
}
END_TEST

START_TEST(layer_norm)
{
    one_node node = {.op = "LayerNormalization", .opset = 17, .dst_count = 3};
    one_input(&node, SEG_F32, "2x2", pairs);
    one_constant(&node, SEG_F32, "2", FLOATS(1, 2));
    one_constant(&node, SEG_F32, "2", FLOATS(0, 1));
    one_float(&node, "epsilon", &tiny);
    one_check(&node, 0, SEG_F32, "2x2", FLOATS(-1, 3, -1, 3));
    one_check(&node, 1, SEG_F32, "2x1", FLOATS(2, 4));
    one_check(&node, 2, SEG_F32, "2x1", FLOATS(1, 0.5f));
    node.src[1].shape = one_shape(SEG_F32, "2x1"); /* broadcast along the row */
    one_check(&node, 0, SEG_F32, "2x2", FLOATS(-1, 2, -2, 3));
    node.src[1].shape = one_shape(SEG_F32, "3");
    one_refused(&node, SEG_INVALID, "input 1 of f32 3 does not fit f32 2x2");
}
END_TEST

START_TEST(norms_along_axes)
{
    const float values[] = {3, 4, 0, 0};
    one_node node = {.op = "LpNormalization", .opset = 1};
    one_input(&node, SEG_F32, "2x2", values);
    one_check(&node, 0, SEG_F32, "2x2", FLOATS(0.6f, 0.8f, 0, 0));
    one_int(&node, "p", LONGS(1));
    one_int(&node, "axis", LONGS(0));
    one_check(&node, 0, SEG_F32, "2x2", FLOATS(1, 1, 0, 0));
    /* Channels 1 2 3 under windows of 2, the odd one behind: 1+4, 4+9, 9. */
    node = (one_node){.op = "LRN", .opset = 13};
    one_input(&node, SEG_F32, "1x3x1x1", FLOATS(1, 2, 3));
    one_int(&node, "size", LONGS(2));
    one_float(&node, "alpha", FLOATS(2));
    one_float(&node, "beta", FLOATS(1));
    one_check(&node, 0, SEG_F32, "1x3x1x1", FLOATS(1.0f / 6, 2.0f / 14, 0.3f));
    node = (one_node){.op = "MeanVarianceNormalization", .opset = 13};
    one_input(&node, SEG_F32, "1x2x1x2", pairs);
    one_check(&node, 0, SEG_F32, "1x2x1x2", FLOATS(-1, 1, -1, 1));
}
END_TEST

/* ---- boxes ---- */

/* Unit boxes at y 0, 1/4 and 2: the first two share 3/4 of 5/4, so 0.6. The second has the best
 * score; box 3 is box 2 with its corners the other way round. */
START_TEST(non_max_suppression)
{
    const float boxes[] = {0, 0, 1, 1, 0.25f, 0, 1.25f, 1, 2, 0, 3, 1, 3, 1, 2, 0};
    const float scores[] = {0.8f, 0.9f, 0.3f, 0.3f};
    one_node node = {.op = "NonMaxSuppression", .opset = 11};
    one_input(&node, SEG_F32, "1x4x4", boxes);
    one_input(&node, SEG_F32, "1x1x4", scores);
    one_check(&node, 0, SEG_I64, "0x3", LONGS(0)); /* none unless asked for */
    one_constant(&node, SEG_I64, "1", LONGS(9));
    one_constant(&node, SEG_F32, "1", FLOATS(0.5f));
    one_check(&node, 0, SEG_I64, "2x3", LONGS(0, 0, 1, 0, 0, 2));
    node.src[3].data = FLOATS(0.7f);
    one_check(&node, 0, SEG_I64, "3x3", LONGS(0, 0, 1, 0, 0, 0, 0, 0, 2));
    one_constant(&node, SEG_F32, "1", FLOATS(0.3f)); /* more than, not as much */
    one_check(&node, 0, SEG_I64, "2x3", LONGS(0, 0, 1, 0, 0, 0));
    node.src[3].data = FLOATS(1.5f);
    one_refused(&node, SEG_INVALID, "iou_threshold 1.5");
    node.src[3].data = FLOATS(0.5f);
    node.src[1].shape = one_shape(SEG_F32, "1x2x2");
    one_refused(&node, SEG_INVALID, "they are f32 1x4x4 and f32 1x2x2");
}
END_TEST

/* A plane whose value is the column: a region from column 0 to 2, two bins, sampled at their
 * middles 1/2 and 3/2; with half_pixel at 0 and 1. */
START_TEST(roi_align)
{
    const float plane[] = {0, 1, 2, 3, 0, 1, 2, 3};
    one_node node = {.op = "RoiAlign", .opset = 10};
    one_input(&node, SEG_F32, "1x1x2x4", plane);
    one_input(&node, SEG_F32, "1x4", FLOATS(0, 0, 2, 1));
    one_input(&node, SEG_I64, "1", LONGS(0));
    one_int(&node, "output_width", LONGS(2));
    one_int(&node, "sampling_ratio", LONGS(1));
    one_check(&node, 0, SEG_F32, "1x1x1x2", FLOATS(0.5f, 1.5f));
    node.opset = 16;
    one_check(&node, 0, SEG_F32, "1x1x1x2", FLOATS(0, 1));
    node.src[2].data = LONGS(1);
    one_refused(&node, SEG_INVALID, "region 0 is of image 1 of 1");
}
END_TEST

/* ---- quantised ---- */

/* Quotients 0.5, 1.5, 2.5, -0.5 round to even; the ends saturate. */
START_TEST(quantize_linear)
{
    const float values[] = {1, 3, 5, -1, 1e9f, -1e9f};
    one_node node = {.op = "QuantizeLinear", .opset = 13};
    one_input(&node, SEG_F32, "6", values);
    one_constant(&node, SEG_F32, "", FLOATS(2));
    one_check(&node, 0, SEG_U8, "6", BYTES(0, 2, 2, 0, 255, 0));
    one_constant(&node, SEG_I8, "", ((int8_t[]){1}));
    one_check(&node, 0, SEG_I8, "6", ((int8_t[]){1, 3, 3, 1, 127, -128}));
    node.opset = 21;
    node.src[2] = (seg_tensor){one_shape(SEG_I16, ""), ((int16_t[]){-1})};
    one_check(&node, 0, SEG_I16, "6", ((int16_t[]){-1, 1, 1, -1, 32767, -32768}));
    node.src_count = 2;
    one_int(&node, "output_dtype", LONGS(4));
    one_check(&node, 0, SEG_U16, "6", ((uint16_t[]){0, 2, 2, 0, 65535, 0}));
    node.attributes[0].ints = LONGS(17);
    one_refused(&node, SEG_UNSUPPORTED, "output_dtype 17");
}
END_TEST

/* By axis, and in blocks of two. */
START_TEST(quantize_in_parts)
{
    const float values[] = {2, 4, 6, 8};
    one_node node = {.op = "QuantizeLinear", .opset = 21};
    one_input(&node, SEG_F32, "2x2", values);
    one_constant(&node, SEG_F32, "2", FLOATS(1, 2));
    one_constant(&node, SEG_U8, "2", BYTES(0, 10));
    one_check(&node, 0, SEG_U8, "2x2", BYTES(2, 12, 6, 14));
    one_int(&node, "axis", LONGS(0));
    one_check(&node, 0, SEG_U8, "2x2", BYTES(2, 4, 13, 14));
    node = (one_node){.op = "DequantizeLinear", .opset = 21};
    one_input(&node, SEG_U8, "1x4", BYTES(11, 12, 13, 14));
    one_constant(&node, SEG_F32, "1x2", FLOATS(1, 2));
    one_constant(&node, SEG_U8, "1x2", BYTES(10, 0));
    one_int(&node, "block_size", LONGS(2));
    one_check(&node, 0, SEG_F32, "1x4", FLOATS(1, 2, 26, 28));
    node.attributes[0].ints = LONGS(3);
    one_check(&node, 0, SEG_F32, "1x4", FLOATS(1, 2, 3, 28));
    node.attributes[0].ints = LONGS(4);
    one_refused(&node, SEG_INVALID, "a scale of f32 1x2 does not fit an input of u8 1x4");
}
END_TEST

START_TEST(dequantize_linear)
{
    const int32_t sums[] = {-3, 7};
    one_node node = {.op = "DequantizeLinear", .opset = 13};
    one_input(&node, SEG_I32, "2", sums);
    one_constant(&node, SEG_F32, "", FLOATS(0.5f));
    one_check(&node, 0, SEG_F32, "2", FLOATS(-1.5f, 3.5f));
    one_constant(&node, SEG_U8, "", BYTES(1));
    one_refused(&node, SEG_UNSUPPORTED, "input 2 of type u8");
}
END_TEST

/* -1 .. 1.55: steps of 0.01, zero at 100. All zeros: any scale will do. */
START_TEST(dynamic_quantize_linear)
{
    const float values[] = {-1, 0, 0.25f, 1.55f}, zeros[] = {0, 0};
    one_node node = {.op = "DynamicQuantizeLinear", .opset = 11, .dst_count = 3};
    one_input(&node, SEG_F32, "4", values);
    one_check(&node, 0, SEG_U8, "4", BYTES(0, 100, 125, 255));
    one_check(&node, 1, SEG_F32, "", FLOATS(0.01f));
    one_check(&node, 2, SEG_U8, "", BYTES(100));
    node.src[0] = (seg_tensor){one_shape(SEG_F32, "2"), (void *)(uintptr_t)zeros};
    one_check(&node, 0, SEG_U8, "2", BYTES(0, 0));
    node.dst_count = 1; /* a node need not ask for all */
    one_check(&node, 0, SEG_U8, "2", BYTES(0, 0));
}
END_TEST

/* 3 - 1, 5 - 1 by 2 - 1, 3 - 1 with a zero point before: 2*2 = 4, 2 + 8 = 10; by 1/4 (steps 1/2 and
 * 1/2 to 1) 1, 2.5 -> 2, and 7 more. */
START_TEST(quantised_convolution)
{
    one_node node = {.op = "ConvInteger", .opset = 10};
    one_input(&node, SEG_U8, "1x1x2", BYTES(3, 5));
    one_constant(&node, SEG_U8, "1x1x2", BYTES(2, 3));
    one_constant(&node, SEG_U8, "", BYTES(1));
    one_constant(&node, SEG_U8, "", BYTES(1));
    one_ints(&node, "pads", 2, LONGS(1, 0));
    one_check(&node, 0, SEG_I32, "1x1x2", ((int32_t[]){4, 10}));
    node = (one_node){.op = "QLinearConv", .opset = 10};
    one_input(&node, SEG_U8, "1x1x2", BYTES(3, 5));
    one_constant(&node, SEG_F32, "", FLOATS(0.5f));
    one_constant(&node, SEG_U8, "", BYTES(1));
    one_constant(&node, SEG_U8, "2x1x2", BYTES(2, 3, 0, 1));
    one_constant(&node, SEG_F32, "2", FLOATS(0.5f, 100));
    one_constant(&node, SEG_U8, "2", BYTES(1, 0));
    one_constant(&node, SEG_F32, "", FLOATS(1));
    one_constant(&node, SEG_U8, "", BYTES(7));
    one_ints(&node, "pads", 2, LONGS(1, 0));
    one_check(&node, 0, SEG_U8, "1x2x2", BYTES(8, 9, 107, 207));
    one_constant(&node, SEG_I32, "2", ((int32_t[]){4, -9}));
    one_check(&node, 0, SEG_U8, "1x2x2", BYTES(9, 11, 0, 0));
    node.src[8].shape = one_shape(SEG_I32, "1");
    one_refused(&node, SEG_INVALID, "the bias must be i32 2, is i32 1");
}
END_TEST

START_TEST(quantised_products)
{
    one_node node = {.op = "MatMulInteger", .opset = 10};
    one_input(&node, SEG_U8, "2x2", BYTES(1, 2, 3, 4));
    one_input(&node, SEG_I8, "2x1", ((int8_t[]){-1, 2}));
    one_constant(&node, SEG_U8, "2", BYTES(1, 3));
    one_check(&node, 0, SEG_I32, "2x1", ((int32_t[]){2, 2}));
    node.src[1].shape = one_shape(SEG_I8, "1x2");
    one_refused(&node, SEG_INVALID, "u8 2x2 and i8 1x2 cannot be multiplied");
    /* Stacks broadcast: two rows by one matrix; the last step is by a half: 3/2 -> 2, 5/2 -> 2. */
    node = (one_node){.op = "QLinearMatMul", .opset = 10};
    one_input(&node, SEG_U8, "2x1x2", BYTES(1, 2, 2, 3));
    one_constant(&node, SEG_F32, "", FLOATS(1));
    one_constant(&node, SEG_U8, "", BYTES(0));
    one_constant(&node, SEG_U8, "2x1", BYTES(1, 1));
    one_constant(&node, SEG_F32, "", FLOATS(1));
    one_constant(&node, SEG_U8, "", BYTES(0));
    one_constant(&node, SEG_F32, "", FLOATS(2));
    one_constant(&node, SEG_U8, "", BYTES(0));
    one_check(&node, 0, SEG_U8, "2x1x1", BYTES(2, 2));
}
END_TEST

START_TEST(lack_of_memory)
{
    one_node node = batch_norm(14);
    one_torture(&node);
    node.dst_count = 3;
    one_int(&node, "training_mode", LONGS(1));
    one_torture(&node);
    node = (one_node){.op = "InstanceNormalization", .opset = 6};
    one_input(&node, SEG_F32, "1x2x2", pairs);
    one_constant(&node, SEG_F32, "2", pairs);
    one_constant(&node, SEG_F32, "2", pairs);
    one_torture(&node);
    node = (one_node){.op = "MeanVarianceNormalization", .opset = 13};
    one_input(&node, SEG_F32, "1x2x1x2", pairs);
    one_torture(&node);
    node.op = "LpNormalization";
    one_torture(&node);
    node = (one_node){.op = "NonMaxSuppression", .opset = 11};
    one_input(&node, SEG_F32, "1x1x4", pairs);
    one_input(&node, SEG_F32, "1x1x1", pairs);
    one_constant(&node, SEG_I64, "1", LONGS(9));
    one_torture(&node);
    node = (one_node){.op = "MatMulInteger", .opset = 10};
    one_input(&node, SEG_U8, "2x2", BYTES(1, 2, 3, 4));
    one_input(&node, SEG_U8, "2x1", BYTES(1, 2));
    one_torture(&node);
    node = (one_node){.op = "DynamicQuantizeLinear", .opset = 11, .dst_count = 3};
    one_input(&node, SEG_F32, "4", pairs);
    one_torture(&node);
}
END_TEST

/* X, its scale and zero point, weights, theirs, those of the result. */
START_TEST(lack_of_memory_quantised)
{
    one_node node = {.op = "QLinearConv", .opset = 10};
    one_input(&node, SEG_U8, "1x1x2", BYTES(3, 5));
    one_constant(&node, SEG_F32, "", FLOATS(0.5f));
    one_constant(&node, SEG_U8, "", BYTES(1));
    one_constant(&node, SEG_U8, "1x1x2", BYTES(2, 3));
    one_constant(&node, SEG_F32, "", FLOATS(0.5f));
    one_constant(&node, SEG_U8, "", BYTES(1));
    one_constant(&node, SEG_F32, "", FLOATS(1));
    one_constant(&node, SEG_U8, "", BYTES(7));
    one_torture(&node);
}
END_TEST

Suite *suite_normalising(void)
{
    Suite *suite = suite_create("normalising");
    TCase *test = tcase_create("normalising");
    tcase_add_test(test, batch_norm_inference);
    tcase_add_test(test, batch_norm_training);
    tcase_add_test(test, batch_norm_by_element);
    tcase_add_test(test, instance_and_group_norm);
    tcase_add_test(test, layer_norm);
    tcase_add_test(test, norms_along_axes);
    tcase_add_test(test, non_max_suppression);
    tcase_add_test(test, roi_align);
    tcase_add_test(test, quantize_linear);
    tcase_add_test(test, quantize_in_parts);
    tcase_add_test(test, dequantize_linear);
    tcase_add_test(test, dynamic_quantize_linear);
    tcase_add_test(test, quantised_convolution);
    tcase_add_test(test, quantised_products);
    tcase_add_test(test, lack_of_memory);
    tcase_add_test(test, lack_of_memory_quantised);
    suite_add_tcase(suite, test);
    return suite;
}
