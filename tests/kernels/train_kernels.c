/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* train_kernels.c: softmax, losses and updates of every instruction set against plain C. */
#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "kernels/kernels.h"
#include "test.h"

enum { GUARD = 24, MOST = 40, PIXELS = 5 };

static const int sizes[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33};
enum { SIZE_COUNT = sizeof sizes / sizeof *sizes };

/* Rows with untouched numbers on both sides. */
typedef struct guarded {
    float all[GUARD + PIXELS * MOST + GUARD];
    int count;
} guarded;

static float *fill(guarded *g, int count, uint64_t seed)
{
    seg_rng rng = seg_rng_make(seed, SEG_RNG_METHOD, (uint64_t)count);
    g->count = count;
    for (int i = 0; i < GUARD + PIXELS * MOST + GUARD; i++)
        g->all[i] = 12345.0F;
    for (int i = 0; i < count; i++)
        g->all[GUARD + i] = (float)(3 * seg_rng_normal(&rng));
    return g->all + GUARD;
}

static void check_guards(const guarded *g)
{
    for (int i = 0; i < GUARD; i++)
        ck_assert(g->all[i] == 12345.0F && g->all[GUARD + g->count + i] == 12345.0F);
}

static void near(const float *got, const double *wanted, int count, double tolerance)
{
    for (int i = 0; i < count; i++)
        ck_assert_msg(fabs((double)got[i] - wanted[i]) <= tolerance * (1 + fabs(wanted[i])),
                      "element %d of %d: %.9g, wanted %.9g", i, count, (double)got[i], wanted[i]);
}

/* The table of this loop index, or NULL when this CPU cannot run it. */
static const seg_train_kernels *kernels_at(int index)
{
    int supported;
    const seg_kernels *table = seg_kernels_at(index, &supported);
    return table != NULL && supported ? &table->train : NULL;
}

static void plain_softmax(const float *x, int n, double *probs)
{
    double most = x[0], sum = 0;
    for (int i = 1; i < n; i++)
        most = fmax(most, x[i]);
    for (int i = 0; i < n; i++)
        sum += probs[i] = exp(x[i] - most);
    for (int i = 0; i < n; i++)
        probs[i] /= sum;
}

START_TEST(softmax)
{
    const seg_train_kernels *kernels = kernels_at(_i);
    for (int s = 0; kernels != NULL && s < SIZE_COUNT; s++) {
        int c = sizes[s], count = PIXELS * c;
        guarded logits, probs, loss, diff;
        const uint8_t labels[PIXELS] = {0, (uint8_t)(c - 1), 255, (uint8_t)c, (uint8_t)(c / 2)};
        const float factor[PIXELS] = {1, 0.5F, 2, 3, 0};
        double wanted[PIXELS * MOST], grad[PIXELS * MOST], wanted_loss[PIXELS];
        float *z = fill(&logits, count, 1), *p = fill(&probs, count, 2);
        float *l = fill(&loss, PIXELS, 3), *d = fill(&diff, count, 4);
        for (int i = 0; i < PIXELS; i++) {
            double *row = wanted + i * c;
            plain_softmax(z + i * c, c, row);
            int counts = labels[i] < c;
            wanted_loss[i] = counts ? -log(row[labels[i]]) : 0;
            for (int k = 0; k < c; k++)
                grad[i * c + k] = counts ? (double)factor[i] * (row[k] - (k == labels[i])) : 0;
        }
        kernels->softmax_loss(z, labels, PIXELS, c, p, l);
        near(p, wanted, count, 1e-6);
        near(l, wanted_loss, PIXELS, 1e-6);
        check_guards(&probs);
        check_guards(&loss);
        kernels->softmax_loss(z, labels, PIXELS, c, z, l); /* in place */
        ck_assert(memcmp(z, p, (size_t)count * sizeof *z) == 0);
        kernels->softmax_loss_grad(z, labels, factor, PIXELS, c);
        near(z, grad, count, 1e-6);
        check_guards(&logits);
        for (int i = 0; i < PIXELS; i++) {
            double mean = 0;
            for (int k = 0; k < c; k++)
                mean += wanted[i * c + k] * (double)d[i * c + k];
            for (int k = 0; k < c; k++)
                grad[i * c + k] = wanted[i * c + k] * ((double)d[i * c + k] - mean);
        }
        kernels->softmax_grad(p, d, PIXELS, c, p);
        near(p, grad, count, 2e-6);
        check_guards(&probs);
    }
}
END_TEST

START_TEST(updates)
{
    const seg_train_kernels *kernels = kernels_at(_i);
    for (int s = 0; kernels != NULL && s < SIZE_COUNT * 2; s++) {
        int n = sizes[s / 2];
        guarded grad, slot, slot2, weights;
        double w[MOST], v[MOST], m[MOST];
        float *g = fill(&grad, n, 5), *fv = fill(&slot, n, 6), *fm = fill(&slot2, n, 7);
        float *fw = fill(&weights, n, 8);
        const seg_sgd_step sgd = {0.1F, 0.5F, 0.9F, 0.01F, s % 2};
        for (int i = 0; i < n; i++) {
            double d = 0.5 * (double)g[i] + (double)sgd.decay * (double)fw[i];
            v[i] = (double)sgd.momentum * (double)fv[i] + d;
            w[i] =
                (double)fw[i] - (double)sgd.rate * (s % 2 ? d + (double)sgd.momentum * v[i] : v[i]);
        }
        kernels->sgd(&sgd, g, fv, fw, n);
        near(fv, v, n, 1e-6);
        near(fw, w, n, 1e-6);
        const seg_adamw_step adam = {0.1F, 0.5F, 0.01F, 0.1F, 0.01F, 1e-3F, 2, 3};
        for (int i = 0; i < n; i++) {
            fv[i] = fabsf(fv[i]);
            double x = 0.5 * (double)g[i];
            m[i] = (double)fm[i] + (double)adam.m_share * (x - (double)fm[i]);
            v[i] = (double)fv[i] + (double)adam.v_share * (x * x - (double)fv[i]);
            w[i] = (double)fw[i] * (1 - (double)adam.rate * (double)adam.decay) -
                   (double)adam.rate * 2 * m[i] / (sqrt(3 * v[i]) + (double)adam.epsilon);
        }
        kernels->adamw(&adam, g, fm, fv, fw, n);
        near(fm, m, n, 1e-6);
        near(fv, v, n, 1e-6);
        near(fw, w, n, 2e-6);
        double squares = 0;
        for (int i = 0; i < n; i++) {
            w[i] = (double)fw[i] + 0.25 * ((double)g[i] - (double)fw[i]) + (double)g[i];
            squares += (double)g[i] * (double)g[i];
        }
        kernels->blend(fw, g, 0.25F, n);
        kernels->add(fw, g, n);
        near(fw, w, n, 1e-6);
        ck_assert_double_eq_tol(kernels->sum_squares(g, n), squares, 1e-5 * (1 + squares));
        check_guards(&grad);
        check_guards(&slot);
        check_guards(&slot2);
        check_guards(&weights);
    }
}
END_TEST

/* Beyond the runs in which squares are summed. */
START_TEST(long_sums)
{
    const seg_train_kernels *kernels = kernels_at(_i);
    enum { COUNT = 10007 };
    float *x = malloc(COUNT * sizeof *x);
    for (int i = 0; i < COUNT; i++)
        x[i] = (float)(i % 3);
    if (kernels != NULL) /* 3335 ones and as many twos, and a last one */
        ck_assert_double_eq_tol(kernels->sum_squares(x, COUNT), 3336 + 4 * 3335, 1e-3);
    free(x);
}
END_TEST

Suite *suite_train_kernels(void)
{
    Suite *suite = suite_create("train_kernels");
    TCase *tests = tcase_create("train_kernels");
    int count = 0, supported;
    while (seg_kernels_at(count, &supported) != NULL)
        count++;
    tcase_add_loop_test(tests, softmax, 0, count);
    tcase_add_loop_test(tests, updates, 0, count);
    tcase_add_loop_test(tests, long_sums, 0, count);
    suite_add_tcase(suite, tests);
    return suite;
}
