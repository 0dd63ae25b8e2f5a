#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Under a tag's name in a blobdir only a regular file is taken, and no link
# that leads out of the folder; nothing that is there makes the server hang.

source functions.sh
source "$abs_srcdir/lib.sh"

uuid () { printf "$1%.0s" {1..16}; }

mkdir blobs blobs/sub outside
data outside/data 8192 2
data blobs/data 8192 3
data blobs/sub/data 8192 4
image image slot=a:2:1
flat inside 12288 image@0 blobs/data@4096
flat below 12288 image@0 blobs/sub/data@4096
flat given 12288 image@0 outside/data@4096
slot='^image: device slot 1 \(tag "a"\): '

link_to ()
{
    rm -f blobs/a
    ln -s "$1" blobs/a
}

# Links: inside the folder they are followed, also downwards and up again.
# Without openat2, which valgrind may not know, none is.
if test -z "$valgrind"; then
    link_to data
    expect_served inside image blobdir=blobs
    link_to sub/data
    expect_served below image blobdir=blobs
    link_to sub/../data
    expect_served inside image blobdir=blobs
fi

# Out of it they are not, even where the way leads in again.
out="${slot}(blobs/a: is a symbolic link |no file of that name in blobs: )"
for target in ../outside/data "$tmp/here/outside/data" ../blobs/data \
              "$tmp/here/blobs/data" /dev/zero /dev/null /proc/self/exe \
              sub/../../outside/data; do
    link_to "$target"
    expect_refused "$out" image blobdir=blobs
done
# Nor to nowhere, or round and round.
link_to missing
expect_refused "$out" image blobdir=blobs
link_to a
expect_refused "$out" image blobdir=blobs
# Where the user names it, a link is as good as what it leads to.
link_to ../outside/data
expect_served given image blob=blobs/a
rm blobs/a

# What is no regular file.
mkdir blobs/a
expect_refused "${slot}blobs/a: is a folder, expected a regular file\$" \
               image blobdir=blobs
expect_refused "${slot}blobs/a: is a folder, expected a regular file or block device\$" image blob=blobs/a
rmdir blobs/a
mkfifo blobs/a
expect_refused "${slot}blobs/a: is a special file, expected a regular file\$" \
               image blobdir=blobs
expect_refused "${slot}blobs/a: is a special file, expected a regular file or block device\$" image blob=blobs/a
expect_refused "${slot}/dev/zero: is a special file" image blob=/dev/zero

# Looking for a UUID or a size passes them all over, and does not hang.
mkdir blobs/folder
ln -s /dev/zero blobs/zero
ln -s missing blobs/nowhere
ln -s round blobs/round
image blobs/layer uuid=55 size=8192 fill=5
image image slot="$(uuid 55):2:1"
flat flat 12288 image@0 blobs/layer@4096
expect_served flat image blobdir=blobs
image image slots=1:2:1
rm blobs/layer
flat flat 12288 image@0 blobs/data@4096
expect_served flat image blobdir=blobs

# The bootstrap too.
expect_refused '^blobs/a: is a special file, expected a regular file' blobs/a
expect_refused '^blobs: is a folder, expected a regular file' blobs
expect_refused '^/dev/zero: is a special file' /dev/zero
