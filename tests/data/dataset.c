/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* dataset.c: classes.txt, the folder format, and what reading a sample refuses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/class_list.h"
#include "data/make_data.h"
#include "test.h"

static void ck_color(seg_color color, int r, int g, int b)
{
    ck_assert_int_eq(color.r, r);
    ck_assert_int_eq(color.g, g);
    ck_assert_int_eq(color.b, b);
}

static seg_status read_classes(seg_class_list *classes, const char *text, seg_error *err)
{
    const char *folder = test_folder();
    put_text(folder, "classes.txt", text);
    return seg_class_list_read(classes, test_path(folder, "classes.txt"), err);
}

START_TEST(classes_have_names_and_colours)
{
    seg_class_list classes;
    seg_error err;
    ck_ok(read_classes(&classes,
                       "\xef\xbb\xbf# road scenes\r\n"
                       "sky\r\n"
                       "\n"
                       "  traffic light \t250 170  30 \r\n"
                       "route 66\n"
                       "Stra\303\237e 0 0 0\n"
                       "level -1 2 x\n"
                       "last",
                       &err),
          err);
    ck_assert_int_eq(classes.count, 6);
    ck_assert_str_eq(classes.names[0], "sky");
    ck_assert_str_eq(classes.names[1], "traffic light");
    ck_assert_str_eq(classes.names[2], "route 66");
    ck_assert_str_eq(classes.names[3], "Stra\303\237e");
    ck_assert_str_eq(classes.names[4], "level -1 2 x");
    ck_assert_str_eq(classes.names[5], "last");
    ck_color(classes.colors[0], 0, 0, 0);
    ck_color(classes.colors[1], 250, 170, 30);
    ck_color(classes.colors[2], 0, 128, 0); /* VOC's bicycle */
    ck_color(classes.colors[3], 0, 0, 0);   /* not VOC's bird: it was given */
    ck_color(classes.colors[5], 128, 0, 128);
    ck_color(classes.colors[255], 255, 255, 255);
}
END_TEST

static const struct {
    const char *text, *wanted;
} bad_classes[] = {
    {"", "classes.txt: no classes"},
    {"# only\n\n", "no classes"},
    {"sky\nroad\n\nsky\n", "classes.txt:4: class 'sky' is already in line 1"},
    {"sky 1 2 3\nsky 4 5 6\n", ":2: class 'sky'"},
    {"sky\n128 0 0\n", "classes.txt:2: a colour without a class name"},
    {"sky 0 256 0\n", "classes.txt:1: the colour of class 'sky' has 256"},
    {"sky -1 0 0\n", ":1: the colour of class 'sky' has -1"},
    {"sky 0 0 99999999999999999999\n", ":1: the colour of class 'sky' has"},
    {"a\nStra\337e\n", ":2: the class name is not UTF-8"},        /* Latin-1 */
    {"a\n\300\257\n", ":2: the class name is not UTF-8"},         /* an overlong slash */
    {"a\n\355\240\200\n", ":2: the class name is not UTF-8"},     /* a surrogate */
    {"a\n\364\220\200\200\n", ":2: the class name is not UTF-8"}, /* beyond Unicode */
    {"a\nb\033[2J\n", ":2: the class name is not UTF-8"},         /* a control character */
    {"a\nb\303", ":2: the class name is not UTF-8"},              /* cut short */
    {"0123456789012345678901234567890123456789012345678901234567890123\n", ":1: the class name has "
                                                                           "64 bytes"},
};

START_TEST(bad_classes_are_named)
{
    seg_class_list classes;
    seg_error err;
    ck_fails(read_classes(&classes, bad_classes[_i].text, &err), SEG_FORMAT, err,
             bad_classes[_i].wanted);
}
END_TEST

START_TEST(longest_list_of_classes)
{
    static char text[256 * 8];
    seg_class_list classes;
    seg_error err;
    size_t length = 0;
    for (int id = 0; id < 255; id++)
        length += (size_t)snprintf(text + length, sizeof text - length, "c%d\n", id);
    ck_ok(read_classes(&classes, text, &err), err);
    ck_assert_int_eq(classes.count, 255);
    ck_assert_str_eq(classes.names[254], "c254");
    snprintf(text + length, sizeof text - length, "c255\n");
    ck_fails(read_classes(&classes, text, &err), SEG_FORMAT, err, ":256: more than 255 classes");
}
END_TEST

START_TEST(classes_must_be_a_text_file)
{
    const char *folder = test_folder();
    seg_class_list classes;
    seg_error err;
    ck_ok(seg_file_write(test_path(folder, "classes.txt"), "a\0b", 3, &err), err);
    ck_fails(seg_class_list_read(&classes, test_path(folder, "classes.txt"), &err), SEG_FORMAT, err,
             "zero byte");
    ck_fails(seg_class_list_read(&classes, test_path(folder, "none.txt"), &err), SEG_IO, err,
             "none.txt");
}
END_TEST

/* Three pairs of 4x3 under train/, two classes. */
static const char *make_small(void)
{
    const char *folder = test_folder();
    put_text(folder, "classes.txt", "ground\nhorse\n");
    put_image(folder, "train/images/b.png", 4, 3, 20);
    put_image(folder, "train/images/a.PNG", 4, 3, 10);
    put_image(folder, "train/images/a-b.png", 4, 3, 30);
    put_labels(folder, "train/labels/a.png", 4, 3, 0);
    put_labels(folder, "train/labels/a-b.png", 4, 3, 255);
    put_labels(folder, "train/labels/b.png", 4, 3, 1);
    return folder;
}

START_TEST(folder_pairs_images_with_labels)
{
    const char *folder = make_small();
    put_text(folder, "train/images/notes.txt", "left alone");
    put_text(folder, "train/images/.hidden.png", "left alone");
    seg_dataset dataset;
    seg_sample sample;
    seg_error err;
    ck_ok(seg_dataset_open(&dataset, NULL, folder, "train", &err), err);
    ck_assert_int_eq(dataset.count, 3);
    ck_assert_int_eq(dataset.classes.count, 2);
    static const char *const stems[] = {"a", "a-b", "b"};
    static const uint8_t greys[] = {10, 30, 20}, ids[] = {0, 255, 1};
    for (int i = 0; i < 3; i++) {
        char wanted[64];
        snprintf(wanted, sizeof wanted, "/train/labels/%s.png", stems[i]);
        ck_assert_ptr_nonnull(strstr(dataset.items[i].label_path, wanted));
        ck_ok(seg_dataset_read(&dataset, i, &sample, &err), err);
        ck_assert_int_eq(sample.image.width, 4);
        ck_assert_int_eq(sample.labels.height, 3);
        ck_assert_int_eq(sample.image.pixels[7], greys[i]);
        ck_assert_int_eq(sample.labels.pixels[11], ids[i]);
        seg_sample_release(&sample);
        ck_assert_ptr_null(sample.image.pixels);
    }
    ck_fails(seg_dataset_read(&dataset, 3, &sample, &err), SEG_INVALID, err, "item 3");
    seg_dataset_release(&dataset);
    ck_assert_int_eq(dataset.count, 0);
}
END_TEST

static void ck_open_fails(const char *folder, const char *split, seg_status wanted,
                          const char *part)
{
    seg_dataset dataset;
    seg_error err;
    ck_fails(seg_dataset_open(&dataset, "folder", folder, split, &err), wanted, err, part);
    ck_assert_ptr_null(dataset.items);
    ck_assert_int_eq(dataset.count, 0);
}

START_TEST(missing_parts_are_named)
{
    const char *folder = make_small();
    ck_open_fails(test_path(folder, "nothing"), "train", SEG_IO, "/nothing: no such folder");
    ck_open_fails(folder, "val", SEG_IO, "/val: no such folder (it would hold images/ and labels/");
    put_text(folder, "val/images/readme", "");
    ck_open_fails(folder, "val", SEG_IO, "/val/labels: cannot open the folder");
    put_text(folder, "val/labels/readme", "");
    ck_open_fails(folder, "val", SEG_IO, "/val/images: no .jpg, .jpeg or .png files");
}
END_TEST

START_TEST(files_without_partner_are_named)
{
    const char *folder = make_small();
    put_image(folder, "train/images/c.png", 4, 3, 0);
    ck_open_fails(folder, "train", SEG_IO, "images/c.png has no labels");
    put_labels(folder, "train/labels/c.png", 4, 3, 0);
    put_labels(folder, "train/labels/aa.png", 4, 3, 0);
    ck_open_fails(folder, "train", SEG_IO, "labels/aa.png has no image");
    remove(test_path(folder, "train/labels/aa.png"));
    put_text(folder, "train/images/c.jpg", "");
    ck_open_fails(folder, "train", SEG_FORMAT, "c.jpg and c.png differ in nothing");
    remove(test_path(folder, "train/images/c.jpg"));

    put_text(folder, "classes.txt", "sky 1 2 300\n");
    ck_open_fails(folder, "train", SEG_FORMAT, "classes.txt:1");
    remove(test_path(folder, "classes.txt"));
    ck_open_fails(folder, "train", SEG_IO, "classes.txt");
}
END_TEST

START_TEST(unknown_formats_name_the_known)
{
    seg_dataset dataset;
    seg_error err;
    ck_fails(seg_dataset_open(&dataset, "cityscape", "x", "train", &err), SEG_UNSUPPORTED, err,
             "'cityscape'; there is: folder");
}
END_TEST

static void ck_read_fails(const char *folder, int index, seg_status wanted, const char *part)
{
    seg_dataset dataset;
    seg_sample sample;
    seg_error err;
    ck_ok(seg_dataset_open(&dataset, NULL, folder, "train", &err), err);
    ck_fails(seg_dataset_read(&dataset, index, &sample, &err), wanted, err, part);
    ck_assert_ptr_null(sample.image.pixels);
    ck_assert_ptr_null(sample.labels.pixels);
    seg_dataset_release(&dataset);
}

START_TEST(bad_samples_are_named)
{
    const char *folder = make_small();
    uint8_t ids[12] = {0};
    ids[2 * 4 + 3] = 2;
    put_pixels(folder, "train/labels/b.png", ids, 4, 3, 1);
    ck_read_fails(folder, 2, SEG_FORMAT, "labels/b.png: pixel x 3, y 2 has the id 2");
    ck_read_fails(folder, 2, SEG_FORMAT, "2 classes (ids 0..1)");
    put_labels(folder, "train/labels/b.png", 3, 4, 0);
    ck_read_fails(folder, 2, SEG_MISMATCH, "images/b.png is 4x3");
    ck_read_fails(folder, 2, SEG_MISMATCH, "labels/b.png are 3x4");
    /* A colour image does not become labels by its place. */
    put_image(folder, "train/labels/b.png", 4, 3, 0);
    ck_read_fails(folder, 2, SEG_FORMAT, "labels/b.png");
    put_text(folder, "train/labels/b.png", "\xff\xd8\xff\xe0 a JPEG");
    ck_read_fails(folder, 2, SEG_FORMAT, "labels/b.png");
    put_text(folder, "train/images/b.png", "not an image");
    ck_read_fails(folder, 2, SEG_FORMAT, "images/b.png");
}
END_TEST

START_TEST(camvid_opens_and_reads)
{
    if (!test_shared("the CamVid data set"))
        return;
    seg_dataset dataset;
    seg_sample sample;
    seg_error err;
    ck_ok(seg_dataset_open(&dataset, "folder", SHARED_DIR "/data/camvid", "val", &err), err);
    ck_assert_int_eq(dataset.count, 101);
    ck_assert_int_eq(dataset.classes.count, 11);
    ck_assert_str_eq(dataset.classes.names[10], "bicyclist");
    ck_ok(seg_dataset_read(&dataset, 100, &sample, &err), err);
    ck_assert_int_eq(sample.image.width, 480);
    ck_assert_int_eq(sample.image.height, 360);
    seg_sample_release(&sample);
    seg_dataset_release(&dataset);
}
END_TEST

Suite *suite_dataset(void)
{
    Suite *suite = suite_create("dataset");
    TCase *tests = tcase_create("dataset");
    tcase_add_test(tests, classes_have_names_and_colours);
    tcase_add_loop_test(tests, bad_classes_are_named, 0, sizeof bad_classes / sizeof *bad_classes);
    tcase_add_test(tests, longest_list_of_classes);
    tcase_add_test(tests, classes_must_be_a_text_file);
    tcase_add_test(tests, folder_pairs_images_with_labels);
    tcase_add_test(tests, missing_parts_are_named);
    tcase_add_test(tests, files_without_partner_are_named);
    tcase_add_test(tests, unknown_formats_name_the_known);
    tcase_add_test(tests, bad_samples_are_named);
    tcase_add_test(tests, camvid_opens_and_reads);
    suite_add_tcase(suite, tests);
    return suite;
}
