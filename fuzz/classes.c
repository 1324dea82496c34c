/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* classes.c: classes.txt; what is read, written with its colours, is read back the same. */
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "data/class_list.h"
#include "fuzz/fuzz.h"

/* "file: ..." or "file:line: ..." */
static void check_error(seg_status status, const seg_error *err)
{
    if (status != SEG_FORMAT || strncmp(err->text, FUZZ_NAME ":", sizeof FUZZ_NAME) != 0)
        abort();
}

static void check_again(const seg_class_list *classes)
{
    static seg_class_list again; /* too large for some stacks */
    seg_strbuf text = {0};
    seg_strbuf_add(&text, "# a name may look like a byte order mark\n");
    for (int id = 0; id < classes->count; id++)
        seg_strbuf_addf(&text, "%s %d %d %d\n", classes->names[id], classes->colors[id].r,
                        classes->colors[id].g, classes->colors[id].b);
    if (text.failed ||
        seg_class_list_parse(&again, text.text, text.length, FUZZ_NAME, NULL) != SEG_OK ||
        memcmp(&again, classes, sizeof again) != 0)
        abort();
    seg_strbuf_release(&text);
}

int fuzz_classes(const uint8_t *data, size_t size)
{
    static seg_class_list classes;
    seg_error err;
    char *text = malloc(size + 1);
    if (text == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    seg_status status = seg_class_list_parse(&classes, text, size, FUZZ_NAME, &err);
    if (status == SEG_OK)
        check_again(&classes);
    else
        check_error(status, &err);
    free(text);
    return 0;
}
