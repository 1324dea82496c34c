/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* convert.c: write a model again, in another form. */
#include <stdio.h>

#include "import_options.h"
#include "options.h"
#include "quantise.h"
#include "seg/model.h"

/* One of our networks around the layers of an imported one. */
static int graft(const char *net, char **paths, const import_options *import,
                 const seg_save_opts *opts)
{
    char report[4096];
    seg_error err;
    seg_model *model = import_options_graft(&cmd_convert, paths[0], net, import, report,
                                            sizeof report);
    if (model == NULL)
        return CMD_FAILED;
    int status = CMD_DONE;
    fputs(report, stderr);
    if (seg_model_save(model, paths[1], opts, &err) != SEG_OK)
        status = cmd_fail(&cmd_convert, "%s", err.text);
    else
        printf("%s\n", paths[1]);
    seg_model_free(model);
    return status;
}

static int convert_run(int argc, char **argv)
{
    bool half = false, int8 = false;
    const char *net = NULL, *about = NULL, *licence = NULL;
    import_options import = {0};
    option_size size = {512, 512};
    quantise_options quantise = {.images = 32, .least_snr_db = SEG_QUANTISE_LEAST_SNR_DB};
    const option table[] = {
        {OPTION_FLAG, 0, "half", NULL, "safetensors: store float16, about 3 digits", &half},
        {OPTION_FLAG, 0, "int8", NULL, "safetensors: store kernels as int8, about 2 digits", &int8},
        {OPTION_TEXT, 0, "calibrate", "<dir>", "with --int8: run in integers, ranges from images here",
         &quantise.calibrate},
        {OPTION_INT, 0, "images", "<n>", "images to calibrate on", &quantise.images, 1, 4096},
        {OPTION_NUMBER, 0, "least-snr", "<dB>", "layers with less signal over noise stay float",
         &quantise.least_snr_db, -100, 200},
        {OPTION_TEXT, 0, "check", "<dir>", "data set that may lose 0.5 of mean IoU on its part val",
         &quantise.check},
        {OPTION_FLAG, 0, "force", NULL, "write the model though it loses more", &quantise.force},
        {OPTION_SIZE, 's', "size", "<HxW>", "ONNX: the image size it is for", &size, 1,
         SEG_MAX_SIDE},
        {OPTION_TEXT, 0, "about", "<text>", "what the data were, for the model's card", &about},
        {OPTION_TEXT, 0, "licence", "<text>", "terms of the weights, for the model's card", &licence},
        {OPTION_TEXT, 0, "to", "<net>", "net surgery: this network around the model's layers", &net},
        IMPORT_OPTIONS(&import),
        {0}};
    int status, count = options_parse(&cmd_convert, table, argc, argv, &status);
    if (count < 0)
        return status;
    if (count != 2)
        return cmd_misuse(&cmd_convert, "one model in and one out, got %d path%s", count,
                          count == 1 ? "" : "s");
    if (half && int8)
        return cmd_misuse(&cmd_convert, "either --half or --int8");
    if (quantise.calibrate != NULL && (!int8 || net != NULL))
        return cmd_misuse(&cmd_convert, "--calibrate needs --int8, and a network to quantise");
    if (quantise.calibrate == NULL && quantise.check != NULL)
        return cmd_misuse(&cmd_convert, "--check is for --calibrate");
    seg_error err;
    const seg_precision precision = int8   ? SEG_PRECISION_INT8
                                    : half ? SEG_PRECISION_FLOAT16
                                           : SEG_PRECISION_FLOAT32;
    const seg_save_opts opts = {.precision = precision,
                                .height = size.height,
                                .width = size.width,
                                .about = about,
                                .licence = licence};
    if (quantise.calibrate != NULL)
        return quantise_convert(&cmd_convert, argv[0], argv[1], &quantise, &opts);
    if (net != NULL)
        return graft(net, argv, &import, &opts);
    if (seg_model_convert(argv[0], argv[1], &opts, &err) != SEG_OK)
        return cmd_fail(&cmd_convert, "%s", err.text);
    printf("%s\n", argv[1]);
    return CMD_DONE;
}

const cmd cmd_convert = {"convert", "write a model again: smaller, or in another format",
                         "seg convert [<options>] <model> <out>", convert_run};
