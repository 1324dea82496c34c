/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* spec.c: a model's description as JSON, both ways, and what is refused with which words. */
#include <stdlib.h>

#include "model/spec.h"
#include "test.h"

static seg_model_spec example(void)
{
    seg_model_spec spec = {0};
    seg_error err;
    ck_ok(seg_net_config_default(&spec.net, "deeplabv3plus", &err), err);
    spec.net.classes = 3;
    spec.net.width = 0.35;
    spec.net.output_stride = 8;
    spec.classes.count = 3;
    strcpy(spec.classes.names[0], "sky");
    strcpy(spec.classes.names[1], "the \"road\"");
    strcpy(spec.classes.names[2], "caf\xc3\xa9");
    spec.classes.colors[0] = (seg_color){128, 128, 128};
    spec.classes.colors[1] = (seg_color){255, 0, 1};
    spec.classes.colors[2] = (seg_color){0, 254, 7};
    spec.preprocess = seg_preprocess_default();
    spec.preprocess.max_side = 1024;
    strcpy(spec.data, "a set");
    strcpy(spec.licence, "its terms");
    return spec;
}

START_TEST(there_and_back)
{
    seg_model_spec spec = example(), back;
    seg_error err;
    char *json, *again;
    ck_ok(seg_model_spec_to_json(&spec, &json, &err), err);
    ck_ok(seg_model_spec_from_json(&back, json, "x", &err), err);
    ck_assert_str_eq(back.net.net, "deeplabv3plus");
    ck_assert_str_eq(back.net.backbone, spec.net.backbone);
    ck_assert_int_eq(back.net.output_stride, 8);
    ck_assert_double_eq(back.net.width, 0.35);
    ck_assert_int_eq(back.classes.count, 3);
    ck_assert_str_eq(back.classes.names[1], "the \"road\"");
    ck_assert_str_eq(back.classes.names[2], "caf\xc3\xa9");
    ck_assert_int_eq(back.classes.colors[2].g, 254);
    ck_assert(memcmp(&back.preprocess, &spec.preprocess, sizeof spec.preprocess) == 0);
    ck_assert_str_eq(back.data, "a set");
    ck_assert_str_eq(back.licence, "its terms");
    ck_ok(seg_model_spec_to_json(&back, &again, &err), err);
    ck_assert_str_eq(json, again);
    free(json);
    free(again);
}
END_TEST

START_TEST(not_utf8)
{
    seg_model_spec spec = example();
    seg_error err;
    char *json;
    strcpy(spec.classes.names[1], "\xff\xfe");
    ck_fails(seg_model_spec_to_json(&spec, &json, &err), SEG_INVALID, err, "class 1");
    ck_assert_ptr_null(json);
    spec = example();
    strcpy(spec.data, "\xc3");
    ck_fails(seg_model_spec_to_json(&spec, &json, &err), SEG_INVALID, err, "UTF-8");
}
END_TEST

#define NET  "\"net\":{\"net\":\"fcn8s\",\"classes\":2}"
#define REST "\"classes\":[\"a\",\"b\"],\"colors\":[[0,0,0],[9,8,7]]"
#define PRE  "\"preprocess\":{\"mean\":[0,0,0],\"std\":[1,1,1],\"max_side\":0}"

START_TEST(absent_settings_are_defaults)
{
    seg_model_spec spec;
    seg_net_config wanted;
    seg_error err;
    ck_ok(seg_net_config_default(&wanted, "fcn8s", &err), err);
    ck_ok(seg_model_spec_from_json(&spec, "{" NET "," REST "," PRE "}", "x", &err), err);
    ck_assert_str_eq(spec.net.backbone, wanted.backbone);
    ck_assert_int_eq(spec.net.fc_channels, wanted.fc_channels);
    ck_assert_int_eq(spec.net.classes, 2);
    ck_assert_str_eq(spec.data, "");
}
END_TEST

static const struct {
    const char *json;
    seg_status status;
    const char *says;
} refusals[] = {
    {"", SEG_FORMAT, "x: "},
    {"{" NET "," REST "," PRE, SEG_FORMAT, "x: "},
    {"[]", SEG_FORMAT, "not an object"},
    {"{" REST "," PRE "}", SEG_FORMAT, "'net' is missing"},
    {"{" NET "," PRE "}", SEG_FORMAT, "'classes' is missing"},
    {"{" NET "," REST "}", SEG_FORMAT, "'preprocess' is missing"},
    {"{" NET "," REST "," PRE ",\"lience\":\"\"}", SEG_FORMAT, "'lience'"},
    {"{" NET "," REST "," PRE ",\"data\":7}", SEG_FORMAT, "'data'"},
    {"{\"net\":{\"net\":\"fcn9s\",\"classes\":2}," REST "," PRE "}", SEG_UNSUPPORTED, "fcn8s"},
    {"{\"net\":{\"net\":\"fcn8s\",\"clases\":2}," REST "," PRE "}", SEG_FORMAT, "'clases'"},
    {"{\"net\":{\"net\":\"fcn8s\",\"classes\":2.5}," REST "," PRE "}", SEG_FORMAT, "'classes'"},
    {"{\"net\":{\"net\":\"fcn8s\",\"classes\":1}," REST "," PRE "}", SEG_FORMAT, "2..255"},
    {"{\"net\":{\"net\":\"fcn8s\",\"classes\":2,\"backbone\":\"none\"}," REST "," PRE "}",
     SEG_UNSUPPORTED, "none"},
    {"{\"net\":{\"net\":\"fcn8s\",\"classes\":3}," REST "," PRE "}", SEG_FORMAT,
     "2 class names for a network of 3"},
    {"{" NET ",\"classes\":[],\"colors\":[]," PRE "}", SEG_FORMAT, "0 classes"},
    {"{" NET ",\"classes\":[\"a\",2],\"colors\":[]," PRE "}", SEG_FORMAT, "class 1"},
    {"{" NET ",\"classes\":[\"a\",\"0123456789012345678901234567890123456789012345678901234567890"
     "123\"],\"colors\":[]," PRE "}",
     SEG_FORMAT, "64 bytes"},
    {"{" NET ",\"classes\":[\"a\",\"b\"],\"colors\":[[0,0,0]]," PRE "}", SEG_FORMAT, "1 colors"},
    {"{" NET ",\"classes\":[\"a\",\"b\"],\"colors\":[[0,0,0],[0,0,256]]," PRE "}", SEG_FORMAT,
     "color of class 1"},
    {"{" NET "," REST ",\"preprocess\":{\"mean\":[0,0,0],\"std\":[1,0,1],\"max_side\":0}}",
     SEG_FORMAT, "std 0 of channel 1"},
    {"{" NET "," REST ",\"preprocess\":{\"mean\":[0,0,0],\"std\":[1,1,1],\"max_side\":65536}}",
     SEG_FORMAT, "'max_side'"},
    {"{" NET "," REST ",\"preprocess\":{\"mean\":[0,0],\"std\":[1,1,1],\"max_side\":0}}",
     SEG_FORMAT, "'mean'"},
};

START_TEST(refused)
{
    seg_model_spec spec;
    seg_error err;
    ck_fails(seg_model_spec_from_json(&spec, refusals[_i].json, "x", &err), refusals[_i].status,
             err, refusals[_i].says);
    ck_assert_int_eq(strncmp(err.text, "x: ", 3), 0);
}
END_TEST

Suite *suite_spec(void)
{
    Suite *suite = suite_create("spec");
    TCase *tests = tcase_create("spec");
    tcase_add_test(tests, there_and_back);
    tcase_add_test(tests, not_utf8);
    tcase_add_test(tests, absent_settings_are_defaults);
    tcase_add_loop_test(tests, refused, 0, sizeof refusals / sizeof *refusals);
    suite_add_tcase(suite, tests);
    return suite;
}
