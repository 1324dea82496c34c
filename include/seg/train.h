/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * seg/train.h: train a network on a folder of labelled images.
 *
 * A run lives in a folder: config.json (all options), log.jsonl (a line per logging interval and
 * per evaluation), best.safetensors (the model with the best mean IoU on the validation split),
 * last.safetensors (a checkpoint from which the run continues to the very same bytes), and
 * report.html (curves, IoU of each class, confusion matrix, samples). While a run goes on it locks
 * the file `lock` in its folder; another that would write there is refused.
 */
#ifndef SEG_TRAIN_H
#define SEG_TRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seg/metrics.h"
#include "seg/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct seg_train_size {
    int height, width; /* pixels */
} seg_train_size;

/*
 * X(TYPE, field, default, min, max, fixed, argument, help): the one list of options, for the
 * struct, its defaults and range checks, config.json, and `seg train -h`. TYPE is TEXT (const char
 * *), INT, NUMBER (double), FLAG (bool) or SIZE. fixed 1: a resumed run must keep it.
 */
#define SEG_TRAIN_OPTS_MAP(X)                                                                      \
    X(TEXT, data, NULL, 0, 0, 1, "<dir>", "folder of the data set (required)")                     \
    X(TEXT, out, NULL, 0, 0, 0, "<dir>", "folder of the run (required)")                           \
    X(TEXT, format, NULL, 0, 0, 1, "<name>", "format of the data set; none: a plain folder")       \
    X(TEXT, train_split, "train", 0, 0, 1, "<name>", "split to train on")                          \
    X(TEXT, val_split, "val", 0, 0, 1, "<name>", "split to evaluate on; \"\": none")               \
    X(TEXT, net, "deeplabv3plus", 0, 0, 1, "<name>", "network")                                    \
    X(TEXT, backbone, NULL, 0, 0, 1, "<name>", "backbone; none: the network's usual one")          \
    X(TEXT, init, NULL, 0, 0, 1, "<file>", "safetensors, ONNX or TFLite file to take weights from") \
    X(TEXT, init_bn, "auto", 0, 0, 1, "<how>",                                                     \
      "its batch norms: keep, rebuild, or auto: rebuild those that were folded")                   \
    X(INT, epochs, 100, 1, 1000000, 1, "<n>", "passes over the training split")                    \
    X(INT, batch, 8, 1, 4096, 1, "<n>", "images of one batch")                                     \
    X(INT, accumulate, 1, 1, 4096, 1, "<n>", "batches of one update")                              \
    X(SIZE, crop, 0, 1, 8192, 1, "<HxW>", "size of a training crop; none: the first image's")      \
    X(TEXT, optimiser, "sgd", 0, 0, 1, "<name>", "sgd or adamw")                                   \
    X(NUMBER, lr, 0.0, 0, 1000, 1, "<x>", "learning rate; 0: 0.01 for sgd, 0.001 for adamw")       \
    X(NUMBER, backbone_lr, 1.0, 0, 1000, 1, "<x>", "its factor for the backbone; 0 keeps it")      \
    X(NUMBER, bias_lr, 1.0, 0, 1000, 1, "<x>", "its factor for biases")                            \
    X(TEXT, schedule, "poly", 0, 0, 1, "<name>", "constant, cosine, poly or step")                 \
    X(NUMBER, lr_power, 0.9, 0, 10, 1, "<x>", "poly: exponent")                                    \
    X(NUMBER, lr_every, 0.33333, 0.001, 1, 1, "<x>", "step: share of the run between steps")       \
    X(NUMBER, lr_factor, 0.1, 0, 1, 1, "<x>", "step: factor of a step")                            \
    X(NUMBER, warmup, 0.0, 0, 1000000, 1, "<x>", "epochs in which the rate rises from 0")          \
    X(NUMBER, momentum, 0.9, 0, 0.9999, 1, "<x>", "sgd: momentum")                                 \
    X(FLAG, nesterov, false, 0, 0, 1, NULL, "sgd: Nesterov's momentum")                            \
    X(NUMBER, beta1, 0.9, 0, 0.9999, 1, "<x>", "adamw: decay of the mean")                         \
    X(NUMBER, beta2, 0.999, 0, 0.999999, 1, "<x>", "adamw: decay of the square")                   \
    X(NUMBER, weight_decay, 0.0001, 0, 10, 1, "<x>", "decay of convolution weights")               \
    X(NUMBER, clip, 0.0, 0, 1e9, 1, "<x>", "longest gradient; 0: any")                             \
    X(NUMBER, ema, 0.0, 0, 0.999999, 1, "<x>", "decay of the averaged weights; 0: no average")     \
    X(FLAG, freeze_bn, false, 0, 0, 1, NULL, "batch norms keep their running statistics")          \
    X(TEXT, loss, "cross_entropy", 0, 0, 1, "<name>",                                              \
      "cross_entropy, dice, focal, lovasz, ohem, or a sum: a+b")                                   \
    X(TEXT, class_weights, "none", 0, 0, 1, "<how>", "none or median (of frequencies)")            \
    X(NUMBER, focal_gamma, 2.0, 0, 10, 1, "<x>", "focal: exponent")                                \
    X(NUMBER, ohem_threshold, 0.7, 0.001, 1, 1, "<x>", "ohem: a pixel below it is hard")           \
    X(NUMBER, ohem_keep, 0.25, 0, 1, 1, "<x>", "ohem: share of pixels that counts at least")       \
    X(NUMBER, scale_min, 0.5, 0.1, 10, 1, "<x>", "smallest random scale")                          \
    X(NUMBER, scale_max, 2.0, 0.1, 10, 1, "<x>", "largest random scale")                           \
    X(NUMBER, flip, 0.5, 0, 1, 1, "<x>", "chance of a left-right mirror")                          \
    X(NUMBER, jitter, 0.3, 0, 1, 1, "<x>", "change of brightness, contrast, saturation")           \
    X(NUMBER, hue, 0.02, 0, 0.5, 1, "<x>", "change of hue, in turns")                              \
    X(INT, max_side, 0, 0, 65535, 1, "<px>", "models shrink larger images to this; 0: never")      \
    X(INT, seed, 1, 0, 2147483647, 1, "<n>", "seed of everything random")                          \
    X(INT, eval_every, 1, 1, 1000000, 1, "<n>", "epochs between evaluations")                      \
    X(INT, log_every, 10, 1, 1000000, 0, "<n>", "updates between lines of the log")                \
    X(TEXT, on_nonfinite, "stop", 0, 0, 1, "<how>", "stop, or rollback with half the rate")        \
    X(TEXT, precision, "float32", 0, 0, 1, "<how>",                                                \
      "dense convolutions in float32 or bf16, and their gradients")                                \
    X(INT, memory, 0, 0, 1048576, 0, "<MB>",                                                       \
      "bound on activations and gradients; cheap ones are computed again; 0: none")                \
    X(TEXT, about, NULL, 0, 0, 1, "<text>", "what the data are, for the model's card")             \
    X(TEXT, licence, NULL, 0, 0, 1, "<text>", "terms of the weights, for the model's card")        \
    X(INT, threads, 0, 0, 1024, 0, "<n>", "threads; 0: one per processor")                         \
    X(INT, loader_threads, 1, 1, 64, 0, "<n>", "threads that prepare batches")                     \
    X(INT, cache_mb, 1024, 0, 1048576, 0, "<MB>", "memory for decoded images")

#define SEG_TRAIN_TEXT   const char *
#define SEG_TRAIN_INT    int
#define SEG_TRAIN_NUMBER double
#define SEG_TRAIN_FLAG   bool
#define SEG_TRAIN_SIZE   seg_train_size

/* A setting of the network by name, such as {"output_stride", 8}. */
typedef struct seg_setting {
    const char *name;
    double value;
} seg_setting;

typedef struct seg_train_opts {
#define SEG_FIELD(TYPE, field, value, min, max, fixed, argument, help) SEG_TRAIN_##TYPE field;
    SEG_TRAIN_OPTS_MAP(SEG_FIELD)
#undef SEG_FIELD
    const seg_setting *settings; /* that differ from the network's defaults */
    int setting_count;
    bool resume; /* continue the run in `out`; data NULL: with the options it was started with */
} seg_train_opts;

/* The defaults of the list above. */
SEG_API void seg_train_opts_default(seg_train_opts *opts);

/* What there is to set about networks; the texts are constant. */
typedef struct seg_setting_info {
    const char *name, *help;
    double min, max;
    bool whole; /* whole numbers only */
} seg_setting_info;

/* Setting number `index`; false past the last. */
SEG_API bool seg_setting_at(int index, seg_setting_info *out);

typedef enum seg_train_event {
    SEG_TRAIN_NOTE,       /* text: something to know */
    SEG_TRAIN_STEP,       /* an update was made */
    SEG_TRAIN_EVALUATING, /* done of total images are evaluated */
    SEG_TRAIN_EVALUATED   /* metrics of the validation split */
} seg_train_event;

/* What a callback sees; pointers are valid during the call. */
typedef struct seg_train_progress {
    seg_train_event event;
    const char *text;           /* of a note */
    int64_t step, steps;        /* updates done, of the run */
    double epoch;               /* passes done */
    int epochs;                 /* of the run */
    double loss;                /* of the last update, NaN before the first */
    double lr;                  /* of the last update */
    double images_per_second;   /* since the last line of the log */
    double seconds_left;        /* of the run, evaluations left out */
    size_t memory_bytes;        /* planned for activations and weights */
    bool logged;                /* this step was also written to the log */
    int done, total;            /* images of an evaluation */
    const seg_metrics *metrics; /* of an evaluation */
    bool best;                  /* it is the best so far */
    const char *const *classes; /* names, for metrics */
} seg_train_progress;

typedef struct seg_train_callbacks {
    /* Called on the caller's thread. Returning false stops the run, in an evaluation too: a
     * checkpoint is written and seg_train returns SEG_CANCELLED. */
    bool (*progress)(void *user, const seg_train_progress *progress);
    void *user;
} seg_train_callbacks;

typedef struct seg_train_result {
    int64_t steps;
    double best_mean_iou; /* 0..1, NaN without a validation split */
    int best_epoch;
    double seconds; /* of this call */
} seg_train_result;

/*
 * Run, or continue, a training. callbacks and result may be NULL.
 * Errors: SEG_INVALID (an option: it is named), SEG_IO, SEG_FORMAT and SEG_MISMATCH (data, init
 * and checkpoint files), SEG_NONFINITE (the layer or weight is named), SEG_CANCELLED, SEG_LIMIT,
 * SEG_NOMEM.
 */
SEG_API seg_status seg_train(const seg_train_opts *opts, const seg_train_callbacks *callbacks,
                             seg_train_result *result, seg_error *err);

#ifdef __cplusplus
}
#endif
#endif
