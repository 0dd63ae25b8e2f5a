#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A superblock with a checksum is served only if its first block is whole;
# damage to the bit that says that there is a checksum does not turn it off.

source functions.sh
source "$abs_srcdir/lib.sh"

hex='0x[0-9a-f]{8}'
wrong="^image: superblock checksum mismatch: found $hex, expected $hex\$"

# Any byte of what is covered, in the first block and not before it.
for at in 1028 1031 1060 1072 1104 1151 1152 3000 4095; do
    image image
    was=$(od -An -tu1 -j $at -N 1 image)
    image image damage=$at:"$(printf %02x $(( was ^ 16 )))"
    expect_refused "$wrong" image
done
image image size=8192 damage=0:00 damage=1023:00 damage=4096:00
expect_served image image

# The block size says how much is covered.
for bs in 512 1024 2048 8192 16384 65536; do
    end=$(( bs > 1024 ? bs : 1024 + bs ))
    image image bs=$bs size=$(( end + bs ))
    flat flat $(( (end + bs + 4095) / 4096 * 4096 )) image@0
    expect_served flat image
    image image bs=$bs size=$(( end + bs )) damage=$end:00
    flat flat $(( (end + bs + 4095) / 4096 * 4096 )) image@0
    expect_served flat image
    image image bs=$bs size=$(( end + bs )) damage=$(( end - 1 )):00
    expect_refused "$wrong" image
done

# The bit that says that there is one.
image image damage=1032:00
expect_refused "^image: .* right checksum, $hex, .*sb_chksum is not set" image
image image compat=0x2 damage=1032:02
expect_refused "^image: .* right checksum, $hex, .*sb_chksum is not set" image

# No checksum: nothing is verified.
image image nosum
expect_served image image
image image nosum damage=1028:12345678 damage=3000:00
expect_served image image

# It covers more than the file has.
image image size=4095
expect_refused '^image: .*checksum covers 4096 bytes.*only 4095' image
image image nosum size=4095
flat flat 4096 image@0
expect_served flat image
