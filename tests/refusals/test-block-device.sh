#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A block device is taken where blob= or bootstrap= names it, and refused where
# it is found in a blobdir.

source functions.sh
requires_root
requires losetup --version
source "$abs_srcdir/lib.sh"

# attach FILE: sets $device.
attach ()
{
    device=$(losetup --find --show --read-only "$1" 2>"$tmp/losetup.err") || {
        cat "$tmp/losetup.err" >&2
        skip "losetup could not attach a file"
    }
    cleanup_fn losetup --detach "$device"
}

data data 8192 2
image image slot=a:2:1
flat flat 12288 image@0 data@4096
mkdir blobs
attach data
data_device=$device
attach image
image_device=$device

expect_served flat image blob="$data_device"
expect_served flat "$image_device" blob="$data_device"
expect_served flat "$image_device" blob=data

# The same device in a blobdir, by the tag's name.
mknod blobs/a b $(( 0x$(stat -c %t "$data_device") )) \
      $(( 0x$(stat -c %T "$data_device") ))
expect_served flat image blob=blobs/a
expect_refused '^image: device slot 1 \(tag "a"\): blobs/a: is a block device, expected a regular file$' image blobdir=blobs

# It is no candidate where the only fitting file is looked for.
image image slots=1:2:1
flat flat 12288 image@0 data@4096
expect_refused '^image: device slot 1: it has no tag, and no file in blobdir=' \
               image blobdir=blobs
cp data blobs
expect_served flat image blobdir=blobs

# Its size counts as a file's does.
image image slot=a:4:1
expect_refused "^image: device slot 1 \(tag \"a\"\): $data_device: too short: the data has 8192 bytes, the device table says 16384 " image blob="$data_device"
