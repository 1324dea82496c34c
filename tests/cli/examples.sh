# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
# examples.sh: the examples run, are short, and include nothing but the public headers.
source "$(dirname "$0")/lib.bash"
build=$(dirname "$seg")
make_model=$build/tests/make-model

for example in "$source_dir"/examples/*.c; do
    [ "$(wc -l <"$example")" -lt 80 ] || fail "$example has 80 lines or more"
    [ -x "$build/examples/$(basename "$example" .c)" ] || fail "$example was not built"
done
if grep -h '#include "' "$source_dir"/examples/*.c "$source_dir"/cli/*.[ch] |
    grep '/' | grep -v '"seg/'; then
    fail "an example or the command line includes a private header"
fi

cd "$work" || exit 1
"$make_model" model m.safetensors fcn8s 3 0 || fail "no model"
"$make_model" picture photo.png 50 40 1 || fail "no picture"
run 0 "$build/examples/predict" photo.png mask.png overlay.png m.safetensors
prints "the pixel in the middle is class"
run 0 "$seg" predict -m m.safetensors photo.png
cmp -s mask.png photo.mask.png || fail "the example's mask is not seg's"
cmp -s overlay.png photo.overlay.png || fail "the example's overlay is not seg's"
run 1 "$build/examples/predict" nowhere.png mask.png overlay.png m.safetensors
says "predict: nowhere.png: cannot open"
run 2 "$build/examples/predict"
says "usage: predict"
finish
