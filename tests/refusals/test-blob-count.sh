#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# blob= is given not at all, or once for each device.

source functions.sh
source "$abs_srcdir/lib.sh"

data a 4096 2
data b 4096 3
data c 4096 4
image image slot=a:1:1 slot=b:1:2
flat flat 12288 image@0 a@4096 b@8192
image none
image one slot=a:1:1

expect_served flat image
expect_served flat image blob=a blob=b
flat swapped 12288 image@0 b@4096 a@8192
expect_served swapped image blob=b blob=a
expect_refused '^image: 1 blob= given, but the image has 2 devices: ' \
               image blob=a
expect_refused '^image: 3 blob= given, but the image has 2 devices: ' \
               image blob=a blob=b blob=c

expect_served none none
expect_refused '^none: 1 blob= given, but the image has 0 devices' \
               none blob=a
expect_refused '^one: 2 blob= given, but the image has 1 device: ' \
               one blob=a blob=b

# They are counted before they are opened.
expect_refused '^image: 1 blob= given' image blob=missing
# One that does not exist, with its slot.
expect_refused '^image: device slot 2 \(tag "b"\): missing: No such file' \
               image blob=a blob=missing
# That there is another one in a blobdir is no way out.
mkdir blobs
cp a b blobs
expect_refused '^image: device slot 1 \(tag "a"\): missing: No such file' \
               image blobdir=blobs blob=missing blob=b

# Folders take descriptors too: what is left is enough for a client.
for (( i = 0; i < 246; i++ )); do
    mkdir dir$i
    for (( k = 0; k < 4; k++ )); do
        cp a dir$i/tag$i-$k
        slots+=("slot=tag$i-$k:1:$(( 32 + 4 * i + k ))")
        files+=(a)
    done
    dirs+=(blobdir=dir$i)
done
image many size=131072 "${slots[@]}"
cat many "${files[@]}" > flat
(
    ulimit -n 1024
    expect_served flat many "${dirs[@]}"
)
