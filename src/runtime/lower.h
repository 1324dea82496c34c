/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * lower.h: from a program's nodes to layers of our own engine.
 *
 * A layer's tensor is f32 N,H,W,C, or of files that are quantised bytes in that order, an i8 being
 * taken as the u8 that is 128 more; a tensor of the file has up to four axes in an order of its own.
 * A seg_lowered says which is which: axis[i] is the physical axis (0 N, 1 H, 2 W, 3 C) that holds
 * logical axis i; physical axes that no logical one names have extent 1. So the file's N,C,H,W is
 * {0, 3, 1, 2}, a file in N,H,W,C is {0, 1, 2, 3}, a vector of class scores N,C is {0, 3}: a
 * Transpose, Squeeze or Unsqueeze is a change of that note and moves nothing, and whole chains of
 * them disappear.
 */
#ifndef RUNTIME_LOWER_H
#define RUNTIME_LOWER_H

#include "graph/graph.h"
#include "runtime/op.h"

enum { SEG_LOWER_RANK = 4 };

/* Where the axes of a tensor of the file lie. */
typedef struct seg_axes {
    int rank; /* 0..4 */
    int axis[SEG_LOWER_RANK];
} seg_axes;

/* A value of the region under construction. */
typedef struct seg_lowered {
    seg_value value; /* SEG_NO_VALUE: none */
    seg_axes axes;
    seg_dtype dtype; /* of the file: SEG_F32, or SEG_U8, SEG_I8 and SEG_I64, which are bytes here */
} seg_lowered;

/* One node that may be lowered. */
typedef struct seg_lower {
    const seg_program *program;
    const seg_program_node *node;
    int opset;
    seg_graph *graph; /* of the region; its sticky error is looked at by the caller */
    int src_count, dst_count;
    const seg_shape *src;      /* [src_count] logical shapes; rank SEG_UNKNOWN_RANK: left out */
    const seg_tensor *fixed;   /* [src_count] data NULL: not known before the run */
    seg_lowered *dst;          /* [dst_count] to be filled */
    struct seg_region *region; /* behind seg_lower_src */
    seg_error *err;
} seg_lower;

/* N,C,H,W of a file, cut to its first `rank` axes when lower (N,C; N,C,L as N,C,1,L is not made). */
seg_axes seg_axes_nchw(int rank);
/* 0, 1, 2, 3: the order of the file itself. */
seg_axes seg_axes_identity(int rank);
bool seg_axes_equal(const seg_axes *a, const seg_axes *b);
/* Both lay a tensor of this logical shape out alike: they differ at most in axes of extent 1. */
bool seg_axes_same_order(const seg_shape *shape, const seg_axes *a, const seg_axes *b);
/* Of data that lie as `from` says: floats to the next index of each physical axis of `to`. */
void seg_axes_steps(const seg_shape *shape, const seg_axes *from, const seg_axes *to,
                    int64_t steps[SEG_LOWER_RANK]);
/* The permute layer from one to the other. */
seg_permute_params seg_axes_permutation(const seg_axes *from, const seg_axes *to);
/* N,H,W,C extents of a logical shape that lies as axes say. */
seg_shape seg_axes_physical(const seg_axes *axes, const seg_shape *logical);

/* f32, rank 0..4, no empty extent: what layers can hold. */
bool seg_lower_takes(const seg_lower *lower, int src);
/* Bytes of rank 4, not known before the run, no empty extent. */
bool seg_lower_takes_bytes(const seg_lower *lower, int src);
/* Source `index` is known before the run, and f32. */
bool seg_lower_knows(const seg_lower *lower, int src);
/* The layout that source `index` has already; nothing is read yet. */
seg_axes seg_lower_axes(const seg_lower *lower, int index);
/*
 * A layout of source `index` in which only rows and columns change where changes[logical axis] says
 * so: the one it has, or one that a file may mean (N,C,H,W, N,H,W,C). False: there is none; nothing
 * is added.
 */
bool seg_lower_plane(const seg_lower *lower, int index, const bool *changes, seg_axes *axes);
/* Source `index` in the layout it has already (that of the file, when it comes from outside). */
seg_lowered seg_lower_src(seg_lower *lower, int index);
/* Such bytes, in the file's order. */
seg_value seg_lower_bytes(seg_lower *lower, int index);
/* Source `index` in this layout: moved by a permute layer where it lies otherwise. */
seg_value seg_lower_src_as(seg_lower *lower, int index, const seg_axes *axes);
/* A constant of the graph with this physical shape, for the caller to fill: returns its floats in
 * *data (NULL after an error). */
seg_value seg_lower_constant(seg_lower *lower, const char *what, const seg_shape *shape,
                             float **data);
/* The same of any element type. */
seg_value seg_lower_constant_of(seg_lower *lower, const char *what, const seg_shape *shape,
                                void **data);
/* Source `index`, known before the run, as it lies: steps[a] elements from one index of axis a of
 * the shape to the next. */
seg_value seg_lower_view(seg_lower *lower, int index, const seg_shape *shape,
                         const int64_t steps[4]);
/* Convolution weights of a file, O,I/g,KH,KW (or I,O,KH,KW with `transposed`), as the engine's
 * KH,KW,I/g,O; from lower->fixed[src]. depthwise: KH,KW,1,O. */
seg_value seg_lower_kernel(seg_lower *lower, int src, bool transposed);
/* A vector of lower->fixed[src] (f32, `length` elements; a single one is repeated). */
seg_value seg_lower_vector(seg_lower *lower, int src, int64_t length);
/* Add a layer; the sources must be physical values. */
seg_value seg_lower_layer(seg_lower *lower, const char *op, const void *params, int src_count,
                          const seg_value *src);
/* Result `index` of the node. */
void seg_lower_result(seg_lower *lower, int index, seg_value value, const seg_axes *axes);
/* The only result of a node, in bytes, in the file's order. */
void seg_lower_bytes_result(seg_lower *lower, seg_value value);
/* A function of one byte, which `evaluate` is asked about all of them: one layer. */
seg_status seg_lower_table(seg_lower *lower, seg_status (*evaluate)(seg_eval *call), bool *done);
/* The layer of such a function: table[u8] is a u8. */
seg_value seg_lower_map(seg_lower *lower, seg_value src, const uint8_t table[256]);

#endif
