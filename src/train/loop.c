/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * loop.c: updates until the run is done.
 *
 * An update: for each of `accumulate` batches forward, loss, backward, gather; then the norm, the
 * step, the average. Loss and norm are checked before anything moves the weights, so weights are
 * finite whenever a checkpoint is written.
 */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "train/trainer.h"

enum { MOST_ROLLBACKS = 10 };

seg_status seg_trainer_open_loader(seg_trainer *trainer, seg_error *err)
{
    const seg_train_opts *opts = &trainer->opts;
    seg_loader_opts loader = {.batch = opts->batch,
                              .threads = opts->loader_threads,
                              .seed = (uint64_t)opts->seed,
                              .first_batch = trainer->state.step * opts->accumulate,
                              .cache_bytes = (size_t)opts->cache_mb << 20,
                              .augment = {.scale_min = opts->scale_min,
                                          .scale_max = opts->scale_max,
                                          .crop_h = trainer->crop.height,
                                          .crop_w = trainer->crop.width,
                                          .flip = opts->flip,
                                          .jitter = opts->jitter,
                                          .hue = opts->hue}};
    seg_loader_free(trainer->loader);
    trainer->loader = NULL;
    return seg_loader_new(&trainer->loader, &trainer->train, &trainer->spec.preprocess, &loader,
                          err);
}

static seg_status nonfinite_loss(const seg_trainer *trainer, double loss, seg_error *err)
{
    int node = seg_exec_first_nonfinite(trainer->exec);
    return seg_fail(err, SEG_NONFINITE,
                    "update %lld: the loss is %g; the first layer concerned: %s",
                    (long long)trainer->state.step + 1, loss,
                    node >= 0 ? trainer->graph->nodes[node].name : "the loss itself");
}

/* Batch number `part` of the update; adds its loss to *loss. */
static seg_status one_batch(seg_trainer *trainer, int part, double *loss, seg_error *err)
{
    const seg_batch *batch;
    seg_status status = seg_loader_next(trainer->loader, &batch, err);
    if (status != SEG_OK)
        return status;
    seg_tensor image = seg_exec_input(trainer->exec, 0);
    memcpy(image.data, batch->images, seg_shape_size(&image.shape));
    uint64_t number = (uint64_t)trainer->state.step * (uint64_t)trainer->opts.accumulate;
    seg_exec_forward(trainer->exec, (uint64_t)trainer->opts.seed, number + (uint64_t)part);
    seg_tensor logits = seg_exec_output(trainer->exec, 0);
    seg_tensor diff = seg_exec_output_grad(trainer->exec, 0);
    double value = seg_loss_sum_compute(&trainer->loss, &trainer->loss_opts, &logits, batch->labels,
                                        diff.data, trainer->loss_scratch);
    if (!isfinite(value))
        return nonfinite_loss(trainer, value, err);
    seg_exec_backward(trainer->exec);
    seg_optimiser_gather(trainer->optimiser, trainer->grads);
    *loss += value / trainer->opts.accumulate;
    return SEG_OK;
}

static seg_status one_update(seg_trainer *trainer, seg_error *err)
{
    double loss = 0.0;
    int culprit;
    for (int part = 0; part < trainer->opts.accumulate; part++) {
        seg_status status = one_batch(trainer, part, &loss, err);
        if (status != SEG_OK)
            return status;
    }
    double norm = seg_optimiser_norm(trainer->optimiser, &culprit);
    if (!isfinite(norm))
        return seg_fail(err, SEG_NONFINITE, "update %lld: the gradient of %s is not finite",
                        (long long)trainer->state.step + 1,
                        culprit >= 0 ? seg_weights_at(trainer->weights, culprit)->name : "all");
    trainer->last_loss = loss;
    trainer->last_lr =
        trainer->state.rate_scale *
        seg_schedule_rate(trainer->schedule, &trainer->schedule_opts, trainer->state.step);
    seg_optimiser_step(trainer->optimiser, trainer->last_lr, norm, trainer->state.step + 1);
    trainer->state.step++;
    if (trainer->average != NULL)
        seg_weights_average(trainer->average, trainer->weights, trainer->opts.ema,
                            trainer->state.step);
    trainer->interval.loss += loss;
    trainer->interval.norm += norm;
    trainer->interval.updates++;
    return SEG_OK;
}

/* Back to the last checkpoint, on at half the rate; the halved rate is written at once. */
static seg_status roll_back(seg_trainer *trainer, const seg_error *why, seg_error *err)
{
    double rate_scale = 0.5 * trainer->state.rate_scale;
    int rollbacks = trainer->state.rollbacks + 1;
    int64_t from = trainer->state.step;
    if (rollbacks > MOST_ROLLBACKS)
        return seg_fail(err, SEG_NONFINITE, "%s (after %d roll-backs)", why->text, MOST_ROLLBACKS);
    seg_status status = seg_checkpoint_read_last(trainer, err);
    if (status != SEG_OK)
        return status;
    trainer->state.rate_scale = rate_scale;
    trainer->state.rollbacks = rollbacks;
    trainer->interval = (seg_interval){.started = seg_clock_seconds()};
    seg_trainer_note(trainer, "%s; back from update %lld to %lld, rate x %g", why->text,
                     (long long)from, (long long)trainer->state.step, rate_scale);
    status = seg_checkpoint_write_last(trainer, err);
    if (status == SEG_OK)
        status = seg_runlog_rewind(trainer, err);
    if (status == SEG_OK)
        status = seg_runlog_note(trainer, "rollback", why->text, err);
    return status == SEG_OK ? seg_trainer_open_loader(trainer, err) : status;
}

static seg_status log_interval(seg_trainer *trainer, seg_error *err)
{
    seg_interval *interval = &trainer->interval;
    double now = seg_clock_seconds(),
           images = (double)interval->updates * trainer->opts.batch * trainer->opts.accumulate;
    if (now > interval->started)
        interval->rate = images / (now - interval->started);
    seg_status status = seg_runlog_step(trainer, err);
    *interval = (seg_interval){.started = now, .rate = interval->rate};
    return status;
}

static seg_status tell_step(seg_trainer *trainer, seg_error *err)
{
    const int64_t step = trainer->state.step, steps = trainer->schedule_opts.steps;
    bool due = step % trainer->opts.log_every == 0 || step == steps;
    seg_status status = due ? log_interval(trainer, err) : SEG_OK;
    const seg_interval *interval = &trainer->interval;
    double per_update = (double)trainer->opts.batch * trainer->opts.accumulate;
    double rate = interval->rate, passed = seg_clock_seconds() - interval->started;
    if (rate <= 0.0 && passed > 0.0)
        rate = interval->updates * per_update / passed;
    seg_trainer_tell(
        trainer, &(seg_train_progress){
                     .event = SEG_TRAIN_STEP,
                     .images_per_second = rate,
                     .seconds_left = rate > 0.0 ? (double)(steps - step) * per_update / rate : 0.0,
                     .memory_bytes = seg_exec_arena_bytes(trainer->exec),
                     .logged = due});
    return status;
}

/* The checkpoint of a stop, and the sentence that says so. */
static seg_status stopped(seg_trainer *trainer, seg_error *err)
{
    seg_status status = seg_checkpoint_write_last(trainer, err);
    if (status != SEG_OK)
        return status;
    return seg_fail(err, SEG_CANCELLED, "stopped after update %lld of %lld; resuming continues%s",
                    (long long)trainer->state.step, (long long)trainer->schedule_opts.steps,
                    trainer->state.evaluation_due ? " with the evaluation" : "");
}

static bool at_end(const seg_trainer *trainer)
{
    return trainer->state.step == trainer->schedule_opts.steps;
}

/*
 * The evaluation that is due at this step. Broken off, it leaves nothing but the mark in the
 * checkpoint that it is due: done again, it gives what it would have given.
 */
static seg_status evaluate(seg_trainer *trainer, seg_error *err)
{
    if (trainer->val.count == 0)
        return seg_report_write(trainer, err);
    seg_status status = trainer->stop ? SEG_CANCELLED : seg_trainer_validate(trainer, err);
    if (status != SEG_CANCELLED)
        return status;
    trainer->state.evaluation_due = true;
    return stopped(trainer, err);
}

/* Behind an epoch's last update, or the run's; `due`: with an evaluation. */
static seg_status end_of_epoch(seg_trainer *trainer, bool due, seg_error *err)
{
    trainer->state.evaluation_due = false;
    seg_status status = due ? evaluate(trainer, err) : SEG_OK;
    /* Without any evaluation worth the name the last weights are the best we know. */
    if (status == SEG_OK && at_end(trainer) && trainer->state.best < 0.0)
        status = seg_checkpoint_write_best(trainer, err);
    if (status == SEG_OK)
        status = seg_checkpoint_write_last(trainer, err);
    trainer->interval.started = seg_clock_seconds();
    trainer->interval.loss = trainer->interval.norm = 0.0;
    trainer->interval.updates = 0;
    return status;
}

/* What follows an update that moved the number of epochs done from `before`. */
static seg_status after_update(seg_trainer *trainer, int64_t before, seg_error *err)
{
    const int every = trainer->opts.eval_every;
    int64_t now = seg_trainer_epochs_done(trainer, trainer->state.step);
    seg_status status = tell_step(trainer, err);
    if (status == SEG_OK && (now > before || at_end(trainer)))
        status = end_of_epoch(trainer, now / every > before / every || at_end(trainer), err);
    if (status == SEG_OK && trainer->stop && !at_end(trainer))
        status = stopped(trainer, err);
    return status;
}

seg_status seg_trainer_loop(seg_trainer *trainer, seg_error *err)
{
    seg_error why;
    trainer->interval.started = seg_clock_seconds();
    seg_status status = trainer->state.evaluation_due ? end_of_epoch(trainer, true, err) : SEG_OK;
    while (status == SEG_OK && !at_end(trainer)) {
        int64_t before = seg_trainer_epochs_done(trainer, trainer->state.step);
        status = one_update(trainer, &why);
        if (status == SEG_NONFINITE && strcmp(trainer->opts.on_nonfinite, "rollback") == 0)
            status = roll_back(trainer, &why, err);
        else if (status != SEG_OK)
            return seg_fail(err, status, "%s", why.text);
        else
            status = after_update(trainer, before, err);
    }
    return status;
}
