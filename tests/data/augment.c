/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * augment.c: images and labels stay on each other, every crop has its chance, colours move as far
 * as asked and no further.
 */
#include "data/augment.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "image/buffer.h"
#include "test.h"

/* What comes out is RGB/255. */
static const seg_preprocess plain = {.std = {1, 1, 1}};
static const seg_augment_opts nothing = {.scale_min = 1, .scale_max = 1};

static seg_sample sample_new(int width, int height)
{
    seg_sample sample;
    seg_error err;
    ck_ok(seg_image_new(&sample.image, width, height, 3, "image", &err), err);
    ck_ok(seg_image_new(&sample.labels, width, height, 1, "labels", &err), err);
    memset(sample.labels.pixels, 0, (size_t)(width * height));
    return sample;
}

static seg_sample flat_sample(int width, int height, uint8_t r, uint8_t g, uint8_t b)
{
    seg_sample sample = sample_new(width, height);
    for (int i = 0; i < width * height; i++)
        memcpy(sample.image.pixels + 3 * i, (uint8_t[]){r, g, b}, 3);
    return sample;
}

static seg_sample noise_sample(int width, int height)
{
    seg_sample sample = sample_new(width, height);
    seg_rng rng = seg_rng_make(5, SEG_RNG_METHOD, 0);
    for (int i = 0; i < width * height * 3; i++)
        sample.image.pixels[i] = (uint8_t)seg_rng_below(&rng, 256);
    for (int i = 0; i < width * height; i++)
        sample.labels.pixels[i] = (uint8_t)seg_rng_below(&rng, 20);
    return sample;
}

typedef struct crop {
    int h, w;
    float *image;
    uint8_t *labels;
} crop;

static crop crop_new(int h, int w)
{
    crop c = {h, w, malloc((size_t)(h * w) * 3 * sizeof(float)), malloc((size_t)(h * w))};
    /* Whatever is not written shows. */
    for (int i = 0; i < h * w * 3; i++)
        c.image[i] = NAN;
    memset(c.labels, 200, (size_t)(h * w));
    return c;
}

static void crop_free(crop *c)
{
    free(c->image);
    free(c->labels);
}

static void augment(const seg_augment_opts *opts, const seg_preprocess *preprocess,
                    const seg_sample *sample, uint64_t number, crop *c)
{
    seg_error err;
    seg_rng rng = seg_rng_make(1, SEG_RNG_AUGMENT, number);
    ck_ok(seg_augment(opts, preprocess, sample, rng, c->image, c->labels, &err), err);
}

/* Level 0..255 of a pixel's channel. */
static double level(const crop *c, int y, int x, int channel)
{
    return 255.0 * (double)c->image[(y * c->w + x) * 3 + channel];
}

START_TEST(without_options_it_is_what_prediction_sees)
{
    seg_preprocess preprocess = seg_preprocess_default();
    seg_sample sample = noise_sample(37, 23);
    seg_image view = seg_image_view(&sample.image);
    crop c = crop_new(23, 37), wanted = crop_new(23, 37);
    seg_preprocess_image(&preprocess, &view, wanted.image);
    augment(&nothing, &preprocess, &sample, 3, &c);
    ck_assert_mem_eq(c.image, wanted.image, 23 * 37 * 3 * sizeof(float));
    ck_assert_mem_eq(c.labels, sample.labels.pixels, 23 * 37);
    crop_free(&c);
    crop_free(&wanted);
    seg_sample_release(&sample);
}
END_TEST

START_TEST(flip_mirrors_both)
{
    seg_augment_opts opts = {.scale_min = 1, .scale_max = 1, .flip = 1};
    seg_sample sample = noise_sample(21, 9);
    crop c = crop_new(9, 21);
    augment(&opts, &plain, &sample, 0, &c);
    for (int y = 0; y < 9; y++) {
        for (int x = 0; x < 21; x++) {
            int from = y * 21 + 20 - x;
            ck_assert_int_eq(c.labels[y * 21 + x], sample.labels.pixels[from]);
            for (int k = 0; k < 3; k++)
                ck_assert_double_eq_tol(level(&c, y, x, k), sample.image.pixels[3 * from + k],
                                        1e-4);
        }
    }
    crop_free(&c);
    seg_sample_release(&sample);
}
END_TEST

START_TEST(flip_comes_as_often_as_asked)
{
    seg_augment_opts opts = {.scale_min = 1, .scale_max = 1, .flip = 0.25};
    seg_sample sample = noise_sample(8, 1);
    crop c = crop_new(1, 8);
    int flipped = 0;
    for (uint64_t number = 0; number < 1000; number++) {
        augment(&opts, &plain, &sample, number, &c);
        flipped += memcmp(c.labels, sample.labels.pixels, 8) != 0;
    }
    ck_assert_int_gt(flipped, 200);
    ck_assert_int_lt(flipped, 300);
    crop_free(&c);
    seg_sample_release(&sample);
}
END_TEST

/* Red is x, green is y; labels are x in odd samples and y in even ones, as nearest takes them. */
static seg_sample ramp_sample(bool across)
{
    seg_sample sample = sample_new(250, 240);
    for (int y = 0; y < 240; y++) {
        for (int x = 0; x < 250; x++) {
            uint8_t *p = sample.image.pixels + 3 * (y * 250 + x);
            p[0] = (uint8_t)x;
            p[1] = (uint8_t)y;
            p[2] = 128;
            sample.labels.pixels[y * 250 + x] = (uint8_t)(across ? x : y);
        }
    }
    return sample;
}

/*
 * The interpolated ramp is the position of the pixel's centre, the label that of the source pixel
 * under it: at most half a pixel and a rounding apart, and on average not at all.
 */
START_TEST(labels_stay_on_their_pixels)
{
    seg_augment_opts opts = {
        .scale_min = 0.4, .scale_max = 2.5, .crop_h = 90, .crop_w = 100, .flip = 0.5};
    crop c = crop_new(90, 100);
    for (int across = 0; across < 2; across++) {
        seg_sample sample = ramp_sample(across);
        double sum = 0;
        int count = 0;
        for (uint64_t number = 0; number < 60; number++) {
            augment(&opts, &plain, &sample, number, &c);
            for (int i = 0; i < 90 * 100; i++) {
                double value = level(&c, i / 100, i % 100, across ? 0 : 1);
                /* Near the sample's edges there is nothing to average on one side. */
                if (c.labels[i] == SEG_IGNORE || value < 3 || value > 236)
                    continue;
                ck_assert_msg(fabs(value - c.labels[i]) < 1.51, "sample %d: %g on label %d",
                              (int)number, value, c.labels[i]);
                sum += value - c.labels[i];
                count++;
            }
        }
        ck_assert_int_gt(count, 300000);
        ck_assert_double_lt(fabs(sum / count), 0.02);
        seg_sample_release(&sample);
    }
    crop_free(&c);
}
END_TEST

/* Blocks of 24 pixels, each id a colour of its own. */
static seg_sample block_sample(int width, int height)
{
    seg_sample sample = sample_new(width, height);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            int id = (y / 24 * 7 + x / 24 * 3) % 11;
            uint8_t *p = sample.image.pixels + 3 * (y * width + x);
            p[0] = (uint8_t)(20 * id + 10);
            p[1] = (uint8_t)(250 - 20 * id);
            p[2] = (uint8_t)(id * 97);
            sample.labels.pixels[y * width + x] = (uint8_t)id;
        }
    }
    return sample;
}

static bool is_inside(const crop *c, int y, int x, int margin)
{
    for (int v = y - margin; v <= y + margin; v++) {
        for (int u = x - margin; u <= x + margin; u++) {
            if (c->labels[v * c->w + u] != c->labels[y * c->w + x])
                return false;
        }
    }
    return true;
}

START_TEST(colours_tell_their_labels)
{
    seg_augment_opts opts = {
        .scale_min = 0.5, .scale_max = 2, .crop_h = 120, .crop_w = 150, .flip = 0.5};
    seg_preprocess preprocess = seg_preprocess_default();
    seg_sample sample = block_sample(200, 130);
    crop c = crop_new(120, 150);
    int inside = 0;
    for (uint64_t number = 0; number < 80; number++) {
        augment(&opts, &preprocess, &sample, number, &c);
        for (int y = 3; y < 117; y++) {
            for (int x = 3; x < 147; x++) {
                int id = c.labels[y * 150 + x];
                if (!is_inside(&c, y, x, 3))
                    continue;
                const float *p = c.image + 3 * (y * 150 + x);
                float red =
                    id == SEG_IGNORE ? 0.0f : ((float)(20 * id + 10) / 255.0f - 0.485f) / 0.229f;
                float blue =
                    id == SEG_IGNORE ? 0.0f : ((float)(id * 97 % 256) / 255.0f - 0.406f) / 0.225f;
                ck_assert_float_eq_tol(p[0], red, 1e-5f);
                ck_assert_float_eq_tol(p[2], blue, 1e-5f);
                inside++;
            }
        }
    }
    ck_assert_int_gt(inside, 80 * 114 * 144 / 2);
    crop_free(&c);
    seg_sample_release(&sample);
}
END_TEST

START_TEST(small_samples_lie_anywhere_in_the_crop)
{
    seg_augment_opts opts = {.scale_min = 1, .scale_max = 1, .crop_h = 4, .crop_w = 6, .flip = 0.5};
    seg_sample sample = flat_sample(3, 2, 90, 90, 90);
    crop c = crop_new(4, 6);
    bool seen[4][6] = {0};
    for (uint64_t number = 0; number < 300; number++) {
        int first = -1, count = 0;
        augment(&opts, &plain, &sample, number, &c);
        for (int i = 0; i < 24; i++) {
            bool padding = c.labels[i] == SEG_IGNORE;
            ck_assert_double_eq_tol(level(&c, i / 6, i % 6, 1), padding ? 0 : 90, 1e-4);
            first = first < 0 && !padding ? i : first;
            count += !padding;
        }
        ck_assert_int_eq(count, 6);
        seen[first / 6][first % 6] = true;
    }
    for (int y = 0; y < 4; y++) {
        for (int x = 0; x < 6; x++)
            ck_assert_int_eq(seen[y][x], y <= 2 && x <= 3);
    }
    crop_free(&c);
    seg_sample_release(&sample);
}
END_TEST

START_TEST(crops_come_from_everywhere)
{
    seg_augment_opts opts = {.scale_min = 1, .scale_max = 1, .crop_h = 2, .crop_w = 2};
    seg_sample sample = sample_new(5, 4);
    crop c = crop_new(2, 2);
    int hits[20] = {0};
    for (int i = 0; i < 20; i++)
        sample.labels.pixels[i] = (uint8_t)i;
    for (uint64_t number = 0; number < 1200; number++) {
        augment(&opts, &plain, &sample, number, &c);
        hits[c.labels[0]]++;
    }
    for (int i = 0; i < 20; i++) {
        if (i / 5 <= 2 && i % 5 <= 3)
            ck_assert_int_gt(hits[i], 60); /* 100 expected */
        else
            ck_assert_int_eq(hits[i], 0);
    }
    crop_free(&c);
    seg_sample_release(&sample);
}
END_TEST

/* Side of the scaled sample, by what it covers of a crop that is large enough. */
static int covered(const crop *c)
{
    int count = 0;
    for (int i = 0; i < c->h * c->w; i++)
        count += c->labels[i] != SEG_IGNORE;
    return count;
}

START_TEST(scales_are_log_uniform)
{
    seg_augment_opts opts = {.scale_min = 0.5, .scale_max = 2, .crop_h = 80, .crop_w = 80};
    seg_sample sample = flat_sample(40, 40, 1, 2, 3);
    crop c = crop_new(80, 80);
    int quarters[4] = {0};
    for (uint64_t number = 0; number < 1000; number++) {
        augment(&opts, &plain, &sample, number, &c);
        double scale = sqrt(covered(&c)) / 40;
        ck_assert(scale >= 0.5 && scale <= 2);
        int quarter = (int)(4 * (log2(scale) + 1) / 2);
        quarters[quarter < 3 ? quarter : 3]++;
    }
    for (int i = 0; i < 4; i++) {
        ck_assert_int_gt(quarters[i], 190);
        ck_assert_int_lt(quarters[i], 310);
    }
    crop_free(&c);
    seg_sample_release(&sample);
}
END_TEST

START_TEST(large_photos_are_seen_as_in_prediction)
{
    seg_augment_opts opts = {.scale_min = 1, .scale_max = 1, .crop_h = 80, .crop_w = 80};
    seg_preprocess small = plain;
    seg_sample sample = flat_sample(200, 100, 1, 2, 3);
    crop c = crop_new(80, 80);
    small.max_side = 50;
    augment(&opts, &small, &sample, 0, &c);
    ck_assert_int_eq(covered(&c), 50 * 25);
    small.max_side = 200;
    augment(&opts, &small, &sample, 0, &c);
    ck_assert_int_eq(covered(&c), 80 * 80);
    crop_free(&c);
    seg_sample_release(&sample);
}
END_TEST

START_TEST(brightness_and_saturation)
{
    seg_augment_opts opts = {.scale_min = 1, .scale_max = 1, .jitter = 0.2};
    seg_sample sample = flat_sample(2, 2, 130, 90, 60);
    const double grey = 0.299 * 130 + 0.587 * 90 + 0.114 * 60;
    crop c = crop_new(2, 2);
    double lowest = 9, highest = 0;
    for (uint64_t number = 0; number < 300; number++) {
        augment(&opts, &plain, &sample, number, &c);
        double r = level(&c, 1, 1, 0), g = level(&c, 1, 1, 1), b = level(&c, 1, 1, 2);
        double now = 0.299 * r + 0.587 * g + 0.114 * b, gain = now / grey;
        lowest = gain < lowest ? gain : lowest;
        highest = gain > highest ? gain : highest;
        /* Contrast and saturation stretch the colour away from its grey, and keep its tone.
         * Levels are rounded, and the stretch is told from one of them. */
        double stretch = (r - now) / (130 - grey) / gain;
        ck_assert(stretch > 0.8 * 0.8 - 0.02 && stretch < 1.2 * 1.2 + 0.02);
        ck_assert_double_eq_tol(g - now, (90 - grey) * stretch * gain, 1.6);
        ck_assert_double_eq_tol(b - now, (60 - grey) * stretch * gain, 1.6);
    }
    ck_assert(lowest > 0.79 && lowest < 0.82);
    ck_assert(highest < 1.21 && highest > 1.18);
    crop_free(&c);
    seg_sample_release(&sample);
}
END_TEST

START_TEST(contrast_is_about_the_mean_grey)
{
    seg_augment_opts opts = {.scale_min = 1, .scale_max = 1, .jitter = 0.3};
    seg_sample sample = sample_new(2, 1);
    memcpy(sample.image.pixels, (uint8_t[]){60, 60, 60, 120, 120, 120}, 6);
    crop c = crop_new(1, 2);
    double lowest = 9, highest = 0;
    for (uint64_t number = 0; number < 300; number++) {
        augment(&opts, &plain, &sample, number, &c);
        double dark = level(&c, 0, 0, 0), light = level(&c, 0, 1, 0);
        double brightness = (dark + light) / 180, contrast = (light - dark) / 60 / brightness;
        ck_assert(brightness > 0.69 && brightness < 1.31);
        ck_assert(contrast > 0.68 && contrast < 1.32);
        lowest = contrast < lowest ? contrast : lowest;
        highest = contrast > highest ? contrast : highest;
        /* Grey stays grey. */
        ck_assert_double_eq_tol(level(&c, 0, 0, 2), dark, 1e-4);
    }
    ck_assert(lowest < 0.75 && highest > 1.25);
    crop_free(&c);
    seg_sample_release(&sample);
}
END_TEST

START_TEST(hue_turns_about_grey)
{
    seg_augment_opts opts = {.scale_min = 1, .scale_max = 1, .hue = 0.5};
    seg_sample sample = flat_sample(1, 1, 140, 80, 80);
    crop c = crop_new(1, 1);
    int leaders[3] = {0};
    for (uint64_t number = 0; number < 600; number++) {
        augment(&opts, &plain, &sample, number, &c);
        double p[3], sum = 0, square = 0;
        int leader = 0;
        for (int k = 0; k < 3; k++) {
            p[k] = level(&c, 0, 0, k);
            sum += p[k];
            square += (p[k] - 100) * (p[k] - 100);
            leader = p[k] > p[leader] ? k : leader;
        }
        ck_assert_double_eq_tol(sum, 300, 2);
        ck_assert_double_eq_tol(sqrt(square), sqrt(2400), 1.5);
        leaders[leader]++;
    }
    for (int k = 0; k < 3; k++)
        ck_assert_int_gt(leaders[k], 150);
    crop_free(&c);
    seg_sample_release(&sample);
}
END_TEST

START_TEST(the_number_decides_everything)
{
    seg_augment_opts opts = {.scale_min = 0.5,
                             .scale_max = 2,
                             .crop_h = 20,
                             .crop_w = 30,
                             .flip = 0.5,
                             .jitter = 0.4,
                             .hue = 0.1};
    seg_sample sample = noise_sample(64, 48);
    crop a = crop_new(20, 30), b = crop_new(20, 30);
    augment(&opts, &plain, &sample, 7, &a);
    augment(&opts, &plain, &sample, 7, &b);
    ck_assert_mem_eq(a.image, b.image, 20 * 30 * 3 * sizeof(float));
    ck_assert_mem_eq(a.labels, b.labels, 20 * 30);
    augment(&opts, &plain, &sample, 8, &b);
    ck_assert(memcmp(a.image, b.image, 20 * 30 * 3 * sizeof(float)) != 0);
    /* An option changes nothing but what it names. */
    opts.jitter = opts.hue = 0;
    augment(&opts, &plain, &sample, 7, &b);
    ck_assert(memcmp(a.image, b.image, 20 * 30 * 3 * sizeof(float)) != 0);
    ck_assert_mem_eq(a.labels, b.labels, 20 * 30);
    crop_free(&a);
    crop_free(&b);
    seg_sample_release(&sample);
}
END_TEST

static const struct {
    seg_augment_opts opts;
    const char *wanted;
} bad_opts[] = {
    {{0}, "scales from 0 to 0"},
    {{.scale_min = 2, .scale_max = 1}, "scales from 2 to 1"},
    {{.scale_min = 1, .scale_max = 101}, "scales from 1 to 101"},
    {{.scale_min = NAN, .scale_max = 1}, "scales from nan"},
    {{.scale_min = 1, .scale_max = 1, .crop_h = 5}, "height 5 and width 0"},
    {{.scale_min = 1, .scale_max = 1, .crop_h = -1, .crop_w = 4}, "height -1"},
    {{.scale_min = 1, .scale_max = 1, .crop_h = 5, .crop_w = 65536}, "width 65536"},
    {{.scale_min = 1, .scale_max = 1, .flip = 1.5}, "flip is 1.5"},
    {{.scale_min = 1, .scale_max = 1, .jitter = -0.1}, "jitter is -0.1"},
    {{.scale_min = 1, .scale_max = 1, .hue = 0.6}, "hue is 0.6"},
};

START_TEST(options_out_of_range_are_named)
{
    seg_sample sample = flat_sample(4, 4, 0, 0, 0);
    crop c = crop_new(4, 4);
    seg_error err;
    ck_fails(seg_augment(&bad_opts[_i].opts, &plain, &sample, seg_rng_make(0, SEG_RNG_AUGMENT, 0),
                         c.image, c.labels, &err),
             SEG_INVALID, err, bad_opts[_i].wanted);
    crop_free(&c);
    seg_sample_release(&sample);
}
END_TEST

Suite *suite_augment(void)
{
    Suite *suite = suite_create("augment");
    TCase *tests = tcase_create("augment");
    tcase_add_test(tests, without_options_it_is_what_prediction_sees);
    tcase_add_test(tests, flip_mirrors_both);
    tcase_add_test(tests, flip_comes_as_often_as_asked);
    tcase_add_test(tests, labels_stay_on_their_pixels);
    tcase_add_test(tests, colours_tell_their_labels);
    tcase_add_test(tests, small_samples_lie_anywhere_in_the_crop);
    tcase_add_test(tests, crops_come_from_everywhere);
    tcase_add_test(tests, scales_are_log_uniform);
    tcase_add_test(tests, large_photos_are_seen_as_in_prediction);
    tcase_add_test(tests, brightness_and_saturation);
    tcase_add_test(tests, contrast_is_about_the_mean_grey);
    tcase_add_test(tests, hue_turns_about_grey);
    tcase_add_test(tests, the_number_decides_everything);
    tcase_add_loop_test(tests, options_out_of_range_are_named, 0,
                        sizeof bad_opts / sizeof *bad_opts);
    suite_add_tcase(suite, tests);
    return suite;
}
