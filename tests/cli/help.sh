# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
# help.sh: every verb has a page that holds what its -h prints; wrong usage is told and exits 2.
source "$(dirname "$0")/lib.bash"

run 0 "$seg" help
verbs=$(sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' "$work/out")
[ "$(printf '%s\n' "$verbs" | wc -l)" -ge 2 ] || fail "seg help lists too few verbs: $verbs"

for verb in $verbs; do
    page=$source_dir/docs/cli/$verb.md
    [ -f "$page" ] || { fail "verb $verb has no page $page"; continue; }
    [ -f "$source_dir/cli/$verb.c" ] || fail "verb $verb is not in cli/$verb.c"
    # The first fenced block of the page.
    awk '/^```/ { if (inside) exit; inside = 1; next } inside' "$page" >"$work/page"
    run 0 "$seg" "$verb" -h
    diff -u "$work/page" "$work/out" >&2 || fail "$page differs from seg $verb -h"
    run 0 "$seg" help "$verb"
    diff -q "$work/page" "$work/out" >/dev/null || fail "seg help $verb differs from seg $verb -h"
    run 2 "$seg" "$verb" --no-such-option
    says "seg $verb: unknown option --no-such-option"
    run 2 "$seg" "$verb" -?
    says "seg $verb: unknown option -?"
done

run 2 "$seg"
says "usage: seg <verb>"
run 2 "$seg" hlep
says "no verb 'hlep', did you mean 'help'?"
run 2 "$seg" help nonsense
says "no verb 'nonsense'"
run 2 "$seg" help help version
says "one verb at a time"
run 0 "$seg" --help
prints "usage: seg <verb>"
run 0 "$seg" --version
prints "seg $(sed -n 's/^#define SEG_VERSION  *"\(.*\)"/\1/p' "$source_dir/include/seg/version.h")"
run 2 "$seg" version now
says "no argument is expected, got 'now'"

# A full disk is not success.
if [ -w /dev/full ]; then
    status=0
    "$seg" help >/dev/full 2>"$work/err" || status=$?
    [ $status -eq 1 ] || fail "exit status $status with a full disk, wanted 1"
    says "cannot write the results"
fi
finish
