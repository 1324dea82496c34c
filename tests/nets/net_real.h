/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* net_real.h: backbones on weights that others trained. */
#ifndef TESTS_NETS_NET_REAL_H
#define TESTS_NETS_NET_REAL_H

/* MobileNetV2's features of a cat; says that it was skipped where ../shared is absent. */
void net_real_mobilenetv2(void);

#endif
