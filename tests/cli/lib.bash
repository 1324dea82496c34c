# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
# lib.bash: what the shell tests share. Source it with the test's own arguments:
#   source "$(dirname "$0")/lib.bash"      needs $1 = path of seg, $2 = folder of the sources
# It makes $work, a folder of this test that is removed at the end.
set -u
seg=$1
source_dir=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    failures=$((failures + 1))
}

# run STATUS COMMAND...: the command must exit so; $work/out and $work/err hold what it said.
run() {
    local wanted=$1 status=0
    shift
    "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    [ "$status" -eq "$wanted" ] ||
        fail "exit status $status, wanted $wanted: $* ($(head -c 300 "$work/err"))"
}

# says TEXT: the last run's stderr holds that text, in one line and no more.
says() {
    grep -qF -- "$1" "$work/err" || fail "stderr does not say '$1': $(head -c 300 "$work/err")"
    [ "$(wc -l <"$work/err")" -eq 1 ] || fail "not one sentence: $(head -c 300 "$work/err")"
}

# prints TEXT: the last run's stdout holds that text.
prints() {
    grep -qF -- "$1" "$work/out" || fail "stdout does not say '$1': $(head -c 300 "$work/out")"
}

# finish: the end of every test.
finish() {
    [ "$failures" -eq 0 ] || exit 1
}
