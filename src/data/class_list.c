/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* class_list.c: classes.txt, line by line. */
#include "data/class_list.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "image/palette.h"

enum { FILE_LIMIT_BYTES = 1 << 20, MAX_CLASSES = 255 };

void seg_class_list_default_colors(seg_class_list *classes)
{
    for (int id = 0; id < MAX_CLASSES; id++)
        classes->colors[id] = seg_palette_voc(id);
    classes->colors[SEG_IGNORE] = (seg_color){255, 255, 255};
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts white space off both ends, in place. */
static char *trim(char *text)
{
    while (is_space(*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && is_space(text[length - 1]))
        text[--length] = '\0';
    return text;
}

/*
 * True when a trimmed line ends in three integers: values holds them, and the line is cut behind
 * what stands before them. Numbers beyond long come out as its ends, which are no colours either.
 */
static bool cut_color(char *line, long values[3])
{
    size_t end = strlen(line);
    for (int i = 2; i >= 0; i--) {
        size_t start = end;
        char *stop;
        while (start > 0 && !is_space(line[start - 1]))
            start--;
        values[i] = strtol(line + start, &stop, 10);
        if (start == end || stop != line + end)
            return false;
        for (end = start; end > 0 && is_space(line[end - 1]);)
            end--;
    }
    line[end] = '\0';
    return true;
}

/* Bytes of the UTF-8 character at text; 0 when it is none, or a control character. */
static int character_size(const unsigned char *text)
{
    static const uint32_t least[] = {' ', 0x80, 0x800, 0x10000}; /* by size - 1 */
    const unsigned char c = text[0];
    int size = c < 0x80 ? 1 : c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 : c >> 3 == 30 ? 4 : 0;
    if (size == 0 || c == 0x7f)
        return 0;
    uint32_t code = size == 1 ? c : c & (0x7fu >> size);
    for (int i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3fu);
    }
    bool surrogate = code >= 0xd800 && code <= 0xdfff;
    return code < least[size - 1] || code > 0x10ffff || surrogate ? 0 : size;
}

static bool is_text(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    for (int size; *c != '\0'; c += size) {
        size = character_size(c);
        if (size == 0)
            return false;
    }
    return true;
}

typedef struct parser {
    seg_class_list *classes;
    int lines[MAX_CLASSES]; /* where each class stands */
    const char *path;
    int line; /* from 1 */
    seg_error *err;
} parser;

/* The name is the next class's, complete and new. */
static seg_status check_name(const parser *p, const char *name)
{
    const seg_class_list *classes = p->classes;
    if (classes->count == MAX_CLASSES)
        return seg_fail(p->err, SEG_FORMAT, "%s:%d: more than %d classes", p->path, p->line,
                        MAX_CLASSES);
    if (*name == '\0')
        return seg_fail(p->err, SEG_FORMAT, "%s:%d: a colour without a class name", p->path,
                        p->line);
    if (!is_text(name))
        return seg_fail(p->err, SEG_FORMAT, "%s:%d: the class name is not UTF-8 text", p->path,
                        p->line);
    if (strlen(name) >= SEG_CLASS_NAME_SIZE)
        return seg_fail(p->err, SEG_FORMAT, "%s:%d: the class name has %zu bytes, more than %d",
                        p->path, p->line, strlen(name), SEG_CLASS_NAME_SIZE - 1);
    for (int id = 0; id < classes->count; id++) {
        if (strcmp(classes->names[id], name) == 0)
            return seg_fail(p->err, SEG_FORMAT, "%s:%d: class '%s' is already in line %d", p->path,
                            p->line, name, p->lines[id]);
    }
    return SEG_OK;
}

static seg_status parse_line(parser *p, char *line)
{
    long rgb[3];
    line = trim(line);
    if (*line == '\0' || *line == '#')
        return SEG_OK;
    bool has_color = cut_color(line, rgb);
    seg_status status = check_name(p, line);
    if (status != SEG_OK)
        return status;
    const int id = p->classes->count++;
    p->lines[id] = p->line;
    memcpy(p->classes->names[id], line, strlen(line) + 1);
    for (int c = 0; has_color && c < 3; c++) {
        if (rgb[c] < 0 || rgb[c] > 255)
            return seg_fail(p->err, SEG_FORMAT,
                            "%s:%d: the colour of class '%s' has %ld, not 0..255", p->path, p->line,
                            line, rgb[c]);
    }
    if (has_color)
        p->classes->colors[id] = (seg_color){(uint8_t)rgb[0], (uint8_t)rgb[1], (uint8_t)rgb[2]};
    return SEG_OK;
}

static seg_status parse_lines(parser *p, char *text)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf"; /* of Windows editors */
    seg_status status = SEG_OK;
    if (strncmp(text, byte_order_mark, 3) == 0)
        text += 3;
    while (status == SEG_OK && *text != '\0') {
        size_t length = strcspn(text, "\n");
        char *next = text + length + (text[length] == '\n');
        text[length] = '\0';
        p->line++;
        status = parse_line(p, text);
        text = next;
    }
    return status;
}

seg_status seg_class_list_parse(seg_class_list *out, char *text, size_t size, const char *name,
                                seg_error *err)
{
    *out = (seg_class_list){0};
    seg_class_list_default_colors(out);
    if (memchr(text, '\0', size) != NULL)
        return seg_fail(err, SEG_FORMAT, "%s: a zero byte: not a text file", name);
    parser p = {.classes = out, .path = name, .err = err};
    seg_status status = parse_lines(&p, text);
    if (status == SEG_OK && out->count == 0)
        status = seg_fail(err, SEG_FORMAT, "%s: no classes", name);
    return status;
}

seg_status seg_class_list_read(seg_class_list *out, const char *path, seg_error *err)
{
    uint8_t *text;
    size_t size;
    seg_status status = seg_file_read(path, FILE_LIMIT_BYTES, &text, &size, err);
    if (status == SEG_OK)
        status = seg_class_list_parse(out, (char *)text, size, path, err);
    free(text);
    return status;
}
