/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* onnx_case.c: one case of the ONNX backend suite, in a process of its own. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "runtime/onnx_case.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "io/onnx.h"
#include "runtime/convert.h"
#include "runtime/runtime.h"
#include "test.h"

enum { MOST = 64, SECONDS = 100 };

/* As the ONNX project compares (onnx/backend/test/runner). */
static const double relative = 1e-3, absolute = 1e-7;

/* The tensors of one data set. */
typedef struct tensors {
    seg_onnx_tensor read[MOST];
    seg_tensor list[MOST];
    size_t count;
} tensors;

static void say(onnx_result *result, int outcome, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void say(onnx_result *result, int outcome, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(result->why, sizeof result->why, format, args);
    va_end(args);
    result->outcome = outcome;
}

static void say_error(onnx_result *result, const char *how, const seg_error *err)
{
    say(result, err->status == SEG_UNSUPPORTED ? ONNX_UNSUPPORTED : ONNX_FAILED, "%s%s", how,
        err->text);
}

/* input_0.pb, input_1.pb, ... as long as there are any. False: said why. */
static bool read_tensors(const char *folder, const char *stem, tensors *out, onnx_result *result)
{
    seg_error err;
    out->count = 0;
    while (out->count < MOST) {
        char path[600];
        snprintf(path, sizeof path, "%s/%s_%zu.pb", folder, stem, out->count);
        if (!seg_path_exists(path))
            return true;
        if (seg_onnx_tensor_read(&out->read[out->count], path, &err) != SEG_OK) {
            say_error(result, "", &err);
            return false;
        }
        out->list[out->count] = out->read[out->count].tensor;
        out->count++;
    }
    say(result, ONNX_FAILED, "%s: more than %d %s files", folder, MOST, stem);
    return false;
}

static void release_tensors(tensors *list)
{
    for (size_t i = 0; i < list->count; i++)
        seg_onnx_tensor_release(&list->read[i]);
    list->count = 0;
}

static bool same_real(double got, double wanted)
{
    if (isnan(wanted) || isnan(got))
        return isnan(wanted) && isnan(got);
    return got == wanted || fabs(got - wanted) <= absolute + relative * fabs(wanted);
}

/* Where two tensors of the same shape differ; -1: nowhere. */
static int64_t difference(const seg_tensor *got, const seg_tensor *wanted, double pair[2])
{
    const seg_dtype dtype = wanted->shape.dtype;
    const size_t size = seg_dtype_size(dtype);
    for (int64_t i = 0; i < seg_shape_count(&wanted->shape); i++) {
        seg_load_f64(dtype, got->data, i, 1, &pair[0]);
        seg_load_f64(dtype, wanted->data, i, 1, &pair[1]);
        const char *a = got->data, *b = wanted->data;
        bool same = seg_dtype_is_real(dtype)
                        ? same_real(pair[0], pair[1])
                        : memcmp(a + (size_t)i * size, b + (size_t)i * size, size) == 0;
        if (!same)
            return i;
    }
    return -1;
}

static void compare(const seg_program *program, seg_runtime *runtime, const tensors *wanted,
                    const char *how, onnx_result *result)
{
    char texts[2][SEG_SHAPE_TEXT_SIZE];
    seg_error err;
    double pair[2];
    if (program->output_count != wanted->count) {
        say(result, ONNX_FAILED, "%zu outputs, wanted %zu", program->output_count, wanted->count);
        return;
    }
    for (size_t i = 0; i < wanted->count; i++) {
        const char *name = program->slots[program->outputs[i]].name;
        const seg_tensor *want = &wanted->list[i];
        seg_tensor got;
        if (seg_runtime_read(runtime, program->outputs[i], &got, &err) != SEG_OK) {
            say(result, ONNX_FAILED, "%s%s", how, err.text);
            return;
        }
        if (!seg_shape_equal(&got.shape, &want->shape)) {
            say(result, ONNX_FAILED, "%soutput '%s' is %s, wanted %s", how, name,
                seg_shape_text(&got.shape, texts[0]), seg_shape_text(&want->shape, texts[1]));
            return;
        }
        int64_t at = difference(&got, want, pair);
        if (at >= 0) {
            say(result, ONNX_FAILED, "%soutput '%s' of %s: element %lld is %.9g, wanted %.9g", how,
                name, seg_shape_text(&want->shape, texts[0]), (long long)at, pair[0], pair[1]);
            return;
        }
    }
}

/* The project's own data holds bf16 in tensors that say u16. */
static void relabel_bf16(const seg_program *program, const seg_slot *slots, size_t count,
                         tensors *list)
{
    for (size_t i = 0; i < count && i < list->count; i++) {
        seg_dtype *dtype = &list->list[i].shape.dtype;
        if (*dtype == SEG_U16 && program->slots[slots[i]].shape.dtype == SEG_BF16)
            *dtype = SEG_BF16;
    }
}

/* Twice: the second run repeats what the first one planned. */
static void run_set(const seg_program *program, bool reference, const tensors *in,
                    const tensors *wanted, onnx_result *result)
{
    const char *how = reference ? "reference: " : "lowered: ";
    const seg_runtime_opts opts = {.threads = 1, .reference = reference};
    seg_error err;
    seg_runtime *runtime;
    if (in->count != program->input_count) {
        say(result, ONNX_FAILED, "%zu inputs given, %zu wanted", in->count, program->input_count);
        return;
    }
    if (seg_runtime_new(&runtime, program, &opts, &err) != SEG_OK) {
        say_error(result, how, &err);
        return;
    }
    for (int pass = 0; pass < 2 && result->outcome == ONNX_PASSED; pass++) {
        if (seg_runtime_run(runtime, in->list, &err) != SEG_OK)
            say_error(result, how, &err);
        else
            compare(program, runtime, wanted, how, result);
    }
    seg_runtime_free(runtime);
}

static void run_sets(const char *folder, const seg_program *program, onnx_result *result)
{
    tensors *in = calloc(2, sizeof *in), *wanted = in + 1;
    for (int set = 0; result->outcome == ONNX_PASSED; set++) {
        char path[512];
        snprintf(path, sizeof path, "%s/test_data_set_%d", folder, set);
        if (!seg_path_is_folder(path)) {
            if (set == 0)
                say(result, ONNX_UNSUPPORTED, "no data");
            break;
        }
        if (read_tensors(path, "input", in, result) &&
            read_tensors(path, "output", wanted, result)) {
            relabel_bf16(program, program->inputs, program->input_count, in);
            relabel_bf16(program, program->outputs, program->output_count, wanted);
            run_set(program, true, in, wanted, result);
            if (result->outcome == ONNX_PASSED)
                run_set(program, false, in, wanted, result);
        }
        release_tensors(in);
        release_tensors(wanted);
    }
    free(in);
}

static void run_case(const char *folder, onnx_result *result)
{
    char path[512];
    seg_error err;
    seg_program *program;
    snprintf(path, sizeof path, "%s/model.onnx", folder);
    if (seg_onnx_read(&program, path, &err) != SEG_OK) {
        say_error(result, "", &err);
        return;
    }
    /* First, as the data of what is not supported may be no tensors. */
    seg_runtime *runtime;
    if (seg_runtime_new(&runtime, program, NULL, &err) != SEG_OK)
        say_error(result, "", &err);
    else
        run_sets(folder, program, result);
    seg_runtime_free(runtime);
    seg_program_free(program);
}

onnx_result onnx_case_run(const char *folder)
{
    onnx_result result, *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert(shared != MAP_FAILED);
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        alarm(SECONDS);
        run_case(folder, shared);
        exit(0); /* not _exit: a sanitizer looks for leaks on the way */
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        say(shared, ONNX_FAILED, "ended by signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        say(shared, ONNX_FAILED, "ended with status %d", WEXITSTATUS(status));
    result = *shared;
    munmap(shared, sizeof *shared);
    return result;
}
