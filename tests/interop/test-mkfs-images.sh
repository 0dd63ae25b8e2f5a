#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The same with an image made now by the mkfs.erofs of this machine, both as
# it comes and cut over many devices: names, links and sparse files that the
# stored images do not have.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd
requires_mount
requires mkfs.erofs

seed=${SEED-$RANDOM}
echo "SEED=$seed"
RANDOM=$seed

# A tree of files of many sizes, around those of blocks and chunks.
tree=$tmp/tree
mkdir -p "$tree/a/b/c" "$tree/with blank" "$tree/many"
for size in 0 1 511 4095 4096 4097 12288 65537 400000; do
    head -c $size /dev/urandom > "$tree/a/b/$size"
done
for (( i = 0; i < 300; i++ )); do
    echo "file $i" > "$tree/many/$(printf '%064d' $i)"
done
head -c 100000 /dev/zero > "$tree/with blank/zeros"
truncate -s 20M "$tree/a/b/c/sparse"
echo here | dd of="$tree/a/b/c/sparse" bs=1 seek=9999999 conv=notrunc \
               status=none
ln "$tree/a/b/4097" "$tree/link"
ln -s link "$tree/symlink"

from=$tmp/made
mkdir -p "$from/blobs"
(cd "$tree" && find . -type f -exec md5sum {} +) > "$from/files.md5"
# mkfs.erofs 1.8.6 wants the file to be there.
: > "$from/blobs/data.blob"
mkfs.erofs --quiet --chunksize=4096 --blobdev="$from/blobs/data.blob" \
           "$from/bootstrap" "$tree" > "$tmp/mkfs.log" 2>&1 ||
    skip "mkfs.erofs knows no --blobdev: $(tail -n 1 "$tmp/mkfs.log")"

printf '%s\n' bootstrap=bootstrap blobdir=blobs > "$from/params"
serve_folder "$from"
check_files "$from" nbdfuse_loop
stop_nbdkit

for slots in 2 $(( 3 + RANDOM % 30 )) $(( 40 + RANDOM % 60 )); do
    rm -rf "$tmp/image"
    make-image -s $RANDOM -b "$from/bootstrap" -d "$from/blobs/data.blob" \
               -n $slots -g 200 "$tmp/image"
    cp "$from/files.md5" "$tmp/image"
    serve_folder "$tmp/image"
    check_device "$tmp/image" libnbd nbd-cat -n 8 "$uri"
    check_files "$tmp/image" nbdfuse_loop
    stop_nbdkit
done
