# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
# predict.sh: results for pictures of all sizes, one sentence for each that cannot be done.
source "$(dirname "$0")/lib.bash"
make_model=$(dirname "$seg")/tests/make-model
cd "$work" || exit 1

"$make_model" model m.safetensors deeplabv3plus 4 0 || fail "no model"
"$make_model" model small.safetensors deeplabv3plus 4 64 || fail "no model"
mkdir photos
for size in 1x1 7x1 1x9 33x17 130x70; do
    "$make_model" picture "photos/$size.png" "${size%x*}" "${size#*x}" 3 || fail "no picture"
done

# A PNG's width and height.
size_of() {
    od -A n -t u1 -j 16 -N 8 "$1" | awk '{ print $3 * 256 + $4 "x" $7 * 256 + $8 }'
}

# Each picture alone, beside it; then the folder, which does not take its own results as pictures.
for size in 1x1 7x1 1x9 33x17 130x70; do
    run 0 "$seg" predict -m m.safetensors "photos/$size.png"
    prints "photos/$size.png: $size, decode "
    prints " %  class"
    prints "photos/$size.overlay.png"
    for end in mask overlay; do
        [ "$(size_of "photos/$size.$end.png")" = "$size" ] || fail "size of $size.$end.png"
    done
done
run 0 "$seg" predict -m m.safetensors -o a/b/c photos
[ "$(grep -c ' decode ' "$work/out")" -eq 5 ] || fail "not 5 pictures: $(cat "$work/out")"
[ "$(ls a/b/c | wc -l)" -eq 10 ] || fail "not 10 results: $(ls a/b/c)"
cmp -s photos/33x17.mask.png a/b/c/33x17.mask.png || fail "another mask in a folder"
run 0 "$seg" predict -m m.safetensors -t 1 -o one photos
for mask in a/b/c/*; do
    cmp -s "$mask" "one/${mask##*/}" || fail "one thread gives another $mask"
done
run 0 "$seg" predict -m small.safetensors -o small photos/130x70.png
[ "$(size_of small/130x70.mask.png)" = 130x70 ] || fail "a shrunk picture's mask is not its size"

# Alpha 0 is the photo (of one colour type: compared through a second reading).
run 0 "$seg" predict -m m.safetensors --alpha 0 -o zero photos/33x17.png
run 0 "$seg" predict -m m.safetensors -o again zero/33x17.overlay.png
cmp -s again/33x17.overlay.mask.png photos/33x17.mask.png || fail "alpha 0 changed the photo"

# Colliding stems.
mkdir -p x y && cp photos/33x17.png x/p.png && cp photos/7x1.png y/p.png
run 0 "$seg" predict -m m.safetensors -o both x/p.png y/p.png
[ "$(size_of both/p.mask.png)" = 33x17 ] || fail "both/p.mask.png"
[ "$(size_of both/p-2.mask.png)" = 7x1 ] || fail "both/p-2.mask.png"

# JSON: a line for each picture, also for one that fails.
run 1 "$seg" predict -m m.safetensors --json -o json photos/33x17.png nowhere.png
[ "$(wc -l <"$work/out")" -eq 2 ] || fail "not 2 lines: $(cat "$work/out")"
prints '"image":"photos/33x17.png","width":33,"height":17,"classes":[{"id":'
prints '"mask":"json/33x17.mask.png","overlay":"json/33x17.overlay.png"}'
prints '{"image":"nowhere.png","error":"nowhere.png: cannot open: '

# A bad picture is told, the next one done.
printf 'not a picture' >text.png
head -c 200 photos/130x70.png >cut.png
: >empty.png
for bad in text.png:'neither a JPEG nor a PNG' cut.png:'damaged or cut short' empty.png:'the file is empty' \
    nowhere.jpg:'cannot open'; do
    run 1 "$seg" predict -m m.safetensors -o bad "${bad%%:*}" photos/7x1.png
    says "${bad%%:*}: ${bad#*:}"
    prints "bad/7x1.mask.png"
    [ ! -e "bad/$(basename "${bad%%:*}" .png).mask.png" ] || fail "results of $bad"
done

# Models that are none.
run 1 "$seg" predict -m nowhere.safetensors photos/7x1.png
says "nowhere.safetensors: cannot open"
run 1 "$seg" predict -m text.png photos/7x1.png
says "text.png: "
head -c 10000 m.safetensors >cut.safetensors
run 1 "$seg" predict -m cut.safetensors photos/7x1.png
says "cut.safetensors: cut short"
run 1 "$seg" predict -m photos photos/7x1.png
says "photos: "

# Places that cannot be written: a file in the way, and (as a user) a folder without permission.
run 1 "$seg" predict -m m.safetensors -o text.png photos/7x1.png
says "text.png: cannot make the folder"
run 1 "$seg" predict -m m.safetensors -o text.png/deeper photos/7x1.png
says "text.png/deeper: cannot make the folder"
mkdir -p blocked/7x1.mask.png
run 1 "$seg" predict -m m.safetensors -o blocked photos/7x1.png
says "blocked/7x1.mask.png: cannot rename into place"
[ "$(ls blocked)" = 7x1.mask.png ] || fail "something is left in blocked: $(ls blocked)"
if [ "$(id -u)" -ne 0 ]; then
    mkdir locked && chmod 555 locked
    run 1 "$seg" predict -m m.safetensors -o locked photos/7x1.png
    says "locked/7x1.mask.png: cannot create"
fi
mkdir nothing
run 1 "$seg" predict -m m.safetensors nothing
says "nothing: no .jpg, .jpeg or .png in this folder"

# Limits and wrong usage.
"$make_model" picture big.png 800 600 3
run 1 "$seg" predict -m m.safetensors --memory 1 --tile off -o big big.png
says "big.png: the activations need "
run 1 "$seg" predict -m m.safetensors --memory 1 -o big big.png
says "big.png: an image of 800x600 in tiles needs "
[ ! -e big ] || [ -z "$(ls big)" ] || fail "results of a picture that does not fit: $(ls big)"

# In tiles and in rows: the same files (of a model that shrinks: as it does, but for --tile full).
"$make_model" picture long.png 1300 40 3
run 0 "$seg" predict -m m.safetensors -o whole --tile off long.png
run 0 "$seg" predict -m m.safetensors -o tiles --tile 100 --json long.png
prints '"tiles":{"count":12,"width":112,"height":40}'
run 0 "$seg" predict -m m.safetensors -o tiles1 --tile 100 -t 1 long.png
prints "long.png: 1300x40 in 12 tiles of 112x40, decode "
run 0 "$seg" predict -m small.safetensors -o shrunk --tile off long.png
run 0 "$seg" predict -m small.safetensors -o full --tile full long.png
for end in mask overlay; do
    cmp -s whole/long.$end.png tiles/long.$end.png || fail "tiles give another $end"
    cmp -s tiles1/long.$end.png tiles/long.$end.png || fail "one thread gives another $end in tiles"
done
cmp -s shrunk/long.mask.png full/long.mask.png && fail "--tile full shows the picture shrunk"
head -c 9000 long.png >half.png
run 1 "$seg" predict -m m.safetensors -o half --tile 100 half.png
says "half.png: damaged or cut short"
[ -z "$(ls half)" ] || fail "something is left of half.png: $(ls half)"
run 2 "$seg" predict -m m.safetensors --tile 0 long.png
says "option --tile needs auto, off, full or pixels from 1 to 65535, got '0'"
run 2 "$seg" predict -m m.safetensors --tile some long.png
says "got 'some'"
run 2 "$seg" predict -m m.safetensors
says "no image given"
run 2 "$seg" predict --precision half photos/7x1.png
says "needs float32 or bf16, got 'half'"
run 1 env SEG_ISA=baseline "$seg" predict -m m.safetensors --precision bf16 photos/7x1.png
says "precision bf16 needs AVX512_BF16 instructions; those in use are baseline"
run 0 "$seg" predict -m m.safetensors --precision float32 photos/7x1.png
run 2 "$seg" predict --alpha 1.5 photos/7x1.png
says "option --alpha needs a number from 0 to 1, got '1.5'"
run 2 "$seg" predict --alpha nan photos/7x1.png
says "got 'nan'"
run 2 "$seg" predict -t x photos/7x1.png
says "option --threads needs a whole number from 0 to 1024, got 'x'"
run 2 "$seg" predict --thread 1 photos/7x1.png
says "unknown option --thread, did you mean --threads?"
run 2 "$seg" predict photos/7x1.png --output
says "option --output needs <dir>"
run 2 "$seg" predict --json=yes photos/7x1.png
says "option --json takes no value, got 'yes'"

# Without -m: the model built in, or the sentence that there is none.
status=0
"$seg" predict -o default photos/33x17.png >"$work/out" 2>"$work/err" || status=$?
if [ $status -eq 0 ]; then
    [ "$(size_of default/33x17.mask.png)" = 33x17 ] || fail "the default model's mask"
else
    says "built without a default model"
fi
finish
