#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# qemu-img reads the right device, of the right size, from every image of
# tests/data.  (It asks for extents, too: test-extents.sh tells whether they are
# right.)

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires qemu-img --version

for folder in $(all_vectors); do
    for cache in $caches; do
        serve_folder "$folder" cache=$cache
        timeout $patience qemu-img convert -f raw -O raw "$uri" "$tmp/copy"
        check_device "$folder" qemu-img cat "$tmp/copy"
        rm "$tmp/copy"
        stop_nbdkit
    done
done
