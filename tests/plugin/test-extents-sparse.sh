#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Holes of a sparse blob, inside and at its end, are told as zero; the rest of
# it as data.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd
requires fallocate --version

# The last device with enough data is the one to make holes in.
make-image -s 6 -n 20 -m 200 -g 5 -t name "$tmp/image"
while read -r s l f; do
    if test $l -gt 500000; then start=$s length=$l file=$f; fi
done < "$tmp/image/devices"
blob=$tmp/image/blobs/$file
tail=$(( (length - 100000) / 65536 * 65536 ))

# Not an end beyond what is declared, which would not be served.
truncate -s $tail "$blob"
truncate -s $length "$blob"
fallocate --punch-hole --offset 65536 --length 131072 "$blob" ||
    skip "this file system has no holes"
test "$(stat -c %b "$blob")" -lt $(( length / 512 - 300 )) ||
    skip "this file system does not keep holes"
for hole in "65536 131072" "$tail $(( length - tail ))"; do
    read -r offset size <<< "$hole"
    head -c $size /dev/zero |
        dd of="$tmp/image/flat" bs=64K oflag=seek_bytes conv=notrunc \
           iflag=fullblock seek=$(( start + offset )) status=none
done

serve_folder "$tmp/image"
answer=$(nbd-ask "$uri" extents $(( start + 65536 )) 131072)
test "$answer" = "$(( start + 65536 )) 131072 zero" || fail "hole: $answer"
answer=$(nbd-ask "$uri" extents $(( start + tail )) $(( length - tail )))
test "$answer" = "$(( start + tail )) $(( length - tail )) zero" ||
    fail "hole at the end: $answer"
answer=$(nbd-ask "$uri" extents $start 65536)
test "$answer" = "$start 65536 data" || fail "data: $answer"

# All in all there is as much less data as there are holes.
data_of () { awk '$3 == "data" { n += $2 } END { print n }' "$1"; }
nbd-ask "$uri" map > "$tmp/map"
test $(( $(data_of "$tmp/image/map") - $(data_of "$tmp/map") )) -eq \
     $(( 131072 + length - tail )) || fail "other extents have changed"
timeout $patience nbd-random -b 65536 "$uri" "$tmp/image/flat"
