#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The same for the bootstrap: EIO beyond its end, never zeros.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd

for name in erofs-plain erofs-fsmerge erofs-blobdev-unset; do
    copy_data $name "$tmp/$name"
    serve_folder "$tmp/$name"
    truncate -s 4096 "$tmp/$name/bootstrap"
    timeout $patience nbd-ask "$uri" read 0 4096 > "$tmp/bytes"
    status=0
    timeout $patience nbd-ask "$uri" read 4096 1 > "$tmp/bytes" \
            2> "$tmp/stderr" || status=$?
    test $status -eq 3 || fail "$name: status $status, EIO (3) expected"
    nbd-ask "$uri" extents 4096 4096 > "$tmp/extents"
    grep -qx "4096 4096 data" "$tmp/extents" || fail "$name: not data"
    stop_nbdkit
done
