/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * tflite_reader.h: what the files of the TensorFlow Lite reader share.
 *
 *   tflite.c            the file: subgraph, operators in turn, inputs and outputs
 *   tflite_tensors.c    its tensors: slots, constants, quantisation
 *   tflite_emit.c       nodes and constants of the program under construction
 *   tflite_ops.c        the table of operators
 *   tflite_options.c    their option tables
 *   tflite_<family>.c   float operators in ONNX's words
 *
 * Reading has a sticky status: once something failed, later calls do nothing and return
 * SEG_NO_SLOT, so a translation reads as a list of nodes and is checked once.
 */
#ifndef IO_TFLITE_READER_H
#define IO_TFLITE_READER_H

#include "io/flatbuffer.h"
#include "io/tflite.h"

/* TensorType of the schema. */
enum {
    TFLITE_FLOAT32 = 0,
    TFLITE_FLOAT16 = 1,
    TFLITE_INT32 = 2,
    TFLITE_UINT8 = 3,
    TFLITE_INT64 = 4,
    TFLITE_BOOL = 6,
    TFLITE_INT16 = 7,
    TFLITE_INT8 = 9
};
/* Padding, and ActivationFunctionType. */
enum { TFLITE_SAME = 0, TFLITE_VALID = 1 };
enum {
    TFLITE_ACT_NONE = 0,
    TFLITE_ACT_RELU = 1,
    TFLITE_ACT_RELU_N1_TO_1 = 2,
    TFLITE_ACT_RELU6 = 3,
    TFLITE_ACT_TANH = 4
};

typedef struct seg_tflite_tensor {
    const char *name;    /* "" where the file gives none */
    int64_t type;        /* TensorType */
    bool known;          /* type has a seg_dtype, which is that of shape */
    seg_shape shape;     /* rank SEG_UNKNOWN_RANK, extents SEG_ANY_EXTENT where it says nothing */
    const uint8_t *data; /* in the file, seg_shape_size bytes; NULL: not a constant */
    seg_quantisation quantisation;
    seg_slot slot;   /* as stored; to be dequantised, a quantised one that is no constant: f32 */
    seg_slot real;   /* f32 of a quantised constant; SEG_NO_SLOT: not made yet */
    seg_slot stored; /* to be dequantised,, of a quantised input or output: as stored */
} seg_tflite_tensor;

/* One field of an option table: what the attribute is called, and where it stands. */
typedef struct seg_tflite_option {
    const char *name; /* NULL ends a list */
    int field;
    enum { OPTION_ENUM, OPTION_BOOL, OPTION_I32, OPTION_F32 } kind;
    int missing;
} seg_tflite_option;

typedef struct seg_tflite_reader seg_tflite_reader;

/* One line of the table of operators. */
typedef struct seg_tflite_op {
    int code;         /* BuiltinOperator; -1: custom */
    const char *name; /* of the schema, or the custom code */
    int options_type; /* BuiltinOptions; 0: none that matter */
    const seg_tflite_option *options;
    int src_min, src_max, dst_max; /* src_max -1: any number; at least one dst */
    void (*translate)(seg_tflite_reader *reader);
    /* What becomes of it when its data are quantised. */
    enum {
        QUANTISED_REFUSED,
        QUANTISED_OWN,   /* an operator of domain "tflite" with the options as attributes */
        QUANTISED_MOVED, /* translate: it only moves elements, whose quantisation must not change */
        QUANTISED_FREE   /* translate: the result is not quantised, or translate knows */
    } quantised;
    int lists; /* bit i: source i is no data but a list of numbers (shape, axes, padding) */
} seg_tflite_op;

struct seg_tflite_reader {
    seg_flatbuffer file;
    seg_program *program;
    bool dequantise;
    size_t allowance; /* bytes that may still be taken */
    seg_tflite_tensor *tensors;
    size_t tensor_count;
    /* the operator at hand */
    const seg_tflite_op *op;
    seg_tflite_op unknown; /* what op points to where the table has no line */
    size_t op_index;
    bool quantised; /* it computes on quantised data as they are */
    seg_flat_table options;
    seg_flat_vector src, dst, custom;
    seg_status status;
    seg_error *err;
};

/* ---- tflite.c ---- */

/* Fail with "<path>: operator <i> (CONV_2D): " in front; the first failure stays. */
void seg_tflite_fail(seg_tflite_reader *reader, seg_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));
/* Take bytes from the allowance; false (SEG_LIMIT) when it is used up. */
bool seg_tflite_charge(seg_tflite_reader *reader, size_t bytes);
/* Zeroed memory of the program's; NULL after a failure. */
void *seg_tflite_alloc(seg_tflite_reader *reader, size_t bytes);

/* ---- tflite_tensors.c ---- */

void seg_tflite_read_tensors(seg_tflite_reader *reader, const seg_flat_table *subgraph,
                             const seg_flat_vector *buffers);
/* u8, i8, or a constant i32 (a bias) with scales. */
bool seg_tflite_is_quantised(const seg_tflite_tensor *tensor);

int seg_tflite_src_count(const seg_tflite_reader *reader);
int seg_tflite_dst_count(const seg_tflite_reader *reader);
/* Source or result `index` of the operator at hand; NULL: left out. */
seg_tflite_tensor *seg_tflite_src(seg_tflite_reader *reader, int index);
seg_tflite_tensor *seg_tflite_dst(seg_tflite_reader *reader, int index);
/* Its slot: f32 for a quantised tensor where the operator is translated to float. */
seg_slot seg_tflite_src_slot(seg_tflite_reader *reader, int index);
seg_slot seg_tflite_dst_slot(seg_tflite_reader *reader, int index);
/* A source that is a list of 32 or 64-bit integers, constant, of at most `capacity` elements.
 * Returns how many; a failure (0) says what it was for. */
int seg_tflite_src_list(seg_tflite_reader *reader, int index, const char *what, int64_t *list,
                        int capacity);
/* Extent of axis `axis` (negative: from the end) of a source, or SEG_ANY_EXTENT. */
int64_t seg_tflite_extent(seg_tflite_reader *reader, int index, int axis);

/* ---- tflite_options.c ---- */

int64_t seg_tflite_int(seg_tflite_reader *reader, const char *name);
float seg_tflite_float(seg_tflite_reader *reader, const char *name);
extern const seg_tflite_option seg_tflite_conv2d_options[], seg_tflite_depthwise_options[],
    seg_tflite_pool_options[], seg_tflite_transpose_conv_options[], seg_tflite_dense_options[],
    seg_tflite_activation_options[], seg_tflite_concat_options[], seg_tflite_resize_options[],
    seg_tflite_softmax_options[], seg_tflite_leaky_options[], seg_tflite_reduce_options[],
    seg_tflite_block_options[], seg_tflite_gather_options[], seg_tflite_pack_options[],
    seg_tflite_unpack_options[], seg_tflite_slice_options[], seg_tflite_mirror_options[],
    seg_tflite_cast_options[], seg_tflite_type_options[], seg_tflite_nearest_options[],
    seg_tflite_gelu_options[], seg_tflite_matmul_options[];

/* ---- tflite_emit.c ---- */

/* Attributes that point at what the caller holds; nodes keep copies. */
seg_attribute seg_tflite_attr_int(const char *name, const int64_t *value);
seg_attribute seg_tflite_attr_ints(const char *name, int count, const int64_t *values);
seg_attribute seg_tflite_attr_float(const char *name, const float *value);
seg_attribute seg_tflite_attr_text(const char *name, const char *text);

/* A node; a dst that is SEG_NO_SLOT becomes a fresh slot. Returns the (first) dst. */
seg_slot seg_tflite_emit(seg_tflite_reader *reader, const char *op, seg_slot dst, int src_count,
                         const seg_slot *src, int attribute_count, const seg_attribute *attributes);
void seg_tflite_emit_many(seg_tflite_reader *reader, const char *domain, const char *op,
                          int dst_count, seg_slot *dst, int src_count, const seg_slot *src,
                          int attribute_count, const seg_attribute *attributes);
seg_slot seg_tflite_emit1(seg_tflite_reader *reader, const char *op, seg_slot dst, seg_slot src);
seg_slot seg_tflite_emit2(seg_tflite_reader *reader, const char *op, seg_slot dst, seg_slot a,
                          seg_slot b);

/* Constants: a list of i64 (rank 1), one i64 or f32 (rank 0). */
seg_slot seg_tflite_list_constant(seg_tflite_reader *reader, const char *what, int count,
                                  const int64_t *values);
seg_slot seg_tflite_float_constant(seg_tflite_reader *reader, const char *what, float value);

/* Transpose by perm (rank 4) into dst. */
seg_slot seg_tflite_transpose(seg_tflite_reader *reader, seg_slot src, seg_slot dst,
                              const int64_t perm[4]);
seg_slot seg_tflite_to_nchw(seg_tflite_reader *reader, seg_slot src);
seg_slot seg_tflite_to_nhwc(seg_tflite_reader *reader, seg_slot src, seg_slot dst);

/* Where an operator with this fused activation writes: dst, or a slot to be activated. */
seg_slot seg_tflite_before(seg_tflite_reader *reader, int64_t activation, seg_slot dst);
void seg_tflite_activate(seg_tflite_reader *reader, seg_slot value, int64_t activation,
                         seg_slot dst);
/* Source `index` as i64: its constant, or a Cast. */
seg_slot seg_tflite_src_i64(seg_tflite_reader *reader, int index);

/* Negative axes count from the end; fails outside of 0..rank-1. */
int64_t seg_tflite_axis(seg_tflite_reader *reader, int64_t axis, int64_t rank);
/* Rank of a source, which must be known. */
int seg_tflite_rank(seg_tflite_reader *reader, int index);

/* ---- translations, by family ---- */

extern const seg_tflite_op seg_tflite_ops[];    /* ends with name NULL */
const char *seg_tflite_code_name(int64_t code); /* BuiltinOperator; NULL: none of the schema's */

#define TFLITE_TRANSLATE(name) void seg_tflite_##name(seg_tflite_reader *reader);
/* tflite_convolution.c */
TFLITE_TRANSLATE(conv2d)
TFLITE_TRANSLATE(depthwise)
TFLITE_TRANSLATE(transpose_conv)
TFLITE_TRANSLATE(dense)
TFLITE_TRANSLATE(matmul)
TFLITE_TRANSLATE(mediapipe_transpose_conv)
/* tflite_image.c */
TFLITE_TRANSLATE(average_pool)
TFLITE_TRANSLATE(max_pool)
TFLITE_TRANSLATE(resize_bilinear)
TFLITE_TRANSLATE(resize_nearest)
TFLITE_TRANSLATE(depth_to_space)
TFLITE_TRANSLATE(space_to_depth)
TFLITE_TRANSLATE(space_to_batch)
TFLITE_TRANSLATE(batch_to_space)
TFLITE_TRANSLATE(pad)
TFLITE_TRANSLATE(mirror_pad)
TFLITE_TRANSLATE(mediapipe_pool)
/* tflite_elementwise.c */
TFLITE_TRANSLATE(binary)
TFLITE_TRANSLATE(unary)
TFLITE_TRANSLATE(clip)
TFLITE_TRANSLATE(rsqrt)
TFLITE_TRANSLATE(square)
TFLITE_TRANSLATE(squared_difference)
TFLITE_TRANSLATE(not_equal)
TFLITE_TRANSLATE(leaky_relu)
TFLITE_TRANSLATE(softmax)
TFLITE_TRANSLATE(gelu)
TFLITE_TRANSLATE(cast)
TFLITE_TRANSLATE(quantise)
TFLITE_TRANSLATE(dequantise)
TFLITE_TRANSLATE(reduce)
TFLITE_TRANSLATE(arg_max)
/* tflite_shape.c */
TFLITE_TRANSLATE(concat)
TFLITE_TRANSLATE(reshape)
TFLITE_TRANSLATE(transpose_op)
TFLITE_TRANSLATE(squeeze)
TFLITE_TRANSLATE(expand_dims)
TFLITE_TRANSLATE(strided_slice)
TFLITE_TRANSLATE(slice)
TFLITE_TRANSLATE(split)
TFLITE_TRANSLATE(split_v)
TFLITE_TRANSLATE(tile)
TFLITE_TRANSLATE(pack)
TFLITE_TRANSLATE(unpack)
TFLITE_TRANSLATE(shape)
TFLITE_TRANSLATE(gather)
TFLITE_TRANSLATE(select)
TFLITE_TRANSLATE(fill)
TFLITE_TRANSLATE(broadcast_to)
TFLITE_TRANSLATE(range)
#undef TFLITE_TRANSLATE

#endif
