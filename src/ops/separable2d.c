/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * separable2d: a depthwise convolution and the 1x1 convolution after it, in inference.
 *   dst = act(bias + depthwise2d(src) * weights)
 * src      image N,IH,IW,C; weights 1,1,C,OC; bias OC; depthwise weights KH,KW,1,C and bias C
 * dst      N,OH,OW,OC
 * packed   the 1x1 weights in panels (convolution.h)
 *
 * Some rows of the depthwise result at a time are made in scratch and used up while they are in the
 * cache of one processor: in full they would be written to memory and read again, which for large
 * images takes longer than their arithmetic.
 */
#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "ops/convolution.h"
#include "ops/depthwise_layer.h"
#include "ops/elementwise.h"

enum { IMAGE, WEIGHTS, BIAS, DEPTHWISE_WEIGHTS, DEPTHWISE_BIAS, SOURCES };

enum {
    BAND_FLOATS = 64 << 10, /* of depthwise results at a time, about */
    BANDS_WANTED = 16,      /* of parallel work, when there are so many rows */
};

#define FIELD(name) offsetof(seg_separable2d_params, name)
static const seg_param param_list[] = {
    {"activation", "of the 1x1 convolution", SEG_PARAM_INT, FIELD(activation), SEG_ACT_NONE,
     SEG_ACT_HARD_SIGMOID},
    {"depthwise_activation", "of the depthwise convolution", SEG_PARAM_INT,
     FIELD(depthwise.activation), SEG_ACT_NONE, SEG_ACT_HARD_SIGMOID},
    {"sh", "stride, rows", SEG_PARAM_INT, FIELD(depthwise.sh), 1, 4096},
    {"sw", "stride, columns", SEG_PARAM_INT, FIELD(depthwise.sw), 1, 4096},
    {"ph", "rows of padding above", SEG_PARAM_INT, FIELD(depthwise.ph), 0, 65536},
    {"pw", "columns of padding on the left", SEG_PARAM_INT, FIELD(depthwise.pw), 0, 65536},
    {"ph_end", "rows of padding below", SEG_PARAM_INT, FIELD(depthwise.ph_end), 0, 65536},
    {"pw_end", "columns of padding on the right", SEG_PARAM_INT, FIELD(depthwise.pw_end), 0, 65536},
    {"dh", "dilation, rows: 1", SEG_PARAM_INT, FIELD(depthwise.dh), 1, 1},
    {"dw", "dilation, columns: 1", SEG_PARAM_INT, FIELD(depthwise.dw), 1, 1},
    {"groups", "unused: 1", SEG_PARAM_INT, FIELD(depthwise.groups), 1, 1},
    {0},
};

static seg_status shape(const void *params, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    const seg_separable2d_params *p = params;
    const seg_shape *weights = &src[WEIGHTS];
    const seg_shape depthwise[] = {src[IMAGE], src[DEPTHWISE_WEIGHTS], src[DEPTHWISE_BIAS]};
    seg_status status = seg_op_depthwise2d.shape(&p->depthwise, 3, depthwise, dst, err);
    (void)src_count;
    if (status == SEG_OK)
        status = seg_conv_check("separable2d", 3, src, err);
    if (status != SEG_OK)
        return status;
    if (weights->kh != 1 || weights->kw != 1 || weights->ic != src[IMAGE].c)
        return seg_fail(err, SEG_INVALID,
                        "separable2d: weights of %lldx%lld for %lld channels, not 1x1 for %lld",
                        (long long)weights->kh, (long long)weights->kw, (long long)weights->ic,
                        (long long)src[IMAGE].c);
    dst->c = weights->oc;
    return SEG_OK;
}

/* The 1x1 convolution, for packing its weights. */
static seg_convolution pointwise(const seg_op_call *call)
{
    const seg_shape *dst = &call->dst->shape;
    return (seg_convolution){.kernels = call->kernels,
                             .threads = call->threads,
                             .n = dst->n,
                             .groups = 1,
                             .y = {dst->h, dst->h, 1, 1, 0, 1},
                             .x = {dst->w, dst->w, 1, 1, 0, 1},
                             .ic = call->src[IMAGE].shape.c,
                             .oc = dst->c};
}

static size_t packed_size(const seg_op_call *call)
{
    const seg_convolution conv = pointwise(call);
    return seg_conv_pack_count(&conv, false) * sizeof(float);
}

static void pack(const seg_op_call *call)
{
    const seg_convolution conv = pointwise(call);
    const seg_conv_kernel kernel = seg_conv_kernel_at(
        &conv, seg_f32(&call->src[WEIGHTS]), call->weight_steps, seg_f32(&call->src[BIAS]));
    seg_conv_pack_run(&conv, false, &kernel, call->packed);
}

typedef struct plan {
    const seg_op_call *call;
    seg_depthwise_layer layer;
    int64_t band_rows, bands; /* of one image */
    int64_t room;             /* floats of a band */
    float *rooms;             /* one for each thread */
} plan;

static plan plan_make(const seg_op_call *call)
{
    const seg_shape *dst = &call->dst->shape;
    const int64_t channels = call->src[IMAGE].shape.c, row = dst->w * channels;
    plan p = {.call = call};
    int64_t most = conv_max(1, dst->n * dst->h / BANDS_WANTED);
    p.band_rows = conv_min(most, conv_max(1, BAND_FLOATS / row));
    p.bands = (dst->h + p.band_rows - 1) / p.band_rows;
    p.room = (p.band_rows * row + 15) / 16 * 16 + 16;
    return p;
}

static size_t scratch_size(const seg_op_call *call)
{
    const plan p = plan_make(call);
    return seg_align_up(seg_depthwise_tables_size(&call->dst->shape)) +
           (size_t)(call->threads * p.room) * sizeof(float);
}

/* Rows first..first+count-1 of an image into room. */
static void make_rows(const plan *p, int64_t image, int64_t first, int64_t count, float *room)
{
    const seg_op_call *call = p->call;
    const seg_shape *src = &call->src[IMAGE].shape;
    seg_depthwise_layer rows = p->layer;
    rows.rows.at += first;
    rows.rows.length = count;
    call->kernels->depthwise.apply(&rows, (seg_depthwise_part){0, count, src->c}, room,
                                   seg_f32(&call->src[IMAGE]) + image * src->h * src->w * src->c,
                                   seg_f32(&call->src[DEPTHWISE_WEIGHTS]),
                                   seg_f32(&call->src[DEPTHWISE_BIAS]));
}

/* `pixels` of them, `channels` apart in room, to dst. */
static void multiply(const plan *p, const float *room, int64_t pixels, float *dst)
{
    const seg_separable2d_params *params = p->call->params;
    const seg_igemm_kernels *igemm = &p->call->kernels->igemm;
    const int64_t depth = p->call->src[IMAGE].shape.c, width = p->call->dst->shape.c;
    const int64_t nr = igemm->nr, tiles = (pixels + igemm->mr - 1) / igemm->mr;
    const int64_t step = p->call->dst_step > 0 ? p->call->dst_step : width;
    const seg_igemm_tap tap = {0, 0};
    const float *from[SEG_IGEMM_MR_MAX];
    float *to[SEG_IGEMM_MR_MAX];
    seg_igemm_gather job = {.taps = &tap,
                            .tap_count = 1,
                            .depth = depth,
                            .ramp = seg_activation_ramp(params->activation)};
    for (int64_t first = 0; first < width; first += nr) {
        job.bias = (const float *)p->call->packed + first / nr * nr * (1 + depth);
        job.weights = job.bias + nr;
        job.dst_offset = first;
        job.width = conv_min(nr, width - first);
        for (int64_t t = 0; t < tiles; t++) {
            int64_t start = pixels * t / tiles, count = pixels * (t + 1) / tiles - start;
            for (int64_t i = 0; i < count; i++) {
                from[i] = room + (start + i) * depth;
                to[i] = dst + (start + i) * step;
            }
            igemm->gather(&job, count, from, to);
        }
    }
}

static void run_band(void *context, int64_t index, int thread)
{
    const plan *p = context;
    const seg_shape *dst = &p->call->dst->shape;
    const int64_t step = p->call->dst_step > 0 ? p->call->dst_step : dst->c;
    const int64_t image = index / p->bands, band = index % p->bands;
    const int64_t first = dst->h * band / p->bands, end = dst->h * (band + 1) / p->bands;
    float *room = p->rooms + thread * p->room;
    make_rows(p, image, first, end - first, room);
    multiply(p, room, (end - first) * dst->w,
             seg_f32(p->call->dst) + (image * dst->h + first) * dst->w * step);
}

static void forward(const seg_op_call *call)
{
    const seg_separable2d_params *params = call->params;
    plan p = plan_make(call);
    p.layer = seg_depthwise_layer_make(&params->depthwise, &call->src[IMAGE].shape,
                                       &call->src[DEPTHWISE_WEIGHTS].shape, &call->dst->shape,
                                       call->scratch);
    p.rooms = (float *)(void *)((char *)call->scratch +
                                seg_align_up(seg_depthwise_tables_size(&call->dst->shape)));
    seg_parallel_for(call->threads, call->dst->shape.n * p.bands, run_band, &p);
}

static int64_t multiply_adds(const seg_op_call *call)
{
    const seg_shape *taps = &call->src[DEPTHWISE_WEIGHTS].shape, *dst = &call->dst->shape;
    return dst->n * dst->h * dst->w * taps->oc * (taps->kh * taps->kw + dst->c);
}

const seg_op seg_op_separable2d = {
    .name = "separable2d",
    .params = param_list,
    .params_size = sizeof(seg_separable2d_params),
    .src_min = SOURCES,
    .src_max = SOURCES,
    .flags = SEG_OP_FUSES_INFER | SEG_OP_PACKS_STEPS | SEG_OP_STEPS_DST,
    .shape = shape,
    .packed_size = packed_size,
    .scratch_size = scratch_size,
    .pack = pack,
    .forward = forward,
    .multiply_adds = multiply_adds,
};
