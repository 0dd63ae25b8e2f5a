#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `info' shows the superblock and every device as text.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"

# has LINE: what was printed has the line, blanks squeezed.
has ()
{
    sed 's/  */ /g; s/^ //' "$tmp/text" | grep -qxF -- "$1" ||
        { cat "$tmp/text" >&2; fail "there is no line '$1'"; }
}

read_params "$data/erofs-fsmerge"
erofsflat info "${params[@]}" > "$tmp/text"
has "uuid b0000000-0000-4000-8000-000000000000"
has "block size 4096"
has "build time 1700000000 (2023-11-14T22:13:20Z)"
has "feature_compat 0x3 sb_chksum mtime"
has "devices 5"
has "flat size 5758976"
has "device slot 5"
has "tag a0000000000040008000000000000004"
has "file $data/erofs-fsmerge/blobs/layer4.erofs"
has "found by uuid"

# An unknown compatible feature is shown by its bit.  Without its checksum the
# superblock may be changed.
cp "$data/erofs-plain/bootstrap" "$tmp/image"
printf '\x02\x00\x00\x10' |
    dd of="$tmp/image" bs=1 seek=$(( 1024 + 8 )) conv=notrunc status=none
printf 'a name' |
    dd of="$tmp/image" bs=1 seek=$(( 1024 + 64 )) conv=notrunc status=none
erofsflat info "$tmp/image" > "$tmp/text"
has "feature_compat 0x10000002 mtime unknown:0x10000000"
has "checksum none"
has "volume name a name"
