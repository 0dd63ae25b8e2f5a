#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A device table must lie behind the superblock and inside the file; where no
# devices are counted there is none, wherever it is said to be.

source functions.sh
source "$abs_srcdir/lib.sh"

data blob 4096 2
beyond="^image: the device table of [0-9]+ devices? ends at byte"

# It ends exactly at the file's end, and one byte behind it.
image image slot=blob:1:2 at=63
flat flat 12288 image@0 blob@8192
expect_served flat image
image image slot=blob:1:2 at=63 size=8191
expect_refused "$beyond 8192, beyond the file's end at 8191" image
image image slot=blob:1:2 at=63 size=8064
expect_refused "$beyond 8192, beyond the file's end at 8064" image
image image slot=blob:1:2 at=65535 size=4096
expect_refused "$beyond 8388608, beyond the file's end at 4096" image

# As many devices as the number can say, in a file of 4 KiB.
image image slot=blob:1:2 count=65535
expect_refused "^image: the device table of 65535 devices ends at byte 8389632" \
               image
image image slot=blob:1:2 count=24
expect_refused "^image: the device table of 24 devices .* 4224.* 4096" image

# Over the superblock, which is larger with extension slots.
over='^image: the device table at byte [0-9]+ overlaps the superblock'
for at in 0 1 7 8; do
    image image nosum slot=blob:1:2 count=1 at=9 \
          patch=1112:"$(printf %02x00 $at)"
    expect_refused "$over, which ends at byte 1152" image
done
for ext in 1 8; do
    image image ext=$ext slot=blob:1:2 patch=1112:0900
    expect_refused "$over, which ends at byte $(( 1152 + 16 * ext ))" image
    image image ext=$ext slot=blob:1:2
    flat flat 12288 image@0 blob@8192
    expect_served flat image
done
image image ext=9 slot=blob:1:2 patch=1112:0a00
expect_refused "$over, which ends at byte 1296" image

# DEVICE_TABLE is COMPR_HEAD2 too: no devices, no table, wherever.
for at in 0 8 9 31 32 33 65535; do
    image image incompat=0x8 at=$at
    expect_served image image
done

# Without the bit the fields say nothing.
image image count=7 at=3
expect_served image image
image image count=65535 at=65535
expect_served image image
