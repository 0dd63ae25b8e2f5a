#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# An image given by blob= to a slot whose tag is the UUID of another one is
# refused, and the message names both when they were swapped.

source functions.sh
source "$abs_srcdir/lib.sh"

uuid () { printf "$1%.0s" {1..16}; }

image one uuid=11 size=8192 fill=2
image two uuid=2b size=8192 fill=3
image three uuid=33 size=8192 fill=4
data tar 8192 5
image image slot="$(uuid 11):2:1" slot="$(uuid 2b):2:3" slot="$(uuid 33):2:5"
flat flat 28672 image@0 one@4096 two@12288 three@20480

expect_served flat image
expect_served flat image blob=one blob=two blob=three
swapped="^image: device slot 1 \(tag \"$(uuid 11)\"\): two: is an EROFS image with UUID $(uuid 2b), but the tag says $(uuid 11)"
expect_refused "$swapped.* one, given for device slot 2, has that UUID" \
               image blob=two blob=one blob=three
expect_refused "$swapped.* one, given for device slot 3, has that UUID" \
               image blob=two blob=three blob=one
expect_refused "^image: device slot 2 .* three: .* two, given for device slot 3, has that UUID" image blob=one blob=three blob=two

# The right one was not given at all.
image four uuid=44 size=8192
expect_refused "^image: device slot 3 .*four: .*$(uuid 44).*$(uuid 33)\$" \
               image blob=one blob=two blob=four

# What is no image may be anything, a tar for example.
flat tarred 28672 image@0 tar@4096 two@12288 tar@20480
expect_served tarred image blob=tar blob=two blob=tar

# Nor need an image agree that has a device table of its own: it is served as it
# lies.  But one that its tar is joined to is the layer of another slot.
image table uuid=44 size=8192 slots=1:2:2
flat tabled 28672 image@0 table@4096 two@12288 three@20480
expect_served tabled image blob=table blob=two blob=three
cat table tar >joined
expect_refused "^image: device slot 1 .*joined: .*$(uuid 44).*$(uuid 11)\$" \
               image blob=joined blob=two blob=three

# Whose layer it is cannot be known.
image unknown uuid=44 size=8192 slots=1:2:2 incompat=0x200
expect_refused "^image: device slot 1 .*unknown: .*$(uuid 44).*$(uuid 11)\$" \
               image blob=unknown blob=two blob=three

# Two layers in the wrong order, each with its tar.
image index1 uuid=51 size=4096 slots=1:2:1
image index2 uuid=52 size=4096 slots=1:2:1
cat index1 tar >joined1
cat index2 two >joined2
image merged slot="$(uuid 51):2:1" slot="$(uuid 52):2:3"
flat flat 20480 merged@0 tar@4096 two@12288
expect_served flat merged blob=joined1 blob=joined2
expect_refused 'device slot 1 .* joined2: .* joined1, given for device slot 2' \
               merged blob=joined2 blob=joined1

# The same without the tars.
expect_refused 'device slot 1 .* index1: .*is a tar index' \
               merged blob=index1 blob=index2
expect_refused 'device slot 1 .* index2: .* index1, given for device slot 2' \
               merged blob=index2 blob=index1

# Upper case means the same.
image image slot="$(uuid 11):2:1" slot="$(uuid 2B):2:3"
flat flat 20480 image@0 one@4096 two@12288
expect_served flat image blob=one blob=two
expect_served flat image
expect_refused 'device slot 1 .* two: .* one, given for device slot 2' \
               image blob=two blob=one

# A tag that is no UUID is not compared.
image image slot=a:2:1 slot="$(uuid 2b)2:2:3"
expect_served_at 20480 4096 two image blob=two blob=one
expect_served_at 20480 12288 one image blob=two blob=one
