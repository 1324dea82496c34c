/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* safetensors.c: files written are read back; hostile headers are refused with their reason. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/half.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "test.h"

static seg_tensor tensor_of(seg_dtype dtype, int rank, int64_t d0, int64_t d1, void *data)
{
    return (seg_tensor){{.dtype = dtype, .rank = rank, .dim = {d0, d1}}, data};
}

START_TEST(round_trip_keeps_everything)
{
    const char *path = test_path(test_folder(), "a.safetensors");
    seg_error err;
    uint8_t bytes[3] = {1, 2, 3};
    float floats[6] = {0, -1.5f, 2, 3, 4, 1e30f};
    int64_t wide[1] = {INT64_MIN};
    uint16_t halves[2] = {0x3c00, 0xc000};
    const seg_safetensors_entry entries[] = {
        {"mask \"quoted\"/\xc3\xa9", tensor_of(SEG_U8, 1, 3, 0, bytes)},
        {"conv.weight", tensor_of(SEG_F32, 2, 2, 3, floats)},
        {"step", tensor_of(SEG_I64, 0, 0, 0, wide)},
        {"none", tensor_of(SEG_I32, 2, 0, 7, NULL)},
        {"half", tensor_of(SEG_F16, 1, 2, 0, halves)},
    };
    const char *const metadata[] = {"seg.format", "1", "note", "line\nline"};
    ck_ok(seg_safetensors_write(path, 5, entries, 2, metadata, &err), err);
    seg_safetensors *file;
    ck_ok(seg_safetensors_read(&file, path, &err), err);
    ck_assert_int_eq(seg_safetensors_count(file), 5);
    for (int i = 0; i < 5; i++) {
        int index = seg_safetensors_find(file, entries[i].name);
        ck_assert_int_ge(index, 0);
        ck_assert_str_eq(seg_safetensors_name(file, index), entries[i].name);
        seg_tensor got = seg_safetensors_tensor(file, index);
        const seg_tensor *put = &entries[i].tensor;
        ck_assert(seg_shape_equal(&got.shape, &put->shape));
        size_t size = seg_shape_size(&put->shape);
        ck_assert(size == 0 || memcmp(got.data, put->data, size) == 0);
        ck_assert_uint_eq((uintptr_t)got.data % seg_dtype_size(got.shape.dtype), 0);
    }
    ck_assert_str_eq(seg_safetensors_metadata(file, "note"), "line\nline");
    ck_assert_str_eq(seg_safetensors_metadata(file, "seg.format"), "1");
    ck_assert_ptr_null(seg_safetensors_metadata(file, "nothing"));
    ck_assert_int_eq(seg_safetensors_find(file, "__metadata__"), -1);
    seg_safetensors_free(file);
}
END_TEST

START_TEST(data_starts_at_a_multiple_of_64)
{
    const char *folder = test_folder();
    seg_error err;
    char name[80];
    for (int length = 1; length < 70; length++) {
        snprintf(name, sizeof name, "%.*s", length,
                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        float value = 7;
        const seg_safetensors_entry entry = {name, tensor_of(SEG_F32, 1, 1, 0, &value)};
        const char *path = test_path(folder, "a");
        uint8_t *data;
        size_t size;
        ck_ok(seg_safetensors_write(path, 1, &entry, 0, NULL, &err), err);
        ck_ok(seg_file_read(path, 1000, &data, &size, &err), err);
        ck_assert_uint_eq((size - sizeof value) % 64, 0);
        free(data);
    }
}
END_TEST

START_TEST(write_refuses_what_cannot_be_read_back)
{
    const char *path = test_path(test_folder(), "a");
    seg_error err;
    float value = 1;
    seg_tensor one = tensor_of(SEG_F32, 1, 1, 0, &value);
    const seg_safetensors_entry twice[] = {{"w", one}, {"w", one}};
    const seg_safetensors_entry reserved = {"__metadata__", one}, latin = {"\xe9", one};
    const seg_safetensors_entry negative = {"w", tensor_of(SEG_F32, 1, -1, 0, &value)};
    const char *const metadata[] = {"key", "\xff"};
    ck_fails(seg_safetensors_write(path, 2, twice, 0, NULL, &err), SEG_INVALID, err, "twice");
    ck_fails(seg_safetensors_write(path, 1, &reserved, 0, NULL, &err), SEG_INVALID, err, "meta");
    ck_fails(seg_safetensors_write(path, 1, &latin, 0, NULL, &err), SEG_INVALID, err, "UTF-8");
    ck_fails(seg_safetensors_write(path, 1, &negative, 0, NULL, &err), SEG_INVALID, err, "shape");
    ck_fails(seg_safetensors_write(path, 0, NULL, 1, metadata, &err), SEG_INVALID, err, "UTF-8");
    ck_assert(!seg_path_exists(path));
}
END_TEST

/* A file of that header and data_size zero bytes; malloc'ed. */
static uint8_t *make_file(const char *header, size_t data_size, size_t *size)
{
    uint64_t length = strlen(header);
    *size = sizeof length + length + data_size;
    uint8_t *bytes = calloc(1, *size);
    memcpy(bytes, &length, sizeof length);
    memcpy(bytes + sizeof length, header, length);
    return bytes;
}

static const struct {
    const char *header;
    size_t data_size;
    seg_status status;
    const char *part;
} refusals[] = {
    {"", 0, SEG_FORMAT, "no JSON header"},
    {" {}", 0, SEG_FORMAT, "no JSON header"},
    {"[1]", 0, SEG_FORMAT, "no JSON header"},
    {"{\"w\":", 0, SEG_FORMAT, "bad JSON"},
    {"{} x", 0, SEG_FORMAT, "bad JSON"},
    {"{\"\\u0000\":{}}", 0, SEG_FORMAT, "bad JSON"},
    {"{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
     "\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
     8, SEG_FORMAT, "duplicate"},
    {"{\"w\":3}", 0, SEG_FORMAT, "'w'"},
    {"{\"w\":{}}", 0, SEG_FORMAT, "dtype"},
    {"{\"w\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[0,2]}}", 2, SEG_UNSUPPORTED,
     "'w' has dtype 'BF16'"},
    {"{\"w\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, SEG_UNSUPPORTED,
     "'w' has dtype 'F64'"},
    {"{\"w\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}", 1, SEG_FORMAT, "no shape"},
    {"{\"w\":{\"dtype\":\"U8\",\"shape\":[-1,-1],\"data_offsets\":[0,1]}}", 1, SEG_FORMAT, "shape"},
    {"{\"w\":{\"dtype\":\"U8\",\"shape\":[1.0],\"data_offsets\":[0,1]}}", 1, SEG_FORMAT, "shape"},
    {"{\"w\":{\"dtype\":\"U8\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", 0,
     SEG_FORMAT, "63 bits"},
    {"{\"w\":{\"dtype\":\"U8\",\"shape\":[9223372036854775808],\"data_offsets\":[0,0]}}", 0,
     SEG_FORMAT, "bad JSON"},
    {"{\"w\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,1]}}", 1,
     SEG_UNSUPPORTED, "rank 9"},
    {"{\"w\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, SEG_FORMAT, "data_offsets"},
    {"{\"w\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1,2]}}", 1, SEG_FORMAT,
     "data_offsets"},
    {"{\"w\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,0]}}", 1, SEG_FORMAT, "1..0"},
    {"{\"w\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[-1,1]}}", 1, SEG_FORMAT, "-1..1"},
    {"{\"w\":{\"dtype\":\"U8\",\"shape\":[5],\"data_offsets\":[0,5]}}", 4, SEG_FORMAT,
     "of 4 bytes"},
    {"{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, SEG_FORMAT,
     "asks for 8"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
     "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}",
     4, SEG_FORMAT, "'b' overlaps"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
     "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}",
     4, SEG_FORMAT, "'b' follows a hole"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 2, SEG_FORMAT,
     "the file holds 2"},
    {"{\"__metadata__\":[]}", 0, SEG_FORMAT, "__metadata__"},
    {"{\"__metadata__\":{\"n\":1}}", 0, SEG_FORMAT, "metadata 'n'"},
};

START_TEST(hostile_headers_are_refused)
{
    size_t size;
    seg_error err;
    seg_safetensors *file;
    uint8_t *bytes = make_file(refusals[_i].header, refusals[_i].data_size, &size);
    ck_fails(seg_safetensors_parse(&file, bytes, size, "x.safetensors", &err), refusals[_i].status,
             err, refusals[_i].part);
    ck_assert_msg(strncmp(err.text, "x.safetensors: ", 15) == 0, "%s", err.text);
    ck_assert_ptr_null(file);
    free(bytes);
}
END_TEST

START_TEST(depth_is_limited)
{
    char *header = malloc(200002);
    memcpy(header, "{\"a\":", 5);
    memset(header + 5, '[', 200000 - 5);
    header[200000] = '\0';
    size_t size;
    seg_error err;
    seg_safetensors *file;
    uint8_t *bytes = make_file(header, 0, &size);
    ck_fails(seg_safetensors_parse(&file, bytes, size, "deep", &err), SEG_FORMAT, err, "depth");
    free(bytes);
    free(header);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    size_t size;
    seg_error err;
    seg_safetensors *file;
    uint8_t *bytes =
        make_file("{\"w\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}", 12, &size);
    ck_ok(seg_safetensors_parse(&file, bytes, size, "whole", &err), err);
    seg_safetensors_free(file);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *part = malloc(cut + 1); /* its own block, so that a sanitizer sees overreads */
        memcpy(part, bytes, cut);
        ck_fails(seg_safetensors_parse(&file, part, cut, "cut", &err), SEG_FORMAT, err, "cut: ");
        free(part);
    }
    uint64_t huge = UINT64_MAX;
    memcpy(bytes, &huge, sizeof huge);
    ck_fails(seg_safetensors_parse(&file, bytes, size, "x", &err), SEG_FORMAT, err,
             "18446744073709551615");
    free(bytes);
}
END_TEST

/* Other writers do not pad: an f32 behind one byte must still be readable in place. */
START_TEST(misaligned_tensors_are_copied)
{
    size_t size;
    seg_error err;
    seg_safetensors *file;
    const char *header = "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                         "\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[1,9]}}";
    uint8_t *bytes = make_file(header, 9, &size);
    const float values[2] = {1.25f, -3};
    memcpy(bytes + size - 8, values, 8);
    ck_ok(seg_safetensors_parse(&file, bytes, size, "x", &err), err);
    seg_tensor tensor = seg_safetensors_tensor(file, seg_safetensors_find(file, "w"));
    ck_assert_uint_eq((uintptr_t)tensor.data % sizeof(float), 0);
    ck_assert(seg_f32(&tensor)[0] == 1.25f && seg_f32(&tensor)[1] == -3);
    seg_safetensors_free(file);
    free(bytes);
}
END_TEST

START_TEST(half_rounds_to_nearest_even)
{
    /* Values and bits from IEEE 754-2008's binary16 tables and hand-worked ties. */
    static const struct {
        float value;
        uint16_t half;
    } cases[] = {
        {0.0f, 0x0000},
        {-0.0f, 0x8000},
        {1.0f, 0x3c00},
        {-2.0f, 0xc000},
        {65504.0f, 0x7bff},
        {65519.96f, 0x7bff},
        {65520.0f, 0x7c00},
        {-1e30f, 0xfc00},
        {INFINITY, 0x7c00},
        {0x1p-14f, 0x0400},
        {0x1p-24f, 0x0001},
        {0x1p-25f, 0x0000},
        {0x1.000002p-25f, 0x0001},
        {0x3p-25f, 0x0002},
        {0x1.ff8p-15f, 0x03ff},
        {0x1.ffcp-15f, 0x0400},
        {1.0f + 0x1p-11f, 0x3c00},
        {1.0f + 0x3p-11f, 0x3c02},
        {0.333333343f, 0x3555},
        {0x1.ffep0f, 0x4000},
        {-1e-30f, 0x8000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint16_t half;
        seg_f32_to_f16(&cases[i].value, &half, 1);
        ck_assert_msg(half == cases[i].half, "%a: %04x, wanted %04x", (double)cases[i].value, half,
                      cases[i].half);
    }
    for (uint32_t bits = 0; bits < 65536; bits++) {
        uint16_t half = (uint16_t)bits, back;
        float value;
        seg_f16_to_f32(&half, &value, 1);
        seg_f32_to_f16(&value, &back, 1);
        bool is_nan = (bits & 0x7c00) == 0x7c00 && (bits & 0x3ff) != 0;
        ck_assert(is_nan ? isnan(value) && (back & 0x7e00) == 0x7e00 : back == half);
    }
}
END_TEST

START_TEST(json_lookups_name_the_culprit)
{
    const char text[] =
        "{\"n\": 7, \"r\": 0.5, \"s\": \"x\", \"b\": true, \"l\": [1, 2.5], \"o\": {}}";
    static const char *const some[] = {"n", "r", "s", "b", "l", NULL};
    json_t *root, *value;
    seg_error err;
    int64_t n;
    double r, list[2];
    const char *s;
    bool b;
    ck_ok(seg_json_parse(&root, text, sizeof text - 1, "f", &err), err);
    ck_ok(seg_json_integer(root, "n", "f", 0, 7, &n, &err), err);
    ck_ok(seg_json_real(root, "r", "f", 0, 1, &r, &err), err);
    ck_ok(seg_json_string(root, "s", "f", &s, &err), err);
    ck_ok(seg_json_boolean(root, "b", "f", &b, &err), err);
    ck_ok(seg_json_reals(root, "l", "f", 2, list, &err), err);
    ck_ok(seg_json_object(root, "o", "f", &value, &err), err);
    ck_assert(n == 7 && r == 0.5 && strcmp(s, "x") == 0 && b && list[1] == 2.5);
    ck_fails(seg_json_integer(root, "n", "f", 0, 6, &n, &err), SEG_FORMAT, err, "f: 'n' is 7");
    ck_fails(seg_json_integer(root, "r", "f", 0, 6, &n, &err), SEG_FORMAT, err, "whole");
    ck_fails(seg_json_real(root, "q", "f", 0, 6, &r, &err), SEG_FORMAT, err, "'q' is missing");
    ck_fails(seg_json_reals(root, "l", "f", 3, list, &err), SEG_FORMAT, err, "3 numbers, not 2");
    ck_fails(seg_json_string(root, "l", "f", &s, &err), SEG_FORMAT, err, "not a list");
    ck_fails(seg_json_list(root, "o", "f", &value, &err), SEG_FORMAT, err, "not an object");
    ck_fails(seg_json_only(root, some, "f", &err), SEG_FORMAT, err, "unknown key 'o'");
    json_decref(root);
    ck_fails(seg_json_parse(&root, "[]", 2, "f", &err), SEG_FORMAT, err, "f: ");
    ck_assert_ptr_null(root);
}
END_TEST

Suite *suite_safetensors(void)
{
    Suite *suite = suite_create("safetensors");
    TCase *tests = tcase_create("safetensors");
    tcase_add_test(tests, round_trip_keeps_everything);
    tcase_add_test(tests, data_starts_at_a_multiple_of_64);
    tcase_add_test(tests, write_refuses_what_cannot_be_read_back);
    tcase_add_loop_test(tests, hostile_headers_are_refused, 0, sizeof refusals / sizeof *refusals);
    tcase_add_test(tests, depth_is_limited);
    tcase_add_test(tests, every_truncation_is_refused);
    tcase_add_test(tests, misaligned_tensors_are_copied);
    tcase_add_test(tests, half_rounds_to_nearest_even);
    tcase_add_test(tests, json_lookups_name_the_culprit);
    suite_add_tcase(suite, tests);
    return suite;
}
