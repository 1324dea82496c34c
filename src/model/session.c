/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * session.c: label images with a model, keeping the plans of the last input sizes.
 *
 *   image -> (shrink to the model's largest side) -> normalise -> network -> labels.c
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "image/buffer.h"
#include "image/resize.h"
#include "model/model.h"

enum { KEPT_PLANS = 4 };

typedef struct kept_plan {
    seg_model_plan plan; /* zero: none */
    int width, height;
    uint64_t used; /* when, in calls */
} kept_plan;

struct seg_session {
    const seg_model *model;
    seg_session_opts opts;
    seg_import_session *import; /* of an imported model, which has no plans of its own */
    kept_plan kept[KEPT_PLANS];
    uint64_t calls;
    uint8_t *shrunk; /* pixels of an image that the model wants smaller */
    void *scratch;   /* of labels.c */
    size_t shrunk_size, scratch_size;
};

seg_status seg_session_new(seg_session **out, const seg_model *model, const seg_session_opts *opts,
                           seg_error *err)
{
    *out = NULL;
    if (opts != NULL && seg_exec_check_bf16(opts->bf16, err) != SEG_OK)
        return SEG_UNSUPPORTED;
    seg_session *session = calloc(1, sizeof *session);
    if (session == NULL)
        return seg_fail_nomem(err, sizeof *session, "a session");
    session->model = model;
    if (opts != NULL)
        session->opts = *opts;
    if (session->opts.threads <= 0)
        session->opts.threads = seg_cpu_count();
    if (model->import != NULL) {
        seg_status status =
            seg_import_session_new(&session->import, model->import, &model->spec.preprocess,
                                   model->spec.classes.count, &session->opts, err);
        if (status != SEG_OK) {
            seg_session_free(session);
            return status;
        }
    }
    *out = session;
    return SEG_OK;
}

void seg_session_free(seg_session *session)
{
    if (session == NULL)
        return;
    seg_import_session_free(session->import);
    for (int i = 0; i < KEPT_PLANS; i++)
        seg_model_plan_release(&session->kept[i].plan);
    free(session->shrunk);
    seg_block_free(session->scratch);
    free(session);
}

void seg_session_weights_changed(seg_session *session)
{
    for (int i = 0; i < KEPT_PLANS; i++) {
        if (session->kept[i].plan.exec != NULL)
            seg_exec_weights_changed(session->kept[i].plan.exec);
    }
}

static size_t kept_bytes(const seg_session *session)
{
    size_t bytes = 0;
    for (int i = 0; i < KEPT_PLANS; i++) {
        if (session->kept[i].plan.exec != NULL)
            bytes += seg_exec_arena_bytes(session->kept[i].plan.exec);
    }
    return bytes;
}

/* The plan that was not used for the longest time; a free place counts as never used. */
static kept_plan *oldest(seg_session *session, bool must_be_plan)
{
    kept_plan *found = NULL;
    for (int i = 0; i < KEPT_PLANS; i++) {
        kept_plan *kept = &session->kept[i];
        if (must_be_plan && kept->plan.exec == NULL)
            continue;
        if (found == NULL || kept->used < found->used)
            found = kept;
    }
    return found;
}

static void drop(kept_plan *kept)
{
    seg_model_plan_release(&kept->plan);
    *kept = (kept_plan){0};
}

/*
 * All kept plans share the memory limit, and what does not fit beside older plans is tried again
 * without them: only a plan that does not fit alone is an error.
 */
static seg_status plan_new(seg_session *session, int width, int height, kept_plan **out,
                           seg_error *err)
{
    kept_plan *place = oldest(session, false);
    drop(place);
    for (;;) {
        seg_plan_opts opts = {.width = width,
                              .height = height,
                              .threads = session->opts.threads,
                              .bf16 = session->opts.bf16,
                              .memory_limit = session->opts.memory_limit};
        kept_plan *victim = oldest(session, true);
        if (opts.memory_limit > 0) {
            size_t kept = kept_bytes(session);
            opts.memory_limit = kept < opts.memory_limit ? opts.memory_limit - kept : 1;
        }
        seg_status status = seg_model_plan_init(&place->plan, session->model, &opts, err);
        if (status == SEG_OK)
            break;
        if (victim == NULL || (status != SEG_LIMIT && status != SEG_NOMEM))
            return status;
        drop(victim);
    }
    place->width = width;
    place->height = height;
    *out = place;
    return SEG_OK;
}

static seg_status plan_get(seg_session *session, int width, int height, seg_model_plan *plan,
                           seg_error *err)
{
    kept_plan *kept = NULL;
    for (int i = 0; i < KEPT_PLANS && kept == NULL; i++) {
        kept_plan *candidate = &session->kept[i];
        if (candidate->plan.exec != NULL && candidate->width == width &&
            candidate->height == height)
            kept = candidate;
    }
    if (kept == NULL) {
        seg_status status = plan_new(session, width, height, &kept, err);
        if (status != SEG_OK)
            return status;
    }
    kept->used = ++session->calls;
    *plan = kept->plan;
    return SEG_OK;
}

/* Make *block hold size bytes; its content is lost. */
static seg_status reserve(void **block, size_t *block_size, size_t size, const char *what,
                          seg_error *err)
{
    if (*block_size >= size)
        return SEG_OK;
    seg_block_free(*block);
    *block_size = 0;
    *block = seg_block_new(size);
    if (*block == NULL)
        return seg_fail_nomem(err, size, what);
    *block_size = size;
    return SEG_OK;
}

/* Fill the network's input, shrinking the image when the model asks for it. */
static seg_status fill_input(seg_session *session, const seg_image *image, const seg_tensor *input,
                             seg_error *err)
{
    const seg_preprocess *preprocess = &session->model->spec.preprocess;
    int width = (int)input->shape.w, height = (int)input->shape.h;
    seg_image shrunk = *image;
    if (width != image->width || height != image->height) {
        size_t size = (size_t)width * (size_t)height * (size_t)image->channels;
        void *pixels = session->shrunk;
        seg_status status = reserve(&pixels, &session->shrunk_size, size, "the shrunk image", err);
        session->shrunk = pixels;
        if (status == SEG_OK)
            status =
                seg_resize_bilinear(image, seg_resize_whole(width, height), session->shrunk, err);
        if (status != SEG_OK)
            return status;
        shrunk = (seg_image){session->shrunk, width, height, image->channels, 0};
    }
    seg_preprocess_image(preprocess, &shrunk, seg_f32(input));
    return SEG_OK;
}

seg_status seg_segment(seg_session *session, const seg_image *image, uint8_t *labels,
                       seg_error *err)
{
    seg_model_plan plan;
    int width, height;
    seg_status status = seg_image_check(image, 1, 4, "the image", err);
    if (status != SEG_OK)
        return status;
    if (session->import != NULL)
        return seg_import_segment(session->import, image, labels, err);
    seg_model_input_size(&session->model->spec.preprocess, image->width, image->height, &width,
                         &height);
    status = plan_get(session, width, height, &plan, err);
    if (status != SEG_OK)
        return status;
    seg_tensor input = seg_exec_input(plan.exec, 0), logits = seg_exec_output(plan.exec, 0);
    size_t size = seg_labels_scratch_size(&logits.shape, image->width);
    status = reserve(&session->scratch, &session->scratch_size, size, "the labels", err);
    if (status == SEG_OK)
        status = fill_input(session, image, &input, err);
    if (status != SEG_OK)
        return status;
    seg_exec_forward(plan.exec, 0, 0);
    return seg_labels_from_logits(&logits, &plan.cells, image->width, image->height, labels,
                                  session->scratch, session->opts.threads, err);
}
