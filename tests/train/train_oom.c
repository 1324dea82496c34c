/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * train_oom.c: a whole run, from opening the data to the report, when memory runs out anywhere.
 * Not a resumed one: jansson 2.14's scanner loses characters when its buffer cannot grow.
 */
#include <stdio.h>

#include "oom/oom.h"
#include "seg/train.h"
#include "test.h"
#include "train/discs.h"

typedef struct job {
    seg_train_opts opts;
    char last[512]; /* the checkpoint that would make the next call a resumed one */
} job;

/* Decoders take a failed allocation for damage, threads for a limit: both are fair. */
static seg_status train_once(void *context, seg_error *err)
{
    job *j = context;
    remove(j->last);
    seg_status status = seg_train(&j->opts, NULL, NULL, err);
    return status == SEG_LIMIT ? SEG_FORMAT : status;
}

/* The network with the fewest tensors; one update, one evaluation. */
START_TEST(every_allocation_of_a_run)
{
    const char *folder = discs_make(test_folder(), 2, 1);
    const seg_setting settings[] = {{"width", 0.05}, {"fc_channels", 16}};
    job j;
    seg_train_opts_default(&j.opts);
    j.opts.data = folder;
    j.opts.out = test_path(folder, "run");
    j.opts.net = "fcn32s";
    j.opts.epochs = 1;
    j.opts.batch = 2;
    j.opts.crop = (seg_train_size){33, 33};
    j.opts.class_weights = "median";
    j.opts.threads = 1;
    j.opts.cache_mb = 0; /* the loader's threads free what they take */
    j.opts.settings = settings;
    j.opts.setting_count = 2;
    snprintf(j.last, sizeof j.last, "%s/last.safetensors", j.opts.out);
    oom_torture("train", train_once, &j, SEG_FORMAT);
}
END_TEST

Suite *suite_train_oom(void)
{
    Suite *suite = suite_create("train_oom");
    TCase *tests = tcase_create("train_oom");
    tcase_set_timeout(tests, 600);
    tcase_add_test(tests, every_allocation_of_a_run);
    suite_add_tcase(suite, tests);
    return suite;
}
