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
finish
