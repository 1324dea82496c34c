/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * embedded.c: the default model as part of the library.
 *
 * The assembler copies models/default.safetensors into read-only data; SEG_DEFAULT_MODEL is its
 * path, undefined when there was none at build time.
 */
#include "base/error.h"
#include "model/model.h"

#ifdef SEG_DEFAULT_MODEL
__asm__(".pushsection .rodata\n"
        ".balign 64\n"
        ".globl seg_default_model_begin\n"
        ".hidden seg_default_model_begin\n"
        "seg_default_model_begin:\n"
        ".incbin \"" SEG_DEFAULT_MODEL "\"\n"
        ".globl seg_default_model_end\n"
        ".hidden seg_default_model_end\n"
        "seg_default_model_end:\n"
        ".byte 0\n"
        ".popsection\n");

extern const unsigned char seg_default_model_begin[] __attribute__((visibility("hidden")));
extern const unsigned char seg_default_model_end[] __attribute__((visibility("hidden")));

seg_status seg_model_load_default(seg_model **out, seg_error *err)
{
    size_t size = (size_t)(seg_default_model_end - seg_default_model_begin);
    return seg_model_load_memory(out, seg_default_model_begin, size, "the default model", err);
}
#else
seg_status seg_model_load_default(seg_model **out, seg_error *err)
{
    *out = NULL;
    return seg_fail(err, SEG_UNSUPPORTED, "this libseg was built without a default model");
}
#endif
