/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* loss_sum.c: the first term writes the gradient, later ones are added from a buffer. */
#include "train/loss_sum.h"

#include <string.h>

#include "base/error.h"
#include "base/parallel.h"
#include "base/strbuf.h"
#include "kernels/kernels.h"

enum { ADD_BLOCK = 1 << 16 }; /* floats */

static seg_status no_such_loss(const char *given, int length, seg_error *err)
{
    seg_strbuf names = {0};
    for (int i = 0; seg_loss_at(i) != NULL; i++)
        seg_strbuf_addf(&names, "%s%s", i > 0 ? ", " : "", seg_loss_at(i)->name);
    seg_status status = seg_fail(err, SEG_INVALID, "loss: no '%.*s', there are %s", length, given,
                                 names.failed ? "others" : names.text);
    seg_strbuf_release(&names);
    return status;
}

static const seg_loss *find(const char *name, size_t length)
{
    for (int i = 0; seg_loss_at(i) != NULL; i++) {
        const char *known = seg_loss_at(i)->name;
        if (strlen(known) == length && memcmp(known, name, length) == 0)
            return seg_loss_at(i);
    }
    return NULL;
}

seg_status seg_loss_sum_parse(seg_loss_sum *out, const char *text, seg_error *err)
{
    const char *name = text != NULL ? text : "";
    *out = (seg_loss_sum){0};
    for (;;) {
        size_t length = strcspn(name, "+");
        const seg_loss *loss = find(name, length);
        if (loss == NULL)
            return no_such_loss(name, (int)length, err);
        for (int i = 0; i < out->count; i++) {
            if (out->terms[i] == loss)
                return seg_fail(err, SEG_INVALID, "loss: %s names %s twice", text, loss->name);
        }
        if (out->count == SEG_LOSS_TERMS)
            return seg_fail(err, SEG_INVALID, "loss: %s has more than %d terms", text,
                            SEG_LOSS_TERMS);
        out->terms[out->count++] = loss;
        if (name[length] == '\0')
            return SEG_OK;
        name += length + 1;
    }
}

static size_t terms_size(const seg_loss_sum *sum, const seg_shape *logits)
{
    size_t most = 0;
    for (int i = 0; i < sum->count; i++) {
        size_t size = sum->terms[i]->scratch_size(logits);
        most = size > most ? size : most;
    }
    return most;
}

/* Scratch: the gradient of a later term, then what the terms ask for. */
static size_t term_gradient_size(const seg_loss_sum *sum, const seg_shape *logits)
{
    return sum->count > 1 ? (seg_shape_size(logits) + 63) / 64 * 64 : 0;
}

size_t seg_loss_sum_scratch_size(const seg_loss_sum *sum, const seg_shape *logits)
{
    return term_gradient_size(sum, logits) + terms_size(sum, logits);
}

typedef struct addition {
    float *dst;
    const float *src;
    int64_t count;
} addition;

static void add_block(void *context, int64_t index, int thread)
{
    (void)thread;
    const addition *a = context;
    int64_t first = index * ADD_BLOCK, left = a->count - first;
    seg_kernels_get()->train.add(a->dst + first, a->src + first,
                                 left < ADD_BLOCK ? left : ADD_BLOCK);
}

double seg_loss_sum_compute(const seg_loss_sum *sum, const seg_loss_opts *opts,
                            const seg_tensor *logits, const uint8_t *labels, float *diff_logits,
                            void *scratch)
{
    const seg_shape *shape = &logits->shape;
    char *term_scratch = (char *)scratch + term_gradient_size(sum, shape);
    addition a = {diff_logits, scratch, shape->n * shape->h * shape->w * shape->c};
    double loss = sum->terms[0]->compute(opts, logits, labels, diff_logits, term_scratch);
    for (int i = 1; i < sum->count; i++) {
        loss += sum->terms[i]->compute(opts, logits, labels, scratch, term_scratch);
        seg_parallel_for(opts->threads, (a.count + ADD_BLOCK - 1) / ADD_BLOCK, add_block, &a);
    }
    return loss;
}
