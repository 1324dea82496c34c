/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* convert.c: write a model again, in another form. */
#include <stdio.h>

#include "options.h"
#include "seg/model.h"

static int convert_run(int argc, char **argv)
{
    bool half = false;
    option_size size = {512, 512};
    const option table[] = {
        {OPTION_FLAG, 0, "half", NULL, "safetensors: store float16, about 3 digits", &half},
        {OPTION_SIZE, 's', "size", "<HxW>", "ONNX: the image size it is for", &size, 1,
         SEG_MAX_SIDE},
        {0}};
    int status, count = options_parse(&cmd_convert, table, argc, argv, &status);
    if (count < 0)
        return status;
    if (count != 2)
        return cmd_misuse(&cmd_convert, "one model in and one out, got %d path%s", count,
                          count == 1 ? "" : "s");
    seg_error err;
    const seg_save_opts opts = {.half = half, .height = size.height, .width = size.width};
    if (seg_model_convert(argv[0], argv[1], &opts, &err) != SEG_OK)
        return cmd_fail(&cmd_convert, "%s", err.text);
    printf("%s\n", argv[1]);
    return CMD_DONE;
}

const cmd cmd_convert = {"convert", "write a model again: smaller, or in another format",
                         "seg convert [<options>] <model> <out>", convert_run};
