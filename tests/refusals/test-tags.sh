#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A tag that could lead out of a folder, or to a hidden file, is not looked
# up; with blob= it does not matter.  What is printed of it is one line.

source functions.sh
source "$abs_srcdir/lib.sh"

mkdir blobs blobs/sub
data data 8192 2
for name in x blobs/.hidden blobs/sub/b 'blobs/a b' $'blobs/a\nb' 'blobs/a:b' \
            blobs/a~ 'blobs/*' 'blobs/a"b' blobs/é 'blobs/a%sb'; do
    cp data "$name"
done

refused ()
{
    image image slot="$1:2:1"
    expect_refused "^image: device slot 1 \(tag \"$2\"\): the tag may not be looked up.* blob=\$" image blobdir=blobs
    flat flat 12288 image@0 data@4096
    expect_served flat image blob=data
}

refused ../x '\.\./x'
refused "$tmp/here/x" "$tmp/here/x"
refused .hidden '\.hidden'
refused . '\.'
refused .. '\.\.'
refused sub/b 'sub/b'
refused sub/ 'sub/'
refused 'a b' 'a b'
refused ' ' ' '
refused 'a:b' 'a:b'
refused a~ 'a~'
refused '*' '\*'
refused 'a"b' 'a"b'
refused é '[^ ]+'
refused a%sb a%sb
refused %n%n%s %n%n%s
refused $'a\nb' 'a\?b'
refused $'a\033[2Jb' 'a\?\[2Jb'
refused $'\177' '\?'
refused "$(printf '../%.0s' {1..21})x" '[./]+x'

# What is allowed, up to a tag of 64 characters without a NUL at its end.
for tag in a -a a.b _ A-Z_0.9 a..b 0 "$(printf 'x%.0s' {1..64})"; do
    cp data "blobs/$tag"
    image image slot="$tag:2:1"
    flat flat 12288 image@0 data@4096
    expect_served flat image blobdir=blobs
    rm "blobs/$tag"
    expect_refused "^image: device slot 1 \(tag \"$tag\"\): no file of that name" \
                   image blobdir=blobs
done

# The tag ends at its first NUL.
cp data blobs/a
image image slot=a:2:1 patch=1154:2f2e2e
flat flat 12288 image@0 data@4096
expect_served flat image blobdir=blobs

# No tag, and several devices: only blob= can say which is which.
image image slot=a:2:1 slots=1:2:3
expect_refused '^image: device slot 2: it has no tag, and the image has 2 devices: .* blob=$' image blobdir=blobs
flat flat 20480 image@0 data@4096 data@12288
expect_served flat image blob=data blob=data
