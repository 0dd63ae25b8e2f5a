#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# No two devices may overlap, nor one of them the bootstrap; that the table is
# in another order than the addresses is no reason to refuse.

source functions.sh
source "$abs_srcdir/lib.sh"

data a 8192 2
data b 12288 3
data c 4096 4

# Both ranges are told, in order of the table or against it.
image image slot=a:2:2 slot=b:3:3
expect_refused '^image: device slot 2 \(bytes 12288 to 24575\) overlaps device slot 1 \(bytes 8192 to 16383\)$' image
image image slot=b:3:3 slot=a:2:2
expect_refused '^image: device slot 1 \(bytes 12288 to 24575\) overlaps device slot 2 \(bytes 8192 to 16383\)$' image

# The same address; one inside the other; one block in common.
image image slot=a:2:4 slot=c:1:4
expect_refused '^image: device slot [12] .* overlaps device slot [12] ' image
image image slot=b:3:4 slot=c:1:5
expect_refused '^image: device slot 2 .* overlaps device slot 1 ' image
image image slot=c:1:9 slot=b:3:4 slot=a:2:6
expect_refused '^image: device slot 3 .* overlaps device slot 2 ' image
# Two that are no neighbours in order of their starts: 4..6, 5, 6..7.
image image slot=b:3:4 slot=c:1:4 slot=a:2:6
expect_refused '^image: device slot [0-9] .* overlaps device slot [0-9] ' image

# With the bootstrap, by one block and by all.
image image slot=a:2:1 size=8192
expect_refused '^image: device slot 1 \(bytes 4096 to 12287\) overlaps the bootstrap \(bytes 0 to 8191\)$' image
image image slot=a:2:1 size=4097
expect_refused '^image: device slot 1 .* overlaps the bootstrap \(bytes 0 to 4096\)$' image
image image slot=c:1:1 size=16384
expect_refused '^image: device slot 1 .* overlaps the bootstrap ' image
# What lies in the bootstrap's file is allowed without a tag, once.
image image slots=2:1:1 size=16384
expect_refused '^image: device slot 1 .* overlaps the bootstrap ' image \
               blob=a blob=b
image image slots=1:1:1 size=16384
expect_refused '^image: device slot 1 .* overlaps the bootstrap ' image blob=c

# What is declared counts, not how much of the last block the file has.
data short 5000 5
image image slot=short:2:2 slot=c:1:3
expect_refused '^image: device slot 2 .* overlaps device slot 1 ' image

# Side by side, in any order, with gaps.
image image slot=a:2:1 slot=b:3:3 slot=c:1:6
flat flat 28672 image@0 a@4096 b@12288 c@24576
expect_served flat image
image image slot=b:3:9 slot=c:1:1 slot=a:2:4
flat flat 49152 image@0 c@4096 a@16384 b@36864
expect_served flat image
