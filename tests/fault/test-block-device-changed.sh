#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A block device with chunks that are stored as they are is written to by
# another name of it, which leaves the times of the one that we know alone.
# What was verified is in the cache, and is served from there; without a cache it
# is verified anew, and reads of what was changed are EIO.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd
requires_root
requires losetup --version

copy_data rafs-none "$tmp/image"
read_params "$tmp/image"
blob=$(ls "$tmp/image"/blobs/*)
truncate -s %512 "$blob"        # a device has whole sectors
device=$(losetup --find --show "$blob" 2>"$tmp/losetup.err") ||
    skip "losetup could not attach a file: $(cat "$tmp/losetup.err")"
cleanup_fn losetup --detach "$device"
mknod "$tmp/other" b $(( 0x$(stat -c %t "$device") )) \
      $(( 0x$(stat -c %T "$device") ))
erofsflat export -o "$tmp/flat" "${params[0]}" blob="$device"

start_nbdkit erofsflat "${params[0]}" blob="$device"
cached=$uri
start_nbdkit erofsflat "${params[0]}" blob="$device" cache=0
nbdcopy "$uri" - | cmp - "$tmp/flat" || fail "it is not read as it is exported"

# The first chunk lies at the beginning of the file.
at=$(erofsflat map --json "${params[0]}" blob="$device" |
         jq '.ranges[] | select (.slot == 1) | .start')
sleep 4                         # so that a file's times could tell
nbd-ask "$uri" read "$at" 16 > "$tmp/right"
nbd-ask "$cached" read "$at" 16 | cmp - "$tmp/right" ||
    fail "with a cache it is not read as without"
printf changed | dd of="$tmp/other" conv=notrunc,fsync status=none
status=0
nbd-ask "$uri" read "$at" 16 > "$tmp/read" 2>&1 || status=$?
test $status -eq 3 || fail "the changed bytes were served: $(cat "$tmp/read")"
grep "$device: chunk 0 (bytes 0 to .*mismatch" "$nbdkit_log"
nbd-ask "$cached" read "$at" 16 | cmp - "$tmp/right" ||
    fail "what was verified is not served from the cache"
