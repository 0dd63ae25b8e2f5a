#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Extents are clipped to the request and add up to the device; zero ones read
# as zeros; and with the flag "one" there is one.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd

make-image -s 3 -n 9 -m 20 -g 9 "$tmp/image"
serve_folder "$tmp/image"
for step in 511 4096 65537 4294967295; do
    nbd-ask "$uri" map $step > "$tmp/map"
    diff "$tmp/image/map" "$tmp/map" >&2 || fail "steps of $step: differ"
done
grep -q zero "$tmp/map" || fail "the image should have gaps"

# From the middle of the first extent: one, and it ends where it should.
read -r _ length _ < "$tmp/map"
size=$(cat "$tmp/image/size")
test "$(nbd-ask "$uri" extents 100 $(( size - 100 )) one)" = \
     "100 $(( length - 100 )) data" || fail "one extent"
stop_nbdkit

for folder in $(all_vectors); do
    serve_folder "$folder"
    nbd-cat -n 8 "$uri" > "$tmp/flat"
    nbd-ask "$uri" map > "$tmp/map"
    while read -r start length type; do
        test $type = zero || continue
        test "$(part_of "$tmp/flat" $start $length | tr -d '\0' | wc -c)" \
             -eq 0 || fail "$folder: not zero: $start"
    done < "$tmp/map"
    stop_nbdkit
done
