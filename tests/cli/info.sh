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
finish
