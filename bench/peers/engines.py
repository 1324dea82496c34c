# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
"""engines.py: one run of one peer on one model, as a process of its own; for compare.py.

  engines.py ENGINE MODEL THREADS SECONDS FOLDER

FOLDER holds input0.npy, input1.npy, ... and, where wanted0.npy is there too, what the first output
should be. Prints one line of JSON. An engine is a generator: it yields its version once its own
modules are imported, then a function that runs the network on the inputs and returns its first
output. What happens in between is loading. All settings are the best we know: every optimisation of
the graph, as many threads as given, inputs and outputs in memory that is used again.
"""
import glob
import importlib.util
import json
import os
import statistics
import sys
import time

import numpy as np


def onnxruntime(model, threads, inputs, _):
    import onnxruntime as ort
    yield ort.__version__
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    feed = {i.name: a for i, a in zip(session.get_inputs(), inputs)}
    binding = None

    def run():
        nonlocal binding
        if binding is None:  # the first run tells the shapes of the outputs
            results = session.run(None, feed)
            binding = session.io_binding()
            for name, array in feed.items():
                binding.bind_cpu_input(name, array)
            for name, array in zip(session.get_outputs(), results):
                binding.bind_ortvalue_output(name.name, ort.OrtValue.ortvalue_from_numpy(array))
            return results[0]
        session.run_with_iobinding(binding)
        return binding.get_outputs()[0].numpy

    yield run


def openvino(model, threads, inputs, _):
    import openvino as ov
    yield ov.__version__.split("-")[0]
    compiled = ov.Core().compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": threads,
                                                      "INFERENCE_PRECISION_HINT": "f32",
                                                      "PERFORMANCE_HINT": "LATENCY"})
    request = compiled.create_infer_request()
    yield lambda: request.infer(inputs, share_inputs=True, share_outputs=True)[0]


def opencv(model, threads, inputs, _):
    import cv2
    yield cv2.__version__
    cv2.setNumThreads(threads)
    net = cv2.dnn.readNet(model)
    if len(inputs) > 1:
        raise ValueError("more than one input")
    net.setInput(inputs[0])
    yield net.forward


def ncnn(model, threads, inputs, converted):
    import ncnn as engine
    yield engine.__version__
    net = engine.Net()
    net.opt.num_threads = threads
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    if net.load_param(converted + ".ncnn.param") or net.load_model(converted + ".ncnn.bin"):
        raise ValueError("cannot load what pnnx made")
    mats = [engine.Mat(np.ascontiguousarray(a[0])) for a in inputs]

    def run():
        with net.create_extractor() as extractor:
            for i, mat in enumerate(mats):
                extractor.input(f"in{i}", mat)
            status, out = extractor.extract("out0")
            if status:
                raise ValueError("does not run")
            return out

    yield run


def pytorch(model, threads, inputs, converted):
    import torch
    yield torch.__version__.split("+")[0]
    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    os.chdir(os.path.dirname(converted))
    spec = importlib.util.spec_from_file_location("network", converted + "_pnnx.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    last = torch.channels_last
    tensors = [torch.from_numpy(a) for a in inputs]
    tensors = [t.to(memory_format=last) if t.dim() == 4 else t for t in tensors]
    network = module.Model().eval().to(memory_format=last)
    network = torch.jit.freeze(torch.jit.trace(network, tensors, check_trace=False))
    network = torch.jit.optimize_for_inference(network)

    def run():
        out = network(*tensors)
        return out[0] if isinstance(out, (tuple, list)) else out

    yield run


def tflite(model, threads, inputs, _):
    import ai_edge_litert
    from ai_edge_litert.interpreter import Interpreter
    yield getattr(ai_edge_litert, "__version__", "")
    interpreter = Interpreter(model_path=model, num_threads=threads)  # with XNNPACK, its default
    interpreter.allocate_tensors()
    for detail, array in zip(interpreter.get_input_details(), inputs):
        interpreter.set_tensor(detail["index"], array)
    output = interpreter.get_output_details()[0]["index"]

    def run():
        interpreter.invoke()
        return lambda: interpreter.get_tensor(output)

    yield run


ENGINES = {"onnxruntime": onnxruntime, "openvino": openvino, "opencv": opencv, "ncnn": ncnn,
           "pytorch": pytorch, "tflite": tflite}


def peak_mb():
    with open("/proc/self/status", encoding="ascii") as status:
        kib = [int(line.split()[1]) for line in status if line.startswith("VmHWM")]
    return kib[0] * 1024e-6


def difference(result, folder):
    """Largest difference, as a share of the largest value; None where it is not known."""
    path = os.path.join(folder, "wanted0.npy")
    if not os.path.exists(path):
        return None
    wanted = np.load(path).astype(np.float64)
    result = np.asarray(result() if callable(result) else result).astype(np.float64)
    if result.size != wanted.size:
        return float("inf")
    largest = np.abs(wanted).max() or 1.0
    return float(np.abs(result.reshape(wanted.shape) - wanted).max() / largest)


def main():
    engine, model, threads, seconds, folder = sys.argv[1:]
    paths = sorted(glob.glob(os.path.join(folder, "input*.npy")))
    inputs = [np.load(path) for path in paths]
    steps = ENGINES[engine](model, int(threads), inputs, os.path.join(folder, "converted"))
    version, imported = next(steps), peak_mb()
    start = time.perf_counter()
    run = next(steps)
    load = time.perf_counter() - start
    start = time.perf_counter()
    result = run()
    first, times = time.perf_counter() - start, []
    run()
    until = time.perf_counter() + float(seconds)
    while len(times) < 3 or time.perf_counter() < until:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    peak = peak_mb()
    print(json.dumps({"version": version, "load_ms": 1e3 * load, "first_ms": 1e3 * first,
                      "min_ms": 1e3 * min(times), "median_ms": 1e3 * statistics.median(times),
                      "runs": len(times), "peak_rss_mb": peak, "import_mb": imported,
                      "difference": difference(result, folder)}))


if __name__ == "__main__":
    main()
