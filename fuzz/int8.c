/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* int8.c: the JSON of an int8 network; what is read must be written and read back the same. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "model/int8.h"

static char *text_of(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

int fuzz_int8(const uint8_t *data, size_t size)
{
    seg_int8 *read, *again = NULL;
    seg_error err;
    char *text = text_of(data, size), *written = NULL, *rewritten = NULL;
    seg_status status = seg_int8_from_json(&read, text, FUZZ_NAME, &err);
    if (status != SEG_OK) {
        fuzz_check_error(status, &err);
    } else if (seg_int8_to_json(read, &written, &err) != SEG_OK ||
               seg_int8_from_json(&again, written, FUZZ_NAME, &err) != SEG_OK ||
               seg_int8_to_json(again, &rewritten, &err) != SEG_OK ||
               strcmp(written, rewritten) != 0) {
        abort();
    }
    seg_int8_free(read);
    seg_int8_free(again);
    free(text);
    free(written);
    free(rewritten);
    return 0;
}
