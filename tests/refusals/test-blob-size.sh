#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A blob that is shorter than declared by a block or more is refused; by less,
# zeros follow it; of a longer one no more is served than is declared.

source functions.sh
source "$abs_srcdir/lib.sh"

mkdir blobs
data whole 40960 2

try_sizes ()
{
    local bs=$1 blocks=$2 declared=$(( $1 * $2 )) size start=$(( $1 * 9 ))
    local end=$(( ($1 * ($2 + 9) + 4095) / 4096 * 4096 ))

    image image bs="$bs" slot="blob:$blocks:9"
    for size in 0 $(( declared - bs )) $(( declared - bs - 1 )); do
        head -c $size whole >blobs/blob
        expect_refused "^image: device slot 1 \(tag \"blob\"\): blobs/blob: too short: the data has $size bytes, the device table says $declared \($blocks blocks of $bs\)\$" image blobdir=blobs
        expect_refused "^image: device slot 1 \(tag \"blob\"\): blobs/blob: too short: the data has $size bytes, the device table says $declared " image blob=blobs/blob
    done
    for size in $(( declared - bs + 1 )) $(( declared - 1 )) $declared \
                $(( declared + 1 )) $(( declared + bs )) 40960; do
        head -c $size whole >blobs/blob
        flat flat $end image@0 blobs/blob@$start+$declared
        expect_served flat image blobdir=blobs
    done
}

try_sizes 4096 4
try_sizes 512 3
try_sizes 1024 7

# Of several, the one that is short is named, with its slot.
head -c 8192 whole >blobs/a
head -c 4000 whole >blobs/b
image image slot=a:2:1 slot=b:3:4 slot=a:2:9
expect_refused '^image: device slot 2 \(tag "b"\): blobs/b: too short: the data has 4000 bytes, the device table says 12288 \(3 blocks of 4096\)$' image blobdir=blobs

# One file may be the data of two slots.
image image slot=a:2:1 slot=a:1:4
flat flat 20480 image@0 blobs/a@4096 blobs/a@16384+4096
expect_served flat image blobdir=blobs
