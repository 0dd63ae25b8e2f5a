#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `export' writes exactly the flat device, with the mode of a new file, and
# leaves nothing else in the folder.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/cli/vectors.sh"

# What valgrind says of system calls that it does not know.
without_valgrind ()
{
    sed -i '/^--[0-9]*-- /d' "$1"
}

mkdir "$tmp/out"
umask 027
check_export ()
{
    read_params "$1"
    erofsflat export -o "$tmp/out/flat" "${params[@]}" > "$tmp/log" 2>&1
    without_valgrind "$tmp/log"
    test ! -s "$tmp/log" || fail "it prints: $(cat "$tmp/log")"
    check_device "$1" export cat "$tmp/out/flat"
    test "$(stat -c %a "$tmp/out/flat")" = 640 ||
        fail "mode $(stat -c %a "$tmp/out/flat"), not 640"
    test "$(ls -A "$tmp/out")" = flat || fail "$(ls -lA "$tmp/out")"
}

# Each replaces the file of the one before.
while read -r folder; do
    check_export "$folder"
done < <(all_vectors)

for seed in 11 12 13 14; do
    make-image -s $seed -n 7 -m 9 -g 9 "$tmp/image$seed"
    check_export "$tmp/image$seed"
done

# A path without a folder.
cd "$tmp/out"
read_params "$data/erofs-plain"
erofsflat export --output=here "${params[@]}"
cmp here "$data/erofs-plain/bootstrap"
