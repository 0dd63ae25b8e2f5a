#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# qemu and erofsflat read the same bytes from the same descriptor: those of
# `erofsflat table' of all images that have one, and, where mkfs.erofs has
# --vmdk-desc (1.9), its own.

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

if ! mkfs.erofs --help 2>&1 | grep -q -e --vmdk-desc; then
    echo "mkfs.erofs has no --vmdk-desc: its own descriptor is not tested"
    exit 0
fi
mkdir "$tmp/mkfs"
cd "$tmp/mkfs"
for i in 1 2 3; do
    mkdir tree$i
    head -c $(( i * 50000 )) /dev/urandom > tree$i/file$i
    mkfs.erofs --quiet layer$i.erofs tree$i
done
mkfs.erofs --quiet --aufs --ovlfs-strip=1 --vmdk-desc=merged.vmdk \
           fsmeta.erofs layer1.erofs layer2.erofs layer3.erofs
cat merged.vmdk
compare merged.vmdk .
