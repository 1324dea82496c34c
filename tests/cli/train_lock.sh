# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
# train_lock.sh: a second training into one folder is refused, until the first one is killed.
source "$(dirname "$0")/lib.bash"
source "$(dirname "$0")/pictures.bash"
make_data "$work"
train=("$seg" train --data "$work" --epochs 100000 --batch 2 --crop 33 --width 0.25
    --aspp-channels 16 --low-channels 8 --eval-every 1000 --threads 1 --out "$work/run")

"${train[@]}" >"$work/first" 2>&1 </dev/null &
child=$!
for ((i = 0; i < 300; i++)); do
    [ -e "$work/run/last.safetensors" ] && break
    sleep 0.1
done
run 1 "${train[@]}" --resume
says "$work/run: another training writes to this folder; wait for its end, or stop it"
run 1 "$seg" train --out "$work/run" --resume
says "another training writes to this folder"
kill -0 "$child" || fail "the first training is gone: $(head -c 300 "$work/first")"
kill -9 "$child"
wait "$child" 2>"$work/kill"

# Killed: the lock went with it.
"$seg" train --out "$work/run" --resume >"$work/out" 2>"$work/err" </dev/null &
child=$!
for ((i = 0; i < 300; i++)); do
    grep -q "^resumed at update" "$work/err" && break
    sleep 0.1
done
kill -INT "$child"
wait "$child"
[ $? -eq 1 ] || fail "not stopped"
grep -q "^resumed at update" "$work/err" || fail "not resumed: $(head -c 300 "$work/err")"
grep -q "stopped after update" "$work/err" || fail "not stopped: $(head -c 300 "$work/err")"
[ -s "$work/run/lock" ] && fail "the lock is not empty"
finish
