#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Several images of one folder with the UUID that is looked for are refused, and
# all are named; two names of one file are not two images.

source functions.sh
source "$abs_srcdir/lib.sh"

uuid () { printf "$1%.0s" {1..16}; }

mkdir blobs more
image blobs/one uuid=66 size=8192 fill=2
image blobs/two uuid=66 size=8192 fill=3
image blobs/other uuid=67 size=8192 fill=4
data blobs/data 8192 5
image image slot="$(uuid 66):2:1"
flat flat 12288 image@0 blobs/one@4096

expect_refused "^image: device slot 1 \(tag \"$(uuid 66)\"\): 2 images have the tag as their UUID: blobs/(one, blobs/two|two, blobs/one): give the right one with blob=\$" image blobdir=blobs
expect_served flat image blobdir=blobs blob=blobs/one

# Copies are several as well: which of them is kept may change.
cp blobs/one blobs/two
expect_refused '2 images .*: blobs/(one, blobs/two|two, blobs/one): ' \
               image blobdir=blobs
cp blobs/one blobs/three
expect_refused '3 images .*: (blobs/(one|two|three)(, |: )){3}give the right' \
               image blobdir=blobs
rm blobs/three

# As many names as there is room for.
long=$(printf '%0250d' 0)
for i in {1..9}; do cp blobs/one blobs/$i$long; done
expect_refused '11 images .*: blobs/[^ ]*, .* and [5-9] more: give the right' \
               image blobdir=blobs
rm blobs/?$long

# A hard link, a link inside the folder.
ln -f blobs/one blobs/two
expect_served flat image blobdir=blobs
ln -s one blobs/three
expect_served flat image blobdir=blobs

# The first folder that has it is enough.
image more/two uuid=66 size=8192 fill=6
expect_served flat image blobdir=blobs blobdir=more
flat flat 12288 image@0 more/two@4096
expect_served flat image blobdir=more blobdir=blobs

# The bootstrap is not its own blob, under any name.
image image uuid=66 slot="$(uuid 66):2:1"
ln image more/bootstrap
flat flat 12288 image@0 more/two@4096
expect_served flat image blobdir=more
rm more/two
expect_refused 'no file of that name, and no image with that UUID, in more' \
               image blobdir=more
