#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# qemu and erofsflat read the same bytes from the same descriptor: those of
# `erofsflat table' of all images that have one, and that of mkfs.erofs.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/cli/vectors.sh"
requires qemu-img --version

# compare DESCRIPTOR FOLDER-OF-ITS-FILES
compare ()
{
    rm -f "$tmp/ours"
    erofsflat export -o "$tmp/ours" "$1" blobdir="$2" 2> "$tmp/said" ||
        fail "$1: $(cat "$tmp/said" "$1")"
    # (valgrind may say something, too.)
    ! grep '^erofsflat: ' "$tmp/said" >&2 || fail "it warns"
    qemu-img compare -f vmdk -F raw "$1" "$tmp/ours" || fail "$(cat "$1")"
}

n=0
while read -r folder; do
    test "${folder##*/}" != erofs-blobdev-unset || continue
    # A descriptor may have no "..", which paths of a build may have.
    folder=$(realpath "$folder")
    read_params "$folder"
    erofsflat table --format=vmdk "${params[@]}" > "$tmp/list"
    compare "$tmp/list" "$folder"
    check_device "$folder" "descriptor" cat "$tmp/ours"
    # The table of a descriptor says the same again.
    erofsflat table --format=vmdk "$tmp/list" blobdir="$folder" > "$tmp/again"
    compare "$tmp/again" "$folder"
    start_nbdkit erofsflat "$tmp/list" blobdir="$folder"
    rm -f "$tmp/served"
    qemu-img convert -f raw -O raw "$uri" "$tmp/served"
    check_device "$folder" "served descriptor" cat "$tmp/served"
    stop_nbdkit
    n=$(( n + 1 ))
done < <(raw_only_vectors)
test $n -ge 9 || fail "only $n vectors"

# A table is in the order of addresses, whatever that of the slots is.  It has
# whole sectors.
folder=$data/erofs-blobdev
for n in 2 5 9; do
    make-image -s $n -b "$folder/bootstrap" -d "$folder/blobs/data.blob" \
               -n $n -g 30 "$tmp/cut$n"
    truncate -s %512 "$tmp/cut$n/bootstrap" "$tmp/cut$n"/blobs/*
    read_params "$tmp/cut$n"
    erofsflat table --format=vmdk "${params[@]}" > "$tmp/list"
    compare "$tmp/list" "$tmp/cut$n"
    check_device "$tmp/cut$n" "descriptor" cat "$tmp/ours"
done

# As mkfs.erofs 1.9 writes it where tars are joined to the layers: with the tags
# of the slots in place of names, so that only we find the files.
folder=$(realpath "$data/erofs-tarindex-merged-joined")
read_params "$folder"
{
    printf '# Disk DescriptorFile\nversion=1\nCID=bedb7a6f\nparentCID=ffffffff\n'
    printf 'createType="twoGbMaxExtentFlat"\n'
    echo "RW $(( $(stat -c %s "$folder/bootstrap") / 512 )) FLAT" \
         "\"$folder/bootstrap\" 0"
    erofsflat info --json "${params[@]}" |
        jq -r '.devices[] | "RW \(.blocks) FLAT \"\(.tag)\" 0"'
} > "$tmp/tags.vmdk"
cat "$tmp/tags.vmdk"
erofsflat export -o "$tmp/tags" "$tmp/tags.vmdk" blobdir="$folder" \
          blobdir="$folder/blobs" 2> "$tmp/said"
! grep '^erofsflat: ' "$tmp/said" >&2 || fail "it warns"
check_device "$folder" "descriptor with tags" cat "$tmp/tags"
if erofsflat check "$tmp/tags.vmdk" blobdir="$folder" 2> "$tmp/said"; then
    fail "without the layers: $(cat "$tmp/said")"
fi
grep "device slot 1 .*tags.vmdk: line 7: no file of that name, and no image" \
     "$tmp/said"

# A descriptor by mkfs.erofs 1.9 --vmdk-desc.
compare "$data/vmdk-desc/merged.vmdk" "$data"
check_device "$data/vmdk-desc" "descriptor of mkfs.erofs" cat "$tmp/ours"
