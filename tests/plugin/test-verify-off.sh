#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# verify=off is said in the log, and serves what the decoder does not object
# to: here a chunk that is stored as it is.  Without it that is EIO.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_srcdir/damage.sh"
requires_libnbd

for words in "" verify=on; do
    serve_folder "$data/rafs-none" $words
    ! grep -q verify "$nbdkit_log" || fail "\"$words\": it says verify"
    stop_nbdkit
done

copy_folder rafs-none
read -r file stored_end device_start < <(list_blobs)
flip "$file" 100
flip "$tmp/flat" $(( device_start + 100 ))

serve_folder "$image" verify=off
grep -q 'verify=off' "$nbdkit_log" || fail "the log does not say verify=off"
nbd-cat "$uri" | cmp - "$tmp/flat" || fail "verify=off: other bytes"
stop_nbdkit

serve_folder "$image"
status=0
nbd-ask "$uri" read $device_start 1 > "$tmp/bytes" 2> "$tmp/stderr" ||
    status=$?
test $status -eq 3 || fail "status $status, EIO (3) expected"
stop_nbdkit

# Whole images are the same either way.
for folder in "$data/rafs-zstd" "$data/erofs-fsmerge-zstd"; do
    serve_folder "$folder" verify=off
    check_device "$folder" "verify=off" nbd-cat "$uri"
    stop_nbdkit
done
