#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Reads of any offset and length, half of them across the ends of devices,
# over several connections with many in flight on each, give the bytes of a
# flat copy.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd

seed=${SEED-$RANDOM}
echo "SEED=$seed"
reads=20000
if test -n "$valgrind"; then reads=1000; fi

make-image -s $seed -n 120 -m 60 -g 30 "$tmp/image"
serve_folder "$tmp/image"
timeout $patience nbd-random -s $seed -r $reads -c 8 -n 16 \
        -e "$tmp/image/edges" "$uri" "$tmp/image/flat"
# Every 4096 bytes once, by one reader that waits for each answer.
timeout $patience nbd-random -s $seed -b 4096 -c 1 -n 1 \
        "$uri" "$tmp/image/flat"
