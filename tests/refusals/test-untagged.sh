#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The only device of an image, without a tag, is in the bootstrap's own file,
# or the one file of a blobdir that the user gave that can be it: two such
# files are refused, and listed.

source functions.sh
source "$abs_srcdir/lib.sh"

tarfile whole 30720 2
tarfile junk 30720 2
mkdir blobs more
slot='^image: device slot 1: it has no tag'
none="$slot, and no file in blobdir= has the declared size of 8192 bytes.*: .*blob=\$"

# Joined to the bootstrap: all of it must be there.
image image bs=512 size=4096 slots=1:16:8
cp image joined
head -c 8192 whole >>joined
expect_served joined joined
expect_served joined joined blobdir=blobs
printf more >>joined
flat flat 16384 joined@0
expect_served flat joined
truncate -s 12287 joined
expect_refused '^joined: device slot 1: it has no tag: give its data' joined
expect_refused '^joined: device slot 1 .* overlaps the bootstrap ' \
               joined blob=whole

# The default folder is not searched, although the file is there.
head -c 8192 whole >tar
flat flat 12288 image@0 tar@4096
expect_refused "$slot: give its data with blob=, or blobdir=" image
expect_served flat image blob=tar

# candidate NAME SIZE: the only file of the blobdir is the data.
candidate ()
{
    head -c "$2" "$1" >blobs/tar
    flat flat 12288 image@0 blobs/tar@4096+8192
    expect_served flat image blobdir=blobs
    expect_served flat image blobdir=more blobdir=blobs
}
not_candidate ()
{
    expect_refused "$none" image blobdir=blobs
}

# No shorter than by less than a block.
not_candidate
candidate whole 8192
candidate whole 8191
candidate whole 7681
for size in 7680 7679 0; do
    head -c $size whole >blobs/tar
    not_candidate
    expect_refused "blobs/tar has $size.: give" image blobdir=blobs
done

# Longer by zeros, if it is a tar, and by less than 11 KiB.
head -c 8192 whole >ended
truncate -s 30720 ended
for size in 8193 8704 10240 $(( 8192 + 11 * 1024 - 1 )); do
    candidate ended $size
done
for size in $(( 8192 + 11 * 1024 )) $(( 8192 + 11 * 1024 + 1 )) 20480; do
    head -c $size ended >blobs/tar
    not_candidate
done
for at in 8192 9000 10239; do
    head -c 10240 ended >blobs/tar
    printf x | dd of=blobs/tar bs=1 seek=$at conv=notrunc status=none
    not_candidate
done
data blobs/tar 8192 2
truncate -s 9216 blobs/tar
not_candidate
data blobs/tar 8192 2
expect_served_at 12288 4096 blobs/tar image blobdir=blobs

# Two are listed, in one folder or in two; one file by two names is one.
cp blobs/tar blobs/copy
files='blobs/(copy, blobs/tar|tar, blobs/copy)'
expect_refused "$slot, and 2 files can be its data: $files: .*blob=\$" \
               image blobdir=blobs
expect_served_at 12288 4096 blobs/tar image blobdir=blobs blob=blobs/tar
mv blobs/copy more
expect_refused "$slot, and 2 files can be its data: blobs/tar, more/copy: " \
               image blobdir=blobs blobdir=more
head -c 8191 whole >blobs/short
head -c 10240 ended >blobs/long
expect_refused "$slot, and 4 files can be its data: " \
               image blobdir=blobs blobdir=more
rm blobs/short blobs/long
ln -f blobs/tar more/copy
flat flat 12288 image@0 blobs/tar@4096
expect_served flat image blobdir=blobs blobdir=more
ln -s tar blobs/link
expect_served flat image blobdir=blobs blobdir=blobs

# Files of another size, checkpoint indexes and the bootstrap are not it.
rm -r more blobs/link
data blobs/other 8704 3
cp blobs/tar blobs/tar.gz.zinfo
expect_served flat image blobdir=blobs
image blobs/image slots=1:2:2 size=8192
flat flat 16384 blobs/image@0 blobs/tar@8192
expect_served flat blobs/image blobdir=blobs

# Without a size it must be the only file.
image image slots=1:0:0
rm -r blobs
mkdir blobs
expect_refused "$slot, and there is no file in blobdir= that can be " \
               image blobdir=blobs
head -c 5000 whole >blobs/tar
image set slots=1:2:1
flat flat 12288 set@0 blobs/tar@4096
expect_served flat image blobdir=blobs
cp blobs/tar blobs/tar.gz.zinfo
cp image blobs
expect_served flat blobs/image blobdir=blobs
rm blobs/image
expect_served flat image blobdir=blobs
printf x >blobs/x
expect_refused "$slot, and 2 files can be its data: " image blobdir=blobs

# What cannot be read may be it, unless its size tells, as that of raw data
# does.
# Folders, lost+found for one, are nothing.
heed_modes
image image bs=512 size=4096 slots=1:16:8
head -c 8192 whole >blobs/tar
flat flat 12288 image@0 blobs/tar@4096
mkdir -m 0 blobs/lost+found
cleanup_fn chmod 700 blobs/lost+found

unreadable ()
{
    rm -f blobs/x
    head -c "$1" whole >blobs/x
    chmod 0 blobs/x
}

doubt="as it may be a file that cannot be read: blobs/x: Permission denied\$"
for size in 7680 20480; do
    unreadable $size
    or_raw="\(or format=raw, if it is not compressed\)"
    expect_refused "$slot: give its data with blob= $or_raw, $doubt" \
                   image blobdir=blobs
    expect_served flat image blobdir=blobs format=raw
done
for size in 7681 8192 9000; do
    unreadable $size
    expect_refused "$slot: give its data with blob=, $doubt" \
                   image blobdir=blobs
    expect_refused "$slot: give its data with blob=, $doubt" \
                   image blobdir=blobs format=raw
    expect_served flat image blobdir=blobs blob=blobs/tar
done
unreadable 0
expect_served flat image blobdir=blobs
