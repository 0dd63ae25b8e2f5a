#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# info, map, check, export and table work on an image of 65,535 devices, with
# 1,024 descriptors; a vmdk too long for qemu is refused.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires jq --version

devices=65535
if test -n "$valgrind"; then devices=12000; fi
make-image -s 16 -k 9 -n $devices -m 1 -t name "$tmp/image"
read_params "$tmp/image"
ulimit -S -n 1024

timed ()
{
    timeout $patience erofsflat "$@" "${params[@]}" ||
        fail "$1: exit status $?"
}

timed check
timed info | grep -c '^device slot' | grep -qx $devices
timed info --json | jq -e ".devices | length == $devices"
timed map --json |
    jq -e "[.ranges[] | select (.what == \"device\")] | length == $devices"
timed map | grep -c ' device ' | grep -qx $devices
timed export -o "$tmp/flat"
check_device "$tmp/image" export cat "$tmp/flat"

! erofsflat table --format=vmdk "${params[@]}" > "$tmp/out" 2> "$tmp/err" ||
    fail "qemu would cut this off"
test ! -s "$tmp/out"
grep -qE 'longer than|inside a sector' "$tmp/err" || fail "$(cat "$tmp/err")"
