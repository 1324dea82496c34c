/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* onnx.c: what ONNX files say becomes a program. */
#include "io/onnx.h"

#include <stdio.h>
#include <stdlib.h>

#include "io/make_onnx.h"
#include "oom/oom.h"
#include "test.h"

/* TensorProto.DataType */
enum { FLOAT = 1, UINT8 = 2, INT32 = 6, INT64 = 7, BOOL = 9 };

static seg_program *parse(onnx_maker *maker)
{
    seg_error err;
    seg_program *program;
    size_t size;
    const uint8_t *bytes = onnx_bytes(maker, &size);
    ck_ok(seg_onnx_parse(&program, bytes, size, "a.onnx", &err), err);
    return program;
}

static const seg_program_slot *slot(const seg_program *program, const char *name)
{
    seg_slot found = seg_program_find(program, name);
    ck_assert_msg(found != SEG_NO_SLOT, "no '%s'", name);
    return &program->slots[found];
}

static const char *shape_text(const seg_shape *shape)
{
    static char text[SEG_SHAPE_TEXT_SIZE];
    return shape->rank == SEG_UNKNOWN_RANK ? "?" : seg_shape_text(shape, text);
}

/* Conv with weights from each place that a file may keep them in. */
static void make_network(onnx_maker *maker)
{
    static const float weights[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const int64_t pads[4] = {1, 2, 3, 4};
    onnx_maker_init(maker, 13);
    maker->model.producer_name = onnx_text(maker, "pytorch");
    maker->model.producer_version = onnx_text(maker, "2.1");
    onnx_input(maker, "x", FLOAT, "?x2x5x5");
    onnx_input(maker, "w", FLOAT, "4x2x1x1");
    onnx_output(maker, "y", FLOAT, NULL);
    onnx_constant(maker, "w", FLOAT, "4x2x1x1", weights, sizeof weights);
    Seg__Onnx__Node *conv = onnx_node(maker, "Conv", "layer/conv", "x,w", "a");
    onnx_ints(maker, conv, "pads", 4, pads);
    onnx_int(maker, conv, "group", 1);
    Seg__Onnx__Attribute *mode = onnx_attribute(maker, conv, "auto_pad", 3);
    mode->has_s = 1;
    mode->s = (ProtobufCBinaryData){6, (uint8_t *)onnx_text(maker, "NOTSET")};
    Seg__Onnx__Node *constant = onnx_node(maker, "Constant", NULL, "", "low");
    Seg__Onnx__Attribute *value = onnx_attribute(maker, constant, "value_float", 1);
    value->has_f = 1;
    value->f = -1.5f;
    onnx_node(maker, "Clip", NULL, "a,low,,", "y,");
}

/* Weights at all offsets of a file, large and small, of 1, 4 and 8 bytes an element. */
enum { MANY = 24 };

static int64_t numbers[40];
static uint8_t bytes_of[200];

static void make_weights(onnx_maker *maker)
{
    static const int types[] = {FLOAT, INT64, UINT8, BOOL};
    static const char *const small[] = {"3", "2", "5", "7"};
    static const char *const large[] = {"60", "40", "99", "200"};
    static const size_t sizes[2][4] = {{12, 16, 5, 7}, {240, 320, 99, 200}};
    char name[20];
    onnx_maker_init(maker, 13);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "w%d%.*s", i, i % 9, "________");
        const void *data = types[i % 4] == UINT8 || types[i % 4] == BOOL
                               ? (const void *)bytes_of
                               : (const void *)numbers;
        const bool is_large = i % 5 != 0;
        onnx_constant(maker, name, types[i % 4], is_large ? large[i % 4] : small[i % 4], data,
                      sizes[is_large][i % 4]);
    }
}

static void check_weights(const seg_program *program)
{
    char name[20];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "w%d%.*s", i, i % 9, "________");
        const seg_program_slot *weights = slot(program, name);
        const uint8_t *data = weights->constant;
        ck_assert_uint_eq((uintptr_t)data % seg_dtype_size(weights->shape.dtype), 0);
        for (size_t k = 0; k < seg_shape_size(&weights->shape); k++) {
            uint8_t wanted = i % 4 == 2 ? bytes_of[k] : ((const uint8_t *)numbers)[k];
            wanted = i % 4 == 3 ? bytes_of[k] != 0 : wanted;
            ck_assert_msg(data[k] == wanted, "%s: byte %zu", name, k);
        }
    }
}

START_TEST(weights_stay_where_they_lie)
{
    seg_error err;
    seg_program *program;
    onnx_maker maker, rest;
    size_t size, more;
    for (int i = 0; i < 40; i++)
        numbers[i] = 0x0102030405060708 * (i + 1);
    for (int i = 0; i < 200; i++)
        bytes_of[i] = (uint8_t)(i % 7 * i);
    make_weights(&maker);
    onnx_input(&maker, "x", FLOAT, "1");
    onnx_output(&maker, "x", FLOAT, "1");
    program = parse(&maker);
    ck_assert_ptr_nonnull(program->file);
    check_weights(program);
    seg_program_free(program);
    /* A file whose graph comes in two parts is one message all the same. */
    onnx_maker_init(&rest, 0);
    onnx_constant(&rest, "last", INT64, "40", numbers, sizeof numbers);
    const uint8_t *first = onnx_bytes(&maker, &size), *second = onnx_bytes(&rest, &more);
    uint8_t *both = malloc(size + more);
    ck_assert_ptr_nonnull(both);
    memcpy(both, first, size);
    memcpy(both + size, second, more);
    ck_ok(seg_onnx_parse(&program, both, size + more, "b.onnx", &err), err);
    ck_assert_ptr_null(program->file);
    check_weights(program);
    ck_assert_int_eq(((const int64_t *)slot(program, "last")->constant)[39], numbers[39]);
    seg_program_free(program);
    free(both);
    onnx_maker_release(&maker);
    onnx_maker_release(&rest);
}
END_TEST

START_TEST(a_network_is_read)
{
    onnx_maker maker;
    make_network(&maker);
    seg_program *program = parse(&maker);
    ck_assert_str_eq(program->format, "onnx");
    ck_assert_str_eq(program->producer, "pytorch 2.1");
    ck_assert_int_eq(program->opset, 13);
    ck_assert_uint_eq(program->input_count, 1);
    ck_assert_str_eq(program->slots[program->inputs[0]].name, "x");
    ck_assert_str_eq(shape_text(&slot(program, "x")->shape), "f32 -1x2x5x5");
    ck_assert_str_eq(shape_text(&slot(program, "w")->shape), "f32 4x2x1x1");
    ck_assert(((const float *)slot(program, "w")->constant)[7] == 8);
    ck_assert_str_eq(shape_text(&slot(program, "low")->shape), "f32 ");
    ck_assert(((const float *)slot(program, "low")->constant)[0] == -1.5f);
    ck_assert_str_eq(shape_text(&slot(program, "y")->shape), "?");
    ck_assert_uint_eq(program->node_count, 2);
    const seg_program_node *conv = &program->nodes[0], *clip = &program->nodes[1];
    const int64_t *pads;
    ck_assert_str_eq(conv->op, "Conv");
    ck_assert_str_eq(conv->domain, "");
    ck_assert_str_eq(conv->name, "layer/conv");
    ck_assert_int_eq(seg_program_ints(conv, "pads", &pads), 4);
    ck_assert_int_eq(pads[3], 4);
    ck_assert_int_eq(seg_program_int(conv, "group", 7), 1);
    ck_assert_str_eq(seg_program_get_text(conv, "auto_pad", ""), "NOTSET");
    ck_assert_str_eq(clip->name, "");
    ck_assert_int_eq(clip->src_count, 4);
    ck_assert_int_eq(clip->src[2], SEG_NO_SLOT);
    ck_assert_int_eq(clip->dst[1], SEG_NO_SLOT);
    seg_program_free(program);
    onnx_maker_release(&maker);
}
END_TEST

START_TEST(metadata_is_kept)
{
    onnx_maker maker;
    make_network(&maker);
    Seg__Onnx__Entry entries[2], *list[2] = {&entries[0], &entries[1]};
    for (int i = 0; i < 2; i++)
        seg__onnx__entry__init(&entries[i]);
    entries[0].key = onnx_text(&maker, "classes");
    entries[0].value = onnx_text(&maker, "cat,dog");
    maker.model.metadata_props = list;
    maker.model.n_metadata_props = 2; /* the second has neither key nor value */
    seg_program *program = parse(&maker);
    ck_assert_str_eq(seg_program_text_of(program, "classes"), "cat,dog");
    ck_assert_str_eq(seg_program_text_of(program, ""), "");
    seg_program_free(program);
    onnx_maker_release(&maker);
}
END_TEST

/* Every element type: raw bytes, and the list that the format keeps it in. 1, 2 and a third. */
static const struct {
    int type;
    seg_dtype dtype;
    int size;         /* bytes of an element */
    char list;        /* f, i (int32), l (int64), d, u (uint64) */
    uint64_t bits[3]; /* little-endian elements */
    int64_t numbers[3];
} kinds[] = {
    {1, SEG_F32, 4, 'f', {0x3f800000, 0x40000000, 0xc0400000}, {1, 2, -3}},
    {2, SEG_U8, 1, 'i', {1, 2, 255}, {1, 2, 255}},
    {3, SEG_I8, 1, 'i', {1, 2, 0x80}, {1, 2, -128}},
    {4, SEG_U16, 2, 'i', {1, 2, 65535}, {1, 2, 65535}},
    {5, SEG_I16, 2, 'i', {1, 2, 0x8000}, {1, 2, -32768}},
    {6, SEG_I32, 4, 'i', {1, 2, 0x80000000}, {1, 2, INT32_MIN}},
    {7, SEG_I64, 8, 'l', {1, 2, 1ull << 63}, {1, 2, INT64_MIN}},
    {9, SEG_BOOL, 1, 'i', {1, 0, 1}, {1, 0, 1}},
    {10, SEG_F16, 2, 'i', {0x3c00, 0x4000, 0xc200}, {0x3c00, 0x4000, 0xc200}},
    {11, SEG_F64, 8, 'd', {0x3ff0000000000000, 1ull << 62, 0xc008000000000000}, {1, 2, -3}},
    {12, SEG_U32, 4, 'u', {1, 2, 0xffffffff}, {1, 2, 0xffffffff}},
    {13, SEG_U64, 8, 'u', {1, 2, UINT64_MAX}, {1, 2, -1}},
    {16, SEG_BF16, 2, 'i', {0x3f80, 0x4000, 0xc040}, {0x3f80, 0x4000, 0xc040}},
};

static void fill_list(onnx_maker *maker, Seg__Onnx__Tensor *tensor, int kind)
{
    float floats[3];
    double doubles[3];
    int32_t ints[3];
    int64_t longs[3];
    for (int i = 0; i < 3; i++) {
        longs[i] = kinds[kind].numbers[i];
        ints[i] = (int32_t)longs[i];
        floats[i] = (float)longs[i];
        doubles[i] = (double)longs[i];
    }
    char *copy = seg_arena_alloc(&maker->arena, 5 * sizeof longs);
    memcpy(copy, floats, sizeof floats);
    memcpy(copy + 24, doubles, sizeof doubles);
    memcpy(copy + 48, ints, sizeof ints);
    memcpy(copy + 72, longs, sizeof longs);
    tensor->float_data = (void *)copy;
    tensor->double_data = (void *)(copy + 24);
    tensor->int32_data = (void *)(copy + 48);
    tensor->int64_data = (void *)(copy + 72);
    tensor->uint64_data = (void *)(copy + 72);
    tensor->n_float_data = kinds[kind].list == 'f' ? 3 : 0;
    tensor->n_double_data = kinds[kind].list == 'd' ? 3 : 0;
    tensor->n_int32_data = kinds[kind].list == 'i' ? 3 : 0;
    tensor->n_int64_data = kinds[kind].list == 'l' ? 3 : 0;
    tensor->n_uint64_data = kinds[kind].list == 'u' ? 3 : 0;
}

START_TEST(every_element_type_is_read)
{
    onnx_maker maker;
    uint8_t raw[24];
    const int size = kinds[_i].size;
    for (int i = 0; i < 3; i++)
        memcpy(raw + i * size, &kinds[_i].bits[i], (size_t)size);
    onnx_maker_init(&maker, 13);
    onnx_constant(&maker, "raw", kinds[_i].type, "3x1", raw, (size_t)(3 * size));
    fill_list(&maker, onnx_constant(&maker, "list", kinds[_i].type, "3", NULL, 0), _i);
    onnx_constant(&maker, "none", kinds[_i].type, "3x0", NULL, 0);
    onnx_constant(&maker, "empty", kinds[_i].type, "0x3", "", 0);
    onnx_output(&maker, "raw", kinds[_i].type, NULL);
    seg_program *program = parse(&maker);
    const char *const names[] = {"raw", "list", "none", "empty"};
    for (int i = 0; i < 4; i++) {
        const seg_program_slot *found = slot(program, names[i]);
        ck_assert_int_eq(found->shape.dtype, kinds[_i].dtype);
        ck_assert_ptr_nonnull(found->constant);
        ck_assert_uint_eq((uintptr_t)found->constant % (uintptr_t)size, 0);
        ck_assert(i >= 2 || memcmp(found->constant, raw, (size_t)(3 * size)) == 0);
    }
    seg_program_free(program);
    onnx_maker_release(&maker);
}
END_TEST

START_TEST(booleans_become_zero_or_one)
{
    onnx_maker maker;
    onnx_maker_init(&maker, 13);
    onnx_constant(&maker, "k", BOOL, "3", "\x02\x00\xff", 3);
    onnx_output(&maker, "k", BOOL, NULL);
    seg_program *program = parse(&maker);
    ck_assert_int_eq(memcmp(slot(program, "k")->constant, "\x01\x00\x01", 3), 0);
    seg_program_free(program);
    onnx_maker_release(&maker);
}
END_TEST

START_TEST(constants_of_every_form)
{
    static const int64_t ints[2] = {4, -5};
    static float floats[2] = {0.5f, 2};
    onnx_maker maker;
    onnx_maker_init(&maker, 13);
    onnx_ints(&maker, onnx_node(&maker, "Constant", "", "", "ints"), "value_ints", 2, ints);
    onnx_ints(&maker, onnx_node(&maker, "Constant", "", "", "no ints"), "value_ints", 0, ints);
    onnx_int(&maker, onnx_node(&maker, "Constant", "", "", "int"), "value_int", -7);
    Seg__Onnx__Attribute *list =
        onnx_attribute(&maker, onnx_node(&maker, "Constant", "", "", "floats"), "value_floats", 6);
    list->floats = floats;
    list->n_floats = 2;
    onnx_attribute(&maker, onnx_node(&maker, "Constant", "", "", "zero"), "value_float", 1);
    Seg__Onnx__Node *node = onnx_node(&maker, "Constant", "", "", "tensor");
    node->domain = onnx_text(&maker, "ai.onnx");
    onnx_attribute(&maker, node, "value", 4)->t =
        onnx_tensor(&maker, "", UINT8, "1x2", "\x07\x08", 2);
    onnx_output(&maker, "ints", INT64, NULL);
    seg_program *program = parse(&maker);
    ck_assert_uint_eq(program->node_count, 0);
    ck_assert_str_eq(shape_text(&slot(program, "ints")->shape), "i64 2");
    ck_assert_int_eq(((const int64_t *)slot(program, "ints")->constant)[1], -5);
    ck_assert_str_eq(shape_text(&slot(program, "no ints")->shape), "i64 0");
    ck_assert_ptr_nonnull(slot(program, "no ints")->constant);
    ck_assert_str_eq(shape_text(&slot(program, "int")->shape), "i64 ");
    ck_assert_int_eq(((const int64_t *)slot(program, "int")->constant)[0], -7);
    ck_assert_str_eq(shape_text(&slot(program, "floats")->shape), "f32 2");
    ck_assert(((const float *)slot(program, "floats")->constant)[0] == 0.5f);
    ck_assert(((const float *)slot(program, "zero")->constant)[0] == 0);
    ck_assert_str_eq(shape_text(&slot(program, "tensor")->shape), "u8 1x2");
    ck_assert_int_eq(((const uint8_t *)slot(program, "tensor")->constant)[1], 8);
    seg_program_free(program);
    onnx_maker_release(&maker);
}
END_TEST

START_TEST(untyped_attributes_are_read_by_content)
{
    onnx_maker maker;
    onnx_maker_init(&maker, 0);
    onnx_input(&maker, "x", FLOAT, "1");
    Seg__Onnx__Node *node = onnx_node(&maker, "LeakyRelu", "", "x", "y");
    onnx_int(&maker, node, "axis", 3);
    node->attribute[0]->has_type = 0;
    Seg__Onnx__Attribute *alpha = onnx_attribute(&maker, node, "alpha", 0);
    alpha->has_f = 1;
    alpha->f = 0.25f;
    onnx_output(&maker, "y", FLOAT, NULL);
    seg_program *program = parse(&maker);
    ck_assert_int_eq(program->opset, 1);
    ck_assert_int_eq(seg_program_int(&program->nodes[0], "axis", 0), 3);
    ck_assert(seg_program_float(&program->nodes[0], "alpha", 0) == 0.25f);
    seg_program_free(program);
    onnx_maker_release(&maker);
}
END_TEST

/* Operator sets before 7 broadcast from an axis on: the constant gets the extents it lacks. */
START_TEST(old_broadcasting_is_brought_up_to_date)
{
    static const float bias[3] = {1, 2, 3};
    onnx_maker maker;
    onnx_maker_init(&maker, 6);
    onnx_input(&maker, "x", FLOAT, "2x3x4x5");
    onnx_constant(&maker, "b", FLOAT, "3", bias, sizeof bias);
    Seg__Onnx__Node *node = onnx_node(&maker, "Add", "sum", "x,b", "y");
    onnx_int(&maker, node, "broadcast", 1);
    onnx_int(&maker, node, "axis", 1);
    onnx_node(&maker, "PRelu", "", "x,b", "z");
    onnx_output(&maker, "y", FLOAT, NULL);
    seg_program *program = parse(&maker);
    for (int i = 0; i < 2; i++) {
        const seg_program_slot *used = &program->slots[program->nodes[i].src[1]];
        ck_assert_str_eq(shape_text(&used->shape), "f32 3x1x1");
        ck_assert_ptr_eq(used->constant, slot(program, "b")->constant);
    }
    ck_assert_str_eq(shape_text(&slot(program, "b")->shape), "f32 3");
    seg_program_free(program);
    onnx_maker_release(&maker);
}
END_TEST

START_TEST(tensors_are_read_alone)
{
    onnx_maker maker;
    seg_error err;
    seg_onnx_tensor got;
    uint8_t bytes[64];
    onnx_maker_init(&maker, 0);
    const int32_t values[2] = {3, -4};
    Seg__Onnx__Tensor *tensor = onnx_tensor(&maker, "t", INT32, "2", values, sizeof values);
    size_t size = seg__onnx__tensor__pack(tensor, bytes);
    ck_ok(seg_onnx_tensor_parse(&got, bytes, size, "t.pb", &err), err);
    ck_assert_str_eq(got.name, "t");
    ck_assert_str_eq(shape_text(&got.tensor.shape), "i32 2");
    ck_assert_int_eq(((int32_t *)got.tensor.data)[1], -4);
    seg_onnx_tensor_release(&got);
    ck_fails(seg_onnx_tensor_parse(&got, bytes, size - 1, "t.pb", &err), SEG_FORMAT, err, "t.pb: ");
    ck_assert_ptr_null(got.arena.chunk);
    ck_fails(seg_onnx_tensor_read(&got, "/nowhere.pb", &err), SEG_IO, err, "/nowhere.pb: ");
    onnx_maker_release(&maker);
}
END_TEST

static const struct {
    const char *path;
    size_t nodes;
    int opset;
} real[] = {
    {"models/deeplab_person_opset8/deeplab_nchw.onnx", 161, 8},
    {"models/selfie_person/selfie_segmentation.onnx", 181, 11},
    {"models/squeezenet_imagenet/squeezenet1.1.onnx", 65, 11},
    {"models/unet_nuclei/weights.onnx", 34, 20},
};

START_TEST(real_files_are_read)
{
    seg_error err;
    seg_program *program;
    if (!test_shared(real[_i].path))
        return;
    ck_ok(seg_onnx_read(&program, test_path(SHARED_DIR, real[_i].path), &err), err);
    ck_assert_uint_eq(program->node_count, real[_i].nodes);
    ck_assert_int_eq(program->opset, real[_i].opset);
    ck_assert_uint_eq(program->input_count, 1);
    ck_assert_uint_eq(program->output_count, 1);
    seg_program_free(program);
}
END_TEST

typedef struct file {
    const uint8_t *bytes;
    size_t size;
} file;

static seg_status parse_again(void *context, seg_error *err)
{
    const file *from = context;
    seg_program *program;
    seg_status status = seg_onnx_parse(&program, from->bytes, from->size, "a.onnx", err);
    seg_program_free(program);
    return status;
}

START_TEST(reading_survives_lack_of_memory)
{
    onnx_maker maker;
    file from;
    make_network(&maker);
    float *weights = calloc(100000, sizeof *weights);
    onnx_constant(&maker, "large", FLOAT, "100000", weights, 100000 * sizeof *weights);
    fill_list(&maker, onnx_constant(&maker, "list", UINT8, "3", NULL, 0), 1);
    from.bytes = onnx_bytes(&maker, &from.size);
    oom_torture("reading ONNX", parse_again, &from, SEG_NOMEM);
    free(weights);
    onnx_maker_release(&maker);
}
END_TEST

Suite *suite_onnx(void)
{
    Suite *suite = suite_create("onnx");
    TCase *tests = tcase_create("onnx");
    tcase_add_test(tests, a_network_is_read);
    tcase_add_test(tests, weights_stay_where_they_lie);
    tcase_add_test(tests, metadata_is_kept);
    tcase_add_loop_test(tests, every_element_type_is_read, 0, (int)(sizeof kinds / sizeof *kinds));
    tcase_add_test(tests, booleans_become_zero_or_one);
    tcase_add_test(tests, constants_of_every_form);
    tcase_add_test(tests, untyped_attributes_are_read_by_content);
    tcase_add_test(tests, old_broadcasting_is_brought_up_to_date);
    tcase_add_test(tests, tensors_are_read_alone);
    tcase_add_loop_test(tests, real_files_are_read, 0, (int)(sizeof real / sizeof *real));
    tcase_add_test(tests, reading_survives_lack_of_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
