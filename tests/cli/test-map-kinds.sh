#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `map' shows a patched header, the zeros behind a short blob, and gaps as
# ranges of their own, and the bytes of every other range are where it says.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires jq --version

read_params "$data/erofs-blobdev-unset"
erofsflat map --json "${params[@]}" > "$tmp/json"
jq -e '.ranges[0] | .what == "bootstrap" and .file == null and
       .note == "patched header" and .start == 0' "$tmp/json"
erofsflat map "${params[@]}" | grep -q '^ *0 .*(patched header)$'

# A tar that lacks its last 100 bytes.
image=$data/erofs-tarindex
mkdir "$tmp/blobs"
size=$(stat -c %s "$image/blobs/layer.tar")
blocks=$(erofsflat info --json "$image/bootstrap" blobdir="$image/blobs" |
             jq .devices[0].length)
head -c $(( blocks - 100 )) "$image/blobs/layer.tar" > "$tmp/blobs/layer.tar"
erofsflat map --json "$image/bootstrap" blob="$tmp/blobs/layer.tar" \
          > "$tmp/json"
jq -e --argjson blocks $blocks '
       .ranges[1].length == $blocks - 100 and .ranges[1].slot == 1 and
       .ranges[2].what == "zero" and .ranges[2].length == 100 and
       .ranges[2].slot == 1 and .ranges[2].file == null and
       .ranges[3].what == "hole" and (.ranges | length) == 4' "$tmp/json" ||
    fail "$(cat "$tmp/json")"

# Put together what the map says, and compare.
read_params "$data/erofs-tarindex-merged-joined"
erofsflat map --json "${params[@]}" |
    jq -r '.ranges[] | "\(.start) \(.length) \(.offset // 0) \(.file // "")"' |
    while read -r start length offset file; do
        head -c $(( offset + length )) "${file:-/dev/zero}" |
            tail -c $length
    done > "$tmp/flat"
test "$(sha256sum < "$tmp/flat" | cut -d' ' -f1)" = \
     "$(cut -d' ' -f1 "$data/erofs-tarindex-merged-joined/flat.sha256")" ||
    fail "the map leads to other bytes"
