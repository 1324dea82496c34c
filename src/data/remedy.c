/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* remedy.c: guesses, so each is said as one: "if ...". */
#include "data/remedy.h"

#include <stdio.h>

enum {
    MOST_LISTED = 12,  /* pairs or values of one sentence */
    PAINTED_FROM = 64, /* larger ids are rather painted values than ids of missing classes */
    NO_CLASS = -1
};

/* The values in rising order. */
typedef struct value_list {
    int values[256], count;
} value_list;

static value_list list_values(const bool present[256], bool with_ignored)
{
    value_list list = {.count = 0};
    for (int value = 0; value < (with_ignored ? 256 : SEG_IGNORE); value++) {
        if (present[value])
            list.values[list.count++] = value;
    }
    return list;
}

static void add_values(seg_strbuf *out, const value_list *list)
{
    for (int i = 0; i < list->count && i < MOST_LISTED; i++)
        seg_strbuf_addf(out, "%s%d", i > 0 ? ", " : "", list->values[i]);
    if (list->count > MOST_LISTED)
        seg_strbuf_addf(out, ", .. (%d values)", list->count);
}

/* "128 -> 1 (horse)", with the end of the list cut. */
static void add_pair(seg_strbuf *out, int number, const char *from, int id,
                     const seg_class_list *classes)
{
    if (number == MOST_LISTED)
        seg_strbuf_add(out, ", and so on");
    if (number >= MOST_LISTED)
        return;
    seg_strbuf_addf(out, "%s%s -> %d (%s)", number > 0 ? ", " : "", from, id,
                    id == SEG_IGNORE ? "ignore" : classes->names[id]);
}

static void add_value_pair(seg_strbuf *out, int number, int value, int id,
                           const seg_class_list *classes)
{
    char from[16];
    snprintf(from, sizeof from, "%d", value);
    add_pair(out, number, from, id, classes);
}

/* ITU-R 601 as paint programs and Pillow reckon it. */
static int grey_of(seg_color c)
{
    return (c.r * 19595 + c.g * 38470 + c.b * 7471 + 0x8000) >> 16;
}

static int class_of_grey(int grey, const seg_class_list *classes)
{
    for (int id = 0; id < classes->count; id++) {
        if (grey_of(classes->colors[id]) == grey)
            return id;
    }
    return grey == SEG_IGNORE || grey == grey_of(classes->colors[SEG_IGNORE]) ? SEG_IGNORE
                                                                              : NO_CLASS;
}

/* Colour masks that went through a conversion to grey. */
static bool are_greys(const value_list *list, const seg_class_list *classes, seg_strbuf *text,
                      seg_strbuf *remedy)
{
    for (int i = 0; i < list->count; i++) {
        if (class_of_grey(list->values[i], classes) == NO_CLASS)
            return false;
    }
    if (list->count < 2)
        return false;
    seg_strbuf_add(text, "the labels hold the values ");
    add_values(text, list);
    seg_strbuf_add(text, ": the grey of the classes' colours, as of colour masks saved as grey");
    seg_strbuf_add(remedy, "make the values ");
    for (int i = 0; i < list->count; i++)
        add_value_pair(remedy, i, list->values[i], class_of_grey(list->values[i], classes),
                       classes);
    return true;
}

static void say_painted(const value_list *list, const seg_class_list *classes, seg_strbuf *text,
                        seg_strbuf *remedy)
{
    seg_strbuf_add(text, "the labels hold the values ");
    add_values(text, list);
    seg_strbuf_add(text, ": painted masks, not ids");
    seg_strbuf_add(remedy, "make the values ");
    for (int i = 0; i < list->count; i++)
        add_value_pair(remedy, i, list->values[i], i, classes);
    seg_strbuf_add(remedy, ", if their order is that of classes.txt");
}

static void say_missing(const value_list *list, const seg_class_list *classes, seg_strbuf *text,
                        seg_strbuf *remedy)
{
    const int last = list->values[list->count - 1];
    seg_strbuf_addf(text, "the labels hold ids up to %d, and classes.txt names %d classes (0..%d)",
                    last, classes->count, classes->count - 1);
    if (list->values[0] > 0 && last == classes->count)
        seg_strbuf_add(remedy, "make every id one less, if they count from 1");
    else if (last == classes->count)
        seg_strbuf_add(remedy, "add the missing class to classes.txt; or, if 0 means 'no class', "
                               "make 0 -> 255 and every other id one less");
    else
        seg_strbuf_add(remedy, "add the missing classes to classes.txt, or make the ids of what "
                               "shall not count 255");
}

static void say_smoothed(int count, const char *what, const seg_class_list *classes,
                         seg_strbuf *text, seg_strbuf *remedy)
{
    seg_strbuf_addf(text,
                    "the labels hold %s%d different %s for %d classes: smoothed edges, lossy "
                    "compression, or numbers of instances",
                    count > SEG_REMEDY_COLORS ? "more than " : "",
                    count > SEG_REMEDY_COLORS ? SEG_REMEDY_COLORS : count, what, classes->count);
    seg_strbuf_add(remedy, "export the masks again as indexed PNG, without smoothing");
}

/* No value is beyond the classes, and yet next to nothing may count. */
static bool only_ignored(const value_list *ids, bool ignored, const seg_class_list *classes,
                         seg_strbuf *text, seg_strbuf *remedy)
{
    if (!ignored || ids->count > 1 || (ids->count == 1 && ids->values[0] != 0))
        return false;
    if (ids->count == 0) {
        seg_strbuf_add(text, "all labels are 255, which counts for nothing");
        seg_strbuf_add(remedy, "export the masks again with the ids of classes.txt");
        return true;
    }
    if (classes->count < 2)
        return false;
    seg_strbuf_add(text, "the labels hold only 0 and 255, and 255 counts for nothing");
    seg_strbuf_addf(remedy, "make the values 255 -> 1, if 255 marks '%s'", classes->names[1]);
    return true;
}

bool seg_remedy_of_values(const seg_label_facts *facts, const seg_class_list *classes,
                          seg_strbuf *text, seg_strbuf *remedy)
{
    const value_list ids = list_values(facts->values, false);
    const value_list all = list_values(facts->values, true);
    const int last = ids.count > 0 ? ids.values[ids.count - 1] : 0;
    if (last < classes->count)
        return only_ignored(&ids, facts->values[SEG_IGNORE], classes, text, remedy);
    if (are_greys(&all, classes, text, remedy))
        return true;
    if (last < PAINTED_FROM)
        say_missing(&ids, classes, text, remedy);
    else if (all.count <= classes->count)
        say_painted(&all, classes, text, remedy);
    else if (ids.count <= classes->count)
        say_painted(&ids, classes, text, remedy);
    else
        say_smoothed(ids.count, "values", classes, text, remedy);
    return true;
}

static bool same_color(seg_color a, seg_color b)
{
    return a.r == b.r && a.g == b.g && a.b == b.b;
}

static int class_of_color(seg_color color, const seg_class_list *classes)
{
    const seg_color voc_void = {224, 224, 192};
    for (int id = 0; id < classes->count; id++) {
        if (same_color(classes->colors[id], color))
            return id;
    }
    return same_color(color, classes->colors[SEG_IGNORE]) || same_color(color, voc_void)
               ? SEG_IGNORE
               : NO_CLASS;
}

static void color_text(seg_color c, char text[16])
{
    snprintf(text, 16, "%d,%d,%d", c.r, c.g, c.b);
}

/* Black, white and what lies between: painted values in three channels, or 16-bit numbers. */
static bool are_greys_only(const seg_label_facts *facts)
{
    for (int i = 0; i < facts->color_count; i++) {
        seg_color c = facts->colors[i];
        if (c.r != c.g || c.g != c.b)
            return false;
    }
    return true;
}

static void say_painted_greys(const seg_label_facts *facts, const seg_class_list *classes,
                              seg_strbuf *text, seg_strbuf *remedy)
{
    char color[16];
    seg_strbuf_add(text, "colour files whose masks are black, white or grey");
    seg_strbuf_add(remedy, "make one channel with the values ");
    for (int id = 0; id < facts->color_count; id++) {
        color_text(facts->colors[id], color);
        add_pair(remedy, id, color, id, classes);
    }
    seg_strbuf_add(remedy, ", if their order is that of classes.txt");
}

/* The colours that are no class's; false: there are none. */
static bool say_strangers(const seg_label_facts *facts, const seg_class_list *classes,
                          seg_strbuf *text, seg_strbuf *remedy)
{
    char color[16];
    int strangers = 0;
    for (int i = 0; i < facts->color_count; i++) {
        if (class_of_color(facts->colors[i], classes) != NO_CLASS)
            continue;
        color_text(facts->colors[i], color);
        if (strangers == 0)
            seg_strbuf_add(text, "colour masks with colours that no class has: ");
        if (strangers < MOST_LISTED)
            seg_strbuf_addf(text, "%s%s", strangers > 0 ? "; " : "", color);
        strangers++;
    }
    if (strangers > MOST_LISTED)
        seg_strbuf_addf(text, "; .. (%d colours)", strangers);
    if (strangers > 0)
        seg_strbuf_add(remedy, "write the colour of each class into classes.txt and check again; "
                               "masks with smoothed edges have to be exported again");
    return strangers > 0;
}

bool seg_remedy_of_colors(const seg_label_facts *facts, const seg_class_list *classes,
                          seg_strbuf *text, seg_strbuf *remedy)
{
    char color[16];
    if (facts->color_count == 0)
        return false;
    if (facts->color_count > SEG_REMEDY_COLORS) {
        say_smoothed(facts->color_count, "colours", classes, text, remedy);
        return true;
    }
    if (are_greys_only(facts)) {
        if (facts->color_count < 2 || facts->color_count > classes->count)
            return false;
        say_painted_greys(facts, classes, text, remedy);
        return true;
    }
    if (say_strangers(facts, classes, text, remedy))
        return true;
    seg_strbuf_add(text, "colour masks in the classes' colours");
    seg_strbuf_add(remedy, "make the colours ");
    for (int i = 0; i < facts->color_count; i++) {
        color_text(facts->colors[i], color);
        add_pair(remedy, i, color, class_of_color(facts->colors[i], classes), classes);
    }
    return true;
}
