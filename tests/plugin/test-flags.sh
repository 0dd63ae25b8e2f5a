#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What a client is told: read-only, multi-conn, cache and extents, requests of
# any alignment; under any export name.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd

# want KEY VALUE
want ()
{
    grep -qx "$1 $2" "$tmp/flags" ||
        fail "$1 is \"$(sed -n "s/^$1 //p" "$tmp/flags")\", not $2"
}

for folder in "$data/erofs-fsmerge" "$data/erofs-tarindex"; do
    serve_folder "$folder"
    for name in "" "name" "a%20longer/name"; do
        nbd-ask "nbd+unix:///$name?socket=$sock" flags > "$tmp/flags"
        want size "$(awk '{ print $2 }' "$folder/flat.sha256")"
        want read-only 1
        want multi-conn 1
        want cache 1
        want extents 1
        want trim 0
        want write-zeroes 0
        want minimum 1
    done
    stop_nbdkit
done

# A kernel takes the preferred size for the sector size, with some clients:
# not more than a block of the image, here of 512 bytes.
test "$(sed -n 's/^preferred //p' "$tmp/flags")" -le 512 ||
    fail "the preferred size is larger than the image's blocks"
