#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# An image of 65,535 devices: all blobs are read right, in random order,
# twice, over several connections, by a server of 1,024 descriptors.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd

devices=65535
if test -n "$valgrind"; then devices=3000; fi
make-image -s 15 -k 9 -n $devices -m 1 -t name "$tmp/image"
test "$(find "$tmp/image/blobs" -type f | wc -l)" -eq $devices

limit=$(ulimit -S -n)
ulimit -S -n 1024
serve_folder "$tmp/image"
ulimit -S -n $limit
timeout $(( patience * 2 )) nbd-random -b 512 -p 2 -c 4 -n 8 \
        "$uri" "$tmp/image/flat"
echo "memory: $(memory_of $nbdkit_pid VmRSS) KiB now," \
     "$(memory_of $nbdkit_pid VmHWM) KiB at most"
