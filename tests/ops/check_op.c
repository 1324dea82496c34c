/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* check_op.c: golden values and refusals (differences of forward: check_gradient.c). */
#include "ops/check_op.h"

#include <math.h>
#include <stdio.h>

#include "base/rng.h"
#include "ops/golden.h"

void op_fill(seg_tensor *tensor, uint64_t seed, double low, double high)
{
    seg_rng rng = seg_rng_make(seed, SEG_RNG_METHOD, 0);
    int64_t count = seg_shape_count(&tensor->shape);
    for (int64_t i = 0; i < count; i++)
        seg_f32(tensor)[i] = (float)(low + (high - low) * seg_rng_uniform(&rng));
}

void op_fill_distinct(seg_tensor *tensor, uint64_t seed)
{
    seg_rng rng = seg_rng_make(seed, SEG_RNG_METHOD, 1);
    int64_t count = seg_shape_count(&tensor->shape);
    float *data = seg_f32(tensor);
    for (int64_t i = 0; i < count; i++) {
        int64_t k = (int64_t)seg_rng_below(&rng, (uint64_t)i + 1); /* inside-out shuffle */
        data[i] = data[k];
        data[k] = (float)((2.0 * (double)i + 1.0) / (double)count - 1.0);
    }
}

/* ---- comparing ---- */

static double largest(const seg_tensor *tensor)
{
    double most = 0.0;
    int64_t count = seg_shape_count(&tensor->shape);
    for (int64_t i = 0; i < count; i++) {
        float value;
        memcpy(&value, (const char *)tensor->data + 4 * i, 4);
        most = fmax(most, fabs((double)value));
    }
    return most;
}

static void check_floats(const seg_tensor *got, const seg_tensor *wanted, double tolerance,
                         const char *label)
{
    double limit = tolerance * largest(wanted);
    int64_t count = seg_shape_count(&wanted->shape);
    for (int64_t i = 0; i < count; i++) {
        float a, b;
        memcpy(&a, (const char *)got->data + 4 * i, 4);
        memcpy(&b, (const char *)wanted->data + 4 * i, 4);
        if (!(fabs((double)a - (double)b) <= limit)) /* a passed ck_assert is slow */
            ck_abort_msg("%s: element %lld is %.9g, wanted %.9g (limit %.3g)", label, (long long)i,
                         (double)a, (double)b, limit);
    }
}

void check_close(const seg_tensor *got, const seg_tensor *wanted, double tolerance,
                 const char *label)
{
    char text[2][SEG_SHAPE_TEXT_SIZE];
    ck_assert_msg(seg_shape_equal(&got->shape, &wanted->shape), "%s: shape %s, wanted %s", label,
                  seg_shape_text(&got->shape, text[0]), seg_shape_text(&wanted->shape, text[1]));
    if (wanted->shape.dtype == SEG_F32)
        check_floats(got, wanted, tolerance, label);
    else
        ck_assert_msg(memcmp(got->data, wanted->data, seg_shape_size(&wanted->shape)) == 0,
                      "%s: integers differ", label);
}

static void check_same_bytes(const seg_tensor *a, const seg_tensor *b, const char *label,
                             const char *what)
{
    if (a->data == NULL && b->data == NULL)
        return;
    ck_assert_msg(memcmp(a->data, b->data, seg_shape_size(&a->shape)) == 0, "%s: %s", label, what);
}

/* ---- golden values ---- */

enum { PARAMS_SIZE = 256 };

typedef struct replay {
    const seg_op *op;
    const golden *file;
    const char *name; /* of the case */
    double tolerance;
    bool train, backward;
    int src_count;
    seg_shape src[SEG_OP_MAX_SRC];
    double params[PARAMS_SIZE / sizeof(double)]; /* the op's struct */
} replay;

/* A parameter that a case does not hold (it came later) is 0; it holds no others. */
static void read_params(replay *r, const json_t *values)
{
    size_t count = 0;
    ck_assert_uint_le(r->op->params_size, sizeof r->params);
    memset(r->params, 0, sizeof r->params);
    for (const seg_param *p = r->op->params; p != NULL && p->type != SEG_PARAM_END; p++) {
        const json_t *value = json_object_get(values, p->name);
        if (value == NULL)
            continue;
        ck_assert_msg(json_is_number(value), "%s %s: '%s' of the golden file", r->op->name, r->name,
                      p->name);
        int64_t integer = json_integer_value(value);
        double number = json_number_value(value);
        memcpy((char *)r->params + p->offset,
               p->type == SEG_PARAM_INT ? (const void *)&integer : (const void *)&number, 8);
        count++;
    }
    ck_assert_msg(json_object_size(values) == count,
                  "%s %s: golden file has %zu parameters, %zu of them known", r->op->name, r->name,
                  json_object_size(values), count);
}

/* Of an op that can fuse one: the first field of its parameters. */
static int64_t fused_activation(const replay *r)
{
    int64_t activation;
    memcpy(&activation, r->params, sizeof activation);
    return activation;
}

static void replay_init(replay *r, const seg_op *op, const golden *file, const json_t *entry,
                        double tolerance)
{
    memset(r, 0, sizeof *r);
    r->op = op;
    r->file = file;
    r->name = json_string_value(json_object_get(entry, "name"));
    r->tolerance = tolerance;
    r->train = json_is_true(json_object_get(entry, "train"));
    r->src_count = (int)json_integer_value(json_object_get(entry, "src"));
    read_params(r, json_object_get(entry, "params"));
    seg_tensor tensor;
    for (int i = 0; i < r->src_count; i++) {
        ck_assert(golden_find(file, r->name, "src", i, &tensor));
        r->src[i] = tensor.shape;
    }
    bool infer_only = (op->flags & SEG_OP_FUSES_INFER) != 0 &&
                      (op->flags & SEG_OP_FUSES_TRAIN) == 0 && fused_activation(r) != SEG_ACT_NONE;
    r->backward = golden_find(file, r->name, "diff_dst", -1, &tensor) && !infer_only;
    ck_assert_msg(!r->backward || op->backward != NULL, "%s: no backward", op->name);
}

/* A NULL pointer when the op has no parameters. */
static const void *replay_params(const replay *r)
{
    return r->op->params_size > 0 ? r->params : NULL;
}

static void copy_golden(const replay *r, const char *what, int index, seg_tensor *tensor)
{
    seg_tensor golden_tensor;
    ck_assert(golden_find(r->file, r->name, what, index, &golden_tensor));
    memcpy(tensor->data, golden_tensor.data, seg_shape_size(&tensor->shape));
}

static void check_sources(const replay *r, const op_run *run, const char *label)
{
    seg_tensor wanted;
    for (int i = 0; i < r->src_count; i++) {
        if (golden_find(r->file, r->name, "after", i, &wanted)) {
            check_close(&run->src[i], &wanted, r->tolerance, label);
        } else {
            ck_assert(golden_find(r->file, r->name, "src", i, &wanted));
            check_same_bytes(&run->src[i], &wanted, label, "changed a source");
        }
    }
}

static void check_gradients(const replay *r, const op_run *run, const char *label)
{
    char text[300];
    for (int i = 0; i < r->src_count; i++) {
        seg_tensor wanted;
        if (run->diff_src[i].data == NULL)
            continue;
        snprintf(text, sizeof text, "%s diff_src %d", label, i);
        ck_assert(golden_find(r->file, r->name, "diff_src", i, &wanted));
        check_close(&run->diff_src[i], &wanted, r->tolerance, text);
    }
}

static void replay_label(const replay *r, const op_run *run, char label[200])
{
    snprintf(label, 200, "%s %s (%s, %d threads)", r->op->name, r->name, run->call.kernels->isa,
             run->call.threads);
}

static void replay_forward(const replay *r, op_run *run, const seg_kernels *kernels, int threads)
{
    char label[200];
    seg_tensor wanted;
    op_run_init(run, r->op, replay_params(r), r->src_count, r->src);
    run->call.kernels = kernels;
    run->call.threads = threads;
    run->call.train = r->train;
    replay_label(r, run, label);
    op_run_prepare(run);
    for (int i = 0; i < r->src_count; i++)
        copy_golden(r, "src", i, &run->src[i]);
    op_run_forward(run, label);
    ck_assert(golden_find(r->file, r->name, "dst", -1, &wanted));
    check_close(&run->dst, &wanted, r->tolerance, label);
    check_sources(r, run, label);
}

/* only >= 0: just that diff_src is wanted. */
static void replay_backward(const replay *r, op_run *run, int only)
{
    char label[200];
    seg_tensor wanted;
    replay_label(r, run, label);
    for (int i = 0; i < r->src_count; i++) {
        bool has = golden_find(r->file, r->name, "diff_src", i, &wanted);
        if (!has || (only >= 0 && i != only))
            run->diff_src[i].data = NULL;
    }
    copy_golden(r, "diff_dst", -1, &run->diff_dst);
    op_run_backward(run, label);
    check_gradients(r, run, label);
}

static void check_one_wanted(const replay *r, const op_run *all)
{
    for (int i = 0; r->src_count > 1 && i < r->src_count; i++) {
        if (all->diff_src[i].data == NULL)
            continue;
        op_run alone;
        replay_forward(r, &alone, all->call.kernels, 1);
        replay_backward(r, &alone, i);
        check_same_bytes(&alone.diff_src[i], &all->diff_src[i], r->name,
                         "a gradient wanted alone differs");
        op_run_release(&alone);
    }
}

static void replay_case(const replay *r, const seg_kernels *kernels)
{
    static const char differs[] = "1 and 2 threads give different bytes";
    op_run one, two;
    replay_forward(r, &one, kernels, 1);
    replay_forward(r, &two, kernels, 2);
    check_same_bytes(&one.dst, &two.dst, r->name, differs);
    for (int i = 0; i < r->src_count; i++)
        check_same_bytes(&one.src[i], &two.src[i], r->name, differs);
    if (r->backward) {
        replay_backward(r, &one, -1);
        replay_backward(r, &two, -1);
        for (int i = 0; i < r->src_count; i++)
            check_same_bytes(&one.diff_src[i], &two.diff_src[i], r->name, differs);
        check_one_wanted(r, &one);
    }
    op_run_release(&one);
    op_run_release(&two);
}

void check_golden_within(const seg_op *op, double tolerance)
{
    golden file;
    golden_load(&file, op->name);
    size_t index;
    const json_t *entry;
    json_array_foreach(file.cases, index, entry)
    {
        replay r;
        replay_init(&r, op, &file, entry, tolerance);
        int supported;
        for (int i = 0; seg_kernels_at(i, &supported) != NULL; i++) {
            if (supported)
                replay_case(&r, seg_kernels_at(i, &supported));
        }
    }
    golden_release(&file);
}

void check_golden(const seg_op *op)
{
    check_golden_within(op, 1e-5);
}

/* ---- refusals ---- */

void check_refused(const seg_op *op, const void *params, int src_count, const seg_shape *src,
                   const char *part)
{
    seg_error err = {0};
    seg_shape dst;
    seg_status status = seg_op_check(op, params, src_count, src, &dst, &err);
    ck_assert_msg(status != SEG_OK, "%s: was not refused for '%s'", op->name, part);
    ck_assert_msg(strncmp(err.text, op->name, strlen(op->name)) == 0, "'%s' does not start with %s",
                  err.text, op->name);
    ck_assert_msg(strstr(err.text, part) != NULL, "'%s' does not name '%s'", err.text, part);
    ck_assert_int_eq(status, seg_op_check(op, params, src_count, src, &dst, NULL));
}
