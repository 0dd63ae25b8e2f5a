#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `export' leaves gaps and holes of sparse blobs as holes: a device of 1 GiB
# with little data takes little space.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"

truncate -s 1M "$tmp/probe"
test "$(stat -c %b "$tmp/probe")" -eq 0 || skip "no sparse files here"

# The unset slot takes the size of the file.
truncate -s 1G "$tmp/blob"
echo data | dd of="$tmp/blob" bs=1M seek=700 conv=notrunc status=none
bootstrap=$data/erofs-blobdev-unset/bootstrap
erofsflat export -o "$tmp/flat" "$bootstrap" blob="$tmp/blob"
offset=$(stat -c %s "$bootstrap")
test "$(stat -c %s "$tmp/flat")" -eq $(( 1024 * 1024 * 1024 + offset ))
test "$(dd if="$tmp/flat" bs=1 skip=$(( 700 * 1048576 + offset )) count=5 \
           status=none)" = data
used=$(( $(stat -c %b "$tmp/flat") * 512 ))
test $used -lt 4194304 || fail "the file takes $used bytes"

# Gaps: the last device lies at block 250,000, of 4096 bytes.
make-image -s 5 -k 12 -n 3 -m 4 -f 250000 "$tmp/image"
read_params "$tmp/image"
erofsflat export -o "$tmp/flat" "${params[@]}"
test "$(stat -c %s "$tmp/flat")" -eq "$(cat "$tmp/image/size")"
used=$(( $(stat -c %b "$tmp/flat") * 512 ))
test $used -lt 4194304 || fail "the file takes $used bytes"
