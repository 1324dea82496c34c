/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* kernels.c: choose the table of this processor, once. */
#include "kernels/kernels.h"

#include <stdlib.h>
#include <string.h>

#define SEG_ISA(name, test) extern const seg_kernels seg_kernels_##name;
#include "kernels/isa.def"
#undef SEG_ISA

static const seg_kernels *const tables[] = {
#define SEG_ISA(name, test) &seg_kernels_##name,
#include "kernels/isa.def"
#undef SEG_ISA
};

enum { TABLE_COUNT = sizeof tables / sizeof *tables };

static int supported(int index)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
#endif
    const int tests[] = {
#define SEG_ISA(name, test) (test) != 0,
#include "kernels/isa.def"
#undef SEG_ISA
    };
    return tests[index];
}

const seg_kernels *seg_kernels_at(int index, int *is_supported)
{
    if (index < 0 || index >= TABLE_COUNT)
        return NULL;
    *is_supported = supported(index);
    return tables[index];
}

static const seg_kernels *choose(void)
{
    const char *forced = getenv("SEG_ISA");
    const seg_kernels *best = tables[0];
    for (int i = 0; i < TABLE_COUNT; i++) {
        if (!supported(i))
            continue;
        best = tables[i];
        if (forced != NULL && strcmp(forced, tables[i]->isa) == 0)
            break;
    }
    return best;
}

const seg_kernels *seg_kernels_get(void)
{
    /* The library's only global: written once, and every writer writes the same value. */
    static const seg_kernels *_Atomic chosen;
    const seg_kernels *table = chosen;
    if (table == NULL)
        chosen = table = choose();
    return table;
}
