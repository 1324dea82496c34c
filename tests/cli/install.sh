# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
# install.sh: what make install puts down is enough to build and run a program with pkg-config.
source "$(dirname "$0")/lib.bash"
build=$(dirname "$seg")
make_model=$build/tests/make-model
sanitizers=$(sed -n 's/^SEG_SANITIZE:STRING=//p' "$build/CMakeCache.txt")
cd "$work" || exit 1

run 0 cmake --install "$build" --prefix "$work/usr"
for file in bin/seg include/seg/seg.h; do
    [ -f "usr/$file" ] || fail "no $file"
done
pc=$(find usr -name seg.pc)
[ -n "$pc" ] || fail "no seg.pc"
export PKG_CONFIG_PATH=$work/$(dirname "$pc")
run 0 pkg-config --modversion seg
prints "$(sed -n 's/^#define SEG_VERSION  *"\(.*\)"/\1/p' "$source_dir/include/seg/version.h")"
libdir=$(pkg-config --variable=libdir seg)
[ -f "$libdir/libseg.so" ] || fail "no libseg.so in $libdir"

"$make_model" model m.safetensors fcn8s 3 0
"$make_model" picture photo.png 20 10 1
run 0 env LD_LIBRARY_PATH= "$work/usr/bin/seg" predict -m m.safetensors photo.png
# shellcheck disable=SC2046
if [ -z "$sanitizers" ]; then
    run 0 "${CC:-cc}" -std=c11 "$source_dir/examples/predict.c" -o predict \
        $(pkg-config --cflags --libs seg)
    run 0 env LD_LIBRARY_PATH="$libdir" ./predict photo.png mask.png overlay.png m.safetensors
    run 0 "${CC:-cc}" -std=c11 "$source_dir/examples/predict.c" -o static \
        $(pkg-config --cflags seg) "$libdir/libseg.a" \
        $(pkg-config --static --libs seg | sed 's/-lseg //')
    run 0 ./static photo.png mask2.png overlay2.png m.safetensors
    cmp -s mask.png mask2.png || fail "shared and static library differ"
fi
finish
