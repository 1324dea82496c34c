#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
"""make_tflite_golden.py: networks of one operator, and what the TFLite interpreter makes of them.

usage: make_tflite_golden.py       (writes tests/runtime/golden/tflite.safetensors)

The interpreter is LiteRT's as it is shipped (Python package ai-edge-litert, XNNPACK on); files are
written with the packages flatbuffers and tflite. The result holds, per case,
  "<case>.model"  the bytes of the file     "<case>.src<i>"  its inputs     "<case>.dst<i>"  results
"""
import json
import os
import struct

import flatbuffers
import numpy as np
import tflite
from ai_edge_litert.interpreter import Interpreter

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "runtime", "golden",
                   "tflite.safetensors")
TYPES = {"float32": 0, "float16": 1, "int32": 2, "uint8": 3, "int64": 4, "int8": 9}
SAFE = {"float32": "F32", "int32": "I32", "uint8": "U8", "int64": "I64", "int8": "I8"}
OP = tflite.BuiltinOperator
RANDOM = np.random.default_rng(20260101)
TENSORS = {}


class Tensor:
    def __init__(self, shape, dtype, scale=None, zero=0, data=None, axis=0):
        self.shape, self.dtype, self.data, self.axis = list(shape), str(np.dtype(dtype)), data, axis
        self.scale = None if scale is None else np.atleast_1d(np.asarray(scale, np.float32))
        self.zero = np.broadcast_to(zero, np.shape(self.scale) or (1,))


# ---- files ----

def vector(builder, start, values, prepend):
    start(builder, len(values))
    for value in reversed(values):
        prepend(value)
    return builder.EndVector()


def write_buffer(builder, tensor):
    data = None
    if tensor is not None and tensor.data is not None:
        data = builder.CreateByteVector(np.ascontiguousarray(tensor.data, tensor.dtype).tobytes())
    tflite.BufferStart(builder)
    if data is not None:
        tflite.BufferAddData(builder, data)
    return tflite.BufferEnd(builder)


def write_tensor(builder, tensor, name, buffer):
    name = builder.CreateString(name)
    shape = vector(builder, tflite.TensorStartShapeVector, tensor.shape, builder.PrependInt32)
    quantisation = None
    if tensor.scale is not None:
        scales = vector(builder, tflite.QuantizationParametersStartScaleVector,
                        [float(x) for x in tensor.scale], builder.PrependFloat32)
        zeros = vector(builder, tflite.QuantizationParametersStartZeroPointVector,
                       [int(x) for x in tensor.zero], builder.PrependInt64)
        tflite.QuantizationParametersStart(builder)
        tflite.QuantizationParametersAddScale(builder, scales)
        tflite.QuantizationParametersAddZeroPoint(builder, zeros)
        tflite.QuantizationParametersAddQuantizedDimension(builder, tensor.axis)
        quantisation = tflite.QuantizationParametersEnd(builder)
    tflite.TensorStart(builder)
    tflite.TensorAddShape(builder, shape)
    tflite.TensorAddType(builder, TYPES[tensor.dtype])
    tflite.TensorAddBuffer(builder, buffer)
    tflite.TensorAddName(builder, name)
    if quantisation is not None:
        tflite.TensorAddQuantization(builder, quantisation)
    return tflite.TensorEnd(builder)


def write_operator(builder, index, options, sources, results):
    sources = vector(builder, tflite.OperatorStartInputsVector, sources, builder.PrependInt32)
    results = vector(builder, tflite.OperatorStartOutputsVector, results, builder.PrependInt32)
    table = None
    if options is not None:
        kind, fields = options
        lists = {key: vector(builder, getattr(tflite, f"{kind}Start{key}Vector"), value,
                             builder.PrependInt32)
                 for key, value in fields.items() if isinstance(value, list)}
        getattr(tflite, kind + "Start")(builder)
        for key, value in fields.items():
            getattr(tflite, f"{kind}Add{key}")(builder, lists.get(key, value))
        table = getattr(tflite, kind + "End")(builder)
    tflite.OperatorStart(builder)
    tflite.OperatorAddOpcodeIndex(builder, index)
    tflite.OperatorAddInputs(builder, sources)
    tflite.OperatorAddOutputs(builder, results)
    if table is not None:
        tflite.OperatorAddBuiltinOptionsType(builder, getattr(tflite.BuiltinOptions, kind))
        tflite.OperatorAddBuiltinOptions(builder, table)
    return tflite.OperatorEnd(builder)


def write_model(tensors, operators, inputs, outputs):
    """operators: (code, version, options, sources, results)"""
    b = flatbuffers.Builder(1024)
    buffers = vector(b, tflite.ModelStartBuffersVector,
                     [write_buffer(b, t) for t in [None] + tensors], b.PrependUOffsetTRelative)
    places = [write_tensor(b, t, f"t{i}", 0 if t.data is None else i + 1)
              for i, t in enumerate(tensors)]
    places = vector(b, tflite.SubGraphStartTensorsVector, places, b.PrependUOffsetTRelative)
    nodes = [write_operator(b, i, o[2], o[3], o[4]) for i, o in enumerate(operators)]
    nodes = vector(b, tflite.SubGraphStartOperatorsVector, nodes, b.PrependUOffsetTRelative)
    ins = vector(b, tflite.SubGraphStartInputsVector, inputs, b.PrependInt32)
    outs = vector(b, tflite.SubGraphStartOutputsVector, outputs, b.PrependInt32)
    tflite.SubGraphStart(b)
    tflite.SubGraphAddTensors(b, places)
    tflite.SubGraphAddInputs(b, ins)
    tflite.SubGraphAddOutputs(b, outs)
    tflite.SubGraphAddOperators(b, nodes)
    graph = vector(b, tflite.ModelStartSubgraphsVector, [tflite.SubGraphEnd(b)],
                   b.PrependUOffsetTRelative)
    codes = []
    for code, version, *_ in operators:
        tflite.OperatorCodeStart(b)
        tflite.OperatorCodeAddDeprecatedBuiltinCode(b, min(code, 127))
        tflite.OperatorCodeAddBuiltinCode(b, code)
        tflite.OperatorCodeAddVersion(b, version)
        codes.append(tflite.OperatorCodeEnd(b))
    codes = vector(b, tflite.ModelStartOperatorCodesVector, codes, b.PrependUOffsetTRelative)
    tflite.ModelStart(b)
    tflite.ModelAddVersion(b, 3)
    tflite.ModelAddOperatorCodes(b, codes)
    tflite.ModelAddSubgraphs(b, graph)
    tflite.ModelAddBuffers(b, buffers)
    b.Finish(tflite.ModelEnd(b), b"TFL3")
    return bytes(b.Output())


def case(name, code, options, sources, results, version=2):
    """One operator; sources without data are inputs, which get random numbers."""
    tensors = sources + results
    inputs = [i for i, t in enumerate(sources) if t.data is None]
    outputs = list(range(len(sources), len(tensors)))
    order = list(range(len(sources)))
    chain(name, tensors, [(code, version, options, order, outputs)], inputs, outputs)


def chain(name, tensors, operators, inputs, outputs, values=None):
    model = write_model(tensors, operators, inputs, outputs)
    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    TENSORS[name + ".model"] = np.frombuffer(model, np.uint8)
    for k, i in enumerate(inputs):
        value = values[k] if values else random(tensors[i].shape, tensors[i].dtype)
        interpreter.set_tensor(interpreter.get_input_details()[k]["index"], value)
        TENSORS[f"{name}.src{k}"] = value
    interpreter.invoke()
    for k, detail in enumerate(interpreter.get_output_details()):
        TENSORS[f"{name}.dst{k}"] = interpreter.get_tensor(detail["index"])


# ---- numbers ----

def random(shape, dtype):
    if dtype in ("uint8", "int8"):
        return RANDOM.integers(0, 256, shape).astype(np.uint8).view(dtype).reshape(shape)
    if dtype == "int32":
        return RANDOM.integers(-9, 10, shape).astype(np.int32)
    return RANDOM.normal(0, 2, shape).astype(dtype)


def pair(dtype, scale=None, zero=None):
    """A scale and a zero point."""
    low = 0 if dtype == "uint8" else -128
    scale = RANDOM.uniform(0.01, 0.08) if scale is None else scale
    return np.float32(scale), low + int(RANDOM.integers(20, 236)) if zero is None else zero


def ints(*values):
    return Tensor(np.shape(values), "int32", data=np.array(values))


def scalar(value):
    return Tensor((), "int32", data=np.array(value))


def extent(size, kernel, stride, dilation, valid):
    return (size - (kernel - 1) * dilation - 1) // stride + 1 if valid else -(-size // stride)


# ---- convolutions ----

def convolution(name, dtype, ic, oc, kernel=3, stride=1, dilation=1, valid=0, activation=0,
                multiplier=0, groups=1, per_channel=False, size=(6, 5), loud=False):
    real = dtype == "float32"
    oc = ic * multiplier if multiplier else oc
    shape = (1, kernel, kernel, oc) if multiplier else (oc, kernel, kernel, ic // groups)
    depth = kernel * kernel * (1 if multiplier else ic // groups)
    h, w = (extent(s, kernel, stride, dilation, valid) for s in size)
    if real:
        image, weights = Tensor((1, *size, ic), dtype), random(shape, dtype)
        sources = [image, Tensor(shape, dtype, data=weights), Tensor((oc,), dtype,
                                                                     data=random((oc,), dtype))]
        result = Tensor((1, h, w, oc), dtype)
    else:
        weights = random(shape, dtype)
        if dtype == "int8":
            weights = np.maximum(weights, -127)
        if loud:
            weights[...] = 255 if dtype == "uint8" else 127
        scales = RANDOM.uniform(0.002, 0.02, oc) if per_channel else [0.01]
        zero = 0 if dtype == "int8" else 117
        image = Tensor((1, *size, ic), dtype, *pair(dtype, 0.03))
        bias = RANDOM.integers(-3000, 3000, oc)
        sources = [image,
                   Tensor(shape, dtype, scales, zero, weights, 3 if multiplier and per_channel else 0),
                   Tensor((oc,), "int32", np.float32(0.03) * np.float32(scales), 0, bias)]
        result = Tensor((1, h, w, oc), dtype,
                        *pair(dtype, 0.03 * 0.01 * 60 * depth ** 0.5 * (30 if loud else 1)))
    options = dict(Padding=valid, StrideW=stride, StrideH=stride, DilationWFactor=dilation,
                   DilationHFactor=dilation, FusedActivationFunction=activation)
    if multiplier:
        options["DepthMultiplier"] = multiplier
        case(name, OP.DEPTHWISE_CONV_2D, ("DepthwiseConv2DOptions", options), sources, [result], 3)
    else:
        case(name, OP.CONV_2D, ("Conv2DOptions", options), sources, [result], 3)


def transposed(name, dtype, kernel, stride, valid, size, out, with_bias):
    real = dtype == "float32"
    ic, oc = 4, 3
    shape = (oc, kernel, kernel, ic)
    if real:
        weights, image = Tensor(shape, dtype, data=random(shape, dtype)), Tensor((1, *size, ic), dtype)
        bias = Tensor((oc,), dtype, data=random((oc,), dtype))
        result = Tensor((1, *out, oc), dtype)
    else:
        data = np.maximum(random(shape, dtype), 1 if dtype == "uint8" else -127)
        weights = Tensor(shape, dtype, 0.01, 100 if dtype == "uint8" else 0, data)
        image = Tensor((1, *size, ic), dtype, *pair(dtype, 0.03))
        bias = Tensor((oc,), "int32", 0.0003, 0, RANDOM.integers(-3000, 3000, oc))
        result = Tensor((1, *out, oc), dtype, *pair(dtype, 0.05))
    options = dict(Padding=valid, StrideW=stride, StrideH=stride)
    case(name, OP.TRANSPOSE_CONV, ("TransposeConvOptions", options),
         [ints(1, *out, oc), weights, image] + [bias] * with_bias, [result], 3)


def dense(name, dtype, shape, outputs, keep, activation=0):
    depth = shape[-1] if keep else int(np.prod(shape[1:]))
    result = (*shape[:-1], outputs) if keep else (shape[0], outputs)
    if dtype == "float32":
        sources = [Tensor(shape, dtype), Tensor((outputs, depth), dtype,
                                                data=random((outputs, depth), dtype)),
                   Tensor((outputs,), dtype, data=random((outputs,), dtype))]
        result = Tensor(result, dtype)
    else:
        weights = np.maximum(random((outputs, depth), dtype), 1 if dtype == "uint8" else -127)
        sources = [Tensor(shape, dtype, *pair(dtype, 0.03)),
                   Tensor((outputs, depth), dtype, 0.01, 90 if dtype == "uint8" else 0, weights),
                   Tensor((outputs,), "int32", 0.0003, 0, RANDOM.integers(-3000, 3000, outputs))]
        result = Tensor(result, dtype, *pair(dtype, 0.0003 * 60 * depth ** 0.5))
    options = dict(FusedActivationFunction=activation, KeepNumDims=keep)
    case(name, OP.FULLY_CONNECTED, ("FullyConnectedOptions", options), sources, [result], 5)


def convolutions():
    for dtype in ("float32", "uint8", "int8"):
        for per_channel in (False, True) if dtype == "int8" else (False,):
            tag = f"{dtype}{'_channels' if per_channel else ''}"
            more = {"dtype": dtype, "per_channel": per_channel}
            convolution(f"conv_{tag}", ic=3, oc=5, stride=2, activation=3, **more)
            convolution(f"conv_1x1_{tag}", ic=16, oc=9, kernel=1, **more)
            convolution(f"conv_dilated_{tag}", ic=4, oc=3, dilation=2, activation=1, **more)
            convolution(f"conv_valid_{tag}", ic=4, oc=3, valid=1, **more)
            convolution(f"conv_groups_{tag}", ic=6, oc=4, groups=2, **more)
            convolution(f"depthwise_{tag}", ic=5, oc=0, multiplier=1, activation=3, **more)
            convolution(f"depthwise_2_{tag}", ic=3, oc=0, multiplier=2, stride=2, **more)
            convolution(f"depthwise_dilated_{tag}", ic=3, oc=0, multiplier=1, dilation=2, **more)
        for bias in (False, True):
            transposed(f"transposed_{dtype}_{bias}", dtype, 3, 2, 0, (3, 4), (6, 8), bias)
            transposed(f"transposed_valid_{dtype}_{bias}", dtype, 3, 2, 1, (3, 2), (7, 5), bias)
            transposed(f"transposed_odd_{dtype}_{bias}", dtype, 4, 2, 0, (3, 2), (5, 3), bias)
        dense(f"dense_{dtype}", dtype, (2, 3, 2, 4), 5, 0)
        dense(f"dense_keep_{dtype}", dtype, (2, 3, 7), 4, 1, 1)
    # Sums beyond 2^24: 400 products of the largest bytes.
    convolution("conv_deep_uint8", "uint8", 400, 2, 1, size=(1, 2), loud=True)
    convolution("conv_deep_int8", "int8", 1200, 2, 1, size=(1, 2), loud=True)


# ---- the rest ----

def binaries():
    for dtype in ("float32", "uint8", "int8"):
        for op, kind in (("ADD", "AddOptions"), ("SUB", "SubOptions"), ("MUL", "MulOptions"),
                         ("DIV", "DivOptions")):
            for shape in ((2, 3, 5), (5,), (2, 1, 1)):
                if dtype != "float32" and op == "DIV":
                    continue
                q = [() if dtype == "float32" else pair(dtype) for _ in range(3)]
                if op == "MUL" and dtype != "float32":
                    q[2] = pair(dtype, 0.2)
                case(f"{op}_{dtype}_{len(shape)}{shape[0]}", getattr(OP, op),
                     (kind, {"FusedActivationFunction": 3 if shape == (5,) else 0}),
                     [Tensor((2, 3, 5), dtype, *q[0]), Tensor(shape, dtype, *q[1])],
                     [Tensor((2, 3, 5), dtype, *q[2])])
        slopes = random((1, 1, 5), dtype)
        q = [() if dtype == "float32" else pair(dtype) for _ in range(3)]
        case(f"PRELU_{dtype}", OP.PRELU, None,
             [Tensor((1, 2, 3, 5), dtype, *q[0]), Tensor((1, 1, 5), dtype, *q[1], data=slopes)],
             [Tensor((1, 2, 3, 5), dtype, *q[2])], 1)


def unaries():
    names = {"LOGISTIC": (1 / 256, 0), "TANH": (1 / 128, 128), "RELU": None, "RELU6": None,
             "RELU_N1_TO_1": None, "ELU": (0.04, 30), "HARD_SWISH": (0.05, 20),
             "LEAKY_RELU": None, "GELU": (0.05, 20), "SOFTMAX": (1 / 256, 0)}
    kinds = {"LEAKY_RELU": ("LeakyReluOptions", {"Alpha": 0.2}),
             "GELU": ("GeluOptions", {"Approximate": False}),
             "SOFTMAX": ("SoftmaxOptions", {"Beta": 0.7})}
    for dtype in ("float32", "uint8", "int8"):
        low = 0 if dtype == "uint8" else -128
        for name, result in names.items():
            if name == "ELU" and dtype == "uint8":
                continue
            version = 2 if name not in ("RELU_N1_TO_1", "ELU", "HARD_SWISH") else 1
            x = random((1, 4, 5), "float32") if dtype == "float32" else \
                np.arange(256, dtype=np.uint8).view(dtype).reshape(2, 8, 16)
            q = () if dtype == "float32" else pair(dtype, 0.06)
            r = () if dtype == "float32" else pair(dtype) if result is None else \
                (result[0], result[1] + low)
            chain(f"{name}_{dtype}", [Tensor(x.shape, dtype, *q), Tensor(x.shape, dtype, *r)],
                  [(getattr(OP, name), version, kinds.get(name), [0], [1])], [0], [1], [x])


def conversions():
    for dtype in ("uint8", "int8"):
        other = "int8" if dtype == "uint8" else "uint8"
        x = np.arange(256, dtype=np.uint8).view(dtype).reshape(1, 256)
        for name, to in (("same", dtype), ("other", other)):
            chain(f"QUANTIZE_{dtype}_{name}",
                  [Tensor(x.shape, dtype, *pair(dtype, 0.02)), Tensor(x.shape, to, *pair(to, 0.05))],
                  [(OP.QUANTIZE, 2, None, [0], [1])], [0], [1], [x])
        case(f"QUANTIZE_{dtype}_real", OP.QUANTIZE, None, [Tensor((3, 7), "float32")],
             [Tensor((3, 7), dtype, *pair(dtype, 0.02))])
        case(f"DEQUANTIZE_{dtype}", OP.DEQUANTIZE, None, [Tensor((3, 7), dtype, *pair(dtype))],
             [Tensor((3, 7), "float32")])
    q = [pair("uint8") for _ in range(3)]
    case("CONCATENATION_uint8", OP.CONCATENATION, ("ConcatenationOptions", {"Axis": -1}),
         [Tensor((1, 2, 3), "uint8", *q[0]), Tensor((1, 2, 4), "uint8", *q[1])],
         [Tensor((1, 2, 7), "uint8", *q[2])])
    weights = random((3, 3, 3, 2), "float32").astype(np.float16)
    chain("half_weights",
          [Tensor((1, 5, 4, 2), "float32"), Tensor(weights.shape, "float16", data=weights),
           Tensor(weights.shape, "float32"), Tensor((3,), "float32", data=np.zeros(3)),
           Tensor((1, 5, 4, 3), "float32")],
          [(OP.DEQUANTIZE, 3, None, [1], [2]),
           (OP.CONV_2D, 1, ("Conv2DOptions", dict(Padding=0, StrideW=1, StrideH=1)), [0, 2, 3], [4])],
          [0], [4])


def images():
    for dtype in ("float32", "uint8", "int8"):
        q = () if dtype == "float32" else pair(dtype)
        for op in ("AVERAGE_POOL_2D", "MAX_POOL_2D"):
            for kernel, stride, valid in ((2, 2, 0), (3, 2, 0), (3, 1, 1)):
                h, w = (extent(s, kernel, stride, 1, valid) for s in (5, 6))
                options = dict(Padding=valid, StrideW=stride, StrideH=stride, FilterWidth=kernel,
                               FilterHeight=kernel, FusedActivationFunction=0)
                case(f"{op}_{dtype}_{kernel}{stride}{valid}", getattr(OP, op),
                     ("Pool2DOptions", options), [Tensor((1, 5, 6, 3), dtype, *q)],
                     [Tensor((1, h, w, 3), dtype, *q)])
        for op, kind in (("RESIZE_BILINEAR", "ResizeBilinearOptions"),
                         ("RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions")):
            for align, half in ((0, 0), (1, 0), (0, 1)):
                for size in ((11, 7), (3, 2), (1, 1)):
                    case(f"{op}_{dtype}_{align}{half}_{size[0]}", getattr(OP, op),
                         (kind, dict(AlignCorners=align, HalfPixelCenters=half)),
                         [Tensor((1, 5, 4, 3), dtype, *q), ints(*size)],
                         [Tensor((1, *size, 3), dtype, *q)], 3)
        pads = Tensor((4, 2), "int32", data=np.array([[0, 0], [1, 2], [2, 0], [0, 1]]))
        value = Tensor((1,), dtype, *q, data=random((1,), dtype))
        case(f"PAD_{dtype}", OP.PAD, ("PadOptions", {}), [Tensor((1, 2, 3, 2), dtype, *q), pads],
             [Tensor((1, 5, 5, 3), dtype, *q)])
        case(f"PADV2_{dtype}", OP.PADV2, ("PadV2Options", {}),
             [Tensor((1, 2, 3, 2), dtype, *q), pads, value], [Tensor((1, 5, 5, 3), dtype, *q)])
        for keep in (0, 1):
            r = () if dtype == "float32" else pair(dtype)
            case(f"MEAN_{dtype}_{keep}", OP.MEAN, ("ReducerOptions", {"KeepDims": keep}),
                 [Tensor((2, 3, 4, 5), dtype, *q), ints(1, 2)],
                 [Tensor((2, 1, 1, 5) if keep else (2, 5), dtype, *r)])
        ones = Tensor((4, 2), "int32", data=np.array([[0, 0], [1, 1], [1, 0], [0, 0]]))
        for mode in (0, 1):
            case(f"MIRROR_PAD_{dtype}_{mode}", OP.MIRROR_PAD, ("MirrorPadOptions", {"Mode": mode}),
                 [Tensor((1, 2, 3, 2), dtype, *q), ones], [Tensor((1, 4, 4, 2), dtype, *q)])
        case(f"DEPTH_TO_SPACE_{dtype}", OP.DEPTH_TO_SPACE, ("DepthToSpaceOptions", {"BlockSize": 2}),
             [Tensor((1, 2, 3, 8), dtype, *q)], [Tensor((1, 4, 6, 2), dtype, *q)])
        case(f"SPACE_TO_DEPTH_{dtype}", OP.SPACE_TO_DEPTH, ("SpaceToDepthOptions", {"BlockSize": 2}),
             [Tensor((1, 4, 6, 2), dtype, *q)], [Tensor((1, 2, 3, 8), dtype, *q)])


def shapes():
    x = Tensor((2, 3, 4), "float32")
    for name, begin, end, strides, shape, masks in (
            ("plain", (0, 1, 0), (2, 3, 4), (1, 1, 2), (2, 2, 2), {}),
            ("masks", (1, 1, 1), (1, 1, 3), (1, 1, 1), (2, 3, 2), {"BeginMask": 3, "EndMask": 3}),
            ("shrink", (0, -1, 0), (2, 0, 4), (1, 1, 1), (2, 4), {"ShrinkAxisMask": 2}),
            ("backwards", (0, 0, -1), (2, 3, -5), (1, 1, -1), (2, 3, 4), {}),
            ("ellipsis", (0, 1), (0, 3), (1, 1), (2, 3, 2), {"EllipsisMask": 1}),
            ("new", (0, 0, 0), (2, 0, 3), (1, 1, 1), (2, 1, 3, 4), {"NewAxisMask": 2})):
        case(f"STRIDED_SLICE_{name}", OP.STRIDED_SLICE, ("StridedSliceOptions", masks),
             [x, ints(*begin), ints(*end), ints(*strides)], [Tensor(shape, "float32")], 1)
    case("SLICE", OP.SLICE, None, [x, ints(0, 1, 2), ints(-1, 2, 1)], [Tensor((2, 2, 1), "float32")])
    case("RESHAPE", OP.RESHAPE, ("ReshapeOptions", {"NewShape": [4, -1]}), [x, ints(4, -1)],
         [Tensor((4, 6), "float32")], 1)
    case("RESHAPE_old", OP.RESHAPE, ("ReshapeOptions", {"NewShape": [4, 6]}), [x],
         [Tensor((4, 6), "float32")], 1)
    case("TRANSPOSE", OP.TRANSPOSE, None, [x, ints(2, 0, 1)], [Tensor((4, 2, 3), "float32")])
    case("SQUEEZE", OP.SQUEEZE, ("SqueezeOptions", {"SqueezeDims": [1, -1]}),
         [Tensor((2, 1, 3, 1), "float32")], [Tensor((2, 3), "float32")], 1)
    case("EXPAND_DIMS", OP.EXPAND_DIMS, None, [x, scalar(-1)], [Tensor((2, 3, 4, 1), "float32")], 1)
    case("TILE", OP.TILE, None, [x, ints(1, 2, 1)], [Tensor((2, 6, 4), "float32")])
    case("GATHER", OP.GATHER, ("GatherOptions", {"Axis": 1}), [x, ints(2, 0)],
         [Tensor((2, 2, 4), "float32")])
    case("PACK", OP.PACK, ("PackOptions", {"ValuesCount": 2, "Axis": 1}), [x, x],
         [Tensor((2, 2, 3, 4), "float32")], 1)
    case("UNPACK", OP.UNPACK, ("UnpackOptions", {"Num": 2, "Axis": 0}), [x],
         [Tensor((3, 4), "float32")] * 2, 1)
    case("SPLIT", OP.SPLIT, ("SplitOptions", {"NumSplits": 2}), [scalar(2), x],
         [Tensor((2, 3, 2), "float32")] * 2)
    case("SPLIT_V", OP.SPLIT_V, ("SplitVOptions", {"NumSplits": 2}), [x, ints(1, 2), scalar(1)],
         [Tensor((2, 1, 4), "float32"), Tensor((2, 2, 4), "float32")])
    case("SPACE_TO_BATCH_ND", OP.SPACE_TO_BATCH_ND, None,
         [Tensor((1, 3, 4, 2), "float32"), ints(2, 2),
          Tensor((2, 2), "int32", data=np.array([[1, 0], [0, 2]]))], [Tensor((4, 2, 3, 2), "float32")])
    case("BATCH_TO_SPACE_ND", OP.BATCH_TO_SPACE_ND, None,
         [Tensor((4, 2, 3, 2), "float32"), ints(2, 2),
          Tensor((2, 2), "int32", data=np.array([[1, 0], [0, 2]]))], [Tensor((1, 3, 4, 2), "float32")])
    case("ARG_MAX", OP.ARG_MAX, ("ArgMaxOptions", {"OutputType": 4}), [x, scalar(2)],
         [Tensor((2, 3), "int64")])
    case("ARG_MAX_bytes", OP.ARG_MAX, ("ArgMaxOptions", {"OutputType": 2}),
         [Tensor((2, 3, 4), "int8", 0.1, 3), scalar(-1)], [Tensor((2, 3), "int32")])
    case("SHAPE", OP.SHAPE, ("ShapeOptions", {"OutType": 2}), [x], [Tensor((3,), "int32")], 1)
    case("CAST", OP.CAST, ("CastOptions", {"InDataType": 0, "OutDataType": 2}), [x],
         [Tensor((2, 3, 4), "int32")], 1)


def dilated():
    """The dilated convolution of older converters: space to batch, a dense one, and back."""
    for depthwise in (0, 1):
        weights = random((1, 3, 3, 2) if depthwise else (3, 3, 3, 2), "float32")
        oc = 2 if depthwise else 3
        f = "float32"
        options = dict(Padding=1, StrideW=1, StrideH=1)
        if depthwise:
            options["DepthMultiplier"] = 1
        # 7x6 pixels, dilation 2, padding 2 and 2 (+1 row so that blocks fit)
        pads = Tensor((2, 2), "int32", data=np.array([[2, 3], [2, 2]]))
        crops = Tensor((2, 2), "int32", data=np.array([[0, 1], [0, 0]]))
        tensors = [Tensor((1, 7, 6, 2), f), ints(2, 2), pads, Tensor((4, 6, 5, 2), f),
                   Tensor(weights.shape, f, data=weights), Tensor((oc,), f, data=random((oc,), f)),
                   Tensor((4, 4, 3, oc), f), crops, Tensor((1, 7, 6, oc), f)]
        kind = ("DepthwiseConv2DOptions" if depthwise else "Conv2DOptions", options)
        code = OP.DEPTHWISE_CONV_2D if depthwise else OP.CONV_2D
        chain(f"dilated_{depthwise}", tensors,
              [(OP.SPACE_TO_BATCH_ND, 1, None, [0, 1, 2], [3]), (code, 1, kind, [3, 4, 5], [6]),
               (OP.BATCH_TO_SPACE_ND, 1, None, [6, 1, 7], [8])], [0], [8])


def main():
    convolutions()
    binaries()
    unaries()
    conversions()
    images()
    shapes()
    dilated()
    header, offset = {}, 0
    for name, array in TENSORS.items():
        header[name] = {"dtype": SAFE[str(array.dtype)], "shape": list(array.shape),
                        "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    os.makedirs(os.path.dirname(OUT), exist_ok=True)
    with open(OUT, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in TENSORS.values():
            file.write(array.tobytes())


if __name__ == "__main__":
    main()
