/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* window.c: the attributes of moving windows, checked, and the extents they give. */
#include "runtime/window.h"

#include <string.h>

#include "base/error.h"

/* Of every attribute and extent here: sums of products stay far below 2^63. */
#define EXTENT_MAX ((int64_t)1 << 30)

static seg_status read_auto_pad(const seg_program_node *node, seg_auto_pad *auto_pad,
                                seg_error *why)
{
    static const char *const names[] = {"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"};
    const char *text = seg_program_get_text(node, "auto_pad", "NOTSET");
    for (int i = 0; i < 4; i++) {
        if (strcmp(text, names[i]) == 0) {
            *auto_pad = (seg_auto_pad)i;
            return SEG_OK;
        }
    }
    if (text[0] == '\0')
        return SEG_OK;
    return seg_fail(why, SEG_INVALID, "auto_pad is '%s'", text);
}

/* A list of `count` numbers of at least `least`; where there is none, `missing`. */
static seg_status read_list(const seg_program_node *node, const char *name, int count,
                            int64_t least, int64_t missing, int64_t *list, seg_error *why)
{
    const int64_t *ints;
    int64_t found = seg_program_ints(node, name, &ints);
    if (found != 0 && found != count)
        return seg_fail(why, SEG_INVALID, "%s has %lld numbers, %d are wanted", name,
                        (long long)found, count);
    for (int i = 0; i < count; i++) {
        list[i] = found > 0 ? ints[i] : missing;
        if (list[i] < least || list[i] > EXTENT_MAX)
            return seg_fail(why, SEG_INVALID, "%s[%d] is %lld, must be %lld..%lld", name, i,
                            (long long)list[i], (long long)least, (long long)EXTENT_MAX);
    }
    return SEG_OK;
}

static seg_status read_kernel(const seg_program_node *node, const int64_t *kernel,
                              seg_window *window, seg_error *why)
{
    seg_status status = read_list(node, "kernel_shape", window->rank, 1, kernel == NULL ? 0 : 1,
                                  window->kernel, why);
    if (status != SEG_OK || kernel == NULL)
        return status;
    const int64_t *ints;
    bool said = seg_program_ints(node, "kernel_shape", &ints) > 0;
    for (int i = 0; i < window->rank; i++) {
        if (said && window->kernel[i] != kernel[i])
            return seg_fail(why, SEG_INVALID, "kernel_shape[%d] is %lld, the weights have %lld", i,
                            (long long)window->kernel[i], (long long)kernel[i]);
        if (kernel[i] < 1 || kernel[i] > EXTENT_MAX)
            return seg_fail(why, SEG_INVALID, "the kernel has an extent of %lld",
                            (long long)kernel[i]);
        window->kernel[i] = kernel[i];
    }
    return SEG_OK;
}

seg_status seg_window_read(const seg_program_node *node, const seg_shape *src,
                           const int64_t *kernel, seg_window *window, seg_error *why)
{
    int64_t pads[2 * SEG_SPATIAL_MAX];
    char text[SEG_SHAPE_TEXT_SIZE];
    *window = (seg_window){.rank = src->rank - 2,
                           .ceil_mode = seg_program_int(node, "ceil_mode", 0) != 0};
    if (src->rank < 3)
        return seg_fail(why, SEG_INVALID, "the input must be N,C and at least one axis, is %s",
                        seg_shape_text(src, text));
    seg_status status = read_auto_pad(node, &window->auto_pad, why);
    if (status == SEG_OK)
        status = read_kernel(node, kernel, window, why);
    if (status == SEG_OK)
        status = read_list(node, "strides", window->rank, 1, 1, window->stride, why);
    if (status == SEG_OK)
        status = read_list(node, "dilations", window->rank, 1, 1, window->dilation, why);
    if (status == SEG_OK)
        status = read_list(node, "pads", 2 * window->rank, 0, 0, pads, why);
    for (int i = 0; i < window->rank && status == SEG_OK; i++) {
        bool explicit_pads = window->auto_pad == SEG_PAD_EXPLICIT;
        window->pad[i] = explicit_pads ? pads[i] : 0;
        window->pad_end[i] = explicit_pads ? pads[window->rank + i] : 0;
    }
    return status;
}

/* The padding of SAME: the odd one of `total` lies at the end, or at the start (LOWER). Halves are
 * rounded down also where total is negative. */
static void split_pad(seg_window *window, int i, int64_t total, bool more_at_end)
{
    int64_t half = (total - (total < 0 ? 1 : 0)) / 2;
    window->pad[i] = more_at_end ? half : total - half;
    window->pad_end[i] = total - window->pad[i];
}

seg_status seg_window_fit(seg_window *window, const int64_t *in, int64_t *out, seg_error *why)
{
    bool upper = window->auto_pad == SEG_PAD_SAME_UPPER;
    for (int i = 0; i < window->rank; i++) {
        int64_t stride = window->stride[i];
        int64_t reach = window->dilation[i] * (window->kernel[i] - 1) + 1;
        if (in[i] > EXTENT_MAX)
            return seg_fail(why, SEG_LIMIT, "an input of %lld along axis %d is too large",
                            (long long)in[i], i + 2);
        if (upper || window->auto_pad == SEG_PAD_SAME_LOWER) {
            int64_t total = ((in[i] + stride - 1) / stride - 1) * stride + reach - in[i];
            split_pad(window, i, total > 0 ? total : 0, upper);
        }
        bool ceil_mode = window->ceil_mode && window->auto_pad == SEG_PAD_EXPLICIT;
        int64_t span = in[i] + window->pad[i] + window->pad_end[i] - reach;
        if (span + (ceil_mode ? stride - 1 : 0) < 0)
            return seg_fail(why, SEG_INVALID,
                            "a window of %lld does not fit in %lld along axis %d (%lld and "
                            "padding %lld + %lld)",
                            (long long)reach, (long long)(span + reach), i + 2, (long long)in[i],
                            (long long)window->pad[i], (long long)window->pad_end[i]);
        out[i] = (span + (ceil_mode ? stride - 1 : 0)) / stride + 1;
        if (ceil_mode && out[i] > 1 && (out[i] - 1) * stride >= in[i] + window->pad[i])
            out[i]--;
    }
    return SEG_OK;
}

seg_status seg_window_fit_transposed(const seg_program_node *node, seg_window *window,
                                     const int64_t *in, int64_t *out, seg_error *why)
{
    int64_t extra[SEG_SPATIAL_MAX], wanted[2 * SEG_SPATIAL_MAX];
    const int64_t *ints;
    int64_t said = seg_program_ints(node, "output_shape", &ints);
    bool with_channels = said == window->rank + 2; /* some writers name N and C too */
    int given = (int)said;
    seg_status status = read_list(node, "output_padding", window->rank, 0, 0, extra, why);
    if (status == SEG_OK)
        status = read_list(node, "output_shape", with_channels ? given : window->rank, 0, 0, wanted,
                           why);
    for (int i = 0; i < window->rank && status == SEG_OK; i++) {
        if (in[i] > EXTENT_MAX)
            return seg_fail(why, SEG_LIMIT, "an input of %lld along axis %d is too large",
                            (long long)in[i], i + 2);
        int64_t full = (in[i] - 1) * window->stride[i] + extra[i] + 1 +
                       window->dilation[i] * (window->kernel[i] - 1);
        bool same =
            window->auto_pad == SEG_PAD_SAME_UPPER || window->auto_pad == SEG_PAD_SAME_LOWER;
        if (given > 0 || same) {
            int64_t target =
                given > 0 ? wanted[with_channels ? i + 2 : i] : in[i] * window->stride[i];
            split_pad(window, i, full - target, window->auto_pad == SEG_PAD_SAME_UPPER);
        }
        out[i] = full - window->pad[i] - window->pad_end[i];
        if (out[i] < 1)
            return seg_fail(
                why, SEG_INVALID, "padding %lld + %lld leaves nothing of the %lld along axis %d",
                (long long)window->pad[i], (long long)window->pad_end[i], (long long)full, i + 2);
    }
    return status;
}
