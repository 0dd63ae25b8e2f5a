#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Slots without blocks or address are filled in, in slot order, in the served
# device table, and the checksum is made right again; the files stay as they
# are.

source functions.sh
source "$abs_srcdir/lib.sh"

data a 8192 2
data b 12289 3
data c 4096 4
: >empty

# expect_filled SIZE PART...: `image' is served as `set', made with all set.
expect_filled ()
{
    local before

    flat flat "$1" set@0 "${@:2}"
    before=$(sha256sum image a b c)
    expect_served flat image
    test "$before" = "$(sha256sum image a b c)" || fail "a file was changed"
    ! cmp -s -n 4096 image "$tmp/nbdkit.out" || fail "nothing was filled in"
    # What is served is an image of its own that needs no repair: the same
    # checksum and table are taken as they are.
    cp "$tmp/nbdkit.out" again
    head -c "$(stat -c %s image)" again >again.image
    cmp set again.image
    expect_served flat again.image
}

# Both, one of both, all of some.
image image slot=a:0:0
image set slot=a:2:1
expect_filled 12288 a@4096
image image slot=b:0:5
image set slot=b:4:5
expect_filled 36864 b@20480
image image slot=b:4:0
image set slot=b:4:1
expect_filled 20480 b@4096
image image slot=a:0:0 slot=b:0:0 slot=c:0:0
image set slot=a:2:1 slot=b:4:3 slot=c:1:7
expect_filled 32768 a@4096 b@12288 c@28672

# Behind what is placed, not into a gap before it; in slot order.
image image slot=c:0:0 slot=b:4:10 slot=a:0:0
image set slot=c:1:14 slot=b:4:10 slot=a:2:15
expect_filled 69632 b@40960 c@57344 a@61440
image image slot=c:1:0 slot=b:0:10 slot=a:2:0
image set slot=c:1:14 slot=b:4:10 slot=a:2:15
expect_filled 69632 b@40960 c@57344 a@61440

# Behind a bootstrap that ends inside a block; without a checksum.
image image size=9000 slot=a:0:0
image set size=9000 slot=a:2:3
expect_filled 20480 a@12288
image image nosum slot=a:0:0
image set nosum slot=a:2:1
expect_filled 12288 a@4096
image image bs=512 size=2048 slot=c:0:0
image set bs=512 size=2048 slot=c:8:4
flat flat 8192 set@0 c@2048
expect_served flat image

# A table outside what the checksum covers, and one that crosses its end.
image image size=16384 at=100 slot=a:0:0 slot=c:0:0
image set size=16384 at=100 slot=a:2:4 slot=c:1:6
flat flat 28672 set@0 a@16384 c@24576
expect_served flat image
image image size=8192 at=31 slot=a:0:0 slot=c:0:0
image set size=8192 at=31 slot=a:2:2 slot=c:1:4
expect_filled 20480 a@8192 c@16384
image image bs=512 size=8192 at=20 slot=c:0:0
image set bs=512 size=8192 at=20 slot=c:8:16
flat flat 12288 set@0 c@8192
expect_served flat image

# 48BIT: the upper halves are filled in too.
image image 48bit slot=a:2:0x100000000 slot=c:0:0
image set 48bit slot=a:2:0x100000000 slot=c:1:0x100000002
expect_served_at "$(( 0x100000003 * 4096 ))" 0 set image
expect_served_at "$(( 0x100000003 * 4096 ))" "$(( 0x100000002 * 4096 ))" \
                 c image

# What is filled in is checked like everything else.
image image slot=b:0:2 slot=a:2:4
expect_refused '^image: device slot 2 .* overlaps device slot 1 ' image
image image slot=b:9:0
expect_refused '^image: device slot 1 \(tag "b"\): \./b: too short' image
# An empty file is a device of no length.
image image slot=empty:0:0 slot=a:2:1
image set slot=empty:0:3 slot=a:2:1
flat flat 12288 set@0 a@4096
expect_served flat image
