/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* convert.c: write a model again, smaller. */
#include <stdio.h>

#include "options.h"
#include "shared.h"

static int convert_run(int argc, char **argv)
{
    bool half = false;
    const option table[] = {
        {OPTION_FLAG, 0, "half", NULL, "store float16: half the size, about 3 digits", &half}, {0}};
    int status, count = options_parse(&cmd_convert, table, argc, argv, &status);
    if (count < 0)
        return status;
    if (count != 2)
        return cmd_misuse(&cmd_convert, "one model in and one out, got %d path%s", count,
                          count == 1 ? "" : "s");
    seg_model *model = shared_load_model(&cmd_convert, argv[0]);
    if (model == NULL)
        return CMD_FAILED;
    seg_error err;
    seg_save_opts opts = {.half = half};
    if (seg_model_save(model, argv[1], &opts, &err) != SEG_OK)
        status = cmd_fail(&cmd_convert, "%s", err.text);
    else
        printf("%s\n", argv[1]);
    seg_model_free(model);
    return status;
}

const cmd cmd_convert = {"convert", "write a model again, without training state or in float16",
                         "seg convert [--half] <model> <out>", convert_run};
