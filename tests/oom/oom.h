/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * oom.h: what happens when memory runs out. Every allocation of a call, in the library and in the
 * libraries it uses, fails in turn; each time the call must say SEG_NOMEM and leave nothing behind.
 */
#ifndef TESTS_OOM_H
#define TESTS_OOM_H

#include <stdbool.h>

#include "seg/status.h"

/* Makes the call and frees what it gave. */
typedef seg_status (*oom_call)(void *context, seg_error *err);

/*
 * Fails each allocation of call in turn until it succeeds. Parsers of other libraries take their
 * own failed allocation for damage of the file here and there: or_else is a status that will do
 * as well (SEG_NOMEM: none). In a build with sanitizers, which bring an allocator of their own,
 * the call is only made once.
 */
void oom_torture(const char *name, oom_call call, void *context, seg_status or_else);

/* Within a call: allocations between true and false do not fail. */
void oom_spare(bool spare);

#endif
