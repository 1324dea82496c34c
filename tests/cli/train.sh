# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
# train.sh: what seg train says, and what it refuses. train_kill.sh tests what it computes.
source "$(dirname "$0")/lib.bash"
source "$(dirname "$0")/pictures.bash"
make_data "$work"
train=("$seg" train --data "$work" --batch 2 --crop 33 --width 0.25 --aspp-channels 16
    --low-channels 8 --threads 1)

# A terminal's live line is not for files: plain lines, one for each line of the log.
run 0 "${train[@]}" --out "$work/run" --epochs 4 --eval-every 2 --log-every 4
prints "$work/run/best.safetensors: mean IoU "
[ "$(grep -c '^epoch [0-9.]*/4  update [0-9]*/8  loss [0-9.]*  rate ' "$work/err")" -eq 2 ] ||
    fail "not two lines of progress: $(cat "$work/err")"
[ "$(grep -c '^epoch [24].00: mean IoU [0-9.]* %' "$work/err")" -eq 2 ] ||
    fail "not two evaluations: $(cat "$work/err")"
grep -q $'\r' "$work/err" && fail "a carriage return in a file"
for name in best.safetensors last.safetensors config.json log.jsonl report.html; do
    [ -s "$work/run/$name" ] || fail "no $name"
done

run 0 "${train[@]}" --out "$work/json" --epochs 1 --json
prints '"best_mean_iou":0.'
prints '"updates":2'

# A bound of memory is met, or refused with the least that would do.
run 0 "${train[@]}" --out "$work/memory" --crop 97 --epochs 1 --memory 8
grep -q '^[0-9]* of [0-9]* layers run again in the backward pass: [5-8] MB' "$work/err" ||
    fail "nothing runs again: $(cat "$work/err")"
run 1 "${train[@]}" --out "$work/memory2" --crop 97 --memory 1
says "a training step needs "

# Weights of the same network load whole; of another one as far as they fit.
run 0 "${train[@]}" --out "$work/init" --epochs 1 --init "$work/run/best.safetensors"
grep -q "best.safetensors: \([0-9]*\) of the network's \1 tensors loaded" "$work/err" ||
    fail "not all loaded: $(cat "$work/err")"
run 0 "${train[@]}" --out "$work/init2" --epochs 1 --net deeplabv3 --init "$work/run/best.safetensors"
grep -q "^in the file only" "$work/err" || fail "no report: $(cat "$work/err")"
run 1 "${train[@]}" --out "$work/init3" --net fcn8s --fc-channels 16 \
    --init "$work/run/best.safetensors"
says "none of its"
[ -e "$work/init3/config.json" ] && fail "a start that failed left a run"

# A finished run has nothing to do; a changed option is refused.
run 0 "$seg" train --out "$work/run" --resume
run 1 "${train[@]}" --out "$work/run" --epochs 4 --eval-every 2 --resume --batch 3
says "batch: differs from the run"
run 1 "${train[@]}" --out "$work/run"
says "holds a run already"
run 2 "$seg" train --out "$work/x"
says "option --data is needed"
run 2 "$seg" train --data "$work" --out "$work/x" --width 9
says "option --width needs a number from 0.05 to 4, got '9'"
run 1 "$seg" train --data "$work/nothing" --out "$work/x"
says "$work/nothing"
finish
