/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* onnx.c: what ONNX files say becomes a program; what is not read is refused by name. */
#include "io/onnx.h"

#include <stdio.h>
#include <stdlib.h>

#include "io/make_onnx.h"
#include "oom/oom.h"
#include "test.h"

/* TensorProto.DataType */
enum { FLOAT = 1, UINT8 = 2, INT32 = 6, INT64 = 7, STRING = 8, BOOL = 9 };

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

/* ---- refusals ---- */

static void outside(onnx_maker *maker)
{
    static Seg__Onnx__Entry entry, *list = &entry;
    Seg__Onnx__Tensor *tensor = onnx_constant(maker, "k", FLOAT, "1", NULL, 0);
    seg__onnx__entry__init(&entry);
    entry.key = onnx_text(maker, "location");
    entry.value = onnx_text(maker, "../weights.bin");
    tensor->has_data_location = 1;
    tensor->data_location = 1;
    tensor->external_data = &list;
    tensor->n_external_data = 1;
}

static void too_few_bytes(onnx_maker *maker)
{
    onnx_constant(maker, "k", FLOAT, "2x3", "abcd", 4);
}

static void too_few_elements(onnx_maker *maker)
{
    onnx_constant(maker, "k", INT64, "2x3", NULL, 0);
}

static void negative(onnx_maker *maker)
{
    onnx_constant(maker, "k", FLOAT, "2x-3", "", 0);
}

static void huge(onnx_maker *maker)
{
    onnx_constant(maker, "k", FLOAT, "4294967296x4294967296", "", 0);
}

static void huge_list(onnx_maker *maker)
{
    onnx_constant(maker, "k", UINT8, "4294967296x1073741824", NULL, 0);
}

static void deep(onnx_maker *maker)
{
    onnx_constant(maker, "k", FLOAT, "1x1x1x1x1x1x1x1x1", "abcd", 4);
}

static void strings(onnx_maker *maker)
{
    onnx_constant(maker, "k", STRING, "1", NULL, 0);
}

static void strange(onnx_maker *maker)
{
    onnx_constant(maker, "k", 99, "1", NULL, 0);
}

static void narrow(onnx_maker *maker)
{
    static int32_t values[2] = {255, 256};
    Seg__Onnx__Tensor *tensor = onnx_constant(maker, "k", UINT8, "2", NULL, 0);
    tensor->int32_data = values;
    tensor->n_int32_data = 2;
}

static void nameless(onnx_maker *maker)
{
    onnx_constant(maker, "", UINT8, "0", "", 0);
}

static void twice(onnx_maker *maker)
{
    onnx_constant(maker, "k", UINT8, "1", "a", 1);
    onnx_constant(maker, "k", UINT8, "1", "a", 1);
}

static void sparse(onnx_maker *maker)
{
    static ProtobufCBinaryData bytes;
    maker->graph.sparse_initializer = &bytes;
    maker->graph.n_sparse_initializer = 1;
}

static void functions(onnx_maker *maker)
{
    static ProtobufCBinaryData bytes;
    maker->model.functions = &bytes;
    maker->model.n_functions = 1;
}

static void no_graph(onnx_maker *maker)
{
    maker->model.graph = NULL;
}

static void no_outputs(onnx_maker *maker)
{
    maker->graph.n_output = 0;
}

static void sequence(onnx_maker *maker)
{
    onnx_input(maker, "s", FLOAT, "1");
    Seg__Onnx__Type *type = maker->graph.input[1]->type;
    type->tensor_type = NULL;
    type->has_sequence_type = 1;
}

static void typeless(onnx_maker *maker)
{
    onnx_input(maker, "s", FLOAT, "1");
    maker->graph.input[1]->type = NULL;
}

static void text_input(onnx_maker *maker)
{
    onnx_input(maker, "s", STRING, "1");
}

static void deep_input(onnx_maker *maker)
{
    onnx_input(maker, "s", FLOAT, "1x1x1x1x1x1x1x1x1");
}

static void no_operator(onnx_maker *maker)
{
    onnx_node(maker, NULL, "n", "x", "a");
}

static void constant_text(onnx_maker *maker)
{
    onnx_attribute(maker, onnx_node(maker, "Constant", "n", "", "a"), "value_string", 3);
}

static void constant_sparse(onnx_maker *maker)
{
    onnx_attribute(maker, onnx_node(maker, "Constant", "n", "", "a"), "sparse_value", 11);
}

static void constant_empty(onnx_maker *maker)
{
    onnx_node(maker, "Constant", "n", "", "a");
}

static void no_tensor(onnx_maker *maker)
{
    onnx_attribute(maker, onnx_node(maker, "ConstantOfShape", "n", "x", "a"), "value", 4);
}

static void bad_tensor(onnx_maker *maker)
{
    Seg__Onnx__Node *node = onnx_node(maker, "ConstantOfShape", "n", "x", "a");
    onnx_attribute(maker, node, "value", 4)->t = onnx_tensor(maker, "", FLOAT, "1", "ab", 2);
}

static void reference(onnx_maker *maker)
{
    Seg__Onnx__Node *node = onnx_node(maker, "Selu", "n", "x", "a");
    onnx_attribute(maker, node, "alpha", 1)->ref_attr_name = onnx_text(maker, "alpha");
}

static void dangling(onnx_maker *maker)
{
    onnx_node(maker, "Add", "n", "x,missing", "a");
}

static void cycle(onnx_maker *maker)
{
    onnx_node(maker, "Add", "n", "x,b", "a");
    onnx_node(maker, "Neg", "m", "a", "b");
}

static void too_new(onnx_maker *maker)
{
    maker->model.opset_import[0]->version = 99;
}

static void old_cast(onnx_maker *maker)
{
    maker->model.opset_import[0]->version = 5;
    onnx_node(maker, "Cast", "n", "x", "a");
}

static void old_axis(onnx_maker *maker)
{
    maker->model.opset_import[0]->version = 6;
    onnx_int(maker, onnx_node(maker, "Add", "n", "x,x", "a"), "axis", 1);
}

static void old_dropout(onnx_maker *maker)
{
    maker->model.opset_import[0]->version = 6;
    onnx_node(maker, "Dropout", "n", "x", "a");
}

static const struct {
    void (*change)(onnx_maker *maker);
    seg_status status;
    const char *sentence; /* behind "a.onnx: " */
} refusals[] = {
    {outside, SEG_UNSUPPORTED,
     "the initialiser 'k' lies in another file, '../weights.bin'; only data within the model file "
     "is read"},
    {too_few_bytes, SEG_FORMAT, "the initialiser 'k' of f32 2x3 has 4 bytes, not 24"},
    {too_few_elements, SEG_FORMAT, "the initialiser 'k' of i64 2x3 has 0 elements"},
    {negative, SEG_FORMAT, "dimension 1 of the initialiser 'k' is -3"},
    {huge, SEG_FORMAT, "the initialiser 'k' has more bytes than 63 bits count"},
    {huge_list, SEG_FORMAT, "the initialiser 'k' of u8 4294967296x1073741824 has 0 elements"},
    {deep, SEG_UNSUPPORTED, "the initialiser 'k' has 9 dimensions, above 8"},
    {strings, SEG_UNSUPPORTED,
     "the initialiser 'k' has elements of type string, which is not read"},
    {strange, SEG_FORMAT, "the initialiser 'k' has the unknown element type 99"},
    {narrow, SEG_FORMAT, "element 1 of the initialiser 'k' does not fit u8"},
    {nameless, SEG_FORMAT, "initialiser 0 has no name"},
    {twice, SEG_FORMAT, "the constant 'k' is given twice"},
    {sparse, SEG_UNSUPPORTED, "has 1 sparse initialisers, which are not read"},
    {functions, SEG_UNSUPPORTED, "has 1 functions of its own, which are not read"},
    {no_graph, SEG_FORMAT, "not an ONNX model (it has no graph)"},
    {no_outputs, SEG_FORMAT, "the graph has no outputs"},
    {sequence, SEG_UNSUPPORTED, "the input 's' is a sequence, not a tensor"},
    {typeless, SEG_UNSUPPORTED, "the input 's' is of no type, not a tensor"},
    {text_input, SEG_UNSUPPORTED, "the input 's' has elements of type string, which is not read"},
    {deep_input, SEG_UNSUPPORTED, "the input 's' has 9 dimensions, above 8"},
    {no_operator, SEG_FORMAT, "node  'n' has no operator"},
    {constant_text, SEG_UNSUPPORTED,
     "Constant 'n' has a 'value_string', which is not read (text or a sparse tensor)"},
    {constant_sparse, SEG_UNSUPPORTED,
     "Constant 'n' has a 'sparse_value', which is not read (text or a sparse tensor)"},
    {constant_empty, SEG_FORMAT,
     "Constant 'n' has 0 attributes, 0 inputs and 1 outputs, not 1, 0 and 1"},
    {no_tensor, SEG_FORMAT, "attribute 'value' of ConstantOfShape 'n' has no tensor"},
    {bad_tensor, SEG_FORMAT,
     "attribute 'value' of ConstantOfShape 'n' of f32 1 has 2 bytes, not 4"},
    {reference, SEG_FORMAT,
     "attribute 'alpha' of Selu 'n' stands for one of a function, but is in none"},
    {dangling, SEG_FORMAT, "Add 'n' reads 'missing', which nothing makes"},
    {cycle, SEG_FORMAT, "Neg 'm' is part of a cycle: its input 'a' is made from its result"},
    {too_new, SEG_UNSUPPORTED, "operator set 99 is newer than 25, the newest that is read"},
    {old_cast, SEG_UNSUPPORTED, "Cast 'n' of operator set 5 is in a form that is not read"},
    {old_axis, SEG_UNSUPPORTED,
     "Add 'n' of operator set 6 broadcasts along an axis, which is read only for constants that "
     "fit"},
    {old_dropout, SEG_UNSUPPORTED,
     "Dropout 'n' of operator set 6 is in its form for training (is_test 0)"},
};

START_TEST(what_is_not_read_is_refused)
{
    onnx_maker maker;
    seg_error err;
    seg_program *program;
    size_t size;
    onnx_maker_init(&maker, 13);
    onnx_input(&maker, "x", FLOAT, "1");
    onnx_output(&maker, "x", FLOAT, "1");
    refusals[_i].change(&maker);
    const uint8_t *bytes = onnx_bytes(&maker, &size);
    ck_fails(seg_onnx_parse(&program, bytes, size, "a.onnx", &err), refusals[_i].status, err, "");
    ck_assert_ptr_null(program);
    ck_assert_int_eq(strncmp(err.text, "a.onnx: ", 8), 0);
    ck_assert_str_eq(err.text + 8, refusals[_i].sentence);
    onnx_maker_release(&maker);
}
END_TEST

START_TEST(damaged_files_are_refused_or_read)
{
    onnx_maker maker;
    seg_error err;
    seg_program *program;
    size_t size;
    make_network(&maker);
    const uint8_t *bytes = onnx_bytes(&maker, &size);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *part = malloc(cut + 1); /* its own block, so that a sanitizer sees overreads */
        memcpy(part, bytes, cut);
        if (seg_onnx_parse(&program, part, cut, "cut", &err) != SEG_OK)
            ck_assert_msg(strncmp(err.text, "cut: ", 5) == 0, "%s", err.text);
        seg_program_free(program);
        free(part);
    }
    uint8_t *copy = malloc(size);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        memcpy(copy, bytes, size);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (seg_onnx_parse(&program, copy, size, "bit", &err) != SEG_OK)
            ck_assert_msg(strncmp(err.text, "bit: ", 5) == 0, "%s", err.text);
        seg_program_free(program);
    }
    free(copy);
    ck_fails(seg_onnx_parse(&program, "no", 2, "a", &err), SEG_FORMAT, err, "a: not an ONNX file");
    ck_fails(seg_onnx_read(&program, "/nowhere.onnx", &err), SEG_IO, err, "/nowhere.onnx: cannot");
    onnx_maker_release(&maker);
}
END_TEST

/* Two bytes make an empty initialiser, which takes 200 in memory. */
START_TEST(memory_is_limited_by_the_size_of_the_file)
{
    enum { COUNT = 2000000, HEADER = 6 };
    seg_error err;
    seg_program *program;
    const size_t size = 2 * COUNT + HEADER;
    uint8_t *bytes = malloc(size);
    bytes[0] = 7 << 3 | 2; /* graph */
    for (int i = 0; i < 5; i++)
        bytes[1 + i] = (uint8_t)((2 * COUNT) >> (7 * i) & 0x7f) | (i < 4 ? 0x80 : 0);
    for (size_t i = HEADER; i < size; i += 2) {
        bytes[i] = 5 << 3 | 2; /* initializer */
        bytes[i + 1] = 0;
    }
    ck_fails(seg_onnx_parse(&program, bytes, size, "a", &err), SEG_LIMIT, err, "16 times its 4000");
    free(bytes);
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
    tcase_add_test(tests, metadata_is_kept);
    tcase_add_loop_test(tests, every_element_type_is_read, 0, (int)(sizeof kinds / sizeof *kinds));
    tcase_add_test(tests, booleans_become_zero_or_one);
    tcase_add_test(tests, constants_of_every_form);
    tcase_add_test(tests, untyped_attributes_are_read_by_content);
    tcase_add_test(tests, old_broadcasting_is_brought_up_to_date);
    tcase_add_loop_test(tests, what_is_not_read_is_refused, 0,
                        (int)(sizeof refusals / sizeof *refusals));
    tcase_add_test(tests, damaged_files_are_refused_or_read);
    tcase_add_test(tests, memory_is_limited_by_the_size_of_the_file);
    tcase_add_test(tests, tensors_are_read_alone);
    tcase_add_loop_test(tests, real_files_are_read, 0, (int)(sizeof real / sizeof *real));
    tcase_add_test(tests, reading_survives_lack_of_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
