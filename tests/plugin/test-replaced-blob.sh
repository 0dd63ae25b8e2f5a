#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Blobs that are replaced by others of the same name and size, while they are
# open, go on being served as they were.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd

make-image -s 12 -n 20 -m 20 -g 10 -t hex "$tmp/image"
serve_folder "$tmp/image"
for blob in "$tmp/image/blobs"/*; do
    head -c "$(stat -c %s "$blob")" /dev/urandom > "$tmp/new"
    mv "$tmp/new" "$blob"
done
check_device "$tmp/image" libnbd nbd-cat "$uri"
rm -r "$tmp/image/blobs"
check_device "$tmp/image" libnbd nbd-cat -c 4 "$uri"
