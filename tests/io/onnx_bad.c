/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* onnx_bad.c: ONNX files that are damaged, hostile or not read are refused in one sentence. */
#include <stdlib.h>

#include "io/make_onnx.h"
#include "io/onnx.h"
#include "test.h"

/* TensorProto.DataType */
enum { FLOAT = 1, UINT8 = 2, INT64 = 7, STRING = 8 };

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
    onnx_maker_init(&maker, 13);
    onnx_input(&maker, "x", FLOAT, "?x2x5x5");
    onnx_constant(&maker, "w", FLOAT, "1x2x1x1", "12345678", 8);
    onnx_int(&maker, onnx_node(&maker, "Conv", "conv", "x,w", "y"), "group", 1);
    onnx_output(&maker, "y", FLOAT, NULL);
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

Suite *suite_onnx_bad(void)
{
    Suite *suite = suite_create("onnx_bad");
    TCase *tests = tcase_create("onnx_bad");
    tcase_add_loop_test(tests, what_is_not_read_is_refused, 0,
                        (int)(sizeof refusals / sizeof *refusals));
    tcase_add_test(tests, damaged_files_are_refused_or_read);
    tcase_add_test(tests, memory_is_limited_by_the_size_of_the_file);
    suite_add_tcase(suite, tests);
    return suite;
}
