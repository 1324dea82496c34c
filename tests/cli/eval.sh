# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
# eval.sh: the table, the JSON and its numbers, and what cannot be measured.
source "$(dirname "$0")/lib.bash"
make_model=$(dirname "$seg")/tests/make-model
cd "$work" || exit 1

"$make_model" model m.safetensors deeplabv3plus 3 0 || fail "no model"
mkdir -p data/val/images data/val/labels photos
printf 'class0\nclass1\nclass2\n' >data/classes.txt
for size in 40x30 21x13; do
    "$make_model" picture "data/val/images/$size.png" "${size%x*}" "${size#*x}" 5
    "$make_model" labels "data/val/labels/$size.png" "${size%x*}" "${size#*x}" 3
done

run 0 "$seg" eval -m m.safetensors --data data
prints "class2"
prints "confusion:"
prints "2 images, 1,473 labelled pixels"
prints "mean IoU "

keys='{"miou":[0-9.]*,"pixel_accuracy":[0-9.]*,"mean_accuracy":[0-9.]*,"fw_iou":[0-9.]*,'
class='{"name":"class[0-2]","iou":[0-9.]*,"accuracy":[0-9.]*}'
run 0 "$seg" eval -m m.safetensors --data data --json
grep -qx "$keys\"classes\":\[$class,$class,$class\],\"confusion\":\[\[[][0-9,]*\]\]}" "$work/out" ||
    fail "not the keys that are promised: $(cat "$work/out")"

# Along edges: one pass, the other keys unchanged.
sed 's/}$/,"bands":/' "$work/out" >whole
run 0 "$seg" eval -m m.safetensors --data data --json --band 1,3,1024
band='"miou":[0-9.]*,"pixel_accuracy":[0-9.]*,"pixels"'
grep -q ",\"bands\":\[{\"px\":1,$band:[0-9]*},{\"px\":3,$band:[0-9]*},{\"px\":1024,$band:1473}\]}$" \
    "$work/out" || fail "not the bands: $(cat "$work/out")"
case $(cat "$work/out") in "$(cat whole)"*) ;; *) fail "a band changes the other keys" ;; esac
run 0 "$seg" eval -m m.safetensors --data data --band=2
prints "along edges:"
prints "    2 px "
for bands in 0 1025 1, ,1 1,,2 x 1x 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16; do
    run 2 "$seg" eval -m m.safetensors --data data --band "$bands"
    says "option --band "
done

# Truth made of the model's own masks: everything is right, and a class of no pixel is null.
"$seg" predict -m m.safetensors -o masks data/val/images >/dev/null
for size in 40x30 21x13; do
    mv "masks/$size.mask.png" "data/val/labels/$size.png"
done
run 0 "$seg" eval -m m.safetensors --data data --split val --format folder --json
prints '{"miou":1.0,"pixel_accuracy":1.0,"mean_accuracy":1.0,"fw_iou":1.0,'
cp -r data four
printf 'class3\n' >>four/classes.txt
"$make_model" model m4.safetensors deeplabv3plus 4 0
run 0 "$seg" eval -m m4.safetensors --data four --json
prints ',"accuracy":null}],"confusion":[[' # class3 never occurs
run 0 "$seg" eval -m m.safetensors --data data -t 1 --json
cp "$work/out" one
run 0 "$seg" eval -m m.safetensors --data data -t 3 --json
cmp -s one "$work/out" || fail "three threads measure something else"

# What cannot be measured.
run 1 "$seg" eval -m m.safetensors --data four
says "the model has 3 classes ('class0' ..), the data set 4 ('class0' ..)"
sed -i s/class1/road/ data/classes.txt
run 1 "$seg" eval -m m.safetensors --data data
says "class 1 is 'class1' in the model and 'road' in the data set"
run 1 "$seg" eval -m m.safetensors --data data --split test
says "data/test"
run 1 "$seg" eval -m m.safetensors --data nowhere
says "nowhere"
run 1 "$seg" eval -m nowhere --data data
says "nowhere: cannot open"
run 1 "$seg" eval -m m.safetensors --data four --format vocc
says "vocc"
cp four/val/labels/21x13.png four/val/labels/40x30.png
run 1 "$seg" eval -m m4.safetensors --data four
says "40x30"
run 2 "$seg" eval -m m.safetensors
says "no data set given"
run 2 "$seg" eval -m m.safetensors --data data more
says "no argument is expected, got 'more'"
finish
