# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
# bench.sh: what seg bench prints, of our models and of others; never how fast anything is.
source "$(dirname "$0")/lib.bash"
make_model=$(dirname "$seg")/tests/make-model
corpus=$source_dir/fuzz/corpus
cd "$work" || exit 1
"$make_model" model m.safetensors deeplabv3plus 3 0 || fail "no model"

# number KEY: the JSON of the last run has a number above 0 there.
number() {
    grep -qE "\"$1\":[0-9.e+-]*[1-9]" out || fail "no $1 above 0: $(head -c 600 out)"
}

run 0 "$seg" bench -m m.safetensors --size 40x60 --threads 1 --runs 3
prints "network      deeplabv3plus mobilenetv2"
prints "input        u8 1x40x60x3"
prints "runs         3: "
prints "1 thread: "
prints "cold start "
run 0 "$seg" bench m.safetensors --size 40x60 --batch 2 --threads 1 --seconds 0.01 --layers
prints "input        u8 2x40x60x3"
prints "indirect GEMM"
prints "f32 2x10x15x"
prints " of a run's "
run 0 "$seg" bench m.safetensors --size 33 --threads 2 --runs 2 --layers --json
for key in min_ms median_ms peak_rss_mb load_ms first_ms cold_start_ms peak_gflops bandwidth_gbs \
    gmac peak_share threads runs; do
    number $key
done
prints '"model":"m.safetensors","network":"deeplabv3plus mobilenetv2","input":"u8 1x33x33x3"'
prints '"op":"conv2d","algorithm":"indirect GEMM","shape":"f32 1x'
prints '"sources":["f32 1x33x33x3","f32 3x3x3x'
prints '"sh":2.0'
run 0 "$seg" bench m.safetensors --size 33 --runs 1 --json
prints '"layers":[]}'

run 0 "$seg" bench "$corpus/onnx/old-add" --runs 2 --layers
prints "network      onnx"
prints "input        x: f32 2x3x4"
run 0 "$seg" bench "$corpus/tflite/conv-uint8" --runs 2 --layers --json
prints '"network":"tflite"'
prints '"algorithm":"int8 indirect GEMM, zero points"'
run 0 "$seg" bench "$corpus/tflite/pad-int8" --runs 2 --layers --json
prints '"algorithm":"node by node"'
run 0 "$seg" bench "$corpus/tflite/conv-uint8" --runs 2 --layers --dequantise
prints " conv2d "

run 1 "$seg" bench nowhere
says "seg bench: nowhere: cannot open"
run 1 "$seg" bench "$corpus/onnx/old-add" --size 8
says "no size of 8x8: the file fixes its input 'x' to "
run 1 "$seg" bench "$corpus/onnx/old-add" --batch 3
says "no batch of 3: the file fixes its input 'x' to "
run 1 "$seg" bench m.safetensors --dequantise
says "m.safetensors: a model of seg's own is not quantised"
run 2 "$seg" bench -m m.safetensors m.safetensors
says "one model at a time"
run 2 "$seg" bench m.safetensors --size 0x5
says "option --size needs HxW in pixels"
run 2 "$seg" bench m.safetensors --runs 0
says "option --runs needs a whole number from 1 to "
finish
