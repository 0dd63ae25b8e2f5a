#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What is not EROFS, or has a block size or features that are not known, is
# refused by what was found in it.

source functions.sh
source "$abs_srcdir/lib.sh"

# Not EROFS.
image image patch=1024:e1
expect_refused '^image: not an EROFS image: .*0xe0f5e1e1, expected 0xe0f5e1e2' \
               image
data image 65536 1
expect_refused '^image: not an EROFS image: .*expected 0xe0f5e1e2' image
truncate -s 1M zeros
expect_refused '^zeros: not an EROFS image: .*0x00000000' zeros

# Too short for a superblock.
image image
for size in 0 1 1023 1024 1028 1151; do
    head -c $size image >short
    expect_refused "^short: not an EROFS image: .* $size bytes.*1152 expected" \
                   short
done
image short nosum size=1152
flat flat 4096 short@0
expect_served flat short

# Block sizes, with and without a checksum.
for sum in '' nosum; do
    for bits in 0 1 8 17 31 32 63 64 255; do
        image image bits=$bits $sum
        expect_refused "^image: block size is 2\^$bits bytes, expected 2\^9" \
                       image
    done
    for bs in 512 1024 4096 65536; do
        image image bs=$bs $sum
        flat flat $(( bs < 4096 ? 4096 : bs )) image@0
        expect_served flat image
    done
done

# Incompatible features: those of 0x200 and above, by number.
for bit in 9 10 16 30 31; do
    bits=$(printf 0x%x $(( 1 << bit )))
    image image incompat=$bits
    expect_refused "^image: unknown incompatible feature bits $bits " image
done
image image incompat=0x40000a07
expect_refused '^image: unknown incompatible feature bits 0x40000a00 ' image
for bits in 0x1 0x2 0x4 0x10 0x20 0x40 0x80 0x100 0x177 0x1f7; do
    image image incompat=$bits
    expect_served image image
done

# All incompatible ones that are known with a table, and compatible ones that
# are not known.
data blob 8192 2
image image incompat=0x1ff compat=0xbfffffff slot=blob:2:1
flat flat 12288 image@0 blob@4096
expect_served flat image

# The damage is told before the unknown feature: the bit may be the damage.
image image damage=1105:02
expect_refused '^image: superblock checksum mismatch' image

# What says that it is RAFS v6 is held to its rules (more in test-rafs.sh).
image image nosum compat=0x40000000
expect_refused '^image: RAFS: incompatible feature bits are 0x0, expected 0xc$' \
               image
image image compat=0x40000000 incompat=0xc slot=blob:2:1
expect_refused '^image: RAFS: the superblock has a checksum' image blob=blob
