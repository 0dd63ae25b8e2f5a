#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# qemu-img reads the right device, of the right size, from every image of
# tests/data; and as it asks for extents, it keeps the holes.

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
