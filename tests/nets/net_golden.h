/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* net_golden.h: the files of tests/nets/golden, by their place in byte order. */
#ifndef TESTS_NETS_NET_GOLDEN_H
#define TESTS_NETS_NET_GOLDEN_H

int net_golden_count(void);
/* Fails the test where network and file disagree. */
void net_golden_check(int index);

#endif
