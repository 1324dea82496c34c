/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * onednn_layers.c: single convolutions, ours and oneDNN's in turn.
 *   OMP_NUM_THREADS=2 bench-onednn-layers ROUNDS SECONDS <LAYERS
 *
 * LAYERS has a line for each: an op of ours and its numbers in the order of `layer` below, as
 * bench/peers/layers.py writes them. A line of JSON answers each: the best time of ours and of
 * oneDNN's, the median over rounds of theirs by ours, and the largest difference of the results.
 *
 * Both run float32 inference with bias and activation fused. Ours: N,H,W,C, weights packed before.
 * oneDNN: every algorithm it has (direct, Winograd, its own choice), once with layouts that it
 * chooses for pictures and weights and once with pictures N,H,W,C; what it must reorder is reordered
 * before, and the fastest of all is compared. In a round each runs for SECONDS, once at least,
 * after a run that is not counted.
 *
 * oneDNN 2.x (from 2.0) and 3.x, built with OpenMP, which reads the number of threads from the
 * environment. Its threads spin for a while after each call: hence GOMP_SPINCOUNT, which layers.py
 * sets, and a pause between the engines.
 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <oneapi/dnnl/dnnl.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/rng.h"
#include "ops/op.h"
#include "ops/params.h"

enum { RANK_MAX = 5, CANDIDATES_MAX = 6, ROUNDS_MAX = 1000 };

typedef struct layer {
    int64_t n, ih, iw, ic, kh, kw, oc, oh, ow;
    int64_t sh, sw, ph, pw, ph_end, pw_end, dh, dw, out_pad_h, out_pad_w, groups, activation;
    const seg_op *op;
} layer;

/* ---- what differs between versions 2 and 3 ---- */

#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t desc_ref;
#else
typedef const dnnl_memory_desc_t *desc_ref;
#endif

static dnnl_memory_desc_t desc_new(int rank, const dnnl_dim_t *dims, dnnl_format_tag_t tag)
{
    dnnl_memory_desc_t desc;
    memset(&desc, 0, sizeof desc);
#if DNNL_VERSION_MAJOR >= 3
    dnnl_memory_desc_create_with_tag(&desc, rank, dims, dnnl_f32, tag);
#else
    dnnl_memory_desc_init_by_tag(&desc, rank, dims, dnnl_f32, tag);
#endif
    return desc;
}

static desc_ref refer(const dnnl_memory_desc_t *desc)
{
#if DNNL_VERSION_MAJOR >= 3
    return *desc;
#else
    return desc;
#endif
}

static void desc_free(dnnl_memory_desc_t *desc)
{
#if DNNL_VERSION_MAJOR >= 3
    dnnl_memory_desc_destroy(*desc);
#else
    (void)desc;
#endif
}

static void append_eltwise(dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha, float beta)
{
#if DNNL_VERSION_MAJOR >= 3
    dnnl_post_ops_append_eltwise(ops, kind, alpha, beta);
#else
    dnnl_post_ops_append_eltwise(ops, 1, kind, alpha, beta);
#endif
}

/* Both directions: a transposed convolution is oneDNN's deconvolution. */
static dnnl_status_t plan(dnnl_primitive_desc_t *out, const layer *l, dnnl_alg_kind_t kind,
                          const dnnl_memory_desc_t desc[4], dnnl_primitive_attr_t attr,
                          dnnl_engine_t engine)
{
    const bool transposed = l->op == &seg_op_conv_transpose2d;
    const dnnl_dims_t strides = {l->sh, l->sw}, dilates = {l->dh - 1, l->dw - 1};
    const dnnl_dims_t before = {l->ph, l->pw};
    const dnnl_dims_t after = {l->ph_end - l->out_pad_h, l->pw_end - l->out_pad_w};
#if DNNL_VERSION_MAJOR >= 3
    return (transposed ? dnnl_deconvolution_forward_primitive_desc_create
                       : dnnl_convolution_forward_primitive_desc_create)(
        out, engine, dnnl_forward_inference, kind, desc[0], desc[1], desc[2], desc[3], strides,
        dilates, before, after, attr);
#else
    dnnl_convolution_desc_t op; /* a deconvolution's is the same struct */
    dnnl_status_t status = (transposed ? dnnl_dilated_deconvolution_forward_desc_init
                                       : dnnl_dilated_convolution_forward_desc_init)(
        &op, dnnl_forward_inference, kind, &desc[0], &desc[1], &desc[2], &desc[3], strides, dilates,
        before, after);
    return status == dnnl_success ? dnnl_primitive_desc_create(out, &op, attr, engine, NULL)
                                  : status;
#endif
}

/* ---- ours ---- */

/* The process ends when memory is short: this is a benchmark. */
static void *take(size_t size)
{
    void *data = seg_block_new(size);
    if (data == NULL) {
        fprintf(stderr, "bench-onednn-layers: out of memory\n");
        exit(1);
    }
    return data;
}

typedef struct ours {
    union {
        seg_conv2d_params conv;
        seg_conv_transpose2d_params transposed;
    } params;
    seg_tensor src[3], dst;
    seg_op_call call;
} ours;

static seg_tensor random_tensor(seg_shape shape, uint64_t stream)
{
    seg_tensor t = {shape, take(seg_shape_size(&shape))};
    seg_rng rng = seg_rng_make(1, SEG_RNG_METHOD, stream);
    for (int64_t i = 0; i < seg_shape_count(&shape); i++)
        seg_f32(&t)[i] = (float)(seg_rng_uniform(&rng) - 0.5);
    return t;
}

static void ours_set(ours *s, const layer *l)
{
    if (l->op == &seg_op_conv_transpose2d)
        s->params.transposed = (seg_conv_transpose2d_params){
            l->activation, l->sh, l->sw, l->ph,        l->pw,        l->ph_end,
            l->pw_end,     l->dh, l->dw, l->out_pad_h, l->out_pad_w, l->groups};
    else
        s->params.conv = (seg_conv2d_params){
            l->activation, l->sh,     l->sw, l->ph, l->pw,
            l->ph_end,     l->pw_end, l->dh, l->dw, l->op == &seg_op_depthwise2d ? 1 : l->groups};
}

static bool ours_init(ours *s, layer *l, int threads)
{
    const seg_shape src[3] = {seg_shape_nhwc(l->n, l->ih, l->iw, l->ic),
                              seg_shape_nhwc(l->kh, l->kw, l->ic / l->groups, l->oc),
                              seg_shape_vector(l->oc)};
    seg_shape dst;
    seg_error err;
    ours_set(s, l);
    if (seg_op_check(l->op, &s->params, 3, src, &dst, &err) != SEG_OK) {
        fprintf(stderr, "bench-onednn-layers: %s\n", err.text);
        return false;
    }
    for (int i = 0; i < 3; i++)
        s->src[i] = random_tensor(src[i], (uint64_t)i);
    s->dst = random_tensor(dst, 3);
    l->oh = dst.dim[1];
    l->ow = dst.dim[2];
    s->call = (seg_op_call){.params = &s->params,
                            .kernels = seg_kernels_get(),
                            .threads = threads,
                            .src_count = 3,
                            .src = s->src,
                            .dst = &s->dst};
    s->call.packed = take(l->op->packed_size != NULL ? l->op->packed_size(&s->call) : 1);
    s->call.scratch = take(l->op->scratch_size != NULL ? l->op->scratch_size(&s->call) : 1);
    if (l->op->pack != NULL)
        l->op->pack(&s->call);
    return true;
}

static void ours_release(ours *s)
{
    for (int i = 0; i < 3; i++)
        seg_block_free(s->src[i].data);
    seg_block_free(s->dst.data);
    seg_block_free(s->call.packed);
    seg_block_free(s->call.scratch);
}

/* ---- oneDNN's ---- */

typedef struct peer {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
} peer;

/* Arguments: src, weights, bias, dst. */
typedef struct candidate {
    const char *kind, *layout, *implementation;
    dnnl_primitive_desc_t desc;
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t args[4];
} candidate;

static const dnnl_query_t queries[4] = {dnnl_query_src_md, dnnl_query_weights_md,
                                        dnnl_query_weights_md, dnnl_query_dst_md};
static const int arguments[4] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS, DNNL_ARG_DST};

static desc_ref desc_of(const candidate *c, int index)
{
    return dnnl_primitive_desc_query_md(c->desc, queries[index], index == 2);
}

/* What lies in our layouts, or (any) what oneDNN may lay out as it likes. */
static void describe(const layer *l, bool any_picture, bool any_weights, dnnl_memory_desc_t desc[4])
{
    const int64_t g = l->groups;
    const dnnl_dims_t src = {l->n, l->ic, l->ih, l->iw}, dst = {l->n, l->oc, l->oh, l->ow};
    const dnnl_dims_t dense = {l->oc, l->ic, l->kh, l->kw}, bias = {l->oc};
    const dnnl_dims_t grouped = {g, l->oc / g, l->ic / g, l->kh, l->kw};
    const dnnl_format_tag_t picture = any_picture ? dnnl_format_tag_any : dnnl_nhwc;
    desc[0] = desc_new(4, src, picture);
    desc[1] = g > 1 ? desc_new(5, grouped, any_weights ? dnnl_format_tag_any : dnnl_hwigo)
                    : desc_new(4, dense, any_weights ? dnnl_format_tag_any : dnnl_hwio);
    desc[2] = desc_new(1, bias, dnnl_x);
    desc[3] = desc_new(4, dst, picture);
}

static dnnl_primitive_attr_t fused(int64_t activation)
{
    dnnl_primitive_attr_t attr;
    dnnl_post_ops_t ops;
    dnnl_primitive_attr_create(&attr);
    dnnl_post_ops_create(&ops);
    if (activation == SEG_ACT_RELU)
        append_eltwise(ops, dnnl_eltwise_relu, 0, 0);
    else if (activation == SEG_ACT_RELU6)
        append_eltwise(ops, dnnl_eltwise_clip, 0, 6);
    else if (activation == SEG_ACT_HARD_SWISH)
        append_eltwise(ops, dnnl_eltwise_hardswish, 1.0F / 6, 0.5F);
    else if (activation == SEG_ACT_HARD_SIGMOID) {
        append_eltwise(ops, dnnl_eltwise_linear, 1.0F / 6, 0.5F);
        append_eltwise(ops, dnnl_eltwise_clip, 0, 1);
    }
    dnnl_primitive_attr_set_post_ops(attr, ops);
    dnnl_post_ops_destroy(ops);
    return attr;
}

static void reorder(const peer *p, dnnl_memory_t from, desc_ref from_desc, dnnl_memory_t to,
                    desc_ref to_desc)
{
    dnnl_primitive_desc_t desc;
    dnnl_primitive_t primitive;
    const dnnl_exec_arg_t args[2] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    if (dnnl_reorder_primitive_desc_create(&desc, from_desc, p->engine, to_desc, p->engine, NULL) !=
            dnnl_success ||
        dnnl_primitive_create(&primitive, desc) != dnnl_success) {
        fprintf(stderr, "bench-onednn-layers: oneDNN cannot reorder\n");
        exit(1);
    }
    dnnl_primitive_execute(primitive, p->stream, 2, args);
    dnnl_stream_wait(p->stream);
    dnnl_primitive_destroy(primitive);
    dnnl_primitive_desc_destroy(desc);
}

/* To (our data -> argument) or from it. */
static void exchange(const peer *p, const candidate *c, int index,
                     const dnnl_memory_desc_t *our_desc, void *data, bool to_peer)
{
    dnnl_memory_t memory;
    dnnl_memory_create(&memory, refer(our_desc), p->engine, data);
    if (to_peer)
        reorder(p, memory, refer(our_desc), c->args[index].memory, desc_of(c, index));
    else
        reorder(p, c->args[index].memory, desc_of(c, index), memory, refer(our_desc));
    dnnl_memory_destroy(memory);
}

static void fill(const peer *p, candidate *c, const layer *l, const ours *s)
{
    dnnl_memory_desc_t desc[4];
    describe(l, false, false, desc);
    for (int i = 0; i < 4; i++) {
        c->args[i].arg = arguments[i];
        dnnl_memory_create(&c->args[i].memory, desc_of(c, i), p->engine, DNNL_MEMORY_ALLOCATE);
        if (i < 3)
            exchange(p, c, i, &desc[i], s->src[i].data, true);
        desc_free(&desc[i]);
    }
}

static bool same(const candidate *a, const candidate *b)
{
    bool equal = strcmp(a->implementation, b->implementation) == 0;
    for (int i = 0; i < 4; i++)
        equal = equal && dnnl_memory_desc_equal(desc_of(a, i), desc_of(b, i));
    return equal;
}

/* False: oneDNN has no such way. */
static bool candidate_plan(candidate *c, const peer *p, const layer *l, dnnl_alg_kind_t kind,
                           bool any_picture)
{
    dnnl_memory_desc_t desc[4];
    dnnl_primitive_attr_t attr = fused(l->activation);
    describe(l, any_picture, true, desc);
    bool found = plan(&c->desc, l, kind, desc, attr, p->engine) == dnnl_success;
    if (found)
        dnnl_primitive_desc_query(c->desc, dnnl_query_impl_info_str, 0, &c->implementation);
    for (int i = 0; i < 4; i++)
        desc_free(&desc[i]);
    dnnl_primitive_attr_destroy(attr);
    return found;
}

static int find_candidates(candidate found[CANDIDATES_MAX], const peer *p, const layer *l,
                           const ours *s)
{
    const bool transposed = l->op == &seg_op_conv_transpose2d;
    const dnnl_alg_kind_t kinds[3] = {
        transposed ? dnnl_deconvolution_direct : dnnl_convolution_direct,
        transposed ? dnnl_deconvolution_winograd : dnnl_convolution_winograd,
        transposed ? dnnl_deconvolution_direct : dnnl_convolution_auto};
    const char *names[3] = {"direct", "Winograd", "its choice"};
    int count = 0;
    for (int i = 0; i < CANDIDATES_MAX; i++) {
        candidate c = {.kind = names[i / 2], .layout = i % 2 == 0 ? "its choice" : "NHWC"};
        bool fresh = candidate_plan(&c, p, l, kinds[i / 2], i % 2 == 0);
        if (!fresh)
            continue;
        for (int k = 0; k < count; k++)
            fresh = fresh && !same(&c, &found[k]);
        if (!fresh || dnnl_primitive_create(&c.primitive, c.desc) != dnnl_success) {
            dnnl_primitive_desc_destroy(c.desc);
            continue;
        }
        fill(p, &c, l, s);
        found[count++] = c;
    }
    return count;
}

static void candidate_release(candidate *c)
{
    for (int i = 0; i < 4; i++)
        dnnl_memory_destroy(c->args[i].memory);
    dnnl_primitive_destroy(c->primitive);
    dnnl_primitive_desc_destroy(c->desc);
}

/* As a share of our largest result. */
static double difference(const peer *p, const candidate *c, const layer *l, const ours *s)
{
    const int64_t count = seg_shape_count(&s->dst.shape);
    float *theirs = take((size_t)count * sizeof *theirs);
    dnnl_memory_desc_t desc[4];
    double largest = 1e-30, apart = 0;
    describe(l, false, false, desc);
    exchange(p, c, 3, &desc[3], theirs, false);
    for (int64_t i = 0; i < count; i++) {
        const double value = (double)seg_f32(&s->dst)[i];
        largest = fmax(largest, fabs(value));
        apart = fmax(apart, fabs(value - (double)theirs[i]));
    }
    for (int i = 0; i < 4; i++)
        desc_free(&desc[i]);
    seg_block_free(theirs);
    return apart / largest;
}

/* ---- in turn ---- */

static void run(const peer *p, const candidate *c, const layer *l, const ours *s)
{
    if (c == NULL) {
        l->op->forward(&s->call);
        return;
    }
    dnnl_primitive_execute(c->primitive, p->stream, 4, c->args);
    dnnl_stream_wait(p->stream);
}

/* Least seconds of a run; c NULL: ours. */
static double burst(const peer *p, const candidate *c, const layer *l, const ours *s,
                    double seconds)
{
    double best = HUGE_VAL, start, now = 0;
    run(p, c, l, s);
    const double until = seg_clock_seconds() + seconds;
    while (now < until) {
        start = seg_clock_seconds();
        run(p, c, l, s);
        now = seg_clock_seconds();
        best = fmin(best, now - start);
    }
    /* Until the threads of this engine sleep. */
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    return best;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double least(const double *values, int count)
{
    double best = HUGE_VAL;
    for (int i = 0; i < count; i++)
        best = fmin(best, values[i]);
    return best;
}

static void compare(const peer *p, const candidate *found, int count, const layer *l, const ours *s,
                    int rounds, double seconds)
{
    static double times[1 + CANDIDATES_MAX][ROUNDS_MAX], ratios[ROUNDS_MAX];
    int best = 0;
    for (int r = 0; r < rounds; r++) {
        for (int k = 0; k <= count; k++) { /* each round begins with the next */
            const int who = (k + r) % (count + 1);
            times[who][r] = burst(p, who == 0 ? NULL : &found[who - 1], l, s, seconds);
        }
    }
    for (int k = 1; k < count; k++)
        best = least(times[1 + k], rounds) < least(times[1 + best], rounds) ? k : best;
    for (int r = 0; r < rounds; r++)
        ratios[r] = times[1 + best][r] / times[0][r];
    qsort(ratios, (size_t)rounds, sizeof *ratios, by_value);
    const char *way = l->op->algorithm != NULL ? l->op->algorithm(&s->call) : "";
    printf("{\"seg_ms\": %.5f, \"onednn_ms\": %.5f, \"ratio\": %.4f, \"algorithm\": \"%s\", "
           "\"implementation\": \"%s\", \"kind\": \"%s\", \"layout\": \"%s\", "
           "\"difference\": %.3g, \"gflop\": %.6f, \"version\": \"%d.%d.%d\"}\n",
           1e3 * least(times[0], rounds), 1e3 * least(times[1 + best], rounds), ratios[rounds / 2],
           way, found[best].implementation, found[best].kind, found[best].layout,
           difference(p, &found[best], l, s), 2e-9 * (double)l->op->multiply_adds(&s->call),
           dnnl_version()->major, dnnl_version()->minor, dnnl_version()->patch);
    fflush(stdout);
}

/* False: the line is none of a layer. */
static bool read_layer(const char *line, layer *l)
{
    char name[32];
    int used;
    if (sscanf(line, "%31s%n", name, &used) != 1)
        return false;
    int64_t *numbers[] = {&l->n,         &l->ih,        &l->iw,     &l->ic,        &l->kh,
                          &l->kw,        &l->oc,        &l->sh,     &l->sw,        &l->ph,
                          &l->pw,        &l->ph_end,    &l->pw_end, &l->dh,        &l->dw,
                          &l->out_pad_h, &l->out_pad_w, &l->groups, &l->activation};
    line += used;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char *end;
        *numbers[i] = strtoll(line, &end, 10);
        if (end == line)
            return false;
        line = end;
    }
    l->op = seg_op_find(name);
    return l->op == &seg_op_conv2d || l->op == &seg_op_depthwise2d ||
           l->op == &seg_op_conv_transpose2d;
}

static bool measure(const peer *p, layer *l, int threads, int rounds, double seconds)
{
    candidate found[CANDIDATES_MAX];
    ours s;
    if (!ours_init(&s, l, threads))
        return false;
    const int count = find_candidates(found, p, l, &s);
    if (count > 0)
        compare(p, found, count, l, &s, rounds, seconds);
    else
        printf("{}\n");
    for (int k = 0; k < count; k++)
        candidate_release(&found[k]);
    ours_release(&s);
    return true;
}

int main(int argc, char **argv)
{
    const char *given = getenv("OMP_NUM_THREADS");
    const long threads = given != NULL ? strtol(given, NULL, 10) : 0;
    const long rounds = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
    const double seconds = argc == 3 ? strtod(argv[2], NULL) : 0;
    char line[512];
    peer p;
    if (threads < 1 || rounds < 1 || rounds > ROUNDS_MAX || !(seconds > 0)) {
        fprintf(stderr, "usage: OMP_NUM_THREADS=N bench-onednn-layers ROUNDS SECONDS <LAYERS\n");
        return 2;
    }
    if (dnnl_engine_create(&p.engine, dnnl_cpu, 0) != dnnl_success ||
        dnnl_stream_create(&p.stream, p.engine, dnnl_stream_default_flags) != dnnl_success) {
        fprintf(stderr, "bench-onednn-layers: oneDNN finds no processor\n");
        return 1;
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        layer l;
        memset(&l, 0, sizeof l);
        if (!read_layer(line, &l) || !measure(&p, &l, (int)threads, (int)rounds, seconds)) {
            fprintf(stderr, "bench-onednn-layers: cannot do: %s", line);
            return 1;
        }
    }
    dnnl_stream_destroy(p.stream);
    dnnl_engine_destroy(p.engine);
    return 0;
}
