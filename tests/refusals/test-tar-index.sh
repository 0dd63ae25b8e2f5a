#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# An image with the right UUID that has a device table of its own is a tar
# index: its data is the tar joined to it, and without that it is refused with
# the advice to give the tar with blob=.

source functions.sh
source "$abs_srcdir/lib.sh"

uuid () { printf "$1%.0s" {1..16}; }

mkdir blobs
tarfile tar 8192 2
image index bs=512 uuid=55 size=4096 slots=1:16:8
cat index tar >joined
image image bs=512 slot="$(uuid 55):16:24"
flat flat 20480 image@0 tar@12288
advice="is a tar index \(an image with a device table of its own\), not the data: give the tar with blob=\$"
slot="^image: device slot 1 \(tag \"$(uuid 55)\"\): "

# By UUID, by blob= and as a file named like the tag.
cp index blobs/layer
expect_refused "${slot}(blobs/)?layer.* $advice" image blobdir=blobs
expect_refused "${slot}blobs/layer: $advice" image blob=blobs/layer
cp index "blobs/$(uuid 55)"
expect_refused "${slot}blobs/$(uuid 55): $advice" image blobdir=blobs
rm "blobs/$(uuid 55)"

# The tar itself, which has no UUID.
expect_served flat image blob=tar
expect_served flat image blobdir=blobs blob=tar
cp tar "blobs/$(uuid 55)"
expect_served flat image blobdir=blobs
rm "blobs/$(uuid 55)"

# Joined: the tar is where the file's own table says.
cp joined blobs/layer
expect_served flat image blobdir=blobs
expect_served flat image blob=blobs/layer
# An index that is there as well is no candidate.
cp index blobs/index
expect_served flat image blobdir=blobs
# Joined to a longer tar than it says.
data more 3000 3
cat more >>blobs/layer
expect_served flat image blobdir=blobs
# There may be something between index and tar.
image index bs=512 uuid=55 size=4096 slots=1:16:10
flat blobs/layer 13312 index@0 tar@5120
expect_served flat image blobdir=blobs
rm blobs/index
# A tar that is cut by a byte is not joined.
truncate -s -1 blobs/layer
expect_refused "${slot}(blobs/)?layer.* $advice" image blobdir=blobs

# The merged table says more than is joined.
cp joined blobs/layer
image image bs=512 slot="$(uuid 55):18:24"
expect_refused "${slot}blobs/layer: too short: the data has 8192 bytes, the device table says 9216 " image blobdir=blobs

# An index with several devices, or a tagged one, is not joined to anything.
image image bs=512 slot="$(uuid 55):16:24"
image index bs=512 uuid=55 size=4096 slots=2:8:8
cat index tar >blobs/layer
expect_refused "${slot}(blobs/)?layer.* $advice" image blobdir=blobs
image index bs=512 uuid=55 size=4096 slot=x:16:8
cat index tar >blobs/layer
expect_refused "${slot}(blobs/)?layer.* $advice" image blobdir=blobs

# An image that is damaged is not trusted with where its tar is.
image index bs=512 uuid=55 size=4096 slots=1:16:8 damage=1200:ff
cat index tar >blobs/layer
expect_refused "${slot}blobs/layer: superblock checksum mismatch" \
               image blobdir=blobs
