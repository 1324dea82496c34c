/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* lower_pool.c: pooling as layers: maxpool2d, avgpool2d, global_avgpool. */
#include "ops/params.h"
#include "runtime/lower.h"
#include "runtime/lowering.h"
#include "runtime/window.h"

static bool wants(const seg_lower *lower, int result)
{
    return result < lower->dst_count && lower->node->dst[result] != SEG_NO_SLOT;
}

static void add_layer(seg_lower *lower, const char *op, const void *params)
{
    const seg_axes nchw = seg_axes_nchw(lower->src[0].rank);
    seg_value src = seg_lower_src_as(lower, 0, &nchw);
    seg_lower_result(lower, 0, seg_lower_layer(lower, op, params, 1, &src), &nchw);
}

/* Layers refuse padding of more than half a window, as windows might lie in it altogether. */
static bool read_windows(const seg_lower *lower, seg_window *w, int64_t *out)
{
    seg_error why;
    const seg_shape *src = &lower->src[0];
    if (!seg_lower_takes(lower, 0) || src->rank != 4 ||
        seg_window_read(lower->node, src, NULL, w, &why) != SEG_OK ||
        seg_window_fit(w, src->dim + 2, out, &why) != SEG_OK)
        return false;
    for (int i = 0; i < 2; i++) {
        if (w->pad[i] > w->kernel[i] / 2 || w->pad_end[i] > w->kernel[i] / 2)
            return false;
    }
    return true;
}

static seg_pool2d_params params_of(const seg_window *w)
{
    return (seg_pool2d_params){.kh = w->kernel[0],
                               .kw = w->kernel[1],
                               .sh = w->stride[0],
                               .sw = w->stride[1],
                               .ph = w->pad[0],
                               .pw = w->pad[1],
                               .ceil_mode = w->ceil_mode && w->auto_pad == SEG_PAD_EXPLICIT,
                               .ph_more = w->pad_end[0] - w->pad[0],
                               .pw_more = w->pad_end[1] - w->pad[1],
                               .dh = w->dilation[0],
                               .dw = w->dilation[1]};
}

seg_status seg_lower_max_pool(seg_lower *lower, bool *done)
{
    seg_window w;
    int64_t out[SEG_SPATIAL_MAX];
    *done = !wants(lower, 1) && read_windows(lower, &w, out);
    if (!*done)
        return SEG_OK;
    seg_pool2d_params params = params_of(&w);
    add_layer(lower, "maxpool2d", &params);
    return SEG_OK;
}

seg_status seg_lower_average_pool(seg_lower *lower, bool *done)
{
    seg_window w;
    int64_t out[SEG_SPATIAL_MAX];
    *done = read_windows(lower, &w, out) && w.dilation[0] == 1 && w.dilation[1] == 1;
    if (!*done)
        return SEG_OK;
    seg_pool2d_params params = params_of(&w);
    params.count_pad = seg_program_int(lower->node, "count_include_pad", 0) != 0;
    add_layer(lower, "avgpool2d", &params);
    return SEG_OK;
}

static bool takes_planes(const seg_lower *lower)
{
    return seg_lower_takes(lower, 0) && (lower->src[0].rank == 3 || lower->src[0].rank == 4);
}

seg_status seg_lower_global_average_pool(seg_lower *lower, bool *done)
{
    *done = takes_planes(lower);
    if (*done)
        add_layer(lower, "global_avgpool", NULL);
    return SEG_OK;
}

seg_status seg_lower_global_max_pool(seg_lower *lower, bool *done)
{
    *done = takes_planes(lower);
    if (!*done)
        return SEG_OK;
    const seg_shape *src = &lower->src[0];
    seg_pool2d_params params = {
        .kh = src->dim[2], .kw = src->rank == 4 ? src->dim[3] : 1, .sh = 1, .sw = 1};
    add_layer(lower, "maxpool2d", &params);
    return SEG_OK;
}
