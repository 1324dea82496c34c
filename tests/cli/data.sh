# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
# data.sh: all problems of a data set and what is in it, as text and as JSON.
source "$(dirname "$0")/lib.bash"
source "$(dirname "$0")/pictures.bash"
make_data "$work"
cd "$work" || exit 1

run 0 "$seg" data check .
[ "$(cat "$work/out")" = "8 images with labels in 2 splits: no problems" ] ||
    fail "not one line: $(cat "$work/out")"
run 0 "$seg" data check --json --split val .
[ "$(cat "$work/out")" = '{"splits":1,"images":4,"problems":[]}' ] || fail "$(cat "$work/out")"

run 0 "$seg" data stats .
prints "train: 4 images, all 40x40"
prints "val: 4 images, all 40x40"
prints "6,400 labelled pixels, 0 to ignore (0.00 %)"
prints "background"
run 0 "$seg" data stats --json -s train .
number='-*[0-9][0-9.e-]*'
class="{\"name\":\"[a-z]*\",\"pixels\":[0-9]*,\"images\":4,\"share\":$number,\"weight\":$number}"
three="\[$number,$number,$number\]"
split='{"split":"train","images":4,"width":\[40,40\],"height":\[40,40\],"labelled":6400,"ignored":0,'
grep -qx "{\"splits\":\[$split\"mean\":$three,\"std\":$three,\"classes\":\[$class,$class,$class\]}\]}" \
    "$work/out" || fail "not the keys that are promised: $(cat "$work/out")"

# Two problems in two splits, both told; stats ends at the first.
rm train/labels/2.png
head -c 60 val/images/1.png >cut && mv cut val/images/1.png
run 1 "$seg" data check .
prints "./train/images/2.png has no labels: ./train/labels/2.png is missing"
prints "./val/images/1.png: "
prints "7 images with labels in 2 splits: 2 problems"
run 1 "$seg" data check --json .
prints '{"splits":2,"images":7,"problems":[{"split":"train","path":"./train/images/2.png","text":"'
prints '"x":null,"y":null,"value":null,"pixels":0,"remedy":null}'
run 1 "$seg" data stats .
says "./train/images/2.png has no labels"
make_data "$work"

# Ids that are no class: the file, the pixel, the value, and what may be meant.
printf 'background\ndisc\n' >classes.txt
run 1 "$seg" data check .
prints "./train/labels/0.png: pixel x "
prints " has the id 2; there are 2 classes (ids 0..1), and 255 for pixels to ignore; so are "
prints ".: the labels hold ids up to 2, and classes.txt names 2 classes (0..1)"
prints "remedy: add the missing class to classes.txt; or, if 0 means 'no class', make 0 -> 255"
run 1 "$seg" data check --json .
prints '"value":2,"pixels":'
prints '{"split":null,"path":".","text":"the labels hold ids up to 2'

run 1 "$seg" data check nowhere
says "nowhere: cannot open the folder"
run 1 "$seg" data check train/images
says "train/images: no split"
run 2 "$seg" data
says "check or stats is expected, got ''"
run 2 "$seg" data chek .
says "check or stats is expected, got 'chek'"
run 2 "$seg" data check
says "one folder is expected, got 0"
run 2 "$seg" data stats . .
says "one folder is expected, got 2"
finish
