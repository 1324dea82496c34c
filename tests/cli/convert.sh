# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
# convert.sh: a model written again is the same model, in half the bytes when asked.
source "$(dirname "$0")/lib.bash"

model=$source_dir/models/default.safetensors
[ -f "$model" ] || { echo "skipped: no models/default.safetensors"; exit 0; }

run 0 "$seg" convert "$model" "$work/same.safetensors"
run 0 "$seg" convert --half "$work/same.safetensors" "$work/half.safetensors"
run 0 "$seg" convert --half "$work/half.safetensors" "$work/again.safetensors"
cmp -s "$work/half.safetensors" "$work/again.safetensors" || fail "float16 does not survive"
same=$(stat -c %s "$work/same.safetensors") half=$(stat -c %s "$work/half.safetensors")
[ $((half * 100)) -lt $((same * 55)) ] || fail "--half gives $half of $same bytes"
run 0 "$seg" info --json "$work/same.safetensors"
cp "$work/out" "$work/same.json"
run 0 "$seg" info --json "$work/half.safetensors"
facts() { sed 's/"file_bytes": *[0-9]*//' "$1"; }
[ "$(facts "$work/same.json")" = "$(facts "$work/out")" ] || fail "the facts differ"

run 2 "$seg" convert "$model"
says "one model in and one out, got 1 path"
run 1 "$seg" convert "$work/none.safetensors" "$work/x.safetensors"
says "none.safetensors"
run 1 "$seg" convert "$model" "$work/no/such/folder.safetensors"
says "folder.safetensors"
[ ! -e "$work/x.safetensors" ] || fail "a file was left behind"

# In integers: pictures to calibrate on, and a labelled set to check on.
make_model=$(dirname "$seg")/tests/make-model
cd "$work" || exit 1
"$make_model" model m.safetensors deeplabv3plus 3 200 || fail "no model"
mkdir -p set/train/images set/val/images set/val/labels
printf 'class0\nclass1\nclass2\n' >set/classes.txt
for i in 1 2 3; do
    "$make_model" picture set/train/images/$i.png 60 40 $i || fail "no picture"
    cp set/train/images/$i.png set/val/images/
    "$make_model" labels set/val/labels/$i.png 60 40 3 || fail "no labels"
done
run 0 "$seg" convert --int8 --calibrate set --least-snr -100 m.safetensors int8.safetensors
prints "runs in"
prints "backbone.stem.conv"
prints " layers in int8"
run 0 "$seg" info int8.safetensors
prints "computes in  8-bit integers, by the ranges of"
prints "0 layers in float"
run 0 "$seg" info --json int8.safetensors
prints '"int8":{"values":'
run 0 "$seg" predict -m int8.safetensors -o out_int8 set/val/images/1.png
run 0 "$seg" bench -m int8.safetensors -s 60x40 --runs 1 --layers
prints "int8 indirect GEMM"
run 0 "$seg" convert --int8 --calibrate set/val/images --images 1 --least-snr 200 m.safetensors f.safetensors
prints "with 0 of"
run 0 "$seg" info f.safetensors
prints "layers in float: "
run 0 "$seg" eval -m int8.safetensors --data set
# Labels of a picture at random: whatever int8 gives, its loss is small, or it is refused.
run 0 "$seg" convert --int8 --calibrate set --check set --force m.safetensors checked.safetensors
prints "mean IoU"
run 2 "$seg" convert --calibrate set m.safetensors x.safetensors
says "--calibrate needs --int8"
run 2 "$seg" convert --int8 --check set m.safetensors x.safetensors
says "--check is for --calibrate"
run 1 "$seg" convert --int8 --calibrate nowhere m.safetensors x.safetensors
says "nowhere"
run 1 "$seg" convert --int8 --calibrate set int8.safetensors x.safetensors
says "float network"
[ ! -e x.safetensors ] || fail "a file was left behind"
# A range that the file must not hold.
LC_ALL=C sed 's/aspp.concat\\":\[0.0,/aspp.concat\\":[9.0,/' int8.safetensors >bad.safetensors
run 1 "$seg" info bad.safetensors
says "the range of 'aspp.concat' is 9.."
finish
