/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* clock.h: monotonic time. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

double seg_clock_seconds(void); /* since some fixed moment; never goes back */

#endif
