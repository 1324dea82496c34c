/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * fuzz.c: the fuzzers without their engine: every file of every corpus, every beginning of it, and
 * every byte of it inverted or off by one. Run under the sanitizers this finds most of what hours
 * of fuzzing do.
 */
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "test.h"

static const struct {
    const char *name;
    int (*run)(const uint8_t *data, size_t size);
} targets[] = {
#define FUZZ(name) {#name, fuzz_##name},
#include "fuzz/targets.def"
#undef FUZZ
};

enum { SMALL_FILE = 1024 }; /* bytes; longer files are mutated at some places only */

/* In a block of its own, so that a sanitizer sees any byte read beyond. */
static void run(int target, const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + (size == 0));
    memcpy(copy, data, size);
    targets[target].run(copy, size);
    free(copy);
}

static void run_mutations(int target, uint8_t *data, size_t size)
{
    const size_t step = size / SMALL_FILE + 1;
    run(target, data, size);
    for (size_t i = 0; i < size; i += step) {
        run(target, data, i);
        const uint8_t kept = data[i],
                      others[] = {(uint8_t)~kept, (uint8_t)(kept + 1), (uint8_t)(kept - 1)};
        for (size_t k = 0; k < sizeof others; k++) {
            data[i] = others[k];
            run(target, data, size);
        }
        data[i] = kept;
    }
}

START_TEST(corpus_and_its_mutations)
{
    seg_error err;
    seg_name_list names;
    char folder[512];
    snprintf(folder, sizeof folder, "%s/../fuzz/corpus/%s", TESTS_DIR, targets[_i].name);
    ck_ok(seg_folder_list(folder, &names, &err), err);
    ck_assert_uint_gt(names.count, 0);
    for (size_t i = 0; i < names.count; i++) {
        uint8_t *data;
        size_t size;
        ck_ok(seg_file_read(test_path(folder, names.names[i]), 1 << 20, &data, &size, &err), err);
        run_mutations(_i, data, size);
        free(data);
    }
    seg_name_list_release(&names);
}
END_TEST

Suite *suite_fuzz(void)
{
    Suite *suite = suite_create("fuzz");
    TCase *tests = tcase_create("fuzz");
    tcase_add_loop_test(tests, corpus_and_its_mutations, 0,
                        (int)(sizeof targets / sizeof *targets));
    suite_add_tcase(suite, tests);
    return suite;
}
