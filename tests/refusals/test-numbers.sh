#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Addresses and sizes that wrap round, or end where no client can ask for, are
# refused; those below are served, however large the hole is.  The upper
# halves count under 48BIT only.

source functions.sh
source "$abs_srcdir/lib.sh"

data blob 8192 2
data blob512 1024 3
data blob32k 32768 4
max48=$(( (1 << 48) - 1 ))
beyond='^image: device slot 1.* end beyond 2\^63$'

# The highest address of each block size, and what ends beyond 2^63.
image image 48bit bs=512 slot=blob512:2:$(( max48 - 2 ))
expect_served_at "$(( ((max48 * 512) + 4095) / 4096 * 4096 ))" \
                 "$(( (max48 - 2) * 512 ))" blob512 image
image image 48bit slot=blob:2:$max48
expect_served_at "$(( (max48 + 2) * 4096 ))" "$(( max48 * 4096 ))" blob image
image image 48bit bs=32768 slot=blob32k:1:$(( max48 - 1 ))
expect_served_at "$(( max48 * 32768 ))" "$(( (max48 - 1) * 32768 ))" \
                 blob32k image
image image 48bit bs=32768 slot=blob32k:1:$max48
expect_refused "$beyond" image
image image 48bit bs=65536 slot=blob32k:1:$max48
expect_refused "$beyond" image
image image 48bit bs=65536 slot=blob32k:1:$(( 1 << 47 ))
expect_refused "$beyond" image
image image 48bit bs=65536 slot=blob32k:1:$(( (1 << 47) - 1 ))
expect_refused "$beyond" image
image image 48bit bs=65536 slot=blob32k:1:$(( (1 << 47) - 2 ))
expect_served_at "$(( ((1 << 47) - 1) * 65536 ))" \
                 "$(( ((1 << 47) - 2) * 65536 ))" blob32k image

# Sizes that no file has, or that wrap.
short='^image: device slot 1 \(tag "blob"\): \./blob: too short: the data has 8192 bytes'
for blocks in $max48 $(( 1 << 47 )) 0x100000000 0x100000002; do
    image image 48bit slot=blob:$blocks:1
    expect_refused "$short, the device table says $(( blocks * 4096 )) " image
done
for blocks in $(( max48 - 1 )) $max48; do
    image image 48bit bs=65536 slot=blob:$blocks:2
    expect_refused '^image: device slot 1.*(too short|2\^6[34])' image
done
image image bs=65536 slot=blob:0xffffffff:0xffffffff
expect_refused '^image: device slot 1.*too short' image

# The largest of 32 bits.
image image slot=blob:2:0xffffffff
expect_served_at "$(( 0x100000001 * 4096 ))" "$(( 0xffffffff * 4096 ))" \
                 blob image

# Without 48BIT the upper halves say nothing.
image image slot=blob:0x123400000002:0x567800000001
flat flat 12288 image@0 blob@4096
expect_served flat image
image image 48bit slot=blob:2:0x567800000001
expect_served_at "$(( 0x567800000003 * 4096 ))" \
                 "$(( 0x567800000001 * 4096 ))" blob image
# Nor do they make a slot that is unset look set.
data unset 8192 5
image set slot=unset:2:1 patch=1224:34127856
image image slot=unset:0x123400000000:0x567800000000
flat flat 12288 set@0 unset@4096
expect_served flat image
# What a 32-bit number cannot say, for a slot that is unset.
image image slot=blob:2:0xfffffffe slot=unset:0:0
expect_refused '^image: device slot 2.*first free block, 4294967296, .* 4294967295' image
