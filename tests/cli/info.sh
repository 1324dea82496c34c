# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
# info.sh: facts about a model, as text and as JSON.
source "$(dirname "$0")/lib.bash"
make_model=$(dirname "$seg")/tests/make-model
cd "$work" || exit 1

"$make_model" model m.safetensors deeplabv3plus 3 200 || fail "no model"
bytes=$(wc -c <m.safetensors)
run 0 "$seg" info m.safetensors --size 400x300
prints "network      deeplabv3plus, backbone mobilenetv2"
prints "classes      3: class0, class1, class2"
prints "licence      none needed"
prints "at 400x300 "
prints "network input 200x150"
run 0 "$seg" info --json --size 100 m.safetensors
prints '{"net":"deeplabv3plus","backbone":"mobilenetv2","config":{"net":"deeplabv3plus",'
prints '"classes":[{"name":"class0","color":[0,0,0]},{"name":"class1","color":[128,0,0]},'
prints "\"file_bytes\":$bytes,\"max_side\":200,\"size\":[100,100],\"input_size\":[100,100],"
prints '"data":"nothing","licence":"none needed"}'

run 1 "$seg" info nowhere
says "nowhere: cannot open"
run 2 "$seg" info m.safetensors m.safetensors
says "one model at a time"
for size in 0x5 5x 5x5x5 x5 70000 5xfive; do
    run 2 "$seg" info --size $size m.safetensors
    says "option --size needs HxW in pixels, each from 1 to 65535, got '$size'"
done

# Imported networks: the fuzzer's.
corpus=$source_dir/fuzz/corpus/onnx
run 0 "$seg" info "$corpus/old-add"
prints "format       onnx, operator set 6"
prints "inputs       x: f32 2x3x4"
prints "outputs      y: f32 2x3x4"
prints "operators    1 Add"
prints "supported    all of them"
prints "parameters   3"
prints "a run        0.000 G multiply-adds, "
prints "photos       not as it is: "
run 0 "$seg" info "$corpus/constants"
prints "outputs      z: f16 of any rank"
prints "NOT SUPPORTED If"
prints "a run        not measured: there are operators that are not supported"
run 0 "$seg" info --json "$corpus/constants"
prints '{"format":"onnx","producer":"","opset":13,"inputs":[{"name":"x","dtype":"i64","shape":[null]}],'
prints '{"name":"If","domain":"","count":1,"supported":false}]'
prints '"multiply_adds":null,"value_bytes":null,"classes":null,"metadata":{}}'
head -c 200 "$corpus/conv" >cut.onnx
run 1 "$seg" info cut.onnx
says "cut.onnx: "
if [ -d "$source_dir/../shared/models" ]; then
    run 0 "$seg" info --json "$source_dir/../shared/models/squeezenet_imagenet/squeezenet1.1.onnx"
    prints '"parameters":1235496,'
    prints '"multiply_adds":349151936,'
fi
finish
