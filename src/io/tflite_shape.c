/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* tflite_shape.c: operators that move elements and compute shapes, in ONNX's words. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "io/tflite_reader.h"

/* ---- concatenation ---- */

/* The slots of all sources; NULL after a failure. */
static seg_slot *all_sources(seg_tflite_reader *reader)
{
    const int count = seg_tflite_src_count(reader);
    seg_slot *slots = malloc((size_t)(count + 1) * sizeof *slots);
    if (slots == NULL)
        reader->status = seg_fail_nomem(reader->err, (size_t)count, reader->program->path);
    for (int i = 0; slots != NULL && i < count; i++) {
        slots[i] = seg_tflite_src_slot(reader, i);
        if (slots[i] == SEG_NO_SLOT)
            seg_tflite_fail(reader, SEG_FORMAT, "source %d is left out", i);
    }
    return slots;
}

void seg_tflite_concat(seg_tflite_reader *reader)
{
    const int64_t axis = seg_tflite_int(reader, "axis");
    const int64_t activation = seg_tflite_int(reader, "activation");
    const seg_attribute attribute = seg_tflite_attr_int("axis", &axis);
    const seg_slot dst = seg_tflite_dst_slot(reader, 0);
    seg_slot *src = all_sources(reader);
    if (src == NULL)
        return;
    const seg_slot value =
        seg_tflite_emit(reader, "Concat", seg_tflite_before(reader, activation, dst),
                        seg_tflite_src_count(reader), src, 1, &attribute);
    seg_tflite_activate(reader, value, activation, dst);
    free(src);
}

static seg_slot emit_unsqueeze(seg_tflite_reader *reader, seg_slot src, seg_slot dst, int64_t axis)
{
    return seg_tflite_emit2(reader, "Unsqueeze", dst, src,
                            seg_tflite_list_constant(reader, "axis", 1, &axis));
}

/* Unsqueeze of each, and Concat. */
void seg_tflite_pack(seg_tflite_reader *reader)
{
    const int rank = seg_tflite_rank(reader, 0) + 1;
    const int64_t axis = seg_tflite_axis(reader, seg_tflite_int(reader, "axis"), rank);
    const seg_attribute attribute = seg_tflite_attr_int("axis", &axis);
    seg_slot *src = all_sources(reader);
    if (src == NULL)
        return;
    for (int i = 0; i < seg_tflite_src_count(reader) && reader->status == SEG_OK; i++)
        src[i] = emit_unsqueeze(reader, src[i], SEG_NO_SLOT, axis);
    seg_tflite_emit(reader, "Concat", seg_tflite_dst_slot(reader, 0), seg_tflite_src_count(reader),
                    src, 1, &attribute);
    free(src);
}

/* Split in parts of equal size into dst[] (SEG_NO_SLOT: fresh). sizes: SEG_NO_SLOT, or a source. */
static void emit_split(seg_tflite_reader *reader, seg_slot value, int64_t axis, seg_slot sizes,
                       seg_slot *dst, int count)
{
    const seg_attribute attribute = seg_tflite_attr_int("axis", &axis);
    const seg_slot src[2] = {value, sizes};
    seg_tflite_emit_many(reader, "", "Split", count, dst, sizes != SEG_NO_SLOT ? 2 : 1, src, 1,
                         &attribute);
}

static seg_slot *all_results(seg_tflite_reader *reader)
{
    const int count = seg_tflite_dst_count(reader);
    seg_slot *slots = malloc((size_t)count * sizeof *slots);
    if (slots == NULL)
        reader->status = seg_fail_nomem(reader->err, (size_t)count, reader->program->path);
    for (int i = 0; slots != NULL && i < count; i++)
        slots[i] = seg_tflite_dst_slot(reader, i);
    return slots;
}

static int64_t one_number(seg_tflite_reader *reader, int src, const char *what)
{
    int64_t value = 0;
    if (seg_tflite_src_list(reader, src, what, &value, 1) != 1)
        seg_tflite_fail(reader, SEG_FORMAT, "%s is missing", what);
    return value;
}

/* Sources: axis, value. */
void seg_tflite_split(seg_tflite_reader *reader)
{
    const int64_t axis = one_number(reader, 0, "an axis");
    seg_slot *dst = all_results(reader);
    if (dst != NULL)
        emit_split(reader, seg_tflite_src_slot(reader, 1), axis, SEG_NO_SLOT, dst,
                   seg_tflite_dst_count(reader));
    free(dst);
}

/* Sources: value, sizes, axis. */
void seg_tflite_split_v(seg_tflite_reader *reader)
{
    const int64_t axis = one_number(reader, 2, "an axis");
    seg_slot *dst = all_results(reader);
    if (dst != NULL)
        emit_split(reader, seg_tflite_src_slot(reader, 0), axis, seg_tflite_src_i64(reader, 1), dst,
                   seg_tflite_dst_count(reader));
    free(dst);
}

/* Split, and Squeeze of each part. */
void seg_tflite_unpack(seg_tflite_reader *reader)
{
    const int count = seg_tflite_dst_count(reader);
    const int64_t axis = seg_tflite_int(reader, "axis");
    seg_slot *dst = all_results(reader), *parts = malloc((size_t)count * sizeof *parts);
    if (dst == NULL || parts == NULL) {
        reader->status = seg_fail_nomem(reader->err, (size_t)count, reader->program->path);
    } else {
        for (int i = 0; i < count; i++)
            parts[i] = SEG_NO_SLOT;
        emit_split(reader, seg_tflite_src_slot(reader, 0), axis, SEG_NO_SLOT, parts, count);
        for (int i = 0; i < count && reader->status == SEG_OK; i++)
            seg_tflite_emit2(reader, "Squeeze", dst[i], parts[i],
                             seg_tflite_list_constant(reader, "axis", 1, &axis));
    }
    free(parts);
    free(dst);
}

/* ---- shapes ---- */

/*
 * The new shape is a source, or an option of old files, or what the file declares for the result.
 * 0 means no elements, which ONNX calls allowzero.
 */
void seg_tflite_reshape(seg_tflite_reader *reader)
{
    static const int64_t one = 1;
    const seg_tflite_tensor *given = seg_tflite_src(reader, 1);
    const seg_shape *declared = &seg_tflite_dst(reader, 0)->shape;
    const seg_attribute allow = seg_tflite_attr_int("allowzero", &one);
    seg_slot src[2] = {seg_tflite_src_slot(reader, 0), SEG_NO_SLOT};
    int64_t shape[SEG_MAX_RANK];
    int count = 0, zeros = 0;
    if (given != NULL &&
        (given->data != NULL || given->shape.rank != 1 || given->shape.dim[0] != 0)) {
        src[1] = seg_tflite_src_i64(reader, 1);
        if (given->data != NULL)
            count = seg_tflite_src_list(reader, 1, "a shape", shape, SEG_MAX_RANK);
    } else if (given == NULL && reader->options.at != 0) {
        seg_flat_vector list = seg_flat_list(&reader->file, &reader->options, 0, 4);
        count = list.count <= SEG_MAX_RANK ? (int)list.count : -1;
        for (int i = 0; i < count; i++)
            shape[i] = seg_flat_item_i32(&reader->file, &list, (size_t)i);
    } else if (declared->rank != SEG_UNKNOWN_RANK) {
        count = declared->rank;
        memcpy(shape, declared->dim, (size_t)count * sizeof *shape);
    }
    if (count < 0)
        seg_tflite_fail(reader, SEG_UNSUPPORTED, "a shape of more than %d axes", SEG_MAX_RANK);
    if (src[1] == SEG_NO_SLOT)
        src[1] = seg_tflite_list_constant(reader, "shape", count, shape);
    for (int i = 0; i < count; i++)
        zeros += shape[i] == 0;
    seg_tflite_emit(reader, "Reshape", seg_tflite_dst_slot(reader, 0), 2, src, zeros > 0 ? 1 : 0,
                    &allow);
}

void seg_tflite_transpose_op(seg_tflite_reader *reader)
{
    int64_t perm[SEG_MAX_RANK];
    const int rank = seg_tflite_src_list(reader, 1, "a permutation", perm, SEG_MAX_RANK);
    for (int i = 0; i < rank; i++)
        perm[i] = seg_tflite_axis(reader, perm[i], rank);
    const seg_attribute attribute = seg_tflite_attr_ints("perm", rank, perm);
    const seg_slot src = seg_tflite_src_slot(reader, 0);
    seg_tflite_emit(reader, "Transpose", seg_tflite_dst_slot(reader, 0), 1, &src, 1, &attribute);
}

void seg_tflite_squeeze(seg_tflite_reader *reader)
{
    int64_t axes[SEG_MAX_RANK];
    const seg_flat_vector list = seg_flat_list(&reader->file, &reader->options, 0, 4);
    if (list.count > SEG_MAX_RANK) {
        seg_tflite_fail(reader, SEG_FORMAT, "%zu axes", list.count);
        return;
    }
    for (size_t i = 0; i < list.count; i++)
        axes[i] = seg_flat_item_i32(&reader->file, &list, i);
    const seg_slot dst = seg_tflite_dst_slot(reader, 0), src = seg_tflite_src_slot(reader, 0);
    if (list.count == 0)
        seg_tflite_emit1(reader, "Squeeze", dst, src);
    else
        seg_tflite_emit2(reader, "Squeeze", dst, src,
                         seg_tflite_list_constant(reader, "axes", (int)list.count, axes));
}

void seg_tflite_expand_dims(seg_tflite_reader *reader)
{
    emit_unsqueeze(reader, seg_tflite_src_slot(reader, 0), seg_tflite_dst_slot(reader, 0),
                   one_number(reader, 1, "an axis"));
}

/* TYPE_INT64 as it is, else a Cast to i32. */
void seg_tflite_shape(seg_tflite_reader *reader)
{
    static const int64_t to = 6; /* TensorProto.INT32 */
    const bool wide = seg_tflite_dst(reader, 0)->type == TFLITE_INT64;
    const seg_slot dst = seg_tflite_dst_slot(reader, 0);
    const seg_slot value =
        seg_tflite_emit1(reader, "Shape", wide ? dst : SEG_NO_SLOT, seg_tflite_src_slot(reader, 0));
    const seg_attribute attribute = seg_tflite_attr_int("to", &to);
    if (!wide)
        seg_tflite_emit(reader, "Cast", dst, 1, &value, 1, &attribute);
}

void seg_tflite_tile(seg_tflite_reader *reader)
{
    seg_tflite_emit2(reader, "Tile", seg_tflite_dst_slot(reader, 0), seg_tflite_src_slot(reader, 0),
                     seg_tflite_src_i64(reader, 1));
}

/* Sources: shape, value. */
void seg_tflite_fill(seg_tflite_reader *reader)
{
    seg_tflite_emit2(reader, "Expand", seg_tflite_dst_slot(reader, 0),
                     seg_tflite_src_slot(reader, 1), seg_tflite_src_i64(reader, 0));
}

/* BROADCAST_TO: value, shape. */
void seg_tflite_broadcast_to(seg_tflite_reader *reader)
{
    seg_tflite_emit2(reader, "Expand", seg_tflite_dst_slot(reader, 0),
                     seg_tflite_src_slot(reader, 0), seg_tflite_src_i64(reader, 1));
}

void seg_tflite_range(seg_tflite_reader *reader)
{
    const seg_slot src[3] = {seg_tflite_src_slot(reader, 0), seg_tflite_src_slot(reader, 1),
                             seg_tflite_src_slot(reader, 2)};
    seg_tflite_emit(reader, "Range", seg_tflite_dst_slot(reader, 0), 3, src, 0, NULL);
}

void seg_tflite_gather(seg_tflite_reader *reader)
{
    const int64_t axis = seg_tflite_int(reader, "axis");
    if (seg_tflite_int(reader, "batch_dims") != 0)
        seg_tflite_fail(reader, SEG_UNSUPPORTED, "batch dimensions");
    const seg_attribute attribute = seg_tflite_attr_int("axis", &axis);
    const seg_slot src[2] = {seg_tflite_src_slot(reader, 0), seg_tflite_src_slot(reader, 1)};
    seg_tflite_emit(reader, "Gather", seg_tflite_dst_slot(reader, 0), 2, src, 1, &attribute);
}

void seg_tflite_select(seg_tflite_reader *reader)
{
    const seg_slot src[3] = {seg_tflite_src_slot(reader, 0), seg_tflite_src_slot(reader, 1),
                             seg_tflite_src_slot(reader, 2)};
    seg_tflite_emit(reader, "Where", seg_tflite_dst_slot(reader, 0), 3, src, 0, NULL);
}

/* ---- slices ---- */

/* One Slice and what follows it. */
typedef struct slicing {
    int count; /* axes that are sliced */
    int64_t starts[SEG_MAX_RANK], ends[SEG_MAX_RANK], axes[SEG_MAX_RANK], steps[SEG_MAX_RANK];
    int squeezed, added; /* axes that go, then axes of extent 1 that come */
    int64_t squeeze[SEG_MAX_RANK], add[2 * SEG_MAX_RANK];
} slicing;

static void emit_slicing(seg_tflite_reader *reader, const slicing *s)
{
    const seg_slot dst = seg_tflite_dst_slot(reader, 0);
    const seg_slot src[5] = {seg_tflite_src_slot(reader, 0),
                             seg_tflite_list_constant(reader, "starts", s->count, s->starts),
                             seg_tflite_list_constant(reader, "ends", s->count, s->ends),
                             seg_tflite_list_constant(reader, "axes", s->count, s->axes),
                             seg_tflite_list_constant(reader, "steps", s->count, s->steps)};
    const bool last = s->squeezed + s->added == 0;
    seg_slot value = seg_tflite_emit(reader, "Slice", last ? dst : SEG_NO_SLOT, 5, src, 0, NULL);
    if (s->squeezed > 0)
        value =
            seg_tflite_emit2(reader, "Squeeze", s->added == 0 ? dst : SEG_NO_SLOT, value,
                             seg_tflite_list_constant(reader, "shrunk", s->squeezed, s->squeeze));
    if (s->added > 0)
        seg_tflite_emit2(reader, "Unsqueeze", dst, value,
                         seg_tflite_list_constant(reader, "new", s->added, s->add));
}

/* Sources: value, begin, size (-1: to the end). */
void seg_tflite_slice(seg_tflite_reader *reader)
{
    slicing s = {0};
    int64_t sizes[SEG_MAX_RANK];
    s.count = seg_tflite_src_list(reader, 1, "begin", s.starts, SEG_MAX_RANK);
    if (seg_tflite_src_list(reader, 2, "sizes", sizes, SEG_MAX_RANK) != s.count)
        seg_tflite_fail(reader, SEG_FORMAT, "begin and sizes of different lengths");
    if (reader->status != SEG_OK)
        return;
    for (int i = 0; i < s.count; i++) {
        if (s.starts[i] < 0 || s.starts[i] > INT32_MAX || sizes[i] < -1 || sizes[i] > INT32_MAX)
            seg_tflite_fail(reader, SEG_FORMAT, "begin %lld, size %lld", (long long)s.starts[i],
                            (long long)sizes[i]);
        s.ends[i] = sizes[i] < 0 ? INT32_MAX : s.starts[i] + sizes[i];
        s.axes[i] = i;
        s.steps[i] = 1;
    }
    emit_slicing(reader, &s);
}

/* begin, end and strides of a STRIDED_SLICE, and its masks. */
typedef struct strided {
    int count, rank;
    int64_t begin[SEG_MAX_RANK], end[SEG_MAX_RANK], strides[SEG_MAX_RANK];
    int64_t begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_mask;
    bool offset; /* end counts from begin */
} strided;

/* Entry i of the lists becomes a slice of `axis`, the `out`-th axis of the result so far. */
static void add_entry(seg_tflite_reader *reader, const strided *in, int i, int axis, slicing *s)
{
    const int64_t step = in->strides[i], begin = in->begin[i];
    const bool shrink = in->shrink_mask >> i & 1;
    const int k = s->count++;
    if (axis >= in->rank || step == 0 || begin < INT32_MIN || begin > INT32_MAX ||
        in->end[i] < INT32_MIN || in->end[i] > INT32_MAX) {
        seg_tflite_fail(reader, SEG_FORMAT, "entry %d: begin %lld, end %lld, stride %lld", i,
                        (long long)begin, (long long)in->end[i], (long long)step);
        return;
    }
    s->axes[k] = axis;
    s->steps[k] = shrink ? 1 : step;
    s->starts[k] = in->begin_mask >> i & 1 ? (step > 0 ? 0 : INT32_MAX) : begin;
    s->ends[k] = in->offset ? begin + in->end[i] : in->end[i];
    if (in->end_mask >> i & 1)
        s->ends[k] = step > 0 ? INT32_MAX : INT32_MIN;
    if (shrink) { /* one element; -1 is the last */
        s->ends[k] = s->starts[k] == -1 ? INT32_MAX : s->starts[k] + 1;
        s->squeeze[s->squeezed++] = axis;
    }
}

static void solve_strided(seg_tflite_reader *reader, const strided *in, slicing *s)
{
    int taken = 0, axis = 0, out = 0; /* of the source, of the result */
    for (int i = 0; i < in->count; i++)
        taken += !(in->new_axis_mask >> i & 1) && !(in->ellipsis_mask >> i & 1);
    for (int i = 0; i < in->count && reader->status == SEG_OK; i++) {
        if (in->ellipsis_mask >> i & 1) {
            const int skipped = in->rank > taken ? in->rank - taken : 0;
            axis += skipped;
            out += skipped;
        } else if (in->new_axis_mask >> i & 1) {
            s->add[s->added++] = out++;
        } else {
            add_entry(reader, in, i, axis++, s);
            out += !(in->shrink_mask >> i & 1);
        }
    }
}

void seg_tflite_strided_slice(seg_tflite_reader *reader)
{
    strided in = {.rank = seg_tflite_rank(reader, 0),
                  .begin_mask = seg_tflite_int(reader, "begin_mask"),
                  .end_mask = seg_tflite_int(reader, "end_mask"),
                  .ellipsis_mask = seg_tflite_int(reader, "ellipsis_mask"),
                  .new_axis_mask = seg_tflite_int(reader, "new_axis_mask"),
                  .shrink_mask = seg_tflite_int(reader, "shrink_mask"),
                  .offset = seg_tflite_int(reader, "offset") != 0};
    in.count = seg_tflite_src_list(reader, 1, "begin", in.begin, SEG_MAX_RANK);
    if (seg_tflite_src_list(reader, 2, "end", in.end, SEG_MAX_RANK) != in.count ||
        seg_tflite_src_list(reader, 3, "strides", in.strides, SEG_MAX_RANK) != in.count)
        seg_tflite_fail(reader, SEG_FORMAT, "begin, end and strides of different lengths");
    slicing s = {0};
    if (reader->status == SEG_OK)
        solve_strided(reader, &in, &s);
    if (reader->status == SEG_OK)
        emit_slicing(reader, &s);
}
