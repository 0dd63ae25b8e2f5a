#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# qemu reads the same device from a `table --format=vmdk' as `export' writes,
# gaps and all, and finds the zeros of gaps.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/cli/vectors.sh"
requires qemu-img --version
requires jq --version

check_table ()
{
    read_params "$1"
    erofsflat table --format=vmdk "${params[@]}" > "$tmp/image.vmdk"
    erofsflat export -o "$tmp/flat" "${params[@]}"
    qemu-img compare -f vmdk -F raw "$tmp/image.vmdk" "$tmp/flat" ||
        fail "$1: $(cat "$tmp/image.vmdk")"
    # It is known as a vmdk without being told.
    qemu-img convert -O raw "$tmp/image.vmdk" "$tmp/raw"
    check_device "$1" "vmdk table" cat "$tmp/raw"
}

n=0
while read -r folder; do
    # Its table is patched: refused.
    test "${folder##*/}" != erofs-blobdev-unset || continue
    check_table "$folder"
    n=$(( n + 1 ))
done < <(raw_only_vectors)
test $n -ge 9 || fail "only $n vectors"

# Short files, of whole sectors: to fill the last one up changes nothing of the
# device.
for seed in 1 2 3 4 5 6; do
    make-image -s $seed -k 12 -n 4 -m 5 -g 20 "$tmp/image$seed"
    find "$tmp/image$seed/blobs" "$tmp/image$seed/bootstrap" -type f \
         -exec truncate -s %512 {} +
    check_table "$tmp/image$seed"
done

# Relative paths, and a far device behind a gap of terabytes.
make-image -s 3 -k 12 -n 1 -m 4 -f 1000000000 "$tmp/far"
find "$tmp/far/blobs" "$tmp/far/bootstrap" -type f -exec truncate -s %512 {} +
cd "$tmp/far"
erofsflat table --format=vmdk $(cat params) > "$tmp/image.vmdk"
cd /
qemu-img map --output=json -f vmdk "$tmp/image.vmdk" > "$tmp/map.json"
jq -e '[.[] | select (.zero).length] | add > 4000000000000' "$tmp/map.json" ||
    fail "$(cat "$tmp/map.json")"
