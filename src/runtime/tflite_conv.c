/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * tflite_conv.c: CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV, FULLY_CONNECTED on bytes.
 *   sum[o] = bias[o] + sum over taps, i: (src - zero) * (weights - zero[o])
 *   dst    = clamp(round(scale[o] * sum[o]) + zero)      scale[o] = src * weights[o] / dst
 *
 * The sums are computed by the engine's float layers and are exact: all products and partial sums
 * are integers, and floats hold those below 2^24 without loss, in any order and with or without
 * fused multiply-adds. Where the weights do not rule out larger sums, the input channels are cut
 * into pieces that do, whose sums are added as int32. (So the layers must add products as they
 * are; a Winograd transform, say, would not be exact.)
 */
#include "runtime/tflite_conv.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/parallel.h"
#include "ops/convolution.h"
#include "ops/params.h"

enum { EXACT = 1 << 24 }; /* floats hold every integer up to here */

/* ---- weights ---- */

/* Weight of output channel o, tap t, input channel i of its group, as a u8 or i8 less its zero. */
typedef struct weight_reader {
    const uint8_t *data;
    bool is_signed, depthwise;
    int64_t taps, depth, oc;
    const seg_quantisation *q;
} weight_reader;

static weight_reader reader_of(const seg_q8_conv *c)
{
    const seg_tensor *weights = c->weights;
    return (weight_reader){.data = weights->data,
                           .is_signed = weights->shape.dtype == SEG_I8,
                           .depthwise = c->depthwise,
                           .taps = c->kh * c->kw,
                           .depth = c->depth,
                           .oc = c->oc,
                           .q = c->weights_q};
}

static int32_t zero_of(const weight_reader *w, int64_t o)
{
    return w->q->zero_point[w->q->count > 1 ? o : 0];
}

static int32_t weight_at(const weight_reader *w, int64_t o, int64_t t, int64_t i)
{
    const uint8_t byte = w->data[w->depthwise ? t * w->oc + o : (o * w->taps + t) * w->depth + i];
    return (w->is_signed ? (int8_t)byte : byte) - zero_of(w, o);
}

/* Largest |src - zero|. */
static int64_t src_most(const seg_q8_conv *c)
{
    return c->src.zero > 255 - c->src.zero ? c->src.zero : 255 - c->src.zero;
}

/*
 * Input channels of a piece whose sums stay exact: all of them, or what holds for the largest
 * weight there is. 0: not even one.
 */
static int64_t piece_depth(const seg_q8_conv *c)
{
    const weight_reader w = reader_of(c);
    int64_t sum_most = 0, most = 1;
    for (int64_t o = 0; o < c->oc; o++) {
        int64_t sum = 0;
        for (int64_t t = 0; t < w.taps; t++) {
            for (int64_t i = 0; i < c->depth; i++) {
                const int64_t value = llabs(weight_at(&w, o, t, i));
                sum += value;
                most = value > most ? value : most;
            }
        }
        sum_most = sum > sum_most ? sum : sum_most;
    }
    if (sum_most * src_most(c) < EXACT)
        return c->depth;
    return (EXACT - 1) / (w.taps * most * src_most(c));
}

/* Rows of the engine's weights, KH,KW,length,oc of one group and piece. */
typedef struct weight_job {
    weight_reader w;
    int64_t first_oc, oc, first, length;
    float *out;
} weight_job;

enum { WEIGHT_ROWS = 64 };

static void fill_weights(void *context, int64_t index, int thread)
{
    (void)thread;
    const weight_job *job = context;
    const int64_t rows = job->w.taps * job->length, last = (index + 1) * WEIGHT_ROWS;
    for (int64_t r = index * WEIGHT_ROWS; r < rows && r < last; r++) {
        const int64_t t = r / job->length, i = job->first + r % job->length;
        float *out = job->out + r * job->oc;
        for (int64_t o = 0; o < job->oc; o++)
            out[o] = (float)weight_at(&job->w, job->first_oc + o, t, i);
    }
}

/* ---- source ---- */

typedef struct src_job {
    const seg_q8_conv *c;
    int64_t first, length; /* channels */
    float *out;
} src_job;

/* One row of the image: `length` channels of each pixel, each repeated for a depthwise layer with
 * several results per channel. */
static void fill_src(void *context, int64_t row, int thread)
{
    (void)thread;
    const src_job *job = context;
    const seg_q8_conv *c = job->c;
    const uint8_t *src = (const uint8_t *)c->image->data + row * c->iw * c->ic;
    float *out = job->out + row * c->iw * job->length;
    if (job->length == c->ic) {
        seg_q8_to_float(&c->src, src, c->iw * c->ic, out);
        return;
    }
    for (int64_t x = 0; x < c->iw; x++, src += c->ic, out += job->length) {
        if (!c->depthwise) {
            seg_q8_to_float(&c->src, src + job->first, job->length, out);
            continue;
        }
        const int64_t repeat = job->length / c->ic;
        for (int64_t o = 0; o < job->length; o++)
            out[o] = (float)((int32_t)(src[o / repeat] ^ c->src.flip) - c->src.zero);
    }
}

/* ---- result ---- */

typedef struct dst_job {
    const seg_q8_conv *c;
    int64_t first_oc, oc;
    const float *values; /* of the last piece */
    const int32_t *sums; /* of the pieces before; NULL: none */
    const int32_t *bias; /* NULL: none; of the first channel here */
    const float *scale;
    uint8_t *out;
} dst_job;

static void store_pixel(const dst_job *job, const float *values, const int32_t *sums, uint8_t *out)
{
    const seg_q8 *q = &job->c->dst;
    const float lowest = (float)(job->c->lowest - q->zero);
    const float highest = (float)(job->c->highest - q->zero);
    const int32_t *bias = job->bias;
    const float *scale = job->scale;
    const int32_t zero = q->zero;
    const uint8_t flip = q->flip;
    for (int64_t o = 0; o < job->oc; o++) {
        /* Wraps as int32 sums do, where a bias is out of all proportion. */
        const uint32_t sum =
            (uint32_t)(int32_t)values[o] + (uint32_t)bias[o] + (sums ? (uint32_t)sums[o] : 0);
        float value = (float)(int32_t)sum * scale[o];
        value = value > lowest ? value : lowest;
        value = value < highest ? value : highest;
        out[o] = (uint8_t)(seg_q8_round(value) + zero) ^ flip;
    }
}

static void store_row(void *context, int64_t row, int thread)
{
    (void)thread;
    const dst_job *job = context;
    const seg_q8_conv *c = job->c;
    uint8_t *out = job->out + row * c->ow * c->oc + job->first_oc;
    const int64_t first = row * c->ow * job->oc;
    for (int64_t x = 0; x < c->ow; x++, out += c->oc) {
        const int64_t at = first + x * job->oc;
        store_pixel(job, job->values + at, job->sums != NULL ? job->sums + at : NULL, out);
    }
}

typedef struct sum_job {
    const float *values;
    int32_t *sums;
    int64_t row; /* elements */
} sum_job;

static void add_row(void *context, int64_t row, int thread)
{
    (void)thread;
    const sum_job *job = context;
    for (int64_t i = row * job->row; i < (row + 1) * job->row; i++)
        job->sums[i] += (int32_t)job->values[i];
}

/* ---- layers ---- */

/* Memory of one run: what the largest piece needs. */
typedef struct buffers {
    float *src, *weights, *values, *scale;
    int32_t *sums, *bias;
    void *packed, *scratch;
} buffers;

static void buffers_release(buffers *b)
{
    seg_block_free(b->src);
    seg_block_free(b->weights);
    seg_block_free(b->values);
    seg_block_free(b->scale);
    seg_block_free(b->sums);
    seg_block_free(b->bias);
    seg_block_free(b->packed);
    seg_block_free(b->scratch);
}

static seg_convolution convolution(const seg_q8_conv *c, int64_t length, int64_t oc)
{
    seg_convolution conv = {.kernels = seg_kernels_get(),
                            .threads = c->call->threads,
                            .n = c->n,
                            .groups = 1,
                            .y = {c->ih, c->oh, c->kh, c->sh, c->ph, c->dh},
                            .x = {c->iw, c->ow, c->kw, c->sw, c->pw, c->dw},
                            .ic = length,
                            .oc = oc,
                            .up = c->up};
    if (c->up) {
        conv.y.fine = c->oh;
        conv.y.coarse = c->ih;
        conv.x.fine = c->ow;
        conv.x.coarse = c->iw;
    }
    return conv;
}

/* Sums of one piece of one group into b->values. */
static void run_piece(const seg_q8_conv *c, buffers *b, int64_t group, int64_t first,
                      int64_t length)
{
    const int64_t oc = c->oc / c->groups;
    src_job src = {c, group * c->depth + first, length, b->src};
    weight_job weights = {reader_of(c), group * oc, oc, first, length, b->weights};
    seg_parallel_for(c->call->threads, c->n * c->ih, fill_src, &src);
    seg_parallel_for(c->call->threads, (c->kh * c->kw * length + WEIGHT_ROWS - 1) / WEIGHT_ROWS,
                     fill_weights, &weights);
    const seg_convolution conv = convolution(c, length, oc);
    const seg_conv_kernel kernel = seg_conv_kernel_at(&conv, b->weights, NULL, NULL);
    seg_conv_pack_run(&conv, false, &kernel, b->packed);
    const seg_conv_gather job = {.src = b->src, .dst = b->values, .packed = b->packed};
    seg_conv_gather_run(&conv, &job, b->scratch);
}

static void store(const seg_q8_conv *c, const buffers *b, int64_t group, bool summed)
{
    const int64_t oc = c->oc / c->groups;
    dst_job job = {.c = c,
                   .first_oc = group * oc,
                   .oc = oc,
                   .values = b->values,
                   .sums = summed ? b->sums : NULL,
                   .bias = b->bias + group * oc,
                   .scale = b->scale + group * oc,
                   .out = c->call->dst[0].data};
    seg_parallel_for(c->call->threads, c->n * c->oh, store_row, &job);
}

static void run_groups(const seg_q8_conv *c, buffers *b, int64_t piece)
{
    const int64_t row = c->ow * (c->oc / c->groups);
    sum_job sums = {b->values, b->sums, row};
    for (int64_t group = 0; group < c->groups; group++) {
        if (b->sums != NULL)
            memset(b->sums, 0, (size_t)(c->n * c->oh * row) * sizeof *b->sums);
        for (int64_t first = 0; first < c->depth; first += piece) {
            const bool last = first + piece >= c->depth;
            run_piece(c, b, group, first, last ? c->depth - first : piece);
            if (!last)
                seg_parallel_for(c->call->threads, c->n * c->oh, add_row, &sums);
        }
        store(c, b, group, b->sums != NULL);
    }
}

/* Each channel with its own kernel: the engine's depthwise layer. */
static seg_status run_depthwise(const seg_q8_conv *c, buffers *b)
{
    const seg_op *op = &seg_op_depthwise2d;
    const seg_conv2d_params params = {.sh = c->sh,
                                      .sw = c->sw,
                                      .ph = c->ph,
                                      .pw = c->pw,
                                      .ph_end = c->ph_end,
                                      .pw_end = c->pw_end,
                                      .dh = c->dh,
                                      .dw = c->dw,
                                      .groups = 1};
    src_job src = {c, 0, c->oc, b->src};
    weight_job weights = {reader_of(c), 0, c->oc, 0, 1, b->weights};
    seg_parallel_for(c->call->threads, c->n * c->ih, fill_src, &src);
    seg_parallel_for(c->call->threads, (c->kh * c->kw + WEIGHT_ROWS - 1) / WEIGHT_ROWS,
                     fill_weights, &weights);
    const seg_tensor sources[2] = {{seg_shape_nhwc(c->n, c->ih, c->iw, c->oc), b->src},
                                   {seg_shape_nhwc(c->kh, c->kw, 1, c->oc), b->weights}};
    const seg_tensor dst = {seg_shape_nhwc(c->n, c->oh, c->ow, c->oc), b->values};
    seg_op_call call = {.params = &params,
                        .kernels = seg_kernels_get(),
                        .threads = c->call->threads,
                        .src_count = 2,
                        .src = sources,
                        .dst = &dst};
    if (op->packed_size != NULL && op->packed_size(&call) > 0)
        call.packed = b->packed = seg_block_new(op->packed_size(&call));
    if (op->scratch_size != NULL && op->scratch_size(&call) > 0)
        call.scratch = b->scratch = seg_block_new(op->scratch_size(&call));
    if ((op->packed_size != NULL && op->packed_size(&call) > 0 && b->packed == NULL) ||
        (op->scratch_size != NULL && op->scratch_size(&call) > 0 && b->scratch == NULL))
        return seg_fail_nomem(c->call->err, 0, c->call->node->op);
    if (op->pack != NULL && call.packed != NULL)
        op->pack(&call);
    op->forward(&call);
    store(c, b, 0, false);
    return SEG_OK;
}

/* Floats of these extents, which must fit what the run may take. */
static void *block(const seg_q8_conv *c, seg_status *status, int64_t a, int64_t b, int64_t d)
{
    const seg_shape shape = {.dtype = SEG_F32, .rank = 3, .dim = {a, b, d}};
    void *data = NULL;
    if (*status != SEG_OK)
        return NULL;
    if (!seg_shape_valid(&shape) || seg_shape_size(&shape) > *c->call->allowance)
        *status = seg_eval_fail(c->call, SEG_LIMIT, "the layer exceeds the memory limit");
    else if ((data = seg_block_new(seg_shape_size(&shape))) == NULL)
        *status = seg_fail_nomem(c->call->err, seg_shape_size(&shape), c->call->node->op);
    return data;
}

float seg_q8_conv_scale(const seg_q8_conv *c, int64_t o)
{
    return c->src.scale * c->weights_q->scale[c->weights_q->count > 1 ? o : 0] / c->dst.scale;
}

static void fill_vectors(const seg_q8_conv *c, const buffers *b)
{
    for (int64_t o = 0; o < c->oc; o++) {
        b->scale[o] = seg_q8_conv_scale(c, o);
        b->bias[o] = c->bias != NULL ? c->bias[o] : 0;
    }
}

seg_status seg_q8_conv_run(const seg_q8_conv *c)
{
    buffers b = {NULL};
    seg_status status = SEG_OK;
    const int64_t piece = c->depthwise ? c->depth : piece_depth(c), oc = c->oc / c->groups;
    if (piece == 0)
        return seg_eval_fail(c->call, SEG_UNSUPPORTED, "a window of %lldx%lld is too large",
                             (long long)c->kh, (long long)c->kw);
    const int64_t length = c->depthwise ? c->oc : piece < c->depth ? piece : c->depth;
    b.src = block(c, &status, c->n * c->ih, c->iw, length);
    b.weights = block(c, &status, c->kh * c->kw, c->depthwise ? 1 : length, oc);
    b.values = block(c, &status, c->n * c->oh, c->ow, oc);
    b.scale = block(c, &status, 1, 1, c->oc);
    b.bias = block(c, &status, 1, 1, c->oc);
    if (piece < c->depth)
        b.sums = block(c, &status, c->n * c->oh, c->ow, oc);
    if (status == SEG_OK)
        fill_vectors(c, &b);
    if (status == SEG_OK && c->depthwise) {
        status = run_depthwise(c, &b);
    } else if (status == SEG_OK) {
        const seg_convolution conv = convolution(c, length, oc);
        b.packed = seg_block_new(seg_conv_packed_size(&conv));
        b.scratch = seg_block_new(seg_conv_scratch_size(&conv, false));
        if (b.packed == NULL || b.scratch == NULL)
            status = seg_fail_nomem(c->call->err, seg_conv_packed_size(&conv), c->call->node->op);
        else
            run_groups(c, &b, length);
    }
    buffers_release(&b);
    return status;
}
