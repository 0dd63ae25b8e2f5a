#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# With far fewer descriptors than blobs, and more readers than descriptors are
# left for blobs, everything is still read right.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd

make-image -s 4 -k 9 -n 400 -m 5 -g 3 -t name "$tmp/image"
limit=$(ulimit -S -n)
ulimit -S -n 64
serve_folder "$tmp/image" --threads 16
ulimit -S -n $limit
timeout $patience nbd-random -b 512 -p 3 -c 4 -n 32 \
        "$uri" "$tmp/image/flat"
nbd-ask "$uri" map > "$tmp/map"
diff "$tmp/image/map" "$tmp/map" >&2 || fail "extents differ"
