# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
# train_kill.sh: a run killed at random moments and resumed ends with the bytes of an unbroken one.
source "$(dirname "$0")/lib.bash"
source "$(dirname "$0")/pictures.bash"
make_data "$work"

# 40 updates of two crops. A list, not a function: $! must be the program itself.
train=("$seg" train --data "$work" --epochs 20 --batch 2 --crop 33 --width 0.25 --aspp-channels 16
    --low-channels 8 --eval-every 5 --ema 0.9 --threads 1 --log-every 1)

run 0 "${train[@]}" --out "$work/whole"
prints "whole/best.safetensors: mean IoU"

# Some kills hit the setting up, some a checkpoint, some the evaluation; they come later and later,
# so that a machine of any speed gets both killed and on.
RANDOM=7
kills=0
for ((attempt = 0; attempt < 60; attempt++)); do
    "${train[@]}" --out "$work/killed" --resume >"$work/out" 2>"$work/err" </dev/null &
    child=$!
    sleep "0.$(printf '%03d' $((5 + RANDOM % (20 + 10 * attempt))))"
    kill -9 "$child" 2>"$work/kill" && kills=$((kills + 1))
    wait "$child" 2>"$work/kill"
    status=$?
    [ "$status" -eq 0 ] && break
    [ "$status" -eq 137 ] || fail "a resumed run failed: $(head -c 300 "$work/err")"
done
run 0 "${train[@]}" --out "$work/killed" --resume
[ "$kills" -ge 3 ] || fail "only $kills kills hit the run"
for name in best last; do
    cmp "$work/whole/$name.safetensors" "$work/killed/$name.safetensors" ||
        fail "$name.safetensors differs after $kills kills"
done
# The log holds each update once, in order.
steps=$(sed -n 's/.*"event":"step","step":\([0-9]*\),.*/\1/p' "$work/killed/log.jsonl" | tr '\n' ' ')
[ "$steps" = "$(seq -s ' ' 1 40) " ] || fail "the log's updates are $steps"
finish
