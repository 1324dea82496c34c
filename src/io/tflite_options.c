/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* tflite_options.c: the option tables of operators: field numbers and defaults of the schema. */
#include <string.h>

#include "io/tflite_reader.h"

const seg_tflite_option seg_tflite_conv2d_options[] = {
    {"padding", 0, OPTION_ENUM, 0},   {"stride_w", 1, OPTION_I32, 0},
    {"stride_h", 2, OPTION_I32, 0},   {"activation", 3, OPTION_ENUM, 0},
    {"dilation_w", 4, OPTION_I32, 1}, {"dilation_h", 5, OPTION_I32, 1},
    {NULL, 0, OPTION_ENUM, 0},
};
const seg_tflite_option seg_tflite_depthwise_options[] = {
    {"padding", 0, OPTION_ENUM, 0},   {"stride_w", 1, OPTION_I32, 0},
    {"stride_h", 2, OPTION_I32, 0},   {"activation", 4, OPTION_ENUM, 0},
    {"dilation_w", 5, OPTION_I32, 1}, {"dilation_h", 6, OPTION_I32, 1},
    {NULL, 0, OPTION_ENUM, 0},
};
const seg_tflite_option seg_tflite_pool_options[] = {
    {"padding", 0, OPTION_ENUM, 0}, {"stride_w", 1, OPTION_I32, 0},
    {"stride_h", 2, OPTION_I32, 0}, {"filter_w", 3, OPTION_I32, 0},
    {"filter_h", 4, OPTION_I32, 0}, {"activation", 5, OPTION_ENUM, 0},
    {NULL, 0, OPTION_ENUM, 0},
};
const seg_tflite_option seg_tflite_transpose_conv_options[] = {
    {"padding", 0, OPTION_ENUM, 0}, {"stride_w", 1, OPTION_I32, 0},
    {"stride_h", 2, OPTION_I32, 0}, {"activation", 3, OPTION_ENUM, 0},
    {NULL, 0, OPTION_ENUM, 0},
};
const seg_tflite_option seg_tflite_dense_options[] = {
    {"activation", 0, OPTION_ENUM, 0},
    {"weights_format", 1, OPTION_ENUM, 0},
    {"keep_num_dims", 2, OPTION_BOOL, 0},
    {NULL, 0, OPTION_ENUM, 0},
};
/* Add, Sub, Mul, Div */
const seg_tflite_option seg_tflite_activation_options[] = {
    {"activation", 0, OPTION_ENUM, 0},
    {NULL, 0, OPTION_ENUM, 0},
};
const seg_tflite_option seg_tflite_concat_options[] = {
    {"axis", 0, OPTION_I32, 0},
    {"activation", 1, OPTION_ENUM, 0},
    {NULL, 0, OPTION_ENUM, 0},
};
const seg_tflite_option seg_tflite_resize_options[] = {
    {"align_corners", 2, OPTION_BOOL, 0},
    {"half_pixel_centers", 3, OPTION_BOOL, 0},
    {NULL, 0, OPTION_ENUM, 0},
};
const seg_tflite_option seg_tflite_nearest_options[] = {
    {"align_corners", 0, OPTION_BOOL, 0},
    {"half_pixel_centers", 1, OPTION_BOOL, 0},
    {NULL, 0, OPTION_ENUM, 0},
};
const seg_tflite_option seg_tflite_softmax_options[] = {
    {"beta", 0, OPTION_F32, 0},
    {NULL, 0, OPTION_ENUM, 0},
};
const seg_tflite_option seg_tflite_leaky_options[] = {
    {"alpha", 0, OPTION_F32, 0},
    {NULL, 0, OPTION_ENUM, 0},
};
const seg_tflite_option seg_tflite_reduce_options[] = {
    {"keep_dims", 0, OPTION_BOOL, 0},
    {NULL, 0, OPTION_ENUM, 0},
};
/* DepthToSpace, SpaceToDepth */
const seg_tflite_option seg_tflite_block_options[] = {
    {"block_size", 0, OPTION_I32, 0},
    {NULL, 0, OPTION_ENUM, 0},
};
const seg_tflite_option seg_tflite_gather_options[] = {
    {"axis", 0, OPTION_I32, 0},
    {"batch_dims", 1, OPTION_I32, 0},
    {NULL, 0, OPTION_ENUM, 0},
};
const seg_tflite_option seg_tflite_pack_options[] = {
    {"values_count", 0, OPTION_I32, 0},
    {"axis", 1, OPTION_I32, 0},
    {NULL, 0, OPTION_ENUM, 0},
};
const seg_tflite_option seg_tflite_unpack_options[] = {
    {"num", 0, OPTION_I32, 0},
    {"axis", 1, OPTION_I32, 0},
    {NULL, 0, OPTION_ENUM, 0},
};
const seg_tflite_option seg_tflite_slice_options[] = {
    {"begin_mask", 0, OPTION_I32, 0},    {"end_mask", 1, OPTION_I32, 0},
    {"ellipsis_mask", 2, OPTION_I32, 0}, {"new_axis_mask", 3, OPTION_I32, 0},
    {"shrink_mask", 4, OPTION_I32, 0},   {"offset", 5, OPTION_BOOL, 0},
    {NULL, 0, OPTION_ENUM, 0},
};
const seg_tflite_option seg_tflite_mirror_options[] = {
    {"mode", 0, OPTION_ENUM, 0},
    {NULL, 0, OPTION_ENUM, 0},
};
const seg_tflite_option seg_tflite_cast_options[] = {
    {"in_data_type", 0, OPTION_ENUM, 0},
    {"out_data_type", 1, OPTION_ENUM, 0},
    {NULL, 0, OPTION_ENUM, 0},
};
/* Shape, ArgMax, ArgMin */
const seg_tflite_option seg_tflite_type_options[] = {
    {"type", 0, OPTION_ENUM, 0},
    {NULL, 0, OPTION_ENUM, 0},
};
const seg_tflite_option seg_tflite_gelu_options[] = {
    {"approximate", 0, OPTION_BOOL, 0},
    {NULL, 0, OPTION_ENUM, 0},
};
const seg_tflite_option seg_tflite_matmul_options[] = {
    {"adj_x", 0, OPTION_BOOL, 0},
    {"adj_y", 1, OPTION_BOOL, 0},
    {NULL, 0, OPTION_ENUM, 0},
};

static const seg_tflite_option *find(const seg_tflite_reader *reader, const char *name)
{
    const seg_tflite_option *option = reader->op->options;
    while (option != NULL && option->name != NULL && strcmp(option->name, name) != 0)
        option++;
    return option != NULL && option->name != NULL ? option : NULL;
}

int64_t seg_tflite_int(seg_tflite_reader *reader, const char *name)
{
    const seg_tflite_option *option = find(reader, name);
    if (option == NULL)
        return 0;
    if (option->kind == OPTION_I32)
        return seg_flat_i32(&reader->file, &reader->options, option->field, option->missing);
    if (option->kind == OPTION_BOOL)
        return seg_flat_u8(&reader->file, &reader->options, option->field, option->missing) != 0;
    return seg_flat_i8(&reader->file, &reader->options, option->field, option->missing);
}

float seg_tflite_float(seg_tflite_reader *reader, const char *name)
{
    const seg_tflite_option *option = find(reader, name);
    if (option == NULL)
        return 0;
    return seg_flat_f32(&reader->file, &reader->options, option->field, (float)option->missing);
}
