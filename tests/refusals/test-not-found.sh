#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A blob that is not found is refused with the folders that were searched, in
# their order; a blobdir that does not exist is an error only when a blob is
# looked for in it.

source functions.sh
source "$abs_srcdir/lib.sh"

uuid () { printf "$1%.0s" {1..16}; }

mkdir images first second empty
data first/a 8192 2
data second/a 8192 3
data second/b 8192 4
data images/c 8192 5
data d 8192 6

# The folders that were searched.
image images/image slot=a:2:1 slot=b:2:3
not='no file of that name'
expect_refused "^images/image: device slot 1 \(tag \"a\"\): $not in images: give blobdir= or blob=\$" images/image
expect_refused "^images/image: device slot 2 \(tag \"b\"\): $not in first: " \
               images/image blobdir=first
expect_refused "^images/image: device slot 1 \(tag \"a\"\): $not in empty, images: " images/image blobdir=empty blobdir=images

# In their order.
flat flat 20480 images/image@0 first/a@4096 second/b@12288
expect_served flat images/image blobdir=first blobdir=second
expect_served flat images/image blobdir=empty blobdir=first/ blobdir=second
flat flat 20480 images/image@0 second/a@4096 second/b@12288
expect_served flat images/image blobdir=second blobdir=first

# By default the bootstrap's folder, not the working folder.
image images/image slot=c:2:1
flat flat 12288 images/image@0 images/c@4096
expect_served flat images/image
image images/image slot=d:2:1
expect_refused "^images/image: device slot 1 \(tag \"d\"\): $not in images: " \
               images/image
cp images/image image
flat flat 12288 images/image@0 d@4096
expect_served flat image
# Nor where others are given.
image image slot=d:2:1
expect_refused "^image: device slot 1 \(tag \"d\"\): $not in first: " \
               image blobdir=first

# A name in a later folder comes before a UUID in an earlier one.
image first/layer uuid=77 size=8192 fill=7
image image slot="$(uuid 77):2:1"
flat flat 12288 image@0 first/layer@4096
expect_served flat image blobdir=first blobdir=second
cp d "second/$(uuid 77)"
flat flat 12288 image@0 d@4096
expect_served flat image blobdir=first blobdir=second
image image slot="$(uuid 78):2:1"
expect_refused "^image: device slot 1 \(tag \"$(uuid 78)\"\): no file of that name, and no image with that UUID, in first, second: " \
               image blobdir=first blobdir=second

# A folder that does not exist, or is none.
image image slot=a:2:1
flat flat 12288 image@0 first/a@4096
expect_served flat image blobdir=first blobdir=missing
expect_served flat image blobdir=missing blob=first/a
expect_refused '^image: device slot 1 \(tag "a"\): .*missing: No such file' \
               image blobdir=missing blobdir=first
expect_refused '^image: device slot 1 \(tag "a"\): .*missing: No such file' \
               image blobdir=empty blobdir=missing
expect_refused '^image: device slot 1 \(tag "a"\): .*d: Not a directory' \
               image blobdir=d
image none
expect_served none none blobdir=missing
image joined slots=1:2:1
cat d >>joined
expect_served joined joined blobdir=missing
