#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A real image whose data is cut over many devices, in any order and with
# gaps: the device is what a naive model says, and the kernel mounts it and
# finds all files.  Shapes are random; to see one again, set SEED.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd
requires_mount

seed=${SEED-$RANDOM}
echo "SEED=$seed"
RANDOM=$seed

# cut_and_check IMAGE-FOLDER SLOTS [OPTION...]
cut_and_check ()
{
    local from=$1 slots=$2

    shift 2
    rm -rf "$tmp/image"
    make-image -s $RANDOM -b "$from/bootstrap" -d "$from/blobs/data.blob" \
               -n "$slots" -g 300 "$@" "$tmp/image"
    cp "$from/files.md5" "$tmp/image"
    serve_folder "$tmp/image"
    check_device "$tmp/image" libnbd nbd-cat -n 8 "$uri"
    check_files "$tmp/image" nbdfuse_loop
    stop_nbdkit
}

for image in erofs-blobdev erofs-blobdev-1k erofs-blobdev-unset; do
    cut_and_check "$data/$image" 1
    cut_and_check "$data/$image" $(( 2 + RANDOM % 20 ))
    cut_and_check "$data/$image" $(( 2 + RANDOM % 80 )) -u
done

# The kernel reads what lies behind a hole of terabytes, too.
folder=$data/erofs-blobdev
make-image -s $RANDOM -b "$folder/bootstrap" -d "$folder/blobs/data.blob" \
           -n 9 -f $(( 1 << 31 )) "$tmp/far"
cp "$folder/files.md5" "$tmp/far"
serve_folder "$tmp/far"
check_files "$tmp/far" nbdfuse_loop
