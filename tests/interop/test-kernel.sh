#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The kernel mounts the device of every image of tests/data: each file has its
# md5sum, and there are as many files as there should be; whatever the cache.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_mount

for folder in $(all_vectors); do
    for cache in $caches; do
        serve_folder "$folder" cache=$cache
        check_files "$folder" nbdfuse_loop
        stop_nbdkit
    done
done
