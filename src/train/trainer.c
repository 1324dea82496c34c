/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* trainer.c: a run set up from its options or its checkpoint, and put away. */
#include "train/trainer.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "data/stats.h"
#include "graph/optimise.h"
#include "io/program_file.h"
#include "model/graft.h"
#include "runtime/runtime.h"
#include "train/init.h"
#include "train/norms.h"
#include "train/options.h"

const char *seg_trainer_path(const seg_trainer *trainer, const char *name, char path[SEG_PATH_SIZE])
{
    snprintf(path, SEG_PATH_SIZE, "%s/%s", trainer->opts.out, name);
    return path;
}

double seg_trainer_epoch(const seg_trainer *trainer, int64_t step)
{
    double samples = (double)step * trainer->opts.batch * trainer->opts.accumulate;
    /* The last batch may reach into an epoch that the run does not have. */
    return fmin(samples / trainer->train.count, trainer->opts.epochs);
}

int64_t seg_trainer_epochs_done(const seg_trainer *trainer, int64_t step)
{
    return step * trainer->opts.batch * trainer->opts.accumulate / trainer->train.count;
}

bool seg_trainer_tell(seg_trainer *trainer, seg_train_progress *progress)
{
    progress->step = trainer->state.step;
    progress->steps = trainer->schedule_opts.steps;
    progress->epochs = trainer->opts.epochs;
    progress->loss = trainer->last_loss;
    progress->lr = trainer->last_lr;
    progress->classes = trainer->class_names;
    if (trainer->train.count > 0)
        progress->epoch = seg_trainer_epoch(trainer, trainer->state.step);
    if (trainer->callbacks.progress != NULL &&
        !trainer->callbacks.progress(trainer->callbacks.user, progress))
        trainer->stop = true;
    return !trainer->stop;
}

void seg_trainer_note(seg_trainer *trainer, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    seg_trainer_tell(trainer, &(seg_train_progress){.event = SEG_TRAIN_NOTE, .text = text});
}

/* ---- options ---- */

/* Continue with the options the run was started with; those that may change come from given. */
static void adopt(seg_train_opts *stored, const seg_train_opts *given)
{
    stored->out = given->out;
    stored->log_every = given->log_every;
    stored->threads = given->threads;
    stored->loader_threads = given->loader_threads;
    stored->cache_mb = given->cache_mb;
    stored->resume = true;
}

/* *fresh: there is nothing to continue. Changes nothing on disk. */
static seg_status resolve_options(seg_trainer *trainer, const seg_train_opts *given, bool *fresh,
                                  seg_error *err)
{
    char config[SEG_PATH_SIZE], last[SEG_PATH_SIZE];
    seg_train_opts stored;
    trainer->opts = *given;
    seg_trainer_path(trainer, "config.json", config);
    seg_trainer_path(trainer, "last.safetensors", last);
    bool started = seg_path_exists(config);
    *fresh = !seg_path_exists(last);
    if (!*fresh && !given->resume)
        return seg_fail(err, SEG_INVALID,
                        "%s: holds a run already; resume it, or choose another folder", given->out);
    if (!started && given->data == NULL && given->resume)
        return seg_fail(err, SEG_IO, "%s: no run to resume: there is no config.json", given->out);
    seg_status status = SEG_OK;
    if (started && given->resume) {
        status = seg_train_opts_read(&stored, config, &trainer->arena, err);
        if (status == SEG_OK && given->data != NULL)
            status = seg_train_opts_same(&stored, given, err);
        if (status == SEG_OK && given->data == NULL) {
            adopt(&stored, given);
            trainer->opts = stored;
        }
    }
    return status == SEG_OK ? seg_train_opts_check(&trainer->opts, err) : status;
}

/* One run at a time writes to the folder. */
static seg_status lock_folder(seg_trainer *trainer, seg_error *err)
{
    char path[SEG_PATH_SIZE];
    seg_status status = seg_folder_make(trainer->opts.out, err);
    if (status != SEG_OK)
        return status;
    status = seg_file_lock(&trainer->lock, seg_trainer_path(trainer, "lock", path), err);
    if (status == SEG_LIMIT)
        return seg_fail(err, SEG_IO,
                        "%s: another training writes to this folder; wait for its end, or stop it",
                        trainer->opts.out);
    if (status != SEG_UNSUPPORTED)
        return status;
    seg_trainer_note(trainer,
                     "%s: its file system knows no locks; take care that no other training "
                     "writes to it",
                     trainer->opts.out);
    return SEG_OK;
}

/* The options of the run, its folder ours. */
static seg_status take_folder(seg_trainer *trainer, const seg_train_opts *given, bool *fresh,
                              seg_error *err)
{
    if (given->out == NULL)
        return seg_fail(err, SEG_INVALID, "out: must be given");
    if (strlen(given->out) > SEG_PATH_SIZE - 64)
        return seg_fail(err, SEG_INVALID, "out: a path of %zu bytes is too long",
                        strlen(given->out));
    /* Wrong options leave no folder behind. What holds without the lock may not hold with it. */
    seg_status status = resolve_options(trainer, given, fresh, err);
    if (status == SEG_OK)
        status = lock_folder(trainer, err);
    return status == SEG_OK ? resolve_options(trainer, given, fresh, err) : status;
}

/* ---- data and what the model's file will say ---- */

static seg_status copy_card_text(char to[256], const char *text, const char *what, seg_error *err)
{
    if (text != NULL && strlen(text) > 255)
        return seg_fail(err, SEG_INVALID, "%s: %zu bytes, at most 255", what, strlen(text));
    memset(to, 0, 256);
    if (text != NULL)
        memcpy(to, text, strlen(text));
    return SEG_OK;
}

static seg_status open_data(seg_trainer *trainer, seg_error *err)
{
    const seg_train_opts *opts = &trainer->opts;
    seg_status status =
        seg_dataset_open(&trainer->train, opts->format, opts->data, opts->train_split, err);
    if (status == SEG_OK && trainer->train.count == 0)
        status = seg_fail(err, SEG_INVALID, "%s: split '%s' holds no image", opts->data,
                          opts->train_split);
    if (status == SEG_OK && opts->val_split != NULL && opts->val_split[0] != '\0')
        status = seg_dataset_open(&trainer->val, opts->format, opts->data, opts->val_split, err);
    trainer->spec.classes = trainer->train.classes;
    for (int c = 0; c < trainer->spec.classes.count; c++)
        trainer->class_names[c] = trainer->spec.classes.names[c];
    return status;
}

static seg_status choose_crop(seg_trainer *trainer, seg_error *err)
{
    seg_sample sample;
    trainer->crop = trainer->opts.crop;
    if (trainer->crop.height > 0)
        return SEG_OK;
    seg_status status = seg_dataset_read(&trainer->train, 0, &sample, err);
    if (status != SEG_OK)
        return status;
    trainer->crop = (seg_train_size){sample.image.height, sample.image.width};
    seg_sample_release(&sample);
    return SEG_OK;
}

static seg_status fill_spec(seg_trainer *trainer, seg_error *err)
{
    const seg_train_opts *opts = &trainer->opts;
    seg_model_spec *spec = &trainer->spec;
    seg_status status = seg_train_net_config(opts, &spec->net, err);
    spec->net.classes = spec->classes.count;
    spec->preprocess = seg_preprocess_default();
    spec->preprocess.max_side = opts->max_side;
    if (status == SEG_OK)
        status = copy_card_text(spec->data, opts->about, "about", err);
    if (status == SEG_OK)
        status = copy_card_text(spec->licence, opts->licence, "licence", err);
    return status;
}

/* ---- network ---- */

static seg_optimiser_opts optimiser_opts(const seg_trainer *trainer)
{
    const seg_train_opts *opts = &trainer->opts;
    return (seg_optimiser_opts){.momentum = opts->momentum,
                                .nesterov = opts->nesterov,
                                .beta1 = opts->beta1,
                                .beta2 = opts->beta2,
                                .epsilon = 1e-8,
                                .weight_decay = opts->weight_decay,
                                .backbone_rate = opts->backbone_lr,
                                .bias_rate = opts->bias_lr,
                                .clip_norm = opts->clip,
                                .threads = trainer->threads};
}

static seg_status build_graph(seg_trainer *trainer, seg_error *err)
{
    const seg_train_opts *opts = &trainer->opts;
    seg_status status = seg_weights_new(&trainer->weights, err);
    if (status == SEG_OK)
        status = seg_graph_new(&trainer->graph, trainer->weights, err);
    if (status != SEG_OK)
        return status;
    trainer->graph->frozen_norms = opts->freeze_bn;
    status = seg_net_build(trainer->graph, &trainer->spec.net, opts->batch, trainer->crop.height,
                           trainer->crop.width, err);
    if (status == SEG_OK)
        status = seg_graph_optimise(trainer->graph, true, err);
    for (int i = 0; status == SEG_OK && i < seg_weights_count(trainer->weights); i++)
        seg_weights_initialise(trainer->weights, i, (uint64_t)opts->seed);
    return status;
}

static seg_status build_exec(seg_trainer *trainer, seg_error *err)
{
    const int count = seg_weights_count(trainer->weights);
    const seg_optimiser_opts opts = optimiser_opts(trainer);
    const seg_optimiser_kind *kind = seg_optimiser_find(trainer->opts.optimiser);
    size_t size = ((size_t)count + 1) * sizeof *trainer->grads;
    bool *wanted = seg_arena_alloc(&trainer->arena, (size_t)count + 1);
    trainer->grads = seg_arena_alloc(&trainer->arena, size);
    if (wanted == NULL || trainer->grads == NULL)
        return seg_fail_nomem(err, size, "gradients");
    for (int i = 0; i < count; i++)
        wanted[i] = seg_optimiser_trains(&opts, seg_weights_at(trainer->weights, i));
    const seg_exec_opts exec = {.threads = trainer->threads,
                                .train = true,
                                .weight_grads = wanted,
                                .memory_limit = (size_t)trainer->opts.memory << 20,
                                .bf16 = strcmp(trainer->opts.precision, "bf16") == 0};
    seg_status status = seg_exec_new(&trainer->exec, trainer->graph, &exec, err);
    if (status != SEG_OK)
        return status;
    if (seg_exec_recomputed(trainer->exec) > 0)
        seg_trainer_note(trainer, "%d of %zu layers run again in the backward pass: %.0f MB",
                         seg_exec_recomputed(trainer->exec), trainer->graph->node_count,
                         (double)seg_exec_arena_bytes(trainer->exec) / 1e6);
    for (int i = 0; i < count; i++)
        trainer->grads[i] = seg_exec_weight_grad(trainer->exec, i);
    return seg_optimiser_new(&trainer->optimiser, kind, &opts, trainer->weights,
                             trainer->opts.accumulate, err);
}

/* ---- loss and rate ---- */

static seg_status weigh_classes(seg_trainer *trainer, seg_error *err)
{
    seg_data_stats stats;
    seg_status status = seg_data_stats_compute(&stats, &trainer->train, trainer->threads, err);
    if (status != SEG_OK)
        return status;
    seg_data_stats_weights(&stats, trainer->class_weights);
    trainer->loss_opts.class_weights = trainer->class_weights;
    return SEG_OK;
}

static seg_status set_up_loss(seg_trainer *trainer, seg_error *err)
{
    const seg_train_opts *opts = &trainer->opts;
    seg_shape logits = seg_exec_output(trainer->exec, 0).shape;
    seg_status status = seg_loss_sum_parse(&trainer->loss, opts->loss, err);
    if (status != SEG_OK)
        return status;
    trainer->loss_opts = (seg_loss_opts){.focal_gamma = opts->focal_gamma,
                                         .ohem_threshold = opts->ohem_threshold,
                                         .ohem_keep = opts->ohem_keep,
                                         .threads = trainer->threads};
    size_t size = seg_loss_sum_scratch_size(&trainer->loss, &logits);
    trainer->loss_scratch = seg_block_new(size);
    if (trainer->loss_scratch == NULL)
        return seg_fail_nomem(err, size, "the loss");
    return strcmp(opts->class_weights, "median") == 0 ? weigh_classes(trainer, err) : SEG_OK;
}

static void set_up_schedule(seg_trainer *trainer)
{
    const seg_train_opts *opts = &trainer->opts;
    int64_t of_update = (int64_t)opts->batch * opts->accumulate;
    int64_t samples = (int64_t)opts->epochs * trainer->train.count;
    double usual = strcmp(opts->optimiser, "adamw") == 0 ? 0.001 : 0.01;
    trainer->schedule = seg_schedule_find(opts->schedule);
    trainer->schedule_opts = (seg_schedule_opts){
        .base = opts->lr > 0.0 ? opts->lr : usual,
        .steps = (samples + of_update - 1) / of_update,
        .warmup = (int64_t)ceil(opts->warmup * trainer->train.count / (double)of_update),
        .power = opts->lr_power,
        .every = opts->lr_every,
        .factor = opts->lr_factor};
}

/* ---- start ---- */

/* Every line of a report is told and logged; the text is cut up. */
static seg_status tell_report(seg_trainer *trainer, char *line, seg_error *err)
{
    seg_status status = SEG_OK;
    while (status == SEG_OK && line != NULL && *line != '\0') {
        char *end = strchr(line, '\n');
        *end = '\0';
        seg_trainer_note(trainer, "%s", line);
        status = seg_runlog_note(trainer, "init", line, err);
        line = end + 1;
    }
    return status;
}

/* What the weights are used to see. */
static seg_status take_preprocess(seg_trainer *trainer, const char *json, seg_error *err)
{
    seg_model_spec *spec = malloc(sizeof *spec);
    if (spec == NULL)
        return seg_fail_nomem(err, sizeof *spec, trainer->opts.init);
    seg_status status = seg_model_spec_from_json(spec, json, trainer->opts.init, err);
    if (status == SEG_OK) {
        spec->preprocess.max_side = trainer->opts.max_side;
        trainer->spec.preprocess = spec->preprocess;
    }
    free(spec);
    return status;
}

static seg_status take_weights(seg_trainer *trainer, seg_error *err)
{
    const char *path = trainer->opts.init, *json;
    seg_safetensors *file;
    seg_init_report report = {0};
    seg_status status = seg_safetensors_read(&file, path, err);
    if (status != SEG_OK)
        return status;
    status = seg_weights_init(trainer->weights, file, path, &report, err);
    json = seg_safetensors_metadata(file, "seg.model");
    if (status == SEG_OK && json != NULL)
        status = take_preprocess(trainer, json, err);
    if (status == SEG_OK)
        status = tell_report(trainer, report.text.text, err);
    seg_init_report_release(&report);
    seg_safetensors_free(file);
    return status;
}

/* Preprocessing where the file, the one beside it, or its quantised input says it. */
static seg_status take_facts(seg_trainer *trainer, const seg_program *program, seg_error *err)
{
    static const char unknown[] = "it does not say how its images are scaled: as ImageNet's (seg convert "
                            "--to ... --mean --std makes a file that says it)\n";
    seg_import_facts *facts = malloc(sizeof *facts);
    if (facts == NULL)
        return seg_fail_nomem(err, sizeof *facts, trainer->opts.init);
    seg_status status = seg_import_facts_gather(facts, program, NULL, err);
    if (status == SEG_OK)
        status = seg_import_facts_use_input(facts, program, err);
    if (status == SEG_OK && facts->has_preprocess) {
        facts->preprocess.max_side = trainer->opts.max_side;
        trainer->spec.preprocess = facts->preprocess;
    } else if (status == SEG_OK) {
        char text[sizeof unknown];
        memcpy(text, unknown, sizeof text);
        status = tell_report(trainer, text, err);
    }
    free(facts);
    return status;
}

/* ONNX and TFLite: layers by structure. */
static seg_status graft_weights(seg_trainer *trainer, seg_error *err)
{
    const seg_program_opts reading = {.dequantise = true};
    seg_program *program;
    seg_graft_report report = {0};
    seg_status status = seg_program_read(&program, trainer->opts.init, &reading, err);
    if (status == SEG_OK)
        status = seg_runtime_fold(program, err);
    if (status == SEG_OK)
        status = seg_graft(trainer->weights, &trainer->spec.net, program, &report, err);
    if (status == SEG_OK)
        status = tell_report(trainer, report.text.text, err);
    if (status == SEG_OK)
        status = take_facts(trainer, program, err);
    seg_graft_report_release(&report);
    seg_program_free(program);
    return status;
}

static seg_status take_init_file(seg_trainer *trainer, seg_error *err)
{
    seg_file_kind kind;
    seg_status status = seg_file_kind_of(&kind, trainer->opts.init, err);
    if (status != SEG_OK)
        return status;
    return kind == SEG_FILE_SAFETENSORS ? take_weights(trainer, err) : graft_weights(trainer, err);
}

static seg_status begin(seg_trainer *trainer, bool fresh, seg_error *err)
{
    char path[SEG_PATH_SIZE];
    const seg_train_opts *opts = &trainer->opts;
    seg_status status = SEG_OK;
    if (fresh) /* the log of a start that failed or was killed must not stay */
        status = seg_file_write(seg_trainer_path(trainer, "log.jsonl", path), "", 0, err);
    if (status == SEG_OK && fresh && opts->init != NULL)
        status = take_init_file(trainer, err);
    if (status == SEG_OK && fresh && opts->init != NULL)
        status = seg_norms_rebuild(trainer, err);
    if (status == SEG_OK && opts->ema > 0.0)
        status = seg_weights_copy(&trainer->average, trainer->weights, err);
    if (status != SEG_OK)
        return status;
    if (fresh) {
        /* From the checkpoint on there is a run: the options must be there before it. */
        status = seg_train_opts_write(&trainer->opts,
                                      seg_trainer_path(trainer, "config.json", path), err);
        return status == SEG_OK ? seg_checkpoint_write_last(trainer, err) : status;
    }
    status = seg_checkpoint_read_last(trainer, err);
    if (status == SEG_OK)
        status = seg_runlog_rewind(trainer, err);
    if (status == SEG_OK)
        seg_trainer_note(trainer, "resumed at update %lld of %lld", (long long)trainer->state.step,
                         (long long)trainer->schedule_opts.steps);
    return status;
}

static seg_status set_up(seg_trainer *trainer, const seg_train_opts *opts, seg_error *err)
{
    bool fresh = true;
    seg_status status = take_folder(trainer, opts, &fresh, err);
    trainer->threads = trainer->opts.threads > 0 ? trainer->opts.threads : seg_cpu_count();
    if (status == SEG_OK)
        status = open_data(trainer, err);
    if (status == SEG_OK)
        status = choose_crop(trainer, err);
    if (status == SEG_OK)
        status = fill_spec(trainer, err);
    if (status == SEG_OK)
        status = build_graph(trainer, err);
    if (status == SEG_OK)
        status = build_exec(trainer, err);
    if (status == SEG_OK)
        status = set_up_loss(trainer, err);
    if (status != SEG_OK)
        return status;
    set_up_schedule(trainer);
    status = begin(trainer, fresh, err);
    if (status == SEG_OK)
        status = seg_trainer_open_model(trainer, err);
    return status == SEG_OK ? seg_trainer_open_loader(trainer, err) : status;
}

static void put_away(seg_trainer *trainer)
{
    seg_loader_free(trainer->loader);
    seg_session_free(trainer->session);
    seg_model_free(trainer->model);
    seg_confusion_release(&trainer->confusion);
    seg_optimiser_free(trainer->optimiser);
    seg_exec_free(trainer->exec);
    seg_graph_free(trainer->graph);
    seg_weights_free(trainer->average);
    seg_weights_free(trainer->weights);
    seg_block_free(trainer->loss_scratch);
    seg_dataset_release(&trainer->val);
    seg_dataset_release(&trainer->train);
    seg_arena_release(&trainer->arena);
    seg_file_unlock(trainer->lock);
    free(trainer);
}

seg_status seg_train(const seg_train_opts *opts, const seg_train_callbacks *callbacks,
                     seg_train_result *result, seg_error *err)
{
    double started = seg_clock_seconds();
    seg_trainer *trainer = calloc(1, sizeof *trainer);
    if (trainer == NULL)
        return seg_fail_nomem(err, sizeof *trainer, "training");
    if (callbacks != NULL)
        trainer->callbacks = *callbacks;
    trainer->lock = -1;
    trainer->state = (seg_train_state){.rate_scale = 1.0, .best = -1.0};
    trainer->last_loss = (double)NAN;
    seg_status status = set_up(trainer, opts, err);
    if (status == SEG_OK)
        status = seg_trainer_loop(trainer, err);
    if (result != NULL)
        *result = (seg_train_result){
            .steps = trainer->state.step,
            .best_mean_iou = trainer->state.best >= 0.0 ? trainer->state.best : (double)NAN,
            .best_epoch = trainer->state.best_epoch,
            .seconds = seg_clock_seconds() - started};
    put_away(trainer);
    return status;
}
