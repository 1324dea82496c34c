/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* program.c: programs are built by name, put in order, and refused when they are not sound. */
#include "program/program.h"

#include <stdint.h>
#include <stdio.h>

#include "oom/oom.h"
#include "test.h"

static seg_program *fresh(void)
{
    seg_error err;
    seg_program *program;
    ck_ok(seg_program_new(&program, "a.onnx", "onnx", &err), err);
    return program;
}

static seg_slot slot_of(seg_program *program, const char *name)
{
    seg_error err;
    seg_slot slot;
    ck_ok(seg_program_slot_named(program, name, &slot, &err), err);
    return slot;
}

/* A node with up to two sources ("" is left out) and one result. */
static void add(seg_program *program, const char *name, const char *a, const char *b,
                const char *result)
{
    seg_error err;
    seg_program_node *node;
    ck_ok(seg_program_node_add(program, "", "Add", name, 2, 1, 0, &node, &err), err);
    if (a[0] != '\0')
        node->src[0] = slot_of(program, a);
    if (b[0] != '\0')
        node->src[1] = slot_of(program, b);
    node->dst[0] = slot_of(program, result);
}

static void input(seg_program *program, const char *name)
{
    seg_error err;
    ck_ok(seg_program_input(program, slot_of(program, name), &err), err);
}

static void output(seg_program *program, const char *name)
{
    seg_error err;
    ck_ok(seg_program_output(program, slot_of(program, name), &err), err);
}

static void constant(seg_program *program, const char *name)
{
    seg_error err;
    seg_shape shape = {.dtype = SEG_I64, .rank = 1, .dim = {2}};
    void *data;
    ck_ok(seg_program_constant(program, slot_of(program, name), &shape, NULL, &data, &err), err);
    ck_assert_ptr_nonnull(data);
    ck_assert_uint_eq((uintptr_t)data % sizeof(int64_t), 0);
}

START_TEST(slots_are_found_by_name)
{
    enum { COUNT = 5000 };
    seg_error err;
    seg_program *program = fresh();
    char name[32];
    ck_assert_int_eq(seg_program_find(program, "x"), SEG_NO_SLOT);
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "value_%d", i);
        ck_assert_int_eq(slot_of(program, name), i);
    }
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "value_%d", i);
        ck_assert_int_eq(slot_of(program, name), i);
        ck_assert_int_eq(seg_program_find(program, name), i);
        ck_assert_str_eq(program->slots[i].name, name);
        ck_assert_int_eq(program->slots[i].shape.rank, SEG_UNKNOWN_RANK);
    }
    ck_assert_int_eq(seg_program_find(program, "value_"), SEG_NO_SLOT);
    seg_slot slot;
    for (int i = 0; i < 3; i++) {
        ck_ok(seg_program_slot_fresh(program, "value_7", &slot, &err), err);
        ck_assert_int_eq(slot, COUNT + i);
        ck_assert_int_eq(seg_program_find(program, program->slots[slot].name), slot);
        ck_assert_int_eq(strncmp(program->slots[slot].name, "value_7", 7), 0);
    }
    ck_ok(seg_program_slot_fresh(program, "new", &slot, &err), err);
    ck_assert_str_eq(program->slots[slot].name, "new");
    seg_program_free(program);
}
END_TEST

START_TEST(nodes_in_order_stay_as_they_are)
{
    seg_error err;
    seg_program *program = fresh();
    input(program, "x");
    constant(program, "k");
    add(program, "one", "x", "k", "a");
    add(program, "two", "x", "", "b");
    add(program, "three", "b", "a", "c");
    add(program, "idle", "x", "x", "unused");
    output(program, "c");
    output(program, "x");
    output(program, "k");
    ck_ok(seg_program_finish(program, &err), err);
    const char *const names[] = {"one", "two", "three", "idle"};
    for (int i = 0; i < 4; i++)
        ck_assert_str_eq(program->nodes[i].name, names[i]);
    seg_program_free(program);
}
END_TEST

START_TEST(writers_are_put_before_readers)
{
    seg_error err;
    seg_program *program = fresh();
    add(program, "last", "b", "c", "d");
    add(program, "third", "a", "b", "c");
    add(program, "second", "a", "x", "b");
    add(program, "first", "x", "x", "a");
    input(program, "x");
    output(program, "d");
    ck_ok(seg_program_finish(program, &err), err);
    const char *const names[] = {"first", "second", "third", "last"};
    for (int i = 0; i < 4; i++)
        ck_assert_str_eq(program->nodes[i].name, names[i]);
    seg_program_free(program);
}
END_TEST

/* A chain that is backwards in the file: no recursion, no quadratic walk. */
START_TEST(long_chains_are_sorted)
{
    enum { COUNT = 200000 };
    seg_error err;
    seg_program *program = fresh();
    char from[32], to[32];
    for (int i = COUNT; i > 0; i--) {
        snprintf(from, sizeof from, "v%d", i - 1);
        snprintf(to, sizeof to, "v%d", i);
        add(program, to, from, "", to);
    }
    input(program, "v0");
    output(program, to);
    ck_ok(seg_program_finish(program, &err), err);
    ck_assert_str_eq(program->nodes[0].name, "v1");
    ck_assert_str_eq(program->nodes[COUNT - 1].name, "v200000");
    seg_program_free(program);
}
END_TEST

START_TEST(an_empty_program_is_sound)
{
    seg_error err;
    seg_program *program = fresh();
    ck_ok(seg_program_finish(program, &err), err);
    seg_program_free(program);
    seg_program_free(NULL);
}
END_TEST

static void unsound_reader(seg_program *program)
{
    add(program, "up", "x", "weights", "a");
}

static void unsound_output(seg_program *program)
{
    add(program, "up", "x", "x", "a");
    output(program, "b");
}

static void unsound_two(seg_program *program)
{
    add(program, "up", "x", "x", "a");
    add(program, "down", "x", "x", "a");
}

static void unsound_same(seg_program *program)
{
    seg_error err;
    seg_program_node *node;
    ck_ok(seg_program_node_add(program, "", "Split", "s", 0, 2, 0, &node, &err), err);
    node->dst[0] = node->dst[1] = slot_of(program, "a");
}

static void unsound_input(seg_program *program)
{
    add(program, "", "", "", "x");
}

static void unsound_constant(seg_program *program)
{
    constant(program, "k");
    add(program, "up", "x", "x", "k");
}

static void unsound_constant_input(seg_program *program)
{
    constant(program, "x");
}

static void unsound_twice(seg_program *program)
{
    input(program, "x");
}

static void unsound_self(seg_program *program)
{
    add(program, "loop", "x", "a", "a");
}

static void unsound_cycle(seg_program *program)
{
    add(program, "up", "x", "c", "a");
    add(program, "along", "a", "x", "b");
    add(program, "down", "b", "x", "c");
}

static const struct {
    void (*build)(seg_program *program);
    const char *sentence;
} unsound[] = {
    {unsound_reader, "a.onnx: Add 'up' reads 'weights', which nothing makes"},
    {unsound_output, "a.onnx: nothing makes the output 'b'"},
    {unsound_two, "a.onnx: Add 'down' writes 'a', which is written by Add 'up' already"},
    {unsound_same, "a.onnx: Split 's' writes 'a', which is written by Split 's' already"},
    {unsound_input, "a.onnx: Add 'x' writes 'x', which is an input already"},
    {unsound_constant, "a.onnx: Add 'up' writes 'k', which is a constant already"},
    {unsound_constant_input, "a.onnx: the input 'x' is a constant"},
    {unsound_twice, "a.onnx: the input 'x' is listed twice"},
    {unsound_self, "a.onnx: Add 'loop' is part of a cycle: its input 'a' is made from its result"},
    {unsound_cycle,
     "a.onnx: Add 'along' is part of a cycle: its input 'a' is made from its result"},
};

START_TEST(unsound_programs_are_refused)
{
    seg_error err;
    seg_program *program = fresh();
    input(program, "x");
    unsound[_i].build(program);
    ck_assert_int_eq(seg_program_finish(program, &err), SEG_FORMAT);
    ck_assert_str_eq(err.text, unsound[_i].sentence);
    seg_program_free(program);
}
END_TEST

START_TEST(constants_are_checked)
{
    seg_error err;
    seg_program *program = fresh();
    seg_shape huge = {.dtype = SEG_F32, .rank = 2, .dim = {INT64_MAX / 2, 3}};
    seg_shape one = {.dtype = SEG_F32};
    const float value = 3;
    seg_slot slot = slot_of(program, "k");
    void *data;
    ck_fails(seg_program_constant(program, slot, &huge, NULL, &data, &err), SEG_LIMIT, err, "'k'");
    ck_ok(seg_program_constant(program, slot, &one, &value, NULL, &err), err);
    ck_assert_ptr_eq(program->slots[slot].constant, &value);
    ck_fails(seg_program_constant(program, slot, &one, &value, NULL, &err), SEG_FORMAT, err,
             "a.onnx: the constant 'k' is given twice");
    seg_program_free(program);
}
END_TEST

START_TEST(attributes_are_read_by_type)
{
    static const int64_t ints[] = {4, 5};
    static const float floats[] = {0.5f, 2};
    const seg_attribute attributes[] = {
        {.name = "axis", .type = SEG_ATTRIBUTE_INT, .count = 1, .ints = ints},
        {.name = "alpha", .type = SEG_ATTRIBUTE_FLOAT, .count = 1, .floats = floats},
        {.name = "mode", .type = SEG_ATTRIBUTE_TEXT, .text = "linear"},
        {.name = "pads", .type = SEG_ATTRIBUTE_INTS, .count = 2, .ints = ints},
        {.name = "scales", .type = SEG_ATTRIBUTE_FLOATS, .count = 2, .floats = floats},
    };
    const seg_program_node node = {.attributes = attributes, .attribute_count = 5};
    const int64_t *list;
    const float *numbers;
    ck_assert_int_eq(seg_program_int(&node, "axis", 1), 4);
    ck_assert_int_eq(seg_program_int(&node, "axes", 1), 1);
    ck_assert_int_eq(seg_program_int(&node, "alpha", 1), 1);
    ck_assert(seg_program_float(&node, "alpha", 1) == 0.5f);
    ck_assert(seg_program_float(&node, "beta", 1) == 1);
    ck_assert_str_eq(seg_program_get_text(&node, "mode", "nearest"), "linear");
    ck_assert_str_eq(seg_program_get_text(&node, "axis", "nearest"), "nearest");
    ck_assert_int_eq(seg_program_ints(&node, "pads", &list), 2);
    ck_assert_int_eq(list[1], 5);
    ck_assert_int_eq(seg_program_ints(&node, "axis", &list), 0);
    ck_assert_int_eq(seg_program_floats(&node, "scales", &numbers), 2);
    ck_assert(numbers[1] == 2);
    ck_assert_int_eq(seg_program_floats(&node, "alpha", &numbers), 0);
}
END_TEST

START_TEST(nodes_are_named_for_people)
{
    char text[SEG_NODE_TEXT_SIZE];
    seg_error err;
    seg_program *program = fresh();
    seg_program_node *node;
    ck_ok(seg_program_node_add(program, "", "Conv", "", 0, 2, 0, &node, &err), err);
    ck_assert_str_eq(seg_program_node_text(program, node, text), "Conv ''");
    node->dst[1] = slot_of(program, "y");
    ck_assert_str_eq(seg_program_node_text(program, node, text), "Conv 'y'");
    node->name = "layer1/conv";
    ck_assert_str_eq(seg_program_node_text(program, node, text), "Conv 'layer1/conv'");
    ck_ok(seg_program_text_add(program, "author", "us", &err), err);
    ck_assert_str_eq(seg_program_text_of(program, "author"), "us");
    ck_assert_ptr_null(seg_program_text_of(program, "reader"));
    seg_program_free(program);
}
END_TEST

static seg_status build(void *context, seg_error *err)
{
    (void)context;
    seg_program *program;
    seg_program_node *node;
    seg_slot x, y;
    void *data;
    seg_shape shape = {.dtype = SEG_F32, .rank = 1, .dim = {40000}};
    seg_status status = seg_program_new(&program, "a.onnx", "onnx", err);
    if (status == SEG_OK)
        status = seg_program_slot_named(program, "x", &x, err);
    if (status == SEG_OK)
        status = seg_program_constant(program, x, &shape, NULL, &data, err);
    for (int i = 0; i < 70 && status == SEG_OK; i++) {
        status = seg_program_slot_fresh(program, "y", &y, err);
        if (status == SEG_OK)
            status = seg_program_node_add(program, "", "Neg", "n", 1, 1, 1, &node, err);
        if (status == SEG_OK) {
            node->src[0] = x;
            node->dst[0] = y;
        }
    }
    if (status == SEG_OK)
        status = seg_program_output(program, y, err);
    if (status == SEG_OK)
        status = seg_program_text_add(program, "key", "value", err);
    if (status == SEG_OK)
        status = seg_program_finish(program, err);
    seg_program_free(program);
    return status;
}

START_TEST(building_survives_lack_of_memory)
{
    oom_torture("building a program", build, NULL, SEG_NOMEM);
}
END_TEST

Suite *suite_program(void)
{
    Suite *suite = suite_create("program");
    TCase *tests = tcase_create("program");
    tcase_add_test(tests, slots_are_found_by_name);
    tcase_add_test(tests, nodes_in_order_stay_as_they_are);
    tcase_add_test(tests, writers_are_put_before_readers);
    tcase_add_test(tests, long_chains_are_sorted);
    tcase_add_test(tests, an_empty_program_is_sound);
    tcase_add_loop_test(tests, unsound_programs_are_refused, 0,
                        (int)(sizeof unsound / sizeof *unsound));
    tcase_add_test(tests, constants_are_checked);
    tcase_add_test(tests, attributes_are_read_by_type);
    tcase_add_test(tests, nodes_are_named_for_people);
    tcase_add_test(tests, building_survives_lack_of_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
