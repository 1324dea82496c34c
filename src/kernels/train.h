/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* train.h: the loops of training beside the layers: softmax with its losses, and weight updates. */
#ifndef KERNELS_TRAIN_H
#define KERNELS_TRAIN_H

#include <stdint.h>

/* One step of SGD: d = scale*g + decay*w; v = momentum*v + d; w -= rate*(nesterov ? d + momentum*v
 * : v). (PyTorch's SGD, dampening 0.) */
typedef struct seg_sgd_step {
    float rate, scale, momentum, decay;
    int nesterov;
} seg_sgd_step;

/* One step of AdamW (Loshchilov, Hutter 2019): with g' = scale*g, w *= 1 - rate*decay;
 * m += m_share*(g'-m); v += v_share*(g'^2-v); w -= rate*m*m_scale / (sqrt(v*v_scale) + epsilon),
 * where m_share = 1-beta1, v_share = 1-beta2, and m_scale = 1/(1-beta1^t), v_scale = 1/(1-beta2^t)
 * undo the start at zero. */
typedef struct seg_adamw_step {
    float rate, scale, decay, m_share, v_share, epsilon, m_scale, v_scale;
} seg_adamw_step;

typedef struct seg_train_kernels {
    /* Per pixel of `classes` logits: probs = softmax(logits). probs may be logits. */
    void (*softmax)(const float *logits, int64_t pixels, int64_t classes, float *probs);
    /*
     * The same with its loss: probs = softmax(logits), loss = -log probs[label]; a label
     * >= classes gives loss 0. probs may be logits. A NaN or +infinity among the logits gives NaN.
     */
    void (*softmax_loss)(const float *logits, const uint8_t *labels, int64_t pixels,
                         int64_t classes, float *probs, float *loss);
    /* In place, per pixel: probs = factor * (probs - onehot(label)); 0 for labels >= classes. */
    void (*softmax_loss_grad)(float *probs, const uint8_t *labels, const float *factor,
                              int64_t pixels, int64_t classes);
    /* Per pixel: out[j] = probs[j] * (diff[j] - sum_k probs[k]*diff[k]), the gradient of the logits
     * when diff is that of the probabilities; all pixels x classes. out may be probs. */
    void (*softmax_grad)(const float *probs, const float *diff, int64_t pixels, int64_t classes,
                         float *out);

    void (*sgd)(const seg_sgd_step *step, const float *grad, float *velocity, float *weights,
                int64_t count);
    void (*adamw)(const seg_adamw_step *step, const float *grad, float *m, float *v, float *weights,
                  int64_t count);
    void (*blend)(float *dst, const float *src, float share,
                  int64_t count);                             /* dst += share*(src-dst) */
    void (*add)(float *dst, const float *src, int64_t count); /* dst += src */
    double (*sum_squares)(const float *src, int64_t count);
} seg_train_kernels;

#endif
