#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The cache command is answered without error for any range, and changes
# nothing.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd

make-image -s 8 -n 12 -m 20 -g 20 "$tmp/image"
serve_folder "$tmp/image"
size=$(cat "$tmp/image/size")
for range in "0 1" "0 $size" "4095 4098" "$(( size - 1 )) 1"; do
    read -r offset length <<< "$range"
    nbd-ask "$uri" cache $offset $length || fail "cache $range"
done
while read -r start length _; do
    nbd-ask "$uri" cache $start $length || fail "cache $start $length"
done < "$tmp/image/map"
check_device "$tmp/image" libnbd nbd-cat "$uri"
