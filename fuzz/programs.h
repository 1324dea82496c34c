/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* programs.h: what fuzzers of imported networks share. */
#ifndef FUZZ_PROGRAMS_H
#define FUZZ_PROGRAMS_H

#include "program/program.h"

/* Abort unless its shape is valid and its data are there, aligned. */
void fuzz_check_tensor(const seg_tensor *tensor);
/* Abort unless every constant, slot and attribute is whole. */
void fuzz_check_program(const seg_program *program);
/* Run it on small inputs with little memory, both ways, twice; abort on a bad error. */
void fuzz_run_program(const seg_program *program);

#endif
