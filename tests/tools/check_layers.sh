#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
#
# check_layers.sh: a small project with one breach of every rule; each must be named, and a clean
# project must pass.
#
# usage: check_layers.sh <folder of the project>
set -eu
check=$1/tools/check-layers
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p include/seg src/base src/io src/other cli
head='/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */'

{
    echo "$head"
    echo '#include "base/b.h"'
    echo '#include "seg/a.h"'
    echo '/* printf("in a comment") and'
    echo '   exit(1) over two lines */'
    echo 'const char *text = "printf(\"in a text\")"; char quote = 0x22; int x_printf(int a);'
    echo 'int f(void)'
    echo '{'
    yes '    x();' | head -78
    echo '}'
} >src/io/clean.c
echo "$head" >include/seg/a.h
mkdir -p src/image && echo "$head" >src/image/i.c
rmdir src/other
"$check" . || { echo "a clean project fails"; exit 1; }

mkdir src/other && echo "$head" >src/other/o.c
{ echo "$head"; echo '#include "io/clean.h"'; } >src/base/up.c
{ echo "$head"; echo '#include "base/b.h"'; } >include/seg/b.h
{ echo "$head"; echo '#include "base/b.h"'; echo '#include "cmd.h"'; } >cli/main.c
{ echo "$head"; echo 'void f(void) { printf("x"); }'; echo 'void g(void) { exit (1); }'; } >src/io/calls.c
{ echo "$head"; yes '' | head -599; } >src/io/long.c
{ echo "$head"; echo 'int f(void)'; echo '{'; yes '    x();' | head -79; echo '}'; } >src/io/function.c
echo 'int x;' >src/io/licence.c
{ echo "$head"; printf '/* see /%s/me/notes */\n' home; } >src/io/machine.c

if found=$("$check" .); then
    echo "no breach was found"
    exit 1
fi
wanted='cli/main.c:3: cli includes "base/b.h", which is not public
include/seg/b.h:3: a public header includes "base/b.h"
src/base/up.c:3: layer base includes io, which stands after it
src/io/calls.c:3: calls printf()
src/io/calls.c:4: calls exit()
src/io/function.c:84: a function of 81 lines
src/io/licence.c:1: no SPDX licence line
src/io/long.c:601: more than 600 lines
src/other/o.c:1: src/other is no layer of check-layers
./src/io/machine.c:3:/* see '"/home"'/me/notes */   <- a path of a machine'
if [ "$found" != "$wanted" ]; then
    printf 'wanted:\n%s\nfound:\n%s\n' "$wanted" "$found"
    exit 1
fi
