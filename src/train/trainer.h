/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * trainer.h: the state of a run, shared by the files that make it go.
 *
 *   trainer.c     set up from options, or from a checkpoint; seg_train
 *   norms.c       batch norms of an init file, rebuilt
 *   loop.c        updates, epochs, roll-back
 *   validate.c    evaluation, samples
 *   checkpoint.c  best.safetensors and last.safetensors
 *   runlog.c      log.jsonl
 *   report.c      report.html, made of the log, the last confusion matrix and the samples
 *
 * What decides the weights is (seed, step) and the last checkpoint: no clock, no thread count.
 */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include "base/memory.h"
#include "base/strbuf.h"
#include "data/dataset.h"
#include "data/loader.h"
#include "eval/confusion.h"
#include "graph/exec.h"
#include "model/model.h"
#include "seg/train.h"
#include "train/loss_sum.h"
#include "train/optimiser.h"
#include "train/schedule.h"

enum { SEG_PATH_SIZE = 4096, SEG_SAMPLES = 6 };

/* What a checkpoint holds besides tensors. */
typedef struct seg_train_state {
    int64_t step;      /* updates done */
    double rate_scale; /* 1, halved by each roll-back */
    int rollbacks;
    double best; /* mean IoU, -1: none yet */
    int best_epoch;
    bool evaluation_due; /* that of `step`, which a stop broke off; it is done on resuming */
} seg_train_state;

/* Since the last line of the log. */
typedef struct seg_interval {
    double loss, norm; /* sums */
    int updates;
    double started; /* seconds of the clock */
    double rate;    /* images a second of the last finished interval, 0: none yet */
} seg_interval;

typedef struct seg_trainer {
    seg_train_opts opts;
    seg_train_callbacks callbacks;
    seg_arena arena; /* texts of opts that were read */
    int lock;        /* of the run's folder */
    int threads;
    seg_train_size crop; /* resolved */

    seg_dataset train, val; /* val.count 0: no validation */
    seg_model_spec spec;
    const char *class_names[256];

    seg_weights *weights, *average; /* average NULL: none */
    seg_graph *graph;
    seg_exec *exec;
    seg_tensor *grads; /* [weights]: as the exec gives them */
    seg_optimiser *optimiser;
    seg_loader *loader;

    seg_loss_sum loss;
    seg_loss_opts loss_opts;
    float class_weights[256];
    void *loss_scratch;
    const seg_schedule *schedule;
    seg_schedule_opts schedule_opts;

    seg_model *model; /* borrows average or weights */
    seg_session *session;
    seg_confusion confusion; /* of the last evaluation */
    seg_metrics metrics;

    seg_train_state state;
    seg_interval interval;
    double last_loss, last_lr;
    bool stop; /* a callback asked for it */
} seg_trainer;

/* "<out>/<name>" in a buffer of the caller; names are short, so a path too long is cut: the
 * length of out is checked when a run starts. */
const char *seg_trainer_path(const seg_trainer *trainer, const char *name,
                             char path[SEG_PATH_SIZE]);
/* Tell the callback; false when the run shall stop. */
bool seg_trainer_tell(seg_trainer *trainer, seg_train_progress *progress);
void seg_trainer_note(seg_trainer *trainer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Epochs complete after `step` updates. */
int64_t seg_trainer_epochs_done(const seg_trainer *trainer, int64_t step);
/* Passes over the training split after `step` updates. */
double seg_trainer_epoch(const seg_trainer *trainer, int64_t step);

/* ---- loop.c ---- */
seg_status seg_trainer_open_loader(seg_trainer *trainer, seg_error *err);
seg_status seg_trainer_loop(seg_trainer *trainer, seg_error *err);

/* ---- validate.c ---- */
seg_status seg_trainer_open_model(seg_trainer *trainer, seg_error *err);
/* Evaluate, log, keep the best, write the report. SEG_CANCELLED: a callback asked to stop. */
seg_status seg_trainer_validate(seg_trainer *trainer, seg_error *err);

/* ---- checkpoint.c ---- */
seg_status seg_checkpoint_write_last(seg_trainer *trainer, seg_error *err);
seg_status seg_checkpoint_write_best(seg_trainer *trainer, seg_error *err);
/* Weights, averages, optimiser and state from last.safetensors. */
seg_status seg_checkpoint_read_last(seg_trainer *trainer, seg_error *err);

/* ---- runlog.c ---- */
seg_status seg_runlog_step(seg_trainer *trainer, seg_error *err);
seg_status seg_runlog_evaluation(seg_trainer *trainer, bool best, seg_error *err);
seg_status seg_runlog_note(seg_trainer *trainer, const char *event, const char *text,
                           seg_error *err);
/* The number behind "key": in a line of the log, which ends in a newline. (What the log holds is our
 * own: quotes within texts are escaped, so a key cannot be mistaken.) */
bool seg_runlog_number(const char *line, const char *key, double *value);
bool seg_runlog_is(const char *line, const char *event);
/* Drop lines behind state.step, and of an evaluation that is due: the run will write them again. */
seg_status seg_runlog_rewind(seg_trainer *trainer, seg_error *err);

/* ---- report.c ---- */
seg_status seg_report_write(seg_trainer *trainer, seg_error *err);

#endif
