/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* model.c: model files written, read and refused. */
#include "model/model.h"

#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "model/tiny.h"
#include "test.h"

enum { CLASSES = 4 };

static const char *write_model(seg_precision precision)
{
    static char path[512];
    seg_model_spec spec;
    seg_weights *weights;
    seg_error err;
    ck_ok(tiny_spec(&spec, "deeplabv3plus", CLASSES, &err), err);
    ck_ok(tiny_weights(&weights, &spec, 3, &err), err);
    strcpy(path, test_path(test_folder(), "model.safetensors"));
    ck_ok(seg_model_write(path, &spec, weights, precision, &err), err);
    seg_weights_free(weights);
    return path;
}

START_TEST(there_and_back)
{
    seg_model *model;
    seg_model_spec spec;
    seg_weights *weights;
    seg_error err;
    ck_ok(seg_model_load(&model, write_model(SEG_PRECISION_FLOAT32), &err), err);
    tiny_own_weights(model);
    ck_ok(tiny_spec(&spec, "deeplabv3plus", CLASSES, &err), err);
    ck_ok(tiny_weights(&weights, &spec, 3, &err), err);
    ck_assert_int_eq(seg_weights_count(weights), seg_weights_count(model->weights));
    int64_t trainable = 0;
    for (int i = 0; i < seg_weights_count(weights); i++) {
        const seg_weight *a = seg_weights_at(weights, i), *b = seg_weights_at(model->weights, i);
        ck_assert_str_eq(a->name, b->name);
        ck_assert_mem_eq(a->tensor.data, b->tensor.data, seg_shape_size(&a->tensor.shape));
        bool state = a->role == SEG_WEIGHT_RUNNING_MEAN || a->role == SEG_WEIGHT_RUNNING_VAR;
        trainable += state ? 0 : seg_shape_count(&a->tensor.shape);
    }
    seg_model_info info = seg_model_describe(model);
    ck_assert_str_eq(info.net, "deeplabv3plus");
    ck_assert_str_eq(info.backbone, "mobilenetv2");
    ck_assert_str_eq(info.data, "nothing");
    ck_assert_str_eq(info.licence, "none needed");
    ck_assert_int_eq(info.classes, CLASSES);
    ck_assert_int_eq(info.parameters, trainable);
    ck_assert_ptr_nonnull(strstr(info.config, "\"width\":0.25"));
    ck_assert_str_eq(seg_model_class_name(model, 3), "class3");
    ck_assert_ptr_null(seg_model_class_name(model, CLASSES));
    ck_assert_ptr_null(seg_model_class_name(model, -1));
    ck_assert_int_eq(seg_model_palette(model)[1].r, 128); /* VOC's aeroplane */
    seg_weights_free(weights);
    seg_model_free(model);
}
END_TEST

/* Numbers come back as the nearest float16: within 2^-11 of themselves. */
START_TEST(half)
{
    seg_model *model;
    seg_model_spec spec;
    seg_weights *weights;
    seg_error err;
    ck_ok(seg_model_load(&model, write_model(SEG_PRECISION_FLOAT16), &err), err);
    tiny_own_weights(model);
    ck_ok(tiny_spec(&spec, "deeplabv3plus", CLASSES, &err), err);
    ck_ok(tiny_weights(&weights, &spec, 3, &err), err);
    for (int i = 0; i < seg_weights_count(weights); i++) {
        const seg_tensor *a = &seg_weights_at(weights, i)->tensor;
        const seg_tensor *b = &seg_weights_at(model->weights, i)->tensor;
        double worst = 0;
        for (int64_t k = 0; k < seg_shape_count(&a->shape); k++) {
            double exact = (double)seg_f32(a)[k], off = fabs((double)seg_f32(b)[k] - exact);
            worst = fmax(worst, off / fmax(fabs(exact), 6.2e-5));
        }
        ck_assert_double_le(worst, 0.00049);
    }
    seg_weights_free(weights);
    seg_model_free(model);
}
END_TEST

/* Kernels come back within half a step of 1/127 of their output channel's largest. */
START_TEST(int8)
{
    seg_model *model;
    seg_model_spec spec;
    seg_weights *weights;
    seg_error err;
    int kernels = 0;
    ck_ok(seg_model_load(&model, write_model(SEG_PRECISION_INT8), &err), err);
    tiny_own_weights(model);
    ck_ok(tiny_spec(&spec, "deeplabv3plus", CLASSES, &err), err);
    ck_ok(tiny_weights(&weights, &spec, 3, &err), err);
    for (int i = 0; i < seg_weights_count(weights); i++) {
        const seg_tensor *a = &seg_weights_at(weights, i)->tensor;
        const seg_tensor *b = &seg_weights_at(model->weights, i)->tensor;
        const int64_t rank = a->shape.rank, count = seg_shape_count(&a->shape);
        const int64_t channels = a->shape.dim[rank - 1];
        const bool kernel = rank == 4 && count / channels >= 16;
        kernels += kernel;
        for (int64_t c = 0; c < channels; c++) {
            double largest = 0, worst = 0, off = 0;
            for (int64_t k = c; k < count; k += channels) {
                const double exact = (double)seg_f32(a)[k], is = (double)seg_f32(b)[k];
                largest = fmax(largest, fabs(exact));
                off = fmax(off, fabs(is - exact));
                worst = fmax(worst, fabs(is - exact) / fmax(fabs(exact), 6.2e-5));
            }
            if (kernel)
                ck_assert_double_le(off, 0.5001 * largest / 127);
            else
                ck_assert_double_le(worst, 0.00049);
        }
    }
    ck_assert_int_gt(kernels, 20);
    seg_weights_free(weights);
    seg_model_free(model);
}
END_TEST

/* An int8 tensor means nothing without its scale. */
START_TEST(int8_without_scale)
{
    seg_model *model;
    uint8_t *data;
    size_t size;
    seg_error err;
    const char *path = write_model(SEG_PRECISION_INT8);
    ck_ok(seg_file_read(path, SIZE_MAX / 2, &data, &size, &err), err);
    for (size_t i = 0; i + 6 < size; i++) {
        if (memcmp(data + i, ".scale", 6) == 0) {
            data[i + 1] = 'x';
            break;
        }
    }
    ck_ok(seg_file_write(path, data, size, &err), err);
    ck_fails(seg_model_load(&model, path, &err), SEG_FORMAT, err, "int8 without");
    free(data);
}
END_TEST

/* What float16 cannot hold stays float32. */
START_TEST(half_of_large_weights)
{
    const char *path = test_path(test_folder(), "large.safetensors");
    seg_model_spec spec;
    seg_weights *weights;
    seg_model *model;
    seg_error err;
    ck_ok(tiny_spec(&spec, "fcn8s", CLASSES, &err), err);
    ck_ok(tiny_weights(&weights, &spec, 3, &err), err);
    seg_tensor *first = &seg_weights_at(weights, 0)->tensor;
    ck_assert_int_eq(first->shape.rank, 4);
    seg_f32(first)[5] = 70000.0f;
    ck_ok(seg_model_write(path, &spec, weights, SEG_PRECISION_FLOAT16, &err), err);
    ck_ok(seg_model_load(&model, path, &err), err);
    tiny_own_weights(model);
    ck_assert_mem_eq(seg_weights_at(model->weights, 0)->tensor.data, first->data,
                     seg_shape_size(&first->shape));
    seg_weights_free(weights);
    seg_model_free(model);
}
END_TEST

START_TEST(cut_short)
{
    const char *path = write_model(SEG_PRECISION_FLOAT32);
    uint8_t *data;
    size_t size;
    seg_error err;
    ck_ok(seg_file_read(path, SIZE_MAX / 2, &data, &size, &err), err);
    const size_t sizes[] = {0, 1, 8, 9, 1000, size / 2, size - 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        seg_model *model = (void *)&err;
        ck_ok(seg_file_write(path, data, sizes[i], &err), err);
        ck_fails(seg_model_load(&model, path, &err), SEG_FORMAT, err, path);
        ck_assert_ptr_null(model);
    }
    free(data);
}
END_TEST

START_TEST(no_file)
{
    seg_model *model = (void *)1;
    seg_error err;
    ck_fails(seg_model_load(&model, "/nonexistent/m", &err), SEG_IO, err, "/nonexistent/m");
    ck_assert_ptr_null(model);
    ck_assert_int_eq(seg_model_load(&model, "/nonexistent/m", NULL), SEG_IO);
}
END_TEST

START_TEST(default_model)
{
    seg_model *model;
    seg_error err;
    seg_status status = seg_model_load_default(&model, &err);
    if (status == SEG_OK)
        ck_assert_int_ge(seg_model_describe(model).classes, 2);
    else
        ck_fails(status, SEG_UNSUPPORTED, err, "without a default model");
    seg_model_free(model);
}
END_TEST

/* ---- files that are nearly right ---- */

enum { MOST_TENSORS = 1000 };

/* A model file taken apart, changed, and put together again. */
typedef struct parts {
    seg_safetensors *file;
    seg_safetensors_entry entries[MOST_TENSORS];
    int count;
    const char *metadata[6];
} parts;

static void change_nan(parts *p)
{
    seg_f32(&p->entries[7].tensor)[0] = NAN;
}
static void change_infinity(parts *p)
{
    seg_f32(&p->entries[9].tensor)[0] = -INFINITY;
}
static void change_missing(parts *p)
{
    p->entries[5] = p->entries[--p->count];
}
static void change_extra(parts *p)
{
    p->entries[p->count] = p->entries[0];
    p->entries[p->count++].name = "stranger";
}
static void change_shape(parts *p)
{
    seg_shape *shape = &p->entries[0].tensor.shape;
    shape->dim[shape->rank++] = 1;
}
static void change_dtype(parts *p)
{
    p->entries[0].tensor.shape.dtype = SEG_I32;
}
static void change_format(parts *p)
{
    p->metadata[1] = "2";
}
static void change_layout(parts *p)
{
    p->metadata[5] = "OIHW";
}
static void change_key(parts *p)
{
    p->metadata[2] = "other";
}
static void change_description(parts *p)
{
    p->metadata[3] = "{\"net\":{}}";
}

static const struct {
    void (*change)(parts *p);
    seg_status status;
    const char *says; /* NULL: the name of the tensor, entry 5, 7 or 9 */
    int entry;
} changes[] = {
    {change_nan, SEG_FORMAT, NULL, 7},
    {change_infinity, SEG_FORMAT, NULL, 9},
    {change_missing, SEG_MISMATCH, NULL, 5},
    {change_extra, SEG_MISMATCH, "'stranger' is not the network's", 0},
    {change_shape, SEG_MISMATCH, NULL, 0},
    {change_dtype, SEG_MISMATCH, "i32", 0},
    {change_format, SEG_UNSUPPORTED, "'seg.format' is '2'", 0},
    {change_layout, SEG_UNSUPPORTED, "OIHW", 0},
    {change_key, SEG_FORMAT, "no 'seg.model'", 0},
    {change_description, SEG_FORMAT, "'net' is missing", 0},
};

static void take_apart(parts *p, const char *path)
{
    seg_error err;
    ck_ok(seg_safetensors_read(&p->file, path, &err), err);
    p->count = seg_safetensors_count(p->file);
    ck_assert_int_lt(p->count, MOST_TENSORS);
    for (int i = 0; i < p->count; i++)
        p->entries[i] = (seg_safetensors_entry){seg_safetensors_name(p->file, i),
                                                seg_safetensors_tensor(p->file, i)};
    static const char *const keys[] = {"seg.format", "seg.model", "layout"};
    for (int i = 0; i < 3; i++) {
        p->metadata[2 * i] = keys[i];
        p->metadata[2 * i + 1] = seg_safetensors_metadata(p->file, keys[i]);
        ck_assert_ptr_nonnull(p->metadata[2 * i + 1]);
    }
}

START_TEST(refused)
{
    const char *path = write_model(SEG_PRECISION_FLOAT32), *says = changes[_i].says;
    parts *p = calloc(1, sizeof *p);
    seg_model *model;
    seg_error err;
    take_apart(p, path);
    if (says == NULL)
        says = p->entries[changes[_i].entry].name;
    changes[_i].change(p);
    ck_ok(seg_safetensors_write(path, p->count, p->entries, 3, p->metadata, &err), err);
    ck_fails(seg_model_load(&model, path, &err), changes[_i].status, err, says);
    ck_assert_int_eq(strncmp(err.text, path, strlen(path)), 0);
    ck_assert_ptr_null(model);
    seg_safetensors_free(p->file);
    free(p);
}
END_TEST

/* A checkpoint has the optimiser's state beside the weights. */
START_TEST(training_state_is_ignored)
{
    const char *path = write_model(SEG_PRECISION_FLOAT32);
    parts *p = calloc(1, sizeof *p);
    seg_model *model;
    seg_error err;
    take_apart(p, path);
    p->entries[p->count] = p->entries[0];
    p->entries[p->count++].name = "train/momentum/x";
    ck_ok(seg_safetensors_write(path, p->count, p->entries, 3, p->metadata, &err), err);
    ck_ok(seg_model_load(&model, path, &err), err);
    seg_model_free(model);
    seg_safetensors_free(p->file);
    free(p);
}
END_TEST

START_TEST(measured)
{
    seg_model *model;
    seg_model_cost small, large;
    seg_error err;
    ck_ok(seg_model_load(&model, write_model(SEG_PRECISION_FLOAT32), &err), err);
    ck_ok(seg_model_measure(model, 64, 32, &small, &err), err);
    ck_assert_int_eq(small.input_width, 64);
    ck_assert_int_eq(small.input_height, 32);
    ck_ok(seg_model_measure(model, 256, 128, &large, &err), err);
    /* Nearly everything is convolutions: 16 times the pixels. */
    ck_assert_double_eq_tol((double)large.multiply_adds / (double)small.multiply_adds, 16, 0.5);
    ck_assert_int_gt(large.activation_bytes, small.activation_bytes);
    ck_fails(seg_model_measure(model, 0, 5, &small, &err), SEG_INVALID, err, "0x5");
    ck_fails(seg_model_measure(model, 5, 65536, &small, &err), SEG_INVALID, err, "65536");
    model->spec.preprocess.max_side = 128;
    ck_ok(seg_model_measure(model, 512, 256, &small, &err), err);
    ck_assert_int_eq(small.input_width, 128);
    ck_assert_int_eq(small.input_height, 64);
    seg_model_free(model);
}
END_TEST

Suite *suite_model(void)
{
    Suite *suite = suite_create("model");
    TCase *tests = tcase_create("model");
    tcase_add_test(tests, there_and_back);
    tcase_add_test(tests, half);
    tcase_add_test(tests, int8);
    tcase_add_test(tests, int8_without_scale);
    tcase_add_test(tests, half_of_large_weights);
    tcase_add_test(tests, cut_short);
    tcase_add_test(tests, no_file);
    tcase_add_test(tests, default_model);
    tcase_add_loop_test(tests, refused, 0, sizeof changes / sizeof *changes);
    tcase_add_test(tests, training_state_is_ignored);
    tcase_add_test(tests, measured);
    suite_add_tcase(suite, tests);
    return suite;
}
