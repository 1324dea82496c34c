/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * convolution_pack.c: weights in panels, from whatever order they lie in.
 *
 * A panel has nr channels of the gather's result, out[(tap * step + d) * nr + w]: w output channels
 * forward, input channels backward, which is the same with the two axes of channels exchanged.
 *
 * What many tiles of pixels read in turn should stay in the L2 cache. Large panels are therefore
 * cut in slices of depth, each with all its taps and in one piece: pieces that lie a power of two
 * apart would share few of the cache's sets.
 */
#include <string.h>

#include "base/parallel.h"
#include "ops/convolution.h"

enum {
    SLICE_FLOATS = 64 << 10, /* of weights that stay in cache while tiles pass */
    SLICE_LINE = 16,         /* floats of a cache line: slices of source pixels take whole ones */
};

seg_conv_slices seg_conv_slices_of(const seg_convolution *conv, bool backward)
{
    const int64_t channels = (backward ? conv->oc : conv->ic) / conv->groups;
    const int64_t depth = seg_conv_bf16_fits(conv, backward) ? (channels + 1) / 2 : channels;
    const int64_t row = conv->y.kernel * conv->x.kernel * conv->kernels->igemm.nr;
    const int64_t most = conv_max(SLICE_LINE, SLICE_FLOATS / row / SLICE_LINE * SLICE_LINE);
    if (row * depth <= SLICE_FLOATS || depth <= most)
        return (seg_conv_slices){.count = 1, .depth = depth};
    const int64_t count = (depth + most - 1) / most;
    const int64_t even = (depth + count - 1) / count;
    return (seg_conv_slices){.count = count,
                             .depth = (even + SLICE_LINE - 1) / SLICE_LINE * SLICE_LINE};
}

seg_conv_kernel seg_conv_kernel_at(const seg_convolution *conv, const float *weights,
                                   const int64_t *steps, const float *bias)
{
    const int64_t ic = conv->ic / conv->groups;
    seg_conv_kernel kernel = {weights,       bias,     conv->x.kernel * ic * conv->oc,
                              ic * conv->oc, conv->oc, 1};
    if (steps != NULL)
        kernel = (seg_conv_kernel){weights, bias, steps[0], steps[1], steps[2], steps[3]};
    return kernel;
}

/* What is packed of a panel: depth_step and width_step from one channel to the next. */
typedef struct part {
    const seg_convolution *conv;
    const float *in; /* tap 0 of its first channels */
    int64_t kh, kw, depth_step, width_step;
    int64_t taps, count, step, live; /* count, step: of depth, packed, and from tap to tap; live: of
                                        width, up to nr */
} part;

static void clear_behind(const part *p, int64_t rows, float *out)
{
    const int64_t nr = p->conv->kernels->igemm.nr;
    for (int64_t r = 0; p->live < nr && r < rows; r++)
        memset(out + r * nr + p->live, 0, (size_t)(nr - p->live) * sizeof *out);
}

/* One tap whose rows or columns stand in the weights as they are. */
static void pack_tap(const part *p, const float *in, float *out)
{
    const seg_kernels *kernels = p->conv->kernels;
    const int64_t nr = kernels->igemm.nr;
    if (p->width_step == 1)
        kernels->pixels.copy_runs(in, p->depth_step, out, nr, p->count, p->live);
    else
        kernels->transpose.apply(in, p->width_step, p->live, p->count, out, nr);
    clear_behind(p, p->count, out);
}

/* Channels that hold all taps of a channel of depth side by side, as in files' O,I,KH,KW: some
 * channels of depth at a time are transposed, and their taps then taken apart. */
static void pack_side_by_side(const part *p, float *out)
{
    enum { ROOM = 8192 };
    float room[ROOM];
    const seg_kernels *kernels = p->conv->kernels;
    const int64_t nr = kernels->igemm.nr, most = ROOM / (p->taps * nr);
    for (int64_t d = 0; d < p->count; d += most) {
        const int64_t count = conv_min(most, p->count - d);
        kernels->transpose.apply(p->in + d * p->taps, p->width_step, p->live, count * p->taps, room,
                                 nr);
        clear_behind(p, count * p->taps, room);
        for (int64_t t = 0; t < p->taps; t++)
            kernels->pixels.copy_runs(room + t * nr, p->taps * nr, out + (t * p->step + d) * nr, nr,
                                      count, nr);
    }
}

static int64_t tap_at(const part *p, int64_t tap)
{
    return tap / p->conv->x.kernel * p->kh + tap % p->conv->x.kernel * p->kw;
}

/* Any order. */
static void pack_floats(const part *p, float *out)
{
    const int64_t nr = p->conv->kernels->igemm.nr;
    for (int64_t d = 0; d < p->count; d++) {
        for (int64_t w = 0; w < p->live; w++) {
            const float *from = p->in + d * p->depth_step + w * p->width_step;
            for (int64_t t = 0; t < p->taps; t++)
                out[(t * p->step + d) * nr + w] = from[tap_at(p, t)];
        }
    }
    for (int64_t t = 0; t < p->taps; t++)
        clear_behind(p, p->count, out + t * p->step * nr);
}

void seg_conv_pack_taps(const seg_convolution *c, bool backward, const seg_conv_kernel *kernel,
                        int64_t group, int64_t panel, seg_conv_depth depth, float *out)
{
    const int64_t nr = c->kernels->igemm.nr, start = panel * nr;
    const int64_t width = (backward ? c->ic : c->oc) / c->groups;
    part p = {.conv = c,
              .kh = kernel->kh,
              .kw = kernel->kw,
              .depth_step = backward ? kernel->oc : kernel->ic,
              .width_step = backward ? kernel->ic : kernel->oc,
              .taps = c->y.kernel * c->x.kernel,
              .count = depth.count,
              .step = depth.step,
              .live = conv_min(nr, width - start)};
    p.in = kernel->data + group * (c->oc / c->groups) * kernel->oc + depth.first * p.depth_step +
           start * p.width_step;
    if (p.width_step == 1 || p.depth_step == 1) {
        for (int64_t t = 0; t < p.taps; t++)
            pack_tap(&p, p.in + tap_at(&p, t), out + t * p.step * nr);
    } else if (p.kw == 1 && p.kh == c->x.kernel && p.depth_step == p.taps && p.taps * nr <= 4096) {
        pack_side_by_side(&p, out);
    } else {
        pack_floats(&p, out);
    }
}

void seg_conv_pack_bias(const seg_convolution *c, const seg_conv_kernel *kernel, int64_t group,
                        int64_t panel, float *out)
{
    const int64_t nr = c->kernels->igemm.nr, width = c->oc / c->groups, start = panel * nr;
    memset(out, 0, (size_t)nr * sizeof *out);
    if (kernel->bias != NULL)
        memcpy(out, kernel->bias + group * width + start,
               (size_t)conv_min(nr, width - start) * sizeof *out);
}

typedef struct packing {
    const seg_convolution *conv;
    bool backward, bf16;
    const seg_conv_kernel *kernel;
    float *packed;
    int64_t channels; /* of depth */
    seg_conv_slices slices;
    int64_t slice_floats, panels, panel_floats;
} packing;

static packing packing_make(const seg_convolution *conv, bool backward)
{
    packing k = {.conv = conv, .backward = backward};
    const int64_t nr = conv->kernels->igemm.nr, width = backward ? conv->ic : conv->oc;
    k.channels = (backward ? conv->oc : conv->ic) / conv->groups;
    k.bf16 = seg_conv_bf16_fits(conv, backward);
    k.slices = seg_conv_slices_of(conv, backward);
    k.slice_floats = conv->y.kernel * conv->x.kernel * k.slices.depth * nr;
    k.panels = (width / conv->groups + nr - 1) / nr;
    k.panel_floats = nr + k.slices.count * k.slice_floats;
    return k;
}

size_t seg_conv_pack_count(const seg_convolution *conv, bool backward)
{
    packing k = packing_make(conv, backward);
    return (size_t)(conv->groups * k.panels * k.panel_floats);
}

/* One panel of one group. */
static void pack_panel(void *context, int64_t index, int thread)
{
    (void)thread;
    const packing *k = context;
    const int64_t group = index / k->panels, panel = index % k->panels;
    float *out = k->packed + index * k->panel_floats;
    seg_conv_pack_bias(k->conv, k->kernel, group, panel, out);
    out += k->conv->kernels->igemm.nr;
    for (int64_t s = 0; s < k->slices.count; s++, out += k->slice_floats) {
        const int64_t length = k->slices.depth * (k->bf16 ? 2 : 1), first = s * length;
        const seg_conv_depth depth = {first, conv_min(length, k->channels - first),
                                      k->slices.depth};
        if (k->bf16)
            seg_conv_pack_pairs(k->conv, k->backward, k->kernel, panel, depth, out);
        else
            seg_conv_pack_taps(k->conv, k->backward, k->kernel, group, panel, depth, out);
    }
}

void seg_conv_pack_run(const seg_convolution *conv, bool backward, const seg_conv_kernel *kernel,
                       float *packed)
{
    packing k = packing_make(conv, backward);
    k.kernel = kernel;
    k.packed = packed;
    seg_parallel_for(conv->threads, conv->groups * k.panels, pack_panel, &k);
}
