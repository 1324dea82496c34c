/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* entry.c: what libFuzzer calls; FUZZ_TARGET is the target of this program. */
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return FUZZ_TARGET(data, size);
}
