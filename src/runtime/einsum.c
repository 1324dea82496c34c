/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * einsum.c: Einsum: sums of products over labelled axes, as in "bhd,bwd->bhw".
 *
 * Sources are multiplied two by two, from the left. Of a pair, labels are batches (in both, and
 * needed later), rows (in the first), columns (in the second) or are summed over; so each pair is a
 * batch of matrix products (product.h), of copies in that order.
 */
#include <ctype.h>
#include <string.h>

#include "base/error.h"
#include "runtime/args.h"
#include "runtime/product.h"
#include "runtime/view.h"

/* Letters, and "..." as up to 8 labels of its own, the last of which is its last axis. */
enum {
    LETTERS = 52,
    LABELS = LETTERS + SEG_MAX_RANK,
    ELLIPSIS = -1, /* in a term, before its axes are known */
    TERM = 32      /* labels and ellipses of a term at most */
};

typedef struct term {
    int count;
    int label[TERM];
} term;

/* A source, or what several came to. */
typedef struct labelled {
    const char *data;
    seg_dtype dtype;
    bool has[LABELS]; /* an axis longer than 1, or of extent 1 everywhere */
    int64_t step[LABELS];
    void *owned; /* data, when it is to be freed */
} labelled;

typedef struct einsum {
    seg_eval *call;
    seg_number number;
    term result;
    bool wanted[LABELS];    /* in the result */
    int64_t extent[LABELS]; /* 0: not met */
    bool met[LABELS];
    int uses[LABELS]; /* times that a label stands in the sources' terms */
} einsum;

static int label_of(char letter)
{
    return letter >= 'a' ? 26 + letter - 'a' : letter - 'A'; /* in the order of ASCII */
}

/* One term, up to ',', '-' or the end; *text moves there. */
static seg_status read_term(seg_eval *call, const char **text, term *out)
{
    out->count = 0;
    for (; **text != '\0' && **text != ',' && **text != '-'; (*text)++) {
        bool dots = strncmp(*text, "...", 3) == 0;
        if (**text == ' ')
            continue;
        if ((!dots && !isalpha((unsigned char)**text)) || out->count == TERM)
            return seg_eval_fail(call, SEG_INVALID, "the equation cannot be read at '%.20s'",
                                 *text);
        out->label[out->count++] = dots ? ELLIPSIS : label_of(**text);
        *text += dots ? 2 : 0;
    }
    return SEG_OK;
}

/* The ellipsis as `axes` labels. */
static seg_status expand_ellipsis(seg_eval *call, term *t, int axes)
{
    for (int i = 0; i < t->count; i++) {
        if (t->label[i] != ELLIPSIS)
            continue;
        if (axes < 0 || axes > SEG_MAX_RANK || t->count - 1 + axes > TERM)
            return seg_eval_fail(call, SEG_INVALID, "a term has more labels than axes");
        memmove(t->label + i + axes, t->label + i + 1,
                (size_t)(t->count - i - 1) * sizeof *t->label);
        for (int k = 0; k < axes; k++)
            t->label[i + k] = LABELS - axes + k;
        t->count += axes - 1;
        return SEG_OK; /* a second one is found by its number */
    }
    return SEG_OK;
}

static seg_status meet(einsum *job, int label, int64_t extent)
{
    int64_t *known = &job->extent[label];
    if (label == ELLIPSIS)
        return seg_eval_fail(job->call, SEG_INVALID, "a term has two ellipses");
    if (!job->met[label] || *known == 1)
        *known = extent;
    else if (extent != 1 && extent != *known)
        return seg_eval_fail(job->call, SEG_INVALID, "a label has extents %lld and %lld",
                             (long long)*known, (long long)extent);
    job->met[label] = true;
    job->uses[label]++;
    return SEG_OK;
}

/* Axes of a source that its ellipsis stands for. */
static int ellipsis_axes(const term *t, int rank)
{
    return rank - (t->count - 1);
}

static seg_status read_source(einsum *job, const char **text, int index, term *out)
{
    const seg_shape *shape = &job->call->src[index].shape;
    seg_status status = seg_eval_need(job->call, index, "of the equation");
    if (status == SEG_OK)
        status = read_term(job->call, text, out);
    if (status == SEG_OK)
        status = expand_ellipsis(job->call, out, ellipsis_axes(out, shape->rank));
    if (status == SEG_OK && out->count != shape->rank)
        status = seg_eval_fail(job->call, SEG_INVALID, "input %d has %d axes, its term %d labels",
                               index, shape->rank, out->count);
    for (int i = 0; status == SEG_OK && i < out->count; i++)
        status = meet(job, out->label[i], shape->dim[i]);
    return status;
}

/* Without "->": what the ellipsis stands for, then labels met once. */
static void imply_result(einsum *job)
{
    for (int label = LETTERS; label < LABELS; label++) {
        if (job->met[label])
            job->result.label[job->result.count++] = label;
    }
    for (int label = 0; label < LETTERS && job->result.count < TERM; label++) {
        if (job->uses[label] == 1)
            job->result.label[job->result.count++] = label;
    }
}

static seg_status read_result(einsum *job, const char *text)
{
    int axes = 0;
    for (int label = LETTERS; label < LABELS; label++)
        axes += job->met[label];
    if (*text == '\0') {
        imply_result(job);
    } else {
        if (text[1] != '>')
            return seg_eval_fail(job->call, SEG_INVALID, "the equation cannot be read at '%.20s'",
                                 text);
        text += 2;
        seg_status status = read_term(job->call, &text, &job->result);
        if (status == SEG_OK && *text != '\0')
            status = seg_eval_fail(job->call, SEG_INVALID, "the equation has two results");
        if (status == SEG_OK)
            status = expand_ellipsis(job->call, &job->result, axes);
        if (status != SEG_OK)
            return status;
    }
    if (job->result.count > SEG_MAX_RANK)
        return seg_eval_fail(job->call, SEG_LIMIT, "a result of %d axes, at most %d are supported",
                             job->result.count, SEG_MAX_RANK);
    for (int i = 0; i < job->result.count; i++) {
        int label = job->result.label[i];
        if (label < 0 || !job->met[label] || job->wanted[label])
            return seg_eval_fail(job->call, SEG_INVALID,
                                 "the result has a label twice, or one that no input has");
        job->wanted[label] = true;
    }
    return SEG_OK;
}

/* ---- products ---- */

/* Steps along its labels; an axis of extent 1 beside a longer one is not there. */
static labelled label_source(const einsum *job, const seg_tensor *tensor, const term *t)
{
    labelled made = {.data = tensor->data, .dtype = tensor->shape.dtype};
    seg_view view = seg_view_of(tensor);
    for (int i = 0; i < t->count; i++) {
        int label = t->label[i];
        if (view.dim[i] != job->extent[label])
            continue;
        made.has[label] = true;
        made.step[label] += view.step[i]; /* a label twice is a diagonal */
    }
    return made;
}

/* Labels of a pair in one order: batches, rows, sums, columns. */
typedef struct pairing {
    int label[LABELS];
    int batches, rows, sums, cols; /* labels of each */
    int64_t batch_count, row_count, sum_count, col_count;
} pairing;

/* Takes labels whose kind is this one; false when there are too many elements. */
static bool take(const einsum *job, pairing *p, int *at, const bool pick[LABELS], int *labels,
                 int64_t *count)
{
    *count = 1;
    *labels = 0;
    for (int label = 0; label < LABELS; label++) {
        if (!pick[label])
            continue;
        p->label[(*at)++] = label;
        (*labels)++;
        if (__builtin_mul_overflow(*count, job->extent[label], count))
            return false;
    }
    return true;
}

static bool pair_up(const einsum *job, const labelled *a, const labelled *b,
                    const bool needed[LABELS], pairing *p)
{
    bool pick[4][LABELS];
    int at = 0;
    for (int i = 0; i < LABELS; i++) {
        pick[0][i] = a->has[i] && b->has[i] && needed[i];
        pick[1][i] = a->has[i] && !b->has[i] && needed[i];
        pick[2][i] = (a->has[i] || b->has[i]) && !needed[i];
        pick[3][i] = !a->has[i] && b->has[i] && needed[i];
    }
    return take(job, p, &at, pick[0], &p->batches, &p->batch_count) &&
           take(job, p, &at, pick[1], &p->rows, &p->row_count) &&
           take(job, p, &at, pick[2], &p->sums, &p->sum_count) &&
           take(job, p, &at, pick[3], &p->cols, &p->col_count);
}

/* count numbers, of a[batch][row][col]; NULL with the reason in *status. */
static void *room_for(einsum *job, int64_t batches, int64_t rows, int64_t cols, seg_status *status)
{
    seg_shape shape = {seg_number_dtype(job->number), 3, {{batches, rows, cols}}};
    char text[SEG_SHAPE_TEXT_SIZE];
    void *room = NULL;
    if (*status != SEG_OK)
        return NULL;
    if (!seg_shape_valid(&shape) || seg_shape_size(&shape) > *job->call->allowance)
        *status = seg_eval_fail(job->call, SEG_LIMIT, "a product of %s exceeds the memory limit",
                                seg_shape_text(&shape, text));
    else if ((room = seg_block_new(seg_shape_size(&shape))) == NULL)
        *status = seg_fail_nomem(job->call->err, seg_shape_size(&shape), "Einsum");
    return room;
}

/* A source along labels first..first+count-1 of a pairing, and then those from second on. */
static void fetch(const einsum *job, const labelled *from, const pairing *p, const int parts[3][2],
                  void *dst)
{
    seg_view view = {.data = from->data, .dtype = from->dtype};
    for (int part = 0; part < 3; part++) {
        for (int i = 0; i < parts[part][1]; i++) {
            int label = p->label[parts[part][0] + i];
            view.dim[view.rank] = job->extent[label];
            view.step[view.rank++] = from->has[label] ? from->step[label] : 0;
        }
    }
    seg_view_merge(&view);
    seg_view_load(&view, 0, seg_view_count(&view), job->number, dst);
}

static void multiply(const seg_product *product, int64_t batches, const char *a, const char *b,
                     char *c)
{
    const int64_t size = (int64_t)seg_number_size(product->number);
    for (int64_t i = 0; i < batches; i++) {
        const char *matrix = b + i * product->depth * product->cols * size;
        seg_product_prepare(product, matrix);
        seg_product_run(product, a + i * product->rows * product->depth * size, matrix,
                        c + i * product->rows * product->cols * size);
    }
}

/* Steps of labels first..first+count-1 of a product, the last of which has *step. */
static void place_labels(const einsum *job, const pairing *p, int first, int count, labelled *out,
                         uint64_t *step)
{
    for (int i = first + count - 1; i >= first; i--) {
        out->has[p->label[i]] = true;
        out->step[p->label[i]] = (int64_t)*step; /* wraps only when there are no elements */
        *step *= (uint64_t)job->extent[p->label[i]];
    }
}

/* a becomes what was made: [batches][rows][columns]. */
static void take_product(const einsum *job, const pairing *p, void *made, labelled *a)
{
    uint64_t step = 1;
    seg_block_free(a->owned);
    *a = (labelled){.data = made, .dtype = seg_number_dtype(job->number), .owned = made};
    place_labels(job, p, p->batches + p->rows + p->sums, p->cols, a, &step);
    place_labels(job, p, p->batches, p->rows, a, &step);
    place_labels(job, p, 0, p->batches, a, &step);
}

/* a becomes the product of a and b. */
static seg_status combine(einsum *job, labelled *a, const labelled *b, const bool needed[LABELS])
{
    pairing p;
    seg_status status = SEG_OK;
    if (!pair_up(job, a, b, needed, &p))
        return seg_eval_fail(job->call, SEG_LIMIT, "a product of too many elements");
    const int row = p.batches, sum = row + p.rows, col = sum + p.sums;
    const int left[3][2] = {{0, p.batches}, {row, p.rows}, {sum, p.sums}};
    const int right[3][2] = {{0, p.batches}, {sum, p.sums}, {col, p.cols}};
    seg_product product = {job->number, job->call->threads, p.row_count,
                           p.sum_count, p.col_count,        NULL};
    void *from_a = room_for(job, p.batch_count, p.row_count, p.sum_count, &status);
    void *from_b = room_for(job, p.batch_count, p.sum_count, p.col_count, &status);
    void *made = room_for(job, p.batch_count, p.row_count, p.col_count, &status);
    size_t size = status == SEG_OK ? seg_product_scratch(&product) : 0;
    if (status == SEG_OK && (product.scratch = seg_block_new(size)) == NULL)
        status = seg_fail_nomem(job->call->err, size, "Einsum");
    if (status == SEG_OK) {
        fetch(job, a, &p, left, from_a);
        fetch(job, b, &p, right, from_b);
        multiply(&product, p.batch_count, from_a, from_b, made);
        take_product(job, &p, made, a);
        made = NULL;
    }
    seg_block_free(from_a);
    seg_block_free(from_b);
    seg_block_free(made);
    seg_block_free(product.scratch);
    return status;
}

/* ---- the operator ---- */

/* All terms; the equation must have one for each source. */
static seg_status read_equation(einsum *job, term *terms)
{
    const char *text = seg_program_get_text(job->call->node, "equation", "");
    for (int i = 0; i < job->call->src_count; i++) {
        seg_status status = read_source(job, &text, i, &terms[i]);
        if (status != SEG_OK)
            return status;
        bool last = i + 1 == job->call->src_count;
        if (last ? *text == ',' : *text != ',')
            return seg_eval_fail(job->call, SEG_INVALID, "the equation is not one of %d inputs",
                                 job->call->src_count);
        text += *text == ',';
    }
    return read_result(job, text);
}

static void needed_after(const einsum *job, const term *terms, int index, bool needed[LABELS])
{
    memcpy(needed, job->wanted, sizeof job->wanted);
    for (int i = index + 1; i < job->call->src_count; i++) {
        for (int k = 0; k < terms[i].count; k++)
            needed[terms[i].label[k]] = true;
    }
}

static seg_status multiply_all(einsum *job, const term *terms, labelled *product)
{
    const seg_eval *call = job->call;
    uint64_t stored;
    bool needed[LABELS];
    const labelled one = {.data = (const char *)&stored, .dtype = call->src[0].shape.dtype};
    seg_number_from_double(one.dtype, &stored, 1.0);
    *product = label_source(job, &call->src[0], &terms[0]);
    if (call->src_count == 1) {
        needed_after(job, terms, 0, needed);
        return combine(job, product, &one, needed);
    }
    for (int i = 1; i < call->src_count; i++) {
        const labelled next = label_source(job, &call->src[i], &terms[i]);
        needed_after(job, terms, i, needed);
        seg_status status = combine(job, product, &next, needed);
        if (status != SEG_OK)
            return status;
    }
    return SEG_OK;
}

static seg_status store_result(einsum *job, const labelled *product)
{
    seg_view view = {.data = product->data, .dtype = product->dtype, .rank = job->result.count};
    seg_shape shape = {.dtype = job->call->src[0].shape.dtype, .rank = job->result.count};
    for (int i = 0; i < view.rank; i++) {
        int label = job->result.label[i];
        shape.dim[i] = view.dim[i] = job->extent[label];
        view.step[i] = product->has[label] ? product->step[label] : 0;
    }
    seg_status status = seg_eval_result(job->call, 0, &shape);
    if (status == SEG_OK)
        seg_view_store_all(&view, job->call->threads, &job->call->dst[0]);
    return status;
}

static seg_status evaluate_einsum(seg_eval *call)
{
    einsum job = {.call = call, .number = seg_number_of(call->src[0].shape.dtype)};
    labelled product = {.owned = NULL};
    size_t size = (size_t)call->src_count * sizeof(term);
    if (call->src[0].shape.dtype == SEG_BOOL)
        return seg_eval_bad_dtype(call, 0);
    term *terms = seg_block_new(size);
    if (terms == NULL)
        return seg_fail_nomem(call->err, size, "Einsum");
    seg_status status = seg_eval_same_dtype(call, 1);
    if (status == SEG_OK)
        status = read_equation(&job, terms);
    if (status == SEG_OK)
        status = multiply_all(&job, terms, &product);
    if (status == SEG_OK)
        status = store_result(&job, &product);
    seg_block_free(product.owned);
    seg_block_free(terms);
    return status;
}

const seg_runtime_op seg_runtime_op_Einsum = {
    .domain = "", .name = "Einsum", .src_min = 1, .src_max = -1, .evaluate = evaluate_einsum};
