/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* check.c: every problem of a data set is told, and what masks look like is guessed. */
#include <stdio.h>
#include <string.h>

#include "data/make_data.h"
#include "data/remedy.h"
#include "seg/data.h"
#include "test.h"

/* ---- what is told ---- */

/* One line for each problem: "split|path from the data set's folder|x,y,value,pixels". */
typedef struct told {
    const char *folder;
    char lines[4096], texts[4096], remedies[4096];
} told;

static void add(void *context, const seg_data_problem *p)
{
    told *t = context;
    size_t length = strlen(t->lines), start = strlen(t->folder);
    ck_assert_int_eq(strncmp(p->path, t->folder, start), 0);
    snprintf(t->lines + length, sizeof t->lines - length, "%s|%s|%d,%d,%d,%d\n",
             p->split != NULL ? p->split : "-", p->path + start, p->x, p->y, p->value,
             (int)p->pixels);
    length = strlen(t->texts);
    snprintf(t->texts + length, sizeof t->texts - length, "%s\n", p->text);
    length = strlen(t->remedies);
    if (p->remedy != NULL)
        snprintf(t->remedies + length, sizeof t->remedies - length, "%s\n", p->remedy);
}

static const char *make_bad(void)
{
    static char folder[512];
    uint8_t ids[12] = {0, 1, 255, 0, 7, 0, 7, 200, 0, 0, 0, 0}, rgb[12 * 3] = {0};
    snprintf(folder, sizeof folder, "%s", test_folder());
    put_text(folder, "classes.txt", "zero\none\n");
    put_image(folder, "train/images/a.png", 4, 3, 10);
    put_pixels(folder, "train/labels/a.png", ids, 4, 3, 1);
    put_image(folder, "train/images/b.png", 4, 3, 10);
    put_labels(folder, "train/labels/b.png", 3, 4, 9);
    put_image(folder, "train/images/c.png", 4, 3, 10);
    put_text(folder, "train/images/d.jpg", "no picture");
    put_pixels(folder, "train/labels/d.png", rgb, 4, 3, 3);
    put_labels(folder, "train/labels/e.png", 4, 3, 0);
    put_text(folder, "train/images/d.PNG", "its twin");
    put_image(folder, "val/images/f.png", 4, 3, 10);
    put_labels(folder, "val/labels/f.png", 4, 3, 1);
    put_text(folder, "other/notes.txt", "no split");
    put_text(folder, "empty/images/notes.txt", "no image");
    put_text(folder, "empty/labels/notes.txt", "no label");
    return folder;
}

static const char bad_lines[] = "empty|/empty/images|-1,-1,-1,0\n"
                                "train|/train/images/d.jpg|-1,-1,-1,0\n"
                                "train|/train/images/c.png|-1,-1,-1,0\n"
                                "train|/train/labels/e.png|-1,-1,-1,0\n"
                                "train|/train/labels/a.png|0,1,7,3\n"
                                "train|/train/labels/b.png|-1,-1,-1,0\n"
                                "train|/train/labels/b.png|0,0,9,12\n"
                                "train|/train/images/d.PNG|-1,-1,-1,0\n"
                                "train|/train/labels/d.png|-1,-1,-1,0\n"
                                "-||-1,-1,-1,0\n";

START_TEST(every_problem_is_told)
{
    told t = {.folder = make_bad()};
    seg_data_opts opts = {.data = t.folder};
    seg_data_checked counts;
    seg_error err;
    for (opts.threads = 1; opts.threads <= 3; opts.threads++) {
        t.lines[0] = t.texts[0] = t.remedies[0] = '\0';
        ck_ok(seg_data_check(&opts, add, &t, &counts, &err), err);
        ck_assert_str_eq(t.lines, bad_lines);
        ck_assert_int_eq(counts.problems, 10);
        ck_assert_int_eq(counts.splits, 3);
        ck_assert_int_eq(counts.images, 4);
    }
    static const char *const says[] = {
        "no .jpg, .jpeg or .png files",
        "d.PNG and d.jpg differ in nothing but the extension",
        "c.png has no labels",
        "e.png has no image",
        "pixel x 0, y 1 has the id 7; there are 2 classes",
        "for pixels to ignore; so are 3 of its pixels, of 2 such ids\n",
        "is 4x3, but its labels",
        "colours",
    };
    for (size_t i = 0; i < sizeof says / sizeof *says; i++)
        ck_assert_msg(strstr(t.texts, says[i]) != NULL, "'%s' is not in %s", says[i], t.texts);
}
END_TEST

START_TEST(one_split_and_none)
{
    told t = {.folder = make_bad()};
    seg_data_opts opts = {.data = t.folder, .split = "val"};
    seg_data_checked counts;
    seg_error err;
    ck_ok(seg_data_check(&opts, add, &t, &counts, &err), err);
    ck_assert_str_eq(t.lines, "");
    ck_assert(counts.splits == 1 && counts.images == 1 && counts.problems == 0);
    ck_ok(seg_data_check(&opts, NULL, NULL, &counts, &err), err);
    opts.split = "nosuch";
    ck_fails(seg_data_check(&opts, add, &t, &counts, &err), SEG_IO, err, "nosuch");
    opts = (seg_data_opts){.data = test_path(t.folder, "other")};
    ck_fails(seg_data_check(&opts, add, &t, &counts, &err), SEG_IO, err, "no split");
    opts.data = test_path(t.folder, "nowhere");
    ck_fails(seg_data_check(&opts, add, &t, &counts, &err), SEG_IO, err, "nowhere");
    opts.format = "vocc";
    ck_fails(seg_data_check(&opts, add, &t, &counts, &err), SEG_UNSUPPORTED, err, "vocc");
    ck_fails(seg_data_check(NULL, add, &t, &counts, &err), SEG_INVALID, err, "folder");
    put_text(t.folder, "classes.txt", "one\none\n");
    opts = (seg_data_opts){.data = t.folder};
    ck_fails(seg_data_check(&opts, add, &t, &counts, &err), SEG_FORMAT, err, "classes.txt:2");
}
END_TEST

/* Masks in RGB: the colours of all files together. */
START_TEST(colour_masks)
{
    static const uint8_t a[] = {0, 0, 0, 128, 0, 0}, b[] = {0, 0, 0, 255, 255, 255};
    told t = {.folder = test_folder()};
    const seg_data_opts opts = {.data = t.folder, .threads = 2};
    seg_data_checked counts;
    seg_error err;
    put_text(t.folder, "classes.txt", "zero\none\n");
    for (int i = 0; i < 2; i++) {
        put_image(t.folder, i == 0 ? "x/images/a.png" : "x/images/b.png", 2, 1, 10);
        put_pixels(t.folder, i == 0 ? "x/labels/a.png" : "x/labels/b.png", i == 0 ? a : b, 2, 1, 3);
    }
    ck_ok(seg_data_check(&opts, add, &t, &counts, &err), err);
    ck_assert_int_eq(counts.problems, 3);
    ck_assert_str_eq(t.remedies, "make the colours 0,0,0 -> 0 (zero), 128,0,0 -> 1 (one), "
                                 "255,255,255 -> 255 (ignore)\n");
}
END_TEST

/* ---- guesses ---- */

static const struct {
    int classes, values[8], count;
    const char *text, *remedy; /* text NULL: nothing looks wrong */
} guesses[] = {
    {3, {0, 1, 2, 255}, 4, NULL, NULL},
    {3, {0, 1}, 2, NULL, NULL},
    {1, {0, 255}, 2, NULL, NULL},
    {2, {0}, 1, NULL, NULL},
    {2, {0, 255}, 2, "only 0 and 255", "make the values 255 -> 1, if 255 marks 'class1'"},
    {2, {255}, 1, "all labels are 255", "export the masks again"},
    {3,
     {0, 100, 255},
     3,
     "values 0, 100, 255: painted",
     "make the values 0 -> 0 (class0), 100 -> 1 (class1), 255 -> 2 (class2), if"},
    {2, {0, 100, 255}, 3, "values 0, 100: painted", "0 -> 0 (class0), 100 -> 1 (class1), if"},
    {2, {0, 100, 140, 255}, 4, "3 different values for 2 classes", "without smoothing"},
    /* VOC's colours in grey: (128,0,0), (0,128,0), void. */
    {3,
     {0, 38, 75, 255},
     4,
     "values 0, 38, 75, 255: the grey of the classes' colours",
     "make the values 0 -> 0 (class0), 38 -> 1 (class1), 75 -> 2 (class2), 255 -> 255 (ignore)"},
    {3,
     {1, 2, 3},
     3,
     "ids up to 3, and classes.txt names 3 classes (0..2)",
     "make every id one less, if they count from 1"},
    {3, {0, 1, 3}, 3, "ids up to 3", "or, if 0 means 'no class', make 0 -> 255"},
    {3, {0, 1, 9}, 3, "ids up to 9", "add the missing classes to classes.txt"},
};

static seg_class_list make_classes(int count)
{
    seg_class_list classes = {.count = count};
    seg_class_list_default_colors(&classes);
    for (int i = 0; i < count; i++)
        snprintf(classes.names[i], sizeof classes.names[i], "class%d", i);
    return classes;
}

START_TEST(values_are_guessed)
{
    seg_label_facts facts = {.color_count = 0};
    seg_class_list classes = make_classes(guesses[_i].classes);
    seg_strbuf text = {0}, remedy = {0};
    for (int i = 0; i < guesses[_i].count; i++)
        facts.values[guesses[_i].values[i]] = true;
    bool guessed = seg_remedy_of_values(&facts, &classes, &text, &remedy);
    ck_assert_int_eq(guessed, guesses[_i].text != NULL);
    if (guessed) {
        ck_assert_msg(strstr(text.text, guesses[_i].text) != NULL, "%s", text.text);
        ck_assert_msg(strstr(remedy.text, guesses[_i].remedy) != NULL, "%s", remedy.text);
    }
    ck_assert(!seg_remedy_of_colors(&facts, &classes, &text, &remedy));
    seg_strbuf_release(&text);
    seg_strbuf_release(&remedy);
}
END_TEST

static const struct {
    int classes, count;
    seg_color colors[3];
    const char *text, *remedy;
} color_guesses[] = {
    {2,
     2,
     {{0, 0, 0}, {255, 255, 255}},
     "black, white or grey",
     "0,0,0 -> 0 (class0), 255,255,255 -> 1 (class1), if"},
    {3,
     3,
     {{0, 0, 0}, {0, 128, 0}, {224, 224, 192}},
     "in the classes' colours",
     "0,0,0 -> 0 (class0), 0,128,0 -> 2 (class2), 224,224,192 -> 255 (ignore)"},
    {2, 3, {{0, 0, 0}, {9, 8, 7}, {1, 2, 3}}, "that no class has: 9,8,7; 1,2,3", "classes.txt"},
    {2, SEG_REMEDY_COLORS + 1, {{0, 0, 0}}, "more than 256 different colours", "indexed PNG"},
};

START_TEST(colors_are_guessed)
{
    static seg_label_facts facts;
    seg_class_list classes = make_classes(color_guesses[_i].classes);
    seg_strbuf text = {0}, remedy = {0};
    facts.color_count = color_guesses[_i].count;
    memcpy(facts.colors, color_guesses[_i].colors, sizeof color_guesses[_i].colors);
    ck_assert(seg_remedy_of_colors(&facts, &classes, &text, &remedy));
    ck_assert_msg(strstr(text.text, color_guesses[_i].text) != NULL, "%s", text.text);
    ck_assert_msg(strstr(remedy.text, color_guesses[_i].remedy) != NULL, "%s", remedy.text);
    seg_strbuf_release(&text);
    seg_strbuf_release(&remedy);
}
END_TEST

/* ---- what is in it ---- */

static void add_split(void *context, const seg_split_stats *s)
{
    int *splits = context;
    ck_assert_str_eq(s->split, *splits == 0 ? "a" : "b");
    ck_assert_int_eq(s->classes, 2);
    ck_assert_str_eq(s->class_stats[1].name, "one");
    if (++*splits == 2) {
        ck_assert_int_eq(s->images, 2);
        ck_assert(s->least_width == 2 && s->most_width == 4);
        ck_assert(s->least_height == 3 && s->most_height == 3);
        ck_assert_int_eq(s->class_stats[0].pixels, 12);
        ck_assert_int_eq(s->class_stats[1].images, 1);
        ck_assert_double_eq_tol(s->class_stats[1].share, 6.0 / 18, 1e-12);
        ck_assert_double_eq_tol(s->class_stats[1].weight, 1.0, 1e-6);
        ck_assert_double_eq_tol(s->mean[2], (12 * 10 + 6 * 40) / 18.0 / 255, 1e-12);
    }
}

START_TEST(splits_are_measured)
{
    const char *folder = test_folder();
    seg_data_opts opts = {.data = folder};
    seg_error err;
    int splits = 0;
    put_text(folder, "classes.txt", "zero\none\n");
    put_image(folder, "a/images/a.png", 5, 5, 10);
    put_labels(folder, "a/labels/a.png", 5, 5, 255);
    put_image(folder, "b/images/a.png", 4, 3, 10);
    put_labels(folder, "b/labels/a.png", 4, 3, 0);
    put_image(folder, "b/images/b.png", 2, 3, 40);
    put_labels(folder, "b/labels/b.png", 2, 3, 1);
    ck_ok(seg_data_measure(&opts, add_split, &splits, &err), err);
    ck_assert_int_eq(splits, 2);
    opts.split = "c";
    ck_fails(seg_data_measure(&opts, add_split, &splits, &err), SEG_IO, err, "/c: no such");
    opts.split = NULL;
    put_labels(folder, "b/labels/b.png", 2, 3, 2);
    splits = 0;
    ck_fails(seg_data_measure(&opts, add_split, &splits, &err), SEG_FORMAT, err, "id 2");
    opts.data = NULL;
    ck_fails(seg_data_measure(&opts, add_split, &splits, &err), SEG_INVALID, err, "folder");
}
END_TEST

Suite *suite_check(void)
{
    Suite *suite = suite_create("check");
    TCase *tests = tcase_create("check");
    tcase_add_test(tests, every_problem_is_told);
    tcase_add_test(tests, one_split_and_none);
    tcase_add_test(tests, colour_masks);
    tcase_add_loop_test(tests, values_are_guessed, 0, sizeof guesses / sizeof *guesses);
    tcase_add_loop_test(tests, colors_are_guessed, 0, sizeof color_guesses / sizeof *color_guesses);
    tcase_add_test(tests, splits_are_measured);
    suite_add_tcase(suite, tests);
    return suite;
}
