/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* session.c: labels of images of all sizes, against the network run by hand. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "graph/optimise.h"
#include "image/resize.h"
#include "model/model.h"
#include "model/tiny.h"
#include "test.h"

enum { CLASSES = 5 };

typedef struct setup {
    seg_model_spec spec;
    seg_weights *weights;
    seg_model *model;
} setup;

static setup setup_new(const char *net, int max_side)
{
    setup s;
    seg_error err;
    ck_ok(tiny_spec(&s.spec, net, CLASSES, &err), err);
    s.spec.preprocess.max_side = max_side;
    ck_ok(tiny_weights(&s.weights, &s.spec, 13, &err), err);
    ck_ok(seg_model_new_borrowed(&s.model, &s.spec, s.weights, &err), err);
    return s;
}

static void setup_free(setup *s)
{
    seg_model_free(s->model);
    seg_weights_free(s->weights);
}

static seg_session *session_new(const setup *s, int threads, size_t limit)
{
    seg_session *session;
    seg_error err;
    const seg_session_opts opts = {.threads = threads, .memory_limit = limit};
    ck_ok(seg_session_new(&session, s->model, &opts, &err), err);
    return session;
}

static seg_image picture(int width, int height, int channels, uint64_t seed)
{
    uint8_t *pixels = malloc((size_t)width * (size_t)height * (size_t)channels);
    tiny_picture(pixels, width, height, channels, seed);
    return (seg_image){pixels, width, height, channels, 0};
}

static uint8_t *segment(seg_session *session, const seg_image *image)
{
    size_t count = (size_t)image->width * (size_t)image->height;
    uint8_t *labels = malloc(count + 1);
    seg_error err;
    memset(labels, 200, count + 1);
    ck_ok(seg_segment(session, image, labels, &err), err);
    ck_assert_int_eq(labels[count], 200);
    return labels;
}

static void image_free(const seg_image *image)
{
    union {
        const uint8_t *borrowed;
        void *owned;
    } pixels = {image->pixels};
    free(pixels.owned);
}

/* The network as built: nothing cut, folded or fused, full-size logits. */
static float *plain_logits(const setup *s, const seg_image *image)
{
    seg_graph *graph;
    seg_exec *exec;
    seg_error err;
    const seg_exec_opts opts = {.threads = 1};
    ck_ok(seg_graph_new(&graph, s->weights, &err), err);
    ck_ok(seg_net_build(graph, &s->spec.net, 1, image->height, image->width, &err), err);
    ck_ok(seg_exec_new(&exec, graph, &opts, &err), err);
    seg_tensor input = seg_exec_input(exec, 0), output = seg_exec_output(exec, 0);
    seg_preprocess_image(&s->spec.preprocess, image, seg_f32(&input));
    seg_exec_forward(exec, 0, 0);
    ck_assert_int_eq(output.shape.h, image->height);
    ck_assert_int_eq(output.shape.w, image->width);
    float *logits = malloc(seg_shape_size(&output.shape));
    memcpy(logits, output.data, seg_shape_size(&output.shape));
    seg_exec_free(exec);
    seg_graph_free(graph);
    return logits;
}

/* Each label is the largest logit, or as good as. Returns how many classes occur. */
static int check_labels(const uint8_t *labels, const float *logits, int64_t count)
{
    bool seen[CLASSES] = {false};
    int classes = 0;
    float largest = 0;
    for (int64_t i = 0; i < count * CLASSES; i++)
        largest = fmaxf(largest, fabsf(logits[i]));
    for (int64_t i = 0; i < count; i++) {
        ck_assert_int_lt(labels[i], CLASSES);
        for (int c = 0; c < CLASSES; c++)
            ck_assert_float_ge(logits[i * CLASSES + labels[i]] + 2e-5f * largest,
                               logits[i * CLASSES + c]);
        classes += !seen[labels[i]];
        seen[labels[i]] = true;
    }
    return classes;
}

static const struct {
    const char *net;
    int width, height;
} cases[] = {{"deeplabv3plus", 1, 1},   {"deeplabv3plus", 7, 1},   {"deeplabv3plus", 1, 40},
             {"deeplabv3plus", 33, 17}, {"deeplabv3plus", 96, 64}, {"deeplabv3", 65, 50},
             {"fcn8s", 1, 1},           {"fcn8s", 61, 43},         {"fcn32s", 80, 64}};

START_TEST(as_the_plain_network)
{
    setup s = setup_new(cases[_i].net, 0);
    seg_image image = picture(cases[_i].width, cases[_i].height, 3, 5);
    seg_session *session = session_new(&s, 1, 0);
    uint8_t *labels = segment(session, &image);
    float *logits = plain_logits(&s, &image);
    int64_t count = (int64_t)image.width * image.height;
    int classes = check_labels(labels, logits, count);
    ck_assert_int_ge(classes, count > 2000 ? 2 : 1);
    free(labels);
    free(logits);
    image_free(&image);
    seg_session_free(session);
    setup_free(&s);
}
END_TEST

START_TEST(threads_agree)
{
    setup s = setup_new("deeplabv3plus", 0);
    seg_image image = picture(123, 77, 3, 6);
    seg_session *one = session_new(&s, 1, 0), *three = session_new(&s, 3, 0);
    uint8_t *a = segment(one, &image), *b = segment(three, &image);
    ck_assert_mem_eq(a, b, 123 * 77);
    free(a);
    free(b);
    image_free(&image);
    seg_session_free(one);
    seg_session_free(three);
    setup_free(&s);
}
END_TEST

typedef struct guest {
    const setup *setup;
    const seg_image *image;
    uint8_t *labels;
} guest;

static void *segment_alone(void *context)
{
    guest *g = context;
    seg_session *session = NULL;
    const seg_session_opts opts = {.threads = 1};
    uint8_t *labels = malloc((size_t)g->image->width * (size_t)g->image->height);
    if (seg_session_new(&session, g->setup->model, &opts, NULL) == SEG_OK &&
        seg_segment(session, g->image, labels, NULL) == SEG_OK)
        g->labels = labels;
    else
        free(labels);
    seg_session_free(session);
    return NULL;
}

/* One model, a session for each thread, at the same time. */
START_TEST(threads_share_a_model)
{
    enum { THREADS = 4 };
    setup s = setup_new("deeplabv3plus", 0);
    seg_image image = picture(90, 70, 3, 12);
    pthread_t threads[THREADS];
    guest guests[THREADS];
    for (int i = 0; i < THREADS; i++) {
        guests[i] = (guest){&s, &image, NULL};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, segment_alone, &guests[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_ptr_nonnull(guests[i].labels);
        ck_assert_mem_eq(guests[i].labels, guests[0].labels, 90 * 70);
    }
    for (int i = 0; i < THREADS; i++)
        free(guests[i].labels);
    image_free(&image);
    setup_free(&s);
}
END_TEST

/* max_side 64: the network sees 64x40 of 160x100, labels come at 160x100. */
START_TEST(shrunk)
{
    setup s = setup_new("deeplabv3plus", 64);
    seg_image image = picture(160, 100, 3, 7);
    seg_session *session = session_new(&s, 1, 0);
    uint8_t *labels = segment(session, &image);
    seg_image_buffer small = {malloc(64 * 40 * 3), 64, 40, 3};
    seg_error err;
    ck_ok(seg_resize_bilinear(&image, seg_resize_whole(64, 40), small.pixels, &err), err);
    seg_image view = seg_image_view(&small);
    uint8_t *small_labels = segment(session, &view);
    /* At most a band along borders differs from the small labels enlarged. */
    int same = 0;
    for (int y = 0; y < 100; y++) {
        for (int x = 0; x < 160; x++)
            same += labels[y * 160 + x] == small_labels[y * 40 / 100 * 64 + x * 64 / 160];
    }
    ck_assert_int_ge(same, 160 * 100 * 85 / 100);
    free(labels);
    free(small_labels);
    seg_image_release(&small);
    image_free(&image);
    seg_session_free(session);
    setup_free(&s);
}
END_TEST

/* More sizes than plans are kept, forwards and back: labels as from sessions of their own. */
START_TEST(many_sizes)
{
    setup s = setup_new("deeplabv3plus", 0);
    seg_session *session = session_new(&s, 1, 0);
    uint8_t *first[7];
    for (int round = 0; round < 2; round++) {
        for (int k = 0; k < 7; k++) {
            int i = round == 0 ? k : 6 - k;
            seg_image image = picture(20 + 9 * i, 50 - 5 * i, 3, 8);
            uint8_t *labels = segment(session, &image);
            if (round == 0) {
                seg_session *own = session_new(&s, 1, 0);
                first[i] = segment(own, &image);
                seg_session_free(own);
            }
            ck_assert_mem_eq(labels, first[i], (size_t)image.width * (size_t)image.height);
            free(labels);
            image_free(&image);
        }
    }
    for (int i = 0; i < 7; i++)
        free(first[i]);
    seg_session_free(session);
    setup_free(&s);
}
END_TEST

START_TEST(kinds_of_pixels)
{
    setup s = setup_new("fcn8s", 0);
    seg_session *session = session_new(&s, 1, 0);
    uint8_t grey[30 * 20], rgb[30 * 20 * 3], rgba[20][200];
    tiny_picture(grey, 30, 20, 1, 9);
    for (int y = 0; y < 20; y++) {
        for (int x = 0; x < 30; x++) {
            for (int c = 0; c < 3; c++)
                rgba[y][4 * x + c] = rgb[(y * 30 + x) * 3 + c] = grey[y * 30 + x];
            rgba[y][4 * x + 3] = (uint8_t)x;
        }
    }
    const seg_image images[] = {
        {grey, 30, 20, 1, 0}, {rgb, 30, 20, 3, 0}, {rgba[0], 30, 20, 4, 200}};
    uint8_t *labels[3];
    for (int i = 0; i < 3; i++)
        labels[i] = segment(session, &images[i]);
    ck_assert_mem_eq(labels[0], labels[1], 600);
    ck_assert_mem_eq(labels[0], labels[2], 600);
    for (int i = 0; i < 3; i++)
        free(labels[i]);
    seg_session_free(session);
    setup_free(&s);
}
END_TEST

START_TEST(bad_images)
{
    setup s = setup_new("fcn8s", 0);
    seg_session *session = session_new(&s, 1, 0);
    uint8_t pixels[64] = {0}, labels[64] = {7};
    const struct {
        seg_image image;
        const char *says;
    } bad[] = {{{NULL, 4, 4, 3, 0}, "no pixels"},    {{pixels, 0, 4, 3, 0}, "0x4"},
               {{pixels, 4, -1, 3, 0}, "4x-1"},      {{pixels, 65536, 1, 3, 0}, "65536"},
               {{pixels, 4, 4, 2, 0}, "2 channels"}, {{pixels, 4, 4, 3, 11}, "11 bytes"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        seg_error err;
        ck_fails(seg_segment(session, &bad[i].image, labels, &err), SEG_INVALID, err, bad[i].says);
        ck_assert_int_eq(labels[0], 7);
    }
    seg_session_free(session);
    setup_free(&s);
}
END_TEST

START_TEST(memory_limit)
{
    setup s = setup_new("deeplabv3plus", 0);
    seg_image small = picture(64, 48, 3, 1), large = picture(128, 96, 3, 2);
    seg_model_cost cost;
    seg_error err;
    uint8_t label = 77;
    char wanted[64];
    ck_ok(seg_model_measure(s.model, 128, 96, &cost, &err), err);
    seg_session *tight = session_new(&s, 1, (size_t)cost.activation_bytes / 2);
    snprintf(wanted, sizeof wanted, "%lld", (long long)cost.activation_bytes / 2);
    ck_fails(seg_segment(tight, &large, &label, &err), SEG_LIMIT, err, wanted);
    ck_assert_int_eq(label, 77);
    free(segment(tight, &small)); /* still of use */
    /* Room for one plan but not for two: the older makes room, in both orders. */
    seg_session *enough = session_new(&s, 1, (size_t)cost.activation_bytes);
    for (int i = 0; i < 2; i++) {
        free(segment(enough, &small));
        free(segment(enough, &large));
    }
    seg_session_free(tight);
    seg_session_free(enough);
    image_free(&small);
    image_free(&large);
    setup_free(&s);
}
END_TEST

static seg_tensor *weight_of_role(const setup *s, seg_weight_role role)
{
    for (int i = 0; i < seg_weights_count(s->weights); i++) {
        if (seg_weights_at(s->weights, i)->role == role)
            return &seg_weights_at(s->weights, i)->tensor;
    }
    ck_abort_msg("no weight of role %d", role);
    return NULL;
}

/* What a trainer does: change the weights, say so, evaluate. */
START_TEST(weights_changed)
{
    setup s = setup_new("deeplabv3plus", 0), other = setup_new("deeplabv3plus", 0);
    seg_image image = picture(80, 60, 3, 3);
    seg_session *session = session_new(&s, 1, 0);
    uint8_t *before = segment(session, &image);
    for (int i = 0; i < seg_weights_count(s.weights); i++) {
        seg_weight *weight = seg_weights_at(s.weights, i);
        if (weight->role == SEG_WEIGHT_KERNEL || weight->role == SEG_WEIGHT_ZERO_KERNEL) {
            seg_weights_initialise(s.weights, i, 99);
            memcpy(seg_weights_at(other.weights, i)->tensor.data, weight->tensor.data,
                   seg_shape_size(&weight->tensor.shape));
        }
    }
    seg_session_weights_changed(session);
    seg_session *fresh = session_new(&other, 1, 0);
    uint8_t *after = segment(session, &image), *wanted = segment(fresh, &image);
    ck_assert_mem_eq(after, wanted, 80 * 60);
    ck_assert_mem_ne(after, before, 80 * 60);
    free(before);
    free(after);
    free(wanted);
    image_free(&image);
    seg_session_free(session);
    seg_session_free(fresh);
    setup_free(&s);
    setup_free(&other);
}
END_TEST

START_TEST(not_finite)
{
    setup s = setup_new("deeplabv3plus", 0);
    seg_image image = picture(40, 30, 3, 4);
    seg_session *session = session_new(&s, 1, 0);
    seg_tensor *bias = weight_of_role(&s, SEG_WEIGHT_BIAS);
    uint8_t label = 77;
    seg_error err;
    seg_f32(bias)[bias->shape.dim[0] - 1] = NAN;
    ck_fails(seg_segment(session, &image, &label, &err), SEG_NONFINITE, err, "nan");
    ck_assert_int_eq(label, 77);
    image_free(&image);
    seg_session_free(session);
    setup_free(&s);
}
END_TEST

static uint8_t *segment_bf16(const seg_model *model, const seg_image *image, int threads, bool bf16)
{
    seg_session *session;
    seg_error err;
    const seg_session_opts opts = {.threads = threads, .bf16 = bf16};
    ck_ok(seg_session_new(&session, model, &opts, &err), err);
    uint8_t *labels = segment(session, image);
    seg_session_free(session);
    return labels;
}

/* Rounded operands hardly change what a trained network sees, and threads nothing at all. */
START_TEST(bf16_agrees)
{
    static const char *const photo = SEG_SHARED_DIR "/data/camvid/val/images/0016E5_07959.jpg";
    static const char *const path = SEG_TESTS_DIR "/../models/deeplabv3plus_camvid.safetensors";
    seg_model *model;
    seg_image_buffer buffer;
    seg_error err;
    if (!test_shared("bf16 on a road scene"))
        return;
    ck_ok(seg_model_load(&model, path, &err), err);
    const seg_session_opts opts = {.bf16 = true};
    seg_session *session;
    if (!seg_kernels_get()->bf16.fast) {
        ck_fails(seg_session_new(&session, model, &opts, &err), SEG_UNSUPPORTED, err, "AVX512_BF16");
        seg_model_free(model);
        return;
    }
    ck_ok(seg_image_read(&buffer, photo, &err), err);
    const seg_image image = seg_image_view(&buffer);
    const size_t count = (size_t)image.width * (size_t)image.height;
    uint8_t *wanted = segment_bf16(model, &image, 1, false);
    uint8_t *one = segment_bf16(model, &image, 1, true), *two = segment_bf16(model, &image, 2, true);
    size_t other = 0;
    for (size_t i = 0; i < count; i++)
        other += one[i] != wanted[i];
    ck_assert_msg(other * 100 <= count, "%zu of %zu pixels have another label", other, count);
    ck_assert_uint_gt(other, 0); /* it was used */
    ck_assert_mem_eq(one, two, count);
    free(wanted);
    free(one);
    free(two);
    seg_image_release(&buffer);
    seg_model_free(model);
}
END_TEST

Suite *suite_session(void)
{
    Suite *suite = suite_create("session");
    TCase *tests = tcase_create("session");
    tcase_add_loop_test(tests, as_the_plain_network, 0, sizeof cases / sizeof *cases);
    tcase_add_test(tests, threads_agree);
    tcase_add_test(tests, threads_share_a_model);
    tcase_add_test(tests, shrunk);
    tcase_add_test(tests, many_sizes);
    tcase_add_test(tests, kinds_of_pixels);
    tcase_add_test(tests, bad_images);
    tcase_add_test(tests, memory_limit);
    tcase_add_test(tests, weights_changed);
    tcase_add_test(tests, not_finite);
    tcase_add_test(tests, bf16_agrees);
    suite_add_tcase(suite, tests);
    return suite;
}
