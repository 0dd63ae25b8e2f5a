#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Every image of tests/data, read whole through libnbd, is the right device:
# with requests of several sizes, one or many at once, and over several
# connections; with no cache, one for a chunk or two, and the default one.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd

for folder in $(all_vectors); do
    for cache in $caches; do
        serve_folder "$folder" cache=$cache
        check_device "$folder" "1 MiB requests" nbd-cat -s 1048576 "$uri"
        check_device "$folder" "5 connections" \
                     nbd-cat -s 10007 -n 40 -c 5 "$uri"
        stop_nbdkit
    done
    serve_folder "$folder"
    check_device "$folder" "4 KiB requests" nbd-cat -s 4096 -n 16 "$uri"
    check_device "$folder" "3001 byte requests" nbd-cat -s 3001 -n 64 "$uri"
    stop_nbdkit
done
