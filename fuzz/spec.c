/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* spec.c: the JSON that describes a model; what is read must be written and read back the same. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "model/spec.h"

static char *text_of(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

int fuzz_spec(const uint8_t *data, size_t size)
{
    static seg_model_spec spec, again; /* too large for some stacks */
    seg_error err;
    char *text = text_of(data, size), *written = NULL, *rewritten = NULL;
    seg_status status = seg_model_spec_from_json(&spec, text, FUZZ_NAME, &err);
    if (status != SEG_OK) {
        fuzz_check_error(status, &err);
    } else if (seg_model_spec_to_json(&spec, &written, &err) != SEG_OK ||
               seg_model_spec_from_json(&again, written, FUZZ_NAME, &err) != SEG_OK ||
               seg_model_spec_to_json(&again, &rewritten, &err) != SEG_OK ||
               strcmp(written, rewritten) != 0) {
        abort();
    }
    free(text);
    free(written);
    free(rewritten);
    return 0;
}
