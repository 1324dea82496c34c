/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * onnx_message.c: protobuf messages into an arena. What the parser allocates stays, so raw data
 * serves as weights where it is; an allowance bounds what a hostile file can ask for (a repeated
 * message of two bytes takes a hundred times as much unpacked).
 */
#include "base/error.h"
#include "io/onnx_parts.h"

enum { MULTIPLE = 16 };
static const size_t spare_bytes = (size_t)16 << 20;

typedef struct allowance {
    seg_arena *arena;
    size_t left;   /* bytes */
    size_t failed; /* bytes that memory was lacking for; 0: none */
    bool exceeded;
} allowance;

static void *allow(void *context, size_t size)
{
    allowance *allowed = context;
    if (size >= allowed->left) {
        allowed->exceeded = true;
        return NULL;
    }
    void *data = seg_arena_alloc(allowed->arena, size);
    if (data == NULL)
        allowed->failed = size;
    allowed->left -= size;
    return data;
}

/* The arena frees everything at once. */
static void keep(void *context, void *data)
{
    (void)context;
    (void)data;
}

seg_status seg_onnx_unpack(const ProtobufCMessageDescriptor *descriptor, const void *data,
                           size_t size, seg_arena *arena, const char *path,
                           ProtobufCMessage **message, seg_error *err)
{
    *message = NULL;
    if (size > INT32_MAX)
        return seg_fail(err, SEG_LIMIT, "%s: %zu bytes, more than protobuf's limit of 2 GB", path,
                        size);
    allowance allowed = {.arena = arena, .left = MULTIPLE * size + spare_bytes};
    ProtobufCAllocator allocator = {.alloc = allow, .free = keep, .allocator_data = &allowed};
    *message = protobuf_c_message_unpack(descriptor, &allocator, size, data);
    if (*message != NULL)
        return SEG_OK;
    if (allowed.failed > 0)
        return seg_fail_nomem(err, allowed.failed, path);
    if (allowed.exceeded)
        return seg_fail(err, SEG_LIMIT, "%s: takes more than %d times its %zu bytes in memory",
                        path, MULTIPLE, size);
    return seg_fail(err, SEG_FORMAT, "%s: not an ONNX file, or cut short or damaged (%zu bytes)",
                    path, size);
}
