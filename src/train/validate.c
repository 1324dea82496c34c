/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* validate.c: how good the weights are on the validation split, at the images' own sizes. */
#include <string.h>

#include "model/evaluate.h"
#include "train/trainer.h"

seg_status seg_trainer_open_model(seg_trainer *trainer, seg_error *err)
{
    seg_weights *weights = trainer->average != NULL ? trainer->average : trainer->weights;
    seg_status status = seg_model_new_borrowed(&trainer->model, &trainer->spec, weights, err);
    if (status == SEG_OK)
        status = seg_session_new(&trainer->session, trainer->model,
                                 &(seg_session_opts){.threads = trainer->threads}, err);
    if (status == SEG_OK)
        status = seg_confusion_init(&trainer->confusion, trainer->spec.classes.count, err);
    return status;
}

/* Behind the last image there is nothing left to break off. */
static int image_done(void *context, int done, int total)
{
    bool on = seg_trainer_tell(
        context,
        &(seg_train_progress){.event = SEG_TRAIN_EVALUATING, .done = done, .total = total});
    return !on && done < total;
}

seg_status seg_trainer_validate(seg_trainer *trainer, seg_error *err)
{
    const int classes = trainer->confusion.classes;
    memset(trainer->confusion.pixels, 0,
           (size_t)classes * (size_t)classes * sizeof *trainer->confusion.pixels);
    seg_session_weights_changed(trainer->session);
    seg_status status = seg_evaluate_dataset(&(seg_evaluation){.model = trainer->model,
                                                               .session = trainer->session,
                                                               .dataset = &trainer->val,
                                                               .matrices = &trainer->confusion,
                                                               .bands_px = (const int[]){0},
                                                               .count = 1,
                                                               .progress = image_done,
                                                               .progress_context = trainer},
                                             err);
    if (status != SEG_OK)
        return status;
    seg_confusion_metrics(&trainer->confusion, &trainer->metrics);
    bool best = trainer->metrics.mean_iou > trainer->state.best;
    if (best) {
        trainer->state.best = trainer->metrics.mean_iou;
        trainer->state.best_epoch = (int)seg_trainer_epochs_done(trainer, trainer->state.step);
        status = seg_checkpoint_write_best(trainer, err);
    }
    if (status == SEG_OK)
        status = seg_runlog_evaluation(trainer, best, err);
    if (status == SEG_OK)
        status = seg_report_write(trainer, err);
    if (status == SEG_OK)
        seg_trainer_tell(trainer, &(seg_train_progress){.event = SEG_TRAIN_EVALUATED,
                                                        .metrics = &trainer->metrics,
                                                        .best = best});
    return status;
}
