/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* npy.c: files that NumPy wrote are read, ours are as NumPy writes them, bad ones are refused. */
#include "io/npy.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "oom/oom.h"
#include "test.h"

/* The fuzzer's corpus was written by NumPy 2. */
static seg_tensor corpus(const char *name)
{
    seg_error err;
    seg_tensor tensor;
    ck_ok(seg_npy_read(&tensor, test_path(TESTS_DIR "/../fuzz/corpus/npy", name), &err), err);
    ck_assert_uint_eq((uintptr_t)tensor.data % SEG_ALIGN, 0);
    return tensor;
}

static void ck_shape(const seg_tensor *tensor, const char *wanted)
{
    char text[SEG_SHAPE_TEXT_SIZE];
    ck_assert_str_eq(seg_shape_text(&tensor->shape, text), wanted);
}

START_TEST(files_of_numpy_are_read)
{
    seg_tensor tensor = corpus("f4");
    ck_shape(&tensor, "f32 2x3");
    for (int i = 0; i < 6; i++)
        ck_assert(seg_f32(&tensor)[i] == (float)i - 1.5f);
    seg_block_free(tensor.data);
    tensor = corpus("bool-scalar");
    ck_shape(&tensor, "bool ");
    ck_assert_int_eq(*(uint8_t *)tensor.data, 1);
    seg_block_free(tensor.data);
    tensor = corpus("u2-empty-v3");
    ck_shape(&tensor, "u16 3x0x2");
    seg_block_free(tensor.data);
}
END_TEST

START_TEST(fortran_order_is_turned)
{
    static const uint16_t halves[24] = {0x0000, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600,
                                        0x4700, 0x4800, 0x4880, 0x4900, 0x4980, 0x4a00, 0x4a80,
                                        0x4b00, 0x4b80, 0x4c00, 0x4c40, 0x4c80, 0x4cc0, 0x4d00,
                                        0x4d40, 0x4d80, 0x4dc0}; /* 0 to 23 */
    seg_tensor tensor = corpus("f2-fortran");
    ck_shape(&tensor, "f16 2x3x4");
    ck_assert_int_eq(memcmp(tensor.data, halves, sizeof halves), 0);
    seg_block_free(tensor.data);
}
END_TEST

START_TEST(big_endian_is_turned)
{
    seg_tensor tensor = corpus("i8-big-v2");
    const int64_t *wide = tensor.data;
    ck_shape(&tensor, "i64 3");
    ck_assert(wide[0] == 1 && wide[1] == -2 && wide[2] == (int64_t)1 << 40);
    seg_block_free(tensor.data);
    tensor = corpus("big-fortran-i4");
    const int32_t *ints = tensor.data;
    ck_shape(&tensor, "i32 2x3");
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(ints[i], i);
    seg_block_free(tensor.data);
}
END_TEST

/* Byte for byte what NumPy wrote. */
START_TEST(files_are_written_as_numpy_writes_them)
{
    seg_error err;
    const char *path = test_path(test_folder(), "a.npy");
    seg_tensor tensor = corpus("f4");
    uint8_t *ours, *theirs;
    size_t our_size, their_size;
    ck_ok(seg_npy_write(path, &tensor, &err), err);
    ck_ok(seg_file_read(path, 1000, &ours, &our_size, &err), err);
    ck_ok(seg_file_read(TESTS_DIR "/../fuzz/corpus/npy/f4", 1000, &theirs, &their_size, &err), err);
    ck_assert_uint_eq(our_size, their_size);
    ck_assert_int_eq(memcmp(ours, theirs, our_size), 0);
    free(ours);
    free(theirs);
    seg_block_free(tensor.data);
}
END_TEST

START_TEST(every_type_and_rank_comes_back)
{
    static const seg_dtype types[] = {SEG_F32, SEG_U8,  SEG_I32,  SEG_F16, SEG_I8,  SEG_I64,
                                      SEG_F64, SEG_U16, SEG_BOOL, SEG_I16, SEG_U32, SEG_U64};
    const char *path = test_path(test_folder(), "a.npy");
    seg_error err;
    uint8_t data[8 * 256], ones[8 * 256];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 37);
    memset(ones, 1, sizeof ones);
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        for (int rank = 0; rank <= SEG_MAX_RANK; rank++) {
            seg_tensor put = {{.dtype = types[t], .rank = rank},
                              types[t] == SEG_BOOL ? ones : data},
                       got;
            for (int i = 0; i < rank; i++)
                put.shape.dim[i] = 2;
            ck_ok(seg_npy_write(path, &put, &err), err);
            ck_ok(seg_npy_read(&got, path, &err), err);
            ck_assert(seg_shape_equal(&got.shape, &put.shape));
            ck_assert_int_eq(memcmp(got.data, put.data, seg_shape_size(&put.shape)), 0);
            seg_block_free(got.data);
        }
    }
}
END_TEST

START_TEST(bfloat16_is_written_as_float)
{
    enum { COUNT = 5000 };
    const char *path = test_path(test_folder(), "a.npy");
    seg_error err;
    uint16_t halves[COUNT] = {0x3f80, 0xc040};
    halves[COUNT - 1] = 0x4000;
    seg_tensor put = {{.dtype = SEG_BF16, .rank = 1, .dim = {COUNT}}, halves}, got;
    ck_ok(seg_npy_write(path, &put, &err), err);
    ck_ok(seg_npy_read(&got, path, &err), err);
    ck_shape(&got, "f32 5000");
    ck_assert(seg_f32(&got)[0] == 1 && seg_f32(&got)[1] == -3 && seg_f32(&got)[COUNT - 1] == 2);
    seg_block_free(got.data);
}
END_TEST

static const struct {
    const char *header; /* the dictionary; 4 bytes of elements follow */
    seg_status status;  /* SEG_OK: read as f32 of one element */
    const char *part;
} headers[] = {
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", SEG_OK, ""},
    {"{\"shape\":(1L,),\"fortran_order\":True,\"descr\":\"=f4\"} \n\n", SEG_OK, ""},
    {" {'descr':'>f4','fortran_order':False,'shape':()}", SEG_OK, ""},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1)}", SEG_OK, ""},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1)}",
     SEG_UNSUPPORTED, "more than 8 dimensions"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", SEG_FORMAT,
     "f32 2 asks for 8 bytes of elements, the file holds 4"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (0,)}", SEG_FORMAT, "0 bytes of elements"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", SEG_FORMAT, "whole numbers"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1.5,)}", SEG_FORMAT, "without end"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (,)}", SEG_FORMAT, "whole numbers"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1", SEG_FORMAT, "without end"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': 1}", SEG_FORMAT, "no shape"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999999999999,)}", SEG_FORMAT,
     "whole numbers"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (999999999999, 999999999999)}", SEG_FORMAT,
     "63 bits"},
    {"{'descr': '<f4', 'fortran_order': maybe, 'shape': (1,)}", SEG_FORMAT, "no order"},
    {"{'descr': '<f4', 'fortran_order': False}", SEG_FORMAT, "no 'shape'"},
    {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", SEG_FORMAT,
     "'descr' twice"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", SEG_FORMAT, "key 'x'"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", SEG_FORMAT, "behind"},
    {"{'descr': '<f4' 'fortran_order': False, 'shape': (1,)}", SEG_FORMAT, "dictionary without"},
    {"{'descr': [('r', '|u1'), ('g', '|u1')], 'fortran_order': False, 'shape': (1,)}",
     SEG_UNSUPPORTED, "records"},
    {"{'descr': '<U4', 'fortran_order': False, 'shape': (1,)}", SEG_UNSUPPORTED, "'<U4'"},
    {"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", SEG_UNSUPPORTED, "'|O'"},
    {"{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", SEG_UNSUPPORTED, "'<c8'"},
    {"{'descr': '|f4', 'fortran_order': False, 'shape': (1,)}", SEG_UNSUPPORTED, "'|f4'"},
    {"{'descr': '', 'fortran_order': False, 'shape': (1,)}", SEG_UNSUPPORTED, "type ''"},
    {"{'descr", SEG_FORMAT, "no dictionary"},
    {"", SEG_FORMAT, "no dictionary"},
};

static uint8_t *make_file(const char *header, int version, size_t *size)
{
    const size_t length = strlen(header), start = version == 1 ? 10 : 12;
    uint8_t *bytes = calloc(1, start + length + 4);
    memcpy(bytes, "\x93NUMPY", 6);
    bytes[6] = (uint8_t)version;
    bytes[8] = (uint8_t)length;
    memcpy(bytes + start, header, length);
    *size = start + length + 4;
    return bytes;
}

START_TEST(headers_are_checked)
{
    for (int version = 1; version <= 3; version++) {
        size_t size;
        seg_error err;
        seg_tensor tensor;
        uint8_t *bytes = make_file(headers[_i].header, version, &size);
        if (headers[_i].status == SEG_OK) {
            ck_ok(seg_npy_parse(&tensor, bytes, size, "x.npy", &err), err);
            ck_assert(seg_f32(&tensor)[0] == 0 && seg_shape_count(&tensor.shape) == 1);
            seg_block_free(tensor.data);
        } else {
            ck_fails(seg_npy_parse(&tensor, bytes, size, "x.npy", &err), headers[_i].status, err,
                     headers[_i].part);
            ck_assert_int_eq(strncmp(err.text, "x.npy: ", 7), 0);
            ck_assert_ptr_null(tensor.data);
        }
        free(bytes);
    }
}
END_TEST

START_TEST(other_files_are_refused)
{
    seg_error err;
    seg_tensor tensor;
    size_t size;
    uint8_t *bytes = make_file("{}", 4, &size);
    ck_fails(seg_npy_parse(&tensor, bytes, size, "a", &err), SEG_UNSUPPORTED, err, "version 4.0");
    ck_fails(seg_npy_parse(&tensor, "PK\3\4", 4, "a", &err), SEG_FORMAT, err, "not an .npy file");
    bytes[6] = 2;
    ck_fails(seg_npy_parse(&tensor, bytes, 11, "a", &err), SEG_FORMAT, err, "cut short: 11 bytes");
    bytes[10] = 0xff;
    ck_fails(seg_npy_parse(&tensor, bytes, size, "a", &err), SEG_FORMAT, err,
             "a header of 16711682 bytes in 6");
    ck_fails(seg_npy_read(&tensor, "/nowhere.npy", &err), SEG_IO, err, "/nowhere.npy: ");
    ck_fails(seg_npy_write("/nowhere/a.npy", &(seg_tensor){0}, &err), SEG_IO, err, "/nowhere/a");
    free(bytes);
}
END_TEST

static seg_status read_and_write(void *context, seg_error *err)
{
    seg_tensor tensor;
    seg_status status = seg_npy_read(&tensor, TESTS_DIR "/../fuzz/corpus/npy/f2-fortran", err);
    if (status == SEG_OK)
        status = seg_npy_write(context, &tensor, err);
    seg_block_free(tensor.data);
    return status;
}

START_TEST(lack_of_memory)
{
    char path[512];
    snprintf(path, sizeof path, "%s", test_path(test_folder(), "a.npy"));
    oom_torture("reading and writing .npy", read_and_write, path, SEG_NOMEM);
}
END_TEST

Suite *suite_npy(void)
{
    Suite *suite = suite_create("npy");
    TCase *tests = tcase_create("npy");
    tcase_add_test(tests, files_of_numpy_are_read);
    tcase_add_test(tests, fortran_order_is_turned);
    tcase_add_test(tests, big_endian_is_turned);
    tcase_add_test(tests, files_are_written_as_numpy_writes_them);
    tcase_add_test(tests, every_type_and_rank_comes_back);
    tcase_add_test(tests, bfloat16_is_written_as_float);
    tcase_add_loop_test(tests, headers_are_checked, 0, (int)(sizeof headers / sizeof *headers));
    tcase_add_test(tests, other_files_are_refused);
    tcase_add_test(tests, lack_of_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
