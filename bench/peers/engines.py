# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
"""engines.py: one engine with one model, as a process of its own; for compare.py.

  engines.py ENGINE MODEL THREADS FOLDER LIBRARY

FOLDER holds input0.npy, input1.npy, ... and, where wanted0.npy is there too, what the first output
should be. LIBRARY is libseg.so. Loads the model, runs it once and prints a line of JSON; then each
line of standard input is a number of seconds to run it again for, answered by a line of times.

An engine is a generator: it yields its version once its own modules are imported, then a function
that runs the network on the inputs and returns its first output. What happens in between is
loading. All settings are the best we know: every optimisation of the graph, as many threads as
given, inputs and outputs in memory that is used again.
"""
import ctypes
import glob
import importlib.util
import json
import os
import signal
import sys
import time
from types import SimpleNamespace

import numpy as np


class SegArray(ctypes.Structure):
    """seg_array of seg/array.h."""
    TYPES = ("f4", "u1", "i4", "f2", "i1", "i8", "f8", None, "?", "u2", "i2", "u4", "u8")
    _fields_ = [("dtype", ctypes.c_int), ("rank", ctypes.c_int), ("dim", ctypes.c_int64 * 8),
                ("data", ctypes.c_void_p)]

    @classmethod
    def of(cls, array):
        """Borrows the numbers of an array."""
        kind = [t is not None and np.dtype(t) == array.dtype for t in cls.TYPES].index(True)
        return cls(kind, array.ndim, (ctypes.c_int64 * 8)(*array.shape), array.ctypes.data)

    def numpy(self):
        shape, kind = self.dim[:self.rank], np.dtype(self.TYPES[self.dtype])
        size = int(np.prod(shape)) * kind.itemsize
        data = (ctypes.c_ubyte * size).from_address(self.data)
        return np.frombuffer(data, kind).reshape(shape)


class SegValue(ctypes.Structure):
    """seg_program_value of seg/program.h."""
    _fields_ = [("name", ctypes.c_char_p), ("array", SegArray)]


class SegInfo(ctypes.Structure):
    """seg_program_info of seg/program.h."""
    _fields_ = [("format", ctypes.c_char_p), ("producer", ctypes.c_char_p), ("opset", ctypes.c_int),
                ("inputs", ctypes.c_int), ("outputs", ctypes.c_int), ("nodes", ctypes.c_int),
                ("texts", ctypes.c_int), ("parameters", ctypes.c_int64)]


class SegRunnerOpts(ctypes.Structure):
    """seg_runner_opts of seg/program.h."""
    _fields_ = [("threads", ctypes.c_int), ("memory_limit", ctypes.c_size_t),
                ("reference", ctypes.c_bool), ("keep_all", ctypes.c_bool)]


def seg(job):
    library = ctypes.CDLL(job.library)
    library.seg_program_output_at.restype = SegValue
    library.seg_program_describe.restype = SegInfo
    library.seg_version.restype = ctypes.c_char_p
    error = ctypes.create_string_buffer(1024)  # a seg_error: a status, then its text
    yield library.seg_version().decode()

    def check(status):
        if status:
            raise ValueError(ctypes.string_at(ctypes.addressof(error) + 4).decode())

    program, runner = ctypes.c_void_p(), ctypes.c_void_p()
    check(library.seg_program_load(ctypes.byref(program), job.model.encode(), None, error))
    check(library.seg_runner_new(ctypes.byref(runner), program,
                                 ctypes.byref(SegRunnerOpts(threads=job.threads)), error))
    inputs = (SegArray * len(job.inputs))(*map(SegArray.of, job.inputs))
    names = [library.seg_program_output_at(program, i).name
             for i in range(library.seg_program_describe(program).outputs)]
    outputs = [SegArray() for _ in names]

    def run():
        check(library.seg_runner_run(runner, inputs, error))
        for name, output in zip(names, outputs):
            check(library.seg_runner_read(runner, name, ctypes.byref(output), error))
        return outputs[0].numpy

    yield run


def onnxruntime(job):
    import onnxruntime as ort
    yield ort.__version__
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = job.threads, 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    session = ort.InferenceSession(job.model, options, providers=["CPUExecutionProvider"])
    feed = {i.name: a for i, a in zip(session.get_inputs(), job.inputs)}
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


def openvino(job):
    import openvino as ov
    yield ov.__version__.split("-")[0]
    compiled = ov.Core().compile_model(job.model, "CPU", {"INFERENCE_NUM_THREADS": job.threads,
                                                          "INFERENCE_PRECISION_HINT": "f32",
                                                          "PERFORMANCE_HINT": "LATENCY"})
    request = compiled.create_infer_request()
    yield lambda: request.infer(job.inputs, share_inputs=True, share_outputs=True)[0]


def opencv(job):
    import cv2
    yield cv2.__version__
    cv2.setNumThreads(job.threads)
    net = cv2.dnn.readNet(job.model)
    if len(job.inputs) > 1:
        raise ValueError("more than one input")
    net.setInput(job.inputs[0])
    yield net.forward


def ncnn(job):
    import ncnn as engine
    yield engine.__version__
    net = engine.Net()  # whose defaults are Winograd, packed layouts and no kept activations
    net.opt.num_threads = job.threads
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    if net.load_param(job.converted + ".ncnn.param") or net.load_model(job.converted + ".ncnn.bin"):
        raise ValueError("cannot load what pnnx made")
    mats = [engine.Mat(np.ascontiguousarray(a[0])) for a in job.inputs]

    def run():
        with net.create_extractor() as extractor:
            for i, mat in enumerate(mats):
                extractor.input(f"in{i}", mat)
            status, out = extractor.extract("out0")
            if status:
                raise ValueError("does not run")
            return out

    yield run


def torch_network(job, torch):
    """What pnnx made of the file, and its inputs: both channels last."""
    torch.set_num_threads(job.threads)
    torch.set_grad_enabled(False)
    os.chdir(os.path.dirname(job.converted))
    spec = importlib.util.spec_from_file_location("network", job.converted + "_pnnx.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    last = torch.channels_last
    tensors = [torch.from_numpy(a) for a in job.inputs]
    tensors = [t.to(memory_format=last) if t.dim() == 4 else t for t in tensors]
    return module.Model().eval().to(memory_format=last), tensors


def first_of(network, tensors):
    out = network(*tensors)
    return out[0] if isinstance(out, (tuple, list)) else out


def pytorch(job):
    """TorchScript, frozen, convolutions handed to the oneDNN in it."""
    import torch
    yield torch.__version__.split("+")[0]
    network, tensors = torch_network(job, torch)
    network = torch.jit.freeze(torch.jit.trace(network, tensors, check_trace=False))
    network = torch.jit.optimize_for_inference(network)
    yield lambda: first_of(network, tensors)


def inductor(job):
    """torch.compile; needs a C++ compiler. Compiling is part of its load."""
    import torch
    import torch._inductor.config as config
    yield torch.__version__.split("+")[0]
    config.freezing = True
    network, tensors = torch_network(job, torch)
    network = torch.compile(network)
    network(*tensors)
    yield lambda: first_of(network, tensors)


def tflite(job):
    import ai_edge_litert
    from ai_edge_litert.interpreter import Interpreter
    yield getattr(ai_edge_litert, "__version__", "")
    interpreter = Interpreter(model_path=job.model, num_threads=job.threads)  # XNNPACK: its default
    interpreter.allocate_tensors()
    for detail, array in zip(interpreter.get_input_details(), job.inputs):
        interpreter.set_tensor(detail["index"], array)
    output = interpreter.get_output_details()[0]["index"]

    def run():
        interpreter.invoke()
        return lambda: interpreter.get_tensor(output)

    yield run


ENGINES = {f.__name__: f for f in (seg, onnxruntime, openvino, opencv, ncnn, pytorch, inductor,
                                   tflite)}


def memory_mb(key):
    """VmRSS: resident now; VmHWM: the most at any time."""
    with open("/proc/self/status", encoding="ascii") as status:
        kib = [int(line.split()[1]) for line in status if line.startswith(key)]
    return kib[0] * 1024e-6


def difference(result, folder):
    """Largest difference, as a share of the largest value, or the share of labels that differ; None
    where it is not known."""
    path = os.path.join(folder, "wanted0.npy")
    if not os.path.exists(path):
        return None
    wanted, result = np.load(path), np.asarray(result() if callable(result) else result)
    if result.size != wanted.size:
        return float("inf")
    if wanted.dtype in (np.int32, np.int64):
        return float(np.mean(wanted != result.reshape(wanted.shape)))
    wanted, result = wanted.astype(np.float64), result.astype(np.float64)
    largest = np.abs(wanted).max() or 1.0
    return float(np.abs(result.reshape(wanted.shape) - wanted).max() / largest)


def seconds_of(body):
    start = time.perf_counter()
    result = body()
    return time.perf_counter() - start, result


def say(**facts):
    print(json.dumps(facts), flush=True)


def answer(run, last):
    """Times for each number of seconds; a first run, which fetches what the caches lost to other
    engines, is left out where that is much of it."""
    for line in sys.stdin:
        if last < float(line):
            run()
        until, times = time.perf_counter() + float(line), []
        while not times or time.perf_counter() < until:
            times.append(1e3 * seconds_of(run)[0])
        last = 1e-3 * min(times)
        say(ms=times)


def end_with_parent():
    """A stopped process would outlive a compare.py that is killed, with all its memory."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def main():
    end_with_parent()
    engine, model, threads, folder, library = sys.argv[1:]
    inputs = [np.load(path) for path in sorted(glob.glob(os.path.join(folder, "input*.npy")))]
    job = SimpleNamespace(model=model, threads=int(threads), inputs=inputs, library=library,
                          converted=os.path.join(folder, "converted"))
    steps = ENGINES[engine](job)
    version, before = next(steps), memory_mb("VmRSS")
    load, run = seconds_of(lambda: next(steps))
    first, _ = seconds_of(run)
    second, _ = seconds_of(run)  # some engines prepare more in it
    peak = memory_mb("VmHWM")
    say(version=version, load_ms=1e3 * load, first_ms=1e3 * first, memory_mb=peak - before,
        difference=difference(run(), folder))
    answer(run, second)


if __name__ == "__main__":
    main()
