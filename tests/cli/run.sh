# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
# run.sh: imported networks on arrays. The network is the fuzzer's: y = x + b along axis 1, with
# x 2x3x4 and b 1, 2, 3.
source "$(dirname "$0")/lib.bash"
corpus=$source_dir/fuzz/corpus
cd "$work" || exit 1
cp "$corpus/onnx/old-add" add.onnx

# npy SHAPE BYTES: an .npy of float32, its elements as printf writes them.
npy() {
    local header="{'descr': '<f4', 'fortran_order': False, 'shape': ($1), }"
    printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' "$header"
    printf "$2"
}
zero='\x00\x00\x00\x00' one='\x00\x00\x80\x3f' two='\x00\x00\x00\x40' three='\x00\x00\x40\x40'
row() { printf '%s%s%s%s' "$1" "$1" "$1" "$1"; }
half=$(row $one)$(row $two)$(row $three)
npy '2, 3, 4' "$(for _ in 1 2 3 4 5 6; do row $zero; done)" >x.npy
npy '2, 3, 4' "$half$half" >wanted.npy

run 0 "$seg" run add.onnx --input x.npy --output results
prints "results/y.npy  f32 2x3x4"
cmp -s results/y.npy wanted.npy || fail "y is not x + b"
run 0 "$seg" run add.onnx x.npy -o results/deeper --reference
cmp -s results/deeper/y.npy wanted.npy || fail "the reference's y is not x + b"
run 0 "$seg" run add.onnx --input x=x.npy -o dumped --dump y,x,b
cmp -s dumped/y-2.npy wanted.npy || fail "the dumped y is not y"
cmp -s dumped/x.npy x.npy || fail "the dumped x is not x"
prints "dumped/b.npy  f32 3"
run 0 "$seg" run --json -i x.npy -o json -- add.onnx
prints '{"written":[{"name":"y","dtype":"f32","shape":[2,3,4],"file":"json/y.npy"}],"ms":{"load":'

run 1 "$seg" run add.onnx
says "add.onnx: takes 1 input, got 0: x (f32 2x3x4)"
run 1 "$seg" run add.onnx x.npy x.npy
says "takes 1 input, got 2"
run 1 "$seg" run add.onnx "$corpus/npy/f4"
says "add.onnx: input 'x' is f32 2x3, wanted f32 2x3x4"
run 1 "$seg" run add.onnx x.npy --dump nothing
says "add.onnx: has no node or value 'nothing'"
run 1 "$seg" run add.onnx add.onnx
says "add.onnx: not an .npy file"
run 1 "$seg" run nowhere x.npy
says "nowhere: cannot open"
run 1 "$seg" run x.npy x.npy
says "x.npy: neither ONNX nor TFLite"
run 1 "$seg" run "$corpus/onnx/constants" x.npy
says "operators not supported: If"
run 1 "$seg" run add.onnx x.npy -o x.npy/in
says "x.npy/in: cannot make the folder"
run 2 "$seg" run
says "no model given"
head -c 100 add.onnx >cut.onnx
run 1 "$seg" run cut.onnx x.npy
says "cut.onnx: "
finish
