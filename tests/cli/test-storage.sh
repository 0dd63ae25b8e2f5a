#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `info' and `map' show how each blob is stored, as text and as JSON.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires jq --version

fields='"\(.format) \(.compressor) \(.encrypted) \(.digest) \(.chunks > 0)"'

# stored_as FOLDER SLOT WANT
stored_as ()
{
    local slot=$2 want=$3 got

    read_params "$data/$1"
    erofsflat info --json "${params[@]}" > "$tmp/info"
    erofsflat map --json "${params[@]}" > "$tmp/map"
    got=$(jq -r ".devices[] | select (.slot == $slot) | $fields" "$tmp/info")
    test "$got" = "$want" || fail "$1 slot $slot: info: '$got', not '$want'"
    got=$(jq -r ".ranges[] | select (.what == \"device\" and .slot == $slot)
                 | $fields" "$tmp/map")
    test "$got" = "$want" || fail "$1 slot $slot: map: '$got', not '$want'"

    # Both say the same of it.
    members='{format, compressor, encrypted, chunks, stored_size, plain_size,
              digest, file, offset}'
    jq -S ".devices[] | select (.slot == $slot) | $members" "$tmp/info" \
        > "$tmp/info.blob"
    jq -S ".ranges[] | select (.what == \"device\" and .slot == $slot)
           | $members" "$tmp/map" | diff "$tmp/info.blob" - >&2 ||
        fail "$1 slot $slot: info and map differ"
}

stored_as erofs-fsmerge-zstd 1 "zstd-seekable zstd false zstd true"
stored_as erofs-fsmerge-zstd 2 "zstd-seekable zstd false none true"
stored_as erofs-fsmerge-zstd 4 "raw none false none false"
stored_as erofs-tarindex-gz 1 "gzip gzip false none true"
stored_as rafs-zstd 1 "rafs none+zstd false blake3+crc32c true"
stored_as rafs-lz4 1 "rafs none+lz4 false sha256+crc32c true"
stored_as rafs-none 1 "rafs none false blake3+crc32c true"
stored_as rafs-batch 1 "rafs zstd false blake3+crc32c true"
stored_as rafs-enc 1 "rafs none+zstd true blake3+crc32c true"
stored_as rafs-targz-ref 1 "rafs gzip false sha256+crc32c true"
stored_as rafs-tarfs 1 "raw none false none false"

# Sizes, against the seek table of a file: zstd's own list has both.
read_params "$data/erofs-fsmerge-zstd"
erofsflat info --json "${params[@]}" > "$tmp/info"
blob=$(jq -r '.devices[0].file' "$tmp/info")
if command -v zstd >/dev/null; then
    test "$(zstd -dc "$blob" | wc -c)" -eq \
         "$(jq '.devices[0].plain_size' "$tmp/info")"
fi
stored=$(jq '.devices[0].stored_size' "$tmp/info")
test "$stored" -lt "$(stat -c %s "$blob")"
test "$stored" -gt "$(( $(stat -c %s "$blob") - 1000 ))"

# A checksum in each frame, but in one: bit 2 of its descriptor says so.
digest_of () { erofsflat info --json "$@" | jq -r '.devices[0].digest'; }
erofsflat pack -q --frame-size=64K -o "$tmp/packed" \
          "$data/erofs-tarindex/blobs/layer.tar"
packed=("$data/erofs-tarindex/bootstrap" "blob=$tmp/packed")
test "$(digest_of "${packed[@]}")" = xxh64+zstd
byte=$(od -An -tu1 -j4 -N1 "$tmp/packed")
printf "\\x$(printf %x $(( byte & ~4 )))" |
    dd of="$tmp/packed" bs=1 seek=4 conv=notrunc status=none
test "$(digest_of "${packed[@]}")" = xxh64+zstd-partly

# A blob that was not found has no format.
cp "$data/erofs-fsmerge/bootstrap" "$tmp/alone"
erofsflat info --json "$tmp/alone" > "$tmp/info"
test "$(jq -r '.devices[0].format' "$tmp/info")" = null

# As text.
read_params "$data/rafs-enc"
erofsflat info "${params[@]}" | sed 's/  */ /g; s/^ //' > "$tmp/text"
for line in "format rafs" "compressor none+zstd, encrypted" "chunks 23" \
            "digest blake3+crc32c"; do
    grep -qxF "$line" "$tmp/text" || fail "no '$line': $(cat "$tmp/text")"
done
grep -qE '^stored size [1-9]' "$tmp/text"
erofsflat map "${params[@]}" > "$tmp/text"
grep -qE 'device 1 .*\(rafs: none\+zstd, encrypted, 23 chunks, ' "$tmp/text" ||
    fail "$(cat "$tmp/text")"

erofsflat pack -q --frame-size=64M -o "$tmp/one" \
          "$data/erofs-tarindex/blobs/layer.tar"
erofsflat map "$data/erofs-tarindex/bootstrap" blob="$tmp/one" > "$tmp/text"
grep -qE 'device 1 .*\(zstd-seekable: zstd, 1 chunk, ' "$tmp/text" ||
    fail "$(cat "$tmp/text")"
